"""`auditor lsp`: the language server for editors."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from auditor.cli.files_options import FilesOptions
from auditor.cli.help import Command
from auditor.cli.options import PolicyOptions, TriageOptions
from auditor.cli.rules import entries, rule_page
from auditor.cli.runner import audit_options
from auditor.cli.settings import Config, accepted_before, combined_policy, nearest_config, read_config
from auditor.errors import InvalidError
from auditor.lsp.context import Context, Contexts, KnownRule
from auditor.policy import Policy


@click.command("lsp", cls=Command, short_help="Check manifests in an editor while typing")
@click.option("--stdio", is_flag=True, help="Communicate over stdin and stdout, the only transport.")
def lsp_command(stdio: bool) -> int:  # noqa: ARG001 - editors pass it
    """Start a language server for an editor, on stdin and stdout.

    The editor shows the findings of `auditor check` while you type, and errors in packs, pack tests, waivers and
    auditor.yaml. Uses the policy of the nearest auditor.yaml. Needs mlrepo-auditor[lsp].
    """
    try:
        from auditor.lsp.features import serve  # noqa: PLC0415 - an extra that only this command needs
    except ModuleNotFoundError as error:
        if error.name not in {"pygls", "lsprotocol"}:
            raise
        message = f"the language server needs {error.name}, which is not installed"
        raise InvalidError(message, "run `pip install 'mlrepo-auditor[lsp]'`") from None
    serve(Contexts(nearest_config, load_context))
    return 0


def load_context(folder: Path) -> Context:
    """Return the configuration and policy of `auditor check` in a folder.

    Raises:
        InvalidError: The configuration, a pack, the waivers or the baseline is wrong.
    """
    config = read_config(None, folder=folder)
    config = replace(config, accepted=accepted_before(config, TriageOptions()))
    policy = combined_policy(config, PolicyOptions())
    rules = {
        word: KnownRule(entry.info, partial(rule_page, entry), entry.rule.written if entry.rule else None)
        for entry in reversed(entries(policy))
        for word in entry.info.names
    }
    return Context(
        config=config.file,
        policy=policy,
        options=audit_options(config, skips_unavailable=True, allow_empty=True),
        selection=FilesOptions().selection(config),
        strict=config.files.strict,
        rules=rules,
        waivers=config.waivers,
        waiver_days=config.waiver_days,
        inputs=tuple(_inputs(config, policy)),
    )


def _inputs(config: Config, policy: Policy) -> list[Path]:
    named = (config.file, config.waivers, config.baseline)
    return [*(file for file in named if file), *map(Path, policy.files)]

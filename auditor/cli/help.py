"""Help pages: commands and options under headings, each option with its default and its environment variable."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import click

COMMANDS: Mapping[str, Sequence[str]] = {
    "Audit a tenant": ("audit", "fetch", "drift"),
    "Gate changes": ("check", "fix", "lsp"),
    "Track findings": ("waivers", "baseline", "diff", "history", "convert"),
    "Review access": ("access",),
    "Manage policies": ("rules", "explain", "policy"),
    "Set up": ("init", "doctor", "demo"),
}
"""The commands under the headings of the first page."""

_OPTIONS = {
    "Input": "snapshot source manifest inventory live max-age leave-out changed-since compare allow-empty "
    "declared-only exclude no-ignore env-file substitute-env",
    "Policy": "policy param config rule exclude-rule policy-from policy-digest fail-on unavailable",
    "Triage": "history waivers no-waivers strict-waivers as-of baseline no-baseline",
    "Verification": "verify verify-access verify-seed",
    "Connection": "host token-file ca-bundle deadline concurrency",
    "Output": "format output all group-by split-by report redact redact-key-file redact-map quiet verbose timings "
    "no-color exit-zero",
}
"""The headings of shared options; options of a single command are listed first."""

_DEFAULT = re.compile(r"default: \(((?:[^()]|\([^()]*\))*)\)")
"""The form in which click writes a default in words."""


class Command(click.Command):
    """A command whose options are listed under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of each heading together."""
        write_options(self, ctx, formatter)


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options of a command or group under their headings."""
    sections: dict[str, list[tuple[str, str]]] = {each: [] for each in ("Options", *_OPTIONS)}
    for option in command.get_params(ctx):
        if not isinstance(option, click.Option):
            continue
        option.show_envvar = bool(option.envvar)
        if record := option.get_help_record(ctx):
            sections[_heading(option)].append((record[0], _DEFAULT.sub(r"default: \1", record[1])))
    for heading, records in sections.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)


def _heading(option: click.Option) -> str:
    name = max(option.opts, key=len).removeprefix("--")
    return next((heading for heading, names in _OPTIONS.items() if name in names.split()), "Options")


def write_commands(group: click.Group, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the commands of the first page under their headings, each with one line."""
    for heading, names in COMMANDS.items():
        found = [(name, group.get_command(ctx, name)) for name in names]
        with formatter.section(heading):
            formatter.write_dl([(name, command.short_help or "") for name, command in found if command])

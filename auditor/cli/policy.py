"""`auditor policy`: tools for people who write rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from auditor.cli.commands import Group
from auditor.cli.options import FILE, PackName, config_option, format_option, no_color_option, options_as
from auditor.cli.output import note, print_verdict, terminal_width, use_color, write_stdout
from auditor.cli.policy_test import test_packs
from auditor.cli.policy_try import summary, trial_json, trial_text, try_packs
from auditor.cli.settings import read_config
from auditor.errors import InvalidError, did_you_mean
from auditor.model import Status, Verdict
from auditor.policy import DEFAULT_PACK, find_pack
from auditor.policy_tools import LINTS, LintFinding, lint_pack
from auditor.policy_tools.scaffold import DEFAULT_RULE, scaffold
from auditor.reporters import Style
from auditor.resources import schema, shipped_schemas
from auditor.text import count_of, json_text, no_commands, visible


@dataclass(frozen=True, slots=True)
class PackOptions:
    """The packs for a tool, and the format of its results."""

    packs: tuple[str, ...]
    config: Path | None
    format_name: str
    no_color: bool

    def files(self) -> list[Path]:
        """Return the files of the given packs, else of those in the configuration, else of the default pack.

        Raises:
            InvalidError: There is no such pack.
        """
        if self.packs:
            return [Path(find_pack(name)) for name in dict.fromkeys(self.packs)]
        config = read_config(self.config)
        return [Path(find_pack(name, config.base)) for name in config.policies or (DEFAULT_PACK,)]


_pack_options = options_as(
    "options",
    PackOptions,
    click.argument("packs", nargs=-1, type=PackName(), metavar="[PACK]...", help="Shipped packs or files."),
    click.option(
        "--config",
        type=FILE,
        envvar="AUDITOR_CONFIG",
        show_default="auditor.yaml",
        help="Configuration file to take packs from if no PACK is given.",
    ),
    format_option("text", "json", text="Output format."),
    no_color_option,
)


@click.group("policy", cls=Group, short_help="Create, test and lint policy packs")
def policy_command() -> None:
    """Test, lint and create packs of rules, and print JSON Schemas."""


@policy_command.command("lint", short_help="Lint packs")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option("--exclude-lint", "without", multiple=True, metavar="LINT", help="Skip this lint (repeatable).")
@click.option("--list", "listed", is_flag=True, help="List all lints and exit.")
@_pack_options
def lint_command(options: PackOptions, strict: bool, without: tuple[str, ...], listed: bool) -> int:
    """Find mistakes in packs: conditions that are never true, rules that never fail, missing text.

    Exit code 1 means that there are errors or, with --strict, warnings.
    """
    if listed:
        write_stdout(f"{each.name:24} {each.level:8} {each.meaning}\n" for each in LINTS.values())
        return 0
    for name in without:
        if name not in LINTS:
            raise InvalidError(f"--exclude-lint: unknown lint {name!r}", did_you_mean(name, LINTS))
    remarks = [each for pack in options.files() for each in lint_pack(pack, frozenset(without))]
    if options.format_name == "json":
        write_stdout([json_text([_finding_dict(each) for each in remarks]), "\n"])
    else:
        style = Style(color=use_color(options.no_color))
        write_stdout(_finding_line(each, style) for each in remarks)
    levels = [each.level for each in remarks]
    errors, warnings = levels.count("error"), levels.count("warning")
    failed = bool(errors or (strict and warnings))
    reason = f"{count_of(errors, 'error')}, {count_of(warnings, 'warning')}{' (--strict)' if strict else ''}"
    status = Status.FINDINGS if failed else Status.CLEAN
    print_verdict(Verdict(status, int(failed), complete=True, reason=reason))
    return int(failed)


def _finding_line(each: LintFinding, style: Style) -> str:
    level = style.paint(each.level, "red" if each.level == "error" else "yellow")
    where, message, fix = (visible(str(text)) for text in (each.where, each.message, each.fix))
    return no_commands(f"{where}: {level}: {message}; {fix} [{each.lint}]\n")


def _finding_dict(remark: LintFinding) -> dict[str, str]:
    return {name: str(getattr(remark, name)) for name in ("lint", "level", "where", "message", "fix")}


@policy_command.command("new", short_help="Create a pack with a rule and its tests")
@click.argument("name", help="Name of the pack.")
@click.option("--rule", metavar="NAME", show_default="undescribed-prod", help="Name of the first rule.")
def new_command(name: str, rule: str | None) -> int:
    """Create NAME.yaml with one rule and its examples, and NAME.test.yaml with test cases.

    Existing files are never overwritten.
    """
    pack, test = scaffold(name, rule or DEFAULT_RULE, Path())
    write_stdout([f"{visible(str(pack))}\n{visible(str(test))}\n"])
    note("Next: change the rule, then")
    for line in (f"auditor policy test {pack}", f"auditor policy lint {pack}", f"auditor demo --policy {pack}"):
        note(f"  {line}")
    return 0


class _SchemaName(click.ParamType[str]):
    """A shipped schema, with shell completion."""

    name = "schema"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return completions for what the user typed."""
        return [CompletionItem(name) for name in shipped_schemas() if name.startswith(incomplete)]


@policy_command.command("schema", short_help="Print a JSON Schema")
@click.argument("name", default="policy", type=_SchemaName(), help="Name of the schema.")
@click.option("--list", "listed", is_flag=True, help="List the schemas and exit.")
def schema_command(name: str, listed: bool) -> int:
    """Print the JSON Schema NAME, by default the one for packs."""
    known = shipped_schemas()
    if listed:
        write_stdout(f"{each:14} {schema(each).get('title', '')}\n" for each in known)
        return 0
    if name not in known:
        raise InvalidError(f"unknown schema {name!r}", did_you_mean(name, known))
    write_stdout([Path(known[name]).read_text("utf-8")])
    return 0


@policy_command.command("test", short_help="Run the tests of packs")
@click.option("--mutate", is_flag=True, help="Change one condition at a time, and fail if all tests still pass.")
@click.option("--no-coverage", is_flag=True, help="Do not print which conditions the tests cover.")
@_pack_options
def test_command(options: PackOptions, mutate: bool, no_coverage: bool) -> int:
    """Run the examples in packs, and the cases in their test files (acme.test.yaml for acme.yaml).

    PACK is a shipped pack, a pack file or a test file. By default, the packs in auditor.yaml are tested. Every rule
    needs a test in which it has a finding. With --mutate, conditions are dropped, loosened or reversed one at a time,
    and the run fails if the tests do not catch a change. Exit code 1 means that a test failed.
    """
    style = None if options.format_name == "json" else Style(terminal_width(), use_color(options.no_color))
    return test_packs(options.files(), style, mutate=mutate, coverage=not no_coverage)


@policy_command.command("try", short_help="Show what a pack would find before you enable it")
@click.argument("packs", nargs=-1, required=True, type=PackName(), metavar="PACK...", help="Shipped packs or files.")
@click.option("--snapshot", type=FILE, required=True, help="Snapshot to audit.")
@click.option(
    "--against", multiple=True, type=PackName(), metavar="PACK", help="Current pack to compare with (repeatable)."
)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a pack parameter (repeatable).")
@config_option
@format_option("text", "json", text="Output format.")
def try_command(
    packs: tuple[str, ...],
    snapshot: Path,
    against: tuple[str, ...],
    params: tuple[str, ...],
    config: Path | None,
    format_name: str,
) -> int:
    """Audit a snapshot with PACK, and show how many repos would newly fail, by rule, owner and severity.

    Nothing is written. Waivers and baselines are not used. Exit code 3 means that the numbers may be too low, because
    not everything was read or evaluated.
    """
    trial = try_packs(packs, against, params, snapshot, config)
    write_stdout([trial_json(trial)] if format_name == "json" else trial_text(trial, terminal_width()))
    if trial.incomplete:
        verdict = Verdict(Status.INCOMPLETE, 3, complete=False, reason=f"{trial.incomplete}; {summary(trial)}")
    else:
        verdict = Verdict(Status.CLEAN, 0, complete=True, reason=summary(trial))
    print_verdict(verdict)
    return verdict.exit_code

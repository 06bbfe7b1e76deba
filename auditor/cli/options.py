"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from auditor.model import Severity
from auditor.reporters import REPORTERS

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)


class PackName(click.ParamType[str]):
    """A shipped pack or a file; the shell completes both."""

    name = "pack"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete what the user typed."""
        from auditor.resources import shipped_packs

        names = [CompletionItem(name) for name in shipped_packs() if name.startswith(incomplete)]
        return [*names, *click.Path().shell_complete(ctx, param, incomplete)]


def policy_options(command: _Command) -> _Command:
    """Add the options that decide which rules are in force."""
    for option in (
        click.option(
            "--exclude-rule",
            "without",
            multiple=True,
            metavar="RULE",
            help="Do not ask these rules; as --rule, repeatable.",
        ),
        click.option(
            "--rule",
            "only",
            multiple=True,
            metavar="RULE",
            help="Ask only these rules: id, name, glob, tag:X, category:X, pack:X, severity:high+; repeatable.",
        ),
        click.option("--config", type=_FILE, envvar="AUDITOR_CONFIG", help="Read this file, not auditor.yaml."),
        click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter of a pack."),
        click.option(
            "--policy",
            "packs",
            multiple=True,
            type=PackName(),
            metavar="PACK",
            envvar="AUDITOR_POLICY",
            help="Use this pack, shipped or a file; may be repeated.",
        ),
    ):
        command = option(command)
    return command


def report_options(command: _Command) -> _Command:
    """Add the options that decide what fails and what is written."""
    for option in (
        click.option("--exit-zero", is_flag=True, help="Exit with 0 instead of 1; no other code changes."),
        click.option("--no-color", is_flag=True, help="Never use colours (also: NO_COLOR)."),
        click.option("--timings", is_flag=True, help="Say on stderr what each rule cost; takes longer."),
        click.option("--quiet", is_flag=True, help="No progress; the last line on stderr stays."),
        click.option(
            "--report",
            "reports",
            multiple=True,
            metavar="FORMAT=FILE",
            help="Write another report; repeatable.",
        ),
        click.option("-o", "--output", type=_FILE, help="Write the report to this file, not to stdout."),
        click.option(
            "-f",
            "--format",
            "format_name",
            type=click.Choice(tuple(REPORTERS)),
            default="table",
            envvar="AUDITOR_FORMAT",
            show_default=True,
            help="The format of the report.",
        ),
        click.option(
            "--require-all-rules",
            is_flag=True,
            envvar="AUDITOR_REQUIRE_ALL_RULES",
            help="A rule that could not be evaluated makes the run incomplete (exit 3).",
        ),
        click.option(
            "--fail-on",
            type=click.Choice(Severity.labels()),
            envvar="AUDITOR_FAIL_ON",
            help="The mildest severity that makes the run fail.  [default: low]",
        ),
    ):
        command = option(command)
    return command

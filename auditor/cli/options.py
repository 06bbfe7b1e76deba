"""Options that several commands share; a command gets each group of them as one dataclass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from auditor.cli.output import is_format
from auditor.model import Severity
from auditor.model.values import parse_duration
from auditor.policy.info import UNAVAILABLE
from auditor.reporters import REPORTERS
from auditor.resources import shipped_packs

_Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]

FILE = click.Path(dir_okay=False, path_type=Path)


def options_as(name: str, values: type[Any], *options: _Decorator) -> _Decorator:
    """Return a decorator that adds options to a command and passes their values to it as one dataclass.

    Args:
        name: The parameter of the command that gets the dataclass.
        values: The dataclass; each option fills the field of its name, and the other fields keep their defaults.
        options: The options, in the order of the help text.
    """
    names = [field.name for field in fields(values)]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_values(**given: object) -> object:
            return command(**{name: values(**{each: given.pop(each) for each in names if each in given})}, **given)

        decorated: Callable[..., Any] = with_values
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


class Duration(click.ParamType[timedelta]):
    """A duration such as 45s, 30m, 12h or 90d."""

    name = "duration"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read a duration."""
        try:
            return value if isinstance(value, timedelta) else parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class PackName(click.ParamType[str]):
    """A shipped pack or a file, both with shell completion."""

    name = "pack"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return completions for what the user typed."""
        names = [CompletionItem(name) for name in shipped_packs() if name.startswith(incomplete)]
        return [*names, *click.Path().shell_complete(ctx, param, incomplete)]


class ReportFormat(click.Choice[str]):
    """A report format: a built-in one, with shell completion, or one of an installed package."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of an existing format; a plugin is loaded now, so that a broken one wastes no audit."""
        return value if is_format(value) else super().convert(value, param, ctx)


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """The options that select packs and rules."""

    packs: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    config: Path | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class Day(click.ParamType[date]):
    """A date such as 2030-01-31."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a date."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2030-01-31", param, ctx)


@dataclass(frozen=True, slots=True)
class TriageOptions:
    """The options that decide which findings are already accepted."""

    waivers: Path | None = None
    no_waivers: bool = False
    strict_waivers: bool = False
    as_of: date | None = None
    baseline: Path | None = None
    no_baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactOptions:
    """The options that decide which names are replaced by pseudonyms."""

    redact: str | None = None
    redact_key_file: Path | None = None
    redact_map: Path | None = None


@dataclass(frozen=True, slots=True)
class ReportOptions(RedactOptions):
    """The options that decide what fails and what is written."""

    fail_on: str | None
    unavailable: str | None
    format_name: str
    output: Path | None
    reports: tuple[str, ...]
    quiet: bool
    timings: bool
    no_color: bool
    exit_zero: bool
    list_all: bool = False
    group_by: str | None = None
    split_by: str | None = None


output_option = click.option("-o", "--output", type=FILE, help="Write to FILE instead of stdout.")
quiet_option = click.option("--quiet", is_flag=True, help="Do not show progress.")
no_color_option = click.option("--no-color", is_flag=True, help="Disable colors, as does NO_COLOR.")
config_option = click.option(
    "--config", type=FILE, envvar="AUDITOR_CONFIG", show_default="auditor.yaml", help="Configuration file."
)
max_age_option = click.option(
    "--max-age", type=Duration(), metavar="DURATION", help="Fail if the snapshot is older than this, for example 24h."
)


reports_option = click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Write an additional report (repeatable)."
)
report_format_option = click.option(
    "-f",
    "--format",
    "format_name",
    type=ReportFormat(tuple(REPORTERS)),
    default="table",
    envvar="AUDITOR_FORMAT",
    metavar="FORMAT",
    show_default=True,
    help=f"Report format: {', '.join(REPORTERS)}.",
)
all_option = click.option(
    "--all", "list_all", is_flag=True, help="List every finding in tables, with its message and fix."
)
group_by_option = click.option(
    "--group-by", type=click.Choice(["owner"]), help="Group findings in tables and Markdown."
)
unavailable_option = click.option(
    "--unavailable",
    type=click.Choice(UNAVAILABLE),
    envvar="AUDITOR_UNAVAILABLE",
    show_default="skip in check and fix, else incomplete",
    help="Skip rules whose data is missing, or end the run as incomplete.",
)


def skip_origin() -> str:
    """Return the option or environment variable that makes the running command skip rules."""
    source = click.get_current_context().get_parameter_source("unavailable")
    return "AUDITOR_UNAVAILABLE=skip" if source is ParameterSource.ENVIRONMENT else "--unavailable skip"


def format_option(*formats: str, text: str = "Output format.") -> _Decorator:
    """Return an option that chooses one of these formats, the first by default; `text` is its help."""
    choice = click.Choice(formats)
    return click.option("-f", "--format", "format_name", type=choice, default=formats[0], show_default=True, help=text)


_PACK_OPTIONS: tuple[_Decorator, ...] = (
    click.option(
        "--policy",
        "packs",
        multiple=True,
        type=PackName(),
        metavar="PACK",
        envvar="AUDITOR_POLICY",
        show_default="ml-repo-baseline",
        help="Pack to use: a shipped pack or a file (repeatable).",
    ),
    click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a pack parameter (repeatable)."),
    config_option,
)

pack_options = options_as("policy_options", PolicyOptions, *_PACK_OPTIONS)

policy_options = options_as(
    "policy_options",
    PolicyOptions,
    *_PACK_OPTIONS,
    click.option(
        "--rule",
        "only",
        multiple=True,
        metavar="RULE",
        help="Run only these rules: id, name, glob, tag:X, category:X, pack:X, severity:high+ (repeatable).",
    ),
    click.option(
        "--exclude-rule",
        "without",
        multiple=True,
        metavar="RULE",
        help="Skip these rules; same syntax as --rule (repeatable).",
    ),
)

triage_options = options_as(
    "triage_options",
    TriageOptions,
    click.option(
        "--waivers",
        type=FILE,
        envvar="AUDITOR_WAIVERS",
        show_default="waivers in auditor.yaml",
        help="Waivers file.",
    ),
    click.option("--no-waivers", is_flag=True, help="Report waived findings as open."),
    click.option("--strict-waivers", is_flag=True, help="Fail if a waiver is unused, expired or expires soon."),
    click.option(
        "--as-of",
        type=Day(),
        metavar="DATE",
        show_default="today (UTC)",
        help="Evaluate the expiry dates of waivers as of this day.",
    ),
    click.option(
        "--baseline",
        type=FILE,
        envvar="AUDITOR_BASELINE",
        show_default="baseline in auditor.yaml",
        help="File of known findings; only new findings fail the run.",
    ),
    click.option("--no-baseline", is_flag=True, help="Report findings in the baseline as open."),
)

_REDACT = (
    click.option("--redact", type=click.Choice(["subjects"]), help="Replace people with stable pseudonyms."),
    click.option(
        "--redact-key-file",
        type=FILE,
        metavar="FILE",
        show_default="the key in AUDITOR_REDACT_KEY",
        help="File with the secret that pseudonyms are derived from.",
    ),
    click.option("--redact-map", type=FILE, metavar="FILE", help="Write the name behind each pseudonym to FILE."),
)
redact_options = options_as("redact_options", RedactOptions, *_REDACT)

report_options = options_as(
    "report_options",
    ReportOptions,
    click.option(
        "--fail-on",
        type=click.Choice(Severity.labels()),
        envvar="AUDITOR_FAIL_ON",
        show_default="low",
        help="Lowest severity that fails the run.",
    ),
    unavailable_option,
    report_format_option,
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the report to FILE instead of stdout; with --split-by, to files in this directory.",
    ),
    all_option,
    group_by_option,
    click.option("--split-by", type=click.Choice(["owner"]), help="Write a report for each owner. Needs --output."),
    reports_option,
    *_REDACT,
    quiet_option,
    click.option("--timings", is_flag=True, help="Print the time spent in each rule."),
    no_color_option,
    click.option("--exit-zero", is_flag=True, help="Exit with 0 instead of 1 if there are findings."),
)

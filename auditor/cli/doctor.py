"""`auditor doctor`: diagnose every step that a complete audit needs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
from tabulate import tabulate

from auditor.cli.connection import Connection, connection_options
from auditor.cli.help import Command
from auditor.cli.options import PolicyOptions, TriageOptions
from auditor.cli.output import print_verdict, terminal_width, write_stdout
from auditor.cli.settings import Config, accepted_before, clock, policy_in_force, read_config
from auditor.doctor import Step, diagnose, failed
from auditor.errors import AuditorError
from auditor.http.credentials import find_credentials
from auditor.model import Status, Verdict
from auditor.text import count_of, no_commands, visible, wrap_lines
from auditor.triage import WAIVER_DAYS

_SHOW = "*"
_SECRETS = re.compile(r"(://)[^/@]*(?=@)|((?:password|sslpassword)=)[^&\s]*")
_SETTINGS = (
    ("policies", "AUDITOR_POLICY", "ml-repo-baseline"),
    ("params", None, "pack defaults"),
    ("rules", None, "pack defaults"),
    ("fail_on", "AUDITOR_FAIL_ON", "low"),
    ("reports", None, "none"),
    ("expect", None, "nothing"),
    ("files", None, "everything that git does not ignore"),
    ("role_levels", None, "from role ids and permissions"),
    ("waivers", "AUDITOR_WAIVERS", "none"),
    ("waiver_days", None, str(WAIVER_DAYS)),
    ("baseline", "AUDITOR_BASELINE", "none"),
    ("owners", None, "none"),
    ("history", "AUDITOR_HISTORY", "none"),
    ("format", "AUDITOR_FORMAT", "table"),
    ("unavailable", "AUDITOR_UNAVAILABLE", "skip in check and fix, else incomplete"),
    ("host", "TFY_HOST TFY_BASE_URL TFY_API_HOST", "from `tfy login`"),
    ("token_file", "AUDITOR_TOKEN_FILE", "none"),
    ("ca_bundle", "AUDITOR_CA_BUNDLE", "REQUESTS_CA_BUNDLE, or the bundle of `requests`"),
    ("deadline", "AUDITOR_DEADLINE", "10m"),
    ("concurrency", "AUDITOR_CONCURRENCY", "8"),
)


@click.command("doctor", cls=Command, short_help="Diagnose configuration, credentials and connectivity")
@click.option(
    "--config",
    is_flag=False,
    flag_value=_SHOW,
    metavar="[FILE]",
    help="Print the settings of FILE (or of the default configuration) and their origin, without connecting.",
)
@connection_options
def doctor_command(config: str | None, connection: Connection) -> int:
    """Diagnose configuration, credentials and connectivity.

    Shows how to fix each problem. The exit code is 0 only if an audit would be complete.
    """
    named = config if config not in (None, _SHOW) else os.environ.get("AUDITOR_CONFIG")
    file = Path(named) if named else None
    if config is not None:
        write_stdout(_settings(read_config(file, tenant=True)))
        return 0
    failures = []
    for step in _steps(file, connection):
        write_stdout([_line(step)])
        if not step.works:
            failures.append(step)
    if not failures:
        return 0
    code = min(step.exit_code for step in failures)
    status = Status.INVALID if code == 2 else Status.INCOMPLETE
    more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
    first = f"{failures[0].name}: {failures[0].detail}"
    audit = "an audit is not possible" if status is Status.INVALID else "an audit would be incomplete"
    print_verdict(Verdict(status, code, complete=False, reason=f"{audit}: {first}{more}"))
    return code


def _steps(file: Path | None, connection: Connection) -> Iterator[Step]:
    policy = None
    try:
        config = read_config(file, tenant=True)
        accepted_before(config, TriageOptions())
        yield Step("configuration", True, str(config.file or "none found, using the defaults"))
        policy = policy_in_force(config, PolicyOptions(tuple(os.environ.get("AUDITOR_POLICY", "").split())))
        yield Step("policy", True, f"{count_of(len(policy.rules), 'rule')}, sha256:{policy.sha256[:12]}")
    except AuditorError as error:
        yield failed("configuration", error)
    try:
        credentials = find_credentials(connection.host, connection.token_file, os.environ, Path.home())
    except AuditorError as error:
        yield failed("credentials", error)
        return
    yield from diagnose(credentials, policy, connection.ca_bundle, connection.deadline.total_seconds(), clock())


def _line(step: Step) -> str:
    width, indent = terminal_width(), " " * 20
    head = f"{'ok' if step.works else 'FAIL':5}{step.name:14}"
    lines = wrap_lines(f"{head} {step.detail}", width, rest=indent)
    lines += wrap_lines(f"fix: {step.fix}", width, indent, indent) if step.fix else []
    return no_commands("\n".join(lines) + "\n")


def _settings(config: Config) -> Iterator[str]:
    rows = [(name, *map(visible, _in_force(config, name, variable, default))) for name, variable, default in _SETTINGS]
    yield no_commands(tabulate(rows, ("setting", "value", "origin"), tablefmt="orgtbl", disable_numparse=True) + "\n")


def _in_force(config: Config, name: str, variables: str | None, default: str) -> tuple[str, str]:
    """Return the value of a setting and where it comes from: environment before file before default."""
    variable = next((each for each in (variables or "").split() if os.environ.get(each)), None)
    if variable:
        value = os.environ[variable].rpartition("@")[2]  # a URL may have a password before the @
        return _SECRETS.sub(lambda match: f"{match[1] or match[2]}***", value), variable
    if name in config.written:
        cursor = config.written[name]
        return _SECRETS.sub(lambda match: f"{match[1] or match[2]}***", _plain(cursor.plain())), str(cursor.mark)
    return default, "default"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

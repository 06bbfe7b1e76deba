"""The command group, and the one place where exceptions become exit codes."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from auditor.cli.audit import audit_command
from auditor.cli.demo import demo_command
from auditor.cli.doctor import doctor_command
from auditor.cli.explain import explain_command
from auditor.cli.fetch import fetch_command
from auditor.cli.output import abandon_stdout, say
from auditor.cli.policy import policy_command
from auditor.cli.rules import rules_command
from auditor.errors import AuditorError, InvalidError, StoppedError, UndeliveredError, did_you_mean
from auditor.model import Status, Verdict
from auditor.verdict import failed
from auditor.version import VERSION


class _Commands(click.Group):
    """A group that knows the nearest command to a misspelt one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.commands:
            raise InvalidError(f"there is no command {name!r}", did_you_mean(name, self.commands))
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="auditor")
def auditor() -> None:
    """Audit TrueFoundry ML Repos: does every repo follow our rules, and did we really look at every one?

    \b
    Exit codes: 0 clean, 1 findings, 2 invalid usage or policy, 3 incomplete (something was not seen),
    4 internal error, 5 a report could not be written, 130 or 143 interrupted.
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines


auditor.add_command(audit_command)
auditor.add_command(demo_command)
auditor.add_command(doctor_command)
auditor.add_command(explain_command)
auditor.add_command(fetch_command)
auditor.add_command(policy_command)
auditor.add_command(rules_command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; the last line on stderr says why, if it is not 0."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        return _run(arguments)
    except AuditorError as error:
        return _end(failed(error))
    except BrokenPipeError:
        return _end(failed(UndeliveredError("the reader of the output went away before its end")))
    except Exception as error:
        if os.environ.get("AUDITOR_DEBUG"):
            raise
        reason = f"{type(error).__name__}: {error}; this is a bug, please report it with AUDITOR_DEBUG=1"
        return _end(Verdict(Status.INTERNAL_ERROR, 4, complete=False, reason=reason))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = auditor.main(arguments, prog_name="auditor", standalone_mode=False)
    except click.exceptions.Abort:
        raise StoppedError(signal.SIGINT) from None
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fix = f"see {context.command_path} --help" if context else ""
        raise InvalidError(error.format_message().rstrip("."), fix) from None
    return code if isinstance(code, int) else 0


def _end(verdict: Verdict) -> int:
    if verdict.status is Status.UNDELIVERED:
        abandon_stdout()
    say(verdict)
    return verdict.exit_code


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)  # a second signal ends it at once
    raise StoppedError(number)

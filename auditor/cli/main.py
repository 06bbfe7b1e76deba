"""The one place where exceptions become exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from traceback import format_exception
from types import FrameType
from typing import NoReturn

from auditor.cli.commands import run_command
from auditor.cli.output import abandon_stdout, keep_streams_open, note, print_verdict
from auditor.errors import AuditorError, StoppedError, UndeliveredError
from auditor.model import Status, Verdict
from auditor.verdict import failed


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; the last line on stderr is the reason, if it is not 0."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    keep_streams_open()
    try:
        return run_command(sys.argv[1:] if arguments is None else arguments)
    except AuditorError as error:
        if error.__cause__ and os.environ.get("AUDITOR_DEBUG"):  # only errors of plugins have a cause
            note("".join(format_exception(error.__cause__)), lines=True)
        return _end(failed(error))
    except BrokenPipeError:
        return _end(failed(UndeliveredError("the output was closed before everything was written")))
    except ImportError as error:
        return _bug(f"cannot start ({type(error).__name__}: {error}); reinstall auditor")
    except Exception as error:
        if os.environ.get("AUDITOR_DEBUG"):
            raise
        reason = f"{type(error).__name__}: {error}; this is a bug, please report it with AUDITOR_DEBUG=1"
        return _bug(reason)


def _bug(reason: str) -> int:
    return _end(Verdict(Status.INTERNAL_ERROR, 4, complete=False, reason=reason))


def _end(verdict: Verdict) -> int:
    if verdict.status is Status.UNDELIVERED:
        abandon_stdout()
    print_verdict(verdict)
    return verdict.exit_code


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)  # a second signal ends it immediately
    raise StoppedError(number)

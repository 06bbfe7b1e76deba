"""The command group: each command is imported when it is asked for."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from importlib import import_module

import click

from auditor.errors import InvalidError, StoppedError, did_you_mean
from auditor.version import VERSION

COMMANDS = (
    "access",
    "audit",
    "check",
    "demo",
    "doctor",
    "drift",
    "explain",
    "fetch",
    "fix",
    "init",
    "policy",
    "rules",
)


class _Commands(click.Group):
    """A group that imports a command when it is asked for, and knows the nearest one to a misspelt one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"auditor.cli.{cmd_name}"), f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            raise InvalidError(f"there is no command {name!r}", did_you_mean(name, COMMANDS))
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="auditor")
def auditor() -> None:
    """Audit TrueFoundry ML Repos: does every repo follow our rules, and did we really look at every one?

    \b
    Exit codes: 0 clean, 1 findings, 2 invalid usage or policy, 3 incomplete (something was not seen),
    4 internal error, 5 a report could not be written, 130 or 143 interrupted.
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines


def run_command(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code.

    Raises:
        InvalidError: The usage is wrong.
        StoppedError: The user asked to stop.
    """
    try:
        code = auditor.main(list(arguments), prog_name="auditor", standalone_mode=False)
    except click.exceptions.Abort:
        raise StoppedError(signal.SIGINT) from None
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fix = f"see {context.command_path} --help" if context else ""
        raise InvalidError(error.format_message().rstrip("."), fix) from None
    return code if isinstance(code, int) else 0

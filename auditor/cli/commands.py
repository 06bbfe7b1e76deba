"""The command group; each command is imported on use."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from importlib import import_module

import click

from auditor.cli.help import COMMANDS, Command, write_commands, write_options
from auditor.cli.output import note
from auditor.errors import InvalidError, StoppedError, did_you_mean, near_hint
from auditor.version import VERSION


class Group(click.Group):
    """A group that suggests the nearest command to a misspelled one."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under headings, and the commands."""
        write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command and its arguments."""
        name, known = args[0] if args else "", self.list_commands(ctx)
        if name and not name.startswith("-") and name not in known:
            path = " ".join([*ctx.command_path.split()[1:], name])
            raise InvalidError(f"unknown command {path!r}", did_you_mean(name, known))
        return super().resolve_command(ctx, args)


class _Commands(Group):
    """The commands; NAME is the function `NAME_command` of the module `auditor.cli.NAME`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return sorted(name for names in COMMANDS.values() for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(import_module(f"auditor.cli.{cmd_name}"), f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under headings."""
        write_commands(self, ctx, formatter)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="auditor")
def auditor() -> None:
    """Audit TrueFoundry ML Repos against your policy.

    \b
    Exit codes:
      0  clean
      1  findings
      2  invalid usage, configuration or policy
      3  incomplete: something could not be read or evaluated
      4  internal error
      5  a report could not be written
      130, 143  interrupted
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines


def run_command(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code.

    Raises:
        InvalidError: The usage is wrong.
        StoppedError: The run was stopped by a signal.
    """
    try:
        code = auditor.main(list(arguments), prog_name="auditor", standalone_mode=False)
    except click.exceptions.Abort:
        raise StoppedError(signal.SIGINT) from None
    except click.exceptions.NoArgsIsHelpError as error:
        note(error.format_message(), lines=True)
        raise InvalidError("no command given", "use one of the commands above") from None
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fix = f"see {context.command_path} --help" if context else ""
        if isinstance(error, click.NoSuchOption):
            near = near_hint(error.option_name, error.possibilities or ())
            raise InvalidError(f"no such option {error.option_name!r}", near or fix) from None
        raise InvalidError(error.format_message().rstrip("."), fix) from None
    return code if isinstance(code, int) else 0

"""`auditor policy`: the tools of people who write rules."""

from __future__ import annotations

from importlib import import_module

import click

from auditor.errors import InvalidError, did_you_mean

_COMMANDS = ("lint", "new", "schema", "test")


class _Tools(click.Group):
    """A group that imports a command when it is asked for, and knows the nearest one to a misspelt one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"auditor.cli.policy_{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _COMMANDS:
            raise InvalidError(f"there is no command 'policy {name}'", did_you_mean(name, _COMMANDS))
        return super().resolve_command(ctx, args)


@click.group("policy", cls=_Tools)
def policy_command() -> None:
    """Test, lint and start packs of rules, and print the schemas of what people write."""

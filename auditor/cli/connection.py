"""Options of every command that asks the live control plane."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from auditor.model.values import parse_duration

if TYPE_CHECKING:
    from auditor.sources.control_plane import ControlPlane

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)
_MOST_AT_ONCE = 64


class Duration(click.ParamType[timedelta]):
    """A duration such as 45s, 30m, 12h or 90d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401
        """Read a duration."""
        try:
            return value if isinstance(value, timedelta) else parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach the control plane, as the options say."""

    host: str | None
    token_file: Path | None
    ca_bundle: Path | None
    deadline: timedelta
    concurrency: int

    def control_plane(self) -> ControlPlane:
        """Return the control plane as a source.

        Raises:
            InvalidError: Host or token is missing or wrong.
        """
        from auditor.http.credentials import find_credentials
        from auditor.sources.control_plane import ControlPlane

        return ControlPlane(
            find_credentials(self.host, self.token_file, os.environ, Path.home()),
            seconds=self.deadline.total_seconds(),
            ca_bundle=self.ca_bundle,
            concurrency=self.concurrency,
        )


def connection_options(command: _Command) -> _Command:
    """Add the options that say how to reach the control plane."""
    for option in (
        click.option(
            "--concurrency",
            type=click.IntRange(1, _MOST_AT_ONCE),
            default=8,
            show_default=True,
            envvar="AUDITOR_CONCURRENCY",
            help="How many pages are fetched at once.",
        ),
        click.option(
            "--deadline",
            type=Duration(),
            default="10m",
            show_default=True,
            envvar="AUDITOR_DEADLINE",
            help="How long the whole reading may take.",
        ),
        click.option(
            "--ca-bundle",
            type=_FILE,
            envvar="AUDITOR_CA_BUNDLE",
            help="Trust the certificates in this file.  [default: REQUESTS_CA_BUNDLE]",
        ),
        click.option(
            "--token-file",
            type=_FILE,
            envvar="AUDITOR_TOKEN_FILE",
            help="Read the token from this file.  [default: TFY_API_KEY]",
        ),
        click.option("--host", metavar="URL", help="The control plane.  [default: TFY_HOST]"),
    ):
        command = option(command)
    return command

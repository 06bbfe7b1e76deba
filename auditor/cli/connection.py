"""Where a command reads the tenant: the live control plane, or a saved snapshot."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import FILE, Duration, options_as
from auditor.cli.progress import note_wait
from auditor.cli.settings import clock
from auditor.errors import InvalidError
from auditor.model import Source

if TYPE_CHECKING:
    from auditor.sources.control_plane import ControlPlane

_MOST_AT_ONCE = 64
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach the control plane, according to the options."""

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
        from auditor.http.credentials import find_credentials  # `check` sends no requests
        from auditor.sources.control_plane import ControlPlane

        return ControlPlane(
            find_credentials(self.host, self.token_file, os.environ, Path.home()),
            seconds=self.deadline.total_seconds(),
            ca_bundle=self.ca_bundle,
            concurrency=self.concurrency,
            waiting=note_wait,
        )

    def source(self, snapshot: Path | None, max_age: timedelta | None = None) -> Source:
        """Return a snapshot as a source, or the control plane if none is named.

        Raises:
            InvalidError: There is no such snapshot, or an option makes no sense.
        """
        if snapshot is None:
            if max_age is not None:
                raise InvalidError("--max-age needs a snapshot", "pass a snapshot, or remove the option")
            return self.control_plane()
        from auditor.sources.snapshot.reader import Snapshot

        if not snapshot.exists():
            raise InvalidError(f"the snapshot {snapshot} does not exist", "save one with `auditor fetch --output FILE`")
        return Snapshot(snapshot, max_age=max_age, now=clock())


class _Count(click.ParamType[int]):
    """A number of repos, or `all`, which is 0."""

    name = "count"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a number."""
        if isinstance(value, int):
            return value
        if value == "all":
            return 0
        if not (value.isascii() and value.isdigit() and len(value) < _DIGITS and int(value)):
            self.fail(f"{value!r} is not a number of repos or `all`", param, ctx)
        return int(value)


@dataclass(frozen=True, slots=True)
class Verification:
    """The number of repos whose grants are compared with the control plane's own list; 0 for all, None for none."""

    verify: int | None
    verify_seed: int | None

    def source(self, connection: Connection, snapshot: Path | None, max_age: timedelta | None) -> Source:
        """Return the source that the options select, with verification if they require it.

        Raises:
            InvalidError: A snapshot cannot be verified, or an option makes no sense.
        """
        if self.verify is None:
            if self.verify_seed is not None:
                raise InvalidError("--verify-seed needs --verify or --verify-access", "add one of them")
            return connection.source(snapshot, max_age)
        if snapshot is not None:
            raise InvalidError(
                "a snapshot cannot be compared with the control plane",
                "remove SNAPSHOT, or the option that compares grants",
            )
        connection.source(None, max_age)
        from auditor.access.verification import Verified

        seed = secrets.randbelow(10**6) if self.verify_seed is None else self.verify_seed
        return Verified(connection.control_plane(), self.verify or None, seed)


def verification_options(name: str, alone: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the options of a verification; `alone` is the value of the first option if it is used without a value."""
    without_value: dict[str, Any] = {} if alone is None else {"is_flag": False, "flag_value": alone}
    return options_as(
        "verification",
        Verification,
        click.option(
            name,
            "verify",
            type=_Count(),
            metavar="N|all",
            help="Compare the grants on N random repos, or all, with the control plane's own list.",
            **without_value,
        ),
        click.option(
            "--verify-seed",
            type=click.IntRange(0),
            metavar="SEED",
            show_default="random",
            help="Seed for the choice of repos.",
        ),
    )


connection_options = options_as(
    "connection",
    Connection,
    click.option(
        "--host", metavar="URL", help="URL of the control plane.  [default: TFY_HOST, or the host of `tfy login`]"
    ),
    click.option(
        "--token-file",
        type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
        envvar="AUDITOR_TOKEN_FILE",
        show_default="TFY_API_KEY, or `tfy login`",
        help="File with the API token, or - for stdin.",
    ),
    click.option(
        "--ca-bundle",
        type=FILE,
        envvar="AUDITOR_CA_BUNDLE",
        show_default="REQUESTS_CA_BUNDLE",
        help="File with trusted CA certificates.",
    ),
    click.option(
        "--deadline",
        type=Duration(),
        default="10m",
        show_default=True,
        envvar="AUDITOR_DEADLINE",
        help="Time limit for the entire run.",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(1, _MOST_AT_ONCE),
        metavar="N",
        default=8,
        show_default=True,
        envvar="AUDITOR_CONCURRENCY",
        help="Pages fetched concurrently.",
    ),
)

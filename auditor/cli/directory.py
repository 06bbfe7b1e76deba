"""The option of every command that reads the directory of a tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from auditor.model import DIRECTORY_PARTS, Provider

_Command = TypeVar("_Command", bound=Callable[..., Any])
_WORDS = {provider.value.replace(" ", "-"): provider for provider in sorted(DIRECTORY_PARTS)}


def leave_out_option(command: _Command) -> _Command:
    """Add the option that leaves out parts of the directory, for a token that may not read them."""
    return click.option(
        "--leave-out",
        multiple=True,
        type=click.Choice(list(_WORDS)),
        metavar="PART",
        help=f"Do not read this part of the directory; repeatable: {', '.join(_WORDS)}.",
    )(command)


def parts_but(words: Iterable[str]) -> frozenset[Provider]:
    """Return all parts of the directory but those that these words name."""
    return DIRECTORY_PARTS - {_WORDS[word] for word in words}

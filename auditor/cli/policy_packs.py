"""Which packs a tool is about, and options that the tools share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from auditor.cli.options import PackName
from auditor.cli.settings import read_config
from auditor.policy import DEFAULT_PACK, find_pack
from auditor.text import visible

_Command = TypeVar("_Command", bound=Callable[..., Any])


def tool_options(command: _Command) -> _Command:
    """Add the packs, and the options that say how a tool answers."""
    for option in (
        click.option("--no-color", is_flag=True, help="Never use colours (also: NO_COLOR)."),
        click.option(
            "-f",
            "--format",
            "format_name",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="The format of the answer.",
        ),
        click.option(
            "--config",
            type=click.Path(dir_okay=False, path_type=Path),
            envvar="AUDITOR_CONFIG",
            help="Take the packs of this file where none is named, not those of auditor.yaml.",
        ),
        click.argument("packs", nargs=-1, type=PackName(), metavar="[PACK]..."),
    ):
        command = option(command)
    return command


def named_packs(packs: Sequence[str], config: Path | None) -> list[Path]:
    """Return the files of the packs that were named, else of those in the configuration, else of the default one.

    Raises:
        InvalidError: There is no such pack.
    """
    if packs:
        return [Path(find_pack(name)) for name in dict.fromkeys(packs)]
    settings = read_config(config, os.getcwd())
    return [Path(find_pack(name, settings.base)) for name in settings.policies or (DEFAULT_PACK,)]


def seen(text: object) -> str:
    """Return text of a pack as one line that can be shown."""
    return visible(str(text))

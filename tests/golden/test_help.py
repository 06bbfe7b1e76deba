"""The help of every command at 80 columns, as reviewed by a person."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from auditor.cli.commands import auditor
from auditor.cli.help import COMMANDS

GOLDEN = Path(__file__).with_name("help.txt")


def pages(command, path=("auditor",)):
    """Yield the path and help page of a command and its subcommands."""
    with click.Context(command, info_name=" ".join(path), terminal_width=80, max_content_width=80) as context:
        context.help_option_names = ["-h", "--help"]
        yield path, command.get_help(context)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                yield from pages(command.get_command(context, name), (*path, name))


def test_the_help_pages_are_as_they_were_read():
    text = "\n\n".join(page for _, page in pages(auditor)) + "\n"
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8"), "read the difference aloud, then run again with AUDITOR_UPDATE_GOLDEN=1"


@pytest.mark.parametrize(("path", "page"), [pytest.param(*page, id=" ".join(page[0])) for page in pages(auditor)])
def test_a_help_page_fits_80_columns_and_cuts_no_sentence(path, page):
    assert max(map(len, page.splitlines())) <= 80, path
    assert "..." not in page.replace("[PATH]...", "").replace("PACK...", "").replace("PATH...", "").replace(
        "[PACK]...", ""
    ).replace("[ARGS]...", "")


def test_every_command_is_on_the_first_page_once():
    names = [name for names in COMMANDS.values() for name in names]
    assert sorted(names) == sorted(auditor.list_commands(click.Context(auditor)))
    assert len(names) == len(set(names))

"""A page for each command, made from the command itself: usage, help, arguments, and options with their defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from auditor.cli.commands import auditor
from auditor.cli.help import COMMANDS, Command

_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]\Z")
"""What click writes after the help of an option: `[env var: A; default: B]`."""

Row = tuple[str, str, str, str]
"""Option, meaning, default, environment variable."""


class _Recorder(click.HelpFormatter):
    """Keeps the headings and rows of a help page instead of writing them."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: dict[str, list[tuple[str, str]]] = {}
        self._heading = ""

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        self._heading = name
        yield

    def write_dl(self, rows: Sequence[tuple[str, str]], *_: object, **__: object) -> None:
        self.sections.setdefault(self._heading, []).extend(rows)


def command_pages() -> Iterator[tuple[str, str]]:
    """Yield each command with the Markdown of its page."""
    root = _root()
    for name in (name for names in COMMANDS.values() for name in names):
        if command := auditor.get_command(root, name):
            yield name, "\n".join(_command(command, click.Context(command, parent=root, info_name=name), 1))


def _root() -> click.Context:
    return click.Context(auditor, info_name="auditor", **auditor.context_settings)


def command_index() -> str:
    """Return the table of commands, with links to their pages."""
    root = _root()
    parts = []
    for heading, names in COMMANDS.items():
        found = [(name, auditor.get_command(root, name)) for name in names]
        rows = "".join(f"| [`{name}`](commands/{name}.md) | {each.short_help} |\n" for name, each in found if each)
        parts.append(f"## {heading}\n\n| command | what it does |\n| --- | --- |\n{rows}")
    return "\n".join(parts)


def environment() -> list[tuple[str, str, str]]:
    """Return each environment variable that sets an option, with the option and what it does."""
    found: dict[str, tuple[str, str]] = {}
    for option, context in _options(auditor, _root()):
        if option.envvar and (record := option.get_help_record(context)):
            name = max(option.opts, key=len)
            found.setdefault(str(option.envvar), (name, _row(record)[1]))
    return [(name, *found[name]) for name in sorted(found)]


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[click.Option, click.Context]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from _options(child, click.Context(child, parent=context, info_name=name))
    yield from ((each, context) for each in command.get_params(context) if isinstance(each, click.Option))


def _command(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}\n"
    yield from _paragraphs(command.help or "")
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    yield from _tables(command, context, level)
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        if child := command.get_command(context, name):
            yield from _command(child, click.Context(child, parent=context, info_name=name), level + 1)


def _tables(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    recorder = _Recorder()
    command.format_arguments(context, recorder)
    for rows in recorder.sections.values():
        yield _table("argument", [(name, text, "", "") for name, text in rows])
    recorder.sections.clear()
    Command.format_options(command, context, recorder)
    for heading, rows in recorder.sections.items():
        anchor = f"{context.command_path.replace(' ', '-')}-{heading.lower()}"
        yield f"{'#' * (level + 1)} {heading} {{ #{anchor} }}\n"
        yield _table("option", [_row(row) for row in rows])


def _row(record: tuple[str, str]) -> Row:
    """Return the cells of an option: what click appends in brackets has columns of its own."""
    name, text = record
    extra: dict[str, str] = {}
    while found := _BRACKETS.search(text):
        text = text[: found.start()]
        for part in found[1].split("; "):
            key, _, value = part.partition(": ")
            extra.setdefault(key if value else "range", value or part)
    bounds = f" ({extra['range']})" if "range" in extra else ""
    return name, f"{text}{bounds}", extra.get("default", ""), extra.get("env var", "")


def _table(first: str, rows: list[Row]) -> str:
    """Return a table without the columns that no row fills."""
    head = (first, "meaning", "default", "environment")
    kept = [index for index in range(4) if index < 2 or any(row[index] for row in rows)]
    lines = [[head[index] for index in kept], ["---"] * len(kept)]
    lines += [[_cell(row[index], code=index != 1) for index in kept] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str, *, code: bool) -> str:
    if not text:
        return ""
    if not code or text.startswith(("the ", "every ")) or "`" in text:
        return re.sub(r"(?<![`\w])(<[^>]+>)", r"`\1`", text).replace("|", "\\|").replace("*", "\\*")
    return f"`{text}`".replace("|", "\\|")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines[0] == "\b":
            yield "```text\n" + "\n".join(lines[1:]) + "\n```\n"
        else:
            yield " ".join(lines) + "\n"

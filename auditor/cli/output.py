"""Output: reports to files and stdout, completely or not at all; notes and the last line to stderr."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from auditor.errors import InvalidError, UndeliveredError, did_you_mean
from auditor.model import Report, Verdict
from auditor.reporters import REPORTERS, Reporter, Style
from auditor.text import no_commands, visible

_FILE_WIDTH = 100
_PLAIN = Style()
_PAGE_WIDTH = 120
_Rendered = TypeVar("_Rendered")
_LINKING = {"iTerm.app", "WezTerm", "vscode", "ghostty"}
_LINKING_VTE = 5000
"""The oldest version of the library of GNOME's terminals that shows hyperlinks (OSC 8)."""
CLOSING = ("sarif",)
"""Formats whose upload closes every finding that it does not contain."""


@dataclass(frozen=True, slots=True)
class Target:
    """One requested report: its format and its file; None for stdout."""

    format: str
    file: Path | None

    @property
    def what(self) -> str:
        """Its name in messages."""
        return f"{self.format} report" if is_format(self.format) else self.format


def targets(format_name: str | None, output: Path | None, reports: Sequence[str]) -> list[Target]:
    """Return the requested reports.

    Args:
        format_name: The format of the main report; None for no main report.
        output: The file of the main report; None for stdout.
        reports: More reports, each `FORMAT=FILE`.

    Raises:
        InvalidError: A format is unknown, or two reports have one file.
    """
    main = [Target(format_name, output)] if format_name else []
    found = [*main, *(_target(text) for text in reports)]
    for target in found:
        if target.file and target.file.is_dir():
            raise InvalidError(
                f"{target.file} is a directory", "use a file, or write a report for each owner with --split-by owner"
            )
    files = [target.file.resolve() for target in found if target.file]
    if len(set(files)) < len(files):
        raise InvalidError("two reports are written to the same file", "use a different file for each report")
    return found


def _target(text: str) -> Target:
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise InvalidError(f"--report {text!r} is not FORMAT=FILE", "for example --report json=report.json")
    if not is_format(name):
        from auditor.plugins import formats

        raise InvalidError(f"--report {text!r} has an unknown format", did_you_mean(name, formats()))
    return Target(name, Path(file))


def is_format(name: str) -> bool:
    """Return whether there is a format of this name: a built-in one, or that of an installed package.

    Raises:
        InvalidError: Several packages have one.
        PluginError: It cannot be loaded.
    """
    if name in REPORTERS:
        return True
    from auditor.plugins import find_reporter  # most runs need no other package

    return find_reporter(name) is not None


def reporter_of(name: str) -> Reporter:
    """Return the reporter of a format.

    Raises:
        InvalidError: There is no such format.
    """
    if name in REPORTERS:
        return REPORTERS[name]
    from auditor import plugins

    return plugins.reporter_of(name)


def deliver(report: Report, wanted: Sequence[Target], style: Style = _PLAIN) -> None:
    """Write every report: files first, then stdout.

    Args:
        report: The report.
        wanted: The requested formats and files.
        style: The style; its width and folders are set here, and a file has no colors and links.

    Raises:
        UndeliveredError: A report could not be written completely; the old content of its file is still there.
    """
    folder = Path.cwd()
    screen = replace(style, width=terminal_width(), folder=folder.as_posix(), root=_checkout(folder).as_posix())
    plain = replace(screen, width=_FILE_WIDTH, color=False, links=False)
    for target in sorted(wanted, key=lambda each: each.file is None):
        render = reporter_of(target.format)
        if target.file:
            file = (
                _partial(target.format, target.file, missing) if (missing := _what_is_missing(report)) else target.file
            )
            write_text(file, render(report, plain))
        else:
            write_stdout(render(report, screen))


def _what_is_missing(report: Report) -> str:
    """Return what a report leaves out that an earlier one may contain; empty if nothing."""
    if not report.verdict.complete:
        return "not everything was read"
    return "; ".join(report.partial)


def _partial(format_name: str, file: Path, missing: str) -> Path:
    """Return the file for a restricted report: another one if uploading it would close findings."""
    if format_name not in CLOSING or (file.exists() and not file.is_file()):
        return file
    partial = partial_of(file)
    note(f"auditor: note: {missing}, so {partial} was written instead of {file}, which would close findings")
    return partial


def partial_of(file: Path) -> Path:
    """Return the file that replaces this one if uploading it would close findings."""
    return file.with_name(f"{file.stem}.partial{file.suffix}")


def _checkout(folder: Path) -> Path:
    """Return the root of the checkout of a folder, as paths in CI services are relative to it; else the folder."""
    above = (folder, *folder.parents)
    return next((each for each in above if os.path.exists(each / ".git")), folder)


def write_rendered(render: Callable[[_Rendered, int], Iterable[str]], value: _Rendered, output: Path | None) -> None:
    """Render a value to a file or stdout, as wide as the terminal or a page.

    Raises:
        UndeliveredError: It could not be written completely.
    """
    if output:
        write_text(output, render(value, _PAGE_WIDTH))
    else:
        write_stdout(render(value, terminal_width()))


def write_text(file: Path, pieces: Iterable[str]) -> None:
    """Write pieces to a file as UTF-8, completely or not at all; lone surrogates become escapes.

    Raises:
        UndeliveredError: It could not be written completely; what the file held before is still there.
    """
    from auditor.files import write_file

    write_file(file, (piece.encode("utf-8", "backslashreplace") for piece in pieces))


def terminal_width() -> int:
    """Return the width of the terminal in columns; for a pipe, `COLUMNS` or a default."""
    width = os.environ.get("COLUMNS", "")
    if width.isdecimal() and int(width):
        return max(40, int(width))
    try:
        return max(40, os.get_terminal_size(sys.__stdout__.fileno()).columns or _FILE_WIDTH)  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):  # it is closed, detached or no terminal
        return _FILE_WIDTH


def write_stdout(pieces: Iterable[str | bytes]) -> None:
    """Write all pieces to stdout; characters that its encoding lacks become escapes.

    Raises:
        UndeliveredError: It could not be written completely.
    """
    if sys.stdout is None:
        raise UndeliveredError("stdout could not be written completely: it is closed")
    try:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.flush()
        sys.stdout.buffer.writelines(
            piece if isinstance(piece, bytes) else piece.encode(encoding, "backslashreplace") for piece in pieces
        )
        sys.stdout.buffer.flush()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise UndeliveredError(f"stdout could not be written completely: {reason}") from None


def keep_streams_open() -> None:
    """Open the null device for each closed standard stream, so that no other file gets its number.

    `sys.stdin` and `sys.stdout` stay None, so that writing to them is still an error; stderr is discarded.
    """
    closed = [stream for stream in (sys.stdin, sys.stdout, sys.stderr) if stream is None]
    taken = [os.open(os.devnull, os.O_RDWR) for _ in closed]  # each gets the lowest free number
    if sys.stderr is None:
        sys.stderr = os.fdopen(taken[-1], "w", encoding="utf-8", closefd=False)


def abandon_stdout() -> None:
    """Redirect stdout to the null device, so that Python's last flush cannot fail and change the exit code."""
    if sys.stdout is None:
        return
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def style_of(no_color: bool, group_by: str | None, list_all: bool) -> Style:
    """Return the style of reports, from options and the environment."""
    color = use_color(no_color)
    return Style(color=color, by_owner=group_by == "owner", list_all=list_all, links=use_links(color))


def use_color(no_color: bool) -> bool:
    """Return whether to color stdout: if it is a terminal, unless an option or the environment decides."""
    environ = os.environ
    if no_color or environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return environ.get("CLICOLOR") != "0" and environ.get("TERM") != "dumb" and stdout_is_terminal()


def use_links(color: bool) -> bool:
    """Return whether to write hyperlinks to stdout: if it has colors, and is a terminal known to show links."""
    environ = os.environ
    version = environ.get("VTE_VERSION", "")
    known = (
        environ.get("TERM_PROGRAM") in _LINKING
        or (version.isdecimal() and int(version) >= _LINKING_VTE)
        or environ.get("WT_SESSION")
        or environ.get("KITTY_WINDOW_ID")
    )
    return color and bool(environ.get("FORCE_HYPERLINK") or (known and stdout_is_terminal()))


def stdout_is_terminal() -> bool:
    """Return whether stdout is a terminal; a closed one is not."""
    return sys.stdout is not None and sys.stdout.isatty()


def stdout_is_file() -> bool:
    """Return whether stdout is a file, which no terminal and no CI runner reads meanwhile."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):  # it is closed, detached or no real stream
        return False


def note(text: str, *, lines: bool = False) -> None:
    """Write a line for people to stderr, or several."""
    line = no_commands("\n".join(map(visible, text.splitlines())) if lines else visible(text))
    with suppress(OSError, ValueError):
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


def print_verdict(verdict: Verdict) -> None:
    """Write the last line: the exit code and its reason."""
    note(f"auditor: exit {verdict.exit_code}, {verdict.status.value}: {verdict.reason}")

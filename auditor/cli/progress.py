"""Progress on stderr: a bar on a terminal, else a line now and then, both with the reason for a wait."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auditor.cli.output import note
from auditor.text import count_of

EVERY = 30.0
"""Seconds between two lines if stderr is not a terminal."""


class Waits:
    """The longest pause before a retry, as noted by any thread."""

    def __init__(self) -> None:
        self._longest = (0.0, "")

    def note(self, seconds: float, reason: str) -> None:
        """Note that a request is retried after some seconds, and why."""
        self._longest = max(self._longest, (time.monotonic() + seconds, reason))

    def __rich__(self) -> str:
        """Return the reason for the present wait; empty if there is none."""
        until, reason = self._longest
        left = until - time.monotonic()
        return f"retrying in {math.ceil(left)} s: {reason}" if left > 0 else ""


_WAITS = Waits()
note_wait = _WAITS.note
"""Called with the seconds until a retry, and its reason."""


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[int, int | None], None]]:
    """Show counts, the reason for a wait, and on a terminal the remaining time; nothing if `quiet`."""
    if quiet:
        yield lambda _done, _total: None
    elif sys.stderr is None or not sys.stderr.isatty():
        with _lines() as progress:
            yield progress
    else:
        from rich.console import Console  # only on a terminal
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            RenderableColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, RenderableColumn(_WAITS), console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("repos", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _lines() -> Iterator[Callable[[int, int | None], None]]:
    """Write a line every `EVERY` seconds."""
    text, over = [""], threading.Event()

    def progress(done: int, total: int | None) -> None:
        text[0] = f"{count_of(done, 'repo')} so far" if total is None else f"{done} of {total} repos"

    def report() -> None:
        while not over.wait(EVERY):
            note(f"auditor: {', '.join(filter(None, (text[0], _WAITS.__rich__()))) or 'working'}")

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield progress
    finally:
        over.set()
        reporter.join()

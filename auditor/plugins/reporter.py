"""A reporter of another package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from auditor.model import Report
from auditor.plugins.guards import delivering, each_of
from auditor.reporters import Reporter, Style


def guarded_reporter(title: str, call: Callable[..., Any]) -> Reporter:
    """Return a reporter whose failures are errors with its name."""

    def render(report: Report, style: Style) -> Iterator[str]:
        def pieces() -> Iterable[str]:
            found: Iterable[str] = call(report, style)
            return found

        return each_of(pieces, (str,), partial(delivering, title))

    return render

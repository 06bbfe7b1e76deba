"""Pages from templates.

Every text that a template shows is escaped by jinja2 after `visible` has made it harmless; `json_lines` does the same
for data. Nothing in a page is trusted because of where it comes from.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from auditor.text import json_line, visible
from auditor.version import VERSION


def render_page(template: str, **context: object) -> Iterator[str]:
    """Return a page as pieces of text.

    Args:
        template: The file of the template.
        context: The values to show; text is made visible and escaped.
    """
    assets = {name: _asset(file) for name, file in (("style", "page.css"), ("script", "page.js"))}
    hashes = {f"{name}_hash": _hash(text) for name, text in assets.items()}
    trusted = {name: Markup(text) for name, text in assets.items()}  # noqa: S704 - ours, and their hashes have to fit
    return _environment().get_template(template).generate(**trusted, **hashes, version=VERSION, **context)


@cache
def _environment() -> Environment:
    loader = PackageLoader("auditor.html", "")
    found = Environment(
        loader=loader, autoescape=True, finalize=_shown, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["count"] = _count
    return found


def _asset(name: str) -> str:
    return files("auditor.html").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(value: object) -> object:
    """Return text with everything unprintable as an escape; our own markup stays."""
    return visible(value) if type(value) is str else value


def _count(number: int) -> str:
    """Return a number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def json_lines(rows: Iterable[Sequence[object]]) -> Iterator[Markup]:
    """Yield rows as the items of a JSON array, one per line, for a `<script type="application/json">`."""
    separator = Markup()
    for row in rows:
        yield separator + script_json(row)
        separator = Markup(",\n")


def script_json(value: object) -> Markup:
    """Return a value as JSON of visible characters in which nothing can end a script element."""
    return Markup(json_line(_visible(value)).replace("<", "\\u003c"))  # noqa: S704 - nothing in it ends the script


def _visible(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {key: _visible(each) for key, each in value.items()}
    return [_visible(each) for each in value] if isinstance(value, list | tuple) else value

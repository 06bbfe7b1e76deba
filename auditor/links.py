"""URLs of the project and its documentation.

`DOCS_URL` is the only place with the URL of the documentation: findings, reports and the built site use it. A company
with its own copy sets `AUDITOR_DOCS_URL`.
"""

from __future__ import annotations

import os
import re

HOME = "https://github.com/mlrepo-auditor/mlrepo-auditor"
"""The repository of the project."""

DOCS_URL = "https://mlrepo-auditor.github.io/mlrepo-auditor/"
"""The documentation, without a version."""

LATEST = "latest"
"""The version of the documentation in links."""

DOCS_VARIABLE = "AUDITOR_DOCS_URL"
"""The environment variable that overrides the URL of the documentation in links, including the version."""


def rule_page(rule_id: str) -> str:
    """Return the address of the page of a shipped rule."""
    return docs_page(f"rules/{rule_id}")


def docs_page(name: str) -> str:
    """Return the address of a page of the documentation."""
    base = os.environ.get(DOCS_VARIABLE) or f"{DOCS_URL}{LATEST}/"
    return f"{base.rstrip('/')}/{name}/"


def is_link(text: str) -> bool:
    """Return whether a text may be a link in a report: the URL of a web page, in ASCII and well-formed."""
    return _URL.fullmatch(text) is not None


_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?([/?#]([A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?")

"""The matrix as one page of HTML: no script, nothing from elsewhere, everything from the tenant escaped."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files

from auditor.access.matrix.review import Review
from auditor.access.matrix.rows import lines
from auditor.access.matrix.table import COLUMNS, cells, receipt, remarks, title
from auditor.text import visible

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
.complete, .incomplete { border-left: .4rem solid #2a7; font-weight: 600; padding: .4rem .8rem; }
.incomplete { border-color: #c33; }
"""


def render_html(review: Review, _width: int) -> Iterator[str]:
    """Return a review as HTML."""
    from jinja2 import Environment  # noqa: PLC0415 - only this format needs it
    from markupsafe import Markup  # noqa: PLC0415

    by = review.view.by
    source = files("auditor.access.matrix").joinpath("access.html").read_text("utf-8")
    template = Environment(autoescape=True, finalize=_shown).from_string(source)
    return template.generate(
        style=Markup(_STYLE),  # noqa: S704 - ours, and its hash has to fit
        style_hash=b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode(),
        complete=review.complete,
        title=title(review),
        receipt=receipt(review),
        remarks=list(remarks(review)),
        head=COLUMNS[by],
        rows=(cells(line, by) for line in lines(review.matrix, review.view)),
    )


def _shown(value: object) -> object:
    """Return text with everything unprintable as an escape; markup of our own as it is."""
    return visible(value) if type(value) is str else value

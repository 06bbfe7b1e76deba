"""The access matrix: who can do what on which repo, and through what.

::

    repos ──access──▶ Matrix ──View──▶ rows ──▶ table, CSV, JSON, HTML

A renderer is a pure function of the whole review and yields text. Each of them says first whether everything was seen.
"""

from auditor.access.matrix.matrix import Matrix
from auditor.access.matrix.renderers import RENDERERS
from auditor.access.matrix.review import Loss, Review
from auditor.access.matrix.rows import By, Line, View, lines

__all__ = ["RENDERERS", "By", "Line", "Loss", "Matrix", "Review", "View", "lines"]

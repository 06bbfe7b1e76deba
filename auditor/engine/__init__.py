"""Rules over repos.

Explanations are imported when they are first used: who only judges repos does not pay for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from auditor.engine.evaluation import Judge, Judged

if TYPE_CHECKING:
    from auditor.engine.explanation import Asked, Explanation, Outcome, explain
    from auditor.engine.tree import Node, Result, leaves

_HOMES = {
    "explanation": ("Asked", "Explanation", "Outcome", "explain"),
    "tree": ("Node", "Result", "leaves"),
}

__all__ = ["Asked", "Explanation", "Judge", "Judged", "Node", "Outcome", "Result", "explain", "leaves"]


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"auditor.engine.{module}"), name)
    raise AttributeError(f"module 'auditor.engine' has no attribute {name!r}")

"""Rules over repos."""

from auditor.engine.evaluation import Judge, Judged
from auditor.engine.explanation import Asked, Explanation, Outcome, explain
from auditor.engine.tree import Node, Result, leaves

__all__ = ["Asked", "Explanation", "Judge", "Judged", "Node", "Outcome", "Result", "explain", "leaves"]

"""Rules over repos: evaluate them, group repos for rules across them, explain an outcome."""

from auditor.engine.evaluation import Evaluation, Evaluator
from auditor.engine.explanation import Asked, Explanation, Outcome, explain
from auditor.engine.results import RunResults

__all__ = ["Asked", "Evaluation", "Evaluator", "Explanation", "Outcome", "RunResults", "explain"]

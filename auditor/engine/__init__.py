"""Rules over repos: evaluate them, group repos for rules across them; `explanation` shows how an outcome came about."""

from auditor.engine.evaluation import Evaluation, Evaluator
from auditor.engine.results import RunResults

__all__ = ["Evaluation", "Evaluator", "RunResults"]

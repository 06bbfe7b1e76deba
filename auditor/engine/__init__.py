"""Rules over repos: evaluate them, group repos for rules across them; `explanation` explains an outcome."""

from auditor.engine.evaluation import Evaluation, Evaluator
from auditor.engine.results import RunResults

__all__ = ["Evaluation", "Evaluator", "RunResults"]

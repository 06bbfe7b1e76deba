"""Rules over repos: evaluate them, group repos for rules across them, explain an outcome."""

from auditor.engine.evaluation import Evaluation, Evaluator
from auditor.engine.explanation import Explanation, Outcome, RuleTrace, explain
from auditor.engine.results import RunResults

__all__ = ["Evaluation", "Evaluator", "Explanation", "Outcome", "RuleTrace", "RunResults", "explain"]

"""Rules over repos."""

from auditor.engine.evaluation import Judge, Judged

__all__ = ["Judge", "Judged"]

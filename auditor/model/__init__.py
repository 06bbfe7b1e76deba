"""The values that flow through the pipeline: frozen, and importing nothing of ours."""

from auditor.model.binding import Binding
from auditor.model.finding import Control, Finding, Location, RuleInfo
from auditor.model.provider import Provider
from auditor.model.ref import RepoRef
from auditor.model.repo import Locate, Repo
from auditor.model.report import NotEvaluated, Origin, Receipt, Report, RuleCounts, Status, Verdict
from auditor.model.severity import Severity
from auditor.model.source import Source
from auditor.model.storage import StorageIntegration
from auditor.model.subject import Grant, Subject, Via
from auditor.model.unread import Unread, UnreadKind
from auditor.model.values import Json

__all__ = [
    "Binding",
    "Control",
    "Finding",
    "Grant",
    "Json",
    "Locate",
    "Location",
    "NotEvaluated",
    "Origin",
    "Provider",
    "Receipt",
    "Repo",
    "RepoRef",
    "Report",
    "RuleCounts",
    "RuleInfo",
    "Severity",
    "Source",
    "Status",
    "StorageIntegration",
    "Subject",
    "Unread",
    "UnreadKind",
    "Verdict",
    "Via",
]

"""The values that flow through the pipeline: frozen, and without imports from other packages of Auditor."""

from auditor.model.directory import (
    ABSENT,
    DIRECTORY_PARTS,
    GRANT_SURFACES,
    NOT_PROVIDED,
    TENANT_SURFACES,
    Directory,
    Part,
    Provider,
)
from auditor.model.finding import Control, Finding, Location, RepoRef, RuleInfo, Severity
from auditor.model.levels import Level
from auditor.model.overview import Overview, PastRun, SubjectAccess
from auditor.model.people import (
    Integration,
    Permission,
    PlatformRole,
    RoleBinding,
    Team,
    User,
    VirtualAccount,
    Workspace,
)
from auditor.model.repo import Binding, Group, Locate, Repo, StorageIntegration
from auditor.model.report import (
    NotEvaluated,
    Origin,
    Receipt,
    Report,
    RuleCounts,
    Status,
    TriageNote,
    Verdict,
    pairs_not_evaluated,
)
from auditor.model.source import PROGRESS_STEP, Source, directory_of
from auditor.model.subject import Grant, GrantOrigin, Subject, TenantGrant
from auditor.model.unread import Unread, UnreadKind
from auditor.model.values import Json
from auditor.model.waiver import Waiver

__all__ = [
    "ABSENT",
    "DIRECTORY_PARTS",
    "GRANT_SURFACES",
    "NOT_PROVIDED",
    "PROGRESS_STEP",
    "TENANT_SURFACES",
    "Binding",
    "Control",
    "Directory",
    "Finding",
    "Grant",
    "GrantOrigin",
    "Group",
    "Integration",
    "Json",
    "Level",
    "Locate",
    "Location",
    "NotEvaluated",
    "Origin",
    "Overview",
    "Part",
    "PastRun",
    "Permission",
    "PlatformRole",
    "Provider",
    "Receipt",
    "Repo",
    "RepoRef",
    "Report",
    "RoleBinding",
    "RuleCounts",
    "RuleInfo",
    "Severity",
    "Source",
    "Status",
    "StorageIntegration",
    "Subject",
    "SubjectAccess",
    "Team",
    "TenantGrant",
    "TriageNote",
    "Unread",
    "UnreadKind",
    "User",
    "Verdict",
    "VirtualAccount",
    "Waiver",
    "Workspace",
    "directory_of",
    "pairs_not_evaluated",
]

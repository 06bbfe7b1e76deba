"""The rules about documents in files: what `tfy apply` would refuse, or take for something else than it looks.

They are on wherever files are judged, whatever the policy says.
"""

from __future__ import annotations

from auditor.model import RuleInfo, Severity

_PAGE = "https://github.com/mlrepo-auditor/mlrepo-auditor/blob/main/docs/rules.md"


def _rule(number: int, name: str, severity: Severity, title: str, rationale: str, remediation: str) -> RuleInfo:
    rule_id = f"MLF{number:03}"
    return RuleInfo(
        id=rule_id,
        name=name,
        title=title,
        severity=severity,
        category="file",
        rationale=rationale,
        remediation=remediation,
        docs=f"{_PAGE}#{rule_id.lower()}",
    )


EMPTY = _rule(
    1,
    "empty-document",
    Severity.MEDIUM,
    "A manifest file holds documents, and none of them is empty",
    "`tfy apply` stops at an empty document, so a `---` too many keeps a whole folder from being applied.",
    "Delete the `---`, or the file.",
)
NOT_A_MAPPING = _rule(
    2,
    "not-a-mapping",
    Severity.HIGH,
    "A manifest is a mapping",
    "`tfy apply` refuses a document that is a list or a text, and applies nothing of the file.",
    "Write the keys of the manifest at the top level; several manifests are divided by `---`, not put into a list.",
)
WITHOUT_TYPE = _rule(
    3,
    "missing-type",
    Severity.HIGH,
    "A manifest says its type",
    "`tfy apply` refuses a document without a type, and no rule can know what it is.",
    "Add `type: ml-repo`, or move the file out of the folder of manifests if it is none.",
)
MISSPELT_TYPE = _rule(
    4,
    "misspelt-type",
    Severity.HIGH,
    "What looks like an ML repo or a role binding says so in its type",
    "A document of another type escapes every rule about ML repos.",
    "Write `type: ml-repo` or `type: role-binding`.",
)
DUPLICATE = _rule(
    5,
    "duplicate-manifest",
    Severity.HIGH,
    "A type and a name stand in one manifest only",
    "`tfy apply` knows manifests by type and name: of two that share both, the last one silently wins.",
    "Delete one of the two, or give it another name.",
)
LOOKALIKE = _rule(
    6,
    "lookalike-name",
    Severity.MEDIUM,
    "Names differ by more than their case",
    "Repos whose names differ only in case or in how letters are encoded are mistaken for one another.",
    "Give one of the two a name that can be told from the other.",
)
AMBIGUOUS = _rule(
    7,
    "ambiguous-scalar",
    Severity.MEDIUM,
    "A value means the same to every reader of YAML",
    "`tfy apply` reads YAML 1.1, where `no` is false, `010` is 8 and `12:30:45` is 45045; other tools do not.",
    "Put the value in quotes if it is meant as text; else write the number without a leading zero or `_`.",
)

MISSPELT_RESOURCE = _rule(
    8,
    "misspelt-resource",
    Severity.HIGH,
    "A role binding names the repos that it means",
    "A permission on a resource that no repo is called, but for its case, grants nothing, or grants what no rule sees.",
    "Write `resourceType: mlf-project`, and the bare name of the repo as `resourceFqn`.",
)
MISSPELT_KEY = _rule(
    9,
    "misspelt-key",
    Severity.HIGH,
    "The keys of a manifest are those that the control plane knows",
    "What stands under a misspelt key is seen by no rule, and what was meant by it is not there.",
    "Write the key as it is spelt; the message says which one is near.",
)

DOCUMENT_RULES = (
    *(EMPTY, NOT_A_MAPPING, WITHOUT_TYPE, MISSPELT_TYPE, DUPLICATE, LOOKALIKE, AMBIGUOUS),
    *(MISSPELT_RESOURCE, MISSPELT_KEY),
)
"""Every rule about documents, by id."""

"""Findings: one failure at one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from auditor.model.waiver import Waiver


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a framework that a rule helps to meet, for example SOC 2 CC6.1."""

    framework: str
    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """The texts and metadata of a rule, shared by all of its findings.

    Attributes:
        id: Stable and never used again for another rule, for example `MLR003`.
        name: What is wrong, for example `user-as-admin`.
        title: The requirement, as a sentence.
        severity: How bad a finding is.
        category: What the rule is about, for example `access`.
        rationale: Why the requirement exists.
        remediation: What to do about a finding.
        docs: Where the rule is explained; empty if nowhere.
        controls: Controls that it helps to meet.
        waivable: Whether a waiver may accept a finding.
        tags: Words to select rules by.
        since: The version of its pack that brought it; empty if that is not said.
        deprecated: Why it should not be used any more, and what to use; empty if it may.
        aliases: Ids and names that it had before.
        when_unavailable: What becomes of a run whose source lacks data that the rule needs: `skip` or `incomplete`;
            empty for what the command does.
        unavailable_in: The name of the file that sets it.
    """

    id: str
    name: str
    title: str
    severity: Severity
    category: str = "general"
    rationale: str = ""
    remediation: str = ""
    docs: str = ""
    controls: tuple[Control, ...] = ()
    waivable: bool = True
    tags: tuple[str, ...] = ()
    since: str = ""
    deprecated: str = ""
    aliases: tuple[str, ...] = ()
    when_unavailable: str = ""
    unavailable_in: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that a waiver may call it: its id, its name and its aliases."""
        return (self.id, self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; line and column count from 1.

    Attributes:
        file: The file, as the user named it or below the directory that the user named.
        line: The line where it starts.
        column: The column where it starts, in characters.
        end: The column after its last character, if it ends in the same line; 0 if that is not known.
        text: The source line, untrusted; empty if it is not known.
    """

    file: str
    line: int
    column: int
    end: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure at one place.

    Attributes:
        rule: The rule that failed.
        repo: The repo that it failed on.
        message: What is wrong, for people; untrusted text that reporters make safe.
        path: JSON Pointer into the manifest; empty where the fact is not in the manifest (`repo.num_runs`).
        got: The value found, as JSON text, or `missing`.
        expected: What the rule asks for.
        key: The place without list indices, so that the fingerprint survives a reordered list.
        subject: Who or what the finding is about within the repo, for example `user:sam@acme.example`; empty if it is
            about the repo itself.
        location: The place in a file, for manifests that come from files.
        owner: Who has to act, if known.
        waiver: The waiver that accepts it; of an open finding, the one that has expired. None if there is none.
        suggestion: Manifests or role bindings, as YAML, that would fix it; empty if none is sure, or none wanted.
        fingerprint: The stable identity; empty until triage gives it.
    """

    rule: RuleInfo
    repo: RepoRef
    message: str
    path: str
    got: str
    expected: str
    key: str
    location: Location | None = None
    owner: str | None = None
    subject: str = ""
    waiver: Waiver | None = None
    suggestion: str = ""
    fingerprint: str = ""


class Severity(IntEnum):
    """info < low < medium < high < critical."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The word that users read and write."""
        return self.name.lower()

    @classmethod
    def labels(cls) -> tuple[str, ...]:
        """Every word, lowest first."""
        return tuple(severity.label for severity in cls)

    @classmethod
    def of(cls, label: str) -> Severity:
        """Return the severity of a word.

        Raises:
            KeyError: There is no such severity.
        """
        if label != label.lower():
            raise KeyError(label)
        return cls[label.upper()]


@dataclass(frozen=True, slots=True)
class RepoRef:
    """What names a repo in findings and reports: small, and kept after the repo itself is gone."""

    id: str
    name: str
    tenant: str | None

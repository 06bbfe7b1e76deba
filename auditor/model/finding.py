"""Findings and the texts of their rules."""

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
    """The texts and metadata of a rule.

    Attributes:
        id: The stable id, never reused for another rule, for example `MLR020`.
        name: The problem, for example `user-as-admin`.
        title: The requirement, as a sentence.
        severity: The severity of its findings.
        category: The category of the rule, for example `access`.
        rationale: Why the requirement exists.
        remediation: How to fix a finding.
        docs: The URL of the page of the rule; empty if there is none.
        controls: Controls that the rule helps to meet.
        waivable: Whether a waiver can accept a finding.
        tags: Tags for selectors.
        since: The version of the pack that introduced the rule; empty if unknown.
        deprecated: Why the rule is deprecated, and what to use instead; empty if it is not deprecated.
        aliases: Former ids and names.
        when_unavailable: What happens if the source lacks data that the rule needs: `skip` or `incomplete`; empty for
            the default of the command.
        unavailable_in: The name of the file that sets `when_unavailable`.
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
        """The id, the name and the aliases of the rule."""
        return (self.id, self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Location:
    """A location in a file. Line and column count from 1.

    Attributes:
        file: The path of the file, as passed by the user or below the directory that the user passed.
        line: The first line.
        column: The first column, in characters.
        end: The column after the last character, if that is in the same line; 0 if unknown.
        text: The source line, untrusted; empty if unknown.
    """

    file: str
    line: int
    column: int
    end: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation of a rule by a repo.

    Attributes:
        rule: The rule.
        repo: The repo.
        message: What is wrong, for people. It contains untrusted text, so reporters must escape it.
        path: JSON Pointer into the manifest; empty if the value is not in the manifest (`repo.num_runs`).
        got: The value found, as JSON text, or `missing`.
        expected: The value that the rule requires.
        key: The path without list indices, so that the fingerprint does not depend on the order of a list.
        subject: The subject of the finding, for example `user:sam@acme.example`; empty if it is the repo itself.
        location: The location in a manifest file; None for a repo of the tenant.
        owner: Who has to fix the finding, if known.
        waiver: The waiver that accepts the finding, or the expired waiver of an open finding; None if there is none.
        suggestion: Manifests or role bindings that fix the finding, as YAML; empty if there are none.
        fingerprint: The stable identity of the finding; empty before triage.
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
    """The severity of a rule: info < low < medium < high < critical."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name of the severity in lowercase."""
        return self.name.lower()

    @classmethod
    def labels(cls) -> tuple[str, ...]:
        """The names of all severities, lowest first."""
        return tuple(severity.label for severity in cls)

    @classmethod
    def of(cls, label: str) -> Severity:
        """Return the severity with this name.

        Raises:
            KeyError: There is no such severity.
        """
        if label != label.lower():
            raise KeyError(label)
        return cls[label.upper()]


@dataclass(frozen=True, slots=True)
class RepoRef:
    """The id, name and tenant of a repo in findings and reports."""

    id: str
    name: str
    tenant: str | None

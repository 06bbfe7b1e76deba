"""Triage: decide whether each finding of a run is open, waived or baselined. All three are reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.model import Finding, TriageNote, Waiver, pairs_not_evaluated
from auditor.text import count_of
from auditor.triage.baseline import Baseline, split_by_baseline
from auditor.triage.baseline_file import KnownFinding, as_baseline
from auditor.triage.waivers import GLOB, Scope, review_waivers, split_by_waivers


@dataclass(frozen=True, slots=True)
class TriageInputs:
    """The waivers and the baseline of a run.

    Attributes:
        waivers: Their waivers.
        known: The lines of their baseline.
        baseline_file: The file of the baseline; empty if there is none.
        as_of: The day for which waivers have to be valid, in UTC; None for the day of the run.
        strict: Whether a problem with a waiver makes the run invalid.
    """

    waivers: tuple[Waiver, ...] = ()
    known: tuple[KnownFinding, ...] = ()
    baseline_file: str = ""
    as_of: date | None = None
    strict: bool = False

    @property
    def repos(self) -> frozenset[str]:
        """The names of repos in waivers and the baseline, to distinguish unused waivers from unread repos."""
        named = {each.repo for each in self.waivers if not each.repo.startswith(GLOB)}
        return frozenset(named | {each.repo for each in self.known})


@dataclass(frozen=True, slots=True)
class Triage:
    """The open, waived and baselined findings of a run."""

    opened: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    baselined: tuple[Finding, ...]
    notes: tuple[TriageNote, ...]


def triage(findings: Sequence[Finding], inputs: TriageInputs, inherited: Baseline, today: date, scope: Scope) -> Triage:
    """Sort findings into open, waived and baselined ones.

    A waiver has precedence over the baseline. A finding with an expired waiver is open even if the baseline has it.

    Args:
        findings: The findings, with their fingerprints.
        inputs: The waivers and the baseline.
        inherited: Findings from before a change, besides those in the baseline file.
        today: The day of the run, in UTC.
        scope: The scope of the run.
    """
    day = inputs.as_of or today
    opened, waived = split_by_waivers(findings, inputs.waivers, day)
    opened, baselined = split_by_baseline(opened, as_baseline(inputs.known), inherited)
    notes = (
        *review_waivers(inputs.waivers, waived, opened, day, scope),
        *_stale(inputs, (*baselined, *waived, *opened), scope),
    )
    return Triage(opened, waived, baselined, notes)


def _stale_entries(known: Sequence[KnownFinding], findings: Sequence[Finding], scope: Scope) -> list[KnownFinding]:
    """Return the lines of a baseline whose findings no longer occur; empty if the run could not have found them."""
    if not scope.complete:
        return []
    there = {each.fingerprint for each in findings}
    skipped = pairs_not_evaluated(scope.not_evaluated)
    return [
        each
        for each in known
        if each.fingerprint not in there
        and (each.rule, each.repo) not in skipped
        and (scope.tenant or each.repo in scope.repos)
    ]


def _stale(inputs: TriageInputs, findings: Sequence[Finding], scope: Scope) -> Iterator[TriageNote]:
    stale = _stale_entries(inputs.known, findings, scope)
    if stale:
        first = f"{stale[0].rule} on {stale[0].repo}"
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        entries = count_of(len(stale), "stale entry", "stale entries")
        message = f"{entries}: {first}{more}; remove with `auditor baseline prune`"
        yield TriageNote("stale-baseline", inputs.baseline_file, message)

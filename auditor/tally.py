"""The tally of a run: what the repos that were judged so far came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.engine import Judge
from auditor.model import Binding, Finding, NotEvaluated, Repo, RepoRef, RuleInfo, Unread
from auditor.validation import validate

if TYPE_CHECKING:
    from auditor.access.suggestions import Remedies

_ACCESS = "access"


def _placed(finding: Finding, manifest: Repo | Binding) -> Finding:
    return replace(finding, location=manifest.locate(finding.path)) if manifest.locate else finding


class Tally:
    """What the repos that were judged so far came to; of a repo that is done only its id and its findings stay.

    Attributes:
        judge: Who asks the rules.
        ids: The id of every repo, with a number of its own.
        names: Those of the expected names that were seen.
        unread: What could not be seen.
    """

    def __init__(self, judge: Judge, expected: AbstractSet[str], remedies: Remedies | None) -> None:
        """Start a tally.

        Args:
            judge: Who asks the rules.
            expected: The names of repos to look out for.
            remedies: Says what would mend findings about access; None if nobody wants to know.
        """
        self.judge = judge
        self._remedies = remedies
        self._expected = expected
        self.ids: dict[str, int] = {}
        self._slots = 0
        self.names: set[str] = set()
        self.unread: list[Unread] = []
        self._of_documents: list[Finding] = []
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._unevaluable: dict[str, tuple[Unread, ...]] = {}
        # Keyed by the ids of the rules, as hashing rules themselves for every repo takes as long as judging it.
        self._not_evaluated: dict[tuple[str, ...], tuple[tuple[RuleInfo, ...], dict[str, RepoRef]]] = {}

    def add(self, repo: Repo) -> None:
        """Judge a repo; one that is added again has changed meanwhile, and the last one counts."""
        if repo.id in self.ids:
            self._forget(repo.id)
        self.ids[repo.id] = self._slots
        judged = self.judge.judge(repo, self._slots)
        self._slots += 1
        findings = self._mended(repo, tuple(_placed(each, repo) for each in (*validate(repo), *judged.findings)))
        if repo.name in self._expected:
            self.names.add(repo.name)
        if findings:
            self._findings[repo.id] = findings
        if judged.unread:
            self._unevaluable[repo.id] = judged.unread
        for reason, rules in judged.not_evaluated:
            key = (reason, *[rule.id for rule in rules])
            self._not_evaluated.setdefault(key, (rules, {}))[1][repo.id] = repo.ref

    def note(self, item: Binding | Unread | Finding) -> None:
        """Take what a source yields beside repos."""
        if isinstance(item, Unread):
            self.unread.append(item)
        elif isinstance(item, Binding):
            self._of_documents += [_placed(each, item) for each in validate(item)]
        else:
            self._of_documents.append(item)

    def _mended(self, repo: Repo, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Add to findings about access what would mend it."""
        if self._remedies is None or not any(each.rule.category == _ACCESS for each in findings):
            return findings
        text = self._remedies.of(repo)
        return tuple(replace(each, suggestion=text) if each.rule.category == _ACCESS else each for each in findings)

    def _forget(self, repo_id: str) -> None:
        self.judge.retract(self.ids[repo_id])
        self._findings.pop(repo_id, None)
        self._unevaluable.pop(repo_id, None)
        for _, repos in self._not_evaluated.values():
            repos.pop(repo_id, None)

    def leave_out(self, names: Iterable[str], reason: str) -> None:
        """Note that nobody asked the rules about grants of these repos."""
        if self.judge.about_grants:
            key = (reason, *[rule.id for rule in self.judge.about_grants])
            repos = self._not_evaluated.setdefault(key, (self.judge.about_grants, {}))[1]
            repos.update((f"name:{name}", RepoRef("", name, None)) for name in names)

    def conclude(self, tenant: str | None) -> None:
        """Ask the rules across repos."""
        judged = self.judge.conclude(tenant)
        self._of_documents += judged.findings
        self.unread += judged.unread

    def take_findings(self) -> Iterator[Finding]:
        """Hand over the findings, so that they are not held twice."""
        yield from self._of_documents
        while self._findings:
            yield from self._findings.popitem()[1]

    def all_unread(self) -> tuple[Unread, ...]:
        """Return what could not be seen, and then what could not be evaluated."""
        unevaluable = [unread for each in self._unevaluable.values() for unread in each]
        return (*self.unread, *sorted(unevaluable, key=lambda unread: unread.what))

    def not_evaluated(self) -> tuple[NotEvaluated, ...]:
        """Return which rules were not asked of which repos, and why."""
        return tuple(
            NotEvaluated(rules, key[0], tuple(sorted(repos.values(), key=lambda ref: (ref.name, ref.id))))
            for key, (rules, repos) in sorted(self._not_evaluated.items(), key=lambda item: item[0])
            if repos
        )

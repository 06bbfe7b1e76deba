"""Results of a run: findings, unread data and skipped rules of the repos that were evaluated so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from auditor.engine.evaluation import Evaluator
from auditor.model import Binding, Finding, NotEvaluated, Repo, RepoRef, RuleInfo, Unread
from auditor.validation import validate

_ACCESS = "access"


class RunResults:
    """The results so far; only the id and the findings of an evaluated repo stay in memory.

    Attributes:
        evaluator: Evaluates the rules.
        names: The expected names that were read.
        unread: What could not be read.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        expected: AbstractSet[str],
        suggest: Callable[[Repo], str] | None = None,
        owner: Callable[[Repo], str | None] | None = None,
    ) -> None:
        """Start without results.

        Args:
            evaluator: Evaluates the rules.
            expected: The names of expected repos.
            suggest: Returns a fix for the access to a repo, as YAML; None for no suggestions.
            owner: Returns the owner of a repo's findings; None if that is not configured.
        """
        self.evaluator = evaluator
        self.names: set[str] = set()
        self.unread: list[Unread] = []
        self._expected, self._suggest, self._owner = expected, suggest, owner
        self._of_documents: list[Finding] = []
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._rule_errors: dict[str, tuple[Unread, ...]] = {}
        # Keyed by the ids of the rules, as hashing rules themselves for every repo takes as long as evaluating them.
        self._not_evaluated: dict[tuple[str, ...], tuple[tuple[RuleInfo, ...], dict[str, RepoRef]]] = {}

    @property
    def ids(self) -> AbstractSet[str]:
        """The id of every repo that was evaluated."""
        return self.evaluator.ids.keys()

    def add(self, repo: Repo) -> None:
        """Evaluate a repo; if it is added again, it has changed meanwhile, and the last one counts."""
        if repo.id in self.ids:
            self._forget(repo.id)
        evaluation = self.evaluator.evaluate(repo)
        invalid = () if repo.unchanged else validate(repo)
        findings = tuple(_located(each, repo) for each in (*invalid, *evaluation.findings))
        if repo.name in self._expected:
            self.names.add(repo.name)
        if findings:
            self._findings[repo.id] = self._with_owner(repo, self._with_suggestions(repo, findings))
        if evaluation.unread:
            self._rule_errors[repo.id] = evaluation.unread
        for reason, rules in evaluation.not_evaluated:
            self._skipped(reason, rules)[repo.id] = repo.ref

    def note(self, item: Binding | Unread | Finding) -> None:
        """Add an item of a source other than a repo.

        Raises:
            TypeError: It is something else.
        """
        if isinstance(item, Unread):
            self.unread.append(item)
        elif isinstance(item, Binding):
            self._of_documents += [_located(each, item) for each in validate(item)]
        elif isinstance(item, Finding):
            self._of_documents.append(item)
        else:
            raise TypeError(f"a source yields Repo, Binding, Unread and Finding, not {type(item).__name__}")

    def _with_suggestions(self, repo: Repo, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        if self._suggest is None or not any(each.rule.category == _ACCESS for each in findings):
            return findings
        text = self._suggest(repo)
        return tuple(replace(each, suggestion=text) if each.rule.category == _ACCESS else each for each in findings)

    def _with_owner(self, repo: Repo, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        owner = self._owner(repo) if self._owner else None
        return tuple(replace(each, owner=owner) for each in findings) if owner else findings

    def _skipped(self, reason: str, rules: tuple[RuleInfo, ...]) -> dict[str, RepoRef]:
        """Return the repos on which rules were skipped for a reason."""
        return self._not_evaluated.setdefault((reason, *[rule.id for rule in rules]), (rules, {}))[1]

    def _forget(self, repo_id: str) -> None:
        self._findings.pop(repo_id, None)
        self._rule_errors.pop(repo_id, None)
        for _, repos in self._not_evaluated.values():
            repos.pop(repo_id, None)

    def skip_grant_rules(self, names: Iterable[str], reason: str) -> None:
        """Note that the rules about grants were not evaluated on these repos."""
        if self.evaluator.grant_rules:
            repos = self._skipped(reason, self.evaluator.grant_rules)
            repos.update((f"name:{name}", RepoRef("", name, None)) for name in names)

    def conclude(self, tenant: str | None) -> None:
        """Evaluate the rules across repos."""
        evaluation = self.evaluator.conclude(tenant)
        self._of_documents += evaluation.findings
        self.unread += evaluation.unread

    def take_findings(self) -> Iterator[Finding]:
        """Return the findings and release them, so that they are not in memory twice."""
        yield from self._of_documents
        while self._findings:
            yield from self._findings.popitem()[1]

    def all_unread(self) -> tuple[Unread, ...]:
        """Return what could not be read, and then what could not be evaluated."""
        rule_errors = [unread for each in self._rule_errors.values() for unread in each]
        return (*self.unread, *sorted(rule_errors, key=lambda unread: unread.what))

    def not_evaluated(self) -> tuple[NotEvaluated, ...]:
        """Return which rules were not evaluated on which repos, and why."""
        return tuple(
            NotEvaluated(rules, key[0], tuple(sorted(repos.values(), key=lambda ref: (ref.name, ref.id))))
            for key, (rules, repos) in sorted(self._not_evaluated.items(), key=lambda item: item[0])
            if repos
        )


def _located(finding: Finding, manifest: Repo | Binding) -> Finding:
    return replace(finding, location=manifest.locate(finding.path)) if manifest.locate else finding

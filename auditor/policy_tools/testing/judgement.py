"""One rule asked of a few repos, for tests and for mutants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.access import DirectoryIndex
from auditor.engine import Evaluator, Explanation, explain
from auditor.model import Finding, Json, Provider, Repo
from auditor.model.durations import parse_timestamp
from auditor.policy import Policy, Rule
from auditor.policy.examples import Example, ExampleRepo
from auditor.policy.references import Names
from auditor.policy.rules import read_rule
from auditor.policy_tools.testing.cases import Case

DEFAULT_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The moment of tests that name none, so that they come out the same on every day."""

ALWAYS = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})
"""What tests always tell; of what a tenant has beside its repos, only the parts that a test names are known."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule came to on a few repos.

    Attributes:
        findings: What failed.
        errors: Why it could not be evaluated on a repo.
        not_asked: Why it was asked of none of them; empty if it was.
    """

    findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    not_asked: str


def judged(rule: Rule, of: Example | Case) -> Judgement:
    """Evaluate a rule on the repos of a test."""
    provides = ALWAYS | of.directory.provides
    evaluator = Evaluator(Policy((rule,), ""), moment(of.now), provides, DirectoryIndex(of.directory))
    whole = as_repos(of.repos)
    results = [evaluator.evaluate(repo) for repo in whole]
    reasons = [reason for each in results for reason, _ in each.not_evaluated]
    results.append(evaluator.conclude(whole[0].tenant))
    return Judgement(
        findings=tuple(finding for each in results for finding in each.findings),
        errors=tuple(unread.reason for each in results for unread in each.unread),
        not_asked="" if evaluator.evaluated or not reasons else reasons[0],
    )


def explained(rule: Rule, of: Example | Case) -> list[Explanation]:
    """Explain a rule on each repo of a test; one about role bindings on each of those."""
    whole, provides, directory = as_repos(of.repos), ALWAYS | of.directory.provides, DirectoryIndex(of.directory)
    now = moment(of.now)
    return [explain(rule, repo, now, provides, whole, directory, every_binding=True) for repo in whole]


def moment(now: str | None) -> datetime:
    """Return the moment of a test."""
    return parse_timestamp(now) if now else DEFAULT_NOW


def as_repos(repos: Sequence[ExampleRepo]) -> list[Repo]:
    """Return repos of tests as a source would yield them; those without an id are numbered."""
    return [
        Repo(str(each.repo.get("id") or number), each.manifest, each.repo) for number, each in enumerate(repos, start=1)
    ]


def with_params(rule: Rule, params: Mapping[str, Json]) -> Rule:
    """Return a rule with other values of its parameters."""
    if not params:
        return rule
    names = Names({**rule.names.params, **params}, rule.names.data)
    return read_rule(rule.written, rule.pack, names, lambda _cursor: {})

"""The tests of a pack: every example and every case, run by the engine that checks real tenants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.access import DirectoryIndex
from auditor.engine import Evaluator
from auditor.engine.explanation import Explanation, Outcome, explain
from auditor.model import Finding, Json, Provider, Repo
from auditor.model.values import parse_timestamp
from auditor.policy import Policy, Rule, load_policy
from auditor.policy.examples import Example, ExampleRepo
from auditor.policy.references import Names
from auditor.policy.rules import read_rule
from auditor.policy.trace import Result, Trace
from auditor.policy_tools.testing.cases import Case, read_test_file
from auditor.policy_tools.testing.outcomes import (
    ConditionCoverage,
    Coverage,
    Failure,
    Tested,
    finding_in_words,
    in_words,
    place,
    unmatched,
)

_FEW = 3


class PackTests:
    """The tests of one pack.

    Attributes:
        pack: The pack.
        rules: Its own rules; those of packs that it extends have tests of their own.
        cases: The cases of its test files.
    """

    def __init__(self, pack: Path, files: Sequence[Path]) -> None:
        """Read a pack and its test files.

        Raises:
            InvalidError: Something in them is wrong.
        """
        self.pack, self.files = pack, tuple(files)
        policy = load_policy([str(pack)])
        self.rules = tuple(rule for rule in policy.rules if rule.written.mark.file == str(pack))
        self.cases = tuple(case for file in files for case in read_test_file(file).cases)
        self._sightings = {rule.info.id: ConditionCoverage(rule) for rule in self.rules}

    def run(self) -> Tested:
        """Run every test."""
        failures = [failure for rule in self.rules for failure in self._examples(rule)]
        failures += [failure for case in self.cases for failure in self._case(case)]
        coverage = tuple(self._coverage(rule) for rule in self.rules)
        failures += [
            _never_fails(rule)
            for rule, each in zip(self.rules, coverage, strict=True)
            if not each.failing and all(example.passes for example in rule.read_examples())
        ]
        return Tested(
            pack=self.pack,
            files=self.files,
            rules=len(self.rules),
            examples=sum(len(rule.read_examples()) for rule in self.rules),
            cases=len(self.cases),
            failures=tuple(sorted(failures, key=lambda each: (each.where.file, each.where.line, each.where.column))),
            coverage=coverage,
        )

    def _examples(self, rule: Rule) -> Iterator[Failure]:
        for example in rule.read_examples():
            asked = with_params(rule, example.params)
            explanations = explain_rule(asked, example)
            problem = example_problem(asked, example)
            if problem:
                what = f"{rule.info.id} {rule.info.name}, {'pass' if example.passes else 'fail'} example"
                why = () if example.passes else tuple(reasons(explanations))
                expected = "passes" if example.passes else "a finding"
                yield Failure(example.mark, what, (expected,), (*problem, *why))
            self._sightings[rule.info.id].see(explanations, fails=bool(not example.passes and not problem))

    def _case(self, case: Case) -> Iterator[Failure]:
        expected, got = case_problem(case, case.policy.rules)
        if expected or got:
            yield Failure(place(case.at), f"case {case.name!r}", expected, got or ("no such finding",))
        wanted = {each.rule for each in case.expect}
        for rule in case.policy.rules:
            if rule.info.id in self._sightings:
                self._sightings[rule.info.id].see(explain_rule(rule, case), fails=rule.info.id in wanted)

    def _coverage(self, rule: Rule) -> Coverage:
        return self._sightings[rule.info.id].coverage()


def example_problem(rule: Rule, example: Example) -> tuple[str, ...]:
    """Return the actual result of an example that fails; empty if it passes."""
    outcome = evaluate_rule(rule, example)
    if outcome.errors:
        return tuple(f"the rule cannot be evaluated: {error}" for error in outcome.errors)
    if outcome.not_evaluated:
        return (f"the rule is not evaluated: {outcome.not_evaluated}",)
    if example.passes:
        return tuple(map(finding_in_words, outcome.findings))
    return () if outcome.findings else ("no finding",)


def case_problem(case: Case, rules: Sequence[Rule]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the expected findings that a case does not have, and its unexpected findings."""
    ids = {rule.info.id for rule in rules}
    results = {rule.info.id: evaluate_rule(rule, case) for rule in rules}
    findings = [finding for each in results.values() for finding in each.findings]
    missing, surplus = unmatched([each for each in case.expect if each.rule in ids], findings)
    expected = [f"{in_words(each)} (line {each.at.mark.line})" for each in missing]
    got = [finding_in_words(finding) for finding in surplus]
    reasons = {each.rule: results[each.rule].not_evaluated for each in missing}
    got += [f"{rule_id} is not evaluated: {reason}" for rule_id, reason in reasons.items() if reason]
    for rule_id, outcome in results.items():
        if outcome.errors and rule_id not in case.errors:
            got += [f"{rule_id} cannot be evaluated: {error}" for error in outcome.errors]
        if rule_id in case.errors and not outcome.errors:
            expected.append(f"{rule_id} cannot be evaluated")
            got.append(f"{rule_id} was evaluated")
    return tuple(expected), tuple(got)


def _never_fails(rule: Rule) -> Failure:
    what = f"{rule.info.id} {rule.info.name}"
    return Failure(
        rule.written.mark, what, ("an example or case that fails",), ("none, so no test proves that the rule can fail",)
    )


def reasons(explanations: Sequence[Explanation]) -> Iterator[str]:
    """Yield an explanation of why a rule has no finding, in a few lines."""
    asked = [each for one in explanations for each in (*one.evaluations, *(found for _, found in one.groups))]
    for each in asked[:_FEW]:
        if each.outcome is Outcome.NOT_APPLICABLE and each.when:
            node = decisive(each.when)
            yield f"the rule does not apply to {each.what}: {_decided(node)}"
        elif each.outcome is Outcome.PASSES and each.must:
            node = decisive(each.must)
            yield f"{each.what} passes: {_decided(node)}"


def _decided(node: Trace) -> str:
    got = f", got {node.got}" if node.got else ""
    return f"{node.words} ({node.result}{got})"


def decisive(node: Trace) -> Trace:
    """Return the innermost decisive part: one with the result of the whole, if there is one."""
    found = next((part for part in node.parts if part.result is node.result), None)
    return decisive(found) if found and node.words in {"all of", "any of"} and node.result is not Result.ERROR else node


DEFAULT_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The current time of tests that set none, so that they have the same result on every day."""

ALWAYS = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})
"""What tests always provide; of the directory, only the parts that a test defines are known."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """The outcome of one rule on the repos of a test.

    Attributes:
        findings: What failed.
        errors: Why it could not be evaluated on a repo.
        not_evaluated: Why it was not evaluated on any of them; empty if it was.
    """

    findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    not_evaluated: str


def evaluate_rule(rule: Rule, of: Example | Case) -> RuleOutcome:
    """Evaluate a rule on the repos of a test."""
    provides = ALWAYS | of.directory.provides
    evaluator = Evaluator(Policy((rule,), ""), current_time(of.now), provides, DirectoryIndex(of.directory))
    whole = as_repos(of.repos)
    results = [evaluator.evaluate(repo) for repo in whole]
    reasons = [reason for each in results for reason, _ in each.not_evaluated]
    results.append(evaluator.conclude(whole[0].tenant))
    return RuleOutcome(
        findings=tuple(finding for each in results for finding in each.findings),
        errors=tuple(unread.reason for each in results for unread in each.unread),
        not_evaluated="" if evaluator.evaluated or not reasons else reasons[0],
    )


def explain_rule(rule: Rule, of: Example | Case) -> list[Explanation]:
    """Explain a rule on each repo of a test, or a rule about role bindings on each binding."""
    whole, provides, directory = as_repos(of.repos), ALWAYS | of.directory.provides, DirectoryIndex(of.directory)
    now = current_time(of.now)
    return [explain(rule, repo, now, provides, whole, directory, every_binding=True) for repo in whole]


def current_time(now: str | None) -> datetime:
    """Return the current time of a test."""
    return parse_timestamp(now) if now else DEFAULT_NOW


def as_repos(repos: Sequence[ExampleRepo]) -> list[Repo]:
    """Return the repos of a test like a source; those without an id are numbered."""
    return [
        Repo(str(each.repo.get("id") or number), each.manifest, each.repo) for number, each in enumerate(repos, start=1)
    ]


def with_params(rule: Rule, params: Mapping[str, Json]) -> Rule:
    """Return a rule with other values of its parameters."""
    if not params:
        return rule
    names = Names({**rule.names.params, **params}, rule.names.data)
    return read_rule(rule.written, rule.pack, names, lambda _cursor: {})

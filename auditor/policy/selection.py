"""Selectors: the rules that the command line selects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from auditor.errors import InvalidError, did_you_mean
from auditor.model import Severity
from auditor.model.globs import glob_matcher
from auditor.policy.rules import Rule

_BUILT_IN = r"ML[SBF][0-9]{3}"
"""The ids of rules about manifests, role bindings and files, which no pack has."""


def selected(rules: Sequence[Rule], only: Sequence[str], without: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that any selector in `only` matches (all if there is none), except those that `without` matches.

    A selector is an id or a name (including former ones), a glob over them, `tag:WORD`, `category:WORD`, `pack:NAME`,
    or `severity:high` (with a plus, `severity:high+`, high and above).

    Raises:
        InvalidError: A selector matches no rule, or no rule is left.
    """
    chosen = _chosen(rules, only, "--rule") if only else {rule.info.id for rule in rules}
    chosen -= _chosen(rules, without, "--exclude-rule")
    left = tuple(rule for rule in rules if rule.info.id in chosen)
    if not left:
        raise InvalidError(
            "--rule and --exclude-rule leave no rule, so the policy checks nothing", "select other rules"
        )
    return left


def rule_hint(word: str, known: Iterable[str]) -> str:
    """Return a fix for a word that is not a rule of the policy: the nearest one, unless it is a built-in rule."""
    if re.fullmatch(_BUILT_IN, word):
        return "built-in rules are always on and cannot be selected or turned off"
    return did_you_mean(word, known)


def _chosen(rules: Sequence[Rule], selectors: Iterable[str], option: str) -> set[str]:
    chosen: set[str] = set()
    for selector in selectors:
        found = {rule.info.id for rule in rules if _fits(rule, selector, option)}
        if not found:
            words = [word for rule in rules for word in (rule.info.id, rule.info.name)]
            raise InvalidError(f"{option} {selector!r} matches no rule in the policy", rule_hint(selector, words))
        chosen |= found
    return chosen


def _fits(rule: Rule, selector: str, option: str) -> bool:
    info = rule.info
    kind, colon, word = selector.partition(":")
    if not colon:
        return any(map(glob_matcher([selector]), (info.id, info.name, *info.aliases)))
    if kind == "severity":
        return _is_severe(info.severity, word, option)
    words = {"tag": info.tags, "category": (info.category,), "pack": (rule.pack,)}.get(kind)
    if words is None:
        known = ["tag:", "category:", "pack:", "severity:"]
        raise InvalidError(f"{option} {selector!r} is not a selector", did_you_mean(f"{kind}:", known))
    return any(map(glob_matcher([word]), words))


def _is_severe(severity: Severity, word: str, option: str) -> bool:
    label = word.removesuffix("+")
    if label not in Severity.labels():
        raise InvalidError(f"{option} has no valid severity: {label!r}", did_you_mean(label, Severity.labels()))
    return severity >= Severity.of(label) if word.endswith("+") else severity is Severity.of(label)

"""The gate: which rules a repo surely passes, so that only the others need to be asked in full.

Asking a rule in full costs microseconds, and nearly every repo passes nearly every rule. The gate decides the plain
cases fast and leaves every doubt (a failure, an unknown, a value that cannot be read) to the full evaluation, which
alone makes findings; so the gate can cost time but never change an outcome. Each rule is split in two:

- What grants, storage or the creator alone decide is asked once for each distinct one of them, and the answer is kept:
  many repos share them.
- What else is plain becomes one generated Python function, made from checked conditions and from constants, never from
  texts that users wrote.

A rule is asked in full where both parts fail; a rule across repos, where both let a member through, unless the
generated function can tell all that counts: the group of the repo.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

from auditor.access import DirectoryIndex
from auditor.engine.code import Code, Counted
from auditor.engine.sharing import Shared
from auditor.engine.split import Split, split
from auditor.errors import RuleError
from auditor.model import Repo
from auditor.policy import Root, Rule, Target

Passed: TypeAlias = tuple[Sequence[Rule], Sequence[Counted]]
"""The rules to ask in full, in their order, and what counts for those across repos that need not be asked."""


class Gate:
    """Decides which rules have to be asked of a repo in full."""

    def __init__(self, rules: Sequence[Rule], now: datetime, directory: DirectoryIndex) -> None:
        """Make a gate for rules about single repos and across them, asked at a moment, beside what a tenant has."""
        self._rules = tuple(rules)
        self._chosen = lru_cache(maxsize=1024)(self._of_bits)
        code, shared = Code(now, every=(1 << len(rules)) - 1), dict[frozenset[Root], list[tuple[int, Split]]]()
        for number, rule in enumerate(rules):
            parts, bit = split(rule), 1 << number
            if parts is None:
                code.always(bit)
            elif not parts.roots:
                _plain(code, bit, parts)
            else:
                shared.setdefault(parts.roots, []).append((bit, parts))
                if parts.has_plain:
                    code.half(bit, parts.plain_when, parts.plain_must)
        self._decide = code.function()
        self._shared = [Shared(roots, of, now, directory) for roots, of in shared.items()]

    def suspects(self, repo: Repo) -> Passed:
        """Return the rules that the repo may not pass, none for most repos, and what of it counts across repos."""
        try:
            found, half, counted = self._decide(repo.manifest, repo.envelope)
        except RuleError:
            return self._rules, ()
        for shared in self._shared:
            sure, maybe = shared.standing(repo)
            found |= sure | (maybe & half)
        return (self._chosen(found) if found else ()), counted

    def _of_bits(self, found: int) -> tuple[Rule, ...]:
        return tuple(rule for number, rule in enumerate(self._rules) if found >> number & 1)


def _plain(code: Code, bit: int, parts: Split) -> None:
    grouping = parts.rule.grouping if parts.rule.target is Target.INVENTORY else None
    if grouping and grouping.key.code and (grouping.distinct is None or grouping.distinct.code):
        code.count(parts.rule.info.id, parts.plain_when, grouping.key, grouping.distinct)
    elif parts.has_plain:
        code.whole(bit, parts.plain_when, parts.plain_must)
    else:
        code.always(bit)

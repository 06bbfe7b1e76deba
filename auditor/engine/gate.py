"""The gate: which rules a repo surely passes, so that only the others need to be asked in full.

Asking a rule in full costs microseconds, and nearly every repo passes nearly every rule. The gate decides the plain
cases fast and leaves every doubt (a failure, an unknown, a value that cannot be read) to the full evaluation, which
alone makes findings; so the gate can cost time but never change an outcome. Two things make it fast:

- Rules over grants or storage alone are asked once for each distinct list of grants or storage integration, and the
  answer is kept: many repos share them.
- The other rules become one generated Python function, made from checked conditions and from constants, never from
  texts that users wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from auditor.access import IndexedDirectory
from auditor.engine.code import Generated, generate
from auditor.errors import RuleError
from auditor.model import Json, Repo
from auditor.policy import MISSING, Root, Rule, Scope, Target
from auditor.policy.types import Missing

_KEPT = 8192
"""So many answers are kept at most; then the memory starts anew."""


class Gate:
    """Decides which rules have to be asked of a repo in full."""

    def __init__(self, rules: Sequence[Rule], now: datetime, directory: IndexedDirectory) -> None:
        """Make a gate for rules about single repos, asked at a moment, with what is known beside the repos."""
        shared = {root: [rule for rule in rules if _only_root(rule) is root] for root in Root}
        self._all = tuple(rules)
        self._order = {id(rule): number for number, rule in enumerate(rules)}
        self._shared = [_Shared(_KEYS[root], of, now, directory) for root, of in shared.items() if of]
        kept = {rule.info.id for of in shared.values() for rule in of}
        self._generated: Generated = generate([rule for rule in rules if rule.info.id not in kept], now)

    def suspects(self, repo: Repo) -> Sequence[Rule]:
        """Return the rules that the repo may not pass, in the order of the policy; none for most repos."""
        try:
            found = self._generated(repo.manifest, repo.envelope)
            for shared in self._shared:
                found = found + shared.suspects(repo) if found else shared.suspects(repo)
        except RuleError:
            return self._all
        return found if len(found) < 2 else sorted(found, key=lambda rule: self._order[id(rule)])


def _only_root(rule: Rule) -> Root | None:
    """Return what a rule depends on alone; None if that is not a single root."""
    roots = {field.root for field in rule.reads} | (set() if rule.target is Target.REPO else {Root.GRANTS})
    return roots.pop() if len(roots) == 1 else None


def _grants_key(manifest: dict[str, Json], directory: IndexedDirectory) -> Hashable:
    collaborators = manifest.get("collaborators")
    name = manifest.get("name")
    elsewhere = directory.grants_key(name) if isinstance(name, str) else ()
    if collaborators is None:
        return elsewhere
    if not isinstance(collaborators, list):  # an empty object is not an empty list
        raise TypeError("collaborators are a list")
    inline = tuple([(entry["subject"], entry["role_id"]) for entry in collaborators])  # type: ignore[call-overload,index]
    return (inline, elsewhere)


def _storage_key(manifest: dict[str, Json], _directory: IndexedDirectory) -> Hashable:
    fqn = manifest.get("storage_integration_fqn", MISSING)  # which null is not
    if fqn is not None and not isinstance(fqn, str | Missing):
        raise TypeError("an FQN is a text")
    return fqn


_Key: TypeAlias = Callable[[dict[str, Json], IndexedDirectory], Hashable]
_KEYS: dict[Root, _Key] = {Root.GRANTS: _grants_key, Root.STORAGE: _storage_key}


class _Shared:
    """Rules whose outcome a key decides."""

    def __init__(self, key: _Key, rules: Sequence[Rule], now: datetime, directory: IndexedDirectory) -> None:
        self._key, self._rules, self._now, self._directory = key, tuple(rules), now, directory
        self._known: dict[Hashable, tuple[Rule, ...]] = {}

    def suspects(self, repo: Repo) -> tuple[Rule, ...]:
        try:
            key = self._key(repo.manifest, self._directory)
            known = self._known.get(key)
        except (KeyError, TypeError):  # no collaborators as they should be, so nothing to share
            return self._rules
        return self._first(repo, key) if known is None else known

    def _first(self, repo: Repo, key: Hashable) -> tuple[Rule, ...]:
        if len(self._known) >= _KEPT:
            self._known.clear()
        scope = Scope(repo, self._now, self._directory)
        self._known[key] = found = tuple(rule for rule in self._rules if not passes(rule, scope))
        return found


def passes(rule: Rule, scope: Scope) -> bool:
    """Tell whether a rule surely has nothing to say about a repo: it passes, or does not apply."""
    try:
        for index in indices(rule, scope):
            scope.index = index
            applies = rule.when is None or rule.when.evaluate(scope) is True
            if rule.must.evaluate(scope) is not True and applies:
                return False
    except RuleError:
        return False
    return True


def indices(rule: Rule, scope: Scope) -> Iterable[int]:
    """Return what a rule is asked of in a scope: each grant or collaborator by its index, else -1, the whole."""
    members = rule.grouping.members if rule.grouping and scope.group is None else rule.target
    if members is Target.GRANT:
        return range(len(scope.access.grants))
    return range(len(scope.access.collaborators)) if members is Target.COLLABORATOR else (-1,)

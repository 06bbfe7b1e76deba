"""Sharing: what was worked out for one repo holds for every other with the same grants, storage or creator."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import TypeAlias

from auditor.access import DirectoryIndex
from auditor.engine.members import indices
from auditor.engine.split import Split
from auditor.errors import RuleError
from auditor.model import Repo
from auditor.policy import MISSING, Root, Scope
from auditor.policy.types import Missing

_KEPT = 8192
"""So many answers are kept at most; then the memory starts anew."""

Standing: TypeAlias = tuple[int, int]
"""Which rules surely have to be asked in full, and which have to be if their plain part fails too, as bits."""


def _grants_key(repo: Repo, directory: DirectoryIndex) -> Hashable:
    collaborators = repo.manifest.get("collaborators")
    name = repo.manifest.get("name")
    elsewhere = directory.grants_key(name) if isinstance(name, str) else ()
    if collaborators is None:
        return elsewhere
    if not isinstance(collaborators, list):  # an empty object is not an empty list
        raise TypeError("collaborators are a list")
    inline = tuple([(entry["subject"], entry["role_id"]) for entry in collaborators])  # type: ignore[call-overload,index]
    return (inline, elsewhere)


def _storage_key(repo: Repo, _directory: DirectoryIndex) -> Hashable:
    return _text(repo.manifest.get("storage_integration_fqn", MISSING))


def _creator_key(repo: Repo, _directory: DirectoryIndex) -> Hashable:
    creator = repo.envelope.get("created_by_subject", MISSING)
    if not isinstance(creator, dict):
        return _text(creator)
    return (_text(creator.get("subjectType", MISSING)), _text(creator.get("subjectSlug", MISSING)))


def _text(value: object) -> Hashable:
    """Return a text, null or `MISSING`, which are never taken for each other, as 1 and true would be."""
    if value is not None and not isinstance(value, str | Missing):
        raise TypeError("what is shared is a text")
    return value


_KEYS: dict[Root, Callable[[Repo, DirectoryIndex], Hashable]] = {
    Root.GRANTS: _grants_key,
    Root.STORAGE: _storage_key,
    Root.CREATOR: _creator_key,
}


class Shared:
    """The shared parts of rules with the same roots, each worked out once for all repos that have these alike."""

    def __init__(
        self, roots: frozenset[Root], rules: Sequence[tuple[int, Split]], now: datetime, directory: DirectoryIndex
    ) -> None:
        """Make the memory for rules, each with its bit, asked at a moment, with what is known beside the repos."""
        self._keys = [_KEYS[root] for root in sorted(roots)]
        self._rules, self._now, self._directory = tuple(rules), now, directory
        self._every = sum(bit for bit, _ in rules)
        self._known: dict[Hashable, Standing] = {}

    def standing(self, repo: Repo) -> Standing:
        """Return which rules a repo may not pass."""
        try:
            key = tuple([key(repo, self._directory) for key in self._keys])
            known = self._known.get(key)
        except (KeyError, TypeError):  # not as it should be, so nothing to share
            return self._every, 0
        return self._first(repo, key) if known is None else known

    def _first(self, repo: Repo, key: Hashable) -> Standing:
        if len(self._known) >= _KEPT:
            self._known.clear()
        scope = Scope(repo, self._now, self._directory)
        sure = maybe = 0
        for bit, rule in self._rules:
            fails = _fails(rule, scope)
            if fails is None or (fails and not rule.has_plain):
                sure |= bit
            elif fails:
                maybe |= bit
        self._known[key] = sure, maybe
        return sure, maybe


def _fails(split: Split, scope: Scope) -> bool | None:
    """Tell whether the shared part of a rule fails anywhere in a repo; None if it cannot be evaluated."""
    fails, must = False, split.shared_must
    try:
        for index in indices(split.rule, scope):
            scope.index = index
            # Every condition is asked: one that cannot be evaluated is an error whatever the others say.
            outcomes = [each.evaluate(scope) for each in split.shared_when]
            if all(outcomes) and (must is None or must.evaluate(scope) is not True):
                fails = True
    except RuleError:
        return None
    return fails

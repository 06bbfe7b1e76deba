"""Two manifests of one repo: where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator

from auditor.drift.declared import DeclaredRepo
from auditor.drift.grants import Bindings, Key
from auditor.drift.values import Access, Difference, Kind
from auditor.model import Json, Location, Repo, Subject
from auditor.model.values import shown

_COMPARED = ("storage_integration_fqn", "description", "ownedBy")
_APART = frozenset({"type", "name", "collaborators"})
_NOTHING = "nothing"


class RepoComparison:
    """Compares the manifests of repos.

    Args:
        declared: The role bindings in files.
        live: The role bindings of the tenant.
        declared_whole: Whether everything that is declared was read.
        live_whole: Whether all role bindings of the tenant were seen.
    """

    def __init__(self, declared: Bindings, live: Bindings, *, declared_whole: bool, live_whole: bool) -> None:
        self._declared, self._live = declared, live
        self._declared_whole, self._live_whole = declared_whole, live_whole

    def differences(self, declared: DeclaredRepo, live: Repo, grants: dict[Key, str] | None) -> Iterator[Difference]:
        """Yield where a repo differs from its manifest in a file.

        Keys that only the control plane writes are passed over, unless they are known: a newer one may add its own.

        Args:
            declared: What the file says.
            live: What the tenant has.
            grants: The inline grants that it has there; None if they cannot be read.
        """
        ours = declared.repo
        if ours.name != live.name:
            yield _difference(ours, live, "name", ours.name, live.name)
        for key in dict.fromkeys((*_COMPARED, *ours.manifest)):
            mine, other = ours.manifest.get(key), live.manifest.get(key)
            if key not in _APART and _meaning(mine) != _meaning(other):
                yield _difference(ours, live, key, _said(mine), _said(other))
        if declared.grants is not None and grants is not None:
            yield from self._grants(ours, live, declared.grants, grants)

    def _grants(self, ours: Repo, live: Repo, declared: dict[Key, str], there: dict[Key, str]) -> Iterator[Difference]:
        for key in sorted(declared.keys() - there.keys()):
            elsewhere = self._live.granting(live.name, key)
            place = ours.locate(declared[key]) if ours.locate else None
            texts = f"{_words(key)}, inline", _by(elsewhere)
            yield _grant(ours, live, texts, place, Access.SAME if elsewhere else Access.LOST, certain=self._live_whole)
        for key in sorted(there.keys() - declared.keys()):
            elsewhere = self._declared.granting(ours.name, key)
            place = ours.locate("/collaborators") if ours.locate else None
            texts = _by(elsewhere), f"{_words(key)}, inline"
            yield _grant(
                ours, live, texts, place, Access.SAME if elsewhere else Access.GAINED, certain=self._declared_whole
            )


def _difference(ours: Repo, live: Repo, field: str, declared: str, there: str) -> Difference:
    place = ours.locate(f"/{field}") if ours.locate else None
    return Difference(Kind.DIFFERS, "ml-repo", ours.name, field, declared, there, location=place, id=live.id)


def _grant(
    ours: Repo, live: Repo, texts: tuple[str, str], place: Location | None, access: Access, *, certain: bool
) -> Difference:
    same = access is Access.SAME
    return Difference(
        kind=Kind.SURFACE if same else Kind.DIFFERS,
        type="ml-repo",
        name=ours.name,
        field="collaborators",
        declared=texts[0],
        live=texts[1],
        access=access,
        certain=same or certain,
        location=place,
        id=live.id,
    )


def _words(key: Key) -> str:
    return f"{Subject(key[0], key[1])} {key[2]}"


def _by(bindings: list[str]) -> str:
    return f"by role binding {', '.join(bindings)}" if bindings else _NOTHING


def _said(value: Json) -> str:
    return _NOTHING if value is None else value if isinstance(value, str) and value.strip() else shown(value)


def _meaning(value: Json) -> str:
    """Return what a value means: a description that is missing, null or empty says the same."""
    return "" if value is None or value == "" else json.dumps(value, sort_keys=True)

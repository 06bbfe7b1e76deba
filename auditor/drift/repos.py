"""Differences between two manifests of a repo."""

from __future__ import annotations

import json
from collections.abc import Iterator

from auditor.drift.bindings import Bindings, Key
from auditor.drift.declared import DeclaredRepo
from auditor.drift.values import Access, Difference, Kind
from auditor.model import Json, Location, Repo, Subject
from auditor.model.values import display

_COMPARED = ("storage_integration_fqn", "description", "ownedBy")
_APART = frozenset({"type", "name", "collaborators"})
_NOTHING = "none"


class RepoComparison:
    """Compares the manifests of repos.

    Args:
        declared: The role bindings in files.
        live: The role bindings of the tenant.
        declared_complete: Whether all declarations were read.
        live_complete: Whether all role bindings of the tenant were read.
    """

    def __init__(self, declared: Bindings, live: Bindings, *, declared_complete: bool, live_complete: bool) -> None:
        self._declared, self._live = declared, live
        self._undeclared = Bindings(each for name, each in live.by_name.items() if name not in declared.by_name)
        self._declared_complete, self._live_complete = declared_complete, live_complete

    def differences(self, declared: DeclaredRepo, live: Repo, grants: dict[Key, str] | None) -> Iterator[Difference]:
        """Yield the differences between a repo and its manifest in a file.

        Unknown keys that only the live side has are ignored, as a newer control plane may add its own.

        Args:
            declared: The value in the file.
            live: The live value.
            grants: The live inline grants; None if they cannot be read.
        """
        ours = declared.repo
        if ours.name != live.name:
            yield _difference(ours, live, "name", ours.name, live.name)
        for key in dict.fromkeys((*_COMPARED, *ours.manifest)):
            mine, other = ours.manifest.get(key), live.manifest.get(key)
            if key not in _APART and _meaning(mine) != _meaning(other):
                yield _difference(ours, live, key, _shown_value(mine), _shown_value(other))
        yield from self._grants(declared, live, grants)

    def bound_to_missing(self, declared: DeclaredRepo) -> Iterator[Difference]:
        """Yield the grants of undeclared role bindings on a declared repo that does not exist in the tenant.

        Args:
            declared: The value in the file.
        """
        bound = self._undeclared.on(declared.repo.name)
        yield from (self._extra(declared, None, key, inline=False, names=bound[key]) for key in sorted(bound))

    def _grants(self, declared: DeclaredRepo, live: Repo, there: dict[Key, str] | None) -> Iterator[Difference]:
        """Yield a difference for each grant; a grant in several places is reported once."""
        ours, bound = declared.grants or {}, self._undeclared.on(live.name)
        lost, extra = set[Key](), set(bound)
        if declared.grants is not None and there is not None:
            lost = ours.keys() - there.keys()
            extra = (there.keys() - ours.keys()) | (bound.keys() - lost)
        for key in sorted(lost):
            yield self._lost(declared.repo, live, key, ours[key])
        for key in sorted(extra):
            yield self._extra(declared, live.id, key, inline=key in (there or {}), names=bound.get(key, []))

    def _lost(self, ours: Repo, live: Repo, key: Key, path: str) -> Difference:
        elsewhere = self._live.granting(live.name, key)
        return _grant(
            ours,
            live.id,
            (f"{_words(key)}, inline", _places(elsewhere)),
            ours.locate(path) if ours.locate else None,
            Access.SAME if elsewhere else Access.LOST,
            certain=self._live_complete,
        )

    def _extra(
        self, declared: DeclaredRepo, live_id: str | None, key: Key, *, inline: bool, names: list[str]
    ) -> Difference:
        """Return the difference for a live grant that the file does not have in that place."""
        ours = declared.repo
        here = _places(self._declared.granting(ours.name, key), inline=key in (declared.grants or {}))
        return _grant(
            ours,
            live_id,
            (here, f"{_words(key)}, {_places(names, inline=inline)}"),
            ours.locate("/collaborators") if ours.locate else None,
            Access.GAINED if here == _NOTHING else Access.SAME,
            certain=self._declared_complete,
        )


def _difference(ours: Repo, live: Repo, field: str, declared: str, there: str) -> Difference:
    place = ours.locate(f"/{field}") if ours.locate else None
    return Difference(Kind.DIFFERS, "ml-repo", ours.name, field, declared, there, location=place, id=live.id)


def _grant(
    ours: Repo, live_id: str | None, texts: tuple[str, str], place: Location | None, access: Access, *, certain: bool
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
        id=live_id,
    )


def _words(key: Key) -> str:
    return f"{Subject(key[0], key[1])} {key[2]}"


def _places(bindings: list[str], *, inline: bool = False) -> str:
    """Return the places of a grant on one side."""
    found = ["inline"] if inline else []
    found += [f"by role binding {', '.join(bindings)}"] if bindings else []
    return " and ".join(found) or _NOTHING


def _shown_value(value: Json) -> str:
    return _NOTHING if value is None else value if isinstance(value, str) and value.strip() else display(value)


def _meaning(value: Json) -> str:
    """Return a value in a form that compares by meaning: missing, null and empty descriptions are equal."""
    return "" if value is None or value == "" else json.dumps(value, sort_keys=True)

"""The matrix: each distinct grant once, and the numbers of the grants on each repo."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from sys import intern
from typing import Any, NamedTuple

from auditor.access import GRANTS_UNREAD, DirectoryIndex, access_of
from auditor.errors import RuleError
from auditor.model import Grant, Level, Repo, Unread, UnreadKind

_LISTED = 5


class MatrixRow(NamedTuple):
    """A repo of the matrix.

    Attributes:
        id: Its id.
        name: Its name.
        storage: The FQN of its storage integration; empty if it has none.
        start: Where its grants begin.
        length: How many it has.
    """

    id: str
    name: str
    storage: str
    start: int
    length: int


EVERY_REPO = MatrixRow("*", "every repo", "", 0, 0)
"""The repo of a grant on the tenant."""


class Matrix:
    """Every grant on every repo.

    A repo takes its names and four bytes for each grant, as equal grants are shared.

    Args:
        directory: What is known besides the repos.

    Attributes:
        directory: What is known besides the repos.
        grants: Every different grant, in the order of their numbers.
        tenant_grants: The grants on the tenant that reach every repo, once each.
    """

    def __init__(self, directory: DirectoryIndex) -> None:
        self.directory = directory
        self.grants: list[Grant] = []
        self.tenant_grants = tuple(
            Grant(each.subject, each.role, each.via, "", each.source, each.level)
            for each in directory.tenant_grants
            if each.level is not Level.NONE
        )
        self._numbers: dict[Grant, int] = {}
        self._cells = array("I")
        self._repos: dict[str, MatrixRow] = {}
        self._unseen: dict[str, str] = {}
        self._broken: dict[str, Unread] = {}

    def add(self, repo: Repo) -> None:
        """Add the grants on a repo; if it was added before, replace them."""
        fqn = repo.manifest.get("storage_integration_fqn")
        start = len(self._cells)
        self._unseen.pop(repo.id, None)
        self._broken.pop(repo.id, None)
        try:
            access = access_of(repo, self.directory)
        except RuleError as error:
            access = None
            self._broken[repo.id] = Unread(UnreadKind.REPO, f"the grants on {repo.name}", error.message)
        else:
            if access is None:
                self._unseen[repo.id] = repo.name
        self._cells.extend(self._number(grant) for grant in (access.grants if access else ()))
        storage = intern(fqn) if isinstance(fqn, str) else ""
        self._repos[repo.id] = MatrixRow(repo.id, repo.name, storage, start, len(self._cells) - start)

    def _number(self, grant: Grant) -> int:
        key = replace(grant, path="") if grant.path else grant
        number = self._numbers.setdefault(key, len(self.grants))
        if number == len(self.grants):
            self.grants.append(key)
        return number

    def __len__(self) -> int:
        return len(self._repos)

    def changed(self, change: Callable[[Any], Any]) -> Matrix:
        """Return the matrix with every shown value changed, such as names replaced by pseudonyms."""
        found = Matrix(DirectoryIndex(change(self.directory.directory)))
        found.grants, found.tenant_grants = change(self.grants), change(self.tenant_grants)
        found._repos, found._cells = change(self._repos), self._cells
        found._unseen, found._broken = change(self._unseen), change(self._broken)
        return found

    @property
    def places(self) -> list[MatrixRow]:
        """Every repo, by name."""
        return sorted(self._repos.values(), key=lambda place: (place.name, place.id))

    def on(self, place: MatrixRow) -> Iterator[int]:
        """Yield the numbers of the grants on a repo, in the order of its surfaces."""
        return iter(self._cells[place.start : place.start + place.length])

    @property
    def empty(self) -> list[MatrixRow]:
        """Repos that have no grants, if everything was read."""
        return [place for place in self.places if not place.length and not self.hidden(place)]

    def hidden(self, place: MatrixRow) -> str:
        """Return why the grants on a repo were not read; empty if they were."""
        if place.id in self._unseen:
            return GRANTS_UNREAD
        return self._broken[place.id].reason if place.id in self._broken else ""

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The repos whose grants were not read, and the roles with unknown permissions."""
        unknown = sorted({grant.role for grant in self.grants if grant.level is None})
        reason = "it is granted on a repo, and its permissions are unknown"
        fix = "set its level under `role_levels` in auditor.yaml"
        broken = sorted(self._broken.values(), key=lambda each: each.what)
        broken += [Unread(UnreadKind.DIRECTORY, f"the role {role}", reason, fix) for role in unknown]
        if not self._unseen:
            return tuple(broken)
        names = sorted(self._unseen.values())
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        what = f"the grants on {', '.join(names[:_LISTED])}{more}"
        return (*broken, Unread(UnreadKind.DIRECTORY, what, GRANTS_UNREAD))

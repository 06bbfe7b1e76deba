"""Verification: grants on some repos, compared with the control plane's own list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Protocol

from auditor.access.access import access_of
from auditor.access.index import DirectoryIndex
from auditor.access.membership import identity
from auditor.errors import RuleError, UnreadError
from auditor.model import (
    GRANT_SURFACES,
    Binding,
    Directory,
    Finding,
    Origin,
    Provider,
    Repo,
    Source,
    Subject,
    Unread,
    UnreadKind,
    directory_of,
)
from auditor.text import count_of

_PROBES = 3


class Authority(Source, Protocol):
    """A source with a second list of the grants on a repo."""

    def listed_grants(self, repos: Iterable[Repo]) -> Iterator[frozenset[tuple[str, str]] | str]:
        """Yield the grants on each repo (subjects with roles), or why there is no such list.

        Raises:
            UnreadError: A list could not be read.
        """
        ...


class Verified:
    """A source whose grants on some repos are compared with the control plane's own list.

    What only one side has is yielded as `Unread`, after the last repo.
    """

    def __init__(self, source: Authority, count: int | None, seed: int) -> None:
        """Make a source; nothing is read yet.

        Args:
            source: The control plane.
            count: How many repos are compared, chosen at random; None for all.
            seed: Seed of the random choice.
        """
        self._source, self._count, self._seed = source, count, seed
        self._directory: Directory | None = None
        self._wanted: frozenset[Provider] = frozenset()
        self._note = ""
        self.provides: frozenset[Provider] = source.provides

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the directory of the tenant, including the parts that comparing grants needs."""
        self._wanted = wanted
        self._directory = directory_of(self._source, wanted | GRANT_SURFACES)
        return Directory.of({provider: self._directory.part(provider) for provider in wanted})

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield everything from the source, and then the differences."""
        directory = self._directory or directory_of(self._source, GRANT_SURFACES)
        repos: dict[str, Repo] = {}
        for item in self._source.collect():
            if isinstance(item, Repo):
                repos[item.id] = item
            yield item
        chosen = sorted(repos.values(), key=lambda repo: self._order(repo.id))[: self._count]
        yield from self._differences(chosen, directory)

    def origin(self) -> Origin:
        """Return where the repos came from, with a note of what was compared."""
        origin = self._source.origin()
        return replace(origin, notes=(*origin.notes, self._note)) if self._note else origin

    def _order(self, repo_id: str) -> bytes:
        return blake2b(f"{self._seed} {repo_id}".encode()).digest()

    def _differences(self, repos: list[Repo], directory: Directory) -> Iterator[Unread]:
        index, compared, different, refused = DirectoryIndex(directory), 0, 0, list[str]()
        try:
            for repo, listed in zip(repos, self._source.listed_grants(repos), strict=False):
                if not isinstance(listed, str):
                    if (ours := _ours(repo, index)) is not None:
                        compared += 1
                        found = list(_compared(repo, listed, ours))
                        different += bool(found)
                        yield from found
                    continue
                refused.append(listed)
                if not compared and len(refused) == _PROBES:
                    break
        except UnreadError as error:
            yield Unread(UnreadKind.DIRECTORY, "the control plane's own list of grants", error.message, error.fix)
        if compared:
            for provider in sorted(GRANT_SURFACES - self._wanted):
                yield from directory.part(provider).unread
        self._note = self._outcome(compared, different, len(repos), refused)

    def _outcome(self, compared: int, different: int, chosen: int, refused: list[str]) -> str:
        if refused and not compared:
            return f"{refused[0]}, so no grants were verified"
        of = f"{compared} of {count_of(chosen, 'repo')}" if refused else count_of(compared, "repo")
        rest = f"; for the others, {refused[0]}" if refused else ""
        outcome = f"differences on {count_of(different, 'repo')}" if different else "no differences"
        return f"grants on {of} compared with the control plane's own list: {outcome}, seed {self._seed}{rest}"


def _ours(repo: Repo, index: DirectoryIndex) -> dict[tuple[str, str], str] | None:
    """Return the grants on a repo with their subjects; None if they are reported as unread elsewhere."""
    try:
        access = access_of(repo, index)
    except RuleError:
        return None
    return {(_key(str(each.subject)), each.role): str(each.subject) for each in (access.grants if access else ())}


def _compared(repo: Repo, listed: frozenset[tuple[str, str]], ours: dict[tuple[str, str], str]) -> Iterator[Unread]:
    theirs = {(_key(subject), role): subject for subject, role in listed}
    for key in sorted(theirs.keys() - ours.keys()):
        reason = f"the control plane lists {theirs[key]} with {key[1]}, but no list that was read contains it"
        yield Unread(UnreadKind.DIRECTORY, f"the grants on {repo.name}", reason)
    for key in sorted(ours.keys() - theirs.keys()):
        if key[0].startswith("workspace:"):
            continue  # a role binding cannot name a workspace
        reason = f"{ours[key]} has {key[1]} in the lists that were read, but not on the control plane"
        yield Unread(UnreadKind.DIRECTORY, f"the grants on {repo.name}", reason)


def _key(subject: str) -> str:
    """Return a key that all spellings of a subject share."""
    parsed = Subject.parse(subject.replace("serviceaccount:", "virtualaccount:", 1))
    return f"user:{identity(parsed.name)}" if parsed.type == "user" else str(parsed)

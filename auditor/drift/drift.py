"""The comparison of the declared state, kept in memory, with the live state, read as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.drift.bindings import BindingComparison, Bindings, Key, about_repos, granted, inline_grants
from auditor.drift.declared import Declared, declared_in
from auditor.drift.repos import RepoComparison
from auditor.drift.values import Difference, Drift, Kind, Side
from auditor.errors import RuleError
from auditor.model import PROGRESS_STEP, Directory, Origin, Provider, Repo, Source, Unread, UnreadKind, directory_of
from auditor.verdict import Expectations, conclude_drift

_NO_EXPECTATIONS = Expectations()


def drift_between(
    files: Source,
    live: Source,
    *,
    declared_only: bool = False,
    expect: Expectations = _NO_EXPECTATIONS,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Drift:
    """Compare what files declare with what a tenant has.

    Args:
        files: Manifests in files.
        live: The control plane, or a snapshot of it.
        declared_only: Whether to only count undeclared live repos, and undeclared role bindings about no declared repo.
        expect: The expectations about the tenant; if one does not hold, the comparison is incomplete.
        clock: Returns the time.
        progress: Called with the number of compared live repos, and the total (None while that is unknown).

    Raises:
        InvalidError: The live source does not match the expectations.
    """
    declared = declared_in(files)
    started = live.origin().started_at or clock()
    directory = directory_of(live, frozenset({Provider.ROLE_BINDINGS}))
    tenant = _Tenant(declared, directory, frozenset(expect.include))
    for item in live.collect():
        if isinstance(item, Unread):
            tenant.unread.append(item)
        elif isinstance(item, Repo):
            tenant.add(item)
            if len(tenant) % PROGRESS_STEP == 0:
                progress(len(tenant), live.origin().total)
    origin = live.origin()
    unread = (*tenant.all_unread(), *expect.unmet(origin, len(tenant), tenant.names))
    complete = not unread and (len(tenant) > 0 or expect.min_repos == 0) and _all_seen(origin, len(tenant))
    found = sorted(
        tenant.differences(complete=complete), key=lambda each: (each.name, each.type, each.field, each.kind)
    )
    shown = [each for each in found if not (declared_only and tenant.alone(each))]
    ours = Side(declared.origin, declared.found, _about_repos(declared.bindings), declared.unread)
    bindings = _about_repos(tenant.bindings) if directory.role_bindings.provided else None
    theirs = Side(origin, len(tenant), bindings, unread)
    verdict = conclude_drift(
        (ours.origin, ours.repos, ours.unread),
        (theirs.origin, theirs.repos, theirs.unread),
        len(shown),
        may_be_empty=expect.min_repos == 0,
    )
    finished = origin.finished_at or clock()
    return Drift(verdict, ours, theirs, started, finished, tuple(shown), len(found) - len(shown))


def _all_seen(origin: Origin, repos: int) -> bool:
    return origin.proof is not None or origin.total is None or repos >= origin.total


def _about_repos(bindings: Bindings) -> int:
    return sum(map(about_repos, bindings.by_name.values()))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A compared live repo: its name, its differences, and itself if another spelling of its name may match it."""

    name: str
    differences: tuple[Difference, ...] = ()
    held: Repo | None = None


class _Tenant:
    """The live side; only the id and name are kept of a repo that matches its manifest."""

    def __init__(self, declared: Declared, directory: Directory, expected: frozenset[str]) -> None:
        self._declared = declared
        self._directory = directory
        self._expected = expected
        part = directory.role_bindings
        self.bindings = Bindings(part.values)
        self.unread: list[Unread] = []
        self._broken: dict[str, Unread] = {}
        self._seen: dict[str, _Seen] = {}
        self._compared = set(declared.repos)
        self._folded = {name.casefold() for name in declared.repos}
        self._inline: dict[str, dict[Key, str]] = {}
        self._bound = _bound(declared.bindings, self.bindings)
        self._compare = RepoComparison(
            declared.bindings, self.bindings, declared_complete=not declared.unread, live_complete=part.complete
        )

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def names(self) -> frozenset[str]:
        """The expected names that were seen."""
        return self._expected & {each.name for each in self._seen.values()}

    def add(self, repo: Repo) -> None:
        """Compare a repo; if it is added twice, the second one counts."""
        self._broken.pop(repo.id, None)
        self._inline.pop(repo.name, None)
        declared = self._declared.repos.get(repo.name)
        grants = self._grants(repo) if repo.name.casefold() in self._folded or repo.name in self._bound else None
        if declared:
            self._seen[repo.id] = _Seen(repo.name, tuple(self._compare.differences(declared, repo, grants)))
        else:
            self._seen[repo.id] = _Seen(repo.name, held=repo if repo.name.casefold() in self._folded else None)
        if grants and repo.name in self._bound:
            self._inline[repo.name] = grants

    def _grants(self, repo: Repo) -> dict[Key, str] | None:
        try:
            return inline_grants(repo)
        except RuleError as error:
            self._broken[repo.id] = Unread(UnreadKind.REPO, f"the grants on {repo.name}", error.message)
            return None

    def all_unread(self) -> tuple[Unread, ...]:
        """Return everything that was not read of the tenant."""
        part = self._directory.role_bindings
        found = [*self.unread, *self._directory.unread]
        if not part.provided:
            needed = not part.absent or any(map(about_repos, self._declared.bindings.by_name.values()))
            reason = "the control plane does not have it" if part.absent else "the snapshot does not contain it"
            found += [Unread(UnreadKind.DIRECTORY, "the list of role bindings", reason)] if needed else []
        return (*found, *sorted(self._broken.values(), key=lambda each: each.what))

    def differences(self, *, complete: bool) -> Iterator[Difference]:
        """Yield every difference.

        Args:
            complete: Whether all repos of the tenant were seen.
        """
        missing = self._declared.repos.keys() - {each.name for each in self._seen.values()}
        by_folded = {name.casefold(): name for name in sorted(missing)}
        for repo_id, seen in self._seen.items():
            yield from seen.differences
            if seen.name in self._declared.repos:
                continue
            name = by_folded.pop(seen.name.casefold(), None) if seen.held else None
            if seen.held and name is not None:
                missing.discard(name)
                self._compared.discard(name)
                self._compared.add(seen.name)
                yield from self._compare.differences(self._declared.repos[name], seen.held, self._grants(seen.held))
            else:
                yield self._undeclared(repo_id, seen.name)
        for name in missing:
            yield self._missing(name, complete=complete)
            yield from self._compare.bound_to_missing(self._declared.repos[name])
        if self._directory.role_bindings.provided:
            yield from self._of_bindings(complete=complete)

    def alone(self, difference: Difference) -> bool:
        """Return whether a difference is about a live repo or binding in no file and about no declared repo."""
        if difference.type == "ml-repo":
            return difference.name not in self._declared.repos
        if difference.name in self._declared.bindings.by_name:
            return False
        about = {each.repo for each in self.bindings.by_name[difference.name].permissions}
        return about.isdisjoint(self._compared | self._declared.repos.keys())

    def _undeclared(self, repo_id: str, name: str) -> Difference:
        certain = not self._declared.unread
        return Difference(
            Kind.UNDECLARED, "ml-repo", name, "", "not declared", f"exists (id {repo_id})", certain=certain, id=repo_id
        )

    def _missing(self, name: str, *, complete: bool) -> Difference:
        repo = self._declared.repos[name].repo
        place = repo.locate("/name") if repo.locate else None
        return Difference(
            Kind.MISSING, "ml-repo", name, "", "exists", "does not exist", certain=complete, location=place
        )

    def _of_bindings(self, *, complete: bool) -> Iterator[Difference]:
        yield from BindingComparison(
            self._declared.bindings,
            self.bindings,
            self._declares,
            self._has,
            self._compared,
            declared_complete=not self._declared.unread,
            live_complete=complete,
        ).differences()

    def _declares(self, repo: str, key: Key) -> bool:
        found = self._declared.repos.get(repo)
        inline = found.grants if found and found.grants else {}
        return key in inline or bool(self._declared.bindings.granting(repo, key))

    def _has(self, repo: str, key: Key) -> bool:
        return key in self._inline.get(repo, {}) or bool(self.bindings.granting(repo, key))


def _bound(declared: Bindings, live: Bindings) -> frozenset[str]:
    """Return the repos whose declared bindings may differ from the tenant's, so that their inline grants count."""
    return frozenset(
        repo
        for name, binding in declared.by_name.items()
        if live.by_name.get(name) != binding
        for repo, _ in granted(binding.subjects, binding.permissions)
    )

"""Merged: a tenant after the manifests in files are applied to it.

::

    files ──▶ repos and role bindings by name ─┐
                                               ├──▶ repos and directory of the tenant with the change
    live repos, live directory ────────────────┘

Declared manifests are kept in memory, and live repos are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from auditor.model import (
    Binding,
    Directory,
    Finding,
    Origin,
    Provider,
    Repo,
    RoleBinding,
    Source,
    Unread,
    directory_of,
)
from auditor.sources.files.bindings import role_binding_in
from auditor.text import count_of


@dataclass(slots=True)
class _Declared:
    """The manifests in files; of two with the same name, the last counts, as in `tfy apply`."""

    repos: dict[str, Repo] = field(default_factory=dict)
    unchanged: dict[str, Repo] = field(default_factory=dict)
    bindings: dict[str, RoleBinding] = field(default_factory=dict)
    others: list[Binding | Unread | Finding] = field(default_factory=list)

    def take(self, item: Repo | Binding | Unread | Finding) -> None:
        if isinstance(item, Repo):
            (self.unchanged if item.unchanged else self.repos)[item.name] = item
            return
        self.others.append(item)
        binding = role_binding_in(item) if isinstance(item, Binding) else None
        if binding:
            self.bindings[binding.name] = binding


class Merged:
    """A tenant with the manifests in files applied to it, as a source.

    A live repo with a manifest of the same name in files keeps its id and its data from the control plane. A repo that
    is only in files is not deployed: only its manifest and the tenant are known.
    """

    def __init__(self, files: Source, live: Source, *, now: datetime | None = None) -> None:
        """Create a source without reading anything.

        Args:
            files: Manifests in files.
            live: The tenant.
            now: The time from which the age of a saved tenant is measured; None if it has just been read.
        """
        self._files, self._live, self._now = files, live, now
        self._declared: _Declared | None = None
        self._new = 0
        self.provides: frozenset[Provider] = live.provides

    def directory(self, wanted: frozenset[Provider]) -> Directory:
        """Return the directory of the tenant; role bindings in files replace live ones with the same name."""
        live = directory_of(self._live, wanted)
        if Provider.ROLE_BINDINGS not in wanted:
            return live
        declared, there = self._read().bindings, live.role_bindings.values
        # They keep their places, as the order of grants decides which of two is the duplicate.
        merged = dict.fromkeys((*[declared.get(each.name, each) for each in there], *declared.values()))
        return replace(live, role_bindings=replace(live.role_bindings, values=tuple(merged)))

    def collect(self) -> Iterator[Repo | Binding | Unread | Finding]:
        """Yield the items of files other than repos, the repos of the tenant with the change, and unread parts."""
        declared = self._read()
        yield from declared.others
        met: dict[str, str] = {}
        unchanged = dict(declared.unchanged)
        for item in self._live.collect():
            if isinstance(item, Repo):
                met.pop(item.id, None)  # it was yielded before, possibly under another name
                unchanged.pop(item.name, None)
                if ours := declared.repos.get(item.name):
                    met[item.id] = item.name
                    yield replace(ours, id=item.id, envelope=item.envelope)
                    continue
            yield item
        replaced = set(met.values())
        new = [repo for name, repo in declared.repos.items() if name not in replaced]
        self._new = len(new)
        tenant = self._live.origin().tenant
        for repo in (*new, *unchanged.values()):
            yield replace(repo, envelope={"tenant_name": tenant} if tenant else {}, deployed=False)

    def origin(self) -> Origin:
        """Return the files, and the tenant that they were merged into."""
        live, files = self._live.origin(), self._files.origin()
        return replace(
            files,
            host=live.host,
            tenant=live.tenant,
            identity=live.identity,
            passes=live.passes,
            pages=live.pages,
            total=None if live.total is None else live.total + self._new,
            proof=live.proof,
            notes=live.notes,
            declared=files.total or 0,
            undeclared=(),
            against=self._against(live),
            started_at=live.started_at,
            finished_at=live.finished_at,
        )

    def _against(self, live: Origin) -> str:
        where = f"{live.host or 'an unknown host'}, tenant {live.tenant or 'unknown'}"
        if self._now is None:
            return f"control-plane {where}"
        taken = live.finished_at
        age = f"taken {taken:%Y-%m-%d %H:%M UTC}, {_ago(taken, self._now)}" if taken else "taken at an unknown time"
        return f"a snapshot of {where}, {age}"

    def _read(self) -> _Declared:
        if self._declared is None:
            self._declared = _Declared()
            for item in self._files.collect():
                self._declared.take(item)
        return self._declared


def _ago(then: datetime, now: datetime) -> str:
    hours = int((now - then).total_seconds() // 3600)
    if hours < 1:
        return "less than an hour ago"
    number, unit = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return f"{count_of(number, unit)} ago"

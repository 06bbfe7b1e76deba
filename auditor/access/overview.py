"""The overview of a run: repos by storage provider, and subjects by the number of repos they have access to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from auditor.access.matrix.matrix import Matrix, MatrixRow
from auditor.model import GRANT_SURFACES, TENANT_SURFACES, Level, Overview, SubjectAccess

_RANKS = [None, Level.NONE, Level.READ, Level.WRITE, Level.ADMIN]


def overview_of(matrix: Matrix) -> Overview:
    """Return the overview of the repos of a matrix."""
    places = matrix.places
    directory = matrix.directory.directory
    parts = sorted(GRANT_SURFACES | TENANT_SURFACES)
    storage = Counter(_provider(place) for place in places)
    return Overview(
        storage=tuple(sorted(storage.items(), key=lambda each: (-each[1], each[0]))),
        access=tuple(sorted(_access(matrix, places), key=access_order)),
        hidden=sum(bool(matrix.hidden(place)) for place in places),
        not_read=tuple(each.value for each in parts if not directory.part(each).provided),
    )


def _provider(place: MatrixRow) -> str:
    segments = place.storage.split(":")
    return segments[1] if len(segments) > 1 else ""


def access_order(each: SubjectAccess) -> tuple[object, ...]:
    """Return the sort key of a subject: those with the most access first."""
    everywhere = ["admin", "unknown", "write", "read", ""].index(each.everywhere)
    return everywhere, -each.admin, -each.write, -each.read, -each.unknown, each.subject


def _access(matrix: Matrix, places: list[MatrixRow]) -> Iterator[SubjectAccess]:
    counts: defaultdict[str, Counter[Level | None]] = defaultdict(Counter)
    for place in places:
        highest: dict[str, int] = {}
        for grant in (matrix.grants[number] for number in matrix.on(place)):
            subject = str(grant.subject)
            highest[subject] = max(highest.get(subject, 0), _RANKS.index(grant.level))
        for subject, rank in highest.items():
            counts[subject][_RANKS[rank]] += 1
    everywhere: dict[str, int] = {}
    for grant in matrix.tenant_grants:
        subject = str(grant.subject)
        everywhere[subject] = max(everywhere.get(subject, 0), _RANKS.index(grant.level))
    for subject in counts.keys() | everywhere.keys():
        level = _RANKS[everywhere[subject]] if subject in everywhere else Level.NONE
        found = counts[subject]
        yield SubjectAccess(
            subject=subject,
            everywhere="unknown" if level is None else "" if level is Level.NONE else level.value,
            admin=found[Level.ADMIN],
            write=found[Level.WRITE],
            read=found[Level.READ],
            unknown=found[None],
        )

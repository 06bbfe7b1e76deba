"""The matrix: every failure, where and how often it happens, and the expected outcome.

The same table defines the cases of `test_fault_matrix.py` and the page `docs/failure-behavior.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.live.failures import SENTENCES, STARTS
from tests.live.faults import CURED, FAULTS
from tests.live.outcomes import GIVEN_UP, INVALID, PAGES, PLACES, REFUSED, RETRIED, SETTLED, Failure, Outcome, Start
from tests.live.page_failures import ANSWERS, PAGING
from tests.live.stage import AT_SESSION, EVERYWHERE, OFFSETS, Struck, same

GROUPS = {
    "network": "Network",
    "http": "HTTP",
    "answers": "Unexpected responses",
    "paging": "Paging: lists that change or contradict themselves",
    "credentials": "Credentials and expectations",
}
"""The sections of the page, in order."""

SLOW = frozenset({"hang", "stall", "drip-body", "drip-headers", "continue-storm"})
"""Failures that only a timeout ends."""

ENDLESS = frozenset({"fresh-for-ever"})
"""Failures that only the deadline ends."""


@dataclass(frozen=True, slots=True)
class Case:
    """One failure at one place, this often."""

    failure: Failure
    struck: Struck
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.failure.name}-{self.struck}"


def _of_the_wire(name: str, sentence: str) -> Failure:
    """Return a failure of `faults.py`: at all places, either another attempt succeeds or there is none."""
    cured = name in CURED
    but: dict[str, Any] = {AT_SESSION: (None, RETRIED if cured else SETTLED)}
    if name == "status-404":
        but["first"] = (SETTLED, INVALID)
    outcomes = (RETRIED, GIVEN_UP) if cured else (REFUSED, REFUSED)
    return Failure(name, sentence, same(FAULTS[name]), *outcomes, PLACES, but)


_WIRE = {group: tuple(_of_the_wire(*each) for each in sentences.items()) for group, sentences in SENTENCES.items()}

FAILURES: dict[str, tuple[Failure, ...]] = {
    "network": _WIRE["network"],
    "http": _WIRE["http"],
    "answers": _WIRE["answers"] + ANSWERS,
    "paging": PAGING,
}
"""The table: failures of a server that answers, by section."""

_BY_NAME = {failure.name: failure for failures in FAILURES.values() for failure in failures}

_PATTERNS = (
    *((name, Struck("middle", first=3), RETRIED) for name in ("status-429", "status-503", "reset-mid-body")),
    *((name, Struck("last", first=3), RETRIED) for name in ("status-500", "cut-last-byte", "login-page")),
    *((name, Struck("middle", first=4), GIVEN_UP) for name in ("status-429", "status-503", "reset-mid-body")),
    *((name, Struck(EVERYWHERE, every=2), RETRIED) for name in ("status-429", "status-503", "retry-after-one")),
    *((name, Struck(EVERYWHERE, every=2), RETRIED) for name in ("reset-mid-body", "unlengthed-cut", "empty-body")),
    *((name, Struck(EVERYWHERE, every=4), RETRIED) for name in ("status-502", "close-before-answer", "hang")),
    *((name, Struck(EVERYWHERE), GIVEN_UP) for name in ("status-429", "status-503", "login-page")),
    *((name, Struck(EVERYWHERE), REFUSED) for name in ("status-401", "status-403", "redirect-nowhere")),
    ("status-404", Struck(EVERYWHERE), INVALID),
)


def cases() -> Iterator[Case]:
    """Yield every failure at every place, once and for good, and some that come and go."""
    for failure in _BY_NAME.values():
        for place in failure.places:
            once, for_good = failure.outcomes(place)
            if once:
                yield Case(failure, Struck(place, first=1), once)
            if for_good:
                yield Case(failure, Struck(place), for_good)
    for name, struck, outcome in _PATTERNS:
        yield Case(_BY_NAME[name], struck, outcome)


def starts() -> list[Start]:
    """Return the failures before the first page."""
    return [start for group in STARTS.values() for start in group]


def failure_page() -> str:
    """Return the page that tells users the outcome of every failure."""
    return INTRODUCTION + "".join(_chapter(group, title) for group, title in GROUPS.items())


def _chapter(group: str, title: str) -> str:
    rows = [_line(each.sentence, "-", each.outcome.words) for each in STARTS.get(group, ())]
    rows += [_line(each.sentence, _cell(each, 0), _cell(each, 1)) for each in FAILURES.get(group, ())]
    return f"\n## {title}\n\n{_line('failure', 'once', 'permanent')}{_line(*['---'] * 3)}{''.join(rows)}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(failure: Failure, often: int) -> str:
    """Return the outcome of a failure, with the places that have a different one."""
    found: dict[str, list[str]] = {}
    for place in failure.places:
        if place in PAGES:
            found.setdefault(_words(failure.outcomes(place)[often]), []).append(place)
    usual = _words((failure.once, failure.for_good)[often])
    others = [f"{_places(where)}: {words}" for words, where in found.items() if words != usual]
    return "; ".join([usual, *others])


def _words(outcome: Outcome | None) -> str:
    return outcome.words if outcome else "-"


def _places(names: Sequence[str]) -> str:
    assert set(names) <= set(OFFSETS)
    return " and ".join("on the empty page at the end" if name == "end" else f"on the {name} page" for name in names)


INTRODUCTION = """\
<!-- Written by tests/live/test_fault_matrix.py under AUDITOR_UPDATE_GOLDEN=1; change tests/live/, not this page. -->

# Failure behavior

This page lists how `auditor audit` reacts to failures of the network, the server or the token. Each row is a test of
a real audit. The failure occurs once or permanently, on the first, a middle and the last page of the list, and on the
empty page that proves the end of the list.

| result | meaning |
| --- | --- |
| normal result | the report and the exit code (0 or 1) are the same as without the failure |
| retried | up to 4 attempts, with growing, jittered delays of at least `Retry-After`, and within `--deadline` |
| tolerated | Auditor can use the response, or gets the repos from another page, another pass or the older endpoint |
| reported as not read | the run is incomplete; the other repos are audited |
| fails | the run is incomplete, and the report lists what was not read and why; no more pages are read |
| invalid | nothing is checked |

An incomplete run never ends with 0 or 1. If only the request for the identity of the token fails
(`/api/svc/v1/session`), the report names no identity and no tenant. Nothing else changes, unless the configuration
expects a tenant.

No client can detect a repo that the control plane always omits and does not count, for example because the token
cannot see it. Use [`expect`](completeness.md#limits) in `auditor.yaml` for that.
"""

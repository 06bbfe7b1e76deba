"""Memory does not grow with the tenant: only the id, a digest and the findings of an evaluated repo stay."""

from __future__ import annotations

import gc
import tracemalloc

from auditor import audit
from auditor.demo import sample_tenant
from auditor.model import Origin, Provider, Repo
from auditor.policy import Settings, load_policy


class Streamed:
    """A source that creates each repo on request, like the control plane."""

    provides = frozenset({Provider.MANIFEST, Provider.API, Provider.GRANTS})

    def __init__(self, count: int) -> None:
        self.count = count
        self.held: list[int] = []

    def collect(self):
        (row,) = sample_tenant(1)
        for number in range(self.count):
            manifest = {
                **row["manifest"],
                "name": f"repo-{number}",
                "description": f"Number {number} of a large tenant",
            }
            yield Repo(f"r{number}", manifest, {**row, "id": f"r{number}", "created_at": "x" * 4_000 + str(number)})
            if number in {self.count // 3, self.count - 1}:
                gc.collect()
                self.held.append(tracemalloc.get_traced_memory()[0])

    def origin(self) -> Origin:
        return Origin("streamed", total=self.count)


def test_a_repo_that_was_evaluated_leaves_a_few_bytes_behind():
    policy = load_policy(settings=Settings(only=("missing-description", "single-person-admin")))
    source = Streamed(3_000)
    tracemalloc.start()
    try:
        report = audit(source, policy)
    finally:
        tracemalloc.stop()
    assert report.receipt.repos == 3_000
    first, last = source.held
    assert (last - first) / 2_000 < 1_000  # a repo that stayed would be more than 4,000 bytes

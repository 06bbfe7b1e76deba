"""The sample tenant: a company with mostly healthy repos, and some with faults.

::

    index ── place ──> healthy row ── possibly one fault ──> row as the API lists it

Nothing here is random, and no clock is read. A tenant is the same on every machine, and a larger one begins with the
rows of the smaller.
"""

from __future__ import annotations

from auditor.demo.company import ACCOUNT_ID, TENANT
from auditor.demo.faults import FAULTS, OFTEN
from auditor.demo.rows import Row, healthy_row, place

LAP = 250
"""The number of repos after which the faults repeat."""

_FIRST_ID = 420
_STRIDE = 97  # shares no factor with LAP, so that the faults are spread over it evenly

_SCHEDULE = tuple(name for name in FAULTS for _ in range(OFTEN.get(name, 2)))


def sample_tenant(count: int = 250) -> list[Row]:
    """Return the repos of the sample tenant, as rows of the newest generation of the API.

    The first is the documented example, repo 420. About seven of ten repos are fine; each of the rest has one
    fault of `auditor.demo.FAULTS`. Every name and id is unique, and every row satisfies the types (not the
    constraints) of the vendor's model.

    Args:
        count: How many repos; in 250, every fault occurs at least twice, and the hostile description once.
    """
    return [sample_repo(index) for index in range(count)]


def fault_at(index: int) -> str | None:
    """Return the name of the fault that the repo at an index has; None if it is fine."""
    # The example at index 0 has the last rank, and faults have the first ones.
    rank = (index * _STRIDE - 1) % LAP
    return _SCHEDULE[rank] if rank < len(_SCHEDULE) else None


def sample_repo(index: int) -> Row:
    """Return the repo at an index of the sample tenant, for tenants too large for memory."""
    if index == 0:
        return _documented_example()
    row = healthy_row(str(_FIRST_ID + index), place(index - 1))
    fault = fault_at(index)
    if fault:
        FAULTS[fault](row)
    return row


def _documented_example() -> Row:
    """Return the repo in the vendor's API reference, with the fields that newer control planes add."""
    return {
        "id": str(_FIRST_ID),
        "tenant_name": TENANT,
        "account_id": ACCOUNT_ID,
        "manifest": {
            "name": "devtest-finetuning-test-420",
            "type": "ml-repo",
            "description": "This is a test MLRepo for fine-tuning experiments.",
            "collaborators": [
                {"role_id": "mlf-project-admin", "subject": "user:user1@example.com"},
                {"role_id": "mlf-project-admin", "subject": "team:teamb"},
            ],
            "storage_integration_fqn": "truefoundry:aws:aws-4:blob-storage:devtest-test-1",
        },
        "created_by_subject": {
            "subjectId": "cm1xxxp",
            "subjectSlug": "test-user@truefoundry.com",
            "subjectType": "user",
            "subjectDisplayName": "Test User",
        },
        "created_at": "2023-11-07T05:31:56Z",
        "num_runs": 10,
        "artifact_type_counts": {},
        "datasets_count": 10,
        "tracing_projects_count": 0,
    }

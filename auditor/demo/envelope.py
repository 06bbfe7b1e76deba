"""What the rows beside the repos share: camel case, an id, a creator and two moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.demo.choice import number
from auditor.demo.company import ACCOUNT_ID, TENANT
from auditor.demo.healthy import Row, timestamp

_FIRST_DAY = datetime(2022, 1, 10, 8, tzinfo=UTC)
_DAYS = 4 * 365


def envelope(kind: str, name: str) -> Row:
    """Return what the control plane adds to a manifest; it depends on the kind and the name only."""
    made = _FIRST_DAY + timedelta(days=number(_DAYS, "made", kind, name), seconds=number(86400, "second", kind, name))
    changed = made + timedelta(days=number(60, "changed", kind, name))
    creator: dict[str, Any] = {
        "subjectId": "cm1auditor",
        "subjectType": "user",
        "subjectSlug": "auditor@example.com",
        "subjectDisplayName": "Auditor",
    }
    return {
        "id": f"cm3{number(16**11, kind, name):011x}",
        "tenantName": TENANT,
        "accountId": ACCOUNT_ID,
        "createdBySubject": creator,
        "createdAt": timestamp(made),
        "updatedAt": timestamp(changed),
    }


def seen_at(name: str, least_days: int, most_days: int) -> str:
    """Return when somebody was last seen: so many days before 2026."""
    days = least_days + number(most_days - least_days, "seen", name)
    return timestamp(datetime(2026, 1, 1, 9, 30, tzinfo=UTC) - timedelta(days=days))

"""Durations as users write them: a whole number and a unit, for example `90d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = r"([0-9]{1,6})([smhdw])"


def parse_duration(text: str) -> timedelta:
    """Read a duration: seconds, minutes, hours, days or weeks (`45s`, `30m`, `12h`, `90d`, `4w`).

    Raises:
        ValueError: The text is not a duration.
    """
    match = re.fullmatch(_DURATION, text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 30m, 12h, 90d or 4w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_timestamp(text: str) -> datetime:
    """Read an ISO 8601 timestamp; one without an offset is in UTC.

    Raises:
        ValueError: The text is not a timestamp.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Formats of texts, checked here so that a missing optional package cannot silently skip a check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

from auditor.model import StorageIntegration, Subject
from auditor.model.values import parse_duration, parse_timestamp

# The patterns are compiled on first use, as few policies use formats.
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_HOSTNAME = rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"
_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
_REPO_NAME = r"[a-zA-Z][a-zA-Z0-9-]{1,98}[a-zA-Z0-9]"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def _parses(parse: Callable[[str], object], shape: str | None = None) -> Callable[[str], bool]:
    def well_formed(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return shape is None or re.fullmatch(shape, text) is not None

    return well_formed


def _is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return bool(
        at and re.fullmatch(_LOCAL_PART, local) and not dots and "." in domain and re.fullmatch(_HOSTNAME, domain)
    )


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not set(text) & set(' <>"{}|\\^`')
    return plain and bool(parts.scheme and (parts.netloc or parts.path))


def _ip_address(text: str) -> object:
    return ip_address(text)


def _is_subject(text: str) -> bool:
    subject = Subject.parse(text)
    return bool(subject.type and subject.name and not any(char.isspace() for char in text))


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": _parses(date.fromisoformat, _DATE),
    "duration": _parses(parse_duration),
    "email": _is_email,
    "hostname": lambda text: re.fullmatch(_HOSTNAME, text) is not None,
    "ip": _parses(_ip_address),
    "repo-name": lambda text: re.fullmatch(_REPO_NAME, text) is not None,
    "storage-fqn": lambda text: StorageIntegration.parse(text) is not None,
    "subject": _is_subject,
    "timestamp": _parses(parse_timestamp),
    "uri": _is_uri,
    "uuid": lambda text: re.fullmatch(_UUID, text) is not None,
}
"""Every format and the function that returns whether a text has it."""

"""Tokens: kept out of sight, and what can be told of one without asking anybody."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import NoReturn

from auditor.errors import UnseenError
from auditor.http.decoding import decode_json
from auditor.model.values import Json

_HIDDEN = "***"
_LAST_SECOND = 253402300799


class Secret:
    """A text that no print, format, log line or traceback shows; `reveal` gives it to who must send it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return _HIDDEN

    def __format__(self, spec: str) -> str:
        return _HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


def expires_at(token: str) -> datetime | None:
    """Return when a JWT expires; None for other tokens, whose expiry only the control plane knows."""
    expiry = _claims(token).get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, int | float) or not 0 <= expiry <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(expiry, UTC)


def kind_of(token: str) -> str:
    """Return what sort of token this is, in words."""
    if token.startswith("tfy_"):
        return "an API key"
    claims = _claims(token)
    if not claims:
        return "an opaque token"
    return "a virtual account's token" if claims.get("subjectType") == "serviceaccount" else "a login token"


def _claims(token: str) -> dict[str, Json]:
    """Return the claims of a JWT without verifying it, which is the control plane's to do; empty for other tokens."""
    segments = token.split(".")
    if len(segments) != 3:
        return {}
    try:
        payload = decode_json(urlsafe_b64decode(segments[1] + "=="), "the token")
    except (binascii.Error, UnseenError):
        return {}
    return payload if isinstance(payload, dict) else {}

"""HTTP answers, and the form of errors in each generation of the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

NEW = "/api/svc"
"""The prefix of the current API; its errors look like `{"statusCode": 404, "message": ...}`."""

OLD = "/api/ml"
"""The prefix of the deprecated API; its errors look like `{"detail": ...}`."""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values of HTTP headers, in the order of sending."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer.

    Attributes:
        status: The status code.
        body: JSON in UTF-8.
        headers: Additional headers, besides the type and the length of the content.
    """

    status: int
    body: bytes
    headers: Headers = ()


class RefusedError(Exception):
    """A request that gets an error.

    Args:
        status: The status code.
        message: For people.
        parameter: The wrong query parameter, if any.
        headers: Additional headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        parameter: str | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameter = parameter
        self.headers = headers

    def answer(self, path: str) -> Answer:
        """Return the answer, in the shape of the generation that a path belongs to."""
        shape = _old_shape if path.startswith(f"{OLD}/") else _new_shape
        return Answer(self.status, encode(shape(self)), self.headers)


def encode(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _new_shape(error: RefusedError) -> dict[str, object]:
    body: dict[str, object] = {"statusCode": error.status, "message": error.message}
    if error.parameter:
        body["details"] = [{"property": error.parameter, "message": error.message}]
    return body


def _old_shape(error: RefusedError) -> dict[str, object]:
    if error.parameter is None:
        return {"detail": error.message}
    where = ["query", error.parameter]
    return {"detail": [{"loc": where, "msg": error.message, "type": "value_error"}]}

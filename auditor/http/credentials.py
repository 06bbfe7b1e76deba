"""Find the token and the host where TrueFoundry users have them; reject anything suspicious before it is sent."""

from __future__ import annotations

import binascii
import os
import re
import stat
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from auditor.errors import InvalidError, UnreadError
from auditor.http.base_url import HOST_EXAMPLE, parse_host
from auditor.http.decoding import decode_json
from auditor.model.values import Json

_FILE_CEILING = 64 * 1024
_HOST_VARIABLES = ("TFY_HOST", "TFY_BASE_URL", "TFY_API_HOST")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The host to read from, and the token.

    Attributes:
        host: Scheme, host and port of the control plane, without a final slash: `https://example.truefoundry.cloud`.
        token: The bearer token.
        origin: Where the token comes from, for messages: a variable or a file.
    """

    host: str
    token: Secret
    origin: str


def find_credentials(host: str | None, token_file: Path | None, environ: Mapping[str, str], home: Path) -> Credentials:
    """Find token and host: the options, else `TFY_API_KEY` and `TFY_HOST`, else the file of `tfy login`.

    `TFY_BASE_URL` and `TFY_API_HOST` are other names of `TFY_HOST`, read if that is not set.

    Args:
        host: The value of `--host`, if given.
        token_file: The value of `--token-file`, if given; `-` is stdin.
        environ: The environment variables.
        home: The directory that contains `.truefoundry`.

    Raises:
        InvalidError: Something is missing, malformed, expired or readable by others.
    """
    named = _named_host(host, environ)
    if token_file is not None:
        return _together(named, _read_token(token_file), f"--token-file {token_file}")
    if "TFY_API_KEY" in environ:
        return _together(named, environ["TFY_API_KEY"], "TFY_API_KEY")
    return _from_login(named, home / ".truefoundry" / "credentials.json")


def credentials_of(host: str, token: str) -> Credentials:
    """Check a host and a token from a program.

    Args:
        host: The URL of the control plane.
        token: An API key or another bearer token.

    Raises:
        InvalidError: One of them is malformed, or the token has expired.
    """
    return _together(parse_host(host, "the argument host"), token, "the argument token")


def _named_host(host: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the checked host from the user, if any."""
    if host is not None:
        return parse_host(host, "--host")
    variable = next((name for name in _HOST_VARIABLES if environ.get(name)), None)
    return parse_host(environ[variable], variable) if variable else None


def _together(host: str | None, token: str, origin: str) -> Credentials:
    """Check a token that comes without a host."""
    secret = _checked_token(token, origin, "create a new API key in TrueFoundry")
    if host is None:
        raise InvalidError(
            f"a token is set ({origin}), but no host",
            f"set TFY_HOST to the URL of the control plane or pass --host, {HOST_EXAMPLE}",
        )
    return Credentials(host, secret, origin)


def _read_token(path: Path) -> str:
    """Read a token file that nobody else can read, or stdin."""
    where = f"--token-file {path}"
    mode, body = _read(path, where, "pass the path of a file that contains the token")
    if os.name == "posix" and str(path) != "-" and stat.S_ISREG(mode) and mode & 0o077:
        raise InvalidError(
            f"{where} can be read or written by others (mode {stat.S_IMODE(mode):04o})",
            f"run: chmod 600 {path}",
        )
    text = body.decode("latin-1")  # non-ASCII characters are rejected with others that no token has
    return text.removesuffix("\n").removesuffix("\r")


def _read(path: Path, where: str, fix: str) -> tuple[int, bytes]:
    """Return the mode and the bytes of a small file, both from the same open file."""
    try:
        with path.open("rb") if str(path) != "-" else open(0, "rb", closefd=False) as file:
            mode = os.fstat(file.fileno()).st_mode
            body = file.read(_FILE_CEILING + 1)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "not a usable path"
        raise InvalidError(f"{where} cannot be read: {reason}", fix) from None
    if len(body) > _FILE_CEILING:
        raise InvalidError(f"{where} is larger than {_FILE_CEILING} bytes, which is too large for a token", fix)
    return mode, body


def _from_login(host: str | None, path: Path) -> Credentials:
    """Use the file that `tfy login` writes; its token goes to its own host only."""
    fix = "set TFY_HOST and TFY_API_KEY, or run: tfy login --host HOST"
    document = _login_document(path, fix)
    own = parse_host(_text(document, "host", path, fix), f"the host in {path}")
    if host not in {None, own}:
        raise InvalidError(
            f"the token in {path} is for {own}, not for {host}",
            f"run: tfy login --host {host}, or set TFY_API_KEY to a token for that host",
        )
    token = _text(document, "access_token", path, fix)
    return Credentials(own, _checked_token(token, str(path), f"run: tfy login --host {own}"), str(path))


def _login_document(path: Path, fix: str) -> dict[str, Json]:
    """Read the file that `tfy login` writes as an object."""
    _, body = _read(path, f"TFY_API_KEY is not set and {path}", fix)
    problem = "is not a JSON object"
    try:
        document = decode_json(body, str(path))
    except UnreadError:  # its message could quote the file
        problem = "is not valid JSON"
    else:
        if isinstance(document, dict):
            return document
    raise InvalidError(f"{path} {problem}", fix)


def _text(document: Mapping[str, Json], key: str, path: Path, fix: str) -> str:
    """Return a required text."""
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidError(f"{path} has no {key}", fix)
    return value


def _checked_token(token: str, origin: str, renew: str) -> Secret:
    """Reject a token that cannot be sent or is useless; HTTP libraries would show it in their message."""
    if not token:
        raise InvalidError(f"the token in {origin} is empty", renew)
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise InvalidError(
            f"the token in {origin} has a space, a line break or another character that is not allowed in a token",
            "copy only the token",
        )
    expiry = expires_at(token)
    if expiry is not None and expiry <= datetime.now(UTC):
        raise InvalidError(f"the token in {origin} expired at {expiry:%Y-%m-%d %H:%M UTC}", renew)
    return Secret(token)


_HIDDEN = "***"
_LAST_SECOND = 253402300799


class Secret:
    """A text that is never printed, formatted, logged or shown in a traceback; `reveal` returns it."""

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
        raise TypeError("secrets are not serialized")


def expires_at(token: str) -> datetime | None:
    """Return when a JWT expires; None for other tokens, whose expiry only the control plane knows."""
    expiry = _claims(token).get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, int | float) or not 0 <= expiry <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(expiry, UTC)


def kind_of(token: str) -> str:
    """Return the kind of a token, in words."""
    if token.startswith("tfy_"):
        return "an API key"
    claims = _claims(token)
    if not claims:
        return "an opaque token"
    return "a virtual account's token" if claims.get("subjectType") == "serviceaccount" else "a login token"


def _claims(token: str) -> dict[str, Json]:
    """Return the claims of a JWT without verifying it, as the control plane does that; empty for other tokens."""
    segments = token.split(".")
    if len(segments) != 3:
        return {}
    try:
        payload = decode_json(urlsafe_b64decode(segments[1] + "=="), "the token")
    except (binascii.Error, UnreadError):
        return {}
    return payload if isinstance(payload, dict) else {}

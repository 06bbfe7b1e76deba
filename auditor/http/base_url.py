"""The URL of a control plane, read strictly, as an unusual one could send the token elsewhere."""

from __future__ import annotations

import ipaddress
import re

from auditor.errors import InvalidError

HOST_EXAMPLE = "for example https://example.truefoundry.cloud"
"""The form of a host, for messages."""


def parse_host(text: str, where: str) -> str:
    """Read the URL of a control plane strictly.

    Args:
        text: `https://HOST[:PORT][/]`; `http` only for this machine itself (127.0.0.0/8, ::1, localhost).
        where: Where the text comes from, for messages.

    Returns:
        Scheme, host and port in lower case, with international names as punycode, without the default port.

    Raises:
        InvalidError: It is anything else; the text itself is not shown, as it may contain a password.
    """
    if not text:
        raise InvalidError(f"{where} is empty", f"set it to the URL of the control plane, {HOST_EXAMPLE}")
    if "\\" in text or not text.isprintable() or any(char.isspace() for char in text):
        raise _bad_host(where, "has a space, a backslash or a control character")
    parts = re.fullmatch(r"(?i:(https?)://)([^/?#]*)([^?#]*)([?#].*)?", text)
    if parts is None:
        raise _bad_host(where, "does not start with https://")
    scheme, authority, path, rest = parts[1].lower(), parts[2], parts[3], parts[4]
    if "@" in authority:
        raise _bad_host(where, "has a user name or password", "remove everything before the @")
    if rest:
        raise _bad_host(where, "has a query or a fragment")
    name, port = _authority(authority, where)
    if path not in {"", "/"}:
        fix = f"remove the path: {scheme}://{name}{port}"
        raise _bad_host(where, "has a path", fix)
    if scheme == "http" and not _is_loopback(name):
        fix = f"use https://{name}{port}"
        raise _bad_host(where, "is http, which would expose the token on the network", fix)
    usual = ":443" if scheme == "https" else ":80"
    return f"{scheme}://{name}{'' if port == usual else port}"


def _bad_host(where: str, problem: str, fix: str = "") -> InvalidError:
    """Return the error for an invalid host."""
    return InvalidError(f"{where} is not the URL of a control plane: it {problem}", fix or f"use a URL, {HOST_EXAMPLE}")


def _authority(text: str, where: str) -> tuple[str, str]:
    """Split into a checked host and `:port`, which is empty if none is given."""
    parts = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?", text)
    if parts is None or (parts[2] is not None and not 1 <= int(parts[2]) <= 65535):
        raise _bad_host(where, "has no valid host and port (1 to 65535)")
    port = f":{int(parts[2])}" if parts[2] else ""
    name = _address(parts[1]) if parts[1].startswith("[") else _name(parts[1])
    if name is None:
        raise _bad_host(where, "has no valid host name")
    return name, port


def _address(text: str) -> str | None:
    """Return an IPv6 literal in its shortest form; None if it is not one. Zones only have a meaning on this machine."""
    try:
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        return None
    return f"[{address.compressed}]" if address.scope_id is None else None


def _name(text: str) -> str | None:
    """Return a host name or IPv4 address in the form of requests; None if it is neither.

    Some libraries take a name whose last label is a number for an IPv4 address (`127.1`, `0x7f.1`), so only the plain
    form is accepted.
    """
    name = text.lower() if text.isascii() else _punycode(text)
    if name is None or len(name) > 253:
        return None
    labels = name.split(".")
    if not all(re.fullmatch(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", label) for label in labels):
        return None
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            return None
    return name


def _punycode(text: str) -> str | None:
    """Return an international name in ASCII, like `requests`; None if it has no such form."""
    import idna  # noqa: PLC0415 - a large table that almost nobody needs; it comes with requests

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None


def _is_loopback(name: str) -> bool:
    """Return whether a checked host name is this machine itself."""
    return name in {"localhost", "[::1]"} or re.fullmatch(r"127(\.[0-9]+){3}", name) is not None

"""Diagnose every step that a complete audit needs, with a fix for each that fails."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from auditor.errors import AuditorError, InvalidError
from auditor.http.client import Client
from auditor.http.credentials import Credentials, expires_at, kind_of
from auditor.http.retries import Deadline, http_date
from auditor.http.transport import trusted
from auditor.model import GRANT_SURFACES, Part, Provider
from auditor.policy import Policy, Rule
from auditor.sources.control_plane import ControlPlane

SKEW_SECONDS = 300
"""The largest difference to the control plane's clock with which ages and expiry dates can be trusted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the diagnosis.

    Attributes:
        name: The name of the step.
        works: Whether it works well enough for an audit.
        detail: What was found.
        fix: What to do; empty if it works.
        exit_code: The exit code of an audit that fails because of it.
    """

    name: str
    works: bool
    detail: str
    fix: str = ""
    exit_code: int = 0


def diagnose(
    credentials: Credentials, policy: Policy | None, ca_bundle: Path | None, seconds: float, now: datetime
) -> Iterator[Step]:
    """Yield the result of every step from the token to the rules; stop at a failure that blocks the rest.

    Args:
        credentials: The host and the token.
        policy: The policy; None if it could not be loaded.
        ca_bundle: Certificates to trust, instead of those of the environment.
        seconds: Time limit.
        now: The local time.
    """
    yield Step("host", True, credentials.host)
    yield _token(credentials)
    try:
        with Client(credentials, ca_bundle=ca_bundle, deadline=Deadline(seconds), attempts=2) as client:
            yield Step("proxy", True, client.proxy or "none")
            if client.proxy is None:
                yield from _network(credentials.host, ca_bundle)
            plane = ControlPlane(credentials, seconds=seconds, ca_bundle=ca_bundle)
            yield from _api(plane, client, now)
        if policy is not None and plane.path is not None:
            yield from _rules(plane, policy)
    except AuditorError as error:
        yield failed("control plane", error)


def failed(name: str, error: AuditorError) -> Step:
    """Return the step in which an error occurred."""
    return Step(name, False, error.message, error.fix, error.exit_code)


def _token(credentials: Credentials) -> Step:
    token = credentials.token.reveal()
    expiry = expires_at(token)
    until = f"expires at {expiry:%Y-%m-%d %H:%M UTC}" if expiry else "expiry unknown"
    return Step("token", True, f"{kind_of(token)} from {credentials.origin}, {until}")


def _network(host: str, ca_bundle: Path | None) -> Iterator[Step]:
    """Look up the name and, for https, check the certificate; a proxy would do both itself."""
    url = urlsplit(host)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        fix = "check the host name and the network"
        yield Step("DNS", False, f"{url.hostname} cannot be resolved: {error.strerror}", fix, 3)
        return
    yield Step("DNS", True, ", ".join(sorted({str(each[4][0]) for each in found})))
    if url.scheme == "https":
        yield _certificate(str(url.hostname), port, trusted(ca_bundle))
    else:
        yield Step("TLS", True, "not used: plain HTTP on localhost")


def _certificate(name: str, port: int, authorities: str | bool) -> Step:
    context = ssl.create_default_context()
    if isinstance(authorities, str):
        folder = Path(authorities).is_dir()
        context.load_verify_locations(None if folder else authorities, authorities if folder else None)
    try:
        with (
            socket.create_connection((name, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            certificate = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        fix = "pass the certificate of its issuer with --ca-bundle FILE or REQUESTS_CA_BUNDLE"
        return Step("TLS", False, f"the certificate is not trusted: {error.verify_message}", fix, 3)
    except OSError as error:
        return Step("TLS", False, f"no connection: {error.strerror or error}", "check the host and the network", 3)
    return Step("TLS", True, f"issued by {_issuer(certificate)}, valid until {certificate.get('notAfter')}")


def _issuer(certificate: Mapping[str, object]) -> str:
    issuer = certificate.get("issuer")
    parts = [part for entry in issuer for part in entry] if isinstance(issuer, tuple) else []
    names = dict(parts)
    return str(names.get("organizationName") or names.get("commonName") or "an unknown authority")


def _api(plane: ControlPlane, client: Client, now: datetime) -> Iterator[Step]:
    try:
        page = plane.first_page(client)
    except InvalidError as error:
        yield failed("API", error)
        return
    yield Step("API", True, f"{plane.path} responds")
    yield _clock(client.date, now)
    plane.identify(client)
    origin = plane.origin()
    if origin.identity is None:
        yield Step("identity", True, "not returned by the control plane")
    else:
        yield Step("identity", True, f"{origin.identity} of tenant {origin.tenant or 'unknown'}")
    if page.total or page.rows:
        count = page.total or f"at least {len(page.rows)}"
        yield Step("repos", True, f"{count} visible to this token; check that this is the expected number")
    else:
        fix = "use a token that can see the repos of the tenant, for example of a tenant admin"
        yield Step("repos", False, "no repos are visible to this token", fix, 3)


def _rules(plane: ControlPlane, policy: Policy) -> Iterator[Step]:
    """Read the parts of the directory that rules need, and report the rules that would be skipped without them."""
    directory = plane.directory(policy.parts)
    for provider in sorted(policy.parts):
        yield _part(provider, directory.part(provider))
    missing = [rule for rule in policy.rules if not rule.needs <= plane.provides | directory.provides]
    partly = []
    if GRANT_SURFACES - directory.provides:
        partly = [rule for rule in policy.rules if rule not in missing and Provider.GRANTS in rule.needs]
    evaluated = len(policy.rules) - len(missing) - len(partly)
    yield Step("rules", True, f"{evaluated} of {len(policy.rules)} can be evaluated on every repo")
    yield from _not_evaluated("skipped for every repo", missing)
    yield from _not_evaluated("skipped for repos without collaborators in the manifest", partly)


def _part(provider: Provider, part: Part[Any]) -> Step:
    if part.unread:
        return Step("directory", False, str(part.unread[0]), "use a token that is allowed to read it", 3)
    if part.absent:
        return Step("directory", True, f"{provider}: not offered by the control plane")
    return Step("directory", True, f"{provider}: {len(part.values)}")


def _not_evaluated(where: str, rules: Sequence[Rule]) -> Iterator[Step]:
    """Yield the rules that need a control plane: those that may be skipped, and those that may not."""
    for skip in (True, False):
        these = [rule.info.id for rule in rules if (rule.info.when_unavailable == "skip") is skip]
        if these:
            accepted = " (when_unavailable: skip)" if skip else ""
            fix = (
                "" if skip else "use a token that can read the directory, or accept this with `when_unavailable: skip`"
            )
            yield Step("rules", skip, f"{where}{accepted}: {', '.join(these)}", fix, 0 if skip else 3)


def _clock(date: str | None, now: datetime) -> Step:
    there = http_date(date or "")
    if there is None:
        return Step("clock", True, "the control plane does not send its time")
    skew = (now - there).total_seconds()
    if abs(skew) > SKEW_SECONDS:
        fix = "correct the clock of this machine; rules about ages and expiry dates depend on it"
        return Step(
            "clock",
            False,
            f"{abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} the control plane's clock",
            fix,
            3,
        )
    return Step("clock", True, f"within {abs(skew):.0f} s of the control plane's clock")

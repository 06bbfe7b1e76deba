"""The control plane's own list of the grants on a repo, to compare ours with.

The answer of `generate-manifest` is documented as one role binding per role, and that of `authorize` is not documented.
An answer in neither form is unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias
from urllib.parse import quote

from auditor.errors import UnreadError
from auditor.http.client import AnswerError, Client
from auditor.model import Json, Permission, Repo
from auditor.model.values import display
from auditor.sources.directory.row_fields import Fields

ListedGrants: TypeAlias = frozenset[tuple[str, str]]
"""Subjects, written `<type>:<name>`, each with a role on one repo."""

_GENERATED = "/api/svc/v1/role-bindings/generate-manifest"
_AUTHORIZED = "/api/svc/v1/authorize/mlf-project"
_REFUSED = frozenset({401, 403})
_ENVELOPES = ("data", "manifests")
_REPORT = "report it to the operators of the control plane"


class NoAuthorityError(Exception):
    """The control plane has no such list, or refuses it; see the message."""


def listed_grants(client: Client, repo: Repo) -> ListedGrants:
    """Return the grants on a repo, as listed by the control plane.

    Raises:
        NoAuthorityError: It has no such list, or refuses it.
        UnreadError: The list could not be read.
    """
    try:
        answer = client.get(_GENERATED, {"resourceType": "mlf-project", "resourceId": repo.id})
        return frozenset(grant for row in _rows(answer) for grant in _of_binding(row, repo))
    except AnswerError as error:
        if error.status in _REFUSED:
            raise NoAuthorityError(f"the control plane denies access to its list of grants ({error.status})") from None
        if error.status != 404:
            raise
    try:
        answer = client.get(f"{_AUTHORIZED}/{quote(repo.id, safe='')}", {})
    except AnswerError as error:
        if error.status not in _REFUSED | {404}:
            raise
        raise NoAuthorityError(f"the control plane does not offer a list of grants ({error.status})") from None
    return frozenset(_entry(row) for row in _rows(answer))


def _rows(answer: Json) -> Iterator[Fields]:
    """Yield the objects of a list, bare or in an envelope.

    Raises:
        UnreadError: The answer has another form.
    """
    pagination = answer.get("pagination") if isinstance(answer, dict) else None
    if isinstance(answer, dict):
        answer = next((answer[key] for key in _ENVELOPES if key in answer), answer)
    if not isinstance(answer, list):
        raise UnreadError("the control plane's list of grants is not a list", _REPORT)
    total = pagination.get("total") if isinstance(pagination, dict) else None
    if total is not None and total != len(answer):
        raise UnreadError(
            f"the control plane's list of grants holds {len(answer)} of {display(total)} entries", _REPORT
        )
    yield from Fields({"rows": answer}).objects("rows")


def _of_binding(row: Fields, repo: Repo) -> Iterator[tuple[str, str]]:
    manifest = row.object("manifest") or row
    permissions = [
        Permission(each.text("resourceType"), each.text("resourceFqn"), each.text("role"))
        for each in manifest.objects("permissions")
    ]
    subjects = list(manifest.objects("subjects"))
    if manifest.maybe_text("type") != "role-binding" or not permissions or not subjects:
        expected = "role bindings with subjects and permissions"
        raise UnreadError(f"the control plane's list of grants has an unknown format, expected {expected}", _REPORT)
    roles = [each.role for each in permissions if _is_about(each, repo)]
    for subject in subjects:
        kind, name = subject.maybe_text("type"), subject.text("name")
        yield from ((f"{kind}:{name}" if kind else name, role) for role in roles)


def _is_about(permission: Permission, repo: Repo) -> bool:
    """Return whether a permission is on a repo; otherwise, it has to be on the tenant.

    Raises:
        UnreadError: It is about something else, so this is not the requested list.
    """
    if permission.repo not in {repo.name, repo.id} and not permission.of_tenant:
        got = f"{permission.resource_type} {permission.resource}"
        raise UnreadError(f"the control plane's list of grants on {repo.name} is about {got}", _REPORT)
    return not permission.of_tenant


def _entry(row: Fields) -> tuple[str, str]:
    subject = row.maybe_text("subject", "subjectFqn")
    if not subject:
        subject = f"{row.text('subjectType')}:{row.text('subjectSlug', 'subjectId')}"
    return subject, row.text("role", "roleId", "roleName")

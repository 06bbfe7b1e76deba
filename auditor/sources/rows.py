"""From a row of the API to a repo."""

from __future__ import annotations

from auditor.model import Json, Repo, Unread, UnreadKind
from auditor.model.values import type_name


def repo_of(row: dict[str, Json]) -> Repo | Unread:
    """Return the repo of a row whose id was checked; only the manifest is required, as servers differ in the rest."""
    manifest = row.get("manifest")
    repo_id = str(row.get("id"))
    if isinstance(manifest, dict):
        return Repo(repo_id, manifest, row)
    got = "missing" if "manifest" not in row else f"a {type_name(manifest)}"
    reason = f"its manifest is {got}, expected an object, so no rule can be asked of it"
    return Unread(UnreadKind.REPO, f"repo {repo_id}", reason, "report it to the operators of the control plane")

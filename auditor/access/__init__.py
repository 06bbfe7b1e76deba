"""Access: who can do what on a repo.

::

    manifest.collaborators ─┐
    role bindings ──────────┤
    virtual accounts ───────┼──▶ Grant ──teams──▶ who holds it in the end
    workspaces ─────────────┘

TrueFoundry is moving grants out of manifests, so a manifest without `collaborators` says nothing about access: it is
not the same as nobody having access.
"""

from auditor.access.access import GRANTS_UNSEEN, Access, Repetition, access_of, carries_grants, sees_grants
from auditor.access.index import NOTHING_KNOWN, IndexedDirectory

__all__ = [
    "GRANTS_UNSEEN",
    "NOTHING_KNOWN",
    "Access",
    "IndexedDirectory",
    "Repetition",
    "access_of",
    "carries_grants",
    "sees_grants",
]

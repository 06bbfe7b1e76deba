"""Access: who can do what on a repo.

::

    manifest.collaborators ─┐
    role bindings ──────────┤
    virtual accounts ───────┼──▶ Grant ──teams──▶ effective holders
    workspaces ─────────────┘

TrueFoundry is moving grants out of manifests, so a manifest without `collaborators` does not define access: it is
not the same as nobody having access.
"""

from auditor.access.access import GRANTS_UNREAD, Access, Repetition, access_of, defines_access, grants_are_read
from auditor.access.index import EMPTY_DIRECTORY, DirectoryIndex

__all__ = [
    "EMPTY_DIRECTORY",
    "GRANTS_UNREAD",
    "Access",
    "DirectoryIndex",
    "Repetition",
    "access_of",
    "defines_access",
    "grants_are_read",
]

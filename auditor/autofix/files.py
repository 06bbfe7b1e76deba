"""Fixing files: read, fixed, and written in one step or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.autofix.fixing import AppliedFix, fix_text
from auditor.autofix.registry import KNOWN_ROLES
from auditor.documents import decode
from auditor.errors import DocumentError
from auditor.files import write_file
from auditor.model import Unread, UnreadKind
from auditor.sources.files.source import SIZE_CEILING
from auditor.sources.files.tree import WorkTree, read_bytes

_BOM = "\ufeff".encode()


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file that could be read, and its text after every fix.

    Attributes:
        name: Its name in reports.
        path: Its path.
        before: Its text.
        after: Its text after every fix.
        applied: What was fixed.
        values: The values of its documents.
        refusal: Why it may not be written; empty if it may.
    """

    name: str
    path: str
    before: bytes
    after: bytes
    applied: tuple[AppliedFix, ...]
    values: tuple[object, ...]
    refusal: str = ""

    def write(self) -> Unread | None:
        """Write the fixed text; if the file has changed since it was read, return the reason for not writing it.

        Raises:
            UndeliveredError: It could not be written completely; its old content is still there.
        """
        try:
            status = os.lstat(self.path)
            same = stat.S_ISREG(status.st_mode) and read_bytes(self.path, SIZE_CEILING + 1) == self.before
            same = same and os.path.realpath(self.path) == self.path
        except OSError as error:
            return Unread(UnreadKind.FILE, self.name, f"it can no longer be read: {error.strerror}", "try again")
        if not same:
            return Unread(
                UnreadKind.FILE, self.name, "it changed while it was being fixed, so it was not written", "try again"
            )
        write_file(Path(self.path), [self.after], stat.S_IMODE(status.st_mode))
        return None


def fix_files(tree: WorkTree, roles: Sequence[str] = KNOWN_ROLES) -> Iterator[FixedFile]:
    """Yield every manifest file that can be read, with its text after every fix; nothing is written.

    A file with an unreadable part is skipped; a check of the same paths reports it.

    Args:
        tree: The files.
        roles: The known role ids.
    """
    named = tree.paths
    links = {os.path.realpath(path) for path in named if os.path.islink(path)}  # noqa: PTH114 - names as typed
    roots = tuple(os.path.realpath(path).rstrip(os.sep) + os.sep for path in named if os.path.isdir(path))  # noqa: PTH112
    for file in tree.files():
        if isinstance(file, Unread):
            continue
        refusal = ""
        if file.path in links and not file.path.startswith(roots):
            refusal = f"it is a link to {file.path}, which is only rewritten if it is passed directly"
        try:
            before = read_bytes(file.path, SIZE_CEILING + 1)
            if len(before) > SIZE_CEILING:
                continue
            fixed = fix_text(decode(before, file.name), file.name, roles)
        except (OSError, DocumentError):
            continue
        after = (_BOM if before.startswith(_BOM) else b"") + fixed.text.encode()
        yield FixedFile(file.name, file.path, before, after, fixed.applied, fixed.values, refusal)

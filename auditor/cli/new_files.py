"""Writing files that are not there yet: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from auditor.errors import InvalidError, UndeliveredError


def refuse_existing(paths: Iterable[Path]) -> None:
    """Make sure that nothing would be overwritten.

    Raises:
        InvalidError: Something is there already.
    """
    there = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if there:
        what = "is" if len(there) == 1 else "are"
        raise InvalidError(f"{', '.join(there)} {what} there already", "nothing was written; move it away first")


def write_new(files: Mapping[Path, str]) -> None:
    """Write new files and the folders that they need; if one cannot be written, remove what was made.

    Raises:
        UndeliveredError: A file could not be written, or appeared in the meantime; nothing is left behind.
    """
    made: list[Path] = []
    for path, text in files.items():
        try:
            made += _make_folders(path.parent)
            with path.open("x", encoding="utf-8") as stream:
                made.append(path)
                stream.write(text)
        except OSError as error:
            for each in reversed(made):
                with suppress(OSError):
                    each.rmdir() if each.is_dir() else each.unlink()
            reason = error.strerror or error
            raise UndeliveredError(f"{path} could not be written: {reason}; nothing was kept") from None


def _make_folders(folder: Path) -> list[Path]:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
    return missing[::-1]

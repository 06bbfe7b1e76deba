"""Files written completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from auditor.errors import UndeliveredError


def write_file(path: Path, pieces: Iterable[bytes], mode: int | None = None) -> None:
    """Write a file: devices and pipes are written to, other files are replaced in one step.

    Args:
        path: The file; a link keeps its target, which is written.
        pieces: The content.
        mode: The permissions of a new file; None for those of the umask.

    Raises:
        UndeliveredError: It could not be written completely; what the file held before is still there.
    """
    with replacing(path, mode) as stream:
        stream.writelines(pieces)


def create_file(path: Path, data: bytes) -> None:
    """Write a new file.

    Raises:
        UndeliveredError: It could not be written, or something already exists, which stays unchanged.
    """
    try:
        with path.open("xb") as stream:
            stream.write(data)
    except OSError as error:
        raise UndeliveredError(f"{path} could not be written: {error.strerror or error}") from None


@contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """Open a stream whose content replaces a file when the block ends without an error.

    Readers see the old file or the new one, never a part. The content is flushed to the disk before that.

    Raises:
        UndeliveredError: It could not be written completely; what the file held before is still there.
    """
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                yield stream
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(0o666 & ~_umask() if mode is None else mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UndeliveredError(f"{path} could not be written: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

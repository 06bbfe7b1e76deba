"""Folders: what lies in the current one or above it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from auditor.errors import InvalidError


def upward(folder: str) -> Iterator[str]:
    """Yield an absolute folder and those above it, the nearest first."""
    below = None
    while folder != below:
        yield folder
        folder, below = os.path.dirname(folder), folder


def is_file(path: str) -> bool:
    """Tell whether there is a file.

    Raises:
        InvalidError: Nobody can tell, for want of permission or because of links in a circle.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise InvalidError(f"{path} cannot be looked at: {error.strerror}", "mend or remove it") from None

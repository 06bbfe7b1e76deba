"""Submodules: folders whose files git keeps in another repository, and which are empty until they are fetched."""

from __future__ import annotations

import os
import re

_LIST = ".gitmodules"
_PATH = r"(?m)^[ \t]*path[ \t]*=[ \t]*\"?(.*?)\"?[ \t\r]*$"
_LARGEST = 1024 * 1024


def is_submodule(folder: str) -> bool:
    """Tell whether the checkout that an absolute folder lies in says that it is a submodule."""
    top, below = os.path.dirname(folder), folder
    while top != below:
        if os.path.isfile(os.path.join(top, _LIST)):
            return os.path.relpath(folder, top).replace(os.sep, "/") in _submodules(os.path.join(top, _LIST))
        top, below = os.path.dirname(top), top
    return False


def _submodules(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return re.findall(_PATH, stream.read(_LARGEST))
    except OSError:
        return []

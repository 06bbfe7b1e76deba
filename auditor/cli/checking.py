"""Checking manifest files, whether `check` was given options or not."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.cli.judging import Options, judge
from auditor.model import Source

_NO_OPTIONS = Options()


def check_paths(paths: Sequence[str], options: Options = _NO_OPTIONS) -> int:
    """Judge the manifests behind paths and return the exit code.

    Raises:
        InvalidError: Something that the user wrote is wrong, or a path leads nowhere; nothing was judged.
        UndeliveredError: A report could not be written whole.
    """

    def source() -> Source:
        from auditor.sources.manifests import ManifestFiles

        return ManifestFiles(paths)

    return judge(source, options)

"""Refuse reports that would overwrite an input of the run, before anything is checked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from auditor.cli.output import CLOSING, Target, partial_of
from auditor.cli.settings import Config
from auditor.documents import decode, read_documents
from auditor.errors import DocumentError, InvalidError
from auditor.sources.files.manifest_types import is_report
from auditor.sources.files.tree import STDIN, expand_paths
from auditor.sources.files.walk import SUFFIXES


def refuse_overwriting(
    reports: Sequence[Target],
    paths: Sequence[str] = (),
    *,
    snapshot: Path | None,
    config: Config,
    packs: Sequence[str] = (),
) -> None:
    """Refuse reports whose file is an input of the run, or could be a manifest.

    A new file in a checked directory is allowed, and so is a report of an earlier run.

    Args:
        reports: The requested reports.
        paths: The files, directories and patterns that are checked.
        snapshot: The snapshot that is read, if one is.
        config: The configuration.
        packs: The files that the policy was read from.

    Raises:
        InvalidError: A report would overwrite an input, or a path does not exist.
    """
    checked = [path for path in expand_paths(paths) if path != STDIN]
    folders = [path for path in checked if os.path.isdir(path)]
    inputs = [
        *((path, "is being checked") for path in checked),
        *((file, "is part of the policy") for file in packs),
        *((str(file), what) for file, what in _others(snapshot, config)),
    ]
    for report, file in _files(reports):
        for path, what in inputs:
            if os.path.isfile(path) and os.path.samefile(path, file):
                raise InvalidError(f"the {report.what} would overwrite {path}, which {what}", _fix(report))
        for folder in folders:
            if _could_be_manifest(file, folder) and not _is_report(file):
                message = f"the {report.what} would overwrite {file}, which is not a report of an earlier"
                raise InvalidError(f"{message} run, and {folder} is being checked", _fix(report))


def refuse_output_over(output: Path, inputs: Mapping[str, Path | None], what: str = "output") -> None:
    """Refuse an output whose file is an input of the run.

    Args:
        output: The file of the output.
        inputs: The files that are read, by their option or argument.
        what: What the output is.

    Raises:
        InvalidError: The output would overwrite one of them.
    """
    for option, file in inputs.items():
        if file and os.path.isfile(file) and os.path.isfile(output) and os.path.samefile(file, output):
            message = f"the {what} would overwrite {output}, which is the file of {option}"
            raise InvalidError(message, f"write the {what} to a different file")


def _fix(output: Target) -> str:
    return f"write the {output.what.split()[-1]} to a different file"


def _others(snapshot: Path | None, config: Config) -> Iterator[tuple[Path | str, str]]:
    if snapshot:
        yield snapshot, "is the input snapshot"
    if config.file:
        yield config.file, "is the configuration file"
    for each, what in ((config.waivers, "is the waivers file"), (config.baseline, "is the baseline")):
        if each:
            yield each, what
    if config.expect.previous:
        yield config.expect.previous[1], "is the earlier snapshot of `expect`"


def _files(reports: Sequence[Target]) -> Iterator[tuple[Target, Path]]:
    """Yield every existing file that a report would overwrite; devices lose nothing."""
    for report in reports:
        if report.file:
            partial = [partial_of(report.file)] if report.format in CLOSING and report.file.name else []
            yield from ((report, file) for file in (report.file, *partial) if os.path.isfile(file))


def _could_be_manifest(file: Path, folder: str) -> bool:
    real, root = os.path.realpath(file), os.path.realpath(folder)
    named = str(file).lower().endswith(SUFFIXES) or real.lower().endswith(SUFFIXES)
    return named and real.startswith(root.rstrip(os.sep) + os.sep)


def _is_report(file: Path) -> bool:
    with suppress(OSError, DocumentError):
        documents = list(read_documents(decode(file.read_bytes(), str(file)), str(file)))
        return len(documents) == 1 and is_report(str(file), documents[0].value)
    return False

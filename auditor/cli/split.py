"""One report for each owner, in a directory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from auditor.cli.options import ReportOptions
from auditor.cli.output import Target, deliver, note
from auditor.errors import InvalidError, UndeliveredError
from auditor.model import Finding, Report
from auditor.reporters import SUFFIXES, Style, suffix_of
from auditor.triage.owners import UNOWNED

_UNSAFE = re.compile(r"[^A-Za-z0-9._@+-]+")
_LONGEST = 80


def split_target(options: ReportOptions) -> Path | None:
    """Return the directory for a report per owner; None for a single report.

    Raises:
        InvalidError: No directory is given, or it is not a directory.
    """
    if not options.split_by:
        return None
    if options.output is None:
        raise InvalidError("--split-by owner needs a directory for the reports", "add --output DIRECTORY")
    if options.output.exists() and not options.output.is_dir():
        raise InvalidError(f"{options.output} is not a directory", "use a directory")
    return options.output


def split_by_owner(report: Report, format_name: str, directory: Path) -> list[tuple[Report, Target]]:
    """Return a report with the findings of each owner. The verdict and the receipt are those of the complete run."""
    owners = sorted({_owner(each) for each in (*report.findings, *report.waived, *report.baselined)})
    return [
        (
            replace(
                report,
                findings=_of(owner, report.findings),
                waived=_of(owner, report.waived),
                baselined=_of(owner, report.baselined),
                only_owner=owner,
            ),
            Target(format_name, directory / f"{_file_name(owner)}{suffix_of(format_name)}"),
        )
        for owner in owners
    ]


def deliver_parts(
    parts: Sequence[tuple[Report, Target]], directory: Path, style: Style, shown: Callable[[str], str] = str
) -> None:
    """Write the report of each owner, and list remaining ones of earlier runs.

    Args:
        parts: The reports and their files.
        directory: The directory for them.
        style: The style of the reports.
        shown: Returns a file name, redacted if requested.

    Raises:
        UndeliveredError: A report could not be written completely.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UndeliveredError(f"{directory} could not be created: {error.strerror}") from None
    for report, target in parts:
        deliver(report, [target], style)
    written = {target.file for _, target in parts}
    endings = (*SUFFIXES.values(), *(suffix_of(target.format) for _, target in parts))
    for old in sorted(directory.iterdir()):
        if old not in written and old.name.endswith(endings) and ".partial." not in old.name:
            note(shown(f"auditor: note: {old} is from an earlier run: that owner has no findings now"))


def _owner(finding: Finding) -> str:
    return finding.owner or ""


def _of(owner: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if _owner(each) == owner)


def _file_name(owner: str) -> str:
    """Return a file name for an owner; colliding names get a digest."""
    if not owner:
        return UNOWNED
    name = _UNSAFE.sub("-", owner).strip(".-")[:_LONGEST]
    plain = name == owner and name != UNOWNED
    return name if plain else f"{name}-{sha256(owner.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"

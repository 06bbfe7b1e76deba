"""What was mended and what is left, as text for people."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from auditor.documents import decode
from auditor.fixes.files import MendedFile
from auditor.fixes.registry import BINDING, FIXES, REPO
from auditor.model import Finding
from auditor.text import no_commands, visible


def unified_diff(file: MendedFile) -> str:
    """Return what would change in a file; characters that could act on a terminal are shown as escapes."""
    before, after = (decode(data, file.name).splitlines(keepends=True) for data in (file.before, file.after))
    lines = difflib.unified_diff(before, after, f"a/{file.name}", f"b/{file.name}")
    return "".join(f"{_shown(line)}\n" for line in lines)


def _shown(line: str) -> str:
    ending = line.rstrip("\r\n")
    return no_commands("\t".join(map(visible, ending.split("\t"))))


def mended_lines(file: MendedFile) -> Iterator[str]:
    """Yield what was mended in a file, a line each."""
    for done in file.done:
        yield _line(f"{file.name}: {done.fix}: {done.path} of {done.what} {done.message}")


def left_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what only a person can mend, and what to do about it."""
    if findings:
        yield _line(f"left for a person: {len(findings)}")
    for finding in findings:
        place = finding.location
        where = f"{place.file}:{place.line}:{place.column}: " if place else ""
        rule = finding.rule
        what = f"{where}{rule.id} {rule.name} ({rule.severity.label}): {finding.message}"
        yield _line(f"{what}; {rule.remediation}" if rule.remediation else what)


def forgotten_lines(files: Iterable[MendedFile]) -> Iterator[str]:
    """Yield the repos without collaborators that no role binding in the files grants anything on."""
    repos: dict[str, str] = {}
    bound: set[object] = set()
    for name, value in ((file.name, value) for file in files for value in file.values):
        if isinstance(value, dict) and value.get("type") == REPO and not value.get("collaborators"):
            repos[str(value.get("name"))] = name
        elif isinstance(value, dict) and value.get("type") == BINDING:
            bound |= _resources(value)
    for repo, name in repos.items():
        if repo not in bound:
            yield _line(
                f"{name}: {repo} has no collaborators, and no role binding in these files grants anything on it; "
                "if its grants were migrated, add its role binding"
            )


def _resources(binding: dict[str, Any]) -> set[object]:
    permissions = binding.get("permissions")
    entries = permissions if isinstance(permissions, list) else []
    return {str(each.get("resourceFqn")) for each in entries if isinstance(each, dict)}


def listed() -> Iterator[str]:
    """Yield every safe fix: its name, the manifests that it works on, the findings that it can end, what it does."""
    for fix in FIXES:
        yield f"{fix.name}: {fix.meaning} ({', '.join(fix.kinds)}; {', '.join(fix.answers)})\n"


def _line(text: str) -> str:
    return no_commands(visible(text))

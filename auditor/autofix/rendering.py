"""What was fixed and what is left, as text for people."""

from __future__ import annotations

import difflib
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from auditor.autofix.files import FixedFile
from auditor.autofix.registry import BINDING, FIXES, REPO
from auditor.model import Finding
from auditor.text import contains_commands, count_of, no_commands, visible

_UNENDED = b"\n\\ No newline at end of file\n"
_ODD = re.compile(rb'[\x00-\x1f\x7f"\\]')
"""Characters that a patch cannot contain in a path unescaped."""


def unified_diff(file: FixedFile) -> bytes:
    """Return the exact changes to a file as a patch for `git apply` in the current directory."""
    before, after = (io.BytesIO(data).readlines() for data in (file.before, file.after))
    name = _path(file)
    lines = difflib.diff_bytes(difflib.unified_diff, before, after, _quoted(b"a/" + name), _quoted(b"b/" + name))
    return b"".join(line if line.endswith(b"\n") else line + _UNENDED for line in lines)


def harmless(diff: bytes) -> str:
    """Return a diff as text in which characters that could act on a terminal or a CI runner are escapes."""
    return "".join(f"{_shown(line)}\n" for line in _text(diff).removesuffix("\n").split("\n"))


def would_execute(diff: bytes) -> bool:
    """Return whether a CI runner would execute something in a diff."""
    return contains_commands(_text(diff))


def _path(file: FixedFile) -> bytes:
    """Return the path of a file in a patch: relative to the current directory, or to the root for files elsewhere."""
    here = os.path.realpath(os.curdir).rstrip(os.sep) + os.sep
    return os.fsencode(file.path.removeprefix(here).replace(os.sep, "/").lstrip("/"))


def _quoted(path: bytes) -> bytes:
    """Return a path as git writes it in a patch."""
    if _ODD.search(path):
        return b'"%b"' % _ODD.sub(lambda match: b"\\%03o" % ord(match[0]), path)
    return path + b"\t" if b" " in path else path


def _text(diff: bytes) -> str:
    return diff.decode("utf-8", "backslashreplace")


def _shown(line: str) -> str:
    return no_commands("\t".join(map(visible, line.rstrip("\r").split("\t"))))


def fixed_lines(file: FixedFile) -> Iterator[str]:
    """Yield what was fixed in a file, a line each."""
    for applied in file.applied:
        yield _line(f"{file.name}: {applied.fix}: {applied.what}: {applied.message} (at {applied.path})")


def manual_fix_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings that need a manual fix, and how to fix them."""
    if findings:
        needs = "needs" if len(findings) == 1 else "need"
        yield _line(f"{count_of(len(findings), 'finding')} {needs} a manual fix")
    for finding in findings:
        place = finding.location
        where = f"{place.file}:{place.line}:{place.column}: " if place else ""
        rule = finding.rule
        what = f"{where}{rule.id} {rule.name} ({rule.severity.label}): {finding.message}"
        end = "" if what.endswith((".", "?")) else "."
        yield _line(f"{what}{end} Fix: {rule.remediation}" if rule.remediation else what)


def unfixed_lines(files: Iterable[FixedFile]) -> Iterator[str]:
    """Yield the repos without collaborators to which no role binding in the files grants access."""
    repos: dict[str, str] = {}
    bound: set[object] = set()
    for name, value in ((file.name, value) for file in files for value in file.values):
        if isinstance(value, dict) and value.get("type") == REPO and not value.get("collaborators"):
            repos[str(value.get("name") or "a repo without a name")] = name
        elif isinstance(value, dict) and value.get("type") == BINDING:
            bound |= _resources(value)
    for repo, name in repos.items():
        if repo not in bound:
            yield _line(
                f"{name}: {repo} has no collaborators, and no role binding in these files grants access to it. "
                "If its grants were migrated, also pass the file of its role binding"
            )


def _resources(binding: dict[str, Any]) -> set[object]:
    permissions = binding.get("permissions")
    entries = permissions if isinstance(permissions, list) else []
    return {str(each.get("resourceFqn")) for each in entries if isinstance(each, dict)}


def listed() -> Iterator[str]:
    """Yield every safe fix: its name, the types of manifests, the findings that it can fix, and what it does."""
    for fix in FIXES:
        yield f"{fix.name}: {fix.meaning} ({', '.join(fix.kinds)}; {', '.join(fix.answers)})\n"


def _line(text: str) -> str:
    return no_commands(visible(text))

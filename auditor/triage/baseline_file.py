"""The baseline file: known findings, one per line, so that it is easy to review and to merge.

Each line is JSON and ends with a digest of the rest of the line. A line that a merge combined from two others has the
wrong digest and is rejected. Nothing in the file depends on the time of the run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from auditor.errors import DocumentError, InvalidError
from auditor.model import Finding
from auditor.triage.baseline import Baseline, text_digest

BASELINE_FILE = "auditor-baseline.jsonl"

_SIZE_CEILING = 128 * 1024 * 1024

_HEADER = '{"auditor_baseline": 1}'
_KEYS = ("rule", "repo", "subject", "fingerprint", "text", "digest")
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_FIX = "restore the file from git, or write it again with `auditor baseline write`"


@dataclass(frozen=True, slots=True, order=True)
class KnownFinding:
    """A line of the baseline.

    Attributes:
        rule: The id of the rule.
        repo: The name of the repo.
        subject: The subject of the finding within the repo; empty if it is the repo itself.
        fingerprint: The identity of the finding.
        text: A digest of the wrong text, so that another wrong text in its place is new; empty if there is none.
    """

    rule: str
    repo: str
    subject: str
    fingerprint: str
    text: str = ""

    @property
    def line(self) -> str:
        """The line, without its line feed."""
        fields = {name: getattr(self, name) for name in _KEYS[:-1]}
        return json.dumps(fields | {"digest": _digest(fields)}, ensure_ascii=True)


def known_findings(findings: Iterable[Finding]) -> tuple[KnownFinding, ...]:
    """Return findings as lines of a baseline, sorted, without those that cannot be waived."""
    return tuple(
        sorted(
            {
                KnownFinding(each.rule.id, each.repo.name, each.subject, each.fingerprint, text_digest(each) or "")
                for each in findings
                if each.rule.waivable
            }
        )
    )


def baseline_text(known: Iterable[KnownFinding]) -> str:
    """Return the text of a baseline file; the same findings give the same bytes."""
    return "".join(f"{line}\n" for line in (_HEADER, *(each.line for each in sorted(known))))


def as_baseline(known: Iterable[KnownFinding]) -> Baseline:
    """Return the baseline in a file."""
    return {each.fingerprint: each.text or None for each in known}


def read_baseline(path: Path) -> tuple[KnownFinding, ...]:
    """Return the lines of a baseline file.

    Raises:
        InvalidError: The file cannot be read.
        DocumentError: A line was not written by Auditor.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > _SIZE_CEILING:
        raise InvalidError(f"{path} is larger than {_SIZE_CEILING // 1024 // 1024} MiB")
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise DocumentError(str(path), "not a baseline: invalid UTF-8", _FIX) from None
    if not lines or lines[0] != _HEADER:
        raise DocumentError(f"{path}:1", f"not a baseline: expected {_HEADER} in the first line", _FIX)
    return tuple(dict.fromkeys(_parsed(line, f"{path}:{number}") for number, line in enumerate(lines[1:], 2)))


def _parsed(line: str, where: str) -> KnownFinding:
    if line.startswith(_CONFLICT):
        raise DocumentError(where, "git conflict marker", "resolve the conflict, or keep one side and write it again")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise DocumentError(where, "not a baseline entry", _FIX) from None
    if (
        not isinstance(fields, dict)
        or set(fields) != set(_KEYS)
        or not all(isinstance(v, str) for v in fields.values())
    ):
        raise DocumentError(where, f"not a baseline entry, expected the keys {', '.join(_KEYS)}", _FIX)
    digest = fields.pop("digest")
    if digest != _digest(fields):
        raise DocumentError(where, "the digest does not match: the entry was edited, or a merge mixed two lines", _FIX)
    return KnownFinding(**fields)


def _digest(fields: Mapping[str, str]) -> str:
    return sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]

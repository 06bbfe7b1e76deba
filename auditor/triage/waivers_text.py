"""Edits of `waivers.yaml` that keep its comments: an entry is added or removed, everything else stays unchanged.

Every edit is verified by reading the result: it has exactly the intended waivers, or the edit is rejected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from auditor.documents import read_yaml
from auditor.errors import DocumentError, InvalidError
from auditor.model import Waiver
from auditor.triage.waivers import parse_waivers

NEW_FILE = """\
# yaml-language-server: $schema=https://raw.githubusercontent.com/mlrepo-auditor/mlrepo-auditor/main/schemas/waivers.schema.json
# Accepted findings, each with a reason, an owner and an expiry date.
waivers: []
"""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*")
_EMPTY = re.compile(r"^waivers:[ \t]*\[[ \t]*\](?=[ \t]*(?:#.*)?$)", re.MULTILINE)
_ENTRY = re.compile(r"^( *)- ?")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_ORDER = ("rule", "repo", "subject", "reason", "owner", "expires", "ticket", "approved_by")


def with_waiver(text: str, waiver: Waiver, file: str) -> str:
    """Return the text of a file of waivers with one more entry at its end.

    Raises:
        InvalidError: The file is wrong, or is written in a way that cannot be extended.
    """
    before = parse_waivers(text, file)
    if before:
        lines = text.splitlines(keepends=True)
        first, after = _line_ranges(text, len(before), file)[-1]
        indent = _ENTRY.match(lines[first])
        entry = _entry(waiver, indent[1] if indent else "")
        head = "".join(lines[:after])
        result = f"{head}{'' if head.endswith(chr(10)) else chr(10)}{entry}{''.join(lines[after:])}"
    else:
        result = _EMPTY.sub(lambda _: f"waivers:\n{_entry(waiver, '  ').rstrip()}", text, count=1)
    return _verified(result, (*before, waiver), file)


def without_waivers(text: str, removed: Collection[Waiver], file: str) -> str:
    """Return the text of a file of waivers without some of its entries and the comments right above them.

    An entry is removed only at its place, so that another one with the same content stays.

    Raises:
        InvalidError: The file is wrong, or is written in a way that cannot be edited.
    """
    before = parse_waivers(text, file)
    lines = text.splitlines(keepends=True)
    for waiver, (first, after) in reversed(list(zip(before, _line_ranges(text, len(before), file), strict=True))):
        if waiver in removed:
            start = first
            while lines[start - 1].lstrip().startswith("#"):
                start -= 1
            del lines[start:after]
    kept = [each for each in before if each not in removed]
    result = "".join(lines)
    if not kept and before:
        result = re.sub(r"^waivers:(?=[ \t]*(?:#.*)?$)", "waivers: []", result, count=1, flags=re.MULTILINE)
    return _verified(result, kept, file)


def _line_ranges(text: str, number: int, file: str) -> list[tuple[int, int]]:
    """Return the first line of each entry, from 0, and the line after its last one.

    Raises:
        InvalidError: Entries are not on separate lines, or come from anchors.
    """
    lines = text.splitlines()
    starts = [item.mark.line - 1 for item in read_yaml(text.encode(), file).keys(("waivers",))["waivers"].items()]
    if len(set(starts)) < number or not all(_ENTRY.match(lines[start]) for start in starts):
        raise InvalidError(f"{file} has entries that are not on lines of their own", "edit the file by hand")
    return [(start, _last_line(lines, start)) for start in starts]


def _last_line(lines: list[str], start: int) -> int:
    """Return the number of the line after an entry: its lines are indented more than its dash."""
    match = _ENTRY.match(lines[start])
    depth = len(match[1]) if match else 0
    end = start + 1
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        if line.strip():
            end = number + 1
    return end


def _entry(waiver: Waiver, indent: str) -> str:
    return "".join(_entry_lines(waiver, indent))


def _entry_lines(waiver: Waiver, indent: str) -> Iterator[str]:
    start = f"{indent}- "
    for name in _ORDER:
        value = str(getattr(waiver, name))
        if value:
            yield f"{start}{name}: {value if name == 'expires' else yaml_scalar(value)}\n"
            start = f"{indent}  "


def yaml_scalar(text: str) -> str:
    """Return text as a YAML scalar that every parser reads as this text."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _verified(text: str, expected: Collection[Waiver], file: str) -> str:
    try:
        found = [_content(each) for each in parse_waivers(text, file)]
    except DocumentError:
        found = None
    if found != [_content(each) for each in expected]:
        raise InvalidError(f"{file} is written in a way that cannot be edited safely", "edit the file by hand")
    return text


def _content(waiver: Waiver) -> Waiver:
    return replace(waiver, where="")

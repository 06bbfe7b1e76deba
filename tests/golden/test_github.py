"""Annotations, read by a parser that follows the rules of GitHub's runner."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import given

from auditor.model import Location, Report
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.hostile import TEXTS, hostile, many


@dataclass(frozen=True)
class Command:
    """The runner's reading of a line."""

    name: str
    properties: dict[str, str]
    data: str


def unescaped(text: str, *codes: str) -> str:
    for code in ("%0D", "%0A", *codes, "%25"):
        text = text.replace(code, chr(int(code[1:], 16)))
    return text


def read_line(line: str) -> Command | None:
    """Read a line like `ActionCommand.TryParseV2` of actions/runner; return None if it is not a command."""
    line = line.lstrip()
    if not line.startswith("::") or "::" not in line[2:]:
        return None
    head, _, data = line[2:].partition("::")
    name, _, listed = head.strip().partition(" ")
    pairs = (part.partition("=") for part in listed.strip().split(",") if "=" in part)
    properties = {key: unescaped(value, "%3A", "%2C").strip() for key, _, value in pairs}
    return Command(name, properties, unescaped(data))


def commands(report: Report, style: Style = Style()) -> list[Command]:  # noqa: B008 - a frozen value
    """Return the commands in a report; every line has to be one."""
    text = "".join(REPORTERS["github"](report, style))
    assert text.endswith("\n")
    assert "##[" not in text
    assert "##vso[" not in text
    found = [read_line(line) for line in re.split(r"\r\n|\r|\n", text[:-1])]
    assert None not in found
    return found


def kinds(found: list[Command]) -> list[str]:
    return [command.name for command in found]


@given(TEXTS)
def test_no_text_forges_or_breaks_a_command(text):
    report = hostile(text)
    verdict, *rest = commands(report)
    assert verdict.properties == {"title": "auditor: incomplete"}
    assert verdict.data.startswith(visible(report.verdict.reason)[:3000])
    assert kinds(rest) == ["error"] * 2 + ["warning"] * 4 + ["notice"] * 2
    for command, finding in zip(rest, report.findings, strict=True):
        assert command.properties["title"] == visible(f"{finding.rule.name} ({finding.rule.id}) on {text}").strip()
        assert command.data.split("\n")[0] == visible(text)
        place = {"file", "line", "endLine", "col", "endColumn"} if finding.location else set()
        assert set(command.properties) == {"title", *place}


def test_an_incomplete_run_is_an_error_first_that_tells_what_was_not_seen(unreadable):
    (verdict,) = commands(unreadable)
    assert verdict.name == "error"
    assert "incomplete" in verdict.properties["title"]
    assert verdict.data.count("not read: ") == 11
    assert verdict.data.endswith("not read: 2 more things")


@pytest.mark.parametrize("kind", ["clean", "found"])
def test_a_complete_run_begins_with_a_notice(kind, request):
    report = request.getfixturevalue(kind)
    verdict = commands(report)[0]
    assert (verdict.name, verdict.data) == ("notice", visible(report.verdict.reason))


def test_annotations_are_worst_first(found):
    assert kinds(commands(found)) == ["notice", *["error"] * 6, *["warning"] * 4, "notice"]


@pytest.mark.parametrize("complete", [True, False])
def test_no_kind_has_more_than_github_shows_and_the_last_lines_count_the_rest(complete):
    found = commands(many(100, complete=complete))
    assert Counter(kinds(found)) == {"error": 10, "warning": 10} | ({"notice": 1} if complete else {})
    assert kinds(found[-2:]) == ["error", "warning"]
    shown = 9 if complete else 8
    assert found[-2].data.startswith(f"{34 - shown} more findings")
    assert found[-1].data.startswith(f"{66 - 9} more findings")


@pytest.mark.parametrize(("count", "more"), [(30, 0), (33, 1)])
def test_a_kind_that_just_fits_is_shown_completely(count, more):
    errors = [each for each in commands(many(count)) if each.name == "error"]
    assert len(errors) == 10
    assert sum("more findings" in each.data for each in errors) == more


def test_places_are_those_of_the_checkout(found):
    first = replace(found.findings[0], location=Location("m/a,b:c%.yaml", 3, 7, 12))
    command = commands(replace(found, findings=(first,)), Style(folder="/src/sub", root="/src"))[1]
    assert command.properties["file"] == "sub/m/a,b:c%.yaml"
    places = [command.properties[name] for name in ("line", "endLine", "col", "endColumn")]
    assert places == ["3", "3", "7", "12"]


def test_a_long_message_is_truncated_with_a_note_at_its_end(found):
    first = replace(found.findings[0], message="x" * 10_000)
    command = commands(replace(found, findings=(first,)))[1]
    assert len(command.data) == 4096
    assert command.data.endswith("…")

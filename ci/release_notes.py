"""Check that version, changelog and tag agree, and print the changelog section of a release.

    python ci/release_notes.py            check the changelog and the version
    python ci/release_notes.py v1.2.3     check that this tag may be released, and print its section as Markdown
    python ci/release_notes.py --version  print the version

The version is in auditor/version.py. The changelog follows https://keepachangelog.com.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/mlrepo-auditor/mlrepo-auditor"
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:rc(\d+))?")
_HEADING = re.compile(r"^## (.*)\n", re.MULTILINE)
_TITLE = re.compile(r"\[([^\]]+)\](?: - (\S+))?")
_LINK = re.compile(r"^\[([^\]]+)\]: (\S+)\n", re.MULTILINE)
_ASSIGNMENT = re.compile(r'^VERSION = "(.+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """One release of the changelog, or its unreleased changes."""

    name: str
    date: str | None
    text: str


def version_of(source: str) -> str:
    """Return the version that a version.py assigns."""
    (version,) = _ASSIGNMENT.findall(source)
    return version


def order(version: str) -> tuple[int, ...]:
    """Return a key that sorts versions; a release comes after its release candidates."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a version; expected MAJOR.MINOR.PATCH, or MAJOR.MINOR.PATCHrcN")
    return (*map(int, match.groups()[:3]), int(match[4] or sys.maxsize))


def sections(changelog: str) -> list[Section]:
    """Return the sections of a changelog, newest first."""
    _, *parts = _HEADING.split(_LINK.sub("", changelog))
    found = []
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        match = _TITLE.fullmatch(title)
        if match is None:
            raise ValueError(f"heading {title!r}: expected `[Unreleased]` or `[VERSION] - YYYY-MM-DD`")
        found.append(Section(match[1], match[2], text.strip()))
    return found


def problems(changelog: str, version: str, tag: str | None = None) -> list[str]:
    """Return the mismatches between changelog, version and tag; empty if there are none."""
    try:
        found = sections(changelog)
        return [*_form(found, changelog), *(_ready(found, version, tag) if tag else _current(found, version))]
    except ValueError as error:
        return [str(error)]


def _form(found: list[Section], changelog: str) -> Iterator[str]:
    names = [each.name for each in found]
    if names[:1] != ["Unreleased"]:
        yield "the changelog does not begin with `## [Unreleased]`"
    releases = [each for each in found if each.name != "Unreleased"]
    keys = [order(each.name) for each in releases]
    if sorted(set(keys), reverse=True) != keys:
        yield "the releases of the changelog are not listed newest first, each once"
    dates = [_date(each) for each in releases]
    if sorted(dates, reverse=True) != dates:
        yield "the dates of the changelog are not in the order of its releases"
    for each in found:
        for kind in re.findall(r"^### (.*)$", each.text, re.MULTILINE):
            if kind not in KINDS:
                yield f"section {each.name}: heading {kind!r} is not one of {', '.join(KINDS)}"
    if dict(_LINK.findall(changelog)) != links([each.name for each in releases]):
        wanted = "\n".join(f"[{name}]: {link}" for name, link in links([each.name for each in releases]).items())
        yield f"the links at the end of the changelog are not these:\n{wanted}"


def _date(section: Section) -> dt.date:
    try:
        return dt.date.fromisoformat(section.date or "")
    except ValueError:
        raise ValueError(f"section {section.name}: no date; expected `[{section.name}] - YYYY-MM-DD`") from None


def links(releases: list[str]) -> dict[str, str]:
    """Return the links that a changelog of these releases ends with, newest first."""
    if not releases:
        return {"Unreleased": f"{REPOSITORY}/commits/main"}
    compared = {new: f"{REPOSITORY}/compare/v{old}...v{new}" for new, old in pairwise(releases)}
    unreleased = f"{REPOSITORY}/compare/v{releases[0]}...main"
    return {"Unreleased": unreleased, **compared, releases[-1]: f"{REPOSITORY}/releases/tag/v{releases[-1]}"}


def _current(found: list[Section], version: str) -> Iterator[str]:
    key, releases = order(version), [each.name for each in found[1:]]
    if releases and key < order(releases[0]):
        yield f"auditor/version.py has {version}, but the changelog already has {releases[0]}"
    if (not releases or key > order(releases[0])) and not found[0].text:
        yield f"version {version} is not released yet, but the changelog has no unreleased changes"


def _ready(found: list[Section], version: str, tag: str) -> Iterator[str]:
    if tag != f"v{version}":
        yield f"the tag is {tag}, but auditor/version.py has {version}; expected the tag v{version}"
    if [each.name for each in found[1:2]] != [version]:
        yield f"the newest release of the changelog is not {version}; rename `[Unreleased]` and add a new, empty one"
    elif not found[1].text:
        yield f"the changelog has no changes for {version}"
    if found[0].text:
        yield f"the changelog still has unreleased changes; move them to {version}"


def main(arguments: list[str]) -> int:
    """Print the section or the mismatches, and return the exit code."""
    version = version_of((ROOT / "auditor" / "version.py").read_text("utf-8"))
    if arguments == ["--version"]:
        print(version)
        return 0
    tag = arguments[0] if arguments else None
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    wrong = problems(changelog, version, tag)
    for problem in wrong:
        print(f"error: {problem}", file=sys.stderr)
    if tag and not wrong:
        print(sections(changelog)[1].text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

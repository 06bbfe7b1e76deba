"""Suggestions as files: YAML with the reasons in comments. Existing files are never overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor.access import DirectoryIndex
from auditor.access.suggestions.suggestions import Suggestion, Suggestions
from auditor.documents import read_documents
from auditor.errors import InvalidError, UndeliveredError
from auditor.files import create_file
from auditor.model import Repo, RoleBinding
from auditor.text import visible


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of every file.

    Attributes:
        origin: Where the grants were read, and when.
        unread: What was not read; empty if everything was.
    """

    origin: str
    unread: str


def write_suggestions(folder: Path, suggestions: Sequence[Suggestion], heading: Heading) -> None:
    """Write a file for each suggestion.

    Args:
        folder: The folder for the files, created if it does not exist.
        suggestions: What to write.
        heading: The heading of every file.

    Raises:
        InvalidError: A file already exists; none was written.
        UndeliveredError: A file could not be written.
    """
    for each in suggestions:
        if (folder / each.file).is_symlink() or (folder / each.file).exists():
            raise InvalidError(f"{folder / each.file} already exists", "use an empty directory")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UndeliveredError(f"{folder} could not be created: {error.strerror or error}") from None
    for each in suggestions:
        create_file(folder / each.file, _text(each, heading).encode())


def _text(suggestion: Suggestion, heading: Heading) -> str:
    head = (*_head(suggestion, heading), *(f"- {reason}" for reason in suggestion.reasons))
    return _commented(head, suggestion.documents)


def as_yaml(suggestion: Suggestion) -> str:
    """Return the documents of a suggestion, with its reasons above them."""
    return _commented((f"{suggestion.what}:", *(f"- {reason}" for reason in suggestion.reasons)), suggestion.documents)


def _commented(lines: Iterable[str], documents: Iterable[dict[str, Any]]) -> str:
    return "".join(f"# {visible(line)}\n" for line in lines) + "".join(f"---\n{_yaml(each)}" for each in documents)


def _head(suggestion: Suggestion, heading: Heading) -> Iterator[str]:
    yield f"Suggested by `auditor access --suggest` for {suggestion.what}; not applied."
    yield f"Grants read from {heading.origin}."
    if heading.unread:
        yield f"Not everything was read: {heading.unread}."
    yield "Review it, then run: tfy apply -f FILE"


def _yaml(document: dict[str, Any]) -> str:
    """Return a document as YAML that all parsers read alike, without characters that act on a terminal."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    if any(visible(line) != line for line in text.splitlines()):
        text = yaml.safe_dump(document, sort_keys=False, width=120)
    return text if _reads_as(text, document) else yaml.safe_dump(document, sort_keys=False, default_style='"')


def _reads_as(text: str, document: dict[str, Any]) -> bool:
    read = next(read_documents(text, "suggestion"))
    return read.value == document and not read.ambiguous


class RepoSuggestions:
    """Suggests fixes for the access to one repo after the other.

    Args:
        directory: What is known besides the repos.
    """

    def __init__(self, directory: DirectoryIndex) -> None:
        self._suggestions = Suggestions()
        self._suggestions.start(directory)
        self._bindings: dict[str, list[RoleBinding]] = {}
        for binding in directory.directory.role_bindings.values:
            for name in {each.repo for each in binding.permissions} - {None}:
                self._bindings.setdefault(str(name), []).append(binding)

    def for_repo(self, repo: Repo) -> str:
        """Return the suggested manifest and role bindings with reasons in comments; empty if nothing is certain."""
        suggested = [*self._suggestions.for_repo(repo)]
        for binding in self._bindings.get(repo.name, ()):
            suggested += self._suggestions.for_binding(binding)
        return "".join(map(as_yaml, suggested))

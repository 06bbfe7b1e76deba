"""What to write, and what to add to files that are there: decided by what lies in the folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor.model import Binding, Repo
from auditor.policy_tools.scaffold import pack_files
from auditor.sources.files import ManifestFiles
from auditor.sources.files.discovery import SUFFIXES
from auditor.version import VERSION

_TEMPLATES = Path(__file__).parent / "templates"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_NO_MANIFESTS = ("manifests",)


@dataclass(frozen=True, slots=True)
class Start:
    """What a folder needs to start with.

    Attributes:
        files: The files to write, with their texts.
        snippets: What to add to files that are the user's own, by their names.
        manifests: The files and folders to check.
        found: Whether there are manifests in them already.
    """

    files: Mapping[Path, str]
    snippets: Mapping[str, str]
    manifests: tuple[str, ...]
    found: bool


def plan(folder: Path, pack: str) -> Start:
    """Decide what a folder needs.

    Args:
        folder: The folder.
        pack: What the user's own pack is called.

    Raises:
        InvalidError: The name is none for a pack.
    """
    found = tuple(_places_of_manifests(folder))
    manifests = found or _NO_MANIFESTS
    words = {
        "PACK": pack,
        "VERSION": VERSION,
        "PATHS": _scalar("\n".join(manifests)),
        "LIST": ", ".join(map(_scalar, manifests)),
    }
    files = {folder / "auditor.yaml": _filled("auditor.yaml", words)}
    files |= {folder / "policies" / name: text for name, text in pack_files(pack).items()}
    files[folder / "waivers.yaml"] = _filled("waivers.yaml", words)
    if (folder / ".github").is_dir():
        files[folder / ".github" / "workflows" / "auditor.yml"] = _filled("github.yml", words)
    snippets = {
        name: _filled(template, words)
        for name, template in ((".gitlab-ci.yml", "gitlab.yml"), (".pre-commit-config.yaml", "pre-commit.yml"))
        if (folder / name).is_file()
    }
    return Start(files, snippets, manifests, bool(found))


def _places_of_manifests(folder: Path) -> Iterator[str]:
    """Yield what in the folder itself holds manifests: files, and folders with manifests somewhere below."""
    for entry in sorted(folder.iterdir()):
        hidden = entry.name.startswith(".") or entry.name == "node_modules"
        if not hidden and (entry.is_dir() or entry.suffix in SUFFIXES) and _has_manifest(entry):
            yield f"./{entry.name}" if entry.name.startswith("-") else entry.name


def _has_manifest(path: Path) -> bool:
    return any(isinstance(item, Repo | Binding) for item in ManifestFiles([str(path)]).collect())


def _scalar(text: str) -> str:
    """Write text as a YAML scalar."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = (_TEMPLATES / template).read_text("utf-8")
    return re.sub(f"@({'|'.join(words)})@", lambda match: words[match[1]], text)

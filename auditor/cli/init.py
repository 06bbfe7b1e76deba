"""`auditor init`: everything that a repository of manifests needs to be judged, here and in its CI service."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from auditor.cli.output import note, write_stdout
from auditor.errors import InvalidError, UndeliveredError
from auditor.model import Binding, Repo
from auditor.policy_tools.scaffold import pack_files
from auditor.sources.files import ManifestFiles
from auditor.sources.files.tree import SUFFIXES
from auditor.text import visible
from auditor.version import VERSION

_TEMPLATES = Path(__file__).parent / "templates"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_NO_MANIFESTS = ("manifests",)


@click.command("init")
@click.option("--pack", default="company", show_default=True, metavar="NAME", help="What your own pack is called.")
@click.option("--dry-run", is_flag=True, help="Print the files, write none.")
def init_command(pack: str, dry_run: bool) -> int:
    """Start in the current folder: auditor.yaml, a pack of your own with its tests, waivers.yaml, and a CI snippet.

    What it writes for CI depends on what it finds: a workflow where there is a .github folder; for GitLab and
    pre-commit, whose files are yours already, it prints what to add. Nothing is ever overwritten.
    """
    start = plan(Path(), pack)
    _refuse_existing(start.files)
    if dry_run:
        write_stdout(f"--- {visible(str(path))}\n{text}\n" for path, text in start.files.items())
    else:
        _write_new(start.files)
        write_stdout(f"{visible(str(path))}\n" for path in start.files)
    write_stdout(f"\nAdd to {name}:\n\n{text}" for name, text in start.snippets.items())
    _note_next_steps(start.manifests, pack, found=start.found)
    return 0


def _note_next_steps(manifests: tuple[str, ...], pack: str, *, found: bool) -> None:
    if not found:
        note(f"No ML repo manifest lies below this folder; where it says {manifests[0]}, name the folder of yours.")
    note("Next:")
    for line in (
        shlex.join(["auditor", "check", *manifests]),
        f"auditor policy test policies/{pack}.yaml",
        "auditor audit",
    ):
        note(f"  {line}")


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


def _refuse_existing(paths: Iterable[Path]) -> None:
    """Make sure that nothing would be overwritten.

    Raises:
        InvalidError: Something is there already.
    """
    there = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if there:
        what = "is" if len(there) == 1 else "are"
        raise InvalidError(f"{', '.join(there)} {what} there already", "nothing was written; move it away first")


def _write_new(files: Mapping[Path, str]) -> None:
    """Write new files and the folders that they need; if one cannot be written, remove what was made.

    Raises:
        UndeliveredError: A file could not be written, or appeared in the meantime; nothing is left behind.
    """
    made: list[Path] = []
    for path, text in files.items():
        try:
            made += _make_folders(path.parent)
            with path.open("x", encoding="utf-8") as stream:
                made.append(path)
                stream.write(text)
        except OSError as error:
            for each in reversed(made):
                with suppress(OSError):
                    each.rmdir() if each.is_dir() else each.unlink()
            reason = error.strerror or error
            raise UndeliveredError(f"{path} could not be written: {reason}; nothing was kept") from None


def _make_folders(folder: Path) -> list[Path]:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
    return missing[::-1]

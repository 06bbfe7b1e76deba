"""`auditor init`: create the files that a repository of manifests needs for checks, locally and in CI."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from contextlib import chdir, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from auditor.cli.files_options import FilesOptions
from auditor.cli.help import Command
from auditor.cli.options import PolicyOptions
from auditor.cli.output import note, write_stdout
from auditor.cli.settings import clock, load_config_and_policy
from auditor.errors import InvalidError, UndeliveredError
from auditor.model import Binding, Repo, Severity, Unread
from auditor.pipeline import AuditOptions, audit
from auditor.policy_tools.scaffold import pack_files
from auditor.sources.files import ManifestFiles
from auditor.sources.files.tree import WorkTree
from auditor.text import visible
from auditor.version import VERSION

_TEMPLATES = Path(__file__).parent / "templates"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_NO_MANIFESTS = ("manifests",)


@click.command("init", cls=Command, short_help="Set up a repository of manifests")
@click.option("--pack", default="company", show_default=True, metavar="NAME", help="Name of the new pack.")
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
def init_command(pack: str, dry_run: bool) -> int:
    """Set up the current directory: auditor.yaml, a pack of your own with tests, waivers.yaml, and CI.

    Writes a GitHub workflow if there is a .github directory. If there is a .gitlab-ci.yml or a
    .pre-commit-config.yaml, prints what to add to it. Existing files are never overwritten.
    """
    start = plan(Path(), pack)
    _refuse_existing(start.files)
    if dry_run:
        write_stdout(f"--- {visible(str(path))}\n{text}\n" for path, text in start.files.items())
    else:
        _write_new(start.files)
        write_stdout(f"{visible(str(path))}\n" for path in start.files)
    write_stdout(f"\nAdd to {name}:\n\n{text}" for name, text in start.snippets.items())
    for pattern, reason in start.excluded:
        note(f"Excluded in auditor.yaml: {visible(pattern)} ({visible(reason)})")
    if not dry_run and start.found:
        _note_first_check()
    _note_next_steps(start.manifests, pack, found=start.found)
    return 0


def _note_first_check() -> None:
    """Print why the first check is not clean, if it is not."""
    config, policy = load_config_and_policy(PolicyOptions())
    selection = FilesOptions().selection(config)
    options = AuditOptions(fail_on=Severity.of(config.fail_on or "low"), skips_unavailable=True, clock=clock)
    verdict = audit(ManifestFiles(WorkTree([os.curdir], selection)), policy, options).verdict
    if verdict.exit_code:
        note(f"`auditor check .` does not pass yet: {verdict.reason}")
    if verdict.exit_code == 1:
        note("To accept the current findings: `auditor baseline write .`, then set `baseline` in auditor.yaml")


def _note_next_steps(manifests: tuple[str, ...], pack: str, *, found: bool) -> None:
    if not found:
        note(f"No ML repo manifests found below this directory. Replace `{manifests[0]}` with your manifest directory.")
    note("Next:")
    for line in (
        shlex.join(["auditor", "check", *manifests]),
        f"auditor policy test policies/{pack}.yaml",
        "auditor audit  # needs TFY_HOST and TFY_API_KEY",
    ):
        note(f"  {line}")


@dataclass(frozen=True, slots=True)
class Start:
    """The files that a directory needs for its first check.

    Attributes:
        files: The files to write, with their texts.
        snippets: What to add to the user's own files, by their names.
        manifests: The files and directories to check.
        excluded: Patterns of files without manifests that would make a check incomplete, with the reasons.
        found: Whether there are manifests in them already.
    """

    files: Mapping[Path, str]
    snippets: Mapping[str, str]
    manifests: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    found: bool


def plan(folder: Path, pack: str) -> Start:
    """Decide what a directory needs.

    Args:
        folder: The directory.
        pack: The name of the user's own pack.

    Raises:
        InvalidError: The name is not valid for a pack.
    """
    found, excluded = _survey(folder)
    manifests = found or _NO_MANIFESTS
    words = {
        "PACK": pack,
        "VERSION": VERSION,
        "PATHS": _scalar("\n".join(manifests)),
        "LIST": ", ".join(map(_scalar, manifests)),
        "EXCLUDE": "".join(f"\n    - {_scalar(pattern)} # {visible(why)}" for pattern, why in excluded) or " []",
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
    return Start(files, snippets, manifests, excluded, bool(found))


def _survey(folder: Path) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the entries of the directory with manifests, and patterns of other files that cannot be checked."""
    places: set[str] = set()
    trouble: dict[str, str] = {}
    with chdir(folder):
        for item in ManifestFiles([os.curdir]).collect():
            if isinstance(item, Repo | Binding):
                places.add(_first_of(item.id))
            elif isinstance(item, Unread):
                trouble.setdefault(_first_of(item.what), f"{item.what}: {item.reason}")
            elif item.location:
                trouble.setdefault(_first_of(item.location.file), f"{item.location.file}: {item.message}")
    named = [f"./{name}" if name.startswith("-") else name for name in sorted(places) if not name.startswith(".")]
    if any((folder / name).is_file() for name in named):
        named = [os.curdir]  # so that a new file next to it is checked too
    excluded = tuple((f"/{name}", trouble[name]) for name in sorted(trouble.keys() - places))
    return tuple(named), excluded


def _first_of(place: str) -> str:
    """Return the first part of the path in a place such as `charts/a.yaml:3:1` or `m/a.yaml#2`."""
    return re.sub(r"(#\d+|:\d+:\d+)$", "", place).split(os.sep, 1)[0]


def _scalar(text: str) -> str:
    """Write text as a YAML scalar."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = (_TEMPLATES / template).read_text("utf-8")
    return re.sub(f"@({'|'.join(words)})@", lambda match: words[match[1]], text)


def _refuse_existing(paths: Iterable[Path]) -> None:
    """Check that nothing would be overwritten.

    Raises:
        InvalidError: Something already exists.
    """
    there = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if there:
        exist, them = ("exists", "it") if len(there) == 1 else ("exist", "them")
        raise InvalidError(
            f"{', '.join(there)} already {exist}, so nothing was written", f"move or delete {them} first"
        )


def _write_new(files: Mapping[Path, str]) -> None:
    """Write new files and their directories; if one cannot be written, remove those that were created.

    Raises:
        UndeliveredError: A file could not be written, or appeared in the meantime; no new file remains.
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
            raise UndeliveredError(f"{path} could not be written: {reason}; no files were created") from None


def _make_folders(folder: Path) -> list[Path]:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
    return missing[::-1]

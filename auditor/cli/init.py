"""`auditor init`: everything that a repository of manifests needs to be judged, here and in its CI service."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.output import note, write_stdout
from auditor.text import visible


@click.command("init")
@click.option("--pack", default="company", show_default=True, metavar="NAME", help="What your own pack is called.")
@click.option("--dry-run", is_flag=True, help="Print the files, write none.")
def init_command(pack: str, dry_run: bool) -> int:
    """Start in the current folder: auditor.yaml, a pack of your own with its tests, waivers.yaml, and a CI snippet.

    What it writes for CI depends on what it finds: a workflow where there is a .github folder; for GitLab and
    pre-commit, whose files are yours already, it prints what to add. Nothing is ever overwritten.
    """
    from auditor.cli.init_plan import plan
    from auditor.cli.new_files import refuse_existing, write_new

    start = plan(Path(), pack)
    refuse_existing(start.files)
    if dry_run:
        write_stdout(f"--- {visible(str(path))}\n{text}\n" for path, text in start.files.items())
    else:
        write_new(start.files)
        write_stdout(f"{visible(str(path))}\n" for path in start.files)
    write_stdout(f"\nAdd to {name}:\n\n{text}" for name, text in start.snippets.items())
    _tell_what_is_next(start.manifests, pack, found=start.found)
    return 0


def _tell_what_is_next(manifests: tuple[str, ...], pack: str, *, found: bool) -> None:
    from shlex import join

    if not found:
        note(f"No ML repo manifest lies below this folder; where it says {manifests[0]}, name the folder of yours.")
    note("Next:")
    for line in (
        join(["auditor", "check", *manifests]),
        f"auditor policy test policies/{pack}.yaml",
        "auditor audit",
    ):
        note(f"  {line}")

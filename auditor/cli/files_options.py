"""The options about manifest files, which `check`, `drift` and `fix` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from auditor.cli.options import FILE, options_as
from auditor.cli.output import note
from auditor.cli.settings import Config
from auditor.errors import InvalidError
from auditor.sources.files import ManifestFiles
from auditor.sources.files.placeholders import environment_variables, read_env_file
from auditor.sources.files.selection import Patterns, Selection
from auditor.sources.files.tree import FileTree


@dataclass(frozen=True, slots=True)
class FilesOptions:
    """The options that decide which files are read, and the values of placeholders in them."""

    exclude: tuple[str, ...] = ()
    no_ignore: bool = False
    env_file: Path | None = None
    substitute_env: bool = False
    verbose: bool = False

    def selection(self, config: Config, *, gitignore: bool = True) -> Selection:
        """Return which files below a directory are read.

        Args:
            config: The configuration.
            gitignore: Whether to apply the `.gitignore` files of the work tree.

        Raises:
            InvalidError: A pattern is wrong, or the options contradict each other.
        """
        if self.no_ignore and self.exclude:
            raise InvalidError("--no-ignore and --exclude cannot be used together", "use one of them")
        if self.no_ignore:
            return Selection(ignore=False)
        files = config.files
        written = ((files.exclude, config.base, "files.exclude"), (self.exclude, None, "--exclude"))
        include = (Patterns(files.include, config.base, "files.include"),) if files.include else ()
        exclude = tuple(Patterns(lines, base, what) for lines, base, what in written if lines)
        return Selection(exclude, include, gitignore=gitignore)

    def variables(self) -> Mapping[str, str]:
        """Return the values of placeholders; the file overrides the environment.

        Raises:
            InvalidError: The file cannot be read.
        """
        variables = environment_variables() if self.substitute_env else {}
        return variables | (read_env_file(self.env_file) if self.env_file else {})

    def manifests(self, tree: FileTree, config: Config) -> ManifestFiles:
        """Return the manifests of a tree as a source."""
        return ManifestFiles(tree, strict=config.files.strict, variables=self.variables())

    def note_left_out(self, left_out: Sequence[tuple[str, str]]) -> None:
        """Print the names of excluded files, with --verbose."""
        for name, reason in left_out if self.verbose else ():
            note(f"auditor: excluded: {name} ({reason})")


PATHS_HELP = "Files, directories or glob patterns, or - for stdin."

files_options = options_as(
    "files_options",
    FilesOptions,
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        help="Exclude files and directories, in .gitignore syntax (repeatable).",
    ),
    click.option("--no-ignore", is_flag=True, help="Include files that are ignored by git or excluded by default."),
    click.option("--env-file", type=FILE, help="Replace ${NAME} in manifests with values from this file."),
    click.option(
        "--substitute-env",
        is_flag=True,
        help="Replace ${NAME} in manifests with environment variables. Names that look like secrets are ignored.",
    ),
    click.option("--verbose", is_flag=True, help="List excluded files and directories."),
)

"""What a git repository knows about files: which commit a name stands for, and what files held there.

Git is run with fixed arguments and no shell. A name of a commit that could be taken for an option is refused, and what
is asked (`ls-tree`, `cat-file`) runs no hook, no filter and no external diff.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from auditor.errors import InvalidError

_FILES = {"100644", "100755"}
_WHOLE = "fetch the whole history, for example by `fetch-depth: 0`"


class Entry(NamedTuple):
    """A file of a commit.

    Attributes:
        path: Where it is, from the top of the repository, with `/` between folders.
        blob: The id of what it holds.
    """

    path: str
    blob: str


class Commit:
    """One commit of the repository around a folder.

    Attributes:
        top: The top folder of the work tree, without links.
        name: The commit as the user named it.
        id: Its id.
    """

    def __init__(self, folder: str, name: str, *, fork: bool = False) -> None:
        """Find a commit.

        Args:
            folder: A folder in the work tree.
            name: A branch, tag or id.
            fork: Whether the commit is meant where the current branch left the named one.

        Raises:
            InvalidError: There is no git, no repository, or no such commit.
        """
        self._folder = folder
        self.name = name
        self.top = os.path.realpath(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
        if not name or name.startswith("-") or "\0" in name:
            raise InvalidError(f"{name!r} is no name of a commit", "name a branch, a tag or an id")
        self.id = self._commit(name)
        if fork:
            self.id = self._fork()

    def _commit(self, name: str) -> str:
        try:
            found = _git(self._folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except InvalidError:
            raise self._unknown(name) from None
        return found.decode().strip()

    def _unknown(self, name: str) -> InvalidError:
        if not _git(self._folder, "rev-list", "--max-count=1", "--all"):
            message = f"the git repository {self.top} has no commit at all, so it has no {name!r}"
            return InvalidError(message, "commit something first, or leave out the option that names it")
        if name.startswith("HEAD") or "~" in name or "^" in name:
            return InvalidError(f"git knows no commit {name!r}", _WHOLE)
        fix = f"fetch it first, for example `git fetch origin {name.removeprefix('origin/')}`"
        return InvalidError(f"git knows no commit {name!r}", fix)

    def _fork(self) -> str:
        try:
            return _git(self._folder, "merge-base", "--end-of-options", self.id, "HEAD").decode().strip()
        except InvalidError:
            raise InvalidError(f"git does not know where this branch left {self.name!r}", _WHOLE) from None

    def files(self) -> dict[str, str]:
        """Return the regular files of the commit: path to the id of what they hold."""
        listed = _git(self.top, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", self.id)
        found = {}
        for line in listed.split(b"\0"):
            about, _, path = line.partition(b"\t")
            mode, kind, blob = about.decode().split() if about else ("", "", "")
            if kind == "blob" and mode in _FILES:
                found[os.fsdecode(path)] = blob
        return found

    def path(self, file: str) -> str:
        """Return the path of a file or folder from the top of the repository; empty for the top itself.

        Raises:
            InvalidError: It is not in the repository.
        """
        real = os.path.realpath(file)
        if real == self.top:
            return ""
        if not real.startswith(self.top.rstrip(os.sep) + os.sep):
            raise InvalidError(f"{file!r} is not in the git repository {self.top}")
        return os.path.relpath(real, self.top).replace(os.sep, "/")

    def contents(self, blobs: Iterable[str]) -> Iterator[bytes]:
        """Yield what these blobs hold, in their order."""
        wanted = "".join(f"{blob}\n" for blob in blobs).encode()
        answer = _git(self.top, "cat-file", "--batch", stdin=wanted)
        start = 0
        while start < len(answer):
            end = answer.index(b"\n", start)
            size = int(answer[start:end].split()[2])
            yield answer[end + 1 : end + 1 + size]
            start = end + 1 + size + 1


def blob_id(data: bytes, like: str) -> str:
    """Return the id that git gives to data, by the hash that another id is of."""
    digest = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


def _git(folder: str, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git and return what it prints.

    Raises:
        InvalidError: There is no git, or it refuses.
    """
    command = ["git", "--no-pager", "--literal-pathspecs", *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, see above
            command, cwd=folder or None, env=environment, input=stdin, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise InvalidError("git is not installed, and this option needs it") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "backslashreplace").strip()
        raise _refusal(folder or os.getcwd(), said) or InvalidError(
            f"git {arguments[0]} failed: {said.splitlines()[-1] if said else done.returncode}"
        )
    return done.stdout


def _refusal(folder: str, said: str) -> InvalidError | None:
    """Return why git works with no folder like this one; None if it is something else."""
    if "not a git repository" in said:
        fix = "run this in a checkout, or leave out the option that names a commit"
        return InvalidError(f"{folder} is not in a git repository, so it has no commits", fix)
    if "must be run in a work tree" in said:
        return InvalidError(f"{folder} is not in the work tree of its git repository", "run this in a checkout")
    if "dubious ownership" in said:
        message = f"git does not trust the repository around {folder}, which belongs to another user"
        return InvalidError(message, f"if you do, run `{said.splitlines()[-1].strip()}`")
    return None

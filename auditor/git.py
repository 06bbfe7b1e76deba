"""Git repositories: commits by name, and the content of files at a commit.

Git runs with fixed arguments and no shell. A commit name that could be taken for an option is rejected, and the
commands (`ls-tree`, `ls-files`, `cat-file`) run no hook, no filter and no external diff. Variables such as `GIT_DIR`,
which git sets for its hooks, are not passed on: the repository is always the one around the directory.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from auditor.errors import InvalidError

_FILES = {"100644", "100755"}
_WHOLE = "fetch the complete history: `git fetch --unshallow`, or `fetch-depth: 0` for actions/checkout"
_OF_HOOKS = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}
# These settings keep a change from running programs: through a directory like a bare repository, or a file monitor.
_SAFELY = ("-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", f"core.excludesFile={os.devnull}")
_GITMODULES = ".gitmodules"
_SUBMODULE_PATH = r"(?m)^[ \t]*path[ \t]*=[ \t]*\"?(.*?)\"?[ \t\r]*$"
_LARGEST_GITMODULES = 1024 * 1024


class Entry(NamedTuple):
    """A file of a commit.

    Attributes:
        path: Its path from the top of the repository, with `/` between directories.
        blob: The id of its content.
    """

    path: str
    blob: str


class Commit:
    """One commit of the repository around a directory.

    Attributes:
        top: The top directory of the work tree, without links.
        name: The commit as written by the user.
        id: Its id.
    """

    def __init__(self, folder: str, name: str, *, option: str = "", fork: bool = False) -> None:
        """Find a commit.

        Args:
            folder: A directory in the work tree.
            name: A branch, tag or id.
            option: The option, for messages.
            fork: Whether to return the commit at which the current branch forked from that one.

        Raises:
            InvalidError: There is no git, no repository, or no such commit.
        """
        self._folder = folder
        self.name = name
        try:
            self._find(fork=fork)
        except InvalidError as error:
            raise InvalidError(f"{option} {name}: {error.message}" if option else error.message, error.fix) from None

    def _find(self, *, fork: bool) -> None:
        name = self.name
        self.top = os.path.realpath(_git(self._folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
        if not name or name.startswith("-") or "\0" in name:
            raise InvalidError(f"{name!r} is not a valid commit", "use a branch, a tag or a commit id")
        self.id = self._commit(name)
        if fork:
            self.id = self._fork()

    @property
    def label(self) -> str:
        """Its name in reports: `main (0123456789ab)`."""
        return f"{self.name} ({self.id[:12]})"

    def _commit(self, name: str) -> str:
        try:
            found = _git(self._folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except InvalidError:
            raise self._unknown(name) from None
        return found.decode().strip()

    def _unknown(self, name: str) -> InvalidError:
        if not _git(self._folder, "rev-list", "--max-count=1", "--all"):
            message = f"the git repository {self.top} has no commits, so it has no {name!r}"
            return InvalidError(message, "create a commit first, or remove the option")
        shallow = self._is_shallow()
        message = f"this checkout has no commit {name!r}{', since it is shallow' if shallow else ''}"
        if name.startswith("HEAD") or "~" in name or "^" in name:
            return InvalidError(message, _WHOLE if shallow else "use a commit, branch or tag that exists")
        branch = name.removeprefix("origin/")
        wanted = f"origin +refs/heads/{branch}:refs/remotes/{name}" if branch != name else f"origin {name}"
        return InvalidError(message, f"run `git fetch {'--unshallow ' if shallow else ''}{wanted}` first")

    def _is_shallow(self) -> bool:
        return _git(self._folder, "rev-parse", "--is-shallow-repository").strip() == b"true"

    def _fork(self) -> str:
        try:
            return _git(self._folder, "merge-base", "--end-of-options", self.id, "HEAD").decode().strip()
        except InvalidError:
            pass
        if self._is_shallow():
            message = f"this checkout is shallow, so git cannot find where the branch diverged from {self.name!r}"
            raise InvalidError(message, _WHOLE)
        raise InvalidError(f"this branch and {self.name!r} have no commit in common", "use a commit from its history")

    def files(self) -> dict[str, str]:
        """Return the regular files of the commit: path to the id of the content."""
        listed = _git(self.top, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", self.id)
        found = {}
        for line in listed.split(b"\0"):
            about, _, path = line.partition(b"\t")
            mode, kind, blob = about.decode().split() if about else ("", "", "")
            if kind == "blob" and mode in _FILES:
                found[os.fsdecode(path)] = blob
        return found

    def path(self, file: str) -> str:
        """Return the path of a file or directory from the top of the repository; empty for the top itself.

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
        """Yield the content of these blobs, in order."""
        wanted = "".join(f"{blob}\n" for blob in blobs).encode()
        answer = _git(self.top, "cat-file", "--batch", stdin=wanted)
        start = 0
        while start < len(answer):
            end = answer.index(b"\n", start)
            about = answer[start:end].split()
            if about[-1] == b"missing":
                message = f"git has no content for {about[0].decode()} in this partial clone, and could not fetch it"
                raise InvalidError(message, "run `git fetch --refetch --no-filter`, or give git access to its remote")
            size = int(about[2])
            yield answer[end + 1 : end + 1 + size]
            start = end + 1 + size + 1


def blob_id(data: bytes, like: str) -> str:
    """Return git's id of data, with the same hash function as another id."""
    digest = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


def ignored_below(folder: str, patterns: Sequence[str], *, standard: bool) -> Iterator[str]:
    """Yield ignored files and directories below a directory of a work tree, by absolute path.

    Tracked files are never ignored. In a directory that is ignored itself, nothing is.

    Args:
        folder: The directory, absolute and without links.
        patterns: Patterns in the syntax of `.gitignore`.
        standard: Whether to apply `.gitignore` at every level and `.git/info/exclude`, never those of the user.

    Raises:
        InvalidError: Git is not there, or refuses this repository.
    """
    rules = [*(["--exclude-standard"] if standard else []), *(f"--exclude={pattern}" for pattern in patterns)]
    listed = _git(folder, "ls-files", "-z", "--others", "--ignored", "--directory", *rules)
    for name in listed.split(b"\0"):
        path = os.fsdecode(name).rstrip("/")
        if path not in {"", "."}:
            yield os.path.join(folder, path)


def sparse_below(folder: str) -> list[str]:
    """Return the tracked files below a directory that a sparse checkout leaves out, relative to it.

    Raises:
        InvalidError: Git is not there, or refuses this repository.
    """
    if _git(folder, "config", "--bool", "--default=false", "core.sparseCheckout").strip() != b"true":
        return []
    listed = _git(folder, "ls-files", "-z", "-t").split(b"\0")
    return [os.fsdecode(line[2:]) for line in listed if line.startswith(b"S ")]


def in_work_tree(folder: str) -> bool:
    """Return whether an absolute directory or one above it has a `.git`."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return False
    return True


def is_submodule(folder: str) -> bool:
    """Return whether the checkout around an absolute directory lists it as a submodule."""
    top, below = os.path.dirname(folder), folder
    while top != below:
        if os.path.isfile(os.path.join(top, _GITMODULES)):
            return os.path.relpath(folder, top).replace(os.sep, "/") in _submodules(os.path.join(top, _GITMODULES))
        top, below = os.path.dirname(top), top
    return False


def _submodules(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return re.findall(_SUBMODULE_PATH, stream.read(_LARGEST_GITMODULES))
    except OSError:
        return []


def _git(folder: str, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git and return its output.

    Raises:
        InvalidError: Git is not installed, or fails.
    """
    import subprocess  # noqa: PLC0415 - 8 ms that runs outside of a repository do not need

    command = ["git", "--no-pager", "--literal-pathspecs", *_SAFELY, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, see above
            command, cwd=folder or None, env=environment, input=stdin, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise InvalidError("this option needs git, which is not installed") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "backslashreplace").strip()
        raise _refusal(os.path.abspath(folder), said) or InvalidError(
            f"git {arguments[0]} failed: {said.splitlines()[-1] if said else done.returncode}"
        )
    return done.stdout


def _refusal(folder: str, said: str) -> InvalidError | None:
    """Return why git rejects this directory; None if the problem is another one."""
    if "not a git repository" in said:
        fix = "run this in a checkout, or remove the option"
        return InvalidError(f"{folder} is not in a git repository, so it has no commits", fix)
    if "must be run in a work tree" in said or "cannot use bare repository" in said:
        return InvalidError(f"{folder} is not in the work tree of its git repository", "run this in a checkout")
    if "dubious ownership" in said:
        message = f"git does not trust the repository of {folder}, because it belongs to another user"
        return InvalidError(message, f"if you trust it, run `{said.splitlines()[-1].strip()}`")
    return None

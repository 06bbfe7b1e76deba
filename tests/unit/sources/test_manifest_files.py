"""Manifest files as a source: every file that could hold a manifest is read, once, or reported as unread."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import InvalidError
from auditor.model import Binding, Finding, Repo, Unread, UnreadKind
from auditor.sources.files import ManifestFiles
from auditor.sources.files.tree import STDIN, File, WorkTree

REPO = """\
type: ml-repo
name: {name}
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod
"""
BINDING = "type: role-binding\nname: readers\nsubjects: []\npermissions: []\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty current folder."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def write(path: str | Path, name: str = "fraud-prod") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(REPO.format(name=name), "utf-8")
    return file


class WithStdin(WorkTree):
    """Return the files, with a text on stdin."""

    def __init__(self, paths, stdin: bytes) -> None:
        super().__init__(paths)
        self._stdin = stdin

    def read(self, file: File, size: int) -> bytes:
        return self._stdin[:size] if file.path == STDIN else super().read(file, size)


def collected(*paths: str, stdin: bytes = b"") -> list:
    return list(ManifestFiles(WithStdin(paths, stdin)).collect())


def names(*paths: str) -> list[str]:
    """Return the files that repos were read from."""
    return [each.id.partition("#")[0] for each in collected(*paths) if isinstance(each, Repo)]


def unread(*paths: str) -> list[tuple[UnreadKind, str]]:
    return [(each.kind, each.what) for each in collected(*paths) if isinstance(each, Unread)]


@pytest.mark.usefixtures("folder")
def test_a_folder_means_every_manifest_file_below_it_including_hidden_ones():
    for number, file in enumerate(["b.yaml", "a.yml", "c.json", "D.YAML", "sub/e.yaml", ".hidden/f.yaml", ".g.yaml"]):
        write(file, f"repo-{number}")
    for file in ("readme.md", "a.yaml.bak", ".git/config.yaml", "sub/.git/x.yaml"):
        write(file)
    expected = [".g.yaml", "D.YAML", "a.yml", "b.yaml", "c.json", ".hidden/f.yaml", "sub/e.yaml"]
    assert names(".") == expected
    assert names("./sub/..") == expected
    assert names("sub") == ["sub/e.yaml"]


@pytest.mark.usefixtures("folder")
def test_a_named_file_is_read_whatever_it_is_called():
    write("manifest.txt")
    assert names("manifest.txt") == ["manifest.txt"]


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_named_twice_is_read_once():
    write("a/b.yaml")
    assert names("a", "a/b.yaml", "./a/../a/b.yaml", "a") == ["a/b.yaml"]


@pytest.mark.usefixtures("folder")
def test_patterns_that_the_shell_left_alone_are_expanded():
    for file in ("x/a.yaml", "x/y/b.yaml", "x/c.md", "x/.d.yaml"):
        write(file, file[-6:-5] + "-repo")
    assert names("x/*") == ["x/.d.yaml", "x/a.yaml", "x/y/b.yaml"]
    assert names("**/b.yaml") == ["x/y/b.yaml"]
    write("literal[1].yaml")
    assert names("literal[1].yaml") == ["literal[1].yaml"]


@pytest.mark.usefixtures("folder")
def test_a_path_or_pattern_that_leads_nowhere_is_an_error_with_the_nearest_name():
    write("manifests/a.yaml")
    with pytest.raises(InvalidError, match=r"no such file or directory: 'manifest/'|did you mean") as caught:
        ManifestFiles(["manifest"])
    assert str(caught.value) == "no such file or directory: 'manifest'; did you mean 'manifests'?"
    with pytest.raises(InvalidError, match=r"matches no manifest file"):
        ManifestFiles(["manifests/*.json"])


def test_stdin_is_read_once_and_called_so():
    items = collected("-", "-", stdin=REPO.format(name="x_").encode())
    assert [type(each) for each in items] == [Repo]
    assert items[0].locate("/name").file == "<stdin>"


def test_too_much_is_not_read():
    (item,) = collected("-", stdin=b"#" * (8 * 1024 * 1024 + 1))
    assert (item.kind, item.what, item.reason) == (UnreadKind.FILE, "<stdin>", "it is larger than 8 MiB")


def test_a_sparse_file_of_many_gigabytes_is_rejected_immediately(folder):
    with (folder / "huge.yaml").open("wb") as stream:
        stream.truncate(10 * 1024**3)
    assert unread(".") == [(UnreadKind.FILE, "huge.yaml")]


def test_links_are_followed_inside_the_checked_folder_and_named_outside(folder):
    write("real.yaml", "real")
    write("data/held", "held")
    outside = write(folder.parent / "outside/o.yaml", "outside")
    for link, target in {
        "within.yaml": "real.yaml",
        "held.yaml": "data/held",
        "loop": ".",
        "out.yaml": outside,
        "out": outside.parent,
        "broken.yaml": "nothing",
        "self.yaml": "self.yaml",
        "ignored.txt": "nothing",
    }.items():
        (folder / link).symlink_to(target)
    assert sorted(names(".")) == ["held.yaml", "real.yaml"]
    found = {what: kind for kind, what in unread(".")}
    assert found == {
        "out.yaml": UnreadKind.FILE,
        "out": UnreadKind.DIRECTORY,
        "broken.yaml": UnreadKind.FILE,
        "self.yaml": UnreadKind.FILE,
    }
    assert names("out.yaml") == ["out.yaml"]
    assert {what for _, what in unread(".", str(outside.parent))} == {"broken.yaml", "self.yaml"}


def test_pipes_sockets_and_devices_are_never_opened(folder, monkeypatch):
    os.mkfifo(folder / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.yaml")
        assert unread(".") == [(UnreadKind.FILE, "pipe.yaml"), (UnreadKind.FILE, "socket.yaml")]
    assert unread("pipe.yaml") == [(UnreadKind.FILE, "pipe.yaml")]
    assert unread("/dev/zero") == [(UnreadKind.FILE, "/dev/zero")]


def test_a_file_replaced_by_a_pipe_does_not_block(folder):
    write("a.yaml")
    source = ManifestFiles(["a.yaml"])
    (folder / "a.yaml").unlink()
    os.mkfifo(folder / "a.yaml")
    (item,) = source.collect()
    assert isinstance(item, Unread)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold root back")
def test_what_may_not_be_read_is_named(folder):
    write("closed.yaml").chmod(0)
    write("shut/a.yaml")
    (folder / "shut").chmod(0)
    assert set(unread(".")) == {(UnreadKind.FILE, "closed.yaml"), (UnreadKind.DIRECTORY, "shut")}
    (folder / "shut").chmod(0o700)


def test_a_file_that_disappears_is_reported(folder):
    write("a.yaml")
    write("b.yaml", "other")
    items = ManifestFiles(["."]).collect()
    next(items)
    (folder / "b.yaml").unlink()
    assert [(each.kind, each.what, each.reason) for each in items] == [
        (UnreadKind.FILE, "b.yaml", "it cannot be read: No such file or directory")
    ]


def test_folders_may_be_deeper_than_python_can_recurse(folder):
    path = folder
    for _ in range(1200):
        path /= "d"
        path.mkdir()
    write(path / "deepest.yaml")
    found = names(".")
    (path / "deepest.yaml").unlink()
    while path != folder:  # what pytest cleans up by recurses
        path.rmdir()
        path = path.parent
    assert [name[-14:] for name in found] == ["d/deepest.yaml"]


def test_a_name_that_is_not_utf_8_is_shown_by_escapes(folder):
    try:
        (folder / os.fsdecode(b"caf\xe9.yaml")).write_text(REPO.format(name="a-b"))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert names(".") == ["caf\\xe9.yaml"]


@pytest.mark.usefixtures("folder")
def test_namesakes_are_found_across_files_and_both_places_are_named():
    write("a.yaml", "churn")
    write("b.yaml", "churn")
    write("c.yaml", "Churn")
    found = [each for each in collected(".") if isinstance(each, Finding)]
    assert [(each.rule.id, each.location.file, each.location.line) for each in found] == [
        ("MLF005", "b.yaml", 2),
        ("MLF006", "c.yaml", 2),
    ]
    assert all("a.yaml:1" in each.message for each in found)


@pytest.mark.usefixtures("folder")
def test_the_origin_counts_what_was_checked_and_what_was_not():
    Path("all.yaml").write_text(
        f"{REPO.format(name='a-b')}---\n{BINDING}---\ntype: service\nname: s\n---\ntype: service\n---\ntype: teapot\n",
        "utf-8",
    )
    source = ManifestFiles(["."])
    items = list(source.collect())
    assert [type(each) for each in items] == [Repo, Binding]
    assert source.role_bindings == [items[1]]
    assert items[1].locate("/subjects").line == 7
    origin = source.origin()
    assert (origin.files, origin.total, origin.bindings) == (1, 1, 1)
    assert origin.skipped == (("(unknown types)", 1), ("service", 2))


def test_a_pointer_leads_to_its_line_column_end_and_text():
    grants = "collaborators:\n  - {subject: 'team:ä', role_id: x}\n  - subject: >-\n      team:b\n"
    text = f"type: ml-repo\nname: fraud\n{grants}"
    (repo,) = (each for each in collected("-", stdin=text.encode()) if isinstance(each, Repo))
    pointers = ("", "/name", "/collaborators", "/collaborators/0", "/collaborators/0/role_id", "/nothing")
    places = {
        pointer: (at.line, at.column, at.end, at.text)
        for pointer in (*pointers, "/collaborators/1/subject")
        if (at := repo.locate(pointer))
    }
    lines = text.split("\n")
    assert places == {
        "": (1, 1, 14, lines[0]),
        "/name": (2, 7, 12, lines[1]),
        "/collaborators": (3, 1, 14, lines[2]),
        "/collaborators/0": (4, 5, 36, lines[3]),
        "/collaborators/0/role_id": (4, 34, 35, lines[3]),
        "/nothing": (1, 1, 14, lines[0]),
        "/collaborators/1/subject": (5, 14, 16, lines[4]),
    }


PARTS = [
    "type: ml-repo",
    "name: ",
    "no",
    "&a ",
    "*a",
    "<<: ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "\n",
    "  ",
    "---\n",
]
SOUP = st.lists(st.sampled_from([*PARTS, "'", '"', "010", "!!x ", "\u2028", "é", "role-binding", "collaborators:\n"]))


@settings(max_examples=400, deadline=None)
@given(SOUP.map(lambda parts: "".join(parts).encode()) | st.binary(max_size=80))
def test_anything_on_stdin_is_checked_or_reported_as_unread_with_valid_places(data):
    lines = data.decode("utf-8", "replace").count("\n") + data.count(b"\r") + data.count(b"\xa8") + 1
    for item in collected("-", stdin=data):
        places = [item.location] if isinstance(item, Finding) else []
        places += [item.locate(each) for each in ("", "/name", "/x/0")] if isinstance(item, Repo | Binding) else []
        assert all(0 < place.line <= lines + 1 for place in places)
        assert isinstance(item, Repo | Binding | Finding | Unread)


@pytest.mark.parametrize("kind", ["helm", "job", "role", "model-version", "teapot", "repo-man-config", "binding"])
def test_a_type_that_only_resembles_is_left_alone(kind):
    assert collected("-", stdin=f"type: {kind}\nname: a\n".encode()) == []


@pytest.mark.parametrize("listed", ["path = tf/sub", '\tpath="tf/sub"', "path = other\n\tpath = tf/sub"])
def test_a_submodule_that_was_not_fetched_is_not_taken_for_an_empty_folder(folder, listed):
    write("tf/a.yaml")
    (folder / "tf/sub").mkdir()
    (folder / "tf/empty").mkdir()
    assert unread("tf") == []
    (folder / ".gitmodules").write_text(f'[submodule "x"]\n\t{listed}\n\turl = https://example.com/x.git\n', "utf-8")
    assert unread("tf") == [(UnreadKind.DIRECTORY, "tf/sub")]
    write("tf/sub/b.yaml", "other")
    assert unread("tf") == []

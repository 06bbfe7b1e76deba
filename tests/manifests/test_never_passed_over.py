"""Everything that a YAML or JSON parser takes for one of our manifests is checked, or reported as unread."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress

import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from auditor.sources.files import ManifestFiles
from auditor.sources.files.recognition import may_contain_manifest
from auditor.sources.files.tree import File, FileTree

LOADERS = [yaml.SafeLoader, yaml.FullLoader, yaml.CSafeLoader]
TYPES = ("ml-repo", "role-binding")

KEYS = ["type", '"type"', "'type'", '"\\x74ype"', '"t\\\n  ype"', "? type\n", "&k type", "!!str type", "Type", "typ"]
VALUES = [
    "ml-repo",
    "role-binding",
    '"ml-repo"',
    "`ml-repo`",
    '"ml\\x2drepo"',
    '"ml\\u002drepo"',
    '"\\U0000006dl-repo"',
    '"ml-\\\n  repo"',
    '"\\\n  role-\\\n\\\n  binding"',
    "|-\n  ml-repo",
    ">-\n  ml-repo",
    "\n  ml-repo",
    "# \\\n  ml-repo",
    "&v ml-repo",
    "*t",
    "!!str ml-repo",
    "!!binary bWwtcmVwbw==",
    "!<tag:yaml.org,2002:str> ml-repo",
    "!local ml-repo",
    "ml-repo # why",
    "service",
    "[ml-repo]",
    "mlrepo",
    "",
]
LINES = [
    "a: 1",
    "x: &t ml-repo",
    "m: &m {type: ml-repo}",
    "n: &n {type: service}",
    "<<: *m",
    "<<: [*n, *m]",
    '"<<": *m',
    "type: service",
    "a: @",
    "b: !Sub x",
    "{{- if x }}",
    "c: [1, 2",
    "d: |\n  type: ml-repo",
    "e: caf\u00e9 \U0001f600",
    "\tf: 1",
    "---",
    "...",
    "%YAML 1.1\n---",
    "%TAG !x! tag:yaml.org,2002:\n---",
    "# comment \\",
    "storage_integration_fqn: a:b:c:d:e",
    "subjects: []\npermissions: []",
    "g: 1\ng: 2",
]
ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"]


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """A file that writes a type in one of many ways between lines of all kinds, or as JSON."""
    before, after = (draw(st.lists(st.sampled_from(LINES), max_size=3)) for _ in range(2))
    key, value = draw(st.sampled_from(KEYS)), draw(st.sampled_from(VALUES))
    form = draw(st.sampled_from(["block", "flow", "json"]))
    if form == "block":
        text = "\n".join([*before, f"{key}: {value}", *after, ""])
    elif form == "flow":
        text = "\n".join([*before, f"{{{key}: {value}, name: a}}", *after, ""])
    else:
        entries = draw(st.dictionaries(st.sampled_from(["a", "x", "name"]), st.text(max_size=5), max_size=2))
        word = draw(st.sampled_from([*TYPES, "service"]))
        text = json.dumps(
            {**entries, "type": word}, ensure_ascii=draw(st.booleans()), indent=draw(st.none() | st.just(1))
        )
        text = draw(
            st.sampled_from([text, text.replace("-", "\\u002d"), f"{text[:-1]},}}", f"// x\n{text}", f"[{text}]"])
        )
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return text.replace("\n", end).encode(draw(st.sampled_from(ENCODINGS)), "surrogatepass")


def manifests_for(data: bytes) -> Iterator[object]:
    """Yield every document that some parser takes for one of our manifests."""
    for loader in LOADERS:
        documents: list[object] = []
        with suppress(yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):
            for document in yaml.load_all(data, loader):
                documents.append(document)
        yield from documents
    with suppress(ValueError):
        yield json.loads(data)


class OneFile(FileTree):
    """A tree with one file that does not exist on disk."""

    def __init__(self, data: bytes) -> None:
        self.paths, self.left_out, self._data = ["a.yaml"], [], data

    def files(self) -> Iterator[File]:
        """Yield the file."""
        yield File("a.yaml", "a.yaml")

    def read(self, file: File, size: int) -> bytes:
        """Return its content."""
        return self._data[:size]


EXAMPLES = 20_000 if os.environ.get("AUDITOR_LONG") else 1500


@settings(max_examples=EXAMPLES, deadline=None)
@given(written())
def test_what_any_parser_takes_for_a_manifest_is_never_ignored(data):
    ours = [each for each in manifests_for(data) if isinstance(each, dict) and each.get("type") in TYPES]
    found = list(ManifestFiles(OneFile(data)).collect())
    event("a manifest" if ours else "no manifest")
    if ours:
        assert found
        assert may_contain_manifest(data)

"""A one-letter mistake never turns a rule off: every misspelled key and word of all our packs is rejected.

The packs: the shipped ones, those in README and docs, and `packs/*.yaml`, which use every key of the language. Each
word is misspelled in four ways. Free text is left alone: texts for people, values of parameters and data, and the
documents of examples, which stand for repos and not for policy (`auditor policy test` evaluates those).
"""

import json
import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from auditor.documents import read_yaml
from auditor.errors import InvalidError
from auditor.policy import OPERATORS, load_policy, packs
from auditor.policy.packs import read_pack
from auditor.resources import schema, shipped_packs
from tests.conftest import LONG

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WORDS = {
    "severity",
    "for",
    "type",
    "field",
    "param",
    "data",
    "fold",
    "group_by",
    "distinct",
    "format",
    "column",
    "file",
}
WORDS |= {"extends"}
EXAMPLES = {("pass", "[]"), ("fail", "[]")}
FREE = {"manifest", "repo", "repos", "default", "value"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def shown_in(page):
    """Return the packs on a page."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    packs = [
        block for block in blocks if "policy: 1" in block and "\nrules:" in block and "name: misspelled" not in block
    ]
    return {f"{page.name}-{number}": (text, page.parent) for number, text in enumerate(packs)}


SHIPPED = [Path(path) for path in shipped_packs().values()]
PACKS = {path.name: (path.read_text(encoding="utf-8"), path.parent) for path in SHIPPED}
for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
    PACKS |= shown_in(page)
PACKS |= {
    path.name: (path.read_text(encoding="utf-8"), path.parent) for path in sorted((HERE / "packs").glob("*.yaml"))
}


SHORT = ("everything.yaml", "hygiene.yaml", "storage.yaml")
"""The packs with misspelled words in a short run: one with every key of the language, and two shipped ones."""


def write_beside(name, folder):
    """Write the files that a pack refers to: those next to an example pack, or other packs of a page and data."""
    text, origin = PACKS[name]
    if origin == HERE / "packs":
        for file in (each for each in origin.iterdir() if each.is_file()):
            shutil.copy(file, folder)
    for file in re.findall(r"\bfile: ([\w.-]+)", text):
        if not (folder / file).exists():
            (folder / file).write_text("someone\n", encoding="utf-8")


@dataclass(frozen=True)
class Word:
    """A word that has to be one of the known ones, and its place.

    Attributes:
        text: The word.
        line: Its line, from 0.
        column: Its column, from 0.
        defines: Whether it defines a name that others use, so that the error may name the place of a use.
    """

    text: str
    line: int
    column: int
    defines: bool = False


def words_of(cursor, path=()):
    """Yield every key and every enumerated value below a cursor."""
    if isinstance(cursor.value, list):
        for item in cursor.value:
            yield from words_of(item, (*path, "[]"))
    elif isinstance(cursor.value, dict):
        for key, child in cursor.value.items():
            if not path and key.startswith("x-"):
                continue  # any such key is allowed; its content is checked where it is used
            yield word_at(child.key_mark, key, defines=path in {("params",), ("data",)} and len(path) == 1)
            if not is_free((*path, key)):
                yield from words_of(child, (*path, key))
    else:
        yield from words_in(cursor, path)


def is_free(path):
    """Return whether the values below a path are not part of the language."""
    if path[-3:-1] in EXAMPLES and path[-1] in FREE:
        return True
    return (path[0], path[2:]) == ("params", ("default",)) or path[-1] == "const"


def word_at(mark, text, defines=False):
    return Word(text, mark.line - 1, mark.column - 1, defines)


def words_in(cursor, path):
    key = next(word for word in reversed(path) if word != "[]")
    if isinstance(cursor.value, bool) and key in OPERATORS:
        yield word_at(cursor.mark, str(cursor.value).lower())
    elif key in WORDS and isinstance(cursor.value, str):
        yield word_at(cursor.mark, cursor.value)
    elif key == "message":
        start = cursor.mark.column  # after the opening quote
        for match in PLACEHOLDER.finditer(cursor.value):
            yield Word(match[1], cursor.mark.line - 1, start + match.start(1))


def misspelled(word):
    """Return the word with one letter less, two letters swapped, one doubled, and one replaced."""
    middle = len(word) // 2
    slips = [
        word[:middle] + word[middle + 1 :],
        word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :],
        word[:middle] + word[middle] + word[middle:],
        word[:middle] + ("x" if word[middle] != "x" else "z") + word[middle + 1 :],
    ]
    return [slip for slip in dict.fromkeys(slips) if slip not in {word, ""}]


def mutants_of(text, word):
    lines = text.splitlines(keepends=True)
    before, after = lines[word.line][: word.column], lines[word.line][word.column :]
    quote = after[0] if after[0] in "'\"" else ""
    assert after[len(quote) :].startswith(word.text), f"line {word.line + 1} lacks {word.text!r} at {word.column + 1}"
    for slip in misspelled(word.text):
        mutated = before + quote + slip + after[len(quote) :].removeprefix(word.text)
        yield slip, "".join([*lines[: word.line], mutated, *lines[word.line + 1 :]])


@pytest.fixture
def extended_packs_without_rules(monkeypatch):
    """Return only parameters and names of a pack that a mutant extends, as its rules do not matter here."""
    shipped = {str(path.resolve()): replace(read_pack(str(path)), rules={}) for path in SHIPPED}
    monkeypatch.setattr(packs, "read_pack", lambda path: shipped.get(os.path.realpath(path)) or read_pack(path))


def alone(text, rules, word):
    """Blank out the other rules, so that a mutant loads fast and its lines keep their numbers."""
    if not rules[0] <= word.line < rules[-1] or word.defines:
        return text
    start = max(line for line in rules if line <= word.line)
    end = min(line for line in rules if line > word.line)
    lines = text.splitlines(keepends=True)
    blank = [
        line if start <= number < end or not rules[0] <= number < rules[-1] else "\n"
        for number, line in enumerate(lines)
    ]
    return "".join(blank)


def rule_lines(document, text):
    """Return the first line of each rule, from 0, and the line after the last rule."""
    keys = document.mapping()
    starts = [item.mark.line - 1 for item in keys["rules"].items()]
    later = [child.key_mark.line - 1 for child in keys.values() if child.key_mark.line - 1 > starts[-1]]
    return [*starts, min(later, default=len(text.splitlines()))]


@pytest.fixture(scope="module")
def total(summarize):
    counts = []
    yield counts
    mutants, suggested = (sum(each[part] for each in counts) for part in (0, 1))
    summarize(f"language: {mutants} mutants of {len(counts)} packs, {suggested} rejected with a suggestion")


@pytest.mark.usefixtures("extended_packs_without_rules")
@pytest.mark.parametrize("pack", PACKS if LONG else SHORT)
def test_every_misspelling_of_one_letter_is_refused_with_its_line(pack, tmp_path, total):
    text, _ = PACKS[pack]
    write_beside(pack, tmp_path)
    file = tmp_path / "mutant.yaml"
    accepted, elsewhere, unhelpful, count = [], [], [], 0
    document = read_yaml(text.encode(), pack)
    rules = rule_lines(document, text)
    for word in words_of(document):
        for slip, mutant in mutants_of(alone(text, rules, word), word):
            count += 1
            file.write_text(mutant, encoding="utf-8")
            line, said = refusal(file)
            what = f"line {word.line + 1}: {word.text} -> {slip}"
            if line is None:
                accepted.append(what)
            elif line != word.line + 1 and not word.defines:
                elsewhere.append(f"{what}, refused at line {line}: {said}")
            elif word.text.partition("@")[0] not in said.replace(str(tmp_path), ""):
                unhelpful.append(f"{what}: {said}")
    total.append((count, count - len(unhelpful)))
    assert not accepted
    assert not elsewhere
    assert [each for each in unhelpful if len(each.split()[2]) > 3] == []  # too few letters are left of shorter words


def refusal(file):
    """Return the line in the error (None if the pack is accepted, 0 if the error has none) and its text."""
    try:
        load_policy([str(file)])
    except InvalidError as error:
        place = re.match(rf"{re.escape(str(file))}:(\d+):\d+: ", str(error))
        return (int(place[1]) if place and error.exit_code == 2 else 0), str(error)
    return None, ""


def keys_of(schema):
    """Return every key in a JSON Schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for child in schema.values():
            yield from keys_of(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from keys_of(child)


def test_the_packs_use_every_key_of_the_language():
    texts = [text for text, _ in PACKS.values()]
    used = {word.text for text in texts for word in words_of(read_yaml(text.encode(), "pack"))}
    used |= {key for text in texts for key in re.findall(r"[\w.]+(?=:)", text)}
    fields = {key for key in keys_of(schema("policy")) if "." in key or key == "manifest"}
    assert set(keys_of(schema("policy"))) - fields - used == set()


@pytest.mark.parametrize("pack", PACKS)
def test_what_is_mutated_is_right(pack, tmp_path):
    write_beside(pack, tmp_path)
    file = tmp_path / "pack.yaml"
    file.write_text(PACKS[pack][0], encoding="utf-8")
    assert load_policy([str(file)]).rules


def test_what_is_misspelled_is_one_edit_away():
    assert misspelled("severity") == ["seveity", "sevreity", "severrity", "sevexity"]
    assert json.dumps(misspelled("a")) == '["aa", "x"]'

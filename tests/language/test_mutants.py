"""A mistake of one letter never turns a rule off: every key and every word of the shipped packs, misspelt, is refused.

Left alone is what is free by design: texts for people, values of parameters, and the documents of examples, which
stand for repos and not for policy (`auditor policy test` judges by them).
"""

import re
import sys
from dataclasses import dataclass, replace

import pytest

from auditor.documents import read_yaml
from auditor.errors import InvalidError
from auditor.policy import OPERATORS, load_policy, packs
from auditor.policy.packs import read_pack
from auditor.resources import shipped_packs

WORDS = {"severity", "for", "type", "param", "field", "fold", "group_by", "distinct"}
EXAMPLES = {("pass", "[]"), ("fail", "[]"), ("repos", "[]")}
DOCUMENTS = {"manifest", "repo"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Word:
    """A word that has to be one of the known ones, and where it stands.

    Attributes:
        text: The word.
        line: Its line, from 0.
        column: Its column, from 0.
        defines: Whether it defines a name that others use, so that the error may point at a use.
    """

    text: str
    line: int
    column: int
    defines: bool = False


def words_of(cursor, path=()):
    """Every key and every enumerated value below a cursor."""
    if isinstance(cursor.value, list):
        for item in cursor.value:
            yield from words_of(item, (*path, "[]"))
    elif isinstance(cursor.value, dict):
        for key, child in cursor.value.items():
            yield word_at(child.key_mark, key, defines=path == ("params",))
            if not (path[-2:] in EXAMPLES and key in DOCUMENTS):
                yield from words_of(child, (*path, key))
    else:
        yield from words_in(cursor, path)


def word_at(mark, text, defines=False):
    return Word(text, mark.line - 1, mark.column - 1, defines)


def words_in(cursor, path):
    if isinstance(cursor.value, bool) and path[-1] in OPERATORS:
        yield word_at(cursor.mark, str(cursor.value).lower())
    elif path[-1] in WORDS and isinstance(cursor.value, str):
        yield word_at(cursor.mark, cursor.value)
    elif path[-1] == "message":
        start = cursor.mark.column  # behind the opening quote
        for match in PLACEHOLDER.finditer(cursor.value):
            yield Word(match[1], cursor.mark.line - 1, start + match.start(1))


def misspelt(word):
    """Two misspellings of a word, by different slips where its letters allow it."""
    middle = len(word) // 2
    dropped = word[:middle] + word[middle + 1 :]
    doubled = word[:middle] + word[middle] + word[middle:]
    swapped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    slips = (dropped, swapped, doubled) if len(word) % 2 else (swapped, doubled, dropped)
    return [slip for slip in slips if slip not in {word, ""}][:2]


def mutants_of(text, word):
    lines = text.splitlines(keepends=True)
    before, after = lines[word.line][: word.column], lines[word.line][word.column :]
    assert after.startswith(word.text), f"line {word.line + 1} does not have {word.text!r} at {word.column + 1}"
    for slip in misspelt(word.text):
        mutated = before + slip + after.removeprefix(word.text)
        yield slip, "".join([*lines[: word.line], mutated, *lines[word.line + 1 :]])


@pytest.fixture
def extended_packs_without_rules(monkeypatch):
    """Of the packs that a mutant extends, give it parameters and names alone: their rules are not its matter."""
    shipped = {path.resolve(): replace(read_pack(path), rules={}) for path in shipped_packs().values()}
    monkeypatch.setattr(packs, "read_pack", lambda path: shipped.get(path.resolve()) or read_pack(path))


def alone(text, rules, word):
    """Leave out the other rules, line by line, so that a mutant is loaded fast and its lines keep their numbers."""
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
    """The line where each rule starts, from 0, and the one behind the last."""
    keys = document.mapping()
    starts = [item.mark.line - 1 for item in keys["rules"].items()]
    later = [child.key_mark.line - 1 for child in keys.values() if child.key_mark.line - 1 > starts[-1]]
    return [*starts, min(later, default=len(text.splitlines()))]


@pytest.mark.usefixtures("extended_packs_without_rules")
@pytest.mark.parametrize("pack", sorted(shipped_packs()))
def test_every_misspelling_of_one_letter_is_refused_with_its_line(pack, tmp_path):
    text = shipped_packs()[pack].read_text(encoding="utf-8")
    document = read_yaml(text.encode(), pack)
    words, rules = list(words_of(document)), rule_lines(document, text)
    file = tmp_path / "mutant.yaml"
    accepted, elsewhere, count = [], [], 0
    for word in words:
        for slip, mutant in mutants_of(alone(text, rules, word), word):
            count += 1
            file.write_text(mutant, encoding="utf-8")
            line = line_of_refusal(file)
            if line is None:
                accepted.append(f"line {word.line + 1}: {word.text} -> {slip}")
            elif line != word.line + 1 and not word.defines:
                elsewhere.append(f"line {word.line + 1}: {word.text} -> {slip}, refused at line {line}")
    sys.stdout.write(f"{pack}: {count} mutants of {len(words)} words\n")
    assert count > 500
    assert not accepted
    assert not elsewhere


def line_of_refusal(file):
    """The line that the error names; None if the pack is accepted, 0 if the error names none."""
    try:
        load_policy([str(file)])
    except InvalidError as error:
        place = re.match(rf"{re.escape(str(file))}:(\d+):\d+: ", str(error))
        return int(place[1]) if place and error.exit_code == 2 else 0
    return None

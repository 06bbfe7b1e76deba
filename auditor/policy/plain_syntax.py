r"""The patterns that are matched without RE2, and the programs that match them.

Accepted is what Python's parser and RE2 read alike: literals, escaped punctuation, `\d \w \s` (ASCII) and their
opposites, `\pL` and `\pN`, classes, `.`, alternatives, groups, named groups, greedy and lazy repetitions up to 1000,
`^`, `$`, `\A`, and the flags `i` (over ASCII) and `s`. Everything else is refused, also what RE2 would accept.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from auditor.policy.plain_chars import CATEGORIES, OF_UNICODE, PRIVATE, Accepts, between, folded, opposite, union

_PARSER: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001 - the only parser there is
_SIZE = 4000
"""The longest program, in steps."""

_TIMES = 1000
"""The most that anything is repeated, as in RE2."""

_TOKEN = re.compile(
    r"\\(?P<unicode>[pP](?:[LN]|\{[LN]\}))|\\(?:[dDwWsSaftnrvA]|x[0-9a-fA-F]{2}|[!-/:-@\[-^`{-~])"
    r"|\(\?(?::|P<[A-Za-z_][A-Za-z0-9_]*>|[is]+[:)])|\((?!\?)|\{[0-9]{1,4}(?:,[0-9]{0,4})?\}|(?P<open>\[\^?\]?)|[^\\({\[]"
)
_IN_CLASS = re.compile(
    r"\\(?P<unicode>[pP](?:[LN]|\{[LN]\}))|\\(?:[dDwWsSaftnrv]|x[0-9a-fA-F]{2}|[!-/:-@\[-^`{-~])|[^\\\[]"
)


@dataclass(frozen=True, slots=True)
class Char:
    """Go on with the next step if the next character is one of these."""

    accepts: Accepts


@dataclass(frozen=True, slots=True)
class Split:
    """Go on with several steps side by side, the preferred one first."""

    ways: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Save:
    """Remember the place in the text."""

    slot: int


@dataclass(frozen=True, slots=True)
class Assert:
    """Go on at the start of the text, or at its end."""

    start: bool


@dataclass(frozen=True, slots=True)
class Match:
    """The text matches if it ends here."""


@dataclass(slots=True)
class Program:
    """The steps of a pattern, and the slots where its named groups start (they end in the next one)."""

    code: list[Char | Split | Save | Assert | Match] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)


def program_of(pattern: str) -> Program:
    """Compile a pattern.

    Raises:
        ValueError: It is not of the subset.
    """
    source = _source(pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _PARSER.parse(source)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is not a pattern ({error})") from None
    compiler = _Compiler(pattern)
    compiler.sequence(tree, tree.state.flags, 1)
    compiler.program.code.append(Match())
    names = {name: 2 * group for name, group in tree.state.groupdict.items()}
    return Program(compiler.program.code, names)


def _source(pattern: str) -> str:
    """Return a pattern with its Unicode classes as private characters, after every token of it was looked at."""
    parts: list[str] = []
    place, within = 0, False
    while place < len(pattern):
        match = (_IN_CLASS if within else _TOKEN).match(pattern, place)
        if match is None or ord(pattern[place]) in OF_UNICODE:
            raise _refusal(pattern, f"{pattern[place : place + 4]!r} at character {place + 1}")
        place = match.end()
        if within:
            within = match[0] != "]"
        elif match["open"]:
            within = True
        unicode = match["unicode"]
        parts.append(chr(PRIVATE[re.sub("[{}]", "", unicode)]) if unicode else match[0])
    return "".join(parts)


def _refusal(pattern: str, what: str) -> ValueError:
    return ValueError(
        f"{pattern!r} is not matched here, since google-re2 is not installed: it has {what}; "
        "install google-re2, or write the pattern without it"
    )


def _folded_word(char: str) -> bool:
    return any(map(CATEGORIES["CATEGORY_WORD"], folded(char)))


_FOLDED_WORDS = {"CATEGORY_WORD": _folded_word, "CATEGORY_NOT_WORD": opposite(_folded_word)}


class _Compiler:
    """Writes a program, one kind of node a method."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.program = Program()
        self.writers: dict[str, Callable[[Any, int, int], None]] = {
            "LITERAL": self.literal,
            "NOT_LITERAL": self.not_literal,
            "ANY": self.any,
            "IN": self.one_of,
            "BRANCH": self.branch,
            "SUBPATTERN": self.subpattern,
            "MAX_REPEAT": partial(self.repeat, greedy=True),
            "MIN_REPEAT": partial(self.repeat, greedy=False),
            "AT": self.at,
        }

    def sequence(self, nodes: Iterable[Any], flags: int, times: int) -> None:
        for op, argument in nodes:
            if len(self.program.code) > _SIZE:
                raise _refusal(self.pattern, f"more than {_SIZE} steps")
            write = self.writers.get(str(op))
            if write is None:
                raise _refusal(self.pattern, f"{str(op).lower().replace('_', ' ')}")
            write(argument, flags, times)

    def char(self, accepts: Accepts) -> None:
        self.program.code.append(Char(accepts))

    def literal(self, code: int, flags: int, _times: int) -> None:
        self.char(union([self.item(code, code, flags)]))

    def not_literal(self, code: int, flags: int, _times: int) -> None:
        self.char(opposite(union([self.item(code, code, flags)])))

    def any(self, _nothing: None, flags: int, _times: int) -> None:
        self.char((lambda _char: True) if flags & re.DOTALL else (lambda char: char != "\n"))

    def one_of(self, items: list[Any], flags: int, _times: int) -> None:
        negated = bool(items) and str(items[0][0]) == "NEGATE"
        one = union([self.class_item(str(op), argument, flags) for op, argument in items[negated:]])
        self.char(opposite(one) if negated else one)

    def class_item(self, op: str, argument: Any, flags: int) -> Accepts:  # noqa: ANN401 - nodes have no types
        if op == "LITERAL":
            return self.item(argument, argument, flags)
        if op == "RANGE":
            return self.item(argument[0], argument[1], flags)
        folds = flags & re.IGNORECASE and str(argument).endswith("WORD")
        return _FOLDED_WORDS[str(argument)] if folds else CATEGORIES[str(argument)]

    def item(self, low: int, high: int, flags: int) -> Accepts:
        if low == high and low in OF_UNICODE:
            return OF_UNICODE[low]
        if any(low <= code <= high for code in OF_UNICODE):
            raise _refusal(self.pattern, "a range over private characters")
        plain = between(low, high)
        if not flags & re.IGNORECASE:
            return plain
        if high > 127:
            raise _refusal(self.pattern, "(?i) over characters outside of ASCII")
        return lambda char: any(map(plain, folded(char)))

    def branch(self, argument: tuple[None, list[Any]], flags: int, times: int) -> None:
        ends: list[int] = []
        for way in argument[1][:-1]:
            split = self.place()
            self.sequence(way, flags, times)
            ends.append(self.place())
            self.program.code[split] = Split((split + 1, len(self.program.code)))
        self.sequence(argument[1][-1], flags, times)
        for end in ends:
            self.program.code[end] = Split((len(self.program.code),))

    def place(self) -> int:
        """Return the place of a step that is written later."""
        self.program.code.append(Match())
        return len(self.program.code) - 1

    def subpattern(self, argument: tuple[int | None, int, int, Any], flags: int, times: int) -> None:
        group, added, removed, nodes = argument
        if group is not None:
            self.program.code.append(Save(2 * group))
        self.sequence(nodes, (flags | added) & ~removed, times)
        if group is not None:
            self.program.code.append(Save(2 * group + 1))

    def repeat(self, argument: tuple[int, int, Any], flags: int, times: int, *, greedy: bool) -> None:
        least, most, nodes = int(argument[0]), argument[1], argument[2]
        endless = most == _PARSER.MAXREPEAT
        times *= max(least, 1) if endless else max(int(most), 1)
        if times > _TIMES:
            raise _refusal(self.pattern, f"more than {_TIMES} repetitions")
        for _ in range(least):
            self.sequence(nodes, flags, times)
        splits = [self.optional(nodes, flags, times) for _ in range(1 if endless else int(most) - least)]
        if endless:
            self.program.code.append(Split((splits[0],)))
        for split in splits:
            ways = (split + 1, len(self.program.code))
            self.program.code[split] = Split(ways if greedy else ways[::-1])

    def optional(self, nodes: Any, flags: int, times: int) -> int:  # noqa: ANN401 - nodes have no types
        split = self.place()
        self.sequence(nodes, flags, times)
        return split

    def at(self, place: object, _flags: int, _times: int) -> None:
        if str(place) not in {"AT_BEGINNING", "AT_BEGINNING_STRING", "AT_END"}:
            raise _refusal(self.pattern, f"{str(place).lower().replace('_', ' ')}")
        self.program.code.append(Assert(str(place) != "AT_END"))

"""Patterns where RE2 is not installed: a machine of our own, slower than RE2 by far and linear like it.

All states that a pattern may be in are kept side by side, so every character of a text is looked at once and nothing
is tried again. It runs a subset of RE2's language (see `plain_syntax`); any other pattern is refused when a pack is
loaded, and nothing is ever given to Python's own engine, which backtracks.
"""

from __future__ import annotations

from auditor.policy.plain_syntax import Assert, Char, Match, Program, Save, Split, program_of

_KEPT = 20_000
"""So many steps from states by a character are kept at most; then the memory starts anew."""

_States = tuple[int, ...]


class PlainPattern:
    """A pattern, asked about whole texts.

    Attributes:
        groups: The names of its named groups.
    """

    __slots__ = ("_program", "_start", "_steps", "groups")

    def __init__(self, pattern: str) -> None:
        """Compile a pattern.

        Raises:
            ValueError: It is not of the subset.
        """
        self._program: Program = program_of(pattern)
        self.groups = tuple(sorted(self._program.names))
        self._start = self._closure((0,), at_start=True)
        self._steps: dict[tuple[_States, str], _States] = {}

    def matches(self, text: str) -> bool:
        """Tell whether a whole text matches.

        Raises:
            UnicodeEncodeError: The text has half a surrogate pair.
        """
        text.encode()
        states = self._start
        for char in text:
            step = self._steps.get((states, char))
            states = self._step(states, char) if step is None else step
            if not states:
                return False
        return self._accepts(self._closure(states, at_start=not text, at_end=True))

    def _step(self, states: _States, char: str) -> _States:
        code = self._program.code
        moved = tuple([state + 1 for state in states if isinstance(each := code[state], Char) and each.accepts(char)])
        if len(self._steps) >= _KEPT:
            self._steps.clear()
        found = self._steps[states, char] = self._closure(moved)
        return found

    def _accepts(self, states: _States) -> bool:
        return any(isinstance(self._program.code[state], Match) for state in states)

    def _closure(self, states: _States, *, at_start: bool = False, at_end: bool = False) -> _States:
        """Return the states that can be reached without a character, the preferred ones first."""
        found: dict[int, None] = {}
        waiting = [*reversed(states)]
        while waiting:
            state = waiting.pop()
            if state in found:
                continue
            found[state] = None
            waiting += reversed(self._after(state, at_start=at_start, at_end=at_end))
        return tuple(found)

    def _after(self, state: int, *, at_start: bool, at_end: bool) -> tuple[int, ...]:
        each = self._program.code[state]
        if isinstance(each, Split):
            return each.ways
        if isinstance(each, Save):
            return (state + 1,)
        holds = isinstance(each, Assert) and (at_start if each.start else at_end)
        return (state + 1,) if holds else ()

    def captures(self, text: str) -> dict[str, str] | None:
        """Return what the named groups matched, those that took part; None if the text does not match.

        Raises:
            UnicodeEncodeError: The text has half a surrogate pair.
        """
        if not self.matches(text):
            return None
        threads: dict[int, dict[int, int]] = {}
        self._follow(0, {}, threads, 0, len(text))
        for index, char in enumerate(text, 1):
            before, threads = threads, {}
            for state, saved in before.items():
                each = self._program.code[state]
                if isinstance(each, Char) and each.accepts(char):
                    self._follow(state + 1, saved, threads, index, len(text))
        saved = next(saved for state, saved in threads.items() if isinstance(self._program.code[state], Match))
        places = {name: (saved.get(slot), saved.get(slot + 1)) for name, slot in self._program.names.items()}
        return {name: text[start:end] for name, (start, end) in places.items() if start is not None and end is not None}

    def _follow(
        self, state: int, saved: dict[int, int], threads: dict[int, dict[int, int]], index: int, length: int
    ) -> None:
        """Add a thread and those that it reaches without a character; what came first is preferred."""
        waiting = [(state, saved)]
        while waiting:
            state, saved = waiting.pop()
            if state in threads:
                continue
            threads[state] = saved
            each = self._program.code[state]
            if isinstance(each, Save):
                saved = {**saved, each.slot: index}
            ways = self._after(state, at_start=index == 0, at_end=index == length)
            waiting += [(way, saved) for way in reversed(ways)]

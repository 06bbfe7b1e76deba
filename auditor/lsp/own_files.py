"""Files of Auditor in an editor: errors in packs, test files, waivers and configurations, and lints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from auditor.documents import unsaved
from auditor.errors import InvalidError
from auditor.lsp.context import Broken, Context, Contexts
from auditor.lsp.kinds import Kind
from auditor.lsp.problems import Problem, problem_at, problem_of
from auditor.policy_tools import lint_pack, read_test_file
from auditor.triage import Scope, latest_expiry, read_waivers, review_waivers


def problems(kind: Kind, path: Path, text: str, contexts: Contexts) -> list[Problem]:
    """Return the problems of a file as if it were saved with this text.

    Args:
        kind: The kind of the file.
        path: Its path.
        text: Its text in the editor.
        contexts: The contexts of folders.
    """
    find = {
        Kind.CONFIG: _of_config,
        Kind.PACK: _of_pack,
        Kind.PACK_TESTS: _of_tests,
        Kind.WAIVERS: _of_waivers,
    }[kind]
    try:
        with unsaved({os.path.realpath(path): text.encode("utf-8", "surrogatepass")}):
            return list(find(path, text, contexts))
    except InvalidError as error:
        return [problem_of(error)]


def _of_config(path: Path, text: str, contexts: Contexts) -> Iterator[Problem]:
    state = contexts.with_unsaved(path, text)
    if isinstance(state, Broken):
        yield state.problem
        return
    for notice in state.policy.notices:
        yield replace(problem_of(InvalidError(notice)), level="note", code="notice")


def _of_pack(path: Path, _text: str, _contexts: Contexts) -> Iterator[Problem]:
    for found in lint_pack(path):
        yield problem_at(str(found.where), f"{found.message}; {found.fix}", found.level, found.lint)


def _of_tests(path: Path, _text: str, _contexts: Contexts) -> Iterator[Problem]:
    read_test_file(path)
    yield from ()


def _of_waivers(path: Path, text: str, contexts: Contexts) -> Iterator[Problem]:
    state = contexts.with_unsaved(path, text)
    if isinstance(state, Context):
        yield from _reviewed(path, state)
        return
    yield state.problem
    if not state.problem.is_in(path):
        try:
            read_waivers(path)
        except InvalidError as error:
            yield problem_of(error)


def _reviewed(path: Path, context: Context) -> Iterator[Problem]:
    today = context.options.clock().date()
    waivers = read_waivers(path, latest_expiry(today, context.waiver_days))
    scope = Scope(rules=[rule.info for rule in context.rules.values()])
    for note in review_waivers(waivers, (), (), today, scope):
        yield problem_at(note.where, note.message, "warning", note.kind)

"""`auditor policy test`: run the examples and cases of packs, and print the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tabulate import tabulate

from auditor.cli.output import print_verdict, write_stdout
from auditor.model import Status, Verdict
from auditor.policy_tools import PackTests, Survivor, Tested, is_test_file, read_test_file, survivors, test_files_of
from auditor.reporters import Style
from auditor.text import count_of, json_text, no_commands, visible

_Mutation: TypeAlias = tuple[int, tuple[Survivor, ...]] | None
"""The number of mutants, and those that no test caught; None without mutation."""

_Result: TypeAlias = tuple[Tested, _Mutation]


def test_packs(files: Sequence[Path], style: Style | None, *, mutate: bool, coverage: bool) -> int:
    """Run the tests of packs, print the results and return the exit code.

    Args:
        files: The packs and test files.
        style: How to print the results as text; None for JSON.
        mutate: Whether to change each condition in turn, and require that a test fails.
        coverage: Whether to print which conditions held and failed in the tests.

    Raises:
        InvalidError: A pack or a test file is wrong.
    """
    results: list[_Result] = []
    for pack, test_files in _with_tests(files).items():
        tests = PackTests(pack, test_files)
        tested = tests.run()
        results.append((tested, survivors(tests) if mutate and not tested.failures else None))
    if style is None:
        write_stdout([json_text([_document(*each) for each in results]), "\n"])
    else:
        write_stdout(no_commands(f"{line}\n") for each in results for line in _lines(*each, style, coverage))
    return _conclude(results, mutate=mutate)


def _with_tests(files: Sequence[Path]) -> dict[Path, list[Path]]:
    """Return packs with their test files; for a requested test file, its pack with that file only."""
    chosen: dict[Path, list[Path]] = {}
    for path in files:
        if is_test_file(path):
            chosen.setdefault(read_test_file(path).pack, []).append(path)
        else:
            chosen[path] = test_files_of(path)
    return chosen


def _lines(tested: Tested, mutation: _Mutation, style: Style, coverage: bool) -> Iterator[str]:
    files = "".join(f", {_visible(file)}" for file in tested.files)
    yield style.paint(f"{_visible(tested.pack)}{files}", "bold")
    for failure in tested.failures:
        yield f"{style.paint('FAIL', 'red')} {_visible(failure.where)}: {_visible(failure.what)}"
        yield from (f"     expected  {_visible(text)}" for text in failure.expected or _NOTHING_ELSE)
        yield from (f"     got       {_visible(text)}" for text in failure.got)
    if coverage:
        yield from _coverage(tested)
    if mutation:
        tried, alive = mutation
        for each in alive:
            head = f"{style.paint('SURVIVED', 'yellow')} {_visible(each.where)}: {each.rule}: {_visible(each.change)}"
            yield f"{head}, and all tests still pass"
        yield f"mutants: {tried - len(alive)} of {tried} killed"
    word, color = ("FAILED", "red") if tested.failures or (mutation and mutation[1]) else ("passed", "green")
    counts = (
        f"{count_of(tested.rules, 'rule')}, {count_of(tested.examples, 'example')}, {count_of(tested.cases, 'case')}"
    )
    failed = f", {count_of(len(tested.failures), 'failure')}" if tested.failures else ""
    yield f"{style.paint(word, color)}: {counts}{failed}"


_NOTHING_ELSE = ("no other finding",)
"""The expected findings in a failure with unexpected findings only."""

_NEVER = {"not true": "false"}
"""The result that a condition never has in tests, in words."""


def _coverage(tested: Tested) -> Iterator[str]:
    rows = [
        (each.rule, _visible(each.name), each.passing, each.failing, f"{each.both} of {each.conditions}")
        for each in tested.coverage
    ]
    head = ("rule", "name", "pass", "fail", "conditions covered")
    yield from tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True).splitlines()
    for each in tested.coverage:
        for mark, words, lacking in each.unseen:
            yield f"  {_visible(mark)}: {each.rule}: never {_NEVER.get(lacking, lacking)} in a test: {_visible(words)}"


def _document(tested: Tested, mutation: _Mutation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "pack": str(tested.pack),
        "files": [str(file) for file in tested.files],
        "rules": tested.rules,
        "examples": tested.examples,
        "cases": tested.cases,
        "failures": [
            {"where": str(each.where), "what": each.what, "expected": [*each.expected], "got": [*each.got]}
            for each in tested.failures
        ],
        "coverage": [
            {
                "rule": each.rule,
                "name": each.name,
                "passing": each.passing,
                "failing": each.failing,
                "conditions": each.conditions,
                "seen_both_ways": each.both,
                "unseen": [
                    {"where": str(mark), "condition": words, "never": what} for mark, words, what in each.unseen
                ],
            }
            for each in tested.coverage
        ],
    }
    if mutation:
        alive = [{"where": str(each.where), "rule": each.rule, "change": each.change} for each in mutation[1]]
        document["mutants"] = {"tried": mutation[0], "survivors": alive}
    return document


def _conclude(results: Sequence[_Result], *, mutate: bool) -> int:
    failures = sum(len(tested.failures) for tested, _ in results)
    tests = sum(tested.examples + tested.cases for tested, _ in results)
    alive = sum(len(mutation[1]) for _, mutation in results if mutation)
    reason = f"{count_of(tests, 'test')} of {count_of(sum(each.rules for each, _ in results), 'rule')}"
    if failures:
        left_out = " (mutants not run)" if mutate else ""
        reason = f"{count_of(failures, 'failure')} in {reason}{left_out}"
    elif alive:
        reason = f"{count_of(alive, 'mutant')} survived {reason}"
    else:
        reason = f"{reason} passed"
    status, code = (Status.FINDINGS, 1) if failures or alive else (Status.CLEAN, 0)
    print_verdict(Verdict(status, code, complete=True, reason=reason))
    return code


def _visible(text: object) -> str:
    return visible(str(text))

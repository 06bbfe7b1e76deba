"""`auditor policy test`: run the examples and cases of packs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.output import colourful, say, terminal_width, write_stdout
from auditor.cli.policy_packs import named_packs, seen, tool_options
from auditor.model import Status, Verdict
from auditor.reporters import Style
from auditor.text import json_text, no_commands

if TYPE_CHECKING:
    from auditor.policy_tools import Survivor, Tested


@click.command("test")
@click.option("--mutate", is_flag=True, help="Change each condition in turn, and expect a test to notice.")
@click.option("--no-coverage", is_flag=True, help="Leave out which conditions the tests saw hold and fail.")
@tool_options
def command(
    packs: tuple[str, ...], config: Path | None, format_name: str, no_color: bool, mutate: bool, no_coverage: bool
) -> int:
    """Run the examples in packs, and the cases in the test files beside them (acme.test.yaml for acme.yaml).

    PACK is a shipped pack, a file, or a test file, which brings its pack along; without any, the packs of auditor.yaml.
    Every rule needs a test that it fails. With --mutate each condition is dropped, loosened or turned round in turn;
    what no test notices is listed with its line. Exit code 1 if anything failed.
    """
    from auditor.policy_tools import Trial, survivors

    results: list[tuple[Tested, tuple[int, tuple[Survivor, ...]] | None]] = []
    for pack, files in _chosen(packs, config).items():
        trial = Trial(pack, files)
        tested = trial.run()
        results.append((tested, survivors(trial) if mutate and not tested.failures else None))
    style = Style(terminal_width(), colourful(no_color))
    if format_name == "json":
        write_stdout([json_text([_document(*each) for each in results]), "\n"])
    else:
        write_stdout(no_commands(f"{line}\n") for each in results for line in _lines(*each, style, not no_coverage))
    return _conclude(results, mutate=mutate)


def _chosen(packs: Sequence[str], config: Path | None) -> dict[Path, list[Path]]:
    """Return packs with their test files; a test file that was named brings its pack, and of that itself alone."""
    from auditor.policy_tools import is_test_file, read_test_file, test_files_of

    chosen: dict[Path, list[Path]] = {}
    for path in named_packs(packs, config):
        if is_test_file(path):
            chosen.setdefault(read_test_file(path).pack, []).append(path)
        else:
            chosen[path] = test_files_of(path)
    return chosen


def _lines(tested: Tested, mutation: Any, style: Style, coverage: bool) -> Iterator[str]:  # noqa: ANN401
    beside = "".join(f", {seen(file)}" for file in tested.files)
    yield style.paint(f"{seen(tested.pack)}{beside}", "bold")
    for failure in tested.failures:
        yield f"{style.paint('FAIL', 'red')} {seen(failure.where)}: {seen(failure.what)}"
        yield from (f"     expected  {seen(text)}" for text in failure.expected)
        yield from (f"     got       {seen(text)}" for text in failure.got)
    if coverage:
        yield from _coverage(tested)
    if mutation:
        tried, alive = mutation
        for each in alive:
            head = f"{style.paint('SURVIVED', 'yellow')} {seen(each.where)}: {each.rule}: {seen(each.change)}"
            yield f"{head}, and no test notices"
        yield f"mutants: {tried - len(alive)} of {tried} noticed"
    word, colour = ("FAILED", "red") if tested.failures or (mutation and mutation[1]) else ("passed", "green")
    counts = f"{_count(tested.rules, 'rule')}, {_count(tested.examples, 'example')}, {_count(tested.cases, 'case')}"
    failed = f", {_count(len(tested.failures), 'failure')}" if tested.failures else ""
    yield f"{style.paint(word, colour)}: {counts}{failed}"


def _coverage(tested: Tested) -> Iterator[str]:
    from tabulate import tabulate

    rows = [
        (each.rule, seen(each.name), each.passing, each.failing, f"{each.both} of {each.conditions}")
        for each in tested.coverage
    ]
    head = ("rule", "name", "pass", "fail", "seen both ways")
    yield from tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True).splitlines()
    for each in tested.coverage:
        for mark, words, lacking in each.unseen:
            yield f"  {seen(mark)}: {each.rule}: never seen {lacking}: {seen(words)}"


def _document(tested: Tested, mutation: Any) -> dict[str, Any]:  # noqa: ANN401
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


def _conclude(results: Sequence[tuple[Tested, Any]], *, mutate: bool) -> int:
    failures = sum(len(tested.failures) for tested, _ in results)
    tests = sum(tested.examples + tested.cases for tested, _ in results)
    alive = sum(len(mutation[1]) for _, mutation in results if mutation)
    reason = f"{_count(tests, 'test')} of {_count(sum(each.rules for each, _ in results), 'rule')}"
    if failures:
        left_out = "; no mutants were tried" if mutate else ""
        reason = f"{_count(failures, 'failure')} in {reason}{left_out}"
    elif alive:
        reason = f"{_count(alive, 'mutant')} that no test notices, in {reason}"
    else:
        reason = f"{reason} passed"
    status, code = (Status.FINDINGS, 1) if failures or alive else (Status.CLEAN, 0)
    say(Verdict(status, code, complete=True, reason=reason))
    return code


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"

"""`auditor fix`: fix what can be fixed safely in manifest files, and list the findings that need a manual fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import click

from auditor.autofix import KNOWN_ROLES, FixedFile, fix_files
from auditor.autofix.rendering import (
    fixed_lines,
    harmless,
    listed,
    manual_fix_lines,
    unfixed_lines,
    unified_diff,
    would_execute,
)
from auditor.cli.files_options import FilesOptions, files_options
from auditor.cli.help import Command
from auditor.cli.options import (
    PolicyOptions,
    TriageOptions,
    policy_options,
    reports_option,
    skip_origin,
    triage_options,
    unavailable_option,
)
from auditor.cli.output import (
    deliver,
    note,
    print_verdict,
    stdout_is_file,
    stdout_is_terminal,
    targets,
    write_stdout,
)
from auditor.cli.output_guard import refuse_overwriting
from auditor.cli.runner import audit_options
from auditor.cli.settings import load_config_and_policy
from auditor.errors import InvalidError
from auditor.model import Report, Severity, Unread, UnreadKind
from auditor.pipeline import audit
from auditor.reporters import Style
from auditor.sources.files.tree import PatchedTree, WorkTree
from auditor.verdict import conclude_fix

_WHY = "it contains text that a CI runner would execute, so that text is escaped; write the diff to a file instead"


@click.command("fix", cls=Command, short_help="Fix manifest files")
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(), help="Files, directories or glob patterns.")
@click.option("--diff", is_flag=True, help="Print a patch instead of changing files.")
@click.option("--list", "list_fixes", is_flag=True, help="List the available fixes and exit.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ID",
    help="Also correct the case of this custom role id (repeatable).",
)
@click.option(
    "--fail-on",
    type=click.Choice(Severity.labels()),
    show_default="low",
    help="Lowest severity of remaining findings that fails the run.",
)
@unavailable_option
@reports_option
@files_options
@policy_options
@triage_options
def fix_command(
    paths: tuple[str, ...],
    diff: bool,
    list_fixes: bool,
    roles: tuple[str, ...],
    fail_on: str | None,
    unavailable: str | None,
    reports: tuple[str, ...],
    files_options: FilesOptions,
    policy_options: PolicyOptions,
    triage_options: TriageOptions,
) -> int:
    """Fix what can be fixed safely in manifest files. Comments and formatting are preserved.

    Findings that need a decision are listed for a manual fix. Exit codes: 0 no findings at or above --fail-on remain,
    1 such findings remain (or, with --diff, something would change), 3 incomplete.
    """
    if list_fixes:
        write_stdout(listed())
        return 0
    if not paths or "-" in paths:
        problem = "fix cannot rewrite stdin" if paths else "no files were passed"
        raise InvalidError(problem, "pass files or directories that contain manifests")
    config, policy = load_config_and_policy(policy_options, triage=triage_options)
    wanted = targets(None, None, reports)
    refuse_overwriting(wanted, paths, snapshot=None, config=config, packs=policy.files)
    threshold = Severity.of(fail_on or config.fail_on or Severity.LOW.label)
    selection = files_options.selection(config)
    files = list(fix_files(WorkTree(paths, selection), (*KNOWN_ROLES, *roles)))
    unwritten = [] if diff else list(_write(files))
    if diff:
        _show(files)
    tree = PatchedTree(paths, selection, {file.path: file.after for file in files if diff})
    run = audit_options(
        config,
        fail_on=threshold,
        unavailable=unavailable,
        skip_origin=skip_origin(),
        skips_unavailable=True,
    )
    report = audit(files_options.manifests(tree, config), policy, run)
    files_options.note_left_out(tree.left_out)
    _report_rest(report, files, unwritten, note if diff else lambda line: write_stdout([f"{line}\n"]))
    pending = sum(len(file.applied) for file in files if not file.refusal) if diff else 0
    verdict = conclude_fix(report.verdict, pending, unwritten)
    deliver(replace(report, verdict=verdict), wanted, Style(list_all=True))
    print_verdict(verdict)
    return verdict.exit_code


def _write(files: Sequence[FixedFile]) -> Iterator[Unread]:
    """Write the fixed files, print what was fixed, and yield what could not be written."""
    for file in files:
        if file.applied and not file.refusal:
            failure = file.write()
            if failure:
                yield failure
            else:
                write_stdout(f"{line}\n" for line in fixed_lines(file))


def _show(files: Sequence[FixedFile]) -> None:
    """Print what would change: as a patch, unless text of a manifest could act on a terminal or a CI runner."""
    terminal, alone = stdout_is_terminal(), stdout_is_file()
    for file in files:
        if file.applied and not file.refusal:
            diff = unified_diff(file)
            obeyed = not terminal and not alone and would_execute(diff)
            write_stdout([harmless(diff) if terminal or obeyed else diff])
            if obeyed:
                note(f"auditor: the diff of {file.name} is not a valid patch: {_WHY}")


def _report_rest(
    report: Report, files: Sequence[FixedFile], unwritten: Sequence[Unread], write_line: Callable[[str], None]
) -> None:
    """Write what needs a manual fix, and what could not be read."""
    for line in (*manual_fix_lines(report.findings), *unfixed_lines(files)):
        write_line(line)
    for file in files:
        if file.refusal and file.applied:
            note(f"auditor: {file.name} was not changed: {file.refusal}")
    for unread in (*report.receipt.unread, *unwritten):
        note(f"auditor: {'not evaluated' if unread.kind is UnreadKind.RULE else 'not read'}: {unread}")

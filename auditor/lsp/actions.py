"""Code actions: the edits of `auditor fix`, and entries for the file of waivers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from lsprotocol.types import (
    CodeAction,
    CodeActionDisabled,
    CodeActionKind,
    CreateFile,
    CreateFileOptions,
    Diagnostic,
    OptionalVersionedTextDocumentIdentifier,
    Position,
    Range,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)

from auditor.autofix import KNOWN_ROLES, Fix, fix_text
from auditor.errors import InvalidError
from auditor.lsp.checking import Checked
from auditor.lsp.context import Context
from auditor.lsp.diagnostics import of_finding
from auditor.lsp.navigation import findings_at
from auditor.lsp.positions import Positions
from auditor.model import Finding, Waiver
from auditor.text import clipped, visible
from auditor.triage import latest_expiry
from auditor.triage.waivers_text import NEW_FILE, with_waiver

FIX_ALL = f"{CodeActionKind.SourceFixAll.value}.auditor"
"""The kind of the action for `auditor fix`."""

_DAYS = 90
"""The days until a new waiver expires, unless the configuration allows fewer."""

_TO_DO = "TODO"
_REASON, _OWNER = "reason-to-be-written", "owner-to-be-written"


def actions(checked: Checked, wanted: Range, read: Callable[[Path], str | None], encoding: str) -> list[CodeAction]:
    """Return the actions for the findings in a range, and the fix of the entire document.

    Args:
        checked: The document.
        wanted: The range.
        read: Returns the text of another file, from the editor or from disk; None if there is none.
        encoding: The encoding of the client's columns.
    """
    if not isinstance(checked.state, Context):
        return []
    found = [finding for _, finding in findings_at(checked, wanted)]
    fixes = [action for finding in found for action in _fixes(checked, finding)]
    waivers = [_waiver(checked, checked.state, each, read, encoding) for each in found if each.rule.waivable]
    return [*fixes, *_fix_all(checked), *waivers]


def _fixes(checked: Checked, finding: Finding) -> Iterator[CodeAction]:
    """Yield the fix of one finding, if there is a safe one."""
    number = finding.repo.id.rpartition("#")[2]

    def wanted(fix: Fix, document: int, path: str) -> bool:
        about = path == finding.path or path.startswith(f"{finding.path}/") or finding.path.startswith(f"{path}/")
        return finding.rule.id in fix.answers and str(document) == number and about

    edit, messages = _fixed(checked, wanted)
    if edit:
        title = f"Fix: {visible(clipped(messages[0], 100))}"
        yield CodeAction(title, CodeActionKind.QuickFix, [_diagnostic(checked, finding)], is_preferred=True, edit=edit)


def _fix_all(checked: Checked) -> Iterator[CodeAction]:
    edit, messages = _fixed(checked, lambda _fix, _document, _path: True) if checked.findings else (None, ())
    if edit:
        yield CodeAction(f"Fix everything that is safe to fix ({len(messages)})", FIX_ALL, edit=edit)


def _fixed(checked: Checked, wanted: Callable[[Fix, int, str], bool]) -> tuple[WorkspaceEdit | None, Sequence[str]]:
    try:
        fixed = fix_text(checked.text, checked.path.name, KNOWN_ROLES, wanted)
    except InvalidError:
        return None, ()
    if not fixed.applied:
        return None, ()
    messages = [f"{each.path.lstrip('/')} {each.message}" for each in fixed.applied]
    edit = _edit(checked.positions, checked.text, fixed.text)
    return WorkspaceEdit({checked.path.as_uri(): [edit]}), messages


def _edit(positions: Positions, before: str, after: str) -> TextEdit:
    """Return the smallest single edit that changes one text into another."""
    start = _shared(before, after)
    same = _shared(before[start:][::-1], after[start:][::-1])
    where = Range(positions.position(start), positions.position(len(before) - same))
    return TextEdit(where, after[start : len(after) - same])


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts share at their start."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def _waiver(
    checked: Checked, context: Context, finding: Finding, read: Callable[[Path], str | None], encoding: str
) -> CodeAction:
    """Return the action that adds a waiver; the user has to write the reason, and the owner if it is unknown."""
    subject = f" for {finding.subject}" if finding.subject else ""
    action = CodeAction(
        visible(f"Waive {finding.rule.id} on {finding.repo.name}{subject}"),
        CodeActionKind.QuickFix,
        [_diagnostic(checked, finding)],
    )
    if context.waivers is None:
        where = "auditor.yaml has no waivers file" if context.config else "there is no auditor.yaml"
        action.disabled = CodeActionDisabled(f"{where}; add `waivers: waivers.yaml` to it")
        return action
    path = Path(os.path.normpath(context.waivers))
    try:
        before = read(path)
        text = _with_waiver(NEW_FILE if before is None else before, finding, context, str(path))
        action.edit = _creation(path, text) if before is None else _change(path, before, text, encoding)
    except InvalidError as error:
        action.disabled = CodeActionDisabled(visible(str(error)))
    return action


def _with_waiver(text: str, finding: Finding, context: Context, file: str) -> str:
    today = context.options.clock().date()
    waiver = Waiver(
        rule=finding.rule.id,
        repo=finding.repo.name,
        subject=finding.subject,
        reason=_REASON,
        owner=finding.owner or _OWNER,
        expires=min(today + timedelta(days=_DAYS), latest_expiry(today, context.waiver_days)),
    )
    return with_waiver(text, waiver, file).replace(_REASON, _TO_DO).replace(_OWNER, _TO_DO)


def _change(path: Path, before: str, after: str, encoding: str) -> WorkspaceEdit:
    return WorkspaceEdit({path.as_uri(): [_edit(Positions(before, encoding), before, after)]})


def _creation(path: Path, text: str) -> WorkspaceEdit:
    start = Range(Position(0, 0), Position(0, 0))
    document = OptionalVersionedTextDocumentIdentifier(path.as_uri())
    create = CreateFile(path.as_uri(), options=CreateFileOptions(ignore_if_exists=True))
    return WorkspaceEdit(document_changes=[create, TextDocumentEdit(document, [TextEdit(start, text)])])


def _diagnostic(checked: Checked, finding: Finding) -> Diagnostic:
    return of_finding(finding, checked.positions)

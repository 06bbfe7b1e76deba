"""What `audit`, `check` and `demo` share: evaluate the policy, deliver the reports, end with the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from auditor.cli.options import ReportOptions, skip_origin
from auditor.cli.output import deliver, note, print_verdict, style_of, targets
from auditor.cli.output_guard import refuse_overwriting
from auditor.cli.progress import progress_bar
from auditor.cli.redaction import Redaction
from auditor.cli.settings import Config, clock
from auditor.cli.split import deliver_parts, split_by_owner, split_target
from auditor.errors import InvalidError, UndeliveredError
from auditor.model import Finding, Report, Severity, Source
from auditor.pipeline import AuditOptions, audit
from auditor.policy import Policy
from auditor.triage import Baseline
from auditor.verdict import apply_exit_zero

Progress: TypeAlias = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input of a run.

    Attributes:
        source: Where the repos come from.
        unchanged: The report on the tenant without the change that the source merges into it; None without one.
        baseline: The known findings.
        earlier: The findings across repos that existed before the change to which the source is limited.
        compared: The name of the commit whose findings are not reported; empty if there is none.
    """

    source: Source
    unchanged: Report | None = None
    baseline: Baseline = field(default_factory=dict)
    earlier: tuple[Finding, ...] = ()
    compared: str = ""


def audit_options(config: Config, **more: Any) -> AuditOptions:  # noqa: ANN401 - the fields of AuditOptions
    """Return the options of an audit, from the configuration and `more` fields."""
    return AuditOptions(
        expect=config.expect,
        role_levels=config.role_levels,
        accepted=config.accepted,
        partial=config.partial,
        owners=config.owners,
        clock=clock,
        **more,
    )


def run_audit(
    open_inputs: Callable[[Progress], Inputs],
    config: Config,
    policy: Policy,
    options: ReportOptions,
    *,
    paths: Sequence[str] = (),
    snapshot: Path | None = None,
    allow_empty: bool = False,
    left_out: Sequence[tuple[str, str]] = (),
    history: str | None = None,
) -> int:
    """Audit a source, deliver every report and return the exit code.

    All files from users are read before the source is opened, so that a mistake in them costs no request.

    Args:
        open_inputs: Opens the source; its argument is a function for progress.
        config: The configuration.
        policy: The policy.
        options: The options of the command.
        paths: The files, folders and patterns that the source reads; empty for a tenant.
        snapshot: The snapshot that is read, if one is.
        allow_empty: Whether a complete run without repos is clean.
        history: The database for recording the run, as a file or a URL; None for none.
        left_out: Files and directories that are not read, with the reasons; filled while files are read.

    Raises:
        InvalidError: Something that the user wrote is wrong; nothing was checked.
        UndeliveredError: A report could not be written completely.
    """
    split = split_target(options)
    others = (*config.reports, *options.reports)
    wanted = targets(None, None, others) if split else targets(options.format_name, options.output, others)
    redaction = Redaction(options)
    outputs = redaction.outputs(wanted)
    if any(target.file for target in outputs):
        refuse_overwriting(outputs, paths, snapshot=snapshot, config=config, packs=policy.files)
    recorder = _Recorder(history) if history else None
    fail_on = Severity.of(options.fail_on or config.fail_on or Severity.LOW.label)
    seconds: dict[str, float] | None = {} if options.timings else None
    formats = {options.format_name, *(target.format for target in wanted)}
    with progress_bar(options.quiet) as progress:
        inputs = open_inputs(progress)
        run = audit_options(
            config,
            fail_on=fail_on,
            unavailable=options.unavailable,
            skip_origin=skip_origin(),
            skips_unavailable=bool(paths),
            allow_empty=allow_empty,
            baseline=inputs.baseline,
            unchanged=inputs.unchanged,
            earlier=inputs.earlier,
            suggest="json" in formats,
            overview=not formats.isdisjoint({"json", "html"}),
            progress=progress,
            timings=seconds,
        )
        if inputs.compared:
            run = replace(run, partial=(*run.partial, f"only findings that are new since {inputs.compared} are open"))
        report = audit(inputs.source, policy, run)
    if options.exit_zero:
        report = replace(report, verdict=apply_exit_zero(report.verdict))
    if recorder:
        report = recorder.with_trend(report)
    style = style_of(options.no_color, options.group_by, options.list_all)
    shown = redaction.report(report)
    deliver(shown, wanted, style)
    if split:
        parts = split_by_owner(shown, options.format_name, split)
        files = redaction.outputs([target for _, target in parts])
        refuse_overwriting(files, paths, snapshot=snapshot, config=config, packs=policy.files)
        deliver_parts(parts, split, style, redaction.text)
    if recorder:
        recorder.record(report)
    for name, reason in left_out:
        note(redaction.text(f"auditor: excluded: {name} ({reason})"))
    redaction.write_map()
    if seconds is not None:
        note(_timings(seconds), lines=True)
    print_verdict(shown.verdict)
    return report.verdict.exit_code


class _Recorder:
    """A history for recording a run; it is opened first, so that a mistake wastes no audit."""

    def __init__(self, place: str) -> None:
        """Open a history.

        Raises:
            InvalidError: It cannot be opened or is not a history.
        """
        from auditor.triage.history.store import History  # most runs need no database

        self._history = History(place, create=True)

    def with_trend(self, report: Report) -> Report:
        """Return a report with the earlier runs of the history."""
        from auditor.triage.history.recording import scope_of
        from auditor.triage.history.trends import past_runs

        with _undelivered("the history could not be read"):
            return replace(report, trend=past_runs(self._history, scope_of(report)))

    def record(self, report: Report) -> None:
        """Record a run."""
        from auditor.triage.history.recording import record_run

        with _undelivered("the run could not be recorded"):
            record_run(self._history, report)


@contextmanager
def _undelivered(what: str) -> Iterator[None]:
    try:
        yield
    except InvalidError as error:
        raise UndeliveredError(f"{what}: {error.message}", error.fix) from None


def _timings(seconds: Mapping[str, float]) -> str:
    """Return a table of the time spent in each rule, the slowest first."""
    from tabulate import tabulate  # only with --timings

    total = sum(seconds.values())
    rows = [
        (rule, f"{taken * 1000:.1f}", f"{taken / total:.0%}" if total else "0%")
        for rule, taken in sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    ]
    head = ("rule", "milliseconds", "share")
    return tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True, colalign=("left", "right", "right"))

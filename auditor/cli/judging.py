"""What `audit` and `demo` share: judge a source, deliver the reports, say the verdict."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.cli.output import deliver, say, targets
from auditor.cli.progress import progress_bar
from auditor.cli.settings import clock, policy_in_force, read_config
from auditor.model import Severity, Source
from auditor.pipeline import audit
from auditor.verdict import lenient


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every judging command has, as given."""

    packs: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    config: Path | None = None
    fail_on: str | None = None
    require_all_rules: bool = False
    format_name: str = "table"
    output: Path | None = None
    reports: tuple[str, ...] = ()
    quiet: bool = False
    no_color: bool = False
    exit_zero: bool = False


def judge(make_source: Callable[[], Source], options: Options, defaults: Mapping[str, str] | None = None) -> int:
    """Judge a source, deliver every report and return the exit code.

    The policy and everything else that users write is read before the source is even made, so that a mistake in it
    costs no request.

    Raises:
        InvalidError: Something that the user wrote is wrong; nothing was judged.
        UndeliveredError: A report could not be written whole.
    """
    config = read_config(options.config, Path.cwd())
    policy = policy_in_force(config, options.packs, options.params, defaults)
    wanted = targets(options.format_name, options.output, (*config.reports, *options.reports))
    fail_on = Severity.of(options.fail_on or config.fail_on or Severity.LOW.label)
    with progress_bar(options.quiet) as progress:
        report = audit(
            make_source(),
            policy,
            fail_on=fail_on,
            require_all_rules=options.require_all_rules,
            expect=config.expect,
            clock=clock,
            progress=progress,
        )
    if options.exit_zero:
        report = replace(report, verdict=lenient(report.verdict))
    deliver(report, wanted, colour=_colourful(options))
    say(report.verdict)
    return report.verdict.exit_code


def _colourful(options: Options) -> bool:
    plain = options.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout.isatty()

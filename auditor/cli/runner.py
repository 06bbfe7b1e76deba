"""What `audit` and `demo` share: judge a source, deliver the reports, say the verdict."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.cli.output import colourful, deliver, note, say, targets
from auditor.cli.progress import progress_bar
from auditor.cli.settings import Config, clock, policy_in_force, read_config
from auditor.model import Severity, Source
from auditor.pipeline import audit
from auditor.policy import Policy
from auditor.triage import Baseline
from auditor.verdict import lenient

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.cli.inventory import Inventory


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
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    timings: bool = False
    policy_from: str | None = None
    policy_digest: str | None = None


def judge(
    make_source: Callable[[], Source],
    options: Options,
    defaults: Mapping[str, str] | None = None,
    known: Callable[[Policy], Baseline] = lambda _policy: {},
    inventory: Inventory | None = None,
    *,
    paths: Sequence[str] = (),
    snapshot: Path | None = None,
) -> int:
    """Judge a source, deliver every report and return the exit code.

    The policy and everything else that users write is read before the source is even made, so that a mistake in it
    costs no request.

    Args:
        make_source: Makes the source.
        options: The options that were given.
        defaults: Parameter values that stand in for the packs' own defaults.
        known: Returns, for the policy in force, the findings that were there before.
        inventory: The tenant to merge the source into; None to judge it alone.
        paths: The files, folders and patterns that the source reads; empty if it is a tenant.
        snapshot: The snapshot that is read, if one is.

    Raises:
        InvalidError: Something that the user wrote is wrong; nothing was judged.
        UndeliveredError: A report could not be written whole.
    """
    config, policy = _in_force(options, defaults, tenant=inventory is not None or not paths)
    wanted = targets(options.format_name, options.output, (*config.reports, *options.reports))
    if any(target.file for target in wanted):
        from auditor.cli.output_guard import refuse_overwriting

        refuse_overwriting(wanted, paths, snapshot=snapshot, config=config, packs=policy.files)
    fail_on = Severity.of(options.fail_on or config.fail_on or Severity.LOW.label)
    seconds: dict[str, float] | None = {} if options.timings else None
    with progress_bar(options.quiet) as progress:
        source, tenant = make_source(), None
        if inventory:
            tenant = inventory.read(policy, config.expect, progress)
            source = inventory.with_change(source)
        report = audit(
            source,
            policy,
            fail_on=fail_on,
            require_all_rules=options.require_all_rules,
            expect=config.expect,
            known=known(policy),
            tenant=tenant,
            clock=clock,
            progress=progress,
            timings=seconds,
            suggest=any(target.format == "json" for target in wanted),
        )
    if options.exit_zero:
        report = replace(report, verdict=lenient(report.verdict))
    deliver(report, wanted, colour=colourful(options.no_color))
    if seconds is not None:
        note(_timings(seconds), lines=True)
    say(report.verdict)
    return report.verdict.exit_code


def _timings(seconds: Mapping[str, float]) -> str:
    """Return what each rule cost, the dearest first."""
    from tabulate import tabulate

    whole = sum(seconds.values())
    rows = [
        (rule, f"{taken * 1000:.1f}", f"{taken / whole:.0%}" if whole else "0%")
        for rule, taken in sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    ]
    head = ("rule", "milliseconds", "share")
    return tabulate(rows, head, tablefmt="orgtbl", disable_numparse=True, colalign=("left", "right", "right"))


def _in_force(options: Options, defaults: Mapping[str, str] | None, *, tenant: bool) -> tuple[Config, Policy]:
    """Load configuration and policy, from the work tree or from the commit that the user trusts."""

    def load(file: Path | None, start: str) -> tuple[Config, Policy]:
        config = read_config(file, start, tenant=tenant)
        return config, policy_in_force(
            config, options.packs, options.params, defaults, only=options.only, without=options.without
        )

    if options.policy_from is None and options.policy_digest is None:
        return load(options.config, os.getcwd())
    from auditor.cli.policy_from_git import policy_at, require_digest

    if options.policy_from is not None:
        config, policy = policy_at(options.policy_from, options.config, options.packs, load)
    else:
        config, policy = load(options.config, os.getcwd())
    if options.policy_digest is not None:
        require_digest(policy, options.policy_digest)
    return config, policy

"""`auditor policy try`: what a pack would find on a snapshot, before it is enabled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from auditor.cli.options import PolicyOptions
from auditor.cli.runner import audit_options
from auditor.cli.settings import policy_in_force, read_config
from auditor.errors import InvalidError
from auditor.model import Finding, Report, Severity
from auditor.pipeline import audit, unless_stopped
from auditor.policy import Policy
from auditor.sources.snapshot.reader import Snapshot
from auditor.text import count_of, json_text, no_commands, visible, wrap_lines
from auditor.triage.owners import UNOWNED

_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """The findings of a pack, compared with those of another policy.

    Attributes:
        report: The report with the pack.
        against: The report without it; None without a comparison.
        new: The findings that it would add and that would fail a run.
    """

    report: Report
    against: Report | None
    new: tuple[Finding, ...]

    @property
    def incomplete(self) -> str:
        """Why the numbers may be too low; empty if both runs are complete."""
        return next(
            (each.verdict.reason for each in (self.report, self.against) if each and not each.verdict.complete), ""
        )


def try_packs(
    packs: Sequence[str], against: Sequence[str], params: tuple[str, ...], snapshot: Path, config_file: Path | None
) -> Trial:
    """Audit a snapshot with packs and, if given, with the packs to compare them with.

    Raises:
        InvalidError: A pack, the configuration or the snapshot is wrong.
        StoppedError: The run was stopped by a signal.
    """
    if not snapshot.exists():
        raise InvalidError(f"the snapshot {snapshot} does not exist", "save one with `auditor fetch --output FILE`")
    config = read_config(config_file, tenant=True)

    def policy_of(names: Sequence[str]) -> Policy:
        return policy_in_force(config, PolicyOptions(packs=tuple(names), params=params))

    def report(policy: Policy) -> Report:
        return unless_stopped(audit(Snapshot(snapshot), policy, audit_options(config)))

    policy = policy_of(packs)
    tried = report(policy)
    before = report(policy_of(against)) if against else None
    known = {each.fingerprint for each in before.findings} if before else set()
    fail_on = Severity.of(config.fail_on or Severity.LOW.label)
    of_packs = {rule.info.id for rule in policy.rules}  # the manifest schema applies without any pack
    failing = (each for each in tried.findings if each.rule.severity >= fail_on and each.rule.id in of_packs)
    return Trial(tried, before, tuple(each for each in failing if each.fingerprint not in known))


def summary(trial: Trial) -> str:
    """Return how many repos would newly fail, as one sentence without a final period."""
    repos = len({each.repo.name for each in trial.new})
    compared = ", compared with the --against packs" if trial.against else " (no --against pack to compare with)"
    return (
        f"{repos} of {count_of(trial.report.receipt.repos, 'repo')} would newly fail, "
        f"with {count_of(len(trial.new), 'finding')}{compared}"
    )


def trial_text(trial: Trial, width: int) -> Iterator[str]:
    """Yield the result as text: counts by rule, owner and severity, with samples."""
    if trial.new:
        yield _table("rule", _by(trial, lambda each: f"{each.rule.id} {each.rule.name}"))
        yield _table("owner", _by(trial, lambda each: each.owner or UNOWNED))
        yield _table("severity", _by_severity(trial))
        yield from _samples(trial, width)


def _by(trial: Trial, key: Callable[[Finding], str]) -> Mapping[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for each in trial.new:
        groups.setdefault(key(each), []).append(each)
    return dict(sorted(groups.items()))


def _by_severity(trial: Trial) -> Mapping[str, list[Finding]]:
    groups = _by(trial, lambda each: each.rule.severity.label)
    return {each.label: groups[each.label] for each in reversed(Severity) if each.label in groups}


def _table(title: str, groups: Mapping[str, Sequence[Finding]]) -> str:
    rows = [(visible(name), len(these), len({each.repo.name for each in these})) for name, these in groups.items()]
    return no_commands(f"{tabulate(rows, (title, 'new findings', 'repos'), tablefmt='orgtbl')}\n\n")


def _samples(trial: Trial, width: int) -> Iterator[str]:
    for rule, findings in _by(trial, lambda each: each.rule.id).items():
        for each in findings[:_SAMPLES]:
            lines = wrap_lines(f"{rule} {each.repo.name}: {each.message}", width, rest="    ")
            yield no_commands("\n".join(lines) + "\n")
        if len(findings) > _SAMPLES:
            yield f"{rule}: {count_of(len(findings) - _SAMPLES, 'more finding')}\n"


def trial_json(trial: Trial) -> str:
    """Return the result as JSON."""

    def counts(groups: Mapping[str, Sequence[Finding]]) -> dict[str, dict[str, int]]:
        return {
            name: {"findings": len(these), "repos": len({each.repo.name for each in these})}
            for name, these in groups.items()
        }

    document = {
        "complete": not trial.incomplete,
        "repos": trial.report.receipt.repos,
        "newly_failing_repos": len({each.repo.name for each in trial.new}),
        "by_rule": counts(_by(trial, lambda each: each.rule.id)),
        "by_owner": counts(_by(trial, lambda each: each.owner or UNOWNED)),
        "by_severity": counts(_by_severity(trial)),
        "findings": [
            {
                "fingerprint": each.fingerprint,
                "rule": each.rule.id,
                "severity": each.rule.severity.label,
                "repo": each.repo.name,
                "owner": each.owner,
                "message": each.message,
            }
            for each in trial.new
        ],
    }
    return f"{json_text(document)}\n"

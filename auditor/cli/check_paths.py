"""Checking manifest files, whether `check` was given options or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.cli.runner import Options, judge
from auditor.cli.settings import clock
from auditor.model import Source
from auditor.policy import Policy
from auditor.triage import Baseline, baseline_of

if TYPE_CHECKING:
    from auditor.cli.inventory import Inventory

_NO_OPTIONS = Options()


def check_paths(
    paths: Sequence[str],
    options: Options = _NO_OPTIONS,
    changed_since: str | None = None,
    compare: str | None = None,
    inventory: Inventory | None = None,
) -> int:
    """Judge the manifests behind paths and return the exit code.

    Args:
        paths: Files, folders, patterns and `-` for stdin.
        options: The options that every judging command has.
        changed_since: Judge only documents that were changed since the branch left this commit.
        compare: Report only findings that were not there when the branch left this commit.
        inventory: The tenant to merge the manifests into; None to judge them alone.

    Raises:
        InvalidError: Something that the user wrote is wrong, or a path leads nowhere; nothing was judged.
        UndeliveredError: A report could not be written whole.
    """

    def source() -> Source:
        from auditor.sources.files import ManifestFiles

        if changed_since is None:
            return ManifestFiles(paths)
        from auditor.git import Commit
        from auditor.sources.files.changes import Changes

        return ManifestFiles(paths, changes=Changes(Commit("", changed_since, fork=True)))

    def known(policy: Policy) -> Baseline:
        return {} if compare is None else _known_at(compare, paths, policy, inventory)

    snapshot = inventory.snapshot if inventory else None
    return judge(source, options, known=known, inventory=inventory, paths=paths, snapshot=snapshot)


def _known_at(name: str, paths: Sequence[str], policy: Policy, inventory: Inventory | None) -> Baseline:
    """Return the findings that the same policy has where the branch left a commit."""
    from auditor.git import Commit
    from auditor.pipeline import audit, unless_stopped
    from auditor.sources.files.changes import ManifestsAt

    earlier: Source = ManifestsAt(Commit("", name, fork=True), paths)
    if inventory:
        earlier = inventory.with_change(earlier)
    before = unless_stopped(audit(earlier, policy, clock=clock))
    return baseline_of(before.findings)

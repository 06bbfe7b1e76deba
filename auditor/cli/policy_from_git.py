"""The policy of a commit, which the author of a change cannot edit, and its pinned digest."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import replace
from pathlib import Path

from auditor.cli.options import PolicyOptions, TriageOptions
from auditor.cli.output import note
from auditor.cli.settings import CONFIG_FILE, Config, load_config_and_policy
from auditor.errors import AuditorError, InvalidError
from auditor.git import Commit
from auditor.model import Waiver
from auditor.policy import Policy
from auditor.triage import KnownFinding
from auditor.triage.owners import CODEOWNERS

_SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".csv", ".txt", ".gz")


def require_digest(policy: Policy, wanted: str) -> None:
    """Refuse a policy that is not the pinned one.

    Raises:
        InvalidError: Its digest is different, or the pinned digest is malformed.
    """
    algorithm, _, digest = wanted.partition(":")
    if algorithm != "sha256" or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise InvalidError(f"--policy-digest {wanted!r} is not a digest", "write sha256: and 64 hexadecimal digits")
    if digest != policy.sha256:
        raise InvalidError(
            f"the policy has the digest sha256:{policy.sha256}, but the pinned digest is sha256:{digest}",
            "review the changes, then pin the new digest",
        )


def policy_at(name: str, options: PolicyOptions, triage: TriageOptions, *, tenant: bool) -> tuple[Config, Policy]:
    """Return configuration and policy at a commit, and print how those in the work tree differ.

    Args:
        name: The commit.
        options: The options of the command.
        triage: The options about waivers and the baseline; those files come from the commit too.
        tenant: Whether the command reads a tenant.

    Raises:
        InvalidError: There is no such commit, or its configuration or policy is wrong.
    """
    commit = Commit("", name, option="--policy-from")
    _refuse_absolute(options.packs, "--policy")
    _refuse_absolute([str(file) for file in (triage.waivers, triage.baseline) if file], "--waivers or --baseline")
    with _folder_of(commit) as top:
        here = Path(commit.path(os.curdir))
        named = _configuration(commit, options.config, here)
        with chdir(top / here):
            try:
                then, policy = load_config_and_policy(
                    replace(options, config=named), triage=triage, tenant=tenant, upward=False
                )
                _refuse_absolute((*then.policies, *_accepting(then)), str(then.file))
            except InvalidError as error:
                raise InvalidError(
                    f"--policy-from {name}: {error.message.replace(f'{top}{os.sep}', '')}", error.fix
                ) from None
        then = replace(then, reports=tuple(report.replace(str(top), commit.top) for report in then.reports))
        policy = replace(policy, files=tuple(file.replace(str(top), commit.top) for file in policy.files))
    try:
        now, other = load_config_and_policy(options, triage=triage, tenant=tenant)
        _note_differences(name, policy, other)
        _note_unmerged(name, then, now)
    except AuditorError as error:
        note(f"auditor: --policy-from {name}: using the policy at {name}; the working tree has an error: {error}")
    return then, policy


@contextmanager
def _folder_of(commit: Commit) -> Iterator[Path]:
    """Write the files that a policy may consist of, with their content at a commit."""
    files = {path: blob for path, blob in commit.files().items() if _may_be_policy(path)}
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        top = Path(folder).resolve()
        (top / commit.path(os.curdir)).mkdir(parents=True, exist_ok=True)
        for path, content in zip(files, commit.contents(files.values()), strict=True):
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(content)
        yield top


def _may_be_policy(path: str) -> bool:
    return path.lower().endswith(_SUFFIXES) or path in CODEOWNERS


def _configuration(commit: Commit, named: Path | None, here: Path) -> Path | None:
    """Return the requested configuration, or the nearest one of the commit, relative to the current directory."""
    if named is not None:
        return Path(os.path.relpath(commit.path(str(named)), here))
    files = commit.files()
    for folder in (here, *here.parents):
        if (folder / CONFIG_FILE).as_posix() in files:
            return Path(os.path.relpath(folder / CONFIG_FILE, here))
    return None


def _accepting(config: Config) -> list[str]:
    """Return the files of waivers and known findings in a configuration, as written."""
    return [config.written[key].text() for key in ("waivers", "baseline") if key in config.written]


def _refuse_absolute(packs: Sequence[str], where: str) -> None:
    """Reject files with absolute paths, as they could come from the work tree."""
    for pack in packs:
        if Path(pack).is_absolute():
            raise InvalidError(
                f"{where} cannot use the absolute path {pack} with --policy-from", "use a path inside the repository"
            )


def _note_differences(name: str, policy: Policy, other: Policy) -> None:
    if policy.sha256 == other.sha256:
        return
    rules, others = ({rule.info.id: rule for rule in each.rules} for each in (policy, other))
    gone, new = sorted(rules.keys() - others.keys()), sorted(others.keys() - rules.keys())
    details = [f"without {', '.join(gone)}"] if gone else []
    details += [f"with additional {', '.join(new)}"] if new else []
    note(
        f"auditor: --policy-from {name}: using policy sha256:{policy.sha256[:12]}, not the different policy in the "
        f"working tree (sha256:{other.sha256[:12]}{''.join(f', {each}' for each in details)})"
    )


def _note_unmerged(name: str, then: Config, now: Config) -> None:
    """Print that waivers and known findings in the working tree do not count yet, if they differ."""
    if _accepted(then) != _accepted(now):
        note(
            f"auditor: --policy-from {name}: using the waivers and the baseline at {name}; "
            "those in the working tree are different, and count after they are merged"
        )


def _accepted(config: Config) -> tuple[list[Waiver], list[KnownFinding]]:
    return [replace(each, where="") for each in config.accepted.waivers], list(config.accepted.known)

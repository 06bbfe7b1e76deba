"""Settings: options override the environment, which overrides `auditor.yaml`, which overrides defaults."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from auditor.cli.options import PolicyOptions, TriageOptions
from auditor.cli.output import note
from auditor.documents import Cursor, is_unsaved, read_file
from auditor.errors import InvalidError
from auditor.model import Level, Severity
from auditor.policy import DEFAULT_PACK, Policy, Settings, load_policy
from auditor.reporters import REPORTERS
from auditor.triage import WAIVER_DAYS, TriageInputs, latest_expiry, read_baseline, read_waivers
from auditor.triage.owners import OwnerSource, read_owners
from auditor.verdict import Expectations

CONFIG_FILE = "auditor.yaml"

HERE = Path()
"""The current folder."""

_KEYS = (
    "policies",
    "params",
    "rules",
    "fail_on",
    "reports",
    "expect",
    "files",
    "role_levels",
    "waivers",
    "waiver_days",
    "baseline",
    "owners",
    "history",
)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The settings in `auditor.yaml` for the files to read.

    Attributes:
        include: Patterns that narrow the files of a directory, in the syntax of `.gitignore`; empty for all.
        exclude: Patterns of excluded files of a directory.
        strict: Whether every document has to be a manifest, as `tfy apply -d` requires.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """The contents of `auditor.yaml`; everything in it is optional.

    Attributes:
        file: The configuration file; None if there is none.
        policies: Packs, by name or by path relative to the file.
        params: Parameter values by name.
        rules: Overrides by rule id or name.
        fail_on: The lowest severity that makes the run fail.
        reports: More reports, each `FORMAT=FILE`, the file relative to the configuration.
        expect: The expectations about the tenant, if the command reads one.
        files: Which files are read.
        role_levels: Levels of roles that users set, which override their ids and permissions.
        waivers: The file of waivers; None if there is none.
        waiver_days: How many days ahead a waiver may expire.
        baseline: The file of known findings; None if there is none.
        owners: The sources of the owner of a repo, in order.
        history: The database of past audits, as a file or a URL; None if there is none.
        accepted: The findings that those two files accept, if the command reads them.
        partial: What options leave out of a run, one sentence each without a final period.
        written: Every key that the file has, as written.
    """

    file: Path | None
    policies: tuple[str, ...]
    params: Mapping[str, Cursor]
    rules: Mapping[str, Cursor]
    fail_on: str | None
    reports: tuple[str, ...]
    expect: Expectations
    files: FileSettings
    role_levels: Mapping[str, Level]
    written: Mapping[str, Cursor]
    waivers: Path | None = None
    waiver_days: int = WAIVER_DAYS
    baseline: Path | None = None
    owners: tuple[OwnerSource, ...] = ()
    history: str | None = None
    accepted: TriageInputs = field(default_factory=TriageInputs)
    partial: tuple[str, ...] = ()

    @property
    def base(self) -> Path | None:
        """The directory that relative paths start from; None for the current one."""
        return self.file.parent if self.file and self.file.parent != Path() else None


def read_config(named: Path | None, *, tenant: bool = False, upward: bool = True, folder: Path = HERE) -> Config:
    """Read the configuration: the given file, else the nearest `auditor.yaml` in or above a directory.

    Args:
        named: The file from the option.
        upward: Whether to look above the directory too.
        tenant: Whether the command reads a tenant. Expectations are not evaluated on files alone.
        folder: The directory, by default the current one.

    Raises:
        InvalidError: A file does not exist, or something in the configuration is wrong.
    """
    file = named or nearest_config(folder, upward=upward)
    if file is None:
        return Config(None, (), {}, {}, None, (), Expectations(), FileSettings(), {}, {})
    document, _ = read_file(file)
    keys = document.keys(_KEYS)
    return Config(
        file=file,
        policies=_policies(keys["policies"]) if "policies" in keys else (),
        params=keys["params"].mapping() if "params" in keys else {},
        rules=keys["rules"].mapping() if "rules" in keys else {},
        fail_on=keys["fail_on"].choice(Severity.labels()) if "fail_on" in keys else None,
        reports=tuple(_report(item, file.parent) for item in keys["reports"].items()) if "reports" in keys else (),
        expect=_expectations(keys["expect"], file.parent, tenant=tenant) if "expect" in keys else Expectations(),
        files=_file_settings(keys["files"]) if "files" in keys else FileSettings(),
        role_levels=_role_levels(keys["role_levels"]) if "role_levels" in keys else {},
        written=keys,
        waivers=file.parent / keys["waivers"].text() if "waivers" in keys else None,
        waiver_days=_integer(keys["waiver_days"]) if "waiver_days" in keys else WAIVER_DAYS,
        baseline=file.parent / keys["baseline"].text() if "baseline" in keys else None,
        history=_history(keys["history"], file.parent) if "history" in keys else None,
        owners=read_owners(keys["owners"], file.parent) if "owners" in keys else (),
    )


def nearest_config(folder: Path, *, upward: bool = True) -> Path | None:
    """Return the nearest `auditor.yaml` in or above a directory; None if there is none.

    Raises:
        InvalidError: One of them cannot be read.
    """
    folders = (folder, *(folder.absolute().parents if upward else ()))  # the folder as passed, for messages
    return next((folder / CONFIG_FILE for folder in folders if _is_file(folder / CONFIG_FILE)), None)


def _is_file(path: Path) -> bool:
    try:
        return is_unsaved(path) or stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}", "fix or remove it") from None


def _policies(cursor: Cursor) -> tuple[str, ...]:
    names = tuple(item.text() for item in cursor.items())
    if not names:
        cursor.fail("is empty", f"add a pack, or remove the key to use {DEFAULT_PACK}")
    return names


def _report(cursor: Cursor, base: Path) -> str:
    keys = cursor.keys(("format", "file"), ("format", "file"))
    return f"{keys['format'].choice(tuple(REPORTERS))}={base / keys['file'].text()}"


def _file_settings(cursor: Cursor) -> FileSettings:
    keys = cursor.keys(("include", "exclude", "strict"))
    return FileSettings(
        include=tuple(item.text() for item in keys["include"].items()) if "include" in keys else (),
        exclude=tuple(item.text() for item in keys["exclude"].items()) if "exclude" in keys else (),
        strict=keys["strict"].boolean() if "strict" in keys else False,
    )


def _history(cursor: Cursor, base: Path) -> str:
    place = cursor.text()
    return place if "://" in place else str(base / place)


def _role_levels(cursor: Cursor) -> Mapping[str, Level]:
    words = [level.value for level in Level]
    return {role: Level(item.choice(words)) for role, item in cursor.mapping().items()}


def _expectations(cursor: Cursor, base: Path, *, tenant: bool) -> Expectations:
    keys = cursor.keys(("tenant", "min_repos", "include", "max_drop", "previous"))
    if ("max_drop" in keys) is not ("previous" in keys):
        cursor.fail("has only one of max_drop and previous", "set both or neither")
    expected = Expectations(
        tenant=keys["tenant"].text() if "tenant" in keys else None,
        min_repos=_integer(keys["min_repos"]) if "min_repos" in keys else None,
        include=tuple(item.text() for item in keys["include"].items()) if "include" in keys else (),
        max_drop=_share(keys["max_drop"]) if "max_drop" in keys else None,
        previous=_previous(keys["previous"], base, read=tenant) if "previous" in keys else None,
    )
    return expected if tenant else Expectations(min_repos=0 if expected.min_repos == 0 else None)


def _integer(cursor: Cursor) -> int:
    value = cursor.value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        cursor.fail(f"is {cursor.plain()!r}, expected an integer of 0 or more")
    return value


def _share(cursor: Cursor) -> float:
    match = re.fullmatch(r"([0-9]{1,3})%", str(cursor.plain()))
    if match is None or int(match[1]) > 100:
        cursor.fail(f"is {cursor.plain()!r}, expected a percentage, for example 10%")
    return int(match[1]) / 100


def _previous(cursor: Cursor, base: Path, *, read: bool) -> tuple[int, str] | None:
    path = base / cursor.text()
    if not read:
        return None  # without a tenant, for example in a pull request, it need not exist
    from auditor.sources.snapshot.reader import Snapshot

    snapshot = Snapshot(path)
    if snapshot.refusal:
        cursor.fail(f"refers to the snapshot {path}, which cannot be used: {snapshot.refusal}")
    return snapshot.repos, str(path)


def load_config_and_policy(
    options: PolicyOptions,
    defaults: Mapping[str, str] | None = None,
    *,
    triage: TriageOptions | None = None,
    tenant: bool = False,
    upward: bool = True,
) -> tuple[Config, Policy]:
    """Return the configuration, and the policy from it and the options.

    Args:
        options: The options of the command.
        defaults: Parameter values that replace the defaults of the packs.
        triage: The options about waivers and the baseline; None where findings are not triaged.
        tenant: Whether the command reads a tenant.
        upward: Whether to look for a configuration above the current directory too.

    Raises:
        InvalidError: Something in it is wrong.
    """
    config = read_config(options.config, tenant=tenant, upward=upward)
    if triage:
        config = replace(config, accepted=accepted_before(config, triage), partial=tuple(_selected(options)))
    return config, policy_in_force(config, options, defaults)


def _selected(options: PolicyOptions) -> Iterator[str]:
    if options.only:
        yield f"only rules selected by --rule {', '.join(options.only)} were evaluated"
    if options.without:
        yield f"rules selected by --exclude-rule {', '.join(options.without)} were not evaluated"


def accepted_before(config: Config, options: TriageOptions) -> TriageInputs:
    """Return what the waivers and the baseline from options and configuration accept.

    Raises:
        InvalidError: A file cannot be read, or something in it is wrong.
    """
    file, baseline = options.waivers or config.waivers, options.baseline or config.baseline
    today = clock().date()
    latest = latest_expiry(max(today, options.as_of or today), config.waiver_days)
    return TriageInputs(
        waivers=read_waivers(file, latest) if file and not options.no_waivers else (),
        known=read_baseline(baseline) if baseline and not options.no_baseline else (),
        baseline_file=str(baseline or ""),
        as_of=options.as_of,
        strict=options.strict_waivers,
    )


def policy_in_force(config: Config, options: PolicyOptions, defaults: Mapping[str, str] | None = None) -> Policy:
    """Return the policy from options and configuration, and print its notices.

    Raises:
        InvalidError: Something in it is wrong.
    """
    policy = combined_policy(config, options, defaults)
    for notice in policy.notices:
        note(f"auditor: note: {notice}")
    return policy


def combined_policy(config: Config, options: PolicyOptions, defaults: Mapping[str, str] | None = None) -> Policy:
    """Return the policy from options and configuration.

    Args:
        config: The configuration.
        options: The options of the command; their packs replace those of the configuration.
        defaults: Parameter values that replace the defaults of the packs.

    Raises:
        InvalidError: Something in it is wrong.
    """
    texts = dict(_assignment(text) for text in options.params)
    settings = Settings(config.params, texts, config.rules, defaults or {}, options.only, options.without)
    named, base = (options.packs, None) if options.packs else (config.policies or (DEFAULT_PACK,), config.base)
    policy = load_policy(named, settings, base)
    if config.role_levels:  # they affect findings like rules do, so a pinned digest has to cover them
        levels = json.dumps(config.role_levels, sort_keys=True)
        policy = replace(policy, sha256=sha256(f"{policy.sha256}\n{levels}".encode()).hexdigest())
    return policy


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidError(f"--param {text!r} is not NAME=VALUE", "for example --param max_admins=3")
    return name, value


def clock() -> datetime:
    """Return the time, or that of `SOURCE_DATE_EPOCH`, so that runs can be reproduced byte for byte.

    Raises:
        InvalidError: `SOURCE_DATE_EPOCH` is not a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidError(f"SOURCE_DATE_EPOCH is {epoch!r}, expected seconds since 1970") from None

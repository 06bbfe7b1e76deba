"""The policy in force: packs, parameters and overrides put together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auditor.documents import Cursor
from auditor.errors import InvalidError, did_you_mean
from auditor.model import Json, Severity
from auditor.policy.packs import Pack, find_pack, read_pack
from auditor.policy.rules import Rule, read_rule

DEFAULT_PACK = "ml-repo-baseline"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the users of packs decide.

    Attributes:
        params: Parameter values from a configuration file, by name.
        texts: Parameter values from the command line, by name; they win.
        rules: Overrides from a configuration file, by rule id or name: `off`, or severity and params.
            What the command line says wins over params here too.
        defaults: Parameter values that stand in for the packs' own defaults, where a pack has the parameter at all.
    """

    params: Mapping[str, Cursor] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Cursor] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force.

    Attributes:
        rules: Compiled, in the order of their packs.
        sha256: SHA-256 of the packs' bytes and of everything that was overridden.
    """

    rules: tuple[Rule, ...]
    sha256: str


def load_policy(
    packs: Sequence[str] = (DEFAULT_PACK,), settings: Settings | None = None, base: Path | None = None
) -> Policy:
    """Load packs by name or path (relative to `base`) and compile their rules.

    Raises:
        InvalidError: A pack, a parameter or an override is wrong, or nothing would be checked.
    """
    settings = settings or Settings()
    loaded = [read_pack(find_pack(name, base)) for name in dict.fromkeys(packs)]
    _refuse_unknown_params(loaded, settings)
    params = [_params(pack, settings) for pack in loaded]
    overrides = _overrides(loaded, settings.rules)
    rules = tuple(
        rule
        for pack, own in zip(loaded, params, strict=True)
        for rule in _compiled(pack, own, overrides, settings.texts)
    )
    if not rules:
        raise InvalidError("every rule is off: a policy that checks nothing", "turn a rule on or name another pack")
    return Policy(rules, _digest(loaded, params, overrides))


def _refuse_unknown_params(packs: Iterable[Pack], settings: Settings) -> None:
    known = {name for pack in packs for name in pack.params}
    for name, cursor in settings.params.items():
        if name not in known:
            cursor.fail_at_key(f"unknown parameter {name!r}", did_you_mean(name, known))
    for name in settings.texts:
        if name not in known:
            raise InvalidError(f"--param names an unknown parameter {name!r}", did_you_mean(name, known))


def _params(pack: Pack, settings: Settings) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, param in pack.params.items():
        if name in settings.texts:
            values[name] = param.parse(settings.texts[name])
        elif name in settings.params:
            values[name] = param.accept(settings.params[name])
        elif name in settings.defaults:
            values[name] = param.parse(settings.defaults[name])
        else:
            values[name] = param.value
    return values


def _overrides(packs: Iterable[Pack], written: Mapping[str, Cursor]) -> dict[str, Cursor]:
    ids: dict[str, str] = {}
    for pack in packs:
        for rule_name, rule_id in pack.names.items():
            if rule_id in ids or rule_name in ids:
                raise InvalidError(f"rule {rule_id} {rule_name} of pack {pack.name} is in an earlier pack too")
            ids |= {rule_id: rule_id, rule_name: rule_id}
    found: dict[str, Cursor] = {}
    for name, cursor in written.items():
        if name not in ids:
            cursor.fail_at_key(f"unknown rule {name!r}", did_you_mean(name, ids))
        if ids[name] in found:
            cursor.fail_at_key(f"rule {name!r} is overridden twice, by id and by name", "keep one")
        found[ids[name]] = cursor
    return found


def _compiled(
    pack: Pack, params: Mapping[str, object], overrides: Mapping[str, Cursor], texts: Mapping[str, str]
) -> Iterable[Rule]:
    def own_params(cursor: Cursor) -> dict[str, Json]:
        return {name: pack.params[name].accept(child) for name, child in cursor.keys(pack.params).items()}

    for rule_id, cursor in pack.rules.items():
        rule = read_rule(cursor, params, own_params).explained_at(pack.docs)
        override = overrides.get(rule_id)
        if override is None:
            yield rule
        elif override.value != "off":
            keys = override.keys(("severity", "params"))
            if not keys:
                override.fail("is empty, expected `off`, a severity or params")
            if "params" in keys:
                own = {**params, **own_params(keys["params"]), **_of_command_line(pack, texts)}
                rule = read_rule(cursor, own, own_params).explained_at(pack.docs)
            if "severity" in keys:
                rule = rule.with_severity(Severity.of(keys["severity"].choice(Severity.labels())))
            yield rule


def _of_command_line(pack: Pack, texts: Mapping[str, str]) -> dict[str, object]:
    return {name: pack.params[name].parse(text) for name, text in texts.items() if name in pack.params}


def _digest(packs: Iterable[Pack], params: list[dict[str, object]], overrides: Mapping[str, Cursor]) -> str:
    digest = hashlib.sha256()
    for pack in packs:
        digest.update(hashlib.sha256(pack.content).digest())
    decided = {rule_id: cursor.plain() for rule_id, cursor in overrides.items()}
    digest.update(json.dumps([params, decided], sort_keys=True).encode())
    return digest.hexdigest()

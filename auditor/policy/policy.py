"""The policy: packs, parameters and overrides combined."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from auditor.documents import Cursor
from auditor.errors import InvalidError, did_you_mean
from auditor.links import rule_page
from auditor.model import DIRECTORY_PARTS, GRANT_SURFACES, TENANT_SURFACES, Json, Provider, Severity
from auditor.model.values import display
from auditor.policy.fields import Target
from auditor.policy.info import UNAVAILABLE
from auditor.policy.packs import Pack, load_packs
from auditor.policy.params import Param
from auditor.policy.references import Names
from auditor.policy.rules import Rule, read_rule
from auditor.policy.selection import rule_hint, selected
from auditor.resources import is_shipped

DEFAULT_PACK = "ml-repo-baseline"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a policy.

    Attributes:
        params: Parameter values from a configuration file, by name.
        texts: Parameter values from the command line, by name; they have precedence.
        rules: Overrides from a configuration file, by rule id or name: `off`, or severity and params.
            Parameters on the command line override those here too.
        defaults: Parameter values that replace the defaults of the packs that have the parameter.
        only: Selectors of the rules to run; all of them if there is none.
        without: Selectors of the rules to skip.
    """

    params: Mapping[str, Cursor] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Cursor] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The compiled rules of one or more packs.

    Attributes:
        rules: The rules, in the order of their packs.
        sha256: SHA-256 of the bytes of the packs and their data, and of all overrides and selectors.
        notices: Notices for users: rules that are deprecated, or selected by a former id.
        files: The files of the packs and their data.
    """

    rules: tuple[Rule, ...]
    sha256: str
    notices: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def across_repos(self) -> Policy:
        """A policy with only the rules across repos, which are evaluated on every repo."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule.target is Target.INVENTORY))

    @property
    def parts(self) -> frozenset[Provider]:
        """The parts of the directory that the rules need."""
        return directory_parts(frozenset(need for rule in self.rules for need in rule.needs))


def directory_parts(needs: frozenset[Provider]) -> frozenset[Provider]:
    """Return the parts of a directory that these needs require."""
    grants = GRANT_SURFACES if Provider.GRANTS in needs else frozenset()
    tenant = GRANT_SURFACES | TENANT_SURFACES if Provider.TENANT_GRANTS in needs else frozenset()
    return needs & DIRECTORY_PARTS | grants | tenant


def load_policy(
    packs: Sequence[str] = (DEFAULT_PACK,), settings: Settings | None = None, base: str | os.PathLike[str] | None = None
) -> Policy:
    """Load packs by name or path (relative to `base`) and compile their rules.

    Raises:
        InvalidError: A pack, a parameter or an override is wrong, or nothing would be checked.
    """
    return _Loading(load_packs(packs, base), settings or Settings()).policy()


def _ids(pack: Pack) -> dict[str, str]:
    """Return the ids of a pack's rules, by id, name and former names."""
    return {**{each: each for each in pack.rules}, **pack.names, **pack.renamed}


class _Loading:
    """Combines loaded packs and settings."""

    def __init__(self, packs: Sequence[Pack], settings: Settings) -> None:
        self.packs, self.settings = packs, settings
        self.notices: list[str] = []
        self.ids = self._known_ids()
        self._refuse_unknown_params()
        self.presets = self._presets()
        self.values = {pack.path: self._values(pack) for pack in packs}
        self.overrides = self._overrides()

    def policy(self) -> Policy:
        compiled = tuple(rule for pack in self.packs for rule in self._compiled(pack))
        if not compiled:
            raise InvalidError("every rule is off, so the policy checks nothing", "turn a rule on, or use another pack")
        rules = selected(compiled, self.settings.only, self.settings.without)
        deprecated = [f"{rule.info.id} is deprecated: {rule.info.deprecated}" for rule in rules if rule.info.deprecated]
        files = [file for pack in self.packs for file in (pack.path, *(each.path for each in pack.data.values()))]
        return Policy(rules, self._digest(), (*self.notices, *deprecated), tuple(files))

    def _known_ids(self) -> dict[str, str]:
        ids: dict[str, str] = {}
        files: dict[str, str] = {}
        for pack in self.packs:
            own = _ids(pack)
            for word, rule_id in own.items():
                if word in ids:
                    message = (
                        f"uses {word!r}, which is already the id or name of a rule of another pack ({files[word]})"
                    )
                    pack.rules[rule_id].fail(message, "rename it")
            ids |= own
            files |= dict.fromkeys(own, pack.path)
        return ids

    def _overrides(self) -> dict[str, Override]:
        """Combine overrides: those of packs, each over those of the packs that it extends, then those of the user."""
        levels = [(pack.overrides, self._inherited(pack)) for pack in self.packs] + [(self.settings.rules, self.ids)]
        overrides: dict[str, Override] = {}
        for written, known in levels:
            for rule_id, cursor in self._resolved(written, known):
                overrides[rule_id] = overrides.get(rule_id, Override()).then(cursor)
        return overrides

    def _inherited(self, pack: Pack) -> dict[str, str]:
        return {word: rule for each in pack.ancestors() for word, rule in _ids(each).items()}

    def _refuse_unknown_params(self) -> None:
        known = {name for pack in self.packs for name in pack.params}
        for name, cursor in self.settings.params.items():
            if name not in known:
                cursor.fail_at_key(f"unknown parameter {name!r}", did_you_mean(name, known))
        for name in self.settings.texts:
            if name not in known:
                raise InvalidError(f"--param: unknown parameter {name!r}", did_you_mean(name, known))

    def _presets(self) -> dict[tuple[str, str], Cursor]:
        """Return the defaults that packs set for parameters of the packs that they extend, by pack and name."""
        presets: dict[tuple[str, str], Cursor] = {}
        for pack in self.packs:
            family = list(pack.ancestors())
            for name, cursor in pack.presets.items():
                owners = {(each.path, name) for each in family if name in each.params}
                if not owners:
                    message = f"{name!r} is not a parameter of an extended pack, and has no description and type"
                    cursor.fail_at_key(message, did_you_mean(name, {name for each in family for name in each.params}))
                for owner in owners & set(presets):
                    cursor.fail(f"is a default that is also set at {presets[owner].mark}", "keep one")
                presets |= dict.fromkeys(owners, cursor)
        return presets

    def _values(self, pack: Pack) -> dict[str, object]:
        return {name: self._value(param, self.presets.get((pack.path, name))) for name, param in pack.params.items()}

    def _value(self, param: Param, preset: Cursor | None) -> object:
        settings, name = self.settings, param.name
        if name in settings.texts:
            return param.parse(settings.texts[name])
        if name in settings.params:
            return param.accept(settings.params[name])
        if name in settings.defaults:
            return param.parse(settings.defaults[name])
        return param.accept(preset) if preset else param.value

    def _resolved(self, written: Mapping[str, Cursor], ids: Mapping[str, str]) -> Iterator[tuple[str, Cursor]]:
        found: set[str] = set()
        renamed = {word: rule for pack in self.packs for word, rule in pack.renamed.items()}
        for name, cursor in written.items():
            if name not in ids:
                cursor.fail_at_key(f"unknown rule {name!r}", rule_hint(name, ids))
            rule_id = ids[name]
            if rule_id in found:
                cursor.fail_at_key(f"rule {name!r} is overridden twice, by id and by name", "keep one")
            if name in renamed:
                self.notices.append(f"{cursor.key_mark}: {name} has been renamed to {rule_id}")
            found.add(rule_id)
            yield rule_id, cursor

    def _compiled(self, pack: Pack) -> Iterable[Rule]:
        family = (*pack.ancestors(), pack)
        declared = {name: param for each in family for name, param in each.params.items()}
        values = {name: value for each in family for name, value in self.values[each.path].items()}
        data = {name: each.values for member in family for name, each in member.data.items()}

        def own_params(cursor: Cursor) -> dict[str, Json]:
            return {name: declared[name].accept(child) for name, child in cursor.keys(declared).items()}

        for rule_id, cursor in pack.rules.items():
            override = self.overrides.get(rule_id, Override())
            if override.off:
                continue
            own = {name: value for params in override.params for name, value in own_params(params).items()}
            texts = {name: declared[name].parse(text) for name, text in self.settings.texts.items() if name in declared}
            names = Names({**values, **own, **texts}, data)
            rule = read_rule(cursor, pack.name, names, own_params, pack.infos[rule_id])
            shipped = is_shipped(pack.path)
            if not shipped:
                rule.read_examples()  # so that mistakes in examples are reported when the pack is loaded
            rule = rule.documented_at(rule_page(rule_id) if shipped else pack.page_of(rule_id))
            yield rule.overridden(override.severity, override.when_unavailable, override.unavailable_in)

    def _digest(self) -> str:
        digest = sha256()
        for pack in self.packs:
            digest.update(sha256(pack.content).digest())
            for each in pack.data.values():
                digest.update(sha256(each.content).digest())
        decided = {rule_id: override.plain() for rule_id, override in self.overrides.items()}
        values = [self.values[pack.path] for pack in self.packs]
        chosen = [*self.settings.only], [*self.settings.without]
        digest.update(json.dumps([values, decided, chosen], sort_keys=True).encode())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Override:
    """Changes to a rule. Overrides at several places are merged, and the last one wins.

    Attributes:
        off: Whether the rule is turned off.
        severity: Its severity; None for its own.
        params: Its parameters, as written.
        when_unavailable: Its setting for unavailable data; empty for that of the rule.
        unavailable_in: The name of the file that sets it.
    """

    off: bool = False
    severity: Severity | None = None
    params: tuple[Cursor, ...] = ()
    when_unavailable: str = ""
    unavailable_in: str = ""

    def then(self, cursor: Cursor) -> Override:
        """Return this override with another one on top: `off`, or a mapping of severity, params and when_unavailable.

        Raises:
            DocumentError: It is neither.
        """
        if cursor.value == "off":
            return replace(self, off=True)
        if not isinstance(cursor.value, dict):
            cursor.fail(f"is {display(cursor.plain())}, expected a mapping such as {{severity: high}}, or `off`")
        keys = cursor.keys(("severity", "params", "when_unavailable"))
        if not keys:
            cursor.fail("is empty, expected `off`, a severity, params or when_unavailable")
        severity = Severity.of(keys["severity"].choice(Severity.labels())) if "severity" in keys else self.severity
        params = (*self.params, keys["params"]) if "params" in keys else self.params
        unavailable, file = self.when_unavailable, self.unavailable_in
        if "when_unavailable" in keys:
            unavailable, file = keys["when_unavailable"].choice(UNAVAILABLE), os.path.basename(cursor.mark.file)
        return Override(False, severity, params, unavailable, file)

    def plain(self) -> object:
        """Return all its changes, for the digest."""
        severity = None if self.severity is None else self.severity.label
        return [self.off, severity, [params.plain() for params in self.params], self.when_unavailable]

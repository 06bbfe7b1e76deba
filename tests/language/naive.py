"""An independent implementation of the language: packs and repos as plain documents, evaluated as the design says.

Three values: true, false and unknown (None). A test of a missing field or of null is unknown, except for the operators
that handle these; a value of the wrong type is an error, wherever it occurs in the tree. Nothing here imports the
engine, and nothing is fast.
"""

import re
from datetime import UTC, datetime, timedelta

import jsonschema

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GONE = object()
GROUPS = ("all", "any", "none", "not")
FORMATS = {"email": {"a@x.io"}, "date": {"2025-01-01"}, "duration": {"9d"}}


class WrongTypeError(Exception):
    """The condition cannot be evaluated on the document."""


class Env:
    """What a condition is evaluated on: a repo, one of its grants, an element, a group, and captured values."""

    def __init__(self, repo, names, grant=None, group=None):
        self.repo, self.names, self.grant, self.group = repo, names, grant, group
        self.manifest, self.envelope = repo["manifest"], repo["repo"]
        self.captured, self.item, self.item_kind = {}, GONE, ""

    def about(self, item, kind):
        inner = Env(self.repo, self.names, self.grant, self.group)
        inner.captured, inner.item, inner.item_kind = self.captured, item, kind
        return inner


# Three values.


def both(results):
    return False if False in results else None if None in results else True


def opposite(result):
    return None if result is None else not result


def either(results):
    return opposite(both([opposite(result) for result in results]))


def holds(condition, env):
    """Evaluate a condition: all parts are evaluated, so that an error in any of them is an error."""
    return both([entry_holds(key, value, env) for key, value in condition.items()])


def entry_holds(key, value, env):
    if key == "not":
        return opposite(holds(value, env))
    if key in GROUPS:
        results = [holds(part, env) for part in value]
        return {"all": both, "any": either, "none": lambda each: opposite(either(each))}[key](results)
    return meets(value, field(key, env, typed=not only_of_type(value)), env, of=key)


def only_of_type(tests):
    if not isinstance(tests, dict):
        return False
    return all(name == "type" or (name == "not" and only_of_type(operand)) for name, operand in tests.items())


# Fields.


def kind_of(value):
    kinds = {bool: "boolean", str: "string", int: "number", float: "number", list: "list", dict: "object"}
    return kinds.get(type(value), "null")


NUMBERS = {"num_runs": "num_runs", "num_datasets": "datasets_count", "num_tracing_projects": "tracing_projects_count"}
TEXTS = {"id": "id", "tenant": "tenant_name", "created_at": "created_at"}
GROUP_KINDS = {"key": "string", "size": "number", "repos": "number", "distinct": "number"}
SEGMENTS = ("tenant", "provider", "account", "type", "name")


def kind_of_field(name):
    """The JSON type of a field."""
    root, _, rest = name.partition(".")
    if root == "group":
        return GROUP_KINDS.get(rest, "list")
    if root == "repo":
        return "number" if rest in NUMBERS or rest == "num_artifacts" else "string"
    if name == "manifest":
        return "object"
    return "list" if root == "access" or name == "manifest.collaborators" else "string"


def field(name, env, typed=True):
    value = read(name, env)
    kind = env.item_kind if name == "item" else kind_of_field(name)
    if typed and value is not GONE and value is not None and kind_of(value) != kind:
        raise WrongTypeError(name)
    return value


def read(name, env):
    root, _, rest = name.partition(".")
    return ROOTS[root](env, rest)


def read_keys(value, keys):
    for index, key in enumerate(keys):
        if index and (value is GONE or value is None):
            return GONE
        if not isinstance(value, dict):
            raise WrongTypeError(key)
        value = value.get(key, GONE)
    return value


def storage(env, segment):
    fqn = env.manifest.get("storage_integration_fqn")
    if fqn is None:
        return GONE
    if not isinstance(fqn, str):
        raise WrongTypeError(segment)
    parts = fqn.split(":")
    return parts[SEGMENTS.index(segment)] if len(parts) == 5 and "" not in parts else GONE


def of_repo(env, name):
    if name == "name":
        known = env.manifest.get("name")
        return known if isinstance(known, str) and known else f"id:{env.repo['id']}"
    if name.startswith("created_by."):
        creator = env.envelope.get("created_by_subject")
        key = {"type": "subjectType", "name": "subjectSlug"}[name.removeprefix("created_by.")]
        return GONE if creator is None else read_keys(creator, [key])
    if name == "num_artifacts":
        return artifacts(env.envelope.get("artifact_type_counts"))
    return env.envelope.get(NUMBERS.get(name) or TEXTS[name], GONE)


def artifacts(counts):
    if counts is None:
        return GONE
    if not isinstance(counts, dict) or any(each is not None and type(each) is not int for each in counts.values()):
        raise WrongTypeError
    return None if None in counts.values() else sum(counts.values())


def grants(manifest):
    """Return the inline collaborators, checked; None if the manifest has no statement about access."""
    entries = manifest.get("collaborators")
    if entries is None:
        return None
    if not isinstance(entries, list):
        raise WrongTypeError
    for entry in entries:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("subject", "role_id")):
            raise WrongTypeError
    return entries


def access(manifest):
    entries = grants(manifest)
    once = list(dict.fromkeys(each["subject"].removeprefix(":") for each in entries))
    admins = list(
        dict.fromkeys(each["subject"].removeprefix(":") for each in entries if each["role_id"].endswith("-admin"))
    )
    return {
        "collaborators": entries,
        "subjects": once,
        "admins": admins,
        "admin_users": [each for each in admins if each.startswith("user:")],
        "admin_teams": [each for each in admins if each.startswith("team:")],
    }


def of_grant(entry, name):
    if name == "via":
        return "inline"
    if name in {"role", "role_id"}:
        return entry["role_id"]
    return entry["subject"] if name == "subject" else of_subject(entry["subject"], name.removeprefix("subject."))


def of_subject(text, name):
    kind, colon, rest = text.partition(":")
    kind, rest = (kind, rest) if colon else ("", text)
    if name == "domain":
        return rest.split("@")[-1].lower() if kind == "user" and "@" in rest else GONE
    return kind if name == "type" else rest


def of_item(item, part):
    if part in {"subject", "role_id"}:
        if not isinstance(item, dict):
            raise WrongTypeError
        return item.get(part, GONE)
    return of_subject(item, part)


ROOTS = {
    "manifest": lambda env, rest: read_keys(env.manifest, rest.split(".")) if rest else env.manifest,
    "storage": storage,
    "repo": of_repo,
    "access": lambda env, rest: access(env.manifest)[rest],
    "grant": lambda env, rest: of_grant(env.grant, rest),
    "collaborator": lambda env, rest: of_grant(env.grant, rest),
    "captured": lambda env, rest: env.captured.get(rest, GONE),
    "group": lambda env, rest: env.group[rest],
    "item": lambda env, rest: of_item(env.item, rest) if rest else env.item,
}


# Tests.


def meets(tests, value, env, of=""):
    if isinstance(tests, list):
        tests = {"in": tests}
    elif not isinstance(tests, dict):
        tests = {"equals": tests}
    return both([meets_one(name, operand, value, env, of) for name, operand in tests.items()])


def meets_one(name, operand, value, env, of):
    if name == "not":
        return opposite(meets(operand, value, env, of))
    if name in SEEING:
        return SEEING[name](value) is operand
    if name == "type":
        return None if value is GONE else kind_of(value) in listed(operand)
    if name in {"any", "all", "none", "count"}:
        kind = "object" if of.endswith("collaborators") else "string"
        return None if value is GONE or value is None else quantified(name, operand, value, env, kind)
    if isinstance(operand, dict) and set(operand) == {"field"}:
        return compared(name, value, field(operand["field"], env))
    return plainly(name, operand, value, env)


def plainly(name, operand, value, env):
    if isinstance(operand, dict) and set(operand) == {"data"}:
        operand = env.names[operand["data"]]
    if value is GONE or (value is None and name not in {"equals", "in"}):
        return None
    if name in {"length", "words"}:
        return meets(operand, measured(name, value), env)
    return PREDICATES[name](value, operand)


def compared(name, value, other):
    if any(each is None or each is GONE for each in (value, other)):
        return None
    if isinstance(other, list) and any(isinstance(each, list | dict) for each in other):
        raise WrongTypeError
    return PREDICATES[name](value, other)


def quantified(name, operand, value, env, kind):
    where = operand.get("where", {}) if name == "count" else operand
    results = [about_item(where, env.about(item, kind)) for item in value]
    if name == "count":
        tests = {word: each for word, each in operand.items() if word != "where"}
        return None if None in results else meets(tests, results.count(True), env)
    if name == "all":
        return both(results) if results else None
    return either(results) if name == "any" else opposite(either(results))


def about_item(where, env):
    if where == {}:
        return True
    if isinstance(where, dict) and all(word == "item" or "." in word or word in GROUPS for word in where):
        return holds(where, env)
    return meets(where, field("item", env), env)


def listed(operand):
    return operand if isinstance(operand, list) else [operand]


def same(left, right):
    return kind_of(left) == kind_of(right) and left == right


def among(value, values):
    return any(same(value, each) for each in values)


def like(value, glob):
    if not glob:
        return not value
    if glob[0] == "*":
        return any(like(value[index:], glob[1:]) for index in range(len(value) + 1))
    return bool(value) and glob[0] in {"?", value[0]} and like(value[1:], glob[1:])


def is_blank(value):
    return value is GONE or value is None or not (value.strip() if isinstance(value, str) else value)


def measured(name, value):
    if name == "words":
        return len(value.split())
    return len(value.strip()) if isinstance(value, str) else len(value)


def age(value):
    try:
        return NOW - datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        raise WrongTypeError from None


def well_formed(value, name):
    if name == "subject":
        kind, _, rest = value.partition(":")
        return bool(kind and rest) and len(value.split()) == 1 and value == value.strip()
    return value in FORMATS[name]


def once_by(value, key):
    seen = []
    for element in value:
        if not isinstance(element, dict) or kind_of(element.get(key)) not in {"string", "null"}:
            raise WrongTypeError
        seen += [element[key].strip().lower()] if isinstance(element.get(key), str) else []
    return len(seen) == len(set(seen))


def days(text):
    return timedelta(days=int(text.removesuffix("d")))


SEEING = {"exists": lambda value: value is not GONE, "blank": is_blank}
PREDICATES = {
    "equals": same,
    "in": among,
    "like": lambda value, globs: any(like(value, glob) for glob in globs),
    "matches": lambda value, patterns: any(re.fullmatch(each, value) is not None for each in listed(patterns)),
    "format": lambda value, names: any(well_formed(value, name) for name in listed(names)),
    "schema": lambda value, schema: jsonschema.Draft202012Validator(schema).is_valid(value),
    "gt": lambda value, operand: value > operand,
    "ge": lambda value, operand: value >= operand,
    "lt": lambda value, operand: value < operand,
    "le": lambda value, operand: value <= operand,
    "between": lambda value, ends: ends[0] <= value <= ends[1],
    "older_than": lambda value, operand: age(value) > days(operand),
    "newer_than": lambda value, operand: age(value) <= days(operand),
    "contains": lambda value, operand: among(operand, value),
    "contains_any": lambda value, wanted: any(among(each, value) for each in wanted),
    "contains_all": lambda value, wanted: all(among(each, value) for each in wanted),
    "subset_of": lambda value, allowed: all(among(each, allowed) for each in value),
    "disjoint": lambda value, banned: not any(among(each, banned) for each in value),
    "unique_by": once_by,
}


# Rules.


def evaluated(rules, repos, names, gone=()):
    """Return the outcomes of rules on repos: findings (rule, repo, subject), rules in error, rules not evaluated."""
    findings, errors, unasked = set(), set(), set()
    for rule in rules:
        across = rule.get("for") == "inventory"
        members = []
        for repo in repos:
            for entry in about(rule, repo, errors, unasked):
                env = Env(repo, names, grant=entry)
                try:
                    if across:
                        members += member_of(rule, env, entry)
                    elif fails(rule, env):
                        findings.add((rule["id"], repo["id"], words_of(entry)))
                except WrongTypeError:
                    errors.add((rule["id"], repo["id"]))
        left = [member for member in members if member["id"] not in gone]
        findings |= {(rule["id"], "", text) for text in failing_groups(rule, left, names)} if across else set()
    return findings, errors, unasked


def words_of(entry):
    return f"{entry['subject']}|{entry['role_id']}" if entry else ""


def about(rule, repo, errors, unasked):
    """Return what a rule is evaluated on in a repo: the repo itself (None), or each of its grants."""
    of_grants = rule.get("for") in {"grant", "collaborator"} or (rule.get("for") == "inventory" and names_grants(rule))
    try:
        entries = grants(repo["manifest"]) if of_grants else [None]
        if repo["manifest"].get("collaborators") is None and (of_grants or mentions(rule, "access.")):
            unasked.add((rule["id"], repo["id"]))
            return []
    except WrongTypeError:
        errors.add((rule["id"], repo["id"]))
        return []
    return entries


def names_grants(rule):
    return mentions({key: rule.get(key) for key in ("when", "group_by", "distinct")}, "grant.")


def mentions(part, prefix):
    if isinstance(part, dict):
        return any(mentions([key, value], prefix) for key, value in part.items())
    if isinstance(part, list):
        return any(mentions(each, prefix) for each in part)
    return isinstance(part, str) and part.startswith(prefix)


def applies(rule, env):
    if "when" in rule and holds(rule["when"], env) is not True:
        return False
    env.captured = captured(rule.get("when", {}), env)
    return True


def captured(when, env):
    """Return the captured groups: all AND parts of `when` hold, so each of their patterns matches."""
    found = {}
    for key, value in when.items():
        if key == "all":
            for part in value:
                found |= captured(part, env)
        elif key not in GROUPS and isinstance(value, dict) and "matches" in value:
            texts = listed(value["matches"])
            match = next(filter(None, (re.fullmatch(each, field(key, env)) for each in texts)))
            found |= {name: text for name, text in match.groupdict().items() if text is not None}
    return found


def fails(rule, env):
    return applies(rule, env) and holds(rule["must"], env) is not True


def member_of(rule, env, entry):
    if not applies(rule, env):
        return []
    by = rule["group_by"]
    key = field(by["field"] if isinstance(by, dict) else by, env)
    value = field(rule["distinct"], env) if "distinct" in rule else None
    if key is GONE or key is None:
        return []
    return [{"id": env.repo["id"], "name": of_repo(env, "name"), "key": key, "value": value}]


FOLDS = {
    "none": lambda text: text,
    "case": str.lower,
    "letters": lambda text: re.sub(r"[^a-z0-9]", "", text.lower()),
}


def failing_groups(rule, members, names):
    by = rule["group_by"]
    fold = FOLDS[by.get("fold", "none") if isinstance(by, dict) else "none"]
    for key in {fold(member["key"]) for member in members}:
        of = [member for member in members if fold(member["key"]) == key]
        values = sorted({member["value"] for member in of if isinstance(member["value"], str)})
        group = {
            "key": min(member["key"] for member in of),
            "size": len(of),
            "repos": len({member["id"] for member in of}),
            "members": sorted({member["name"] for member in of}),
            "values": values,
            "distinct": len(values),
        }
        if holds(rule["must"], Env({"manifest": {}, "repo": {}, "id": ""}, names, group=group)) is not True:
            yield f"{group['key']}|{group['size']}|{group['repos']}|{group['distinct']}"

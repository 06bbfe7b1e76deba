"""What Hypothesis makes of the language: packs that use all of it, and inventories of right and of wrong types."""

from hypothesis import strategies as st

WORDS = st.sampled_from(["a", "ab", "A", "a b", " a ", "", " ", "a-b", "a-c", "a@x.io", "2025-01-01", "9d"])
NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2])
MOMENTS = st.sampled_from(["2025-12-31T00:00:00", "2025-12-22T00:00:00", "2020-01-01T00:00:00", "2030-01-01T00:00:00"])
SUBJECTS = st.sampled_from(["user:a", "user:a@x.io", "user:A@x.io", "team:b", "team:a", "b"])
ROLES = st.sampled_from(["x-admin", "x-viewer", ""])
FQNS = st.sampled_from(["t:aws:p:s:n", "t:gcp:p:s:a", "u:aws:p:s:n", "t:aws:p", ""])
DATA = {"words": ["a", "ab", "x-admin", "team:b"], "numbers": [0, 1.5, 2]}

TEXT_FIELDS = ["manifest.name", "manifest.description", "manifest.ownedBy.account", "storage.provider", "storage.name"]
TEXT_FIELDS += ["repo.name", "repo.created_by.name"]
NUMBER_FIELDS = ["repo.num_runs", "repo.num_datasets", "repo.num_artifacts"]
SUBJECT_LISTS = ["access.subjects", "access.admins", "access.admin_users", "access.admin_teams"]
COLLABORATORS = ["manifest.collaborators", "access.collaborators"]
OF_TARGET = {
    "repo": [],
    "grant": ["grant.subject", "grant.subject.type", "grant.subject.name", "grant.subject.domain", "grant.role"],
    "collaborator": ["collaborator.subject", "collaborator.role_id"],
}


# Documents.

ENTRIES = st.fixed_dictionaries({"subject": SUBJECTS, "role_id": ROLES})
LOOSE = st.one_of(ENTRIES, st.fixed_dictionaries({}, optional={"subject": SUBJECTS | st.none(), "role_id": ROLES}))
ILL_TYPED = st.sampled_from(["x", 1, 0.5, True, [], ["x"], {}, {"account": 5}, {"m": "1"}, "no date"])
MANIFEST = {
    "name": WORDS,
    "description": WORDS,
    "storage_integration_fqn": FQNS,
    "collaborators": st.lists(ENTRIES, max_size=3),
    "ownedBy": st.fixed_dictionaries({}, optional={"account": WORDS | st.none()}),
}
ENVELOPE = {
    "num_runs": NUMBERS,
    "datasets_count": NUMBERS,
    "created_at": MOMENTS,
    "artifact_type_counts": st.dictionaries(st.sampled_from(["m", "n"]), st.none() | st.integers(0, 2)),
    "created_by_subject": st.fixed_dictionaries({}, optional={"subjectSlug": WORDS | st.none()}),
}


def documents(keys, ill):
    """Objects of which each key is missing, null, of its type, or (`ill`) of another one."""
    kinds = {key: st.one_of(kind, kind, kind, st.none(), ILL_TYPED if ill else kind) for key, kind in keys.items()}
    return st.fixed_dictionaries({}, optional=kinds)


def inventories(ill=False, most=4):
    """Repos, some of whose manifests share their grants or storage."""
    keys = MANIFEST | ({"collaborators": st.lists(LOOSE, max_size=3)} if ill else {})
    one = st.fixed_dictionaries({"manifest": documents(keys, ill), "repo": documents(ENVELOPE, ill)})
    return st.lists(one, min_size=1, max_size=most).map(
        lambda rows: [row | {"id": str(7 + number)} for number, row in enumerate(rows)]
    )


# Tests.


def one_of_each(**operands):
    """Tests of one to three operators, each with an operand of its own kind."""
    one = st.sampled_from(sorted(operands)).flatmap(lambda name: st.fixed_dictionaries({name: operands[name]}))
    return st.lists(one, min_size=1, max_size=3).map(lambda tests: {k: v for test in tests for k, v in test.items()})


def fields(names):
    return st.sampled_from(names).map(lambda name: {"field": name})


def asking(scalars, peers, data, **operands):
    """Tests on one value: shorthand, operators, and `not` around them."""
    listed = st.lists(st.one_of(scalars, st.none()), min_size=1, max_size=3)
    among = st.one_of(listed, st.just({"data": data}), fields(SUBJECT_LISTS) if data == "words" else st.nothing())
    equals = st.one_of(scalars, st.none(), fields(peers) if peers else st.nothing())
    kinds = st.sampled_from(["string", "number", "null", ["list", "boolean"]])
    plain = one_of_each(equals=equals, type=kinds, exists=st.booleans(), **{"in": among}, **operands)
    return st.recursive(st.one_of(scalars, listed, plain), lambda inner: inner.map(lambda tests: {"not": tests}))


def on_numbers(peers):
    """Operators over numbers."""
    one = st.one_of(NUMBERS, fields(peers)) if peers else NUMBERS
    ends = st.tuples(NUMBERS, NUMBERS).map(sorted)
    return {**dict.fromkeys(("gt", "ge", "lt", "le"), one), "between": ends}


def numbers(peers):
    return asking(NUMBERS, peers, "numbers", **on_numbers(peers))


GLOBS = st.lists(st.sampled_from(["*", "a*", "?", "*a", "a?b", "", "user:*"]), min_size=1, max_size=2)
PATTERNS = st.sampled_from(["a", "a.*", "(?i)A", "[ab ]+", ".*", ["b", "a-[a-z]"], "(user|team):.*"])
FORMATS = st.sampled_from(["email", "date", "duration", "subject", ["email", "date"]])
AGES = {"older_than": st.sampled_from(["0d", "1d", "10d"]), "newer_than": st.sampled_from(["0d", "1d", "10d"])}
VALUES = st.lists(st.one_of(SUBJECTS, WORDS), min_size=1, max_size=3)
SCHEMAS = st.sampled_from(
    [{"required": ["role_id"]}, {"maxProperties": 1}, {"properties": {"subject": {"minLength": 7}}}]
)


def texts(peers, scalars=WORDS):
    """Tests of texts; `peers` are fields that they may be compared with."""
    measures = numbers(NUMBER_FIELDS if peers else [])
    text = {"like": GLOBS | st.just({"data": "words"}), "matches": PATTERNS, "length": measures, "words": measures}
    return asking(scalars, peers, "words", blank=st.booleans(), format=FORMATS, **text)


def of_elements(item):
    """Quantifiers, with a condition about `item`."""
    count = st.tuples(one_of_each(**on_numbers(NUMBER_FIELDS)), st.none() | item).map(
        lambda parts: parts[0] | ({"where": parts[1]} if parts[1] else {})
    )
    return {"any": item, "all": item, "none": item, "count": count}


def conditions(leaves, most=8):
    """Condition trees over fields: `leaves` are the tests of each."""
    leaf = st.sampled_from(sorted(leaves)).flatmap(lambda name: st.fixed_dictionaries({name: leaves[name]}))
    return st.recursive(leaf, grouped, max_leaves=most)


def grouped(part):
    several = st.lists(part, min_size=1, max_size=3)
    groups = [several.map(lambda parts, word=word: {word: parts}) for word in ("all", "any", "none")]
    side_by_side = st.lists(part, min_size=2, max_size=2).map(lambda parts: parts[0] | parts[1])
    return st.one_of(*groups, part.map(lambda one: {"not": one}), side_by_side)


OBJECTS = one_of_each(schema=SCHEMAS, length=numbers([]), blank=st.booleans(), exists=st.booleans())
OF_SUBJECT = {f"item{part}": texts(TEXT_FIELDS, SUBJECTS) for part in ("", ".type", ".name", ".domain")}
OF_COLLABORATOR = {"item.subject": texts(TEXT_FIELDS), "item.role_id": texts(TEXT_FIELDS), "item": OBJECTS}
ITEM_TESTS = one_of_each(like=GLOBS, equals=SUBJECTS, format=FORMATS, length=numbers([]))
ABOUT_SUBJECT = st.one_of(conditions(OF_SUBJECT, 3), ITEM_TESTS, SUBJECTS)
ABOUT_COLLABORATOR = st.one_of(conditions(OF_COLLABORATOR, 3), one_of_each(schema=SCHEMAS))
SETS = {
    **dict.fromkeys(("contains_any", "contains_all", "subset_of", "disjoint"), VALUES | fields(SUBJECT_LISTS)),
    "contains": SUBJECTS | fields(TEXT_FIELDS),
    "length": numbers(NUMBER_FIELDS),
    "blank": st.booleans(),
    "exists": st.booleans(),
    "type": st.sampled_from(["list", "string", ["null", "list"]]),
}


def lists(**more):
    tests = one_of_each(**SETS, **more)
    return st.one_of(tests, tests.map(lambda inner: {"not": inner}))


LEAVES = {
    **dict.fromkeys(TEXT_FIELDS, texts(TEXT_FIELDS)),
    **dict.fromkeys(NUMBER_FIELDS, numbers(NUMBER_FIELDS)),
    "repo.created_at": asking(MOMENTS, [], "words", blank=st.booleans(), **AGES),
    **dict.fromkeys(SUBJECT_LISTS, lists(**of_elements(ABOUT_SUBJECT))),
    **dict.fromkeys(COLLABORATORS, lists(unique_by=st.just("subject"), **of_elements(ABOUT_COLLABORATOR))),
    "manifest": OBJECTS,
}
CAPTURES = [("manifest.name", "(?P<first>[a-z])(-(?P<rest>[a-z]))?"), ("grant.subject", "(user|team):(?P<first>.*)")]
CAPTURED = dict.fromkeys(("captured.first", "captured.rest"), texts(["captured.first", "manifest.name"]))


def leaves_of(target):
    own = OF_TARGET[target]
    return LEAVES | dict.fromkeys(own, texts(TEXT_FIELDS + own, st.one_of(WORDS, SUBJECTS, ROLES)))


PLAIN = {target: conditions(leaves_of(target)) for target in OF_TARGET}
SMALL = {target: conditions(leaves_of(target), 2) for target in OF_TARGET}
WITH_CAPTURES = {target: conditions(LEAVES | CAPTURED) for target in OF_TARGET}
OF_GROUPS = conditions(
    {
        "group.key": texts([]),
        **dict.fromkeys(("group.size", "group.repos", "group.distinct"), numbers(["group.size", "group.repos"])),
        **dict.fromkeys(
            ("group.members", "group.values"),
            one_of_each(contains=WORDS, length=numbers([]), subset_of=VALUES, any=ITEM_TESTS, all=ITEM_TESTS),
        ),
    }
)
NAMES = {"repo": "", "grant": "{grant.subject}|{grant.role}"}
NAMES["collaborator"] = "{collaborator.subject}|{collaborator.role_id}"
KEYS = ["manifest.name", "repo.name", "storage.name", "grant.subject", "grant.role", "manifest.description"]


@st.composite
def rules(draw, number, targets=("repo", "repo", "grant", "collaborator", "captured", "inventory")):
    """One rule about single repos, grants or collaborators, or about groups of them."""
    rule = {"id": f"TRY{number:03}", "name": f"rule-{number}", "title": "A rule", "severity": "low"}
    target = draw(st.sampled_from(targets))
    if target == "inventory":
        return rule | draw(across())
    if target == "captured":
        return rule | draw(capturing())
    rule |= {"for": target, "must": draw(PLAIN[target]), "message": NAMES[target] or "-"}
    return rule | ({"when": draw(SMALL[target])} if draw(st.booleans()) else {})


@st.composite
def across(draw):
    key = draw(st.sampled_from(KEYS))
    fold = draw(st.sampled_from(["", "none", "case", "letters"]))
    rule = {"for": "inventory", "group_by": {"field": key, "fold": fold} if fold else key, "must": draw(OF_GROUPS)}
    rule["message"] = "{group.key}|{group.size}|{group.repos}|{group.distinct}"
    if draw(st.booleans()):
        rule["distinct"] = draw(st.sampled_from(KEYS))
    return rule | ({"when": draw(SMALL[draw(st.sampled_from(["repo", "grant"]))])} if draw(st.booleans()) else {})


@st.composite
def capturing(draw):
    target = draw(st.sampled_from(["repo", "grant"]))
    place, pattern = draw(st.sampled_from(CAPTURES[: 2 if target == "grant" else 1]))
    when = {place: {"matches": pattern}}
    when = draw(st.sampled_from([when, {"all": [when]}])) | draw(st.just({}) | SMALL["repo"].filter(_apart(when)))
    known = LEAVES | {name: CAPTURED[name] for name in CAPTURED if f"<{name.partition('.')[2]}>" in pattern}
    return {"for": target, "when": when, "must": draw(conditions(known)), "message": NAMES[target] or "-"}


def _apart(when):
    return lambda more: not ({*when, "all", "manifest.name"} & set(more))


def packs(**options):
    """The rules of a pack."""
    return st.integers(1, 3).flatmap(lambda count: st.tuples(*(rules(number, **options) for number in range(count))))

"""Hypothesis strategies for the language: packs that use all of it, and inventories with right and wrong types."""

from functools import wraps

from hypothesis import strategies as st

WORDS = st.sampled_from(["a", "ab", "A", "a b", " a ", "", " ", "a-b", "a-c", "a@x.io", "2025-01-01", "9d"])
NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2])
MOMENTS = st.sampled_from(["2025-12-31T00:00:00", "2025-12-22T00:00:00", "2020-01-01T00:00:00", "2030-01-01T00:00:00"])
SUBJECTS = st.sampled_from(["user:a", "user:a@x.io", "user:A@x.io", "team:b", "team:a", "b"])
ROLES = st.sampled_from(["x-admin", "x-viewer", ""])
FQNS = st.sampled_from(["t:aws:p:s:n", "t:gcp:p:s:a", "u:aws:p:s:n", "t:aws:p", ""])
DATA = {"words": ["a", "ab", "x-admin", "team:b"], "numbers": [0, 1.5, 2]}

TEXT_FIELDS = ["manifest.name", "manifest.description", "manifest.ownedBy.account", "storage.provider", "storage.name"]
TEXT_FIELDS += ["repo.name", "repo.created_by.name", "repo.tenant", "manifest.storage_integration_fqn"]
NUMBER_FIELDS = ["repo.num_runs", "repo.num_datasets", "repo.num_artifacts"]
SUBJECT_LISTS = ["access.subjects", "access.admins", "access.admin_users", "access.admin_teams"]
COLLABORATORS = ["manifest.collaborators", "access.collaborators"]
OF_TARGET = {
    "repo": [],
    "grant": ["grant.subject", "grant.subject.type", "grant.subject.name", "grant.subject.domain", "grant.role"],
    "collaborator": ["collaborator.subject", "collaborator.role_id"],
}


def short(make):
    """Draw through a function, to keep the representation of strategies short, which Hypothesis computes."""

    @wraps(make)
    def made(*args, **kwargs):
        strategy = make(*args, **kwargs)

        @st.composite
        def drawn(draw):
            return draw(strategy)

        return drawn()

    return made


# Documents.

ENTRIES = st.fixed_dictionaries({"subject": SUBJECTS, "role_id": ROLES})
LOOSE = st.one_of(ENTRIES, st.fixed_dictionaries({}, optional={"subject": SUBJECTS | st.none(), "role_id": ROLES}))
ILL = ["x", 1, 0.5, True, [], ["x"], {}, {"account": 5}, {"m": "1"}, "no date", [{"subject": 5}]]
ILL_TYPED = st.sampled_from(ILL)
MANIFEST = {
    "name": WORDS,
    "description": WORDS,
    "storage_integration_fqn": FQNS,
    "collaborators": st.lists(ENTRIES, max_size=3),
    "ownedBy": st.fixed_dictionaries({}, optional={"account": WORDS | st.none()}),
}
ENVELOPE = {
    "tenant_name": st.sampled_from(["t", "u", "a"]),
    "num_runs": NUMBERS,
    "datasets_count": NUMBERS,
    "created_at": MOMENTS,
    "artifact_type_counts": st.dictionaries(st.sampled_from(["m", "n"]), st.none() | st.integers(0, 2)),
    "created_by_subject": st.fixed_dictionaries({}, optional={"subjectSlug": WORDS | st.none()}),
}


def documents(keys, ill):
    """Objects in which each key is missing, null, of its type, or (`ill`) of another type."""
    kinds = {key: st.one_of(kind, kind, kind, st.none(), ILL_TYPED if ill else kind) for key, kind in keys.items()}
    return st.fixed_dictionaries({}, optional=kinds)


def inventories(ill=False, most=4):
    """Repos, some of which share their grants or storage."""
    keys = MANIFEST | ({"collaborators": st.lists(LOOSE, max_size=3)} if ill else {})
    one = st.fixed_dictionaries({"manifest": documents(keys, ill), "repo": documents(ENVELOPE, ill)})
    return st.lists(one, min_size=1, max_size=most).map(
        lambda rows: [row | {"id": str(7 + number)} for number, row in enumerate(rows)]
    )


def inventory(chance):
    """Random repos in which one value in five is of another type: a pack is tried on them and on the drawn ones."""
    words = ["a", "ab", "A", " a ", "", "a-b", "a-c", "a@x.io", "2025-01-01"]

    def entry():
        subject = chance.choice(["user:a", "user:a@x.io", "user:A@x.io", "team:b", "team:a", "b"])
        return {"subject": subject, "role_id": chance.choice(["x-admin", "x-viewer", ""])}

    makers = {
        "name": lambda: chance.choice(words),
        "description": lambda: chance.choice(words),
        "storage_integration_fqn": lambda: chance.choice(["t:aws:p:s:n", "t:gcp:p:s:a", "u:aws:p:s:n", "t:aws"]),
        "collaborators": lambda: [entry() for _ in range(chance.randrange(4))],
        "ownedBy": lambda: {"account": chance.choice(words)},
        "tenant_name": lambda: chance.choice(["t", "u", "a"]),
        "num_runs": lambda: chance.choice([-1, 0, 1, 1.5, 2]),
        "datasets_count": lambda: chance.choice([0, 1, 2]),
        "created_at": lambda: chance.choice(["2025-12-31T00:00:00", "2020-01-01T00:00:00", "2030-01-01T00:00:00"]),
        "artifact_type_counts": lambda: {"m": chance.choice([None, 0, 1]), "n": 1},
        "created_by_subject": lambda: {"subjectSlug": chance.choice(words)},
    }

    def value(key):
        kind = chance.randrange(10)
        return makers[key]() if kind < 7 else None if kind == 7 else chance.choice(ILL)

    def some(keys):
        return {key: value(key) for key in keys if chance.random() < 0.8}

    return [{"id": str(7 + n), "manifest": some(MANIFEST), "repo": some(ENVELOPE)} for n in range(chance.randint(1, 6))]


# Tests.


@short
def one_of_each(**operands):
    """Tests of one to three operators, each with an operand of the right kind."""
    one = st.one_of(*(st.fixed_dictionaries({name: operand}) for name, operand in sorted(operands.items())))
    return st.lists(one, min_size=1, max_size=3).map(lambda tests: {k: v for test in tests for k, v in test.items()})


def fields(names):
    return st.sampled_from(names).map(lambda name: {"field": name})


@short
def asking(scalars, peers, data, **operands):
    """Tests of one value: shorthand, operators, and `not` around them."""
    listed = st.lists(st.one_of(scalars, st.none()), min_size=1, max_size=3)
    among = st.one_of(
        listed, st.just({"data": data}), fields(SUBJECT_LISTS) if data == "words" and peers else st.nothing()
    )
    equals = st.one_of(scalars, st.none(), fields(peers) if peers else st.nothing())
    kinds = st.sampled_from(["string", "number", "null", ["list", "boolean"]])
    plain = one_of_each(equals=equals, type=kinds, exists=st.booleans(), **{"in": among}, **operands)
    return st.recursive(st.one_of(scalars, listed, plain), lambda inner: inner.map(lambda tests: {"not": tests}))


def on_numbers(peers):
    """Operators on numbers."""
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
    """Tests of texts; `peers` are fields to compare them with."""
    measures = numbers(NUMBER_FIELDS if peers else [])
    text = {"like": GLOBS | st.just({"data": "words"}), "matches": PATTERNS, "length": measures, "words": measures}
    return asking(scalars, peers, "words", blank=st.booleans(), format=FORMATS, **text)


def of_elements(item):
    """Quantifiers, with a condition about `item`."""
    count = st.tuples(one_of_each(**on_numbers(NUMBER_FIELDS)), st.none() | item).map(
        lambda parts: parts[0] | ({"where": parts[1]} if parts[1] else {})
    )
    return {"any": item, "all": item, "none": item, "count": count}


@short
def conditions(leaves, most=5):
    """Condition trees over fields; `leaves` are the tests of each field."""
    leaf = st.one_of(*(st.fixed_dictionaries({name: tests}) for name, tests in sorted(leaves.items())))
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
CAPTURED = dict.fromkeys(("captured.first", "captured.rest"), texts(["captured.first", "manifest.name"]))


def leaves_of(target):
    own = OF_TARGET[target]
    return LEAVES | dict.fromkeys(own, texts(TEXT_FIELDS + own, st.one_of(WORDS, SUBJECTS, ROLES)))


PLAIN = {target: conditions(leaves_of(target)) for target in OF_TARGET}
SMALL = {target: conditions(leaves_of(target), 2) for target in OF_TARGET}
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


def named(target):
    """The message of a finding, which shows the grant that it is about."""
    return st.just({"for": target, "message": NAMES[target] or "-"})


def merged(*parts):
    return st.tuples(*parts).map(lambda drawn: {key: value for part in drawn for key, value in part.items()})


def keyed(key, strategy):
    return strategy.map(lambda value: {key: value})


def maybe(key, strategy):
    return st.one_of(st.just({}), keyed(key, strategy))


def alone(target):
    """Rules about repos, grants or collaborators."""
    return merged(named(target), maybe("when", SMALL[target]), keyed("must", PLAIN[target]))


FOLDED = st.builds(
    lambda field, fold: {"field": field, "fold": fold},
    st.sampled_from(KEYS),
    st.sampled_from(["none", "case", "letters"]),
)
ACROSS = merged(
    st.just({"for": "inventory", "message": "{group.key}|{group.size}|{group.repos}|{group.distinct}"}),
    keyed("group_by", st.sampled_from(KEYS) | FOLDED),
    maybe("distinct", st.sampled_from(KEYS)),
    maybe("when", SMALL["repo"] | SMALL["grant"]),
    keyed("must", OF_GROUPS),
)


def capturing(target, place, pattern, known):
    """Rules whose `when` captures parts of a text."""
    when = {place: {"matches": pattern}}
    others = {name: tests for name, tests in LEAVES.items() if name != place}
    more = st.one_of(*(st.fixed_dictionaries({name: tests}) for name, tests in others.items()))
    whens = st.one_of(st.just(when), st.just({"all": [when]}), more.map(lambda each: when | each))
    must = conditions(LEAVES | {f"captured.{name}": CAPTURED[f"captured.{name}"] for name in known})
    return merged(named(target), keyed("when", whens), keyed("must", must))


CAPTURING = st.one_of(
    capturing("repo", "manifest.name", "(?P<first>[a-z])(-(?P<rest>[a-z]))?", ("first", "rest")),
    capturing("grant", "grant.subject", "(user|team):(?P<first>.*)", ("first",)),
)
STORAGE = conditions({name: LEAVES[name] for name in ("storage.provider", "storage.name")}, 2)
OF_STORAGE = merged(named("repo"), maybe("when", STORAGE), keyed("must", STORAGE))
ABOUT = st.one_of(alone("repo"), alone("repo"), OF_STORAGE, alone("grant"), alone("collaborator"), CAPTURING, ACROSS)


def packs(rule=ABOUT):
    """The rules of a pack."""

    def numbered(rules):
        heads = [{"id": f"TRY{n:03}", "name": f"rule-{n}", "title": "A rule", "severity": "low"} for n in range(3)]
        return [head | rule for head, rule in zip(heads, rules, strict=False)]

    return st.lists(rule, min_size=1, max_size=3).map(numbered)

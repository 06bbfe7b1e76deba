"""Small rules and documents, well-typed or not, for property tests of the tools for rule authors."""

from hypothesis import strategies as st

ENVELOPE = {"num_runs", "created_at"}

WORDS = st.sampled_from(["a", "ab", "A", "a b", " a ", "", " "])
NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2])
MOMENTS = st.sampled_from(["2025-12-31T00:00:00", "2025-12-22T00:00:00", "2020-01-01T00:00:00", "2030-01-01T00:00:00"])
LISTS = st.lists(WORDS, max_size=3)
TYPED = {"name": WORDS, "description": WORDS, "collaborators": LISTS, "num_runs": NUMBERS, "created_at": MOMENTS}
ILL_TYPED = st.one_of(WORDS, NUMBERS, st.booleans(), LISTS, st.just({}), st.just("no date"))


def documents(extra):
    """Documents over the fields of the tests: each field is missing, null, of its type, or from `extra`."""
    values = {key: st.one_of(st.none(), kind, kind, extra(kind)) for key, kind in TYPED.items()}
    return st.fixed_dictionaries({}, optional=values)


WELL_TYPED = documents(lambda kind: kind)
ANY_TYPED = documents(lambda _kind: ILL_TYPED)


def one_of_each(**operands):
    """Tests of one to three operators, each with an operand of the right kind."""
    one = st.sampled_from(sorted(operands)).flatmap(lambda name: st.fixed_dictionaries({name: operands[name]}))
    return st.lists(one, min_size=1, max_size=3).map(lambda tests: {k: v for test in tests for k, v in test.items()})


def asking(scalars, **operands):
    """Tests of one field: shorthand, operators, and `not` around them."""
    listed = st.lists(st.one_of(scalars, st.none()), min_size=1, max_size=3)
    plain = one_of_each(equals=st.one_of(scalars, st.none()), **{"in": listed}, **operands)
    return st.recursive(st.one_of(scalars, listed, plain), lambda inner: inner.map(lambda tests: {"not": tests}))


ON_NUMBERS = {"gt": NUMBERS, "ge": NUMBERS, "lt": NUMBERS, "le": NUMBERS}
MEASURES = asking(st.integers(0, 3), **ON_NUMBERS)
GLOBS = st.lists(st.sampled_from(["*", "a*", "?", "[ab]", ""]), min_size=1, max_size=2)
PATTERNS = st.sampled_from(["a", "a.*", "(?i)A", "[ab ]+", ".*"])
TEXT = {"like": GLOBS, "matches": PATTERNS, "length": MEASURES, "words": MEASURES, "blank": st.booleans()}
AGES = {"older_than": st.sampled_from(["0d", "1d", "10d"]), "newer_than": st.sampled_from(["0d", "1d", "10d"])}


def conditions(exists):
    """Condition trees over the fields; `exists` states whether that operator may occur."""
    presence = {"exists": st.booleans()} if exists else {}
    lists = one_of_each(contains=WORDS, length=MEASURES, blank=st.booleans(), **presence)
    other_text = st.just({"equals": {"field": "manifest.description"}})
    leaves = {
        "manifest.name": st.one_of(asking(WORDS, **TEXT, **presence), other_text),
        "manifest.description": asking(WORDS, **TEXT, **presence),
        "manifest.collaborators": st.one_of(lists, lists.map(lambda tests: {"not": tests})),
        "repo.num_runs": asking(NUMBERS, **ON_NUMBERS, **presence),
        "repo.created_at": asking(MOMENTS, **AGES, blank=st.booleans(), **presence),
    }
    leaf = st.sampled_from(sorted(leaves)).flatmap(lambda name: st.fixed_dictionaries({name: leaves[name]}))
    return st.recursive(leaf, _grouped, max_leaves=8)


def _grouped(part):
    several = st.lists(part, min_size=1, max_size=3)
    groups = [several.map(lambda parts, word=word: {word: parts}) for word in ("all", "any", "none")]
    side_by_side = st.lists(part, min_size=2, max_size=2).map(lambda parts: parts[0] | parts[1])
    return st.one_of(*groups, part.map(lambda one: {"not": one}), side_by_side)

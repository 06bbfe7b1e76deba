"""The manifest schema: two engines and a hand-written oracle agree on it, and every failure explains what is wrong."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from auditor.model import Binding, Finding, Repo
from auditor.resources import schema
from auditor.validation import schema_rules, validate

MISSING = "(missing)"
FQN = "acme:aws:aws-prod:blob-storage:ml-prod"
GOOD = {"type": "ml-repo", "name": "fraud-scoring", "storage_integration_fqn": FQN}
GRANT = {"subject": "team:fraud-ml", "role_id": "mlf-project-admin"}
ODD = [
    *map(chr, range(0x21)),
    *map(chr, range(0x7F, 0xA1)),
    *"\u2028\u2029\u200b\u202e\ufeff\u3000\u0301\u00e9\u00df\u0661\u65e5\uff21\U0001f600\U0001d49c\\/:_-.@$^*",
]
WORDS = ["", " ", "\n", "a", "abc", "ml-repo"]
VALUES = [None, True, False, 0, 1, -1, 1.5, 10**30, [], {}, [""], {"a": 1}, *WORDS]
ENDINGS = ["\n", "\r", "\r\n", "\n\n", "\u2028", "\u2029", "\xa0", "\t", " ", "\x00"]


def around(text: str) -> list[str]:
    """Return a text with each unusual character before, inside and after it, and each character alone."""
    half = len(text) // 2
    return [new for odd in ODD for new in (odd + text, text[:half] + odd + text[half:], text + odd, odd)]


NAMES = [
    *("a" * length for length in (1, 2, 3, 4, 99, 100, 101, 102, 1000)),
    *("é" * 3, "a-b", "a--b", "-ab", "ab-", "1ab", "ab1", "A-Z", "a_b", "a b", "a.b", "a-", "---", "123"),
    *around("fraud"),
    *(name + ending for name in ("fraud", "a" * 99, "a" * 100) for ending in ENDINGS),
]
DESCRIPTIONS = [
    *(char * length for char in "d😀" for length in (1, 249, 250, 251, 499, 500, 501, 512, 5000)),
    *("d" * length + ending for length in (18, 499, 500) for ending in ENDINGS),
    *around("Card fraud scoring"),
]
FQNS = [
    *(":".join(parts) for parts in itertools.product(["t", ""], ["aws", ""], ["a"], ["blob-storage", "x"], ["n", ""])),
    *(FQN + ending for ending in (*ENDINGS, ":", ":x")),
    *(f":{FQN}", "blob-storage", "::::", "a:b:c:blob-storage", "a:b:c:BLOB-STORAGE:d", *around(FQN)),
]
SUBJECTS = [
    *("user:a@b.com", "a:b:c", "user:a:", "team::x", ":", "::", ":x", "x:", "user: a", "a b:c", "team"),
    *around("team:fraud"),
    *(f"{kind}:x" for kind in ("user", "external-identity", "User", "TEAM", "9a", "-a", "a-", "é", "")),
]
COLLABORATORS = [
    *([GRANT] * count for count in (1, 2, 50)),
    *([value] for value in VALUES),
    *([GRANT, value, GRANT] for value in (None, "team:a", {}, [GRANT])),
    *([{key: GRANT[key]}] for key in GRANT),
    *([{**GRANT, key: value}] for key in (*GRANT, "extra") for value in VALUES),
    *([{**GRANT, "subject": text}] for text in SUBJECTS),
    *([{**GRANT, "role_id": text}] for text in around("mlf-project-viewer")),
]
OWNERS = [
    *({"account": value} for value in VALUES),
    *({"account": "risk", "extra": None}, {"Account": "risk"}, {"account": "a" * 1000}, [{"account": "risk"}]),
]
TABLE = {
    "type": ["ml-repo\n", "ml_repo", "ML-REPO", " ml-repo", "role-binding", ["ml-repo"]],
    "name": NAMES,
    "description": DESCRIPTIONS,
    "storage_integration_fqn": FQNS,
    "collaborators": COLLABORATORS,
    "ownedBy": OWNERS,
    "unknown": around("x")[:20],
}
MIXED = {
    "type": ["ml-repo", 7],
    "name": ["fraud", "-"],
    "description": [MISSING, "d" * 501],
    "storage_integration_fqn": [FQN, "a:b"],
    "collaborators": [[GRANT], [GRANT, {"subject": "x"}]],
    "ownedBy": [{"account": "risk"}, {}],
}


def changed(**values: object) -> dict:
    """Return the good manifest with some values changed or removed."""
    return {key: value for key, value in {**GOOD, **values}.items() if value != MISSING}


MANIFESTS = [
    *(changed(**{field: value}) for field, values in TABLE.items() for value in (MISSING, *VALUES, *values)),
    *(changed(**dict(zip(MIXED, choice, strict=True))) for choice in itertools.product(*MIXED.values())),
    {},
]


def name_allowed(name: object) -> bool:
    letters, ends = string.ascii_letters, string.ascii_letters + string.digits
    if not isinstance(name, str) or not 3 <= len(name) <= 100:
        return False
    return name[0] in letters and name[-1] in ends and set(name) <= {*ends, "-"}


def description_allowed(text: object) -> bool | None:
    if text is None:
        return True
    if not isinstance(text, str) or len(text) > 500 or "\n" in text:
        return False
    return None if set(text) & set("\r\u2028\u2029") else True


def fqn_allowed(fqn: object) -> bool | None:
    if not isinstance(fqn, str) or set(fqn) & set(string.whitespace):
        return False
    segments = fqn.split(":")
    if len(segments) != 5 or not all(segments) or segments[3] != "blob-storage":
        return False
    return True if fqn.isprintable() else None


def grants_allowed(entries: object) -> bool | None:
    if entries is None:
        return True
    return both(map(grant_allowed, entries)) if isinstance(entries, list) else False


def grant_allowed(entry: object) -> bool | None:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in GRANT):
        return False
    kind, colon, name = entry["subject"].partition(":")
    if not colon or not name:
        return False
    plain = bool(kind) and set(kind) <= {*string.ascii_lowercase, "-"} and kind[0] != "-"
    return (
        True
        if plain and all(text.isprintable() and text.split() == [text] for text in (name, entry["role_id"]))
        else None
    )


def owner_allowed(owner: object) -> bool | None:
    if owner is None:
        return None
    account = owner.get("account") if isinstance(owner, dict) else None
    return isinstance(account, str) and (True if account else None)


def both(known: Iterator[bool | None]) -> bool | None:
    every = set(known)
    return False if False in every else None if None in every else True


def oracle(manifest: dict) -> bool | None:
    """Return whether a manifest is valid according to the vendor's rules; None if they do not decide."""
    required = {"name": name_allowed, "storage_integration_fqn": fqn_allowed}
    optional = {"description": description_allowed, "collaborators": grants_allowed, "ownedBy": owner_allowed}
    known = [allowed(manifest.get(key)) for key, allowed in required.items()]
    known += [allowed(manifest[key]) for key, allowed in optional.items() if key in manifest]
    return both(iter([manifest.get("type") == "ml-repo", *known]))


REFERENCE = Draft202012Validator(schema("ml-repo"))
FAST = jsonschema_rs.Draft202012Validator(schema("ml-repo"))


def answers(manifest: dict) -> set[bool]:
    """Return every answer to whether a manifest is valid; one answer if all agree."""
    found = {REFERENCE.is_valid(manifest), FAST.is_valid(manifest), not validate(Repo("r1", manifest))}
    return found | ({oracle(manifest)} - {None})


@pytest.mark.parametrize("manifests", [pytest.param(MANIFESTS, id=f"{len(MANIFESTS)}-manifests")])
def test_every_engine_and_the_oracle_agree_on_every_manifest(manifests):
    assert [manifest for manifest in manifests if len(answers(manifest)) > 1] == []


def test_the_manifests_compared_are_many_good_and_bad_ones_and_the_oracle_decides_most():
    valid = sum(map(FAST.is_valid, MANIFESTS))
    assert (valid > 500, len(MANIFESTS) - valid > 1500) == (True, True)
    assert sum(oracle(manifest) is not None for manifest in MANIFESTS) > 1500


ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["user", "team", "agent", "bot", "", 1]),
        "name": st.sampled_from(["a", "a b", " a", "", "a\n", 1, None]),
        "resourceType": st.sampled_from(["mlf-project", "", "a b", 2]),
        "resourceFqn": st.sampled_from(["fraud", "a b", "a ", None]),
        "role": st.sampled_from(["mlf-project-admin", "", "a\n", []]),
    },
)
BINDINGS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["role-binding", "ml-repo", 1]),
        "name": st.sampled_from(["abc", "Abc", "ab-", "a" * 66, "a" * 67, None]),
        "subjects": st.none() | st.lists(ENTRY | st.just("x"), max_size=3),
        "permissions": st.none() | st.lists(ENTRY | st.just([]), max_size=3),
    },
)


@settings(max_examples=400, deadline=None)
@given(BINDINGS)
def test_every_engine_agrees_on_arbitrary_role_bindings(manifest):
    document = schema("role-binding")
    engines = (Draft202012Validator(document), jsonschema_rs.Draft202012Validator(document))
    assert {engine.is_valid(manifest) for engine in engines} == {not validate(Binding("b1", manifest))}


TEXTS = st.text(max_size=8) | st.text("ab-:1 \n\r\u2028é😀", max_size=8) | st.sampled_from([FQN, "user:a@b", "a" * 100])
KEYS = st.sampled_from([*GRANT, "account"]) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries({}, optional={field: st.just(GOOD.get(field, [GRANT])) | JSON for field in TABLE}))
def test_every_engine_and_the_oracle_agree_on_arbitrary_manifests(manifest):
    assert len(answers(manifest)) == 1


def reported(**values: object) -> list[tuple[str, str, str, str]]:
    return [(each.rule.id, each.path, each.got, each.expected) for each in findings(**values)]


def findings(**values: object) -> list[Finding]:
    return validate(Repo("r1", changed(**values)))


ROOT = "an object with `type`, `name` and `storage_integration_fqn`"
NAME = "3 to 100 letters, digits or hyphens, starting with a letter and ending with a letter or digit"
LINE, PARTS = "one line of at most 500 characters", "an FQN like `<tenant>:<provider>:<account>:blob-storage:<name>`"
LIST, PAIR = "a list of objects with `subject` and `role_id`", "an object with `subject` and `role_id`"
SUBJECT, ROLE = "`<type>:<name>`, for example `team:fraud-ml`", "a role id, for example `mlf-project-viewer`"


@pytest.mark.parametrize(
    ("field", "value", "finding"),
    [
        ("type", MISSING, ("MLS001", "/type", "no type", ROOT)),
        ("name", MISSING, ("MLS001", "/name", "no name", ROOT)),
        (
            "storage_integration_fqn",
            MISSING,
            ("MLS001", "/storage_integration_fqn", "no storage_integration_fqn", ROOT),
        ),
        ("type", "role-binding", ("MLS002", "/type", '"role-binding"', "`ml-repo`")),
        ("name", "ab", ("MLS003", "/name", '"ab"', NAME)),
        ("name", "fraud\n", ("MLS003", "/name", '"fraud\\n"', NAME)),
        ("name", None, ("MLS003", "/name", "null", NAME)),
        ("description", "two\nlines", ("MLS004", "/description", '"two\\nlines"', LINE)),
        ("description", 5, ("MLS004", "/description", "5", LINE)),
        ("storage_integration_fqn", "a:b", ("MLS005", "/storage_integration_fqn", '"a:b"', PARTS)),
        ("collaborators", {}, ("MLS006", "/collaborators", "{}", LIST)),
        ("collaborators", [GRANT, "x"], ("MLS006", "/collaborators/1", '"x"', PAIR)),
        ("collaborators", [{"role_id": "r"}], ("MLS006", "/collaborators/0/subject", "no subject", PAIR)),
        ("collaborators", [{**GRANT, "subject": "x"}], ("MLS006", "/collaborators/0/subject", '"x"', SUBJECT)),
        ("collaborators", [{**GRANT, "role_id": ""}], ("MLS006", "/collaborators/0/role_id", '""', ROLE)),
        ("ownedBy", [], ("MLS007", "/ownedBy", "[]", "an object with `account`")),
        ("ownedBy", {}, ("MLS007", "/ownedBy/account", "no account", "an object with `account`")),
        ("ownedBy", {"account": ""}, ("MLS007", "/ownedBy/account", '""', "the name of an account")),
    ],
)
def test_a_fault_is_reported_with_rule_place_got_and_expected(field, value, finding):
    assert reported(**{field: value}) == [finding]


def test_a_valid_manifest_has_no_findings():
    assert reported(description="Card fraud scoring", collaborators=[GRANT], ownedBy={"account": "risk"}) == []


def test_two_faults_are_two_findings_and_two_reasons_at_one_place_are_one():
    assert [each[1] for each in reported(name="-", description="d" * 501)] == ["/name", "/description"]
    assert [each[1] for each in reported(description="d\n" * 501)] == ["/description"]


def test_a_message_names_the_place_the_repo_and_the_value():
    assert [each.message for each in findings(ownedBy={})] == ["an owner of fraud-scoring has no account"]
    assert [each.message for each in findings(name="churn_prod")] == ['"churn_prod" is not a valid ML repo name']
    (message,) = [each.message for each in findings(storage_integration_fqn="a:b")]
    assert message == '"a:b" is not a valid storage integration FQN for fraud-scoring'


def test_a_reordered_list_of_collaborators_leaves_every_key_as_it_was():
    entries = [GRANT, "x", {"subject": "team:a"}, {**GRANT, "subject": "a"}, {**GRANT, "subject": "b", "role_id": " "}]
    forward, backward = findings(collaborators=entries), findings(collaborators=entries[::-1])
    assert len({each.key for each in forward}) == len(forward) == 5
    assert sorted(each.key for each in forward) == sorted(each.key for each in backward)


def test_the_order_of_a_collaborators_own_keys_leaves_its_finding_as_it_was():
    entry = {"subject": "x", "role_id": "mlf-project-viewer"}
    one, other = findings(collaborators=[entry]), findings(collaborators=[dict(reversed(entry.items()))])
    assert one[0].key == other[0].key


@pytest.mark.parametrize("field", ["name", "description", "storage_integration_fqn"])
def test_a_lone_surrogate_is_checked_and_no_crash(field):
    manifest = changed(**{field: "fraud\ud800"})
    assert bool(validate(Repo("r1", manifest))) is not REFERENCE.is_valid(manifest)


def subschemas(node: dict) -> Iterator[dict]:
    yield node
    children = [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]
    for child in children:
        yield from subschemas(child)


def test_the_schema_is_itself_valid_and_every_part_of_it_says_what_it_expects():
    Draft202012Validator.check_schema(schema("ml-repo"))
    assert [part for part in subschemas(schema("ml-repo")) if not part.get("x-expected")] == []


def test_every_rule_of_the_schema_has_an_id_of_its_own():
    written = [part["x-rule"]["id"] for part in subschemas(schema("ml-repo")) if "x-rule" in part]
    assert [rule.id for rule in schema_rules()] == sorted(set(written)) == sorted(written)

"""Frozen dataclasses against those of the standard library: whatever a class says of its fields, both behave alike."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import auditor
from auditor import frozen
from auditor.model import Repo

NAMES = ("a", "b", "name", "self_", "cls", "args", "nothing", "value")
VALUES = st.one_of(st.integers(-2, 2), st.sampled_from(["", "x", None, (), 1.5, True]))


@st.composite
def written(draw):
    """Fields as a class may say them: those without a default first."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    required = draw(st.integers(0, len(names)))
    fields = []
    for index, name in enumerate(names):
        said = {"compare": draw(st.booleans()), "repr": draw(st.booleans())}
        if index >= required:
            kind = draw(st.sampled_from(["plain", "default", "factory"]))
            value = draw(VALUES)
            if kind == "plain":
                fields.append((name, value))
                continue
            said |= {"default": value} if kind == "default" else {"default_factory": lambda value=value: [value]}
        fields.append((name, said))
    return fields, draw(st.booleans())


def made(module, fields, eq):
    """Return a class with these fields, made by one of the two."""
    body = {"__annotations__": dict.fromkeys((name for name, _ in fields), "object"), "__doc__": "A class."}
    body |= {name: module.field(**said) if isinstance(said, dict) else said for name, said in fields}
    body["shout"] = lambda self: f"{self!r}!"
    return module.dataclass(frozen=True, slots=True, eq=eq)(type("Made", (), body))


def outcome(do, *args, **kwargs):
    """Return what came of a call: a value, or the kind of error with its words."""
    try:
        return do(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever the standard library raises
        return type(error), str(error)


def calls(fields):
    """Ways to call a class with these fields, right and wrong."""
    names = [name for name, _ in fields]
    return st.tuples(
        st.lists(VALUES, max_size=len(names) + 1), st.dictionaries(st.sampled_from([*names, "other"]), VALUES)
    )


def looked_at(one, two, fields):
    """Everything that two values of a class show, alone and together."""
    names = [name for name, _ in fields]
    return (
        repr(one),
        one.shout(),
        [getattr(one, name) for name in names],
        one == two,
        one != two,
        one == object(),
        type(one).__match_args__,
        [outcome(setattr, one, name, 1) for name in names],
        [outcome(delattr, one, name) for name in names],
        [(each.name, each.compare, each.repr) for each in dataclasses.fields(one)],
        dataclasses.asdict(one),
        hasattr(one, "__dict__"),
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data(), shape=written())
def test_both_behave_alike(data, shape):
    fields, eq = shape
    ours, theirs = (made(module, fields, eq) for module in (frozen, dataclasses))
    for _ in range(8):  # more than are made before anything is compiled
        args, kwargs = data.draw(calls(fields))
        first, expected = (outcome(cls, *args, **kwargs) for cls in (ours, theirs))
        if isinstance(expected, tuple):
            assert first == expected
            continue
        other, beside = copy.copy(first), copy.copy(expected)
        if eq:
            assert first == other
            assert outcome(hash, first) == outcome(hash, expected)
        assert looked_at(first, other, fields) == looked_at(expected, beside, fields)
        change = data.draw(st.dictionaries(st.sampled_from([name for name, _ in fields] or ["other"]), VALUES))
        changed = [outcome(module.replace, first, **change) for module in (frozen, dataclasses)]
        assert [*map(repr, changed)] == 2 * [repr(outcome(dataclasses.replace, expected, **change))]


def test_the_signature_is_known_before_the_first_value_and_after_many():
    kind = made(frozen, [("a", {}), ("b", 5)], eq=True)
    assert str(inspect.signature(kind)) == "(a: 'object', b: 'object' = 5) -> None"
    for number in range(8):
        kind(number)
    assert str(inspect.signature(kind)) == "(a: 'object', b: 'object' = 5) -> None"
    assert str(inspect.signature(Repo)).startswith("(id: 'str', manifest: 'dict[str, Json]', envelope: ")
    with pytest.raises(TypeError, match=r"Made\.__init__\(\) missing 1 required positional argument: 'a'"):
        kind()


def test_values_of_a_class_are_pickled_and_keep_what_is_not_compared():
    repo = Repo("7", {"name": "churn"}, locate=len)
    again = pickle.loads(pickle.dumps(repo))
    assert (again, again.locate) == (repo, len)


@pytest.mark.parametrize("options", [{"frozen": False, "slots": True}, {"frozen": True, "slots": False}])
def test_what_changes_or_has_no_slots_is_refused(options):
    with pytest.raises(TypeError, match="standard library"):
        frozen.dataclass(**options)


def test_what_the_standard_library_alone_can_do_is_refused():
    base = made(frozen, [("a", {})], eq=True)
    for bases, said in (((base,), {}), ((), {"__post_init__": print}), ((), {"__eq__": object.__eq__})):
        with pytest.raises(TypeError, match="is the standard library's business"):
            frozen.dataclass(frozen=True, slots=True)(type("Odd", bases, {"__annotations__": {"b": "int"}, **said}))


def test_the_standard_library_accepts_every_class_of_the_package():
    seen = set()
    for module in pkgutil.walk_packages(auditor.__path__, "auditor."):
        if not module.name.endswith("__main__"):
            values = vars(importlib.import_module(module.name)).values()
            seen |= {each for each in values if isinstance(each, type) and "__said_of_fields__" in vars(each)}
    assert len(seen) > 100
    assert [each for each in seen if [field.name for field in dataclasses.fields(each)] != [*each.__slots__]] == []
    assert [each for each in seen if not each.__slots__] == []


def test_a_class_inherits_what_another_one_made_first():
    kind = made(frozen, [("a", {}), ("b", 5)], eq=True)
    below = type("Below", (kind,), {"__slots__": ()})
    assert [below(1).b, below(1) == below(1), below(1) == kind(1)] == [5, True, False]
    assert repr(below(1)) == "Below(a=1, b=5)"
    assert [repr(kind(number)) for number in range(6)] == [f"Made(a={number}, b=5)" for number in range(6)]


def test_no_class_is_described_before_somebody_asks():
    code = "import sys, auditor.model; sys.exit('dataclasses' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Frozen dataclasses with slots, of which only the slots are made while a module is imported.

The standard library compiles six functions for every class, at 0.7 ms a class on Python 3.11: that was a third of what
`auditor check` took to judge one file. Here each method is made when it is first called, and the description of a
class, for `fields`, `asdict` and `replace` of the standard library, when it is first asked for.

Type checkers see nothing but the standard library. A class says `dataclass(frozen=True, slots=True)`, with `eq=False`
if it has to, and of a field its `default`, `default_factory`, `compare` and `repr`. There is no `__post_init__`, no
equality of a class's own, no `ClassVar`, `InitVar` or `KW_ONLY`, and no class inherits from another one; a test lets
the standard library look at every class of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
    from typing import Any, NoReturn

__all__ = ["dataclass", "field", "replace"]

_NOTHING = object()
_SAID = "__said_of_fields__"
_BEFORE_COMPILING = 4
_DESCRIBED = ("__dataclass_fields__", "__dataclass_params__", "__signature__")


class _Field:
    """What a class says of one field."""

    __slots__ = ("compare", "factory", "repr", "value")

    def __init__(
        self, *, default: object = _NOTHING, default_factory: Any = None, compare: bool = True, repr: bool = True
    ) -> None:
        self.value, self.factory, self.compare, self.repr = default, default_factory, compare, repr

    @property
    def optional(self) -> bool:
        """Whether a value may be made without the field."""
        return self.factory is not None or self.value is not _NOTHING

    def made(self) -> object:
        """Return the default, made anew if it is made at all."""
        return self.factory() if self.factory else self.value


_SILENT = _Field()


def _dataclass(*, frozen: bool, slots: bool, eq: bool = True) -> Callable[[type], type]:
    if not (frozen and slots):
        raise TypeError("what changes, or has no slots, is one of the standard library's dataclasses")
    return _with_slots if eq else _without_equality


def _with_slots(written: type, methods: dict[str, object] | None = None) -> type:
    """Make a class anew, with a slot for each field."""
    odd = [name for name in ("__post_init__", "__eq__") if name in written.__dict__]
    odd += [base.__name__ for base in written.__mro__ if _SAID in base.__dict__]
    if odd:
        raise TypeError(f"{written.__name__} has {odd[0]}, which is the standard library's business")
    body = {**(methods or _METHODS), **written.__dict__}
    del body["__dict__"], body["__weakref__"]
    names = body["__slots__"] = body["__match_args__"] = tuple(body.get("__annotations__", ()))
    body[_SAID] = {name: body.pop(name) for name in names if name in body}
    made = type(written)(written.__name__, written.__bases__, body)
    made.__qualname__ = written.__qualname__
    return made


def _without_equality(written: type) -> type:
    return _with_slots(written, {name: each for name, each in _METHODS.items() if name not in {"__eq__", "__hash__"}})


def _fields(of: type) -> Iterator[tuple[str, _Field]]:
    said = of.__dict__[_SAID]
    for name in of.__dict__["__slots__"]:
        if name not in said:
            yield name, _SILENT
        else:
            yield name, said[name] if isinstance(said[name], _Field) else _Field(default=said[name])


def _owner(of: type) -> type:
    """Return the class that was made here: this one, or the one that it inherits from."""
    return next(each for each in of.__mro__ if _SAID in each.__dict__)


def _on_first_call(make: Callable[[type], Callable[..., Any]], name: str) -> Callable[..., Any]:
    """Return a method that makes itself when it is first called, and then takes its own place."""

    def method(self: object, *args: object, **kwargs: object) -> object:
        owner = _owner(type(self))
        made = make(owner)
        made.__qualname__ = f"{owner.__qualname__}.{name}"
        setattr(owner, name, made)
        return made(self, *args, **kwargs)

    method.__name__ = name
    return method


def _init(of: type) -> Callable[..., None]:
    """Return `__init__` for the first few values: compiling one pays for classes that make more, and most do not."""
    fields = [(name, said, of.__dict__[name].__set__) for name, said in _fields(of)]
    names = of.__dict__["__slots__"]
    required = {name for name, said, _ in fields if not said.optional}
    left = iter(range(_BEFORE_COMPILING))

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        odd = len(given) < len(args) + len(kwargs) or not required <= given.keys() <= set(names)
        if odd or next(left, None) is None:
            of.__init__ = compiled = _compiled(of)  # type: ignore[misc]
            compiled(self, *args, **kwargs)
        else:
            for name, said, fill in fields:
                fill(self, given[name] if name in given else said.made())

    return __init__


def _compiled(of: type) -> Callable[..., None]:
    """Compile `__init__`, which writes past the class's own `__setattr__`, into the slots themselves."""
    space: dict[str, Any] = {"__nothing__": _NOTHING, "__name__": of.__module__}
    parameters, lines = ["self"], []
    for name, said in _fields(of):
        fill, made, default = (f"__{word}_{name}__" for word in ("fill", "made", "default"))
        space |= {fill: of.__dict__[name].__set__, made: said.made, default: said.value}
        parameters.append(f"{name}={'__nothing__' if said.factory else default}" if said.optional else name)
        value = f"{made}() if {name} is __nothing__ else {name}" if said.factory else name
        lines.append(f"    {fill}(self, {value})")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or ["    pass"]), space)  # noqa: S102 - of names
    compiled: Callable[..., None] = space["__init__"]
    compiled.__qualname__ = f"{of.__qualname__}.__init__"
    return compiled


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[object, ...]]:
    """Return what reads these fields of a value."""
    return attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)


def _compared(of: type) -> Callable[[Any], tuple[object, ...]]:
    return _values(tuple(name for name, said in _fields(of) if said.compare))


def _eq(of: type) -> Callable[[object, object], bool]:
    values = _compared(of)
    return lambda self, other: values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(of: type) -> Callable[[object], int]:
    values = _compared(of)
    return lambda self: hash(values(self))


def _repr(of: type) -> Callable[[object], str]:
    shown = [name for name, said in _fields(of) if said.repr]
    return lambda self: f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _getstate(of: type) -> Callable[[object], tuple[object, ...]]:
    values = _values(of.__dict__["__slots__"])
    return lambda self: values(self)  # noqa: PLW0108 - only functions are bound to a value


def _setstate(self: object, state: tuple[object, ...]) -> None:
    for name, value in zip(_owner(type(self)).__dict__["__slots__"], state, strict=True):
        object.__setattr__(self, name, value)


def _setattr(_self: object, name: str, _value: object) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: object, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _replace(value: Any, /, **changes: object) -> Any:
    return type(value)(**{**{name: getattr(value, name) for name in value.__match_args__}, **changes})


class _Description:
    """The standard library's description of a class, which takes its own place when somebody asks for it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, _value: object, of: type) -> object:
        import dataclasses
        import inspect

        owner: Any = _owner(of)
        fields: list[Any] = [(name, owner.__annotations__[name], _described(said)) for name, said in _fields(owner)]
        made = dataclasses.make_dataclass(owner.__name__, fields, frozen=True, eq="__eq__" in owner.__dict__)
        made.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]
        for name in _DESCRIBED:
            setattr(owner, name, getattr(made, name))
        return getattr(owner, self.name)


def _described(said: _Field) -> object:
    import dataclasses

    given: dict[str, Any] = {"default": said.value} if said.value is not _NOTHING else {}
    if said.factory is not None:
        given = {"default_factory": said.factory}
    return dataclasses.field(compare=said.compare, repr=said.repr, **given)


_METHODS: dict[str, object] = {
    "__init__": _on_first_call(_init, "__init__"),
    "__eq__": _on_first_call(_eq, "__eq__"),
    "__hash__": _on_first_call(_hash, "__hash__"),
    "__repr__": _on_first_call(_repr, "__repr__"),
    "__getstate__": _on_first_call(_getstate, "__getstate__"),
    "__setstate__": _setstate,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__replace__": _replace,
    **{name: _Description(name) for name in _DESCRIBED},
}

if not TYPE_CHECKING:
    dataclass, field, replace = _dataclass, _Field, _replace

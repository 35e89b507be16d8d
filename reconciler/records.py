"""The data classes of the product: ``dataclasses`` in meaning, a tenth of its price at start-up.

To a type checker ``dataclass``, ``field`` and ``replace`` *are* the standard library's. At run time that one compiles
six to ten functions a class (1 to 1.6 ms, each time the program starts) and imports ``inspect`` (10 ms); here
``__init__`` alone is compiled, for the first object, and the rest is shared (0.1 ms). Thirty classes stand on the way
of ``validate``: with the standard decorator they cost more than the start of the interpreter itself.

Instances behave alike: ``==``, ``hash``, ``repr``, order, ``match``, ``copy``, ``pickle``, FrozenInstanceError, and
``dataclasses.fields``, ``asdict`` and ``replace`` take them. What nobody here needs is not supported: classes without
slots, inheritance of fields, ``InitVar``, ``ClassVar``, ``kw_only``, ``__post_init__``.
"""

from __future__ import annotations

import operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_MISSING: Any = object()


class _Field:
    """What ``field`` was told; the plain values of a class body are wrapped likewise."""

    __slots__ = ("default", "make", "told")

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = None,
        compare: bool = True,
        hash: bool = True,
        repr: bool = True,
    ) -> None:
        self.default, self.make = default, default_factory
        self.told = {"compare": compare, "hash": hash and compare, "repr": repr}


def _dataclass(cls: Any = None, *, frozen: bool = False, slots: bool = False, order: bool = False) -> Any:
    if not slots:
        raise TypeError("these classes have slots: say slots=True")
    return (lambda cls: _made(cls, frozen, order)) if cls is None else _made(cls, frozen, order)


def _made(cls: Any, frozen: bool, order: bool) -> Any:
    given = {name: cls.__dict__.get(name, _MISSING) for name in cls.__annotations__}
    fields = {name: f if f.__class__ is _Field else _Field(default=f) for name, f in given.items()}
    own = {k: v for k, v in cls.__dict__.items() if k not in fields and k not in ("__dict__", "__weakref__")}
    names = tuple(fields)
    made = type(cls)(cls.__name__, cls.__bases__, {"__slots__": names, "__match_args__": names, **own})
    made.__qualname__ = cls.__qualname__
    values = _values(fields, "compare")
    methods: dict[str, Any] = {"__init__": _init(made, fields), "__repr__": _repr(fields), "__reduce__": _reduce}
    for name in ("eq", "lt", "le", "gt", "ge") if order else ("eq",):
        methods[f"__{name}__"] = _compared(made, values, getattr(operator, name))
    methods["__hash__"] = None
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse, "__hash__": _hash(fields)}
    for name, method in methods.items():
        if own.get(name) is None:
            setattr(made, name, method)
    made.__dataclass_fields__ = _StandardFields(fields)
    return made


def _compared(cls: Any, values: Callable[[Any], Any], compare: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    return lambda self, other: compare(values(self), values(other)) if other.__class__ is cls else NotImplemented


def _init(cls: Any, fields: Mapping[str, _Field]) -> Callable[..., None]:
    """Compiles ``__init__`` when the first object is made: many classes are loaded that a command makes nothing of."""

    def __init__(self: Any, /, *args: Any, **named: Any) -> None:
        cls.__init__ = _compiled(cls, fields)
        cls.__init__(self, *args, **named)

    return __init__


def _compiled(cls: Any, fields: Mapping[str, _Field]) -> Callable[..., None]:
    """The one function that is compiled; values go through the slots' own setters, which no freezing stops."""
    known: dict[str, Any] = {"_MISSING": _MISSING}
    parameters, lines = ["self"], []
    for name, f in fields.items():
        known |= {f"_set_{name}": cls.__dict__[name].__set__, f"_default_{name}": f.default, f"_make_{name}": f.make}
        optional = f.default is not _MISSING or f.make is not None
        parameters.append(f"{name}=_default_{name}" if optional else name)
        value = name if f.make is None else f"_make_{name}() if {name} is _MISSING else {name}"
        lines.append(f"_set_{name}(self, {value})")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines), known)  # noqa: S102  # names of fields
    made: Callable[..., None] = known["__init__"]
    return made


def _values(fields: Mapping[str, _Field], purpose: str) -> Callable[[Any], Any]:
    """The values of an object that serve this purpose, as one that can be compared and hashed."""
    names = [name for name, f in fields.items() if f.told[purpose]]
    return operator.attrgetter(*names) if names else lambda _: ()


def _hash(fields: Mapping[str, _Field]) -> Callable[[Any], int]:
    values = _values(fields, "hash")
    return lambda self: hash(values(self))


def _repr(fields: Mapping[str, _Field]) -> Callable[[Any], str]:
    names = [name for name, f in fields.items() if f.told["repr"]]
    return lambda self: f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"


def _reduce(self: Any) -> tuple[Any, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)


def _refuse(self: Any, name: str, *_: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change field {name!r}")


class _StandardFields:
    """``__dataclass_fields__``, made when the standard library asks for it: then, and only then, it is loaded."""

    def __init__(self, fields: Mapping[str, _Field]) -> None:
        self._fields = fields

    def __get__(self, instance: object, owner: Any) -> Any:
        import dataclasses

        found = []
        for name, f in self._fields.items():
            # a factory also for a plain default: dataclasses refuses defaults without a hash
            make = f.make or (dataclasses.MISSING if f.default is _MISSING else lambda default=f.default: default)
            told: dict[str, Any] = {"default_factory": make, **f.told}
            found.append((name, owner.__annotations__[name], dataclasses.field(**told)))
        standard: Any = dataclasses.make_dataclass(owner.__name__, found)
        owner.__dataclass_fields__ = standard.__dataclass_fields__
        return owner.__dataclass_fields__


def _replace(record: Any, /, **changes: Any) -> Any:
    for name in record.__match_args__:
        if name not in changes:
            changes[name] = getattr(record, name)
    return type(record)(**changes)


if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    dataclass, field, replace = _dataclass, _Field, _replace

__all__ = ["dataclass", "field", "replace"]

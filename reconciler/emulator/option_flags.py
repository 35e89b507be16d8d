"""Switches as text: ``KEY=VALUE``, for a command line.

KEY is a field of ``Options``, or ``huawei.FIELD``, ``gcore.FIELD`` or ``openstack.FIELD``; a field that maps names
takes the name as a last part (``credentials.AK=SK``, ``huawei.elb_quotas.l7policy=3``); a field that is a set or a list
takes commas, and adds up when it is given more than once. Booleans are ``true`` and ``false``.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from reconciler.emulator.options import Options


class OptionError(ValueError):
    """A switch that does not exist, or a value that it does not take."""


def parse_options(pairs: Sequence[str], base: Options | None = None) -> Options:
    """``base`` (default: all defaults) with the switches of ``pairs``. Raises ``OptionError``."""
    options = base if base is not None else Options()
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise OptionError(f"option {pair!r}: want KEY=VALUE")
        options = _set(options, key, key.split("."), value)
    return options


def _set(target: Any, whole: str, parts: list[str], value: str) -> Any:
    name, rest = parts[0], parts[1:]
    names = [field.name for field in dataclasses.fields(target)]
    if name not in names:
        raise OptionError(f"option {whole!r}: no such switch; known here are {', '.join(sorted(names))}")
    old = getattr(target, name)
    if dataclasses.is_dataclass(old):
        if not rest:
            raise OptionError(f"option {whole!r}: name a switch below {name}")
        return dataclasses.replace(target, **{name: _set(old, whole, rest, value)})
    kind = typing.get_type_hints(type(target))[name]
    return dataclasses.replace(target, **{name: _value(whole, kind, old, rest, value)})


def _value(whole: str, kind: Any, old: Any, rest: list[str], value: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Mapping:
        if not rest:
            raise OptionError(f"option {whole!r}: want {whole}.NAME=VALUE")
        return {**old, ".".join(rest): _scalar(whole, args[1], value)}
    if rest:
        raise OptionError(f"option {whole!r}: the switch has no parts")
    if origin in (tuple, frozenset):
        items = [_scalar(whole, args[0], item) for item in value.split(",") if item]
        return origin([*old, *items])
    return _scalar(whole, kind, value)


def _scalar(whole: str, kind: Any, value: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        for allowed in args:
            if str(allowed) == value:
                return allowed
        raise OptionError(f"option {whole!r}: {value!r} is not one of {', '.join(str(item) for item in args)}")
    if origin in (types.UnionType, typing.Union):
        if value == "" and type(None) in args:
            return None
        return _scalar(whole, next(item for item in args if item is not type(None)), value)
    if kind is bool:
        if value not in ("true", "false"):
            raise OptionError(f"option {whole!r}: {value!r} is not true or false")
        return value == "true"
    if kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            raise OptionError(f"option {whole!r}: {value!r} is not a number") from None
    return value

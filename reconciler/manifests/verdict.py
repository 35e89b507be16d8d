"""The verdict on small documents: the published schemas themselves, read keyword by keyword.

jsonschema-rs judges 100,000 rules in a quarter of a second, but takes 30 ms to load and to compile, more than all the
rest of ``validate`` for one small file. What is here knows exactly the keywords that the schemas use and says "valid"
only when it is certain; everything else (an unknown keyword, a value on which two validators might differ, too much
work) is left to jsonschema-rs, and so is every document that is not valid. Tests hold both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Schema = Mapping[str, "Any"]


class Unsure(Exception):
    """Somebody else must judge."""


class Judge:
    """Judges while its budget lasts: about 2 microseconds a unit, one for each schema that a value is held against."""

    def __init__(self, budget: int) -> None:
        self.left = budget

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Is the value certainly valid? False means no more than that another validator is to be asked."""
        if self.left <= 0:
            return False
        try:
            return self._valid(schema, value, schema)
        except (Unsure, RecursionError):
            return False

    def _valid(self, schema: Schema | bool, value: Any, root: Schema) -> bool:
        self.left -= 1
        if self.left <= 0:
            raise Unsure
        if isinstance(schema, bool):
            return schema
        for keyword, wanted in schema.items():
            if keyword in _SILENT:
                continue
            check = _CHECKS.get(keyword)
            if check is not None:
                if not check(value, wanted):
                    return False
                continue
            recurse = _RECURSIVE.get(keyword)
            if recurse is None:
                raise Unsure
            if not recurse(self, schema, wanted, value, root):
                return False
        return True

    # ------------------------------------------------------------------ keywords that hold schemas
    def _reference(self, schema: Schema, wanted: str, value: Any, root: Schema) -> bool:
        name = wanted.removeprefix("#/$defs/")
        if name == wanted or name not in root["$defs"]:
            raise Unsure
        return self._valid(root["$defs"][name], value, root)

    def _properties(self, schema: Schema, wanted: Mapping[str, Schema], value: Any, root: Schema) -> bool:
        if not isinstance(value, dict):
            return True
        return all(self._valid(wanted[key], item, root) for key, item in value.items() if key in wanted)

    def _additional(self, schema: Schema, wanted: Schema | bool, value: Any, root: Schema) -> bool:
        if not isinstance(value, dict):
            return True
        known = schema.get("properties", ())
        return all(self._valid(wanted, item, root) for key, item in value.items() if key not in known)

    def _items(self, schema: Schema, wanted: Schema | bool, value: Any, root: Schema) -> bool:
        return not isinstance(value, list) or all(self._valid(wanted, item, root) for item in value)

    def _all(self, schema: Schema, wanted: list[Schema], value: Any, root: Schema) -> bool:
        return all(self._valid(each, value, root) for each in wanted)

    def _any(self, schema: Schema, wanted: list[Schema], value: Any, root: Schema) -> bool:
        return any(self._valid(each, value, root) for each in wanted)

    def _not(self, schema: Schema, wanted: Schema, value: Any, root: Schema) -> bool:
        return not self._valid(wanted, value, root)

    def _if(self, schema: Schema, wanted: Schema, value: Any, root: Schema) -> bool:
        branch = "then" if self._valid(wanted, value, root) else "else"
        return branch not in schema or self._valid(schema[branch], value, root)


_RECURSIVE: Mapping[str, Callable[[Judge, Schema, Any, Any, Schema], bool]] = {
    "$ref": Judge._reference,
    "properties": Judge._properties,
    "additionalProperties": Judge._additional,
    "items": Judge._items,
    "allOf": Judge._all,
    "anyOf": Judge._any,
    "not": Judge._not,
    "if": Judge._if,
}
_SILENT = frozenset({
    "$schema", "$id", "$defs", "title", "description", "examples", "then", "else",  # the last two belong to "if"
    "x-code", "x-message", "x-at", "x-secret",
})  # fmt: skip
"""Keywords that judge nothing by themselves."""


# ---------------------------------------------------------------------- keywords that judge a value alone
def _type(value: Any, wanted: str | list[str]) -> bool:
    found = _TYPES.get(value.__class__)
    if found is None:  # a float: whether 1.0 is an integer is a question
        raise Unsure
    names = (wanted,) if isinstance(wanted, str) else wanted
    return found in names or (found == "integer" and "number" in names)


_TYPES = {str: "string", int: "integer", bool: "boolean", type(None): "null", dict: "object", list: "array"}


def _same(value: Any, wanted: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if value.__class__ not in _SCALARS or wanted.__class__ not in _SCALARS:
        raise Unsure
    return value.__class__ is wanted.__class__ and bool(value == wanted)


_SCALARS = (str, int, bool, type(None))


def _pattern(value: Any, wanted: str) -> bool:
    if not isinstance(value, str):
        return True
    if not (value.isascii() and value.isprintable()):  # dialects of expressions differ in white space and line ends
        raise Unsure
    return _search(wanted)(value) is not None


@cache
def _search(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).search


def _number(value: Any) -> bool:
    if value.__class__ is float:
        raise Unsure
    return value.__class__ is int


def _key(value: Any) -> Any:
    """Equal for what is equal as JSON."""
    if isinstance(value, dict):
        return frozenset((name, _key(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(map(_key, value))
    if value.__class__ not in _SCALARS:
        raise Unsure
    return value.__class__, value


_CHECKS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": _type,
    "const": _same,
    "enum": lambda value, wanted: any(_same(value, each) for each in wanted),
    "pattern": _pattern,
    "required": lambda value, wanted: not isinstance(value, dict) or all(name in value for name in wanted),
    "minLength": lambda value, wanted: not isinstance(value, str) or len(value) >= wanted,
    "maxLength": lambda value, wanted: not isinstance(value, str) or len(value) <= wanted,
    "minItems": lambda value, wanted: not isinstance(value, list) or len(value) >= wanted,
    "maxItems": lambda value, wanted: not isinstance(value, list) or len(value) <= wanted,
    "minProperties": lambda value, wanted: not isinstance(value, dict) or len(value) >= wanted,
    "maxProperties": lambda value, wanted: not isinstance(value, dict) or len(value) <= wanted,
    "minimum": lambda value, wanted: not _number(value) or value >= wanted,
    "maximum": lambda value, wanted: not _number(value) or value <= wanted,
    "exclusiveMinimum": lambda value, wanted: not _number(value) or value > wanted,
    "uniqueItems": lambda value, wanted: not (wanted and isinstance(value, list)) or _distinct(value),
}


def _distinct(items: list[Any]) -> bool:
    return len({_key(item) for item in items}) == len(items)

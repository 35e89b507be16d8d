"""How Octavia reads a body: field types that convert, and fields that are unset, null or given.

Source: openstack.md 3 and the differential test. An absent field stays out of the result, null stays null.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.emulator.http import Request
from reconciler.emulator.openstack.cloud import read_json
from reconciler.emulator.openstack.errors import ApiError, fault, invalid_input
from reconciler.emulator.openstack.urls import is_web_url
from reconciler.emulator.store import Object

_TRUE, _FALSE = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
_JSON_TYPES = ("application/json", "text/javascript", "application/javascript", "text/x-json", "")


class Unreadable(ValueError):
    """A value that cannot be converted at all: the error then names the whole body, not the field."""


class OutOfRange(ValueError):
    """A number that was read but does not fit: the error shows it as it was read."""

    def __init__(self, value: int, reason: str) -> None:
        super().__init__(reason)
        self.value = value


Check: TypeAlias = Callable[[Any], Any]
"""Converts a value that is not null. Raises ``Unreadable`` or ``ValueError`` with the reason (400), or ``TypeError``
for what Octavia does not expect (500)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body."""

    check: Check
    required: bool = False
    default: Any = None
    """What an absent field gets, if anything."""


def text(longest: int | None = None, pattern: str | None = None) -> Check:
    """A string of at most so many characters."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("Value should be string")
        if longest is not None and len(value) > longest:
            raise ValueError(f"Value should have a maximum character requirement of {longest}")
        if pattern is not None and re.search(pattern, value) is None:
            raise ValueError(f"Value should match the pattern {pattern}")
        return value

    return check


def choice(*values: str) -> Check:
    """One of some strings, exactly."""

    def check(value: Any) -> Any:
        if isinstance(value, list | dict):
            raise ValueError(f"unhashable type: '{type(value).__name__}'")
        if not isinstance(value, str) or value not in values:
            raise ValueError(f"Value should be one of: {', '.join(values)}")
        return value

    return check


def number(low: int | None = None, high: int | None = None, among: tuple[int, ...] = ()) -> Check:
    """A whole number, also as a string; a fraction is cut off."""

    def check(value: Any) -> Any:
        if not isinstance(value, str | int | float):
            kind = type(value).__name__
            raise TypeError(f"int() argument must be a string, a bytes-like object or a real number, not '{kind}'")
        try:
            converted = int(value)
        except (ValueError, OverflowError) as error:
            raise Unreadable(str(error)) from error
        if among and converted not in among:
            raise OutOfRange(converted, f"Value should be one of: {', '.join(map(str, among))}")
        if low is not None and converted < low:
            raise OutOfRange(converted, f"Value should be greater or equal to {low}")
        if high is not None and converted > high:
            raise OutOfRange(converted, f"Value should be lower or equal to {high}")
        return converted

    return check


def boolean(value: Any) -> Any:
    """A boolean, a number, or a word that means one."""
    if isinstance(value, int):
        return bool(value)
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise Unreadable(f"Value not an unambiguous boolean: {value}")


def identifier(value: Any) -> Any:
    """A UUID, with or without dashes."""
    try:
        return str(uuid.UUID(value))
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError("Value should be UUID format") from error


def address(value: Any) -> Any:
    """An http or https URL."""
    if not isinstance(value, str):
        raise ValueError(f"expected string or bytes-like object, got '{type(value).__name__}'")
    if not is_web_url(value):
        raise ValueError("Value must be a valid URL string")
    return value


def list_of(item: Check) -> Check:
    """A list."""

    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise Unreadable(f"Value not a valid list: {value}")
        return [item(entry) if entry is not None else None for entry in value]

    return check


def mapping(value: Any) -> Any:
    """An object of strings."""
    if not isinstance(value, dict):
        raise Unreadable(f"Value not a valid dict: {value}")
    if not all(isinstance(entry, str) for entry in value.values()):
        raise ValueError("Value should be string")
    return value


def anything(value: Any) -> Any:
    """Whatever it is."""
    return value


def list_of_objects(argument: str, table: Mapping[str, Field]) -> Check:
    """A list of nested bodies; a problem in one of them is answered as such."""

    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise Unreadable(f"Value not a valid list: {value}")
        return [parse(entry, table, argument) if entry is not None else None for entry in value]

    return check


def body_of(request: Request, root: str, argument: str, table: Mapping[str, Field]) -> Object:
    """The fields under ``root``. Raises ``ApiError`` 400, 415, and 500 where Octavia itself fails."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body:
        raise fault(400, f'Missing argument: "{argument}"')
    if kind not in _JSON_TYPES:
        raise fault(415, f"Unknown mimetype: {kind}")
    try:
        body = read_json(request)
    except ValueError as error:
        raise fault(400, "Request is not in valid JSON format") from error
    if request.query:
        raise fault(400, f'Unknown argument: "{request.query[0][0]}"')
    if body is None:
        raise fault(500, f"'NoneType' object has no attribute '{root}'")
    if not isinstance(body, dict):
        raise fault(500, f"'{type(body).__name__}' object has no attribute 'keys'")
    _refuse_unknown(body, {root}, argument)
    if root == "rule" and argument == "rule_" and root not in body:
        raise fault(400, "Error parsing L7Rule: 'UnsetType' object has no attribute 'value'")
    if body.get(root) is None:
        kind = "NoneType" if root in body else "UnsetType"
        raise fault(500, f"'{kind}' object has no attribute 'listener_id'")
    return parse(body[root], table, f"{argument}.{root}", body)


def parse(value: Any, table: Mapping[str, Field], argument: str, whole: Any = None) -> Object:
    """The fields of one object. Raises ``ApiError``."""
    if not isinstance(value, dict):
        raise fault(500, f"'{type(value).__name__}' object has no attribute 'keys'")
    _refuse_unknown(value, set(table), argument)
    result: Object = {}
    for name, field in table.items():
        if name in value:
            result[name] = _converted(name, field, value[name], argument, value if whole is None else whole)
        elif field.required:
            raise invalid_input(name, None, "Mandatory field missing.")
        elif field.default is not None:
            result[name] = field.default
    return result


def _converted(name: str, field: Field, value: Any, argument: str, whole: Any) -> Any:
    if value is None:
        return None
    try:
        return field.check(value)
    except Unreadable as error:
        raise invalid_input(argument.partition(".")[0], whole, str(error)) from error
    except OutOfRange as error:
        raise invalid_input(name, error.value, str(error)) from error
    except ValueError as error:
        raise invalid_input(name, value, str(error)) from error
    except TypeError as error:
        raise fault(500, str(error)) from error


def _refuse_unknown(body: Mapping[str, Any], known: set[str], argument: str) -> None:
    unknown = [name for name in body if name not in known]
    if unknown:
        word = "attributes" if len(unknown) > 1 else "attribute"
        raise fault(400, f"Unknown {word} for argument {argument}: {', '.join(unknown)}")


def refuse_four_bytes(body: Any, allowed: bool) -> None:
    """500 for a character that a database of three bytes a character cannot hold. Raises ``ApiError``."""
    if allowed:
        return
    if isinstance(body, str) and any(ord(character) > 0xFFFF for character in body):
        raise ApiError(500, fault(500, "Something unknown went wrong").body)
    if isinstance(body, dict):
        body = list(body.values())
    if isinstance(body, list):
        for entry in body:
            refuse_four_bytes(entry, allowed)

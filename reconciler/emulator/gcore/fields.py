"""Checks of request bodies: a table of fields, all problems at once, in the words of Gcore's validation errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from reconciler.emulator.gcore.errors import invalid

Check: TypeAlias = Callable[[Any], str | None]
"""Says what is wrong with a value that is not null, or None."""

NAME_PATTERN = r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$"
_NAME = re.compile(NAME_PATTERN[1:-1])
_TAG = re.compile(r"[^ \t\r\n=]{1,255}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body. ``nullable``: an explicit null is allowed (and kept)."""

    check: Check
    required: bool = False
    nullable: bool = False


def check_body(
    body: Any, fields: Mapping[str, Field], *, partial: bool = False, foreign: str = "ignored"
) -> dict[str, Any]:
    """The known fields of ``body``. ``partial``: nothing is required. ``foreign`` "refused": no other field may be.

    Raises ``ApiError`` 400 that names every wrong field.
    """
    if not isinstance(body, dict):
        raise invalid({"body": ["Input should be a valid dictionary"]})
    wrong: dict[str, list[str]] = {}
    for name, field in fields.items():
        if name not in body:
            if field.required and not partial:
                wrong[name] = ["Field required"]
        elif body[name] is None:
            if not field.nullable:
                wrong[name] = ["Input should not be null"]
        elif (reason := field.check(body[name])) is not None:
            wrong[name] = [reason]
    if foreign == "refused":
        wrong.update({name: ["Extra inputs are not permitted"] for name in body if name not in fields})
    if wrong:
        raise invalid(wrong)
    return {name: body[name] for name in fields if name in body}


def string(minimum: int = 0, maximum: int | None = None) -> Check:
    """A string of ``minimum`` to ``maximum`` characters."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "Input should be a valid string"
        if len(value) < minimum:
            return f"String should have at least {minimum} character(s)"
        if maximum is not None and len(value) > maximum:
            return f"String should have at most {maximum} characters"
        return None

    return check


def integer(minimum: int, maximum: int) -> Check:
    """A whole number in a range; booleans and numbers in quotes are none."""

    def check(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "Input should be a valid integer"
        if value < minimum:
            return f"Input should be greater than or equal to {minimum}"
        if value > maximum:
            return f"Input should be less than or equal to {maximum}"
        return None

    return check


def one_of(*choices: object) -> Check:
    """One of a closed set of values; the type counts, so true is not 1."""
    words = [repr(choice) for choice in choices]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

    def check(value: Any) -> str | None:
        known = any(value == choice and type(value) is type(choice) for choice in choices)
        return None if known else f"Input should be {listed}"

    return check


def boolean(value: Any) -> str | None:
    """true or false."""
    return None if isinstance(value, bool) else "Input should be a valid boolean"


def uuid(value: Any) -> str | None:
    """A UUID in its usual form."""
    if not isinstance(value, str):
        return "UUID input should be a string"
    try:
        return None if str(UUID(value)) == value.lower() else "Input should be a valid UUID"
    except ValueError:
        return "Input should be a valid UUID"


def reference(value: Any) -> str | None:
    """The id of another object: any text here; what it names, and whether it is a UUID, is looked up later."""
    return None if isinstance(value, str) else "UUID input should be a string"


def name(value: Any) -> str | None:
    """The name of a policy, listener or security group: 3 to 63 characters (gcore.md 2, name pattern)."""
    if not isinstance(value, str):
        return "Input should be a valid string"
    return None if _NAME.fullmatch(value) else f"String should match pattern '{NAME_PATTERN}'"


def web_url(value: Any) -> str | None:
    """An absolute http or https URL without blanks."""
    if not isinstance(value, str):
        return "Input should be a valid string"
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return "Input should be a valid URL"
    plain = value.isascii() and value.isprintable() and " " not in value
    return None if plain and parts.scheme in ("http", "https") and host else "Input should be a valid URL"


def list_of(check: Check, maximum: int | None = None) -> Check:
    """A list whose items all pass ``check``."""

    def check_list(value: Any) -> str | None:
        if not isinstance(value, list):
            return "Input should be a valid list"
        if maximum is not None and len(value) > maximum:
            return f"List should have at most {maximum} items"
        for index, item in enumerate(value):
            reason = "Input should not be null" if item is None else check(item)
            if reason is not None:
                return f"{index}: {reason}"
        return None

    return check_list


def record(fields: Mapping[str, Field]) -> Check:
    """An object whose fields are checked by a table of their own; unknown keys are left alone."""

    def check_record(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "Input should be a valid dictionary"
        for key, field in fields.items():
            if key not in value:
                reason = "Field required" if field.required else None
            elif value[key] is None:
                reason = None if field.nullable else "Input should not be null"
            else:
                reason = field.check(value[key])
            if reason is not None:
                return f"{key}: {reason}"
        return None

    return check_record


def tag_map(*, removals: bool = False) -> Check:
    """Key-value tags; with ``removals`` a value may be null (JSON merge patch)."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "Input should be a valid dictionary"
        for key, text in value.items():
            if not _TAG.fullmatch(key):
                return f"{key!r} is not a valid tag key"
            if text is None and removals:
                continue
            if not isinstance(text, str) or not _TAG.fullmatch(text):
                return f"the value of tag {key!r} is not valid"
        return None

    return check


def refuse_repeated(values: Sequence[str], field: str) -> None:
    """Raise the 400 of a list that names a value twice."""
    if len(set(values)) != len(values):
        raise invalid({field: ["List items should be unique"]})

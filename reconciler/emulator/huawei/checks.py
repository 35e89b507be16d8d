"""Small readers of request fields: the value when it is right, 400 ELB.8902 when it is not, None when not given.

``null`` counts as not given (undocumented: huawei.md 2.4); the few fields where it may not are checked by their
resource.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from reconciler.emulator.huawei.errors import invalid


def known(body: Mapping[str, Any], allowed: Collection[str], create_only: Collection[str] = ()) -> None:
    """Refuse fields that the call does not take."""
    for key in body:
        if key in create_only:
            raise invalid(f"Invalid input for '{key}': it cannot be updated.")
        if key not in allowed:
            raise invalid(f"Unrecognized attribute(s) '{key}'.")


def text(
    body: Mapping[str, Any],
    key: str,
    *,
    low: int = 0,
    high: int = 255,
    pattern: re.Pattern[str] | None = None,
) -> str | None:
    """A string of ``low`` to ``high`` characters that matches ``pattern`` as a whole."""
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid(f"Invalid input for '{key}': a string is required.")
    if not low <= len(value) <= high:
        raise invalid(f"Invalid input for '{key}': its length must be {low} to {high}.")
    if pattern is not None and not pattern.fullmatch(value):
        raise invalid(f"Invalid input for '{key}': {value!r} has the wrong form.")
    return value


def choice(body: Mapping[str, Any], key: str, allowed: Collection[str], *, required: bool = False) -> str | None:
    """One of the strings in ``allowed``."""
    value = body.get(key)
    if value is None:
        if required:
            raise invalid(f"Invalid input for '{key}': it is required.")
        return None
    if not isinstance(value, str) or value not in allowed:
        raise invalid(f"Invalid input for '{key}': {value!r} is not in [{', '.join(allowed)}].")
    return value


def integer(body: Mapping[str, Any], key: str, low: int, high: int, *, textual: bool = False) -> int | None:
    """An integer from ``low`` to ``high``; with ``textual`` also its decimal digits in a string."""
    value = body.get(key)
    if value is None:
        return None
    if textual and isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"Invalid input for '{key}': an integer is required.")
    if not low <= value <= high:
        raise invalid(f"Invalid input for '{key}': {value} is not in the range {low} to {high}.")
    return value


def boolean(body: Mapping[str, Any], key: str) -> bool | None:
    """A boolean."""
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"Invalid input for '{key}': a boolean is required.")
    return value


def only_true(body: Mapping[str, Any], key: str = "admin_state_up") -> None:
    """A boolean that may only be true (HW-R17)."""
    if boolean(body, key) is False:
        raise invalid(f"Invalid input for '{key}': it can only be true.")


def inner(body: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """An object."""
    value = body.get(key)
    if value is not None and not isinstance(value, dict):
        raise invalid(f"Invalid input for '{key}': an object is required.")
    return value


def array(body: Mapping[str, Any], key: str) -> list[Any] | None:
    """A list."""
    value = body.get(key)
    if value is not None and not isinstance(value, list):
        raise invalid(f"Invalid input for '{key}': a list is required.")
    return value

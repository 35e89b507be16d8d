"""What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2 and nothing else.

``on``, ``no``, ``1:30`` and dates are strings; ``403`` and ``010`` are integers (ten), ``0o17`` is fifteen.
"""

from __future__ import annotations

import re

SPECIAL_STARTS = frozenset("-+.0123456789~nNtTfF")
"""A plain scalar that starts otherwise is a string."""

LARGEST_INTEGER = 2**63 - 1
"""Integers beyond 64 bits are refused: no cloud's API takes them, and other JSON readers would round them."""

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NOT_A_NUMBER = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
"""Compiled at their first use: many files hold no number."""


class NumberRefused(ValueError):
    """A number that JSON cannot carry: too large, infinite or not a number."""


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar.

    Raises:
        NumberRefused: an integer beyond 64 bits, an infinite float, ``.inf`` or ``.nan``.
    """
    if not text or text[0] in SPECIAL_STARTS:
        if text in _WORDS:
            return _WORDS[text]
        if re.fullmatch(_INTEGER, text):
            return _integer(text)
        if re.fullmatch(_FLOAT, text):
            number = float(text)
            if number in (float("inf"), float("-inf")):
                raise NumberRefused("this number is larger than a float can hold")
            return number
        if re.fullmatch(_NOT_A_NUMBER, text):
            raise NumberRefused(f"{text} is no number that JSON can carry")
    return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-0")
    if len(digits) > 24:  # before int(), which refuses more than 4,300 digits with an error of its own
        raise NumberRefused(f"this integer has {len(digits)} digits; the largest is {LARGEST_INTEGER}")
    number = int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if not -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER:
        raise NumberRefused(f"this integer is out of range; the largest is {LARGEST_INTEGER}")
    return number


def is_string(text: str) -> bool:
    """Does a plain scalar with this text mean the text itself?"""
    try:
        return resolve(text) is text
    except NumberRefused:
        return False

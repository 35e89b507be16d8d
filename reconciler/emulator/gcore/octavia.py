"""What Octavia, the service underneath, checks on L7 rules beyond Gcore's schema. Pure.

Source: openstack.md 3 (observed on Octavia 19) and gcore.md 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore.options import GcoreOptions

COMPARE_TYPES = ("CONTAINS", "ENDS_WITH", "EQUAL_TO", "REGEX", "STARTS_WITH")
RULE_TYPES = (
    "COOKIE",
    "FILE_TYPE",
    "HEADER",
    "HOST_NAME",
    "PATH",
    "SSL_CONN_HAS_CERT",
    "SSL_DN_FIELD",
    "SSL_VERIFY_RESULT",
)
KEYED_TYPES = ("COOKIE", "HEADER", "SSL_DN_FIELD")
_NARROW = {
    "FILE_TYPE": ("EQUAL_TO", "REGEX"),
    "SSL_CONN_HAS_CERT": ("EQUAL_TO",),
    "SSL_VERIFY_RESULT": ("EQUAL_TO",),
}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PLAIN = re.compile(r"[\x21-\x7e]+")
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]+")
_QUOTED = re.compile(r'"[\t\x20\x21\x23-\x7e]*"')
_REGEX_TEXT = re.compile(r"[\t\x20-\x7e]+")


def rule_problem(rule: Mapping[str, Any], options: GcoreOptions) -> tuple[str, str] | None:
    """The first thing Octavia would refuse in a whole rule, as (field, reason), or None."""
    kind, compare = rule["type"], rule["compare_type"]
    if compare not in _NARROW.get(kind, COMPARE_TYPES):
        return "compare_type", f"Error parsing L7Rule: invalid comparison type {compare} for rule type {kind}"
    problem = _key_problem(kind, rule.get("key"), options)
    return problem or _value_problem(kind, compare, rule["value"])


def _key_problem(kind: str, key: str | None, options: GcoreOptions) -> tuple[str, str] | None:
    if kind not in KEYED_TYPES:
        return ("key", f"Error parsing L7Rule: a key is not allowed for rule type {kind}") if key is not None else None
    if not key:
        optional = kind == "SSL_DN_FIELD" and options.ssl_dn_field_key == "optional"
        return None if optional else ("key", f"Error parsing L7Rule: rule type {kind} needs a key")
    if _TOKEN.fullmatch(key) is None:
        return "key", f"Error parsing L7Rule: {key!r} has characters that a key cannot have"
    return None


def _value_problem(kind: str, compare: str, value: str) -> tuple[str, str] | None:
    if compare == "REGEX":
        return _regex_problem(value)
    if kind == "SSL_CONN_HAS_CERT":
        fine = value.lower() == "true"
    elif kind == "SSL_VERIFY_RESULT":
        fine = value.isascii() and value.isdigit()
    elif kind == "COOKIE":
        fine = _COOKIE_VALUE.fullmatch(value) is not None
    elif kind == "HEADER":
        fine = _PLAIN.fullmatch(value) is not None or _QUOTED.fullmatch(value) is not None
    elif kind == "SSL_DN_FIELD":
        fine = _REGEX_TEXT.fullmatch(value) is not None
    else:
        fine = _PLAIN.fullmatch(value) is not None
    return None if fine else ("value", f"Error parsing L7Rule: {value!r} is not a valid value for rule type {kind}")


def _regex_problem(value: str) -> tuple[str, str] | None:
    if _REGEX_TEXT.fullmatch(value) is None:
        return "value", "Error parsing L7Rule: a regular expression is printable ASCII"
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        return "value", f"Error parsing L7Rule: not a valid regular expression: {error}"
    return None


def moved(order: list[str], id: str, position: int | None) -> list[str]:
    """A listener's policy ids after ``id`` went to ``position`` (from 1; past the end: last; None: last).

    The policy is taken out first, then inserted: openstack.md 3, 'Positions (observed)'.
    """
    rest = [other for other in order if other != id]
    place = len(rest) if position is None else min(position - 1, len(rest))
    return [*rest[:place], id, *rest[place:]]

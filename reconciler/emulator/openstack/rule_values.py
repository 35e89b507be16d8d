"""Which L7 rules Octavia takes: the whole rule is checked, also when only a part of it is sent. Pure.

Source: openstack.md 3 ('L7 rule').
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

COMPARE_TYPES = ("REGEX", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "EQUAL_TO")
RULE_TYPES = (
    "HOST_NAME",
    "PATH",
    "FILE_TYPE",
    "HEADER",
    "COOKIE",
    "SSL_CONN_HAS_CERT",
    "SSL_VERIFY_RESULT",
    "SSL_DN_FIELD",
)
KEYLESS_TYPES = ("HOST_NAME", "PATH", "FILE_TYPE")
"""Types whose key, where one was sent, is forgotten at the first change after the creation."""
_PLAIN_COMPARES = ("STARTS_WITH", "ENDS_WITH", "CONTAINS", "EQUAL_TO")
# In the server's own class for names the range from + to . takes in the comma.
_NAME = re.compile(r"[a-zA-Z0-9!#$%&'*+,\-.^_`|~]+")
_COOKIE = re.compile(r"[a-zA-Z0-9!#$%&'()*+,\-./:<=>?@\[\]^_`{|}~]+")
_VALUE = re.compile(r"[\x21-\x7e]+")
_QUOTED = re.compile(r'"[\t\x20-\x7e]*"')
_FIELD = re.compile(r"[a-zA-Z][A-Za-z0-9-]*\n?")


def rule_problem(rule: Mapping[str, Any]) -> str | None:
    """Why Octavia refuses a rule (the text behind ``Error parsing L7Rule:``), or None."""
    if not rule.get("value"):
        return "Invalid L7 Rule: L7 rule type requires a value"
    kind = rule.get("type")
    if kind in ("HEADER", "COOKIE"):
        return _keyed_problem(rule)
    if kind in ("HOST_NAME", "PATH"):
        return _compared(rule, _PLAIN_COMPARES, _is_value, "comparison value")
    if kind == "FILE_TYPE":
        return _compared(rule, ("EQUAL_TO",), _is_value, "comparison value")
    if kind in ("SSL_CONN_HAS_CERT", "SSL_VERIFY_RESULT"):
        return _unkeyed_problem(rule)
    if kind == "SSL_DN_FIELD":
        return _field_problem(rule)
    return "Invalid L7 Rule: invalid rule type"


def _keyed_problem(rule: Mapping[str, Any]) -> str | None:
    if not rule.get("key"):
        return "Invalid L7 Rule: L7 rule type requires a key"
    if _NAME.fullmatch(rule["key"]) is None:
        return "Invalid characters in key"
    if rule["type"] == "HEADER":
        return _compared(rule, _PLAIN_COMPARES, _is_value, "header value")
    return _compared(rule, _PLAIN_COMPARES, _is_cookie, "cookie value")


def _compared(rule: Mapping[str, Any], allowed: tuple[str, ...], fits: Any, what: str) -> str | None:
    compare = rule.get("compare_type")
    if compare == "REGEX":
        return _regex_problem(rule["value"])
    if compare not in allowed:
        return "Invalid L7 Rule: invalid comparison type for rule type"
    return None if fits(rule["value"]) else f"Invalid characters in {what}"


def _is_value(value: str) -> bool:
    return _VALUE.fullmatch(value) is not None or _QUOTED.fullmatch(value) is not None


def _is_cookie(value: str) -> bool:
    return _COOKIE.fullmatch(value) is not None


def _unkeyed_problem(rule: Mapping[str, Any]) -> str | None:
    kind, value = rule["type"], rule["value"]
    if rule.get("key"):
        return f'Invalid L7 Rule: L7rule type {kind} does not use the "key" field.'
    if kind == "SSL_CONN_HAS_CERT" and value.lower() != "true":
        return f"Invalid L7 Rule: L7rule value {value} is not a boolean True string."
    if kind == "SSL_VERIFY_RESULT" and not value.isdigit():
        return f"Invalid L7 Rule: L7rule type {kind} needs a int value, which is >= 0"
    if rule.get("compare_type") != "EQUAL_TO":
        return f"Invalid L7 Rule: L7rule type {kind} only supports the EQUAL_TO compare type."
    return None


def _field_problem(rule: Mapping[str, Any]) -> str | None:
    if rule.get("compare_type") == "REGEX" and (problem := _regex_problem(rule["value"])) is not None:
        return problem
    if not rule.get("key"):
        return "Invalid L7 Rule: L7rule type SSL_DN_FIELD needs to specify a key and a value."
    if _FIELD.fullmatch(rule["key"]) is None:
        return "Invalid L7 Rule: Invalid L7rule distinguished name field."
    return None


def _regex_problem(value: str) -> str | None:
    try:
        with warnings.catch_warnings():
            # Python finds some sets doubtful; the server takes them all the same.
            warnings.simplefilter("ignore")
            re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        return f"Unable to parse regular expression: {error}"
    return None

"""What an L7 rule must be, alone and beside its siblings (huawei.md 3.6)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator.huawei import checks
from reconciler.emulator.huawei.errors import ApiError, conflict, invalid
from reconciler.emulator.huawei.options import HuaweiOptions

TYPES = ("HOST_NAME", "PATH", "METHOD", "HEADER", "QUERY_STRING", "SOURCE_IP", "COOKIE")
SINGLE = frozenset({"HOST_NAME", "PATH", "METHOD", "SOURCE_IP"})
BASIC = frozenset({"HOST_NAME", "PATH"})
KEYED = frozenset({"HEADER", "QUERY_STRING", "COOKIE"})
COMPARE_TYPES = ("EQUAL_TO", "REGEX", "STARTS_WITH")
METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"})

_HOST = re.compile(r"(?=.{1,128}\Z)(?:\*\.[A-Za-z0-9.-]+|[A-Za-z0-9][A-Za-z0-9.-]*)")
_PATH = re.compile(r"(?=.{1,128}\Z)/[A-Za-z0-9_~';@^%#&$.*+?,=!:|\\/()\[\]{}-]*")
_HEADER_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_HEADER_VALUE = re.compile(r'[^ "]{1,128}')
_QUERY = re.compile(r'[^ \[\]{}<>\\"#&|%~]{1,128}')

RULE_FIELDS = frozenset(
    {"admin_state_up", "type", "compare_type", "invert", "key", "value", "conditions", "project_id"}
)


def check_rule(raw: Any, *, advanced: bool, options: HuaweiOptions) -> dict[str, Any]:
    """A complete rule body (create, or the merged state of an update) in stored form, without id and times."""
    if not isinstance(raw, dict):
        raise invalid("Invalid input for 'rule': an object is required.")
    checks.known(raw, RULE_FIELDS)
    kind = checks.choice(raw, "type", TYPES, required=True)
    assert kind is not None
    if kind == "COOKIE" and not options.cookie_rules:
        raise invalid("Invalid input for 'type': 'COOKIE' is not supported.")
    if not advanced and kind not in BASIC:
        raise invalid(f"Invalid input for 'type': {kind} needs enhance_l7policy_enable of the listener.")
    compare = checks.choice(raw, "compare_type", COMPARE_TYPES, required=True)
    if kind != "PATH" and compare != "EQUAL_TO":
        raise invalid(f"Invalid input for 'compare_type': {kind} takes EQUAL_TO only.")
    checks.only_true(raw)
    checks.boolean(raw, "invert")
    key = checks.text(raw, "key", high=255)
    conditions = _conditions(raw, kind, str(compare), advanced, options)
    value = _value(raw, kind, str(compare), advanced, bool(conditions) and advanced)
    return {
        "type": kind,
        "compare_type": compare,
        "key": key or None,
        "value": value,
        "invert": False,
        "admin_state_up": True,
        "conditions": conditions,
    }


def _value(raw: Mapping[str, Any], kind: str, compare: str, advanced: bool, ignored: bool) -> str:
    value = raw.get("value")
    if value is not None and not isinstance(value, str):
        raise invalid("Invalid input for 'value': a string is required.")
    if ignored:
        return value or ""
    if kind not in BASIC:
        raise invalid(f"Invalid input for 'conditions': {kind} needs conditions; value has no effect.")
    if not value:
        raise invalid("Invalid input for 'value': it is required when there are no conditions.")
    _check_value(kind, compare, value, advanced, "value")
    return value


def _check_value(kind: str, compare: str, value: str, advanced: bool, where: str) -> None:
    if kind == "HOST_NAME":
        good = bool(_HOST.fullmatch(value))
        if "*" in value and not advanced:
            raise invalid(f"Invalid input for '{where}': a wildcard needs enhance_l7policy_enable of the listener.")
    elif kind == "PATH":
        good = 1 <= len(value) <= 128 if compare == "REGEX" else bool(_PATH.fullmatch(value))
    elif kind == "METHOD":
        good = value in METHODS
    elif kind == "SOURCE_IP":
        good = _is_cidr(value)
    elif kind == "QUERY_STRING":
        good = bool(_QUERY.fullmatch(value))
    else:
        good = bool(_HEADER_VALUE.fullmatch(value))
    if not good:
        raise invalid(f"Invalid input for '{where}': {value!r} is no {kind} value.")


def _is_cidr(value: str) -> bool:
    """An address with a prefix length; host bits may be set (the documentation's own example is 2049::49/64)."""
    address, slash, prefix = value.partition("/")
    if not slash or not re.fullmatch(r"[0-9]{1,3}", prefix) or "%" in address:
        return False
    try:
        ipaddress.ip_interface(value)
    except ValueError:
        return False
    return True


def _conditions(
    raw: Mapping[str, Any], kind: str, compare: str, advanced: bool, options: HuaweiOptions
) -> list[dict[str, str]]:
    given = checks.array(raw, "conditions") or []
    if given and not advanced and options.conditions_need_advanced:
        raise invalid("Invalid input for 'conditions': they need enhance_l7policy_enable of the listener.")
    result: list[dict[str, str]] = []
    for number, item in enumerate(given):
        where = f"conditions[{number}]"
        if not isinstance(item, dict):
            raise invalid(f"Invalid input for '{where}': an object is required.")
        checks.known(item, ("key", "value"))
        key, value = item.get("key"), item.get("value")
        if not isinstance(value, str) or not (key is None or isinstance(key, str)):
            raise invalid(f"Invalid input for '{where}': key and value must be strings.")
        key = key or ""
        _check_key(kind, key, f"{where}.key")
        _check_value(kind, compare, value, True, f"{where}.value")
        result.append({"key": key, "value": value})
    if len({item["key"] for item in result}) > 1:
        raise invalid("Invalid input for 'conditions': all conditions of a rule must have the same key.")
    if len({item["value"] for item in result}) < len(result):
        raise invalid("Invalid input for 'conditions': the values of a rule must be distinct.")
    return result


def _check_key(kind: str, key: str, where: str) -> None:
    if kind not in KEYED:
        if key:
            raise invalid(f"Invalid input for '{where}': the key of {kind} is the empty string.")
        return
    pattern = _QUERY if kind == "QUERY_STRING" else _HEADER_KEY
    if not pattern.fullmatch(key):
        raise invalid(f"Invalid input for '{where}': {key!r} is no {kind} key.")


def check_siblings(rules: Sequence[Mapping[str, Any]], limit: int, options: HuaweiOptions) -> None:
    """What the rules of one policy may be together (HW-R61, HW-R62). ``limit`` -1 is unlimited."""
    used = sum(max(1, len(rule["conditions"])) for rule in rules)
    if limit != -1 and used > limit:
        raise invalid(f"A policy can have at most {limit} conditions, {used} are given.")
    seen: set[str] = set()
    for rule in rules:
        kind = rule["type"]
        if kind in SINGLE and kind in seen:
            raise _second(kind, options)
        seen.add(kind)


def _second(kind: str, options: HuaweiOptions) -> ApiError:
    message = f"Only one rule of type {kind} is allowed in a policy."
    return conflict(message) if options.duplicate_rule_type_status == 409 else invalid(message)


def match_set(rules: Sequence[Mapping[str, Any]]) -> str | None:
    """What the rules of a policy match, as comparable text; None without rules (HW-R79).

    A rule with one condition and an empty key matches what the same rule with that value does.
    """
    if not rules:
        return None
    parts = sorted(
        json.dumps(
            [
                rule["type"],
                rule["compare_type"],
                sorted([item["key"], item["value"]] for item in rule["conditions"]) or [["", rule["value"]]],
            ]
        )
        for rule in rules
    )
    return "\n".join(parts)

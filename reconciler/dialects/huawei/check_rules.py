"""The rules of a policy, checked: types, compare types, values, conditions, counts (HW-R60 .. HW-R78)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from reconciler.diagnostics import Path, did_you_mean
from reconciler.dialects import _values as v
from reconciler.dialects._common import credential_key
from reconciler.dialects._report import Report, TextRule, listed, one_of, shown
from reconciler.dialects.huawei import tables, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]
ValueCheck = Callable[[Report, Path, "Any", "Any"], bool]

COMPARE_TYPES: Mapping[str, tuple[str, ...]] = {
    "HOST_NAME": ("EQUAL_TO",),
    "PATH": ("EQUAL_TO", "STARTS_WITH", "REGEX"),
    "METHOD": ("EQUAL_TO",),
    "HEADER": ("EQUAL_TO",),
    "QUERY_STRING": ("EQUAL_TO",),
    "SOURCE_IP": ("EQUAL_TO",),
    "COOKIE": ("EQUAL_TO",),
}
TYPES = tuple(COMPARE_TYPES)
CONDITIONS_ONLY = frozenset({"METHOD", "SOURCE_IP", "HEADER", "QUERY_STRING", "COOKIE"})
_COOKIE = "The API's pages give no limits for COOKIE: it is taken to be like HEADER."


def check(report: Report, path: Path, raw: Raw) -> Hashable:
    """All rules of one policy; the key of what it matches (for HW-R79), or None where that has no meaning."""
    rules = raw.get("rules")
    if not isinstance(rules, (list, tuple)) or not rules:
        return None
    where = (*path, "rules")
    if raw.get("action") == "REDIRECT_TO_LISTENER":
        report.error(
            "HW-R60",
            where,
            "a policy with action REDIRECT_TO_LISTENER has rules",
            "Such a policy takes every request of its listener; no rule can be created under it.",
            "remove rules",
            on_key=True,
        )
        return None
    before = len(report.found)
    count = 0
    singles: dict[str, int] = {}
    keys = []
    for index, rule in enumerate(rules):
        if not (rule.__class__ is dict or isinstance(rule, Mapping)):
            count += 1
            continue
        type_ = rule.get("type")
        conditions = rule.get("conditions")
        count += len(conditions) if conditions and isinstance(conditions, (list, tuple)) else 1
        if isinstance(type_, str) and type_ in tables.SINGLE_TYPES:
            first = singles.setdefault(type_, index)
            if first != index:
                _second(report, (*where, index, "type"), type_, first)
        _rule(report, where, index, rule)
        keys.append(match_key(rule))
    if count > tables.MAX_CONDITIONS:
        report.error(
            "HW-R61",
            where,
            f"{count} conditions; at most {tables.MAX_CONDITIONS} are allowed in one policy",
            "Every condition counts, and a rule without conditions counts as one.",
            "split the policy in two with the same target",
            on_key=True,
        )
    return None if len(report.found) > before else tuple(sorted(keys, key=repr))


def match_key(rule: Raw) -> tuple[Any, ...]:
    """What a rule matches, cheaply: equal for rules that match the same requests, however they are written."""
    type_, compare = _text(rule, "type"), _text(rule, "compare_type")
    conditions = rule.get("conditions")
    if conditions and isinstance(conditions, (list, tuple)):
        if type_ == "SOURCE_IP":
            return (type_, compare, *sorted({v.network(_text(c, "value")) for c in conditions}))
        pairs = {(_text(c, "key"), _text(c, "value")) for c in conditions}
        if type_ == "HOST_NAME":
            pairs = {(key, host.lower()) for key, host in pairs}
        return (type_, compare, *(pairs if len(pairs) == 1 else sorted(pairs)))
    own_key = "" if type_ in tables.KEYLESS_TYPES else _text(rule, "key")
    value = _text(rule, "value")
    return (type_, compare, (own_key, value.lower() if type_ == "HOST_NAME" else value))


def _text(owner: Any, name: str) -> str:
    value = owner.get(name) if owner.__class__ is dict or isinstance(owner, Mapping) else None
    return value if isinstance(value, str) else ""


def _second(report: Report, path: Path, type_: str, first: int) -> None:
    report.error(
        "HW-R62",
        path,
        f"a second {type_} rule",
        f"A policy may have one rule of type {type_}; rule {first + 1} is one already. All rules must match, so that "
        "two of them could only narrow each other.",
        "list the alternatives as conditions of one rule, or split the policy in two",
    )


# ------------------------------------------------------------------------------------------------ one rule
def _rule(report: Report, where: Path, index: int, rule: Raw) -> None:
    type_ = rule.get("type")
    compare = rule.get("compare_type")
    allowed = COMPARE_TYPES.get(type_) if isinstance(type_, str) else None
    if allowed is None:
        if type_ is None:
            report.error("HW-R68", (*where, index), "the rule has no type", "", f"add type: {listed(TYPES)}")
        else:
            one_of(report, "HW-R68", (*where, index, "type"), "rule type", type_, TYPES)
        return
    if not isinstance(compare, str) or compare not in allowed:
        _compare_type(report, (*where, index), str(type_), compare, allowed)
        if type_ == "PATH":  # which class the path must be of depends on it
            return
    _unsupported(report, where, index, rule)
    conditions = rule.get("conditions")
    if conditions:
        if isinstance(conditions, (list, tuple)):
            _conditions(report, (*where, index), rule, conditions)
    elif type_ in CONDITIONS_ONLY:
        _needs_conditions(report, (*where, index), rule)
    else:
        _plain_value(report, where, index, rule)


def _compare_type(report: Report, path: Path, type_: str, compare: Any, allowed: tuple[str, ...]) -> None:
    if compare is None:
        report.error("HW-R69", path, "the rule has no compare_type", "", f"add compare_type: {listed(allowed)}")
    elif type_ == "COOKIE" and compare in COMPARE_TYPES["PATH"]:
        summary = f"compare_type {compare} may be refused for COOKIE rules"
        report.warning("HW-R69", (*path, "compare_type"), summary, _COOKIE, "use EQUAL_TO")
    elif isinstance(compare, str):
        summary = f"compare_type {shown(compare)} does not go with a {type_} rule"
        why = f"{type_} rules compare with {listed(allowed)}."
        if type_ in ("HEADER", "QUERY_STRING"):
            why = f"{why[:-1]}, where * and ? are wildcards."
        hint = did_you_mean(compare, allowed) or f"use {listed(allowed)}"
        report.error("HW-R69", (*path, "compare_type"), summary, why, hint)


def _unsupported(report: Report, where: Path, index: int, rule: Raw) -> None:
    """Fields that the API accepts and does not use, or accepts with one value only."""
    if rule.get("admin_state_up") is False:
        report.error(
            "HW-R17",
            (*where, index, "admin_state_up"),
            "admin_state_up can only be true",
            "Huawei Cloud has no disabled rules.",
            "remove the field, or the rule",
        )
    if rule.get("invert") is True:
        report.error(
            "HW-R78",
            (*where, index, "invert"),
            "invert has no effect on Huawei Cloud",
            "The API accepts the field and does not use it: the rule would match the opposite of what is meant.",
            "remove it; put a policy for the excluded requests above this one instead",
        )
    key = rule.get("key")
    silent = rule["type"] not in tables.KEYLESS_TYPES and not rule.get("conditions")
    if key and words.RULE_KEY.check(report, (*where, index, "key"), key) and not silent:
        report.warning(
            "HW-R78",
            (*where, index, "key"),
            f"key {shown(key)} of a rule has no effect",
            "The API does not support the field; it is not sent. HEADER and QUERY_STRING rules have their key in "
            "each condition.",
            "remove it, or move it into conditions",
            on_key=True,
        )


def _plain_value(report: Report, where: Path, index: int, rule: Raw) -> None:
    value = rule.get("value")
    if value is None:
        why = "A rule without conditions is about its value."
        report.error(
            "HW-R70", (*where, index), f"the {rule['type']} rule has no value", why, "add value, or conditions"
        )
    elif value == "":
        why = "A rule without conditions is about its value: 1 to 128 characters."
        report.error(
            "HW-R70", (*where, index, "value"), "the rule's value is empty", why, "give a value, or conditions"
        )
    elif not _text_rule(rule).check(report, (*where, index, "value"), value):
        return


def _needs_conditions(report: Report, path: Path, rule: Raw) -> None:
    type_ = rule["type"]
    why = f"key and value of a {type_} rule have no meaning; its conditions say what is compared."
    value = rule.get("value")
    example = "{value: GET}" if type_ == "METHOD" else "{value: 192.0.2.0/24}" if type_ == "SOURCE_IP" else None
    if example is None:
        example = "{key: NAME, value: TEXT}"
    hint = f"write conditions: [{example}]"
    if type_ == "COOKIE":
        report.warning("HW-R70", (*path, "type"), "a COOKIE rule without conditions may be refused", _COOKIE, hint)
    elif value:
        summary = f"value of a {type_} rule has no effect; conditions are missing"
        report.error("HW-R70", (*path, "value"), summary, why, hint, on_key=True)
    else:
        report.error("HW-R70", path, f"the {type_} rule has no conditions", why, hint)


def _text_rule(rule: Raw) -> TextRule:
    if rule["type"] == "HOST_NAME":
        return words.HOST_NAME
    return words.PATH_REGEX if rule.get("compare_type") == "REGEX" else words.PATH


# ------------------------------------------------------------------------------------------------ conditions
def _conditions(report: Report, path: Path, rule: Raw, conditions: list[Any] | tuple[Any, ...]) -> None:
    if rule.get("value"):
        report.warning(
            "HW-R66",
            (*path, "value"),
            f"value {shown(rule['value'])} has no effect beside conditions",
            "With conditions, the API ignores key and value of the rule; it is not sent.",
            "remove it, or add it to conditions",
            on_key=True,
        )
    type_ = rule["type"]
    keyed = type_ not in tables.SINGLE_TYPES
    base = (*path, "conditions")
    checker = _text_rule(rule).check if type_ == "HOST_NAME" or type_ == "PATH" else None
    first_key: Any = None
    seen: dict[str, int] = {}
    for index, condition in enumerate(conditions):
        if not (condition.__class__ is dict or isinstance(condition, Mapping)):
            continue
        key, value = condition.get("key"), condition.get("value")
        if not keyed:
            if key:
                why = f"Conditions of a {type_} rule have no key."
                report.error(
                    "HW-R77", (*base, index, "key"), f"key {shown(key)} of a {type_} condition", why, "remove it"
                )
        elif _key(report, (*base, index), type_, condition):
            if index == 0:
                first_key = key
                credential_key(report, (*base, index, "key"), type_.lower(), key)
            elif first_key is not None and key != first_key:
                _other_key(report, (*base, index, "key"), str(key), first_key)
        if value is None:
            report.error("HW-R67", (*base, index), "the condition has no value", "", "add value")
        elif checker is not None:
            checker(report, (*base, index, "value"), value)
        else:
            _value(report, (*base, index, "value"), type_, value)
        if isinstance(value, str) and seen.setdefault(value, index) != index:
            _same_value(report, (*base, index, "value"), value, seen[value])


def _key(report: Report, path: Path, type_: str, condition: Raw) -> bool:
    """The key of a HEADER, QUERY_STRING or COOKIE condition."""
    code = "HW-R74" if type_ == "QUERY_STRING" else "HW-R73"
    key = condition.get("key")
    if key is None or key == "":
        where = path if key is None else (*path, "key")
        why = f"A {type_} condition compares one named thing."
        report.error(code, where, f"the {type_} condition has no key", why, "add key")
        return False
    rule = words.QUERY_KEY if type_ == "QUERY_STRING" else words.HEADER_KEY
    return rule.check(report, (*path, "key"), key, only_warn=_COOKIE if type_ == "COOKIE" else "")


def _other_key(report: Report, path: Path, key: str, first: str) -> None:
    report.error(
        "HW-R67",
        path,
        f"key {shown(key)} differs from {shown(first)}",
        "All conditions of one rule have the same key: they are alternatives for one value.",
        "make it a rule of its own (both must match then), or a policy of its own (either matches)",
    )


def _same_value(report: Report, path: Path, value: str, first: int) -> None:
    why = f"The values of one rule's conditions must differ; condition {first + 1} has it already."
    report.error("HW-R67", path, f"value {shown(value)} is listed twice", why, "remove one of both")


def _value(report: Report, path: Path, type_: str, value: Any) -> None:
    if type_ == "METHOD":
        one_of(report, "HW-R75", path, "method", value, words.METHODS)
    elif type_ == "SOURCE_IP":
        _source(report, path, value)
    elif type_ == "QUERY_STRING":
        words.QUERY_VALUE.check(report, path, value)
    else:
        words.HEADER_VALUE.check(report, path, value, only_warn=_COOKIE if type_ == "COOKIE" else "")


def _source(report: Report, path: Path, value: Any) -> None:
    """An IPv4 or IPv6 CIDR with its length; host bits may be set."""
    if not isinstance(value, str):
        return
    family = v.family(value)
    if family is not None and "/" in value and value.partition("/")[2].isdigit():
        return
    hint = (
        f"use {value}/{32 if family == 4 else 128}" if family is not None and "/" not in value else "e.g. 192.0.2.0/24"
    )
    why = "A source is an IPv4 or IPv6 prefix with its length, such as 192.168.0.2/32 or 2001:db8::/64."
    report.error("HW-R76", path, f"source address {shown(value)} is no prefix", why, hint)

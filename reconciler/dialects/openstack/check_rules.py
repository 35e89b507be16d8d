"""The rules of an Octavia policy, checked: keys, compare types, values, expressions, tags, their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.diagnostics import Path
from reconciler.dialects import _octavia
from reconciler.dialects._common import credential_key
from reconciler.dialects._report import Report, full_match, listed, one_of, shown
from reconciler.dialects.openstack import render
from reconciler.dialects.openstack.tables import LONGEST
from reconciler.model.desired import DesiredPolicy

Raw = Mapping[str, Any]

TYPES = tuple(sorted(_octavia.COMPARE_TYPES))
_LACKING = {
    "METHOD": "Octavia has no rules on the request's method",
    "QUERY_STRING": "Octavia has no rules on the query",
    "SOURCE_IP": "Octavia has no rules on the source address; a security group filters by address",
}
_PLAIN = r"[!-~]+"
_HEADER = r'[!-~]+|"[ \t!-~]*"'
_COOKIE = r"[!#-:<-\[\]-~]+"
_TRUE = "SSL_CONN_HAS_CERT"


def check(report: Report, policy: DesiredPolicy) -> None:
    """All rules of one policy."""
    rules = policy.raw.get("rules")
    if not isinstance(rules, (list, tuple)):
        return
    where = (*policy.path, "rules")
    if len(rules) > _octavia.MAX_RULES:
        report.error(
            "OS-RULES",
            where,
            f"{len(rules)} rules; at most {_octavia.MAX_RULES} are allowed in one policy",
            "Octavia refuses the next one with 409.",
            "combine rules into one REGEX, or split the policy",
            on_key=True,
        )
    for index, rule in enumerate(rules):
        if isinstance(rule, Mapping):
            _rule(report, where, index, rule)


def tags(report: Report, path: Path, value: Any) -> None:
    """Tags: 1 to 255 characters, and none twice, whatever the case (Octavia answers 409)."""
    seen: dict[str, str] = {}
    for index, tag in enumerate(value if isinstance(value, (list, tuple)) else ()):
        if not isinstance(tag, str):
            continue
        if not 1 <= len(tag) <= LONGEST:
            what = f"a tag has {len(tag)} characters; 1 to {LONGEST} are allowed"
            report.error("OS-TAGS", (*path, index), what, "", "shorten it, or remove it")
        elif (first := seen.setdefault(tag.casefold(), tag)) is not tag or value.index(tag) != index:
            why = "Octavia's database compares tags without regard to case, and refuses the second one with 409."
            what = f"tag {shown(tag)} equals {shown(first)}"
            report.error("OS-TAGS", (*path, index), what, why, "remove one of both")


def _rule(report: Report, where: Path, index: int, rule: Raw) -> None:
    type_, compare = rule.get("type"), rule.get("compare_type")
    if not isinstance(type_, str) or type_ not in _octavia.COMPARE_TYPES:
        _type(report, (*where, index), type_)
        return
    allowed = _octavia.COMPARE_TYPES[type_]
    if compare is None:
        what = "the rule has no compare_type"
        report.error("OS-COMPARE", (*where, index), what, "", f"add compare_type: {listed(allowed)}")
    elif isinstance(compare, str) and compare not in allowed:
        why = f"A {type_} rule takes {listed(allowed)}."
        what = f"compare_type of a {type_} rule"
        one_of(report, "OS-COMPARE", (*where, index, "compare_type"), what, compare, allowed, why)
    _key(report, (*where, index), type_, rule)
    value = rule.get("value")
    if value is None:
        report.error("OS-VALUE", (*where, index), "the rule has no value", "", "add value")
    elif isinstance(value, str):
        _value(report, (*where, index, "value"), type_, compare, value)
    if rule.get("conditions"):
        why = "Only Huawei Cloud lists alternatives inside a rule."
        what, hint = "conditions are not available on OpenStack", "use one policy an alternative, or REGEX"
        report.error("OS-FIELD", (*where, index, "conditions"), what, why, hint, on_key=True)
    tags(report, (*where, index, "tags"), rule.get("tags"))


def _type(report: Report, path: Path, type_: Any) -> None:
    if type_ is None:
        report.error("OS-RULE-TYPE", path, "the rule has no type", "", f"add type: {listed(TYPES)}")
    elif isinstance(type_, str) and type_ in _LACKING:
        what = f"rule type {type_} is not available on OpenStack"
        report.error("OS-RULE-TYPE", (*path, "type"), what, f"{_LACKING[type_]}.", f"use {listed(TYPES)}")
    else:
        one_of(report, "OS-RULE-TYPE", (*path, "type"), "rule type", type_, TYPES)


def _key(report: Report, path: Path, type_: str, rule: Raw) -> None:
    key = rule.get("key")
    if key is None or key == "":
        if type_ in _octavia.KEYED:
            where = path if key is None else (*path, "key")
            what = {"HEADER": "header", "COOKIE": "cookie"}.get(type_, "field of the subject, e.g. CN")
            report.error("OS-KEY", where, f"the {type_} rule has no key", f"The key names the {what}.", "add key")
        return
    if not isinstance(key, str):
        return
    where = (*path, "key")
    if type_ not in _octavia.KEYED:
        why = "Octavia refuses it, or keeps it without a meaning: it is not sent."
        report.warning("OS-KEY-FORBIDDEN", where, f"key of a {type_} rule", why, "remove it", on_key=True)
    elif len(key) > LONGEST:
        what = f"the key has {len(key)} characters; at most {LONGEST} are allowed"
        report.error("OS-KEY", where, what, "", "shorten it")
    elif not full_match(render.KEY_PATTERN)(key):
        why = "Octavia takes token characters only; of these # ' & , ( and ) do not survive the rendering for HAProxy."
        what = f"key {shown(key)} holds characters that no key may have"
        report.error("OS-KEY", where, what, why, "use letters, digits, - and _")
    else:
        credential_key(report, where, type_.lower(), key)


def _value(report: Report, path: Path, type_: str, compare: Any, value: str) -> None:
    if value == "":
        report.error("OS-VALUE", path, "the rule's value is empty", "A rule compares with a value.", "give a value")
    elif len(value) > LONGEST:
        what = f"the value has {len(value)} characters; at most {LONGEST} are allowed"
        report.error("OS-VALUE", path, what, "", "shorten it, or split the rule")
    elif type_ == _TRUE:
        if value.lower() != "true":
            why = "The only value is True; invert says no."
            report.error("OS-VALUE", path, f"value {shown(value)} is not True", why, 'use "True"')
    elif type_ == "SSL_VERIFY_RESULT":
        if not (value.isascii() and value.isdigit()):
            why = "The value is a whole number, 0 for a valid certificate."
            report.error("OS-VALUE", path, f"value {shown(value)} is no number", why, 'use a number, e.g. "0"')
    elif not _characters(report, path, type_, compare, value):
        _rendering(report, path, compare, value)


def _characters(report: Report, path: Path, type_: str, compare: Any, value: str) -> bool:
    """Report characters that Octavia's API refuses; True if there are some."""
    if compare == "REGEX":
        if value.isascii() and not any(c in value for c in "\r\n"):
            return False
        what = "a line break or a character beyond ASCII"
        why = "Octavia's API refuses line breaks; other characters are read differently by its check and by HAProxy."
    else:
        pattern = {"HEADER": _HEADER, "COOKIE": _COOKIE}.get(type_, _PLAIN)
        if full_match(pattern)(value):
            return False
        what = "a blank or another character that is not allowed"
        why = "Octavia takes printable ASCII without blanks."
        if type_ == "COOKIE":
            why += " In a cookie's value, quotation marks, ';' and '\\' are not allowed either."
    hint = "use a REGEX rule: '.' stands for any character" if compare != "REGEX" else "write \\xHH for a byte"
    report.error("OS-VALUE", path, f"value {shown(value)} contains {what}", why, hint)
    return True


def _rendering(report: Report, path: Path, compare: Any, value: str) -> None:
    found = render.expression(value) if compare == "REGEX" else None
    if found is not None:
        refused, what, why = found
        tell = report.error if refused else report.warning
        tell("OS-REGEX", path, f"regular expression {shown(value)}: {what}", why, "write it another way")
        return
    misread = render.value(value)
    if misread is not None:
        refused, what, why = misread
        tell = report.error if refused else report.warning
        hint = "avoid it; a '.' in a REGEX stands for any character"
        tell("OS-RENDER", path, f"value {shown(value)} contains {what}", why, hint)

"""The rules of a Gcore policy, checked: keys, compare types, values, expressions, the guard, the count."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Path
from reconciler.dialects import _haproxy, _octavia
from reconciler.dialects._common import credential_key
from reconciler.dialects._report import Report, full_match, listed, one_of, shown
from reconciler.dialects.gcore import tables
from reconciler.model.desired import DesiredPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

TYPES = tuple(sorted(_octavia.COMPARE_TYPES))
LONGEST = 255
_LIKE_OCTAVIA = "So it is in Octavia, on which Gcore is built; Gcore's own pages do not say it."
_LACKING = {
    "METHOD": "Gcore has no rules on the request's method",
    "QUERY_STRING": "Gcore has no rules on the query",
    "SOURCE_IP": "Gcore has no rules on the source address; a security group filters by address",
}


_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""Names of headers and cookies (RFC 9110 5.6.2)."""


def check(report: Report, policy: DesiredPolicy) -> None:
    """All rules of one policy."""
    rules = policy.raw.get("rules")
    if not isinstance(rules, (list, tuple)):
        return
    where = (*policy.path, "rules")
    if len(rules) > _octavia.MAX_RULES:
        report.error(
            "GC-RULES",
            where,
            f"{len(rules)} rules; at most {_octavia.MAX_RULES} are allowed in one policy",
            "The limit is Octavia's.",
            "combine rules into one REGEX, or split the policy",
            on_key=True,
        )
    for index, rule in enumerate(rules):
        if isinstance(rule, Mapping):
            _rule(report, where, index, rule)


def _rule(report: Report, where: Path, index: int, rule: Raw) -> None:
    type_, compare = rule.get("type"), rule.get("compare_type")
    if not isinstance(type_, str) or type_ not in _octavia.COMPARE_TYPES:
        _type(report, (*where, index), type_)
        return
    if compare is None:
        words = listed(_octavia.COMPARE_TYPES[type_])
        report.error("GC-COMPARE", (*where, index), "the rule has no compare_type", "", f"add compare_type: {words}")
    elif isinstance(compare, str) and compare not in _octavia.COMPARE_TYPES[type_]:
        _compare(report, (*where, index, "compare_type"), type_, compare)
    _key(report, (*where, index), type_, rule)
    value = rule.get("value")
    if value is None:
        report.error("GC-VALUE", (*where, index), "the rule has no value", "", "add value")
    elif isinstance(value, str):
        _value(report, (*where, index, "value"), type_, compare, value)
    if rule.get("conditions"):
        why = "Only Huawei Cloud lists alternatives inside a rule."
        hint = "use one policy an alternative, or REGEX"
        what = "conditions are not available on Gcore"
        report.error("GC-FIELD", (*where, index, "conditions"), what, why, hint, on_key=True)
    if rule.get("admin_state_up") is not None:
        what = "admin_state_up is not available on Gcore"
        report.error("GC-FIELD", (*where, index, "admin_state_up"), what, "", "remove it", on_key=True)


def _type(report: Report, path: Path, type_: Any) -> None:
    if type_ is None:
        report.error("GC-RULE-TYPE", path, "the rule has no type", "", f"add type: {listed(TYPES)}")
    elif isinstance(type_, str) and type_ in _LACKING:
        what = f"rule type {type_} is not available on Gcore"
        report.error("GC-RULE-TYPE", (*path, "type"), what, f"{_LACKING[type_]}.", f"use {listed(TYPES)}")
    else:
        one_of(report, "GC-RULE-TYPE", (*path, "type"), "rule type", type_, TYPES)


def _compare(report: Report, path: Path, type_: str, compare: str) -> None:
    if not one_of(report, "GC-COMPARE", path, "compare_type", compare, _octavia.ALL_COMPARE_TYPES):
        return
    allowed = listed(_octavia.COMPARE_TYPES[type_])
    what = f"compare_type {compare} may be refused for a {type_} rule"
    report.warning("GC-COMPARE", path, what, _LIKE_OCTAVIA, f"use {allowed}")


def _key(report: Report, path: Path, type_: str, rule: Raw) -> None:
    key = rule.get("key")
    if key is None or key == "":
        if type_ in ("HEADER", "COOKIE"):
            where = path if key is None else (*path, "key")
            what = "header" if type_ == "HEADER" else "cookie"
            report.error(
                "GC-KEY",
                where,
                f"the {type_} rule has no key",
                f"The key names the {what}.",
                f"add key: the {what}'s name",
            )
        elif type_ == "SSL_DN_FIELD":
            what = "an SSL_DN_FIELD rule without key may be refused"
            why = "Octavia needs the name of the field; Gcore's page names COOKIE and HEADER only."
            report.warning("GC-KEY", path, what, why, "add key, e.g. CN")
        return
    if not isinstance(key, str):
        return
    if type_ not in _octavia.KEYED:
        why = f"A {type_} rule compares no named thing; the key is not sent. {_LIKE_OCTAVIA}"
        report.warning("GC-KEY-FORBIDDEN", (*path, "key"), f"key of a {type_} rule", why, "remove it", on_key=True)
    elif len(key) > LONGEST:
        what = f"the key has {len(key)} characters; at most {LONGEST} are allowed"
        report.error("GC-KEY-LENGTH", (*path, "key"), what, "", "shorten it")
    else:
        if not full_match(_NAME)(key):
            what = f"the key {shown(key)} has characters of no header's or cookie's name: it may be refused"
            report.warning("GC-KEY", (*path, "key"), what, _LIKE_OCTAVIA, "write the name alone, e.g. X-Env")
        credential_key(report, (*path, "key"), type_.lower(), key)


def _value(report: Report, path: Path, type_: str, compare: Any, value: str) -> None:
    if value == "":
        report.error("GC-VALUE", path, "the rule's value is empty", "A rule compares with a value.", "give a value")
    elif value == tables.GUARD.value and type_ == tables.GUARD.type:
        report.error(
            "GC-GUARD",
            path,
            f"the value {shown(value)} is reserved",
            "A PATH rule with it marks a policy that is being built: it matches no request and is removed later.",
            "use another value",
        )
    elif len(value) > LONGEST:
        what = f"the value has {len(value)} characters; more than {LONGEST} may be refused"
        report.warning("GC-VALUE", path, what, _LIKE_OCTAVIA, "shorten it, or split the rule")
    elif type_ == "SSL_CONN_HAS_CERT":
        if value.lower() != "true":
            why = f"The only value is True; invert says no. {_LIKE_OCTAVIA}"
            report.warning("GC-VALUE", path, f"value {shown(value)} may be refused", why, 'use "True"')
    elif type_ == "SSL_VERIFY_RESULT":
        if not (value.isascii() and value.isdigit()):
            why = f"The value is a whole number, 0 for a valid certificate. {_LIKE_OCTAVIA}"
            report.warning("GC-VALUE", path, f"value {shown(value)} may be refused", why, 'use a number, e.g. "0"')
    elif compare != "REGEX" or not _expression(report, path, value):
        for what, why in _haproxy.rendering(value, str(compare)):
            report.warning(
                "GC-RENDER",
                path,
                f"value {shown(value)} contains {what}",
                f"{why} {_haproxy.ASSUMPTION}",
                "avoid it; a '.' in a REGEX stands for any character",
            )


def _expression(report: Report, path: Path, value: str) -> bool:
    """Report a regular expression that is broken; True if one was."""
    wrong = _haproxy.expression(value)
    if wrong is None:
        return False
    certain, what, why = wrong
    summary = f"regular expression {shown(value)}: {what}"
    if certain:
        report.error("GC-REGEX", path, summary, why, "mend the expression")
    else:
        report.warning("GC-REGEX", path, summary, f"{why} {_haproxy.ASSUMPTION}", "write it another way")
    return True

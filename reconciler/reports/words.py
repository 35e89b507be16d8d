"""Values in words: one short text for a value, a rule, a security group rule, a place in a list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_KINDS = {"l7policy": "policy", "l7rule": "rule", "security_group_rule": "rule"}


def plural(number: int, word: str, several: str | None = None) -> str:
    """``1 object``, ``2 objects``; numbers with thousands separators."""
    return f"{number:,} {word if number == 1 else several or word + 's'}"


def tail(address: str) -> str:
    """An address without its scope, decoded: ``canary`` for a policy, the rule's tail for rules."""
    from urllib.parse import unquote

    parts = address.split("/")
    if len(parts) >= 4 and parts[2] == "policy":
        name = unquote(parts[3])
        return f"{name} {'/'.join(parts[4:])}" if len(parts) > 4 else name
    return "/".join(parts[3:]) if len(parts) >= 4 else address


def value(item: Any, limit: int | None = None) -> str:
    """A JSON value as text; long ones are cut in the middle unless ``limit`` is None."""
    if isinstance(item, Mapping):
        made, place = item.get("$from"), item.get("$position")
        if isinstance(made, Mapping) and len(item) == 1:
            return f"(id made by {word(made.get('step'))})"
        if isinstance(place, Mapping) and len(item) == 1 and all(_said(place.get(k)) for k in ("after", "before")):
            return position(place)
    text = json.dumps(item, ensure_ascii=False)
    if limit is not None and len(text) > limit:
        keep = max(10, (limit - 30) // 2)
        return f"{text[:keep]}...{text[-keep:]} ({len(text):,} characters)"
    return text


def _said(address: Any) -> bool:
    """An address, or none: documents of strangers may hold anything where their schema allows any JSON."""
    return address is None or isinstance(address, str)


def word(item: Any) -> str:
    """A word of the API as it is; anything that is no text as JSON."""
    return item if isinstance(item, str) else value(item)


def pair(before: Any, after: Any, limit: int | None = None) -> tuple[str, str]:
    """Two values beside each other: of long ones only the part that differs, with some of what is around it."""
    old, new = value(before), value(after)
    if limit is None or max(len(old), len(new)) <= limit:
        return old, new
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, start - 20)

    def part(text: str) -> str:
        shown = text[start : start + limit]
        return ("..." if start else "") + shown + ("..." if start + limit < len(text) else "")

    return part(old), part(new)


def position(place: Mapping[str, Any]) -> str:
    """A ``$position`` in words."""
    after, before = place.get("after"), place.get("before")
    where = f"behind {tail(after)!r}" if after else "first"
    where += f", before {tail(before)!r}" if before else ", last"
    return f"{word(place.get('expected'))} ({where})"


def rule(item: Mapping[str, Any], limit: int | None = None) -> str:
    """An L7 rule on one line: ``not HEADER "X-Env" EQUAL_TO "canary"``."""
    known = {"type", "compare_type", "value", "key", "conditions", "invert"}
    words = ["not"] if item.get("invert") else []
    words.append(word(item.get("type")))
    if item.get("key") is not None:
        words.append(value(item["key"], limit))
    words.append(word(item.get("compare_type")))
    if item.get("value") is not None:
        words.append(value(item["value"], limit))
    conditions = item.get("conditions")
    if conditions and isinstance(conditions, list):
        words.append(" or ".join(_condition(c, limit) for c in conditions))
    elif conditions:
        words.append(value(conditions, limit))
    words += [f"{key}={value(item[key], limit)}" for key in item if key not in known]
    return " ".join(words)


def _condition(item: Any, limit: int | None) -> str:
    if not isinstance(item, Mapping):
        return value(item, limit)
    text = value(item.get("value"), limit)
    return f"{value(item['key'], limit)}={text}" if item.get("key") else text


def security_rule(item: Mapping[str, Any], limit: int | None = None) -> str:
    """A security group rule on one line: ``ingress IPv4 tcp 443 from 0.0.0.0/0``."""
    head, remote, rest = security_rule_parts(item, limit)
    return " ".join(part for part in (head, remote, rest) if part)


def security_rule_parts(item: Mapping[str, Any], limit: int | None = None) -> tuple[str, str, str]:
    """What a security group rule admits, from or to whom, and the rest: many rules differ in the middle part only."""
    known = {
        "direction", "ethertype", "protocol", "port_range_min", "port_range_max", "multiport", "remote_ip_prefix",
        "remote_group_id", "remote_address_group_id", "action", "description",
    }  # fmt: skip
    words = [word(item["action"])] if item.get("action") else []
    words += [word(item.get("direction")), word(item.get("ethertype")), word(item.get("protocol") or "any protocol")]
    words.append(_ports(item))
    words.append("from" if item.get("direction") == "ingress" else "to")
    rest = [f"{key}={value(item[key], limit)}" for key in item if key not in known]
    if item.get("description"):
        rest.append(value(item["description"], limit))
    return " ".join(words), _remote(item), " ".join(rest)


def _ports(item: Mapping[str, Any]) -> str:
    low, high = item.get("port_range_min"), item.get("port_range_max")
    if item.get("multiport") is not None:
        return f"port {word(item['multiport'])}"
    if low is None and high is None:
        return "any port"
    return f"port {word(low)}" if low == high or high is None else f"port {word(low)}-{word(high)}"


def _remote(item: Mapping[str, Any]) -> str:
    if item.get("remote_ip_prefix"):
        return word(item["remote_ip_prefix"])
    if item.get("remote_group_id"):
        return f"group {word(item['remote_group_id'])}"
    if item.get("remote_address_group_id"):
        return f"address group {word(item['remote_address_group_id'])}"
    return "anywhere"


def label(kind: str, address: str, item: Mapping[str, Any] | None, limit: int | None = None) -> str:
    """What an object is called in a heading of a change."""
    item = item or {}
    if kind == "security_group_rule":
        return f"rule {security_rule(item, limit)}"
    if kind == "l7rule":
        return f"rule {rule(item, limit)} of policy {value(tail(address).partition(' rule/')[0])}"
    return f"policy {value(tail(address))}" + (f" {word(item['action'])}" if item.get("action") else "")


_PLAIN = re.compile(r"[\w.\-*~@:/ ]{1,200}")


def name(text: str) -> str:
    """A name in a list of names: as it is, or quoted where it could be taken for something else, or is long."""
    return text if _PLAIN.fullmatch(text) and text == text.strip() else value(text, 200)


def names(items: Iterable[str], width: int = 100) -> Iterator[tuple[str, int]]:
    """Names with commas, in lines of about ``width`` characters, each with how many names it holds."""
    line: list[str] = []
    for item in items:
        if line and sum(map(len, line)) + 2 * len(line) + len(item) > width:
            yield ", ".join(line) + ",", len(line)
            line = []
        line.append(item)
    if line:
        yield ", ".join(line), len(line)


def noun(kind: str) -> str:
    """``policy`` or ``rule``."""
    return _KINDS.get(kind, kind)


def objects(number: int, kind: str) -> str:
    """``1 policy``, ``12 policies``, ``3 security group rules``."""
    long = {"l7rule": "rule", "security_group_rule": "security group rule"}
    return plural(number, long.get(kind, noun(kind)), {"l7policy": "policies"}.get(kind))

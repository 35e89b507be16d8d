"""Whether two answers are the same: status, the form of an error and its words, and the objects without their times."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.real_servers.differential.calls import Answer, Call

_TIMES = ("created_at", "updated_at")
_OWN = ("standard_attr_id", "vip_port_id", "vip_network_id")
"""Numbers that each cloud gives out for itself."""
_ORDERED = re.compile(r"[?&]sort(?:_key)?=position\b")


def difference(call: Call, real: Answer, emulated: Answer) -> str | None:
    """The first difference in words, or None."""
    if real.status != emulated.status:
        return f"status {real.status}, emulated {emulated.status}: {_short(real.body)} / {_short(emulated.body)}"
    one, other = _form(call, real.body), _form(call, emulated.body)
    return _first("", one, other)


def _short(body: Any) -> str:
    return json.dumps(body)[:200]


def _form(call: Call, body: Any) -> Any:
    """What is compared of a body."""
    if not isinstance(body, dict):
        return body
    if body.get("faultcode") == "Server":
        # The words of a failure are those of the server's language.
        return {**body, "faultstring": "..."}
    if "faultstring" in body:
        return {**body, "faultstring": _words(body["faultstring"])}
    if "NeutronError" in body:
        text = _words(body["NeutronError"]["message"])
        if isinstance(call.body, dict) and "security_group_rules" in call.body:
            # Where several rules of one call exist, the one that is named depends on the order of random ids.
            text = re.sub(r"(Rule id is ).*", r"\1...", text)
        return {"NeutronError": {**body["NeutronError"], "message": text}}
    return {key: _links(value) if key.endswith("_links") else _value(call, value) for key, value in body.items()}


def _words(text: str) -> str:
    """Words that depend on the order of a set or of random ids, or on how a language prints a body, are cut."""
    text = re.sub(r"(Value should be one of: ).*", r"\1...", text)
    text = re.sub(r"(Unknown attributes? for argument \S+: ).*", r"\1...", text)
    text = re.sub(r"(is in use by L7 policy ).*", r"\1...", text)
    text = re.sub(r"(Unrecognized attribute\(s\) ).*", r"\1...", text)
    text = re.sub(r"(Only protocol values ).*", r"\1...", text)
    return re.sub(r"(unable to convert to ).*", r"\1...", text)


def _value(call: Call, value: Any) -> Any:
    if isinstance(value, dict):
        return _object(call, value)
    if not isinstance(value, list):
        return value
    if call.loose:
        return {"items": len(value), "fields": sorted({name for item in value for name in item})}
    items = [_object(call, item) if isinstance(item, dict) else item for item in value]
    return items if _ORDERED.search(call.path) else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def _object(call: Call, item: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in item.items():
        if name in _OWN:
            shown[name] = "given" if value is not None else None
        elif name in _TIMES:
            shown[name] = "given" if value is not None else None
        elif isinstance(value, list) and name != "l7policies":
            entries = [_object(call, entry) if isinstance(entry, dict) else entry for entry in value]
            shown[name] = sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
        elif isinstance(value, dict):
            shown[name] = _object(call, value)
        else:
            shown[name] = value
    return shown


def _links(links: Any) -> Any:
    """Which links there are, and which parameters they keep; the marker is an id."""
    if not isinstance(links, list):
        return links
    shown = []
    for link in links:
        parts = urlsplit(link["href"])
        query = [(name, "<id>" if name == "marker" else value) for name, value in parse_qsl(parts.query)]
        shown.append([link["rel"], parts.path, query])
    return sorted(shown)


def _first(path: str, one: Any, other: Any) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if key not in one:
                return f"{path}.{key}: missing, emulated {other[key]!r}"
            if key not in other:
                return f"{path}.{key}: {one[key]!r}, emulated missing"
            found = _first(f"{path}.{key}", one[key], other[key])
            if found is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} entries, emulated {len(other)}: {_short(one)} / {_short(other)}"
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            found = _first(f"{path}[{number}]", left, right)
            if found is not None:
                return found
        return None
    return None if one == other and type(one) is type(other) else f"{path}: {one!r}, emulated {other!r}"

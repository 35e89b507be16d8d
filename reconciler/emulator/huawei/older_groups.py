"""Security groups by the older APIs over the same store (HW-S13): VPC v1, Neutron's v2.0, and the v2.0 tags.

They know a range of ports instead of ``multiport`` and neither action nor priority: a rule with several ports shows
none here, and a rule made here allows, with the default priority.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks, security_groups, security_rules
from reconciler.emulator.huawei.errors import ApiError, vpc_invalid
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.scope import Scope
from reconciler.emulator.store import Object

GROUPS, RULES = "security_groups", "security_group_rules"

_SHARED = (
    "id", "description", "security_group_id", "direction", "ethertype", "protocol", "remote_ip_prefix",
    "remote_group_id", "remote_address_group_id",
)  # fmt: skip
_RULE_FIELDS = (
    "security_group_id", "description", "direction", "ethertype", "protocol", "port_range_min", "port_range_max",
    "remote_ip_prefix", "remote_group_id", "remote_address_group_id",
)  # fmt: skip
_FILTERS = frozenset(
    {
        "id", "name", "description", "direction", "protocol", "ethertype", "remote_ip_prefix", "remote_group_id",
        "security_group_id", "port_range_min", "port_range_max", "tenant_id", "vpc_id", "enterprise_project_id",
    }
)  # fmt: skip


def _range(multiport: str | None) -> tuple[int | None, int | None]:
    """The one range of ports that ``multiport`` is, or (None, None)."""
    if multiport is None or "," in multiport:
        return None, None
    first, _, last = multiport.partition("-")
    return int(first), int(last or first)


def v1_rule(scope: Scope, rule: Object) -> Object:
    """A rule as VPC v1 shows it."""
    first, last = _range(rule["multiport"])
    shown = {key: rule[key] for key in _SHARED}
    return {**shown, "port_range_min": first, "port_range_max": last, "tenant_id": scope.project}


def v1_group(scope: Scope, group: Object) -> Object:
    """A group as VPC v1 shows it, always with its rules."""
    rules = scope.find(security_rules.KIND, "security_group_id", group["id"])
    return {
        "id": group["id"],
        "name": group["name"],
        "description": group["description"],
        "vpc_id": "",
        "enterprise_project_id": group["enterprise_project_id"],
        RULES: [v1_rule(scope, rule) for rule in rules],
    }


def neutron_rule(scope: Scope, rule: Object) -> Object:
    """A rule as Neutron shows it."""
    times = {"created_at": rule["created_at"], "updated_at": rule["updated_at"], "project_id": scope.project}
    return {**v1_rule(scope, rule), **times}


def neutron_group(scope: Scope, group: Object) -> Object:
    """A group as Neutron shows it."""
    rules = scope.find(security_rules.KIND, "security_group_id", group["id"])
    return {
        **{key: group[key] for key in ("id", "name", "description", "created_at", "updated_at")},
        "tenant_id": scope.project,
        "project_id": scope.project,
        RULES: [neutron_rule(scope, rule) for rule in rules],
    }


def _listing(scope: Scope, key: str, shown: list[Object], *, links: bool) -> dict[str, Any]:
    found = select(scope, shown, _FILTERS)
    body = page(scope, key, found, lambda item: item, bad=vpc_invalid, reverse_allowed=False)
    answer: dict[str, Any] = {key: body[key]}
    following = body["page_info"].get("next_marker")
    if links and following:
        base = f"http://{scope.request.host}{scope.request.raw_path}"
        href = f"{base}?limit={scope.request.value('limit')}&marker={following}"
        answer[f"{key}_links"] = [{"rel": "next", "href": href}]
    return answer


def v1_groups(scope: Scope) -> dict[str, Any]:
    """``GET /v1/{p}/security-groups``."""
    return _listing(scope, GROUPS, [v1_group(scope, item) for item in scope.all(security_groups.KIND)], links=False)


def v1_rules(scope: Scope) -> dict[str, Any]:
    """``GET /v1/{p}/security-group-rules``."""
    return _listing(scope, RULES, [v1_rule(scope, item) for item in scope.all(security_rules.KIND)], links=False)


def neutron_groups(scope: Scope) -> dict[str, Any]:
    """``GET /v2.0/security-groups``."""
    shown = [neutron_group(scope, item) for item in scope.all(security_groups.KIND)]
    return _listing(scope, GROUPS, shown, links=True)


def neutron_rules(scope: Scope) -> dict[str, Any]:
    """``GET /v2.0/security-group-rules``."""
    return _listing(scope, RULES, [neutron_rule(scope, item) for item in scope.all(security_rules.KIND)], links=True)


def create_group(scope: Scope) -> Object:
    """``POST`` of a group; ``vpc_id`` is accepted and means nothing, as in the cloud."""
    raw = scope.envelope(security_groups.KIND)
    checks.known(raw, ("name", "description", "vpc_id", "enterprise_project_id"))
    return security_groups.make(scope, {key: value for key, value in raw.items() if key != "vpc_id"})


def create_rule(scope: Scope) -> Object:
    """``POST`` of a rule with ``port_range_min`` and ``port_range_max``."""
    raw = scope.envelope(security_rules.KIND)
    checks.known(raw, _RULE_FIELDS)
    body = {key: value for key, value in raw.items() if not key.startswith("port_range_")}
    return security_rules.make(scope, {**body, "multiport": _multiport(raw)})


def _multiport(raw: Mapping[str, Any]) -> str | None:
    first = checks.integer(raw, "port_range_min", 1, 65535, textual=True)
    last = checks.integer(raw, "port_range_max", 1, 65535, textual=True)
    if first is None and last is None:
        return None
    if raw.get("protocol") not in ("tcp", "udp", "6", "17"):
        # ICMP types and codes would be written here too, but nothing in VPC v3 could show them.
        raise vpc_invalid("port_range_min and port_range_max need protocol tcp or udp.")
    if first is None or last is None or first > last:
        raise vpc_invalid("port_range_min and port_range_max must both be given, in order.")
    return str(first) if first == last else f"{first}-{last}"


# -- tags ----------------------------------------------------------------------------------------------------------


def tags(scope: Scope, id: str) -> dict[str, Any]:
    """``GET /v2.0/{p}/security-groups/{id}/tags``."""
    return {"tags": security_groups.need(scope, id)["tags"]}


def all_tags(scope: Scope) -> dict[str, Any]:
    """``GET /v2.0/{p}/security-groups/tags``: every key with its values."""
    values: dict[str, dict[str, None]] = {}
    for group in scope.all(security_groups.KIND):
        for tag in group["tags"]:
            values.setdefault(tag["key"], {})[tag["value"]] = None
    return {"tags": [{"key": key, "values": list(found)} for key, found in values.items()]}


def add_tag(scope: Scope, id: str) -> None:
    """``POST .../tags``: one tag, which replaces one of the same key."""
    _merge(scope, id, [scope.envelope("tag")])


def change_tags(scope: Scope, id: str) -> None:
    """``POST .../tags/action``: several tags created (replaced by key) or deleted."""
    raw = scope.json()
    given = checks.array(raw, "tags") or []
    if checks.choice(raw, "action", ("create", "delete"), required=True) == "create":
        _merge(scope, id, given)
    else:
        for tag in given:
            _remove(scope, id, str(tag.get("key")) if isinstance(tag, dict) else "")


def _merge(scope: Scope, id: str, given: list[Any]) -> None:
    group = security_groups.need(scope, id)
    merged = {tag["key"]: tag["value"] for tag in group["tags"]}
    for tag in security_groups.read_tags({"tags": given}):
        merged[tag["key"]] = tag["value"]
    listed = [{"key": key, "value": value} for key, value in merged.items()]
    scope.put(security_groups.KIND, {**group, "tags": security_groups.read_tags({"tags": listed})})


def _remove(scope: Scope, id: str, key: str) -> None:
    group = security_groups.need(scope, id)
    kept = [tag for tag in group["tags"] if tag["key"] != key]
    scope.put(security_groups.KIND, {**group, "tags": kept})


def delete_tag(scope: Scope, id: str, key: str) -> None:
    """``DELETE .../tags/{key}``."""
    if all(tag["key"] != key for tag in security_groups.need(scope, id)["tags"]):
        raise ApiError(404, "VPC.1802", f"The tag {key} does not exist.")
    _remove(scope, id, key)

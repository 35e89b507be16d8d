"""Security group rules of VPC v3 (huawei.md 2.7, 4). There is no update."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks
from reconciler.emulator.huawei.errors import ApiError, vpc_invalid, vpc_missing
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.store import Object

KIND = "security_group_rule"
BATCH = 200
"""At most so many rules in one batch-create (HW-S10)."""

FILTERS = frozenset(
    {
        "id", "security_group_id", "protocol", "description", "remote_group_id", "direction", "action",
        "remote_ip_prefix", "priority", "ethertype", "remote_address_group_id", "enabled",
    }
)  # fmt: skip
_FIELDS = (
    "description", "direction", "ethertype", "protocol", "multiport", "remote_ip_prefix", "remote_group_id",
    "remote_address_group_id", "action", "priority", "enabled",
)  # fmt: skip
_REMOTES = ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")
_IDENTITY = (
    "security_group_id", "direction", "ethertype", "protocol", "multiport", *_REMOTES, "action", "priority",
)  # fmt: skip
_MULTIPORT = re.compile(r"[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4})?(?:,[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4})?)*")
_DESCRIPTION = re.compile(r"[^<>]{0,255}")
_COMPOSITE = 120

_QUOTAS: Mapping[str, int] = {
    "security_group": 100,
    "security_group_rule": 5000,
    "secgroup_contain_rules": 500,
    "security_group_contain_ingress_ipv4_composite_rules": _COMPOSITE,
    "security_group_contain_ingress_ipv6_composite_rules": _COMPOSITE,
    "security_group_contain_egress_ipv4_composite_rules": _COMPOSITE,
    "security_group_contain_egress_ipv6_composite_rules": _COMPOSITE,
    "address_group": 50,
    "address_group_contain_ipset": 20,
    "vpc": 5,
    "virsubnet": 100,
    "vip": -1,
    "peering": -1,
    "secgroup_referred_by_nic": -1,
    "eni_contain_secgroup": -1,
    "shared_bandwidth": -1,
    "traffic_mirror_filter": -1,
    "traffic_mirror_session": -1,
}


def vpc_limits(scope: Scope) -> dict[str, int]:
    """The VPC quotas of the project: a seed's, else the switches', else the documented defaults; -1 is no limit."""
    seeded = {key: value for key, value in (scope.get("quota", "vpc") or {}).items() if key != "id"}
    return {**_QUOTAS, **scope.options.vpc_quotas, **seeded}


def quota_used(resource: str) -> ApiError:
    """409 VPC.9905."""
    return ApiError(409, "VPC.9905", f"Quota exceeded for resources: ['{resource}'].")


def view(scope: Scope, body: Object) -> Object:
    """The rule as a reply shows it."""
    shown = public(body)
    if not scope.options.security_rule_enabled:
        del shown["enabled"]
    if scope.options.multiport_number and (shown["multiport"] or "").isdigit():
        shown["multiport"] = int(shown["multiport"])
    return shown


def listing(scope: Scope) -> dict[str, Any]:
    """``GET /vpc/security-group-rules``."""
    request = scope.request
    asked = [value.lower() for value in request.values("ethertype")]
    objects = [item for item in scope.all(KIND) if not asked or item["ethertype"].lower() in asked]
    return page(
        scope,
        "security_group_rules",
        select(scope, objects, FILTERS - {"ethertype"}),
        lambda item: view(scope, item),
        bad=vpc_invalid,
        reverse_allowed=False,
        always_info=scope.options.page_info_when_unpaged,
    )


def need(scope: Scope, id: object) -> Object:
    """A rule, or 404 VPC.9904."""
    found = scope.get(KIND, id)
    if found is None:
        raise vpc_missing(f"Security_group_rule {id} could not be found.")
    return found


def delete(scope: Scope, id: str) -> None:
    """``DELETE /vpc/security-group-rules/{id}``."""
    need(scope, id)
    scope.delete(KIND, id)


def store(scope: Scope, body: Mapping[str, Any]) -> Object:
    """Fill in what the API would answer and keep the rule (also for seeds)."""
    defaults = {
        "description": "",
        "ethertype": "IPv4",
        "protocol": None,
        "multiport": None,
        "remote_ip_prefix": None,
        "remote_group_id": None,
        "remote_address_group_id": None,
        "action": "allow",
        "priority": scope.options.security_rule_priority,
        "enabled": True,
        "project_id": scope.project,
        "created_at": scope.now,
        "updated_at": scope.now,
    }
    return scope.put(KIND, {"id": body["id"], **defaults, **body})


def create(scope: Scope) -> Object:
    """``POST /vpc/security-group-rules``."""
    raw = scope.envelope(KIND)
    checks.known(raw, ("security_group_id", *_FIELDS))
    return make(scope, raw)


def make(scope: Scope, raw: Mapping[str, Any]) -> Object:
    """A new rule from the fields of a create of any API version."""
    group_id = checks.text(raw, "security_group_id", low=1)
    if group_id is None:
        raise vpc_invalid("Invalid input for 'security_group_id': it is required.")
    if scope.get("security_group", group_id) is None:
        raise vpc_missing(f"security_group_id {group_id} could not be found.")
    body = parse(scope, raw, group_id, scope.options.security_rule_priority)
    twin = duplicate_of(scope, body)
    if twin is not None:
        raise ApiError(409, "VPC.9902", f"Security group rule already exists. Rule id is {twin['id']}.")
    check_quota(scope, body)
    return store(scope, {"id": scope.ctx.new_id(), **body})


def batch_create(scope: Scope, group_id: str) -> list[Object]:
    """``POST /vpc/security-groups/{id}/security-group-rules/batch-create``: all or nothing (HW-S10)."""
    if scope.get("security_group", group_id) is None:
        raise vpc_missing(f"security_group_id {group_id} could not be found.")
    raw = scope.json()
    checks.known(raw, ("security_group_rules", "ignore_duplicate", "dry_run"))
    entries = checks.array(raw, "security_group_rules")
    if not entries or len(entries) > BATCH:
        raise vpc_invalid(f"Invalid input for 'security_group_rules': 1 to {BATCH} rules are required.")
    lenient = checks.boolean(raw, "ignore_duplicate") or False
    made = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise vpc_invalid("Invalid input for 'security_group_rules': every element is an object.")
        checks.known(entry, _FIELDS)
        body = parse(scope, entry, group_id, 1)
        twin = duplicate_of(scope, body)
        if twin is not None and not lenient:
            raise ApiError(409, "VPC.9902", f"Security group rule already exists. Rule id is {twin['id']}.")
        if twin is None:
            check_quota(scope, body)
            made.append(store(scope, {"id": scope.ctx.new_id(), **body}))
    return made


def parse(scope: Scope, raw: Mapping[str, Any], group_id: str, default_priority: int) -> dict[str, Any]:
    """A rule's body checked and in stored form, without id and times."""
    direction = checks.choice(raw, "direction", ("ingress", "egress"), required=True)
    ethertype = _ethertype(raw)
    priority = checks.integer(raw, "priority", 1, 100, textual=True)
    enabled = checks.boolean(raw, "enabled")
    if len([key for key in _REMOTES if raw.get(key)]) > 1:
        raise vpc_invalid(f"Only one of {', '.join(_REMOTES)} can be given.")
    return {
        "security_group_id": group_id,
        "description": checks.text(raw, "description", pattern=_DESCRIPTION) or "",
        "direction": direction,
        "ethertype": ethertype,
        "protocol": _protocol(raw, ethertype),
        "multiport": _multiport(raw, scope.options.multiport_items),
        "remote_ip_prefix": _prefix(raw, ethertype),
        **_references(scope, raw, ethertype),
        "action": checks.choice(raw, "action", ("allow", "deny")) or "allow",
        "priority": default_priority if priority is None else priority,
        "enabled": True if enabled is None else enabled,
    }


def _ethertype(raw: Mapping[str, Any]) -> str:
    given = raw.get("ethertype")
    if given is None:
        return "IPv4"
    found = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(given.lower()) if isinstance(given, str) else None
    if found is None:
        text = f"Security group rule for ethertype {given} not supported. Allowed values are [IPv4, IPv6]."
        raise vpc_invalid(text, "VPC.9902")
    return found


def _protocol(raw: Mapping[str, Any], ethertype: str) -> str | None:
    given = raw.get("protocol")
    if given is None or given == "":
        return None
    text = str(given).lower()
    named = text in ("icmp", "icmpv6", "tcp", "udp")
    if isinstance(given, bool) or not (named or (re.fullmatch(r"[0-9]{1,3}", text) and int(text) <= 255)):
        raise vpc_invalid(f"Invalid input for 'protocol': {given!r} is no protocol.")
    if (text, ethertype) in (("icmp", "IPv6"), ("icmpv6", "IPv4")):
        raise vpc_invalid(f"Invalid input for 'protocol': {text} does not go with ethertype {ethertype}.")
    return text


def _multiport(raw: Mapping[str, Any], most: int) -> str | None:
    """HW-S02; a JSON number stands for its digits (contradiction C21)."""
    given = raw.get("multiport")
    if given is None or given == "":
        return None
    text = str(given) if isinstance(given, (str, int)) and not isinstance(given, bool) else ""
    if not _MULTIPORT.fullmatch(text):
        raise vpc_invalid(f"Invalid input for 'multiport': {given!r} has the wrong form.")
    items = text.split(",")
    if len(items) > most:
        raise vpc_invalid(f"Invalid input for 'multiport': at most {most} items are allowed.")
    for item in items:
        first, _, last = item.partition("-")
        if not 1 <= int(first) <= int(last or first) <= 65535:
            raise vpc_invalid(f"Invalid input for 'multiport': {item} is no range of ports from 1 to 65535.")
    return text


def _prefix(raw: Mapping[str, Any], ethertype: str) -> str | None:
    """An address or CIDR of the rule's family; a bare address is stored with its full prefix length."""
    given = checks.text(raw, "remote_ip_prefix")
    if not given:
        return None
    version = 4 if ethertype == "IPv4" else 6
    try:
        interface = ipaddress.ip_interface(given)
    except ValueError:
        interface = None
    prefix = given.partition("/")[2]
    if interface is None or "%" in given or ("/" in given and not prefix.isdigit()):
        raise vpc_invalid(f"Invalid input for 'remote_ip_prefix': {given!r} is no address or CIDR.")
    if interface.version != version:
        raise vpc_invalid(f"Invalid input for 'remote_ip_prefix': {given} does not go with ethertype {ethertype}.")
    return given if "/" in given else f"{given}/{32 if version == 4 else 128}"


def _references(scope: Scope, raw: Mapping[str, Any], ethertype: str) -> dict[str, str | None]:
    group, addresses = raw.get("remote_group_id") or None, raw.get("remote_address_group_id") or None
    if group is not None and scope.get("security_group", group) is None:
        raise vpc_missing(f"remote security group {group} could not be found.")
    if addresses is not None:
        found = scope.get("address_group", addresses)
        if found is None:
            raise vpc_missing(f"Address group {addresses} does not exist.")
        if found["ip_version"] != (4 if ethertype == "IPv4" else 6):
            text = f"Ethertype {ethertype} and address_group ip_version {found['ip_version']} not match"
            raise vpc_invalid(text, "VPC.9902")
    return {"remote_group_id": group, "remote_address_group_id": addresses}


def duplicate_of(scope: Scope, body: Mapping[str, Any]) -> Object | None:
    """The rule of the group that the service would call the same (HW-S03), if there is one."""
    wanted = identity(scope, body)
    for rule in scope.find(KIND, "security_group_id", body["security_group_id"]):
        if identity(scope, rule) == wanted:
            return rule
    return None


def identity(scope: Scope, body: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the service compares within a group (HW-S03)."""
    ignored = scope.options.duplicate_security_rule_ignores
    return tuple([body[key] for key in _IDENTITY if key not in ignored])


def _is_composite(rule: Mapping[str, Any]) -> bool:
    return bool(rule["remote_group_id"] or rule["remote_address_group_id"] or "," in (rule["multiport"] or ""))


def check_quota(scope: Scope, body: Mapping[str, Any]) -> None:
    """409 VPC.9905 when the project, the group or its composite rules (HW-S11) are full."""
    limits = vpc_limits(scope)
    siblings = scope.find(KIND, "security_group_id", body["security_group_id"])
    used = {"security_group_rule": scope.count(KIND), "secgroup_contain_rules": len(siblings)}
    if _is_composite(body):
        same = [item for item in siblings if all(item[key] == body[key] for key in ("direction", "ethertype"))]
        key = f"security_group_contain_{body['direction']}_{body['ethertype'].lower()}_composite_rules"
        used[key] = sum(_is_composite(item) for item in same)
    for key, count in used.items():
        if limits[key] != -1 and count >= limits[key]:
            raise quota_used("security_group_rule")

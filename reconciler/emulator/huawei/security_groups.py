"""Security groups of VPC v3 (huawei.md 2.6, 4) and the VPC quotas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks, security_rules
from reconciler.emulator.huawei.errors import ApiError, vpc_invalid, vpc_missing
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.huawei.security_rules import quota_used, vpc_limits
from reconciler.emulator.store import Object

KIND = "security_group"
FILTERS = frozenset({"id", "name", "description", "enterprise_project_id"})

_NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff_.-]{1,64}")
DESCRIPTION = re.compile(r"[^<>]{0,255}")


def view(scope: Scope, body: Object, *, rules: bool = True) -> Object:
    """The group as a reply shows it; list elements come without rules."""
    shown = public(body)
    if rules:
        found = scope.find(security_rules.KIND, "security_group_id", body["id"])
        shown["security_group_rules"] = [security_rules.view(scope, rule) for rule in found]
    return shown


def listing(scope: Scope) -> dict[str, Any]:
    """``GET /vpc/security-groups``."""
    everything = scope.request.value("enterprise_project_id") == "all_granted_eps"
    found = select(scope, scope.all(KIND), FILTERS - {"enterprise_project_id"} if everything else FILTERS)
    return page(
        scope,
        "security_groups",
        found,
        lambda item: view(scope, item, rules=False),
        bad=vpc_invalid,
        reverse_allowed=False,
        always_info=scope.options.page_info_when_unpaged,
    )


def need(scope: Scope, id: object) -> Object:
    """A group, or 404 VPC.9904."""
    found = scope.get(KIND, id)
    if found is None:
        raise vpc_missing(f"Security group {id} does not exist.")
    return found


def read_tags(raw: Mapping[str, Any]) -> list[dict[str, str]]:
    """The ``tags`` of a body: at most 20, each with key and value."""
    given = checks.array(raw, "tags") or []
    if len(given) > 20:
        raise vpc_invalid("A security group can have at most 20 tags.")
    for tag in given:
        if not isinstance(tag, dict) or not isinstance(tag.get("key"), str) or not isinstance(tag.get("value"), str):
            raise vpc_invalid("Invalid input for 'tags': every tag has a key and a value.")
    return [{"key": tag["key"], "value": tag["value"]} for tag in given]


def create(scope: Scope) -> Object:
    """``POST /vpc/security-groups``: the new group comes with four rules (HW-S07)."""
    raw = scope.envelope(KIND)
    checks.known(raw, ("name", "description", "enterprise_project_id", "tags"))
    return make(scope, raw)


def make(scope: Scope, raw: Mapping[str, Any]) -> Object:
    """A new group from the fields of a create of any API version."""
    name = checks.text(raw, "name", low=1, high=64, pattern=_NAME)
    if name is None:
        raise vpc_invalid("Invalid input for 'name': it is required.")
    limit = vpc_limits(scope)["security_group"]
    if limit != -1 and scope.count(KIND) >= limit:
        raise quota_used("security_group")
    body = {
        "id": scope.ctx.new_id(),
        "name": name,
        "description": checks.text(raw, "description", pattern=DESCRIPTION) or "",
        "enterprise_project_id": checks.text(raw, "enterprise_project_id", low=1) or "0",
        "tags": read_tags(raw),
    }
    return store(scope, body, default_rules=scope.options.default_security_rules)


def store(scope: Scope, body: Mapping[str, Any], *, default_rules: bool) -> Object:
    """Fill in what the API would answer and keep the group (also for seeds)."""
    defaults = {
        "description": "",
        "project_id": scope.project,
        "enterprise_project_id": "0",
        "tags": [],
        "created_at": scope.now,
        "updated_at": scope.now,
    }
    group = scope.put(KIND, {"id": body["id"], **defaults, **body})
    if default_rules:
        for direction in ("ingress", "egress"):
            for ethertype in ("IPv4", "IPv6"):
                remote = {"remote_group_id": body["id"]} if direction == "ingress" else {}
                rule = {"security_group_id": body["id"], "direction": direction, "ethertype": ethertype, **remote}
                security_rules.store(scope, {"id": scope.ctx.new_id(), **rule, "priority": 100})
    return group


def update(scope: Scope, id: str) -> Object:
    """``PUT /vpc/security-groups/{id}``: name and description."""
    old = need(scope, id)
    raw = scope.envelope(KIND)
    checks.known(raw, ("name", "description"), ("enterprise_project_id", "tags", "id"))
    name = checks.text(raw, "name", low=1, high=64, pattern=_NAME)
    description = checks.text(raw, "description", pattern=DESCRIPTION)
    changed = {
        "name": old["name"] if name is None else name,
        "description": old["description"] if description is None else description,
        "updated_at": scope.now,
    }
    return scope.put(KIND, {**old, **changed})


def delete(scope: Scope, id: str) -> None:
    """``DELETE``: not the default group, not one that ports or other groups' rules use (HW-S08, S09)."""
    group = need(scope, id)
    others = scope.find(security_rules.KIND, "remote_group_id", id)
    used = any(id in port["security_groups"] for port in scope.all("port"))
    if used or group["name"] == "default" or any(rule["security_group_id"] != id for rule in others):
        raise ApiError(409, "VPC.9902", f"Security group {id} is in use.")
    for rule in scope.find(security_rules.KIND, "security_group_id", id):
        scope.delete(security_rules.KIND, rule["id"])
    scope.delete(KIND, id)

"""Load balancers (huawei.md 2.1) and their status tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks, listeners, pools
from reconciler.emulator.huawei.errors import conflict, invalid, over_quota
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.quotas import elb_limit
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.store import Object

KIND = "loadbalancer"

FILTERS = frozenset(
    {
        "id", "name", "description", "admin_state_up", "provisioning_status", "operating_status", "guaranteed",
        "vpc_id", "vip_port_id", "vip_address", "vip_subnet_cidr_id", "ipv6_vip_port_id", "ipv6_vip_address",
        "ipv6_vip_virsubnet_id", "eips", "publicips", "availability_zone_list", "l4_flavor_id", "l4_scale_flavor_id",
        "l7_flavor_id", "l7_scale_flavor_id", "billing_info", "member_device_id", "member_address",
        "enterprise_project_id", "ip_version", "deletion_protection_enable", "elb_virsubnet_type", "autoscaling",
        "protection_status", "global_eips", "log_topic_id", "log_group_id",
    }
)  # fmt: skip

DEFAULTS: Mapping[str, Any] = {
    "name": "", "description": "", "admin_state_up": True, "provider": "vlb", "provisioning_status": "ACTIVE",
    "operating_status": "ONLINE", "guaranteed": True, "vpc_id": None, "vip_address": None, "vip_port_id": None,
    "vip_subnet_cidr_id": None, "ipv6_vip_address": None, "ipv6_vip_virsubnet_id": None, "ipv6_vip_port_id": None,
    "availability_zone_list": [], "eips": [], "publicips": [], "global_eips": [], "elb_virsubnet_ids": [],
    "elb_virsubnet_type": "ipv4", "ip_target_enable": False, "frozen_scene": None, "l4_flavor_id": None,
    "l4_scale_flavor_id": None, "l7_flavor_id": None, "l7_scale_flavor_id": None, "gw_flavor_id": None,
    "loadbalancer_type": None, "billing_info": "", "charge_mode": "flavor", "tags": [],
    "deletion_protection_enable": False, "autoscaling": {"enable": False, "min_l7_flavor_id": ""},
    "public_border_group": "center", "waf_failure_action": "forward", "protection_status": "nonProtection",
    "protection_reason": "", "log_group_id": None, "log_topic_id": None, "enterprise_project_id": "0",
}  # fmt: skip

_UPDATABLE = (
    "name", "admin_state_up", "description", "ipv6_vip_virsubnet_id", "vip_subnet_cidr_id", "vip_address",
    "l4_flavor_id", "l7_flavor_id", "ip_target_enable", "elb_virsubnet_ids", "deletion_protection_enable",
    "autoscaling", "charge_mode", "waf_failure_action", "protection_status", "protection_reason", "ipv6_vip_address",
)  # fmt: skip
_NOT_STORED = ("ipv6_bandwidth", "prepaid_options", "publicip", "publicip_ids", "project_id")


def view(scope: Scope, body: Object) -> Object:
    """The load balancer as a reply shows it, with references to its listeners and pools."""
    shown = public(body)
    shown["listeners"] = [{"id": item["id"]} for item in scope.find(listeners.KIND, "_loadbalancer_id", body["id"])]
    shown["pools"] = [{"id": item["id"]} for item in scope.find(pools.KIND, "_loadbalancer_id", body["id"])]
    return shown


def listing(scope: Scope) -> dict[str, Any]:
    """``GET /elb/loadbalancers``."""
    found = select(scope, scope.all(KIND), FILTERS)
    return page(scope, "loadbalancers", found, lambda item: view(scope, item), bad=invalid)


def _common(raw: Mapping[str, Any]) -> None:
    checks.text(raw, "name")
    checks.text(raw, "description")
    checks.boolean(raw, "admin_state_up")
    checks.boolean(raw, "deletion_protection_enable")
    checks.choice(raw, "protection_status", ("nonProtection", "consoleProtection"))
    checks.choice(raw, "waf_failure_action", ("discard", "forward"))
    checks.array(raw, "elb_virsubnet_ids")


def create(scope: Scope) -> Object:
    """``POST /elb/loadbalancers``."""
    raw = scope.envelope(KIND)
    _common(raw)
    if raw.get("guaranteed") is False:
        raise invalid("Invalid input for 'guaranteed': only dedicated load balancers can be created.")
    if not checks.array(raw, "availability_zone_list"):
        raise invalid("Invalid input for 'availability_zone_list': it is required.")
    if not any(raw.get(key) for key in ("vpc_id", "vip_subnet_cidr_id", "ipv6_vip_virsubnet_id")):
        raise invalid("vpc_id, vip_subnet_cidr_id and ipv6_vip_virsubnet_id cannot all be empty.")
    if raw.get("vip_address") and not raw.get("vip_subnet_cidr_id"):
        raise invalid("Invalid input for 'vip_address': it needs vip_subnet_cidr_id.")
    limit = elb_limit(scope, "loadbalancer")
    if limit != -1 and scope.count(KIND) >= limit:
        raise over_quota("loadbalancer", scope.options)
    number = scope.count(KIND) + 1
    body = {key: value for key, value in raw.items() if value is not None and key not in _NOT_STORED}
    if body.get("vip_subnet_cidr_id"):
        body.setdefault("vip_address", f"192.168.{number // 250 % 250}.{number % 250 + 2}")
        body["vip_port_id"] = scope.ctx.new_id()
    return store(scope, {"id": scope.ctx.new_id(), **body})


def store(scope: Scope, body: Mapping[str, Any]) -> Object:
    """Fill in what the API would answer and keep the load balancer (also for seeds)."""
    times = {"project_id": scope.project, "created_at": scope.now, "updated_at": scope.now}
    return scope.put(KIND, {"id": body["id"], **DEFAULTS, **times, **body})


def update(scope: Scope, id: str) -> Object:
    """``PUT /elb/loadbalancers/{id}``: partial."""
    old = scope.need(KIND, id)
    raw = scope.envelope(KIND)
    checks.known(raw, (*_UPDATABLE, *_NOT_STORED), ("guaranteed", "vpc_id", "availability_zone_list", "provider", "id"))
    _common(raw)
    changed = {key: raw[key] for key in _UPDATABLE if raw.get(key) is not None}
    return scope.put(KIND, {**old, **changed, "updated_at": scope.now})


def delete(scope: Scope, id: str, *, force: bool = False) -> None:
    """``DELETE``; ``force`` (force-elb, delete-cascade) takes listeners, policies and pools along."""
    body = scope.need(KIND, id)
    if body["deletion_protection_enable"]:
        raise conflict(f"loadbalancer {id} is protected against deletion.")
    children = scope.find(listeners.KIND, "_loadbalancer_id", id)
    bound = scope.find(pools.KIND, "_loadbalancer_id", id)
    if (children or bound) and not force:
        raise conflict(f"loadbalancer {id} is in use: delete its listeners and pools first.")
    for item in children:
        listeners.remove(scope, item["id"])
    for item in bound:
        scope.delete(pools.KIND, item["id"])
    scope.delete(KIND, id)


def statuses(scope: Scope, id: str) -> dict[str, Any]:
    """``GET .../{id}/statuses``: load balancer, listeners, policies, rules and pools."""
    body = scope.need(KIND, id)
    tree = [_listener_status(scope, item) for item in scope.find(listeners.KIND, "_loadbalancer_id", id)]
    return {
        "loadbalancer": {
            "id": id,
            "name": body["name"],
            "provisioning_status": body["provisioning_status"],
            "operating_status": body["operating_status"],
            "listeners": tree,
            "pools": [_pool_status(item) for item in scope.find(pools.KIND, "_loadbalancer_id", id)],
        }
    }


def _pool_status(body: Object) -> Object:
    return {
        "id": body["id"],
        "name": body["name"],
        "provisioning_status": "ACTIVE",
        "operating_status": "ONLINE",
        "members": [{"id": item["id"], "provisioning_status": "ACTIVE"} for item in body["members"]],
    }


def _listener_status(scope: Scope, body: Object) -> Object:
    policies = []
    for policy in scope.find("l7policy", "listener_id", body["id"]):
        rules = scope.find("l7rule", "_l7policy_id", policy["id"])
        policies.append(
            {
                "id": policy["id"],
                "name": policy["name"],
                "action": policy["action"],
                "provisioning_status": scope.status(policy),
                "rules": [
                    {"id": rule["id"], "type": rule["type"], "provisioning_status": scope.status(rule)}
                    for rule in rules
                ],
            }
        )
    default = scope.get(pools.KIND, body["default_pool_id"])
    return {
        "id": body["id"],
        "name": body["name"],
        "provisioning_status": "ACTIVE",
        "operating_status": "ONLINE",
        "l7policies": policies,
        "pools": [_pool_status(default)] if default else [],
    }

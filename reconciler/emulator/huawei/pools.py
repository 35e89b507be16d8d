"""Backend server groups, as far as policies refer to them (huawei.md 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks
from reconciler.emulator.huawei.errors import ApiError, conflict, invalid, over_quota
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.quotas import elb_limit
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.store import Object

KIND = "pool"
PROTOCOLS = ("TCP", "UDP", "IP", "TLS", "GRPC", "HTTP", "HTTPS", "QUIC")
ALGORITHMS = (
    "ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP", "QUIC_CID", "2_TUPLE_HASH", "3_TUPLE_HASH", "5_TUPLE_HASH",
)  # fmt: skip

FILTERS = frozenset(
    {
        "description", "admin_state_up", "healthmonitor_id", "id", "name", "loadbalancer_id", "protocol",
        "lb_algorithm", "enterprise_project_id", "ip_version", "member_address", "member_device_id",
        "member_deletion_protection_enable", "listener_id", "member_instance_id", "vpc_id", "type", "protection_status",
        "connection_drain", "pool_health", "any_port_enable", "public_border_group", "quic_cid_len", "quic_cid_offset",
        "az_affinity",
    }
)  # fmt: skip

DEFAULTS: Mapping[str, Any] = {
    "name": "", "description": "", "admin_state_up": True, "healthmonitor_id": None, "lb_algorithm": "ROUND_ROBIN",
    "members": [], "session_persistence": None, "ip_version": "dualstack",
    "slow_start": {"enable": False, "duration": 30}, "member_deletion_protection_enable": False, "vpc_id": "",
    "type": "", "protection_status": "nonProtection", "protection_reason": "", "any_port_enable": False,
    "connection_drain": {"enable": False, "timeout": 300}, "enterprise_project_id": "0",
    "pool_health": {"minimum_healthy_member_count": 0}, "public_border_group": "center",
    "quic_cid_hash_strategy": None, "az_affinity": None,
}  # fmt: skip
_UPDATABLE = (
    "admin_state_up", "description", "lb_algorithm", "name", "session_persistence", "slow_start",
    "member_deletion_protection_enable", "vpc_id", "type", "protection_status", "protection_reason", "any_port_enable",
    "connection_drain", "pool_health", "quic_cid_hash_strategy", "az_affinity",
)  # fmt: skip


def policy_pools(policy: Mapping[str, Any]) -> list[str]:
    """The ids of the pools that a policy forwards to."""
    ids = [entry["pool_id"] for entry in policy["redirect_pools_config"]]
    if policy["redirect_pool_id"] and policy["redirect_pool_id"] not in ids:
        ids.append(policy["redirect_pool_id"])
    return ids


def in_use(scope: Scope, id: str) -> bool:
    """Does a policy forward to the pool?"""
    return any(id in policy_pools(policy) for policy in scope.all("l7policy"))


def users(scope: Scope) -> dict[str, list[str]]:
    """The listeners that use each pool, as default or through a policy, in creation order."""
    found: dict[str, dict[str, None]] = {}
    for listener in scope.all("listener"):
        if listener["default_pool_id"]:
            found.setdefault(listener["default_pool_id"], {})[listener["id"]] = None
    for policy in scope.all("l7policy"):
        for id in policy_pools(policy):
            found.setdefault(id, {})[policy["listener_id"]] = None
    return {id: list(listeners) for id, listeners in found.items()}


def _shown(scope: Scope, body: Object, listeners: list[str]) -> Object:
    owners = {body["_loadbalancer_id"]: None} if body["_loadbalancer_id"] else {}
    for id in listeners:
        listener = scope.get("listener", id)
        if listener is not None:
            owners[listener["_loadbalancer_id"]] = None
    shown = public(body)
    shown["loadbalancers"] = [{"id": id} for id in owners]
    shown["listeners"] = [{"id": id} for id in listeners]
    return shown


def view(scope: Scope, body: Object) -> Object:
    """The pool as a reply shows it, with the listeners and load balancers that use it."""
    return _shown(scope, body, users(scope).get(body["id"], []))


def listing(scope: Scope) -> dict[str, Any]:
    """``GET /elb/pools``."""
    used = users(scope)
    shown = [_shown(scope, item, used.get(item["id"], [])) for item in scope.all(KIND)]
    looks = {
        "loadbalancer_id": lambda item: item["loadbalancers"],
        "listener_id": lambda item: item["listeners"],
        "pool_health": lambda item: "minimum_healthy_member_count={minimum_healthy_member_count}".format_map(
            item["pool_health"]
        ),
    }
    return page(scope, "pools", select(scope, shown, FILTERS, looks), lambda item: item, bad=invalid)


def _common(raw: Mapping[str, Any]) -> None:
    checks.text(raw, "name")
    checks.text(raw, "description")
    checks.only_true(raw)
    for key in ("session_persistence", "slow_start", "connection_drain", "pool_health", "az_affinity"):
        checks.inner(raw, key)
    checks.choice(raw, "lb_algorithm", ALGORITHMS)
    checks.choice(raw, "type", ("instance", "ip", ""))
    checks.choice(raw, "protection_status", ("nonProtection", "consoleProtection"))
    checks.boolean(raw, "member_deletion_protection_enable")


def create(scope: Scope) -> Object:
    """``POST /elb/pools``."""
    raw = scope.envelope(KIND)
    protocol = checks.choice(raw, "protocol", PROTOCOLS, required=True)
    if raw.get("lb_algorithm") is None and protocol != "IP":
        raise invalid("Invalid input for 'lb_algorithm': it is required.")
    _common(raw)
    if not any(raw.get(key) for key in ("listener_id", "loadbalancer_id", "type")):
        raise invalid("At least one of listener_id, loadbalancer_id and type is required.")
    if raw.get("type") == "instance" and not raw.get("vpc_id"):
        raise invalid("Invalid input for 'vpc_id': it is required for type instance.")
    if raw.get("type") == "ip" and raw.get("vpc_id"):
        raise invalid("Invalid input for 'vpc_id': it cannot be given for type ip.")
    loadbalancer_id = None
    if raw.get("loadbalancer_id"):
        loadbalancer_id = scope.need("loadbalancer", raw["loadbalancer_id"])["id"]
    listener = scope.need("listener", raw["listener_id"]) if raw.get("listener_id") else None
    if listener is not None:
        if listener["default_pool_id"]:
            raise conflict(f"listener {listener['id']} already has a default pool.")
        if loadbalancer_id not in (None, listener["_loadbalancer_id"]):
            raise invalid("listener_id and loadbalancer_id belong to different load balancers.")
        loadbalancer_id = listener["_loadbalancer_id"]
    limit = elb_limit(scope, "pool")
    if limit != -1 and scope.count(KIND) >= limit:
        raise over_quota("pool", scope.options)
    body = {key: value for key, value in raw.items() if value is not None}
    body.setdefault("lb_algorithm", "5_TUPLE_HASH")
    pool = store(scope, {"id": scope.ctx.new_id(), **body, "project_id": scope.project}, loadbalancer_id)
    if listener is not None:
        scope.put("listener", {**listener, "default_pool_id": pool["id"], "updated_at": scope.now})
    return pool


def store(scope: Scope, body: Mapping[str, Any], loadbalancer_id: str | None) -> Object:
    """Fill in what the API would answer and keep the pool (also for seeds)."""
    kept = {key: value for key, value in body.items() if key not in ("listener_id", "loadbalancer_id")}
    times = {"project_id": scope.project, "created_at": scope.now, "updated_at": scope.now}
    return scope.put(KIND, {"id": body["id"], **DEFAULTS, **times, **kept, "_loadbalancer_id": loadbalancer_id})


def update(scope: Scope, id: str) -> Object:
    """``PUT /elb/pools/{id}``: partial."""
    old = scope.need(KIND, id)
    raw = scope.envelope(KIND)
    checks.known(raw, _UPDATABLE, ("protocol", "listener_id", "loadbalancer_id", "project_id", "id", "ip_version"))
    _common(raw)
    for key in ("vpc_id", "type"):
        if raw.get(key) and old[key] and raw[key] != old[key]:
            raise invalid(f"Invalid input for '{key}': it can be set once only.")
    changed = {key: raw[key] for key in _UPDATABLE if raw.get(key) is not None}
    return scope.put(KIND, {**old, **changed, "updated_at": scope.now})


def delete(scope: Scope, id: str, *, cascade: bool = False) -> None:
    """``DELETE``; ``cascade`` does not mind members and health checks. A policy's pool stays in any case."""
    body = scope.need(KIND, id)
    if in_use(scope, id):
        raise conflict(f"pool {id} is in use by a l7policy.")
    if not cascade and (body["members"] or body["healthmonitor_id"]):
        raise conflict(f"pool {id} is in use: delete its members and its health monitor first.")
    for listener in scope.find("listener", "default_pool_id", id):
        scope.put("listener", {**listener, "default_pool_id": None, "updated_at": scope.now})
    scope.delete(KIND, id)


def batch_delete(scope: Scope) -> dict[str, Any]:
    """``POST /elb/pools/batch-delete``: a result for each id."""
    ids = scope.json().get("pools")
    if not isinstance(ids, list) or not ids:
        raise invalid("Invalid input for 'pools': a list of ids is required.")
    results = []
    for id in ids:
        if scope.get(KIND, id) is None:
            results.append({"id": id, "ret_status": "not found"})
            continue
        try:
            delete(scope, str(id), cascade=True)
        except ApiError as error:
            results.append({"id": id, "ret_status": "failed", "ret_code": error.code})
        else:
            results.append({"id": id, "ret_status": "successful"})
    return {"pools": results}

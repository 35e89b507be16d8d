"""Listeners (huawei.md 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks, ordering, pools
from reconciler.emulator.huawei.errors import conflict, invalid, over_quota
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.quotas import elb_limit
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.store import Object

KIND = "listener"
PROTOCOLS = ("TCP", "UDP", "HTTP", "HTTPS", "TERMINATED_HTTPS", "QUIC", "TLS", "IP")

FILTERS = frozenset(
    {
        "protocol_port", "protocol", "description", "default_tls_container_ref", "client_ca_tls_container_ref",
        "admin_state_up", "connection_limit", "default_pool_id", "id", "name", "http2_enable", "loadbalancer_id",
        "tls_ciphers_policy", "member_address", "member_device_id", "enterprise_project_id", "enable_member_retry",
        "member_timeout", "client_timeout", "keepalive_timeout", "transparent_client_ip_enable",
        "proxy_protocol_enable", "enhance_l7policy_enable", "member_instance_id", "protection_status",
        "ssl_early_data_enable", "nat64_enable",
    }
)  # fmt: skip

DEFAULTS: Mapping[str, Any] = {
    "name": "", "description": "", "admin_state_up": True, "default_pool_id": None, "default_tls_container_ref": None,
    "client_ca_tls_container_ref": None, "connection_limit": -1, "http2_enable": False, "sni_container_refs": [],
    "sni_match_algo": None, "tags": [], "tls_ciphers_policy": None, "security_policy_id": None,
    "enable_member_retry": True, "ipgroup": None, "transparent_client_ip_enable": True,
    "proxy_protocol_enable": False, "enhance_l7policy_enable": False, "quic_config": None,
    "protection_status": "nonProtection", "protection_reason": "", "gzip_enable": False, "port_ranges": [],
    "ssl_early_data_enable": False, "cps": 0, "connection": 0, "nat64_enable": False, "enterprise_project_id": "0",
}  # fmt: skip
_INSERT_HEADERS = {
    "X-Forwarded-ELB-IP": False, "X-Forwarded-Port": False, "X-Forwarded-For-Port": False, "X-Forwarded-Host": True,
    "X-Forwarded-Proto": False, "X-Real-IP": False, "X-Forwarded-ELB-ID": False,
    "X-Forwarded-TLS-Certificate-ID": False, "X-Forwarded-TLS-Protocol": False, "X-Forwarded-TLS-Cipher": False,
}  # fmt: skip
_UPDATABLE = (
    "admin_state_up", "client_ca_tls_container_ref", "default_pool_id", "default_tls_container_ref", "description",
    "http2_enable", "insert_headers", "name", "sni_container_refs", "sni_match_algo", "tls_ciphers_policy",
    "security_policy_id", "enable_member_retry", "member_timeout", "client_timeout", "keepalive_timeout", "ipgroup",
    "transparent_client_ip_enable", "proxy_protocol_enable", "enhance_l7policy_enable", "quic_config",
    "protection_status", "protection_reason", "gzip_enable", "ssl_early_data_enable", "cps", "connection",
    "nat64_enable",
)  # fmt: skip


def view(scope: Scope, body: Object) -> Object:
    """The listener as a reply shows it."""
    return public(body)


def listing(scope: Scope) -> dict[str, Any]:
    """``GET /elb/listeners``."""
    found = select(scope, scope.all(KIND), FILTERS, {"loadbalancer_id": lambda item: item["_loadbalancer_id"]})
    return page(scope, "listeners", found, lambda item: view(scope, item), bad=invalid)


def is_dedicated(scope: Scope, listener: Mapping[str, Any]) -> bool:
    """Does the listener belong to a dedicated load balancer?"""
    return bool(scope.need("loadbalancer", listener["_loadbalancer_id"])["guaranteed"])


def _common(scope: Scope, raw: Mapping[str, Any], protocol: str, loadbalancer: Mapping[str, Any]) -> None:
    checks.only_true(raw)
    checks.text(raw, "name")
    checks.text(raw, "description")
    low = 0 if protocol in ("HTTP", "HTTPS", "TERMINATED_HTTPS") else 10
    checks.integer(raw, "keepalive_timeout", low, 4000)
    checks.integer(raw, "client_timeout", 1, 300)
    checks.integer(raw, "member_timeout", 1, 300)
    for key in ("http2_enable", "enhance_l7policy_enable", "transparent_client_ip_enable", "gzip_enable"):
        checks.boolean(raw, key)
    for key in ("insert_headers", "ipgroup", "quic_config"):
        checks.inner(raw, key)
    checks.choice(raw, "protection_status", ("nonProtection", "consoleProtection"))
    if raw.get("enhance_l7policy_enable") and not loadbalancer["guaranteed"]:
        raise invalid("Invalid input for 'enhance_l7policy_enable': shared load balancers do not support it.")
    if raw.get("default_pool_id"):
        scope.need(pools.KIND, raw["default_pool_id"])


def create(scope: Scope) -> Object:
    """``POST /elb/listeners``."""
    raw = scope.envelope(KIND)
    loadbalancer_id = checks.text(raw, "loadbalancer_id", low=1)
    if loadbalancer_id is None:
        raise invalid("Invalid input for 'loadbalancer_id': it is required.")
    loadbalancer = scope.need("loadbalancer", loadbalancer_id)
    protocol = str(checks.choice(raw, "protocol", PROTOCOLS, required=True))
    if protocol in ("HTTPS", "TERMINATED_HTTPS"):
        protocol = "HTTPS" if loadbalancer["guaranteed"] else "TERMINATED_HTTPS"
    port = checks.integer(raw, "protocol_port", 0, 65535)
    if not port and (protocol not in ("TCP", "UDP", "TLS") or not raw.get("port_ranges")):
        raise invalid("Invalid input for 'protocol_port': it is required, or 0 with port_ranges for TCP, UDP and TLS.")
    _common(scope, raw, protocol, loadbalancer)
    if protocol in ("HTTPS", "TERMINATED_HTTPS", "TLS", "QUIC") and not raw.get("default_tls_container_ref"):
        raise invalid(f"Invalid input for 'default_tls_container_ref': {protocol} listeners need it.")
    siblings = scope.find(KIND, "_loadbalancer_id", loadbalancer_id)
    check_port(siblings, protocol, port or 0)
    _check_quota(scope, siblings)
    body = {key: value for key, value in raw.items() if value is not None and key not in ("loadbalancer_id",)}
    body.update(protocol=protocol, protocol_port=port or 0, project_id=scope.project)
    return store(scope, {"id": scope.ctx.new_id(), **body}, loadbalancer_id)


def check_port(siblings: list[Object], protocol: str, port: int) -> None:
    """409 when a listener of the load balancer has the port: UDP and QUIC share ports, all others do."""
    datagram = {"UDP", "QUIC"}
    for other in siblings:
        same_space = (other["protocol"] in datagram) == (protocol in datagram)
        if port and other["protocol_port"] == port and same_space:
            raise conflict(f"The load balancer already has a listener with protocol_port of {port}.")


def _check_quota(scope: Scope, siblings: list[Object]) -> None:
    for key, used in (("listener", scope.count(KIND)), ("listeners_per_loadbalancer", len(siblings))):
        limit = elb_limit(scope, key)
        if limit != -1 and used >= limit:
            raise over_quota(key, scope.options)


def store(scope: Scope, body: Mapping[str, Any], loadbalancer_id: str) -> Object:
    """Fill in what the API would answer and keep the listener (also for seeds)."""
    web = body["protocol"] in ("HTTP", "HTTPS", "TERMINATED_HTTPS")
    filled = {
        **DEFAULTS,
        "keepalive_timeout": 60 if web else 300,
        "client_timeout": 60,
        "member_timeout": 60,
        "project_id": scope.project,
        "created_at": scope.now,
        "updated_at": scope.now,
        **body,
        "loadbalancers": [{"id": loadbalancer_id}],
        "_loadbalancer_id": loadbalancer_id,
    }
    filled["insert_headers"] = {**_INSERT_HEADERS, **(body.get("insert_headers") or {})}
    if body["protocol"] in ("HTTPS", "TERMINATED_HTTPS") and filled["tls_ciphers_policy"] is None:
        filled["tls_ciphers_policy"] = "tls-1-2"
    return scope.put(KIND, {"id": body["id"], **filled})


def update(scope: Scope, id: str) -> Object:
    """``PUT /elb/listeners/{id}``: partial; advanced forwarding goes on, never off."""
    old = scope.need(KIND, id)
    raw = scope.envelope(KIND)
    checks.known(raw, _UPDATABLE, ("protocol", "protocol_port", "loadbalancer_id", "project_id", "id", "port_ranges"))
    _common(scope, raw, old["protocol"], scope.need("loadbalancer", old["_loadbalancer_id"]))
    if raw.get("enhance_l7policy_enable") is False and old["enhance_l7policy_enable"]:
        raise invalid("Invalid input for 'enhance_l7policy_enable': it cannot be switched off.")
    changed = {key: raw[key] for key in _UPDATABLE if key in raw and (raw[key] is not None or key == "default_pool_id")}
    if "default_pool_id" in changed:
        changed["default_pool_id"] = changed["default_pool_id"] or None
    if "insert_headers" in changed:
        changed["insert_headers"] = {**old["insert_headers"], **changed["insert_headers"]}
    new = scope.put(KIND, {**old, **changed, "updated_at": scope.now})
    if new["enhance_l7policy_enable"] and not old["enhance_l7policy_enable"]:
        ordering.number_policies(scope, id)
    return new


def delete(scope: Scope, id: str, *, force: bool = False) -> None:
    """``DELETE``; ``force`` takes policies and the default pool along."""
    body = scope.need(KIND, id)
    if scope.find("l7policy", "redirect_listener_id", id):
        raise conflict(f"listener {id} is in use by a l7policy that redirects to it.")
    pool = scope.get(pools.KIND, body["default_pool_id"])
    if not force:
        if scope.find("l7policy", "listener_id", id):
            raise conflict(f"listener {id} is in use: delete its l7policies first.")
        if pool is not None and pool["members"]:
            raise conflict(f"listener {id} is in use: its default pool has members.")
    remove(scope, id)
    if force and pool is not None and not pools.in_use(scope, pool["id"]):
        scope.delete(pools.KIND, pool["id"])


def remove(scope: Scope, id: str) -> None:
    """Take a listener out of the store, its policies and rules with it."""
    for policy in scope.find("l7policy", "listener_id", id):
        for rule in scope.find("l7rule", "_l7policy_id", policy["id"]):
            scope.delete("l7rule", rule["id"])
        scope.delete("l7policy", policy["id"])
    scope.delete(KIND, id)


def batch_delete(scope: Scope) -> dict[str, Any]:
    """``POST /elb/listeners/batch-delete``: at most ten ids, policies and default pools included."""
    ids = scope.json().get("listener_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 10:
        raise invalid("Invalid input for 'listener_ids': one to ten ids are required.")
    for id in ids:
        delete(scope, str(id), force=True)
    return {"job_id": scope.ctx.new_id(), "listener_ids": ids}

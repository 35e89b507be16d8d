"""Pools, as far as L7 policies need them: openstack.md 3 ('Listener and pool')."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import access, lists, octavia_quotas, settle, types
from reconciler.emulator.openstack.balancers import plain_values
from reconciler.emulator.openstack.cloud import Cloud, moment, shown
from reconciler.emulator.openstack.errors import fault
from reconciler.emulator.openstack.policies import check_protocols, check_tags
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.store import Object

PROTOCOLS = ("HTTP", "HTTPS", "PROXY", "PROXYV2", "SCTP", "TCP", "UDP")
ALGORITHMS = ("LEAST_CONNECTIONS", "ROUND_ROBIN", "SOURCE_IP", "SOURCE_IP_PORT")
_PUT = {
    "name": Field(types.text(255)),
    "description": Field(types.text(255)),
    "admin_state_up": Field(types.boolean),
    "lb_algorithm": Field(types.choice(*ALGORITHMS)),
    "session_persistence": Field(types.anything),
    "tags": Field(types.list_of(types.text(255))),
    "tls_enabled": Field(types.boolean),
}
POST_TABLE: Mapping[str, Field] = {
    **_PUT,
    "admin_state_up": Field(types.boolean, default=True),
    "listener_id": Field(types.identifier),
    "loadbalancer_id": Field(types.identifier),
    "protocol": Field(types.choice(*PROTOCOLS), required=True),
    "lb_algorithm": Field(types.choice(*ALGORITHMS), required=True),
    "project_id": Field(types.text(36)),
    "tenant_id": Field(types.text(36)),
}
COLUMNS = {
    name: name
    for name in (
        "id", "name", "description", "provisioning_status", "operating_status", "admin_state_up", "protocol",
        "lb_algorithm", "project_id", "created_at", "updated_at", "tls_enabled",
    )
} | {"loadbalancer_id": "_load_balancer", "load_balancer_id": "_load_balancer"}  # fmt: skip


def list_pools(cloud: Cloud, request: Request) -> Reply:
    """GET the pools that the filters meet."""
    owner = lists.owner_filter(cloud, request)
    found = cloud.all("pools") if owner is None else cloud.where("pools", "project_id", owner)
    return lists.page(cloud, request, found, COLUMNS, "pools", lambda item: view(cloud, item))


def get_pool(cloud: Cloud, request: Request, pool_id: str) -> Reply:
    """GET one pool."""
    pool = access.readable(cloud, "pools", pool_id)
    return json_reply(200, {"pool": lists.select(view(cloud, pool), request.values("fields"))})


def create_pool(cloud: Cloud, request: Request) -> Reply:
    """POST a pool on a load balancer, or as the default pool of a listener."""
    body = types.body_of(request, "pool", "pool_", POST_TABLE)
    listener = None
    if body.get("loadbalancer_id"):
        balancer = access.get(cloud, "loadbalancers", str(body["loadbalancer_id"]))
    elif body.get("listener_id"):
        listener = access.get(cloud, "listeners", str(body["listener_id"]))
        balancer = cloud.must("loadbalancers", listener["_load_balancer"])
    else:
        raise fault(400, "Validation failure: Must provide at least one of: loadbalancer_id, listener_id")
    access.check_owner(cloud, balancer["project_id"], write=True)
    if listener is not None:
        check_protocols(listener["protocol"], str(body["protocol"]))
    octavia_quotas.take(cloud, "pool", balancer["project_id"])
    if listener is None and body.get("listener_id"):
        listener = access.get(cloud, "listeners", str(body["listener_id"]))
    if listener is not None and listener["default_pool_id"]:
        raise fault(409, "This listener already has a default pool")
    listener_id = listener["id"] if listener is not None else None
    settle.lock(cloud, balancer["id"], listener_id)
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    check_tags(cloud, body.get("tags"))
    pool = new_pool(cloud, cloud.ctx.new_id(), balancer, body)
    cloud.put("pools", pool)
    if listener_id is not None:
        cloud.change("listeners", listener_id, default_pool_id=pool["id"])
    settle.begin(cloud, balancer["id"], "create", "pools", pool["id"], listener_id)
    return json_reply(201, {"pool": view(cloud, pool)})


def update_pool(cloud: Cloud, request: Request, pool_id: str) -> Reply:
    """PUT: partial."""
    body = types.body_of(request, "pool", "pool_", _PUT)
    pool = access.get(cloud, "pools", pool_id)
    access.check_owner(cloud, pool["project_id"], write=True)
    settle.lock(cloud, pool["_load_balancer"])
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    values = plain_values(cloud, body)
    cloud.change("pools", pool["id"], **values, provisioning_status="PENDING_UPDATE")
    settle.begin(cloud, pool["_load_balancer"], "update", "pools", pool["id"])
    return json_reply(200, {"pool": view(cloud, cloud.must("pools", pool["id"]))})


def delete_pool(cloud: Cloud, request: Request, pool_id: str) -> Reply:
    """DELETE a pool that no policy points to."""
    pool = access.get(cloud, "pools", pool_id)
    users = cloud.where("l7policies", "redirect_pool_id", pool["id"])
    if users:
        raise fault(409, f"Pool {pool_id} is in use by L7 policy {users[0]['id']}")
    access.check_owner(cloud, pool["project_id"], write=True)
    settle.lock(cloud, pool["_load_balancer"])
    cloud.change("pools", pool["id"], provisioning_status="PENDING_DELETE", updated_at=moment(cloud.now))
    settle.begin(cloud, pool["_load_balancer"], "delete", "pools", pool["id"])
    return Reply(204)


def remove(cloud: Cloud, pool_id: str) -> None:
    """Take a pool out of the store; listeners that had it as their default lose it."""
    for listener in cloud.where("listeners", "default_pool_id", pool_id):
        cloud.change("listeners", listener["id"], default_pool_id=None)
    pool = cloud.find("pools", pool_id)
    if pool is not None:
        cloud.drop("pools", pool_id)
        octavia_quotas.give_back(cloud, "pool", pool["project_id"])


def new_pool(cloud: Cloud, id: str, balancer: Object, values: Mapping[str, Any]) -> Object:
    """A pool as it is stored."""
    return {
        "id": id,
        "name": values.get("name"),
        "description": values.get("description"),
        "provisioning_status": "PENDING_CREATE",
        "operating_status": "OFFLINE",
        "admin_state_up": values.get("admin_state_up") is not False,
        "protocol": values["protocol"],
        "lb_algorithm": values["lb_algorithm"],
        "session_persistence": values.get("session_persistence"),
        "project_id": balancer["project_id"],
        "created_at": moment(cloud.now),
        "updated_at": None,
        "members": values.get("members") or [],
        "tags": values.get("tags") or [],
        "tls_container_ref": None,
        "ca_tls_container_ref": None,
        "crl_container_ref": None,
        "tls_enabled": bool(values.get("tls_enabled")),
        "tls_ciphers": None,
        "tls_versions": None,
        "alpn_protocols": None,
        "_load_balancer": balancer["id"],
    }


def view(cloud: Cloud, pool: Object) -> Object:
    """A pool as the API shows it; listeners are those that would send it requests."""
    users = [item["id"] for item in cloud.where("listeners", "default_pool_id", pool["id"])]
    for policy in cloud.where("l7policies", "redirect_pool_id", pool["id"]):
        if policy["admin_state_up"] and cloud.where("l7rules", "_policy", policy["id"]):
            users.append(policy["listener_id"])
    return {
        **shown(pool),
        "loadbalancers": [{"id": pool["_load_balancer"]}],
        "listeners": [{"id": id} for id in dict.fromkeys(users)],
        "tenant_id": pool["project_id"],
    }

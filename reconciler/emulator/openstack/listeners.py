"""Listeners, as far as L7 policies need them: openstack.md 3 ('Listener and pool')."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import access, lists, octavia_quotas, settle, types
from reconciler.emulator.openstack.balancers import plain_values
from reconciler.emulator.openstack.cloud import Cloud, moment, shown
from reconciler.emulator.openstack.errors import fault, octavia_missing
from reconciler.emulator.openstack.policies import check_protocols, check_tags, on_listener
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.store import Object

PROTOCOLS = ("HTTP", "HTTPS", "PROMETHEUS", "SCTP", "TCP", "TERMINATED_HTTPS", "UDP")
_TIMEOUTS = {
    "timeout_client_data": 50000,
    "timeout_member_connect": 5000,
    "timeout_member_data": 50000,
    "timeout_tcp_inspect": 0,
}
_PUT = {
    "name": Field(types.text(255)),
    "description": Field(types.text(255)),
    "admin_state_up": Field(types.boolean),
    "connection_limit": Field(types.number(-1)),
    "default_tls_container_ref": Field(types.text(255)),
    "sni_container_refs": Field(types.list_of(types.text(255))),
    "default_pool_id": Field(types.identifier),
    "insert_headers": Field(types.mapping),
    **{name: Field(types.number(0, 31536000000)) for name in _TIMEOUTS},
    "tags": Field(types.list_of(types.text(255))),
    "allowed_cidrs": Field(types.list_of(types.text())),
}
POST_TABLE: Mapping[str, Field] = {
    **_PUT,
    "admin_state_up": Field(types.boolean, default=True),
    "protocol": Field(types.choice(*PROTOCOLS), required=True),
    "protocol_port": Field(types.number(1, 65535), required=True),
    "loadbalancer_id": Field(types.identifier, required=True),
    "project_id": Field(types.text(36)),
    "tenant_id": Field(types.text(36)),
    "default_pool": Field(types.anything),
    "l7policies": Field(types.list_of(types.anything)),
}
COLUMNS = {
    name: name
    for name in (
        "id", "name", "description", "provisioning_status", "operating_status", "admin_state_up", "protocol",
        "protocol_port", "connection_limit", "project_id", "default_pool_id", "created_at", "updated_at", *_TIMEOUTS,
    )
} | {"loadbalancer_id": "_load_balancer", "load_balancer_id": "_load_balancer"}  # fmt: skip
_L4 = {"UDP": "UDP", "SCTP": "SCTP"}


def list_listeners(cloud: Cloud, request: Request) -> Reply:
    """GET the listeners that the filters meet."""
    owner = lists.owner_filter(cloud, request)
    found = cloud.all("listeners") if owner is None else cloud.where("listeners", "project_id", owner)
    return lists.page(cloud, request, found, COLUMNS, "listeners", lambda item: view(cloud, item))


def get_listener(cloud: Cloud, request: Request, listener_id: str) -> Reply:
    """GET one listener, with the ids of its policies."""
    listener = access.readable(cloud, "listeners", listener_id)
    return json_reply(200, {"listener": lists.select(view(cloud, listener), request.values("fields"))})


def create_listener(cloud: Cloud, request: Request) -> Reply:
    """POST a listener without children."""
    body = types.body_of(request, "listener", "listener_", POST_TABLE)
    balancer = access.get(cloud, "loadbalancers", str(body["loadbalancer_id"]))
    access.check_owner(cloud, balancer["project_id"], write=True)
    if body.get("l7policies") or body.get("default_pool"):
        raise fault(501, "The emulator makes a listener and what belongs to it one after the other only.")
    octavia_quotas.take(cloud, "listener", balancer["project_id"])
    _check_default_pool(cloud, body.get("default_pool_id"), balancer["id"], str(body["protocol"]))
    settle.lock(cloud, balancer["id"])
    if body["protocol"] == "TERMINATED_HTTPS" and not (
        body.get("default_tls_container_ref") or body.get("sni_container_refs")
    ):
        text = "An SNI or default certificate container reference must be provided for TERMINATED_HTTPS protocol"
        raise fault(400, f"Validation failure: {text} listeners.")
    _refuse_taken(cloud, balancer["id"], body)
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    check_tags(cloud, body.get("tags"))
    listener = new_listener(cloud, cloud.ctx.new_id(), balancer, body)
    cloud.put("listeners", listener)
    settle.begin(cloud, balancer["id"], "create", "listeners", listener["id"])
    return json_reply(201, {"listener": view(cloud, listener)})


def update_listener(cloud: Cloud, request: Request, listener_id: str) -> Reply:
    """PUT: partial; ``default_pool_id`` null takes the pool away."""
    body = types.body_of(request, "listener", "listener_", _PUT)
    listener = access.get(cloud, "listeners", listener_id)
    access.check_owner(cloud, listener["project_id"], write=True)
    _check_default_pool(cloud, body.get("default_pool_id"), listener["_load_balancer"], listener["protocol"])
    settle.lock(cloud, listener["_load_balancer"], listener["id"])
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    values = plain_values(cloud, body)
    defaults: dict[str, Any] = {**_TIMEOUTS, "insert_headers": {}, "connection_limit": -1, "sni_container_refs": []}
    for name, default in defaults.items():
        if name in values and values[name] is None:
            values[name] = default
    cloud.change("listeners", listener["id"], **values, provisioning_status="PENDING_UPDATE")
    settle.begin(cloud, listener["_load_balancer"], "update", "listeners", listener["id"])
    return json_reply(200, {"listener": view(cloud, cloud.must("listeners", listener["id"]))})


def delete_listener(cloud: Cloud, request: Request, listener_id: str) -> Reply:
    """DELETE a listener with its policies."""
    listener = access.get(cloud, "listeners", listener_id)
    access.check_owner(cloud, listener["project_id"], write=True)
    settle.lock(cloud, listener["_load_balancer"], listener["id"])
    cloud.change("listeners", listener["id"], provisioning_status="PENDING_DELETE", updated_at=moment(cloud.now))
    settle.begin(cloud, listener["_load_balancer"], "delete", "listeners", listener["id"])
    return Reply(204)


def remove(cloud: Cloud, listener_id: str) -> None:
    """Take a listener, its policies and their rules out of the store."""
    for policy in cloud.where("l7policies", "listener_id", listener_id):
        for rule in cloud.where("l7rules", "_policy", policy["id"]):
            cloud.drop("l7rules", rule["id"])
        cloud.drop("l7policies", policy["id"])
    listener = cloud.find("listeners", listener_id)
    if listener is not None:
        cloud.drop("listeners", listener_id)
        octavia_quotas.give_back(cloud, "listener", listener["project_id"])


def new_listener(cloud: Cloud, id: str, balancer: Object, values: Mapping[str, Any]) -> Object:
    """A listener as it is stored."""
    timeouts = {name: default if values.get(name) is None else values[name] for name, default in _TIMEOUTS.items()}
    return {
        "id": id,
        "name": values.get("name"),
        "description": values.get("description"),
        "provisioning_status": "PENDING_CREATE",
        "operating_status": "OFFLINE",
        "admin_state_up": values.get("admin_state_up") is not False,
        "protocol": values["protocol"],
        "protocol_port": values["protocol_port"],
        "connection_limit": -1 if values.get("connection_limit") is None else values["connection_limit"],
        "default_tls_container_ref": values.get("default_tls_container_ref"),
        "sni_container_refs": values.get("sni_container_refs") or [],
        "project_id": balancer["project_id"],
        "default_pool_id": values.get("default_pool_id"),
        "insert_headers": values.get("insert_headers") or {},
        "created_at": moment(cloud.now),
        "updated_at": None,
        **timeouts,
        "tags": values.get("tags") or [],
        "client_ca_tls_container_ref": None,
        "client_authentication": "NONE",
        "client_crl_container_ref": None,
        "allowed_cidrs": values.get("allowed_cidrs") or None,
        "tls_ciphers": values.get("tls_ciphers"),
        "tls_versions": values.get("tls_versions"),
        "alpn_protocols": values.get("alpn_protocols"),
        "hsts_max_age": None,
        "hsts_include_subdomains": False,
        "hsts_preload": False,
        "_load_balancer": balancer["id"],
    }


def view(cloud: Cloud, listener: Object) -> Object:
    """A listener as the API shows it: its policies by position, ids only."""
    return {
        **shown(listener),
        "l7policies": [{"id": policy["id"]} for policy in on_listener(cloud, listener["id"])],
        "loadbalancers": [{"id": listener["_load_balancer"]}],
        "tenant_id": listener["project_id"],
    }


def refuse_port(protocol: str, port: int, others: list[Object]) -> str | None:
    """The words of the refusal when another listener has the port, else None."""
    transport = _L4.get(protocol, "TCP")
    for other in others:
        if other["protocol_port"] == port and _L4.get(other["protocol"], "TCP") == transport:
            named = f"protocol {other['protocol']} and protocol_port {port}"
            return f"Another Listener on this Load Balancer is already using {named}"
    return None


def _refuse_taken(cloud: Cloud, balancer_id: str, body: Mapping[str, Any]) -> None:
    others = cloud.where("listeners", "_load_balancer", balancer_id)
    text = refuse_port(str(body["protocol"]), int(body["protocol_port"]), others)
    if text is not None:
        raise fault(409, text)


def _check_default_pool(cloud: Cloud, pool_id: str | None, balancer_id: str, protocol: str) -> None:
    if not pool_id:
        return
    pool = cloud.find("pools", pool_id)
    if pool is None or pool["_load_balancer"] != balancer_id:
        raise octavia_missing("Pool", pool_id)
    check_protocols(protocol, pool["protocol"])

"""Load balancers, as far as L7 policies need them: openstack.md 2 and 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.ids import stable_uuid
from reconciler.emulator.openstack import access, lists, octavia_quotas, settle, types
from reconciler.emulator.openstack.cloud import Cloud, moment, shown
from reconciler.emulator.openstack.errors import fault
from reconciler.emulator.openstack.policies import check_tags
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.store import Object

_PUT = {
    "name": Field(types.text(255)),
    "description": Field(types.text(255)),
    "vip_qos_policy_id": Field(types.identifier),
    "vip_sg_ids": Field(types.list_of(types.identifier)),
    "admin_state_up": Field(types.boolean),
    "tags": Field(types.list_of(types.text(255))),
}
POST_TABLE: Mapping[str, Field] = {
    **_PUT,
    "admin_state_up": Field(types.boolean, default=True),
    "vip_address": Field(types.text()),
    "vip_port_id": Field(types.identifier),
    "vip_subnet_id": Field(types.identifier),
    "vip_network_id": Field(types.identifier),
    "additional_vips": Field(types.list_of(types.anything)),
    "project_id": Field(types.text(36)),
    "tenant_id": Field(types.text(36)),
    "listeners": Field(types.list_of(types.anything)),
    "pools": Field(types.list_of(types.anything)),
    "provider": Field(types.text(64)),
    "flavor_id": Field(types.identifier),
    "availability_zone": Field(types.text(255)),
}
COLUMNS = {
    name: name
    for name in (
        "id", "name", "description", "provisioning_status", "operating_status", "admin_state_up", "project_id",
        "created_at", "updated_at", "vip_address", "vip_port_id", "vip_subnet_id", "vip_network_id", "provider",
        "flavor_id", "vip_qos_policy_id", "availability_zone",
    )
}  # fmt: skip
_VIP = ("vip_address", "vip_port_id", "vip_subnet_id", "vip_network_id", "vip_qos_policy_id")
_PLACES = ("vip_subnet_id", "vip_port_id", "vip_network_id")
VIP_ADDRESS = "198.51.100.1"


def list_balancers(cloud: Cloud, request: Request) -> Reply:
    """GET the load balancers that the filters meet."""
    owner = lists.owner_filter(cloud, request)
    found = cloud.all("loadbalancers") if owner is None else cloud.where("loadbalancers", "project_id", owner)
    return lists.page(cloud, request, found, COLUMNS, "loadbalancers", lambda item: view(cloud, item))


def get_balancer(cloud: Cloud, request: Request, balancer_id: str) -> Reply:
    """GET one load balancer."""
    balancer = access.readable(cloud, "loadbalancers", balancer_id)
    return json_reply(200, {"loadbalancer": lists.select(view(cloud, balancer), request.values("fields"))})


def get_status(cloud: Cloud, request: Request, balancer_id: str) -> Reply:
    """GET the status tree, in which policies do not stand."""
    balancer = access.readable(cloud, "loadbalancers", balancer_id)
    listeners = [
        {**_state(item), "pools": _pools(cloud, item)}
        for item in cloud.where("listeners", "_load_balancer", balancer["id"])
    ]
    tree = {**_state(balancer), "listeners": listeners}
    return json_reply(200, {"statuses": {"loadbalancer": tree}})


def create_balancer(cloud: Cloud, request: Request) -> Reply:
    """POST a load balancer without children."""
    body = types.body_of(request, "loadbalancer", "load_balancer", POST_TABLE)
    project = body.get("project_id") or body.get("tenant_id") or cloud.project
    access.check_owner(cloud, project, write=True)
    if not any(body.get(name) for name in _PLACES):
        names = "vip_network_id, vip_port_id, vip_subnet_id"
        raise fault(400, f"Validation failure: VIP must contain one of: {names}.")
    if body.get("listeners") or body.get("pools"):
        raise fault(501, "The emulator makes a load balancer and what stands on it one after the other only.")
    octavia_quotas.take(cloud, "loadbalancer", project)
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    check_tags(cloud, body.get("tags"))
    balancer = new_balancer(cloud, cloud.ctx.new_id(), project, body)
    cloud.put("loadbalancers", balancer)
    settle.begin(cloud, balancer["id"], "create", "loadbalancers", balancer["id"])
    return json_reply(201, {"loadbalancer": view(cloud, balancer)})


def update_balancer(cloud: Cloud, request: Request, balancer_id: str) -> Reply:
    """PUT: partial."""
    body = types.body_of(request, "loadbalancer", "load_balancer", _PUT)
    balancer = access.get(cloud, "loadbalancers", balancer_id)
    access.check_owner(cloud, balancer["project_id"], write=True)
    _check_state(balancer, ("ACTIVE",))
    settle.lock(cloud, balancer["id"])
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    values = plain_values(cloud, body)
    cloud.change("loadbalancers", balancer["id"], **values, provisioning_status="PENDING_UPDATE")
    settle.begin(cloud, balancer["id"], "update", "loadbalancers", balancer["id"])
    return json_reply(200, {"loadbalancer": view(cloud, cloud.must("loadbalancers", balancer["id"]))})


def delete_balancer(cloud: Cloud, request: Request, balancer_id: str) -> Reply:
    """DELETE: with children only when ``cascade=true``; also what is in ERROR."""
    balancer = access.get(cloud, "loadbalancers", balancer_id)
    access.check_owner(cloud, balancer["project_id"], write=True)
    cascade = (request.value("cascade") or "").lower() in ("true", "t", "yes", "y", "on", "1")
    children = cloud.where("listeners", "_load_balancer", balancer["id"]) or cloud.where(
        "pools", "_load_balancer", balancer["id"]
    )
    if children and not cascade:
        text = f"Cannot delete Load Balancer {balancer['id']} - it has children"
        raise fault(400, f"Validation failure: {text}")
    _check_state(balancer, ("ACTIVE", "ERROR"))
    cloud.change("loadbalancers", balancer["id"], provisioning_status="PENDING_DELETE", updated_at=moment(cloud.now))
    settle.begin(cloud, balancer["id"], "delete", "loadbalancers", balancer["id"])
    return Reply(204)


def remove(cloud: Cloud, balancer_id: str) -> None:
    """Take a load balancer and everything on it out of the store."""
    balancer = cloud.find("loadbalancers", balancer_id)
    if balancer is None:
        return
    for listener in cloud.where("listeners", "_load_balancer", balancer_id):
        for policy in cloud.where("l7policies", "listener_id", listener["id"]):
            for rule in cloud.where("l7rules", "_policy", policy["id"]):
                cloud.drop("l7rules", rule["id"])
            cloud.drop("l7policies", policy["id"])
        cloud.drop("listeners", listener["id"])
        octavia_quotas.give_back(cloud, "listener", balancer["project_id"])
    for pool in cloud.where("pools", "_load_balancer", balancer_id):
        cloud.drop("pools", pool["id"])
        octavia_quotas.give_back(cloud, "pool", balancer["project_id"])
    cloud.drop("loadbalancers", balancer_id)
    octavia_quotas.give_back(cloud, "loadbalancer", balancer["project_id"])


def _check_state(balancer: Object, allowed: tuple[str, ...]) -> None:
    """A load balancer that is asked itself has other words for being locked. Raises ``ApiError`` 409."""
    state = balancer["provisioning_status"]
    if state not in allowed:
        raise fault(409, f"Invalid state {state} of loadbalancer resource {balancer['id']}")


def plain_values(cloud: Cloud, body: Mapping[str, Any]) -> Object:
    """The fields that every kind of object has, as an update stores them. Raises ``ApiError`` 409."""
    values = dict(body)
    if "admin_state_up" in values:
        values["admin_state_up"] = bool(values["admin_state_up"])
    if "tags" in values:
        check_tags(cloud, values["tags"], update=True)
        values["tags"] = values["tags"] or []
    return {**values, "updated_at": moment(cloud.now)}


def new_balancer(cloud: Cloud, id: str, project: str, values: Mapping[str, Any]) -> Object:
    """A load balancer as it is stored."""
    vip = {name: values.get(name) for name in _VIP}
    for name in ("vip_port_id", "vip_network_id"):
        vip[name] = vip[name] or stable_uuid(name, id)
    return {
        "id": id,
        "name": values.get("name"),
        "description": values.get("description"),
        "provisioning_status": "PENDING_CREATE",
        "operating_status": "OFFLINE",
        "admin_state_up": values.get("admin_state_up") is not False,
        "project_id": project,
        "created_at": moment(cloud.now),
        "updated_at": None,
        **vip,
        "vip_address": vip["vip_address"] or VIP_ADDRESS,
        "vip_sg_ids": values.get("vip_sg_ids") or [],
        "additional_vips": values.get("additional_vips") or [],
        "provider": values.get("provider") or cloud.options.provider,
        "flavor_id": values.get("flavor_id"),
        "tags": values.get("tags") or [],
        "availability_zone": values.get("availability_zone"),
        "vip_vnic_type": "normal",
        "_change": None,
    }


def view(cloud: Cloud, balancer: Object) -> Object:
    """A load balancer as the API shows it, with the ids of its listeners and pools."""
    listeners = [{"id": item["id"]} for item in cloud.where("listeners", "_load_balancer", balancer["id"])]
    pools = [{"id": item["id"]} for item in cloud.where("pools", "_load_balancer", balancer["id"])]
    return {**shown(balancer), "listeners": listeners, "pools": pools, "tenant_id": balancer["project_id"]}


def _state(item: Object) -> Object:
    return {name: item[name] or "" for name in ("id", "name", "operating_status", "provisioning_status")}


def _pools(cloud: Cloud, listener: Object) -> list[Object]:
    """The pools that a listener would send requests to."""
    ids = [listener["default_pool_id"]]
    for policy in cloud.where("l7policies", "listener_id", listener["id"]):
        if policy["admin_state_up"] and cloud.where("l7rules", "_policy", policy["id"]):
            ids.append(policy["redirect_pool_id"])
    found = (cloud.find("pools", id) for id in dict.fromkeys(ids) if id is not None)
    return [{**_state(pool), "health_monitor": None, "members": []} for pool in found if pool is not None]

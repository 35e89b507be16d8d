"""Load balancers and their status trees: gcore.md 2.5."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore import fields, listeners, paging, pools, quotas, tags, tasks
from reconciler.emulator.gcore.account import Account, query_flag, read_body, zoned
from reconciler.emulator.gcore.errors import conflict, invalid
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.tasks import Effect, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

_FLAVOR = re.compile(r"lb\d+-(\d+)-(\d+)")
_ORDERS = (
    "created_at",
    "flavor",
    "name",
    "operating_status",
    "provisioning_status",
    "updated_at",
    "vip_address",
    "vip_ip_family",
)
_NESTED_POOLS = {"pools": Field(fields.list_of(fields.record(pools.CREATE_TABLE)))}
_NESTED_LISTENERS = Field(fields.list_of(fields.record({**listeners.CREATE_TABLE, **_NESTED_POOLS}), 50))
_LOGGING = fields.record(
    {
        "enabled": Field(fields.boolean),
        "topic_name": Field(fields.string(1, 255), nullable=True),
        "destination_region_id": Field(fields.integer(1, 2147483647), nullable=True),
        "retention_policy": Field(fields.record({}), nullable=True),
    }
)
_PATCH_TABLE: Mapping[str, Field] = {
    "name": Field(fields.string(1, 255)),
    "logging": Field(_LOGGING),
    "preferred_connectivity": Field(fields.one_of("L2", "L3")),
    "tags": Field(fields.tag_map(removals=True), nullable=True),
}


def _flavor_name(value: Any) -> str | None:
    known = isinstance(value, str) and _FLAVOR.fullmatch(value)
    return None if known else "Flavor could not be found; flavors are named like lb1-1-2"


_CREATE_TABLE: Mapping[str, Field] = {
    "name": Field(fields.string(1, 255), required=True),
    "flavor": Field(_flavor_name),
    "listeners": _NESTED_LISTENERS,
    "logging": Field(_LOGGING),
    "preferred_connectivity": Field(fields.one_of("L2", "L3")),
    "tags": Field(fields.tag_map()),
    "vip_ip_family": Field(fields.one_of("dual", "ipv4", "ipv6")),
    "vip_network_id": Field(fields.uuid),
    "vip_port_id": Field(fields.uuid),
    "vip_subnet_id": Field(fields.uuid),
}


def list_balancers(acc: Account, request: Request) -> Reply:
    """GET load balancers, filtered and ordered as the query asks."""
    found = tags.filtered(request, acc.all("loadbalancers"))
    for name in ("name", "operating_status", "provisioning_status"):
        wanted = request.value(name)
        if wanted is not None:
            found = [item for item in found if {**item, **acc.status(item)}[name] == wanted]
    floating, logging = query_flag(request, "assigned_floating"), query_flag(request, "logging_enabled")
    if floating is not None:
        found = [item for item in found if bool(item["floating_ips"]) == floating]
    if logging is not None:
        found = [item for item in found if bool(item["logging"] and item["logging"]["enabled"]) == logging]
    stats = bool(query_flag(request, "show_stats"))
    return paging.page(
        acc.ctx, request, _ordered(request, found), lambda item: view(acc, item, stats=stats), acc.options.page_limit
    )


def get_balancer(acc: Account, request: Request, balancer_id: str) -> Reply:
    """GET one load balancer."""
    stats = bool(query_flag(request, "show_stats"))
    return json_reply(200, view(acc, acc.get("loadbalancers", balancer_id), stats=stats))


def create_balancer(acc: Account, request: Request) -> Reply:
    """POST: a load balancer, with listeners and their pools if the body has them, in one task."""
    raw = read_body(request)
    if isinstance(raw, dict) and raw.get("floating_ip") is not None:
        raise invalid({"floating_ip": ["floating IPs are not emulated: leave the field out"]})
    body = fields.check_body(raw, _CREATE_TABLE, foreign=acc.options.foreign_fields)
    quotas.refuse_over(acc, "loadbalancer_count", len(quotas.in_region(acc, "loadbalancers")))
    if "vip_network_id" in body and "vip_port_id" in body:
        raise invalid({"vip_port_id": ["vip_network_id and vip_port_id are mutually exclusive"]})
    balancer_id = acc.ctx.new_id()
    values = _values(acc, body)
    nested = [_nested(acc, item) for item in body.get("listeners", [])]
    for index, item in enumerate(nested):
        earlier = [other["values"] for other in nested[:index]]
        listeners.refuse_taken_port(item["values"]["protocol"], item["values"]["protocol_port"], earlier)
    created = pools.created_ids([pool for item in nested for pool in item["pools"]])
    work = Work(
        "create_loadbalancer",
        {"id": balancer_id, "values": values, "listeners": nested},
        body,
        created={"loadbalancers": [balancer_id], "listeners": [item["id"] for item in nested], **created},
        lock=balancer_id,
        marks={balancer_id: "PENDING_CREATE", **{item["id"]: "PENDING_CREATE" for item in nested}},
        target=("loadbalancers", balancer_id),
    )
    return tasks.start(acc, work)


def update_balancer(acc: Account, request: Request, balancer_id: str) -> Reply:
    """PATCH v1 (deprecated): synchronous, answers with the load balancer."""
    changes = _changes(acc, request, balancer_id)[0]
    acc.change("loadbalancers", balancer_id, **changes, updated_at=zoned(acc.now))
    return json_reply(200, view(acc, acc.get("loadbalancers", balancer_id)))


def update_balancer_later(acc: Account, request: Request, balancer_id: str) -> Reply:
    """PATCH v2: the same change as a task; nothing to change gives no task."""
    changes, body = _changes(acc, request, balancer_id)
    balancer = acc.get("loadbalancers", balancer_id)
    if all(balancer[name] == value for name, value in changes.items()):
        return tasks.no_task()
    return _change_later(acc, balancer_id, "update_loadbalancer", changes, body)


def resize_balancer(acc: Account, request: Request, balancer_id: str) -> Reply:
    """POST .../resize: another flavor."""
    table = {"flavor": Field(_flavor_name, required=True)}
    body = fields.check_body(read_body(request), table, foreign=acc.options.foreign_fields)
    tasks.refuse_locked(acc, balancer_id)
    return _change_later(acc, balancer_id, "resize_loadbalancer", {"flavor": _flavor(body["flavor"])}, body)


def failover_balancer(acc: Account, request: Request, balancer_id: str) -> Reply:
    """POST .../failover: nothing changes but that an ERROR is healed; ``force`` does it whatever the status."""
    table = {"force": Field(fields.boolean)}
    body = fields.check_body(read_body(request) if request.body else {}, table)
    balancer = acc.get("loadbalancers", balancer_id)
    if balancer["provisioning_status"] != "ERROR" and not body.get("force"):
        tasks.refuse_locked(acc, balancer_id)
    if balancer_id in acc.locks:
        raise conflict(f"Load Balancer {balancer_id} is immutable and cannot be updated.")
    return _change_later(acc, balancer_id, "failover_loadbalancer", {}, body)


def delete_balancer(acc: Account, request: Request, balancer_id: str) -> Reply:
    """DELETE a load balancer with everything on it."""
    balancer = acc.get("loadbalancers", balancer_id)
    if balancer_id in acc.locks or balancer["provisioning_status"] != "ERROR":
        tasks.refuse_locked(acc, balancer_id)
    work = Work(
        "delete_loadbalancer",
        {"id": balancer_id},
        {"load_balancer_id": balancer_id},
        lock=balancer_id,
        marks={balancer_id: "PENDING_DELETE"},
        target=("loadbalancers", balancer_id),
    )
    return tasks.start(acc, work)


def new_balancer(acc: Account, balancer_id: str, values: Mapping[str, Any], task_id: str | None) -> Object:
    """A load balancer as it is stored; ``values`` must bring ``name``, ``vip_address`` and ``vip_port_id``."""
    return {
        "id": balancer_id,
        "additional_vips": [],
        "admin_state_up": True,
        "created_at": zoned(acc.now),
        "updated_at": None,
        "ddos_profile": None,
        "flavor": None,
        "floating_ips": [],
        "logging": None,
        "preferred_connectivity": "L2",
        "vip_address": "",
        "vip_fqdn": None,
        "vip_ip_family": "ipv4",
        "vip_port_id": balancer_id,
        "vrrp_ips": [],
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
        "creator_task_id": task_id,
        "_tags": {},
        **values,
    }


def next_vip(acc: Account) -> str:
    """The next free address for a load balancer."""
    number = int(acc.ctx.store.meta_get("gcore:vips", 0)) + 1
    acc.ctx.store.meta_set("gcore:vips", number)
    return f"10.{(number >> 16) % 256}.{(number >> 8) % 256}.{number % 256}"


def view(acc: Account, balancer: Object, *, stats: bool = False) -> Object:
    """A load balancer as the API shows it."""
    shown = {name: value for name, value in balancer.items() if not name.startswith("_")}
    return {
        **shown,
        **acc.scope,
        **acc.status(balancer),
        "listeners": [{"id": item["id"]} for item in acc.where("listeners", "load_balancer_id", balancer["id"])],
        "stats": dict(listeners.NO_STATISTICS) if stats else None,
        "tags_v2": tags.view(balancer),
    }


def _ordered(request: Request, found: list[Object]) -> list[Object]:
    text = request.value("order_by")
    if text is None:
        return found
    name, _, direction = text.partition(".")
    if name not in _ORDERS or direction not in ("asc", "desc"):
        raise invalid({"order_by": ["Input should be a field and .asc or .desc"]})

    def rank(item: Object) -> str:
        value = item[name]
        return str(value["flavor_name"] if isinstance(value, dict) else value or "")

    return sorted(found, key=rank, reverse=direction == "desc")


def _values(acc: Account, body: Mapping[str, Any]) -> Object:
    copied = ("name", "preferred_connectivity", "vip_ip_family", "vip_port_id")
    values: Object = {name: body[name] for name in copied if name in body}
    if "flavor" in body:
        values["flavor"] = _flavor(body["flavor"])
    if "logging" in body:
        values["logging"] = _logging(body["logging"], None)
    values.setdefault("vip_port_id", acc.ctx.new_id())
    return {**values, "_tags": tags.stored(body.get("tags", {}))}


def _nested(acc: Account, body: Mapping[str, Any]) -> Object:
    made = [pools.with_ids(acc, pool) for pool in body.get("pools", [])]
    if len(made) > 1:
        raise invalid({"listeners": ["pools: a listener has one default pool"]})
    return {"id": acc.ctx.new_id(), "values": listeners.values(body), "pools": made}


def _flavor(name: str) -> Object:
    found = _FLAVOR.fullmatch(name)
    assert found is not None  # checked with the body
    return {"flavor_id": name, "flavor_name": name, "vcpus": int(found[1]), "ram": int(found[2]) * 1024}


def _logging(body: Mapping[str, Any], old: Object | None) -> Object:
    empty = {"enabled": False, "topic_name": None, "destination_region_id": None, "retention_policy": None}
    return {**(old or empty), **{name: body[name] for name in empty if name in body}}


def _changes(acc: Account, request: Request, balancer_id: str) -> tuple[Object, Object]:
    body = fields.check_body(read_body(request), _PATCH_TABLE, foreign=acc.options.foreign_fields)
    balancer = tasks.refuse_locked(acc, balancer_id)
    changes: Object = {name: body[name] for name in ("name", "preferred_connectivity") if name in body}
    if "logging" in body:
        changes["logging"] = _logging(body["logging"], balancer["logging"])
    if "tags" in body:
        changes["_tags"] = tags.merged(balancer, body["tags"])
    return changes, body


def _change_later(
    acc: Account, balancer_id: str, task_type: str, changes: Mapping[str, Any], body: Mapping[str, Any]
) -> Reply:
    work = Work(
        task_type,
        {"id": balancer_id, "values": dict(changes)},
        {**body, "load_balancer_id": balancer_id},
        lock=balancer_id,
        marks={balancer_id: "PENDING_UPDATE"},
        target=("loadbalancers", balancer_id),
    )
    return tasks.start(acc, work)


def _begin_create(acc: Account, task: Object) -> None:
    args = task["args"]
    values = {**args["values"], "vip_address": next_vip(acc)}
    acc.put("loadbalancers", new_balancer(acc, args["id"], values, task["id"]))
    for item in args["listeners"]:
        listener = listeners.new_listener(args["id"], item["id"], item["values"], task["id"])
        default = item["pools"][0]["id"] if item["pools"] else None
        acc.put("listeners", {**listener, "_default_pool": default})
        for values in item["pools"]:
            acc.put("pools", pools.new_pool(args["id"], values, task["id"]))


def _begin_change(acc: Account, task: Object) -> None:
    args = task["args"]
    acc.change("loadbalancers", args["id"], **args["values"], provisioning_status="ACTIVE", updated_at=zoned(acc.now))


def _finish_delete(acc: Account, task: Object) -> None:
    balancer_id = task["args"]["id"]
    for listener in acc.where("listeners", "load_balancer_id", balancer_id):
        listeners.remove(acc, listener["id"])
    for pool in acc.where("pools", "_load_balancer", balancer_id):
        acc.drop("pools", pool["id"])
    acc.drop("loadbalancers", balancer_id)


EFFECTS = {
    "create_loadbalancer": Effect(begin=_begin_create),
    "update_loadbalancer": Effect(begin=_begin_change),
    "resize_loadbalancer": Effect(begin=_begin_change),
    "failover_loadbalancer": Effect(begin=_begin_change),
    "delete_loadbalancer": Effect(finish=_finish_delete),
}

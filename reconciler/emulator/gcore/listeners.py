"""Listeners: gcore.md 2.3. Read and made through v1, changed through v2."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from reconciler.emulator.gcore import fields, paging, policies, pools, tasks
from reconciler.emulator.gcore.account import Account, query_flag, read_body
from reconciler.emulator.gcore.errors import ApiError, conflict
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.tasks import Effect, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

PROTOCOLS = ("HTTP", "HTTPS", "PROMETHEUS", "TCP", "TERMINATED_HTTPS", "UDP")
DEFAULT_CONNECTION_LIMIT = 100000
NO_STATISTICS = {
    "active_connections": 0,
    "bytes_in": 0,
    "bytes_out": 0,
    "request_errors": 0,
    "total_connections": 0,
}


def _cidr(value: Any) -> str | None:
    try:
        return None if isinstance(value, str) and ip_network(value, strict=False) else "Input is not a valid CIDR"
    except ValueError:
        return "Input is not a valid CIDR"


_TIMEOUT = Field(fields.integer(0, 86400000), nullable=True)
_USERS = fields.list_of(
    fields.record(
        {
            "username": Field(fields.string(1, 255), required=True),
            "encrypted_password": Field(fields.string(1, 255), required=True),
        }
    )
)
_PATCH_TABLE: Mapping[str, Field] = {
    "name": Field(fields.name),
    "admin_state_up": Field(fields.boolean),
    "allowed_cidrs": Field(fields.list_of(_cidr), nullable=True),
    "connection_limit": Field(fields.integer(-1, 1000000)),
    "secret_id": Field(fields.string(0, 255), nullable=True),
    "sni_secret_id": Field(fields.list_of(fields.string(1, 255)), nullable=True),
    "timeout_client_data": _TIMEOUT,
    "timeout_member_connect": _TIMEOUT,
    "timeout_member_data": _TIMEOUT,
    "user_list": Field(_USERS, nullable=True),
}
_CHANGEABLE = {name: field for name, field in _PATCH_TABLE.items() if name not in ("name", "admin_state_up")}
CREATE_TABLE: Mapping[str, Field] = {
    "name": Field(fields.name, required=True),
    "protocol": Field(fields.one_of(*PROTOCOLS), required=True),
    "protocol_port": Field(fields.integer(1, 65535), required=True),
    "insert_x_forwarded": Field(fields.boolean),
    **_CHANGEABLE,
}
_OWNERS: Mapping[str, Field] = {
    "load_balancer_id": Field(fields.reference, required=True),
    "default_pool_id": Field(fields.reference),
}


def list_listeners(acc: Account, request: Request) -> Reply:
    """GET listeners by load balancer and name."""
    balancer, name = request.value("load_balancer_id"), request.value("name")
    stats = bool(query_flag(request, "show_stats"))
    found = acc.all("listeners") if balancer is None else acc.where("listeners", "load_balancer_id", balancer)
    chosen = [listener for listener in found if name is None or listener["name"] == name]
    return paging.page(
        acc.ctx, request, chosen, lambda listener: view(acc, listener, stats=stats), acc.options.page_limit
    )


def get_listener(acc: Account, request: Request, listener_id: str) -> Reply:
    """GET one listener."""
    stats = bool(query_flag(request, "show_stats"))
    return json_reply(200, view(acc, acc.get("listeners", listener_id), stats=stats))


def create_listener(acc: Account, request: Request) -> Reply:
    """POST: one task, which gives the id in ``created_resources.listeners``."""
    body = fields.check_body(read_body(request), {**CREATE_TABLE, **_OWNERS}, foreign=acc.options.foreign_fields)
    balancer_id = body["load_balancer_id"]
    acc.refer("loadbalancers", "load_balancer_id", balancer_id)
    default_pool = body.get("default_pool_id")
    pool = acc.refer("pools", "default_pool_id", default_pool) if default_pool is not None else None
    if pool is not None and pool["_load_balancer"] != balancer_id:
        raise ApiError(404, f"Pool {default_pool} could not be found on load balancer {balancer_id}")
    taken = acc.where("listeners", "load_balancer_id", balancer_id)
    refuse_taken_port(body["protocol"], body["protocol_port"], taken)
    tasks.refuse_locked(acc, balancer_id)
    listener_id = acc.ctx.new_id()
    work = Work(
        "create_lblistener",
        {"id": listener_id, "values": values(body), "load_balancer": balancer_id, "default_pool": default_pool},
        body,
        created={"listeners": [listener_id]},
        lock=balancer_id,
        marks={listener_id: "PENDING_CREATE", balancer_id: "PENDING_UPDATE"},
        target=("listeners", listener_id),
    )
    return tasks.start(acc, work)


def update_listener(acc: Account, request: Request, listener_id: str) -> Reply:
    """PATCH v2: partial; the finished task names the listener among its created resources, as older clients want."""
    body = fields.check_body(read_body(request), _PATCH_TABLE, foreign=acc.options.foreign_fields)
    listener = acc.get("listeners", listener_id)
    balancer_id = listener["load_balancer_id"]
    tasks.refuse_locked(acc, balancer_id)
    work = Work(
        "patch_lblistener",
        {"id": listener_id, "values": values(body)},
        {**body, "listener_id": listener_id},
        created={"listeners": [listener_id]},
        lock=balancer_id,
        marks={listener_id: "PENDING_UPDATE", balancer_id: "PENDING_UPDATE"},
        target=("listeners", listener_id),
    )
    return tasks.start(acc, work)


def delete_listener(acc: Account, request: Request, listener_id: str) -> Reply:
    """DELETE a listener with its policies and rules, and its default pool if asked."""
    with_pool = bool(query_flag(request, "delete_default_pool"))
    listener = acc.get("listeners", listener_id)
    balancer_id = listener["load_balancer_id"]
    tasks.refuse_locked(acc, balancer_id)
    work = Work(
        "delete_lblistener",
        {"id": listener_id, "pool": listener["_default_pool"] if with_pool else None},
        {"listener_id": listener_id, "delete_default_pool": with_pool},
        lock=balancer_id,
        marks={listener_id: "PENDING_DELETE", balancer_id: "PENDING_UPDATE"},
        target=("listeners", listener_id),
    )
    return tasks.start(acc, work)


def refuse_taken_port(protocol: str, port: int, others: list[Object]) -> None:
    """Two listeners of a load balancer share a port only if exactly one of them is UDP. Raises ``ApiError`` 409."""
    for other in others:
        if other["protocol_port"] == port and (other["protocol"] == "UDP") == (protocol == "UDP"):
            raise conflict(
                "Another Listener on this Load Balancer is already using "
                f"protocol {other['protocol']} and protocol_port {port}"
            )


def values(body: Mapping[str, Any]) -> Object:
    """The stored fields that a body sets."""
    known = {**CREATE_TABLE, **_PATCH_TABLE}
    result = {name: body[name] for name in known if name in body and name != "insert_x_forwarded"}
    if result.get("connection_limit") == -1:
        result["connection_limit"] = DEFAULT_CONNECTION_LIMIT
    if "user_list" in result:
        result["user_list"] = result["user_list"] or []
    if body.get("insert_x_forwarded"):
        result["insert_headers"] = {f"X-Forwarded-{name}": "true" for name in ("For", "Port", "Proto")}
    return result


def new_listener(balancer_id: str, listener_id: str, fields_set: Mapping[str, Any], task_id: str | None) -> Object:
    """A listener as it is stored; ``_order`` holds its policies by position."""
    return {
        "id": listener_id,
        "load_balancer_id": balancer_id,
        "admin_state_up": True,
        "allowed_cidrs": None,
        "connection_limit": DEFAULT_CONNECTION_LIMIT,
        "insert_headers": {},
        "secret_id": None,
        "sni_secret_id": None,
        "timeout_client_data": None,
        "timeout_member_connect": None,
        "timeout_member_data": None,
        "user_list": [],
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
        "creator_task_id": task_id,
        "_order": [],
        "_default_pool": None,
        **fields_set,
    }


def view(acc: Account, listener: Object, *, stats: bool = False) -> Object:
    """A listener as the API shows it: neither policies nor default pool."""
    shown = {name: value for name, value in listener.items() if not name.startswith("_")}
    if acc.options.listener_load_balancer_id == "null":
        shown["load_balancer_id"] = None
    used = {listener["_default_pool"]} | {
        policy["redirect_pool_id"] for policy in acc.where("l7policies", "listener_id", listener["id"])
    }
    return {
        **shown,
        **acc.status(listener),
        "pool_count": len(used - {None}),
        "stats": dict(NO_STATISTICS) if stats else None,
    }


def remove(acc: Account, listener_id: str) -> None:
    """Take a listener, its policies and their rules out of the store."""
    acc.drop("listeners", listener_id)
    for policy in acc.where("l7policies", "listener_id", listener_id):
        policies.remove(acc, policy["id"])


def _begin_create(acc: Account, task: Object) -> None:
    args = task["args"]
    listener = new_listener(args["load_balancer"], args["id"], args["values"], task["id"])
    acc.put("listeners", {**listener, "_default_pool": args["default_pool"]})


def _begin_patch(acc: Account, task: Object) -> None:
    acc.change("listeners", task["args"]["id"], **task["args"]["values"], provisioning_status="ACTIVE")


def _finish_delete(acc: Account, task: Object) -> None:
    remove(acc, task["args"]["id"])
    if task["args"]["pool"] is not None:
        pools.remove(acc, task["args"]["pool"])


EFFECTS = {
    "create_lblistener": Effect(begin=_begin_create),
    "patch_lblistener": Effect(begin=_begin_patch),
    "delete_lblistener": Effect(finish=_finish_delete),
}

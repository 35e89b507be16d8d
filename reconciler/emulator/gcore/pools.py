"""Load balancer pools: gcore.md 2.4. Members and health monitors are in ``pool_parts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator.gcore import fields, paging, pool_parts, tasks
from reconciler.emulator.gcore.account import Account, query_flag, read_body
from reconciler.emulator.gcore.errors import conflict, invalid
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.tasks import Effect, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

PROTOCOLS = ("HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP", "UDP")
ALGORITHMS = ("LEAST_CONNECTIONS", "ROUND_ROBIN", "SOURCE_IP")
_TIMEOUT = Field(fields.integer(0, 86400000), nullable=True)
_SECRET = Field(fields.string(0, 255), nullable=True)
_PERSISTENCE = fields.record(
    {
        "type": Field(fields.one_of("APP_COOKIE", "HTTP_COOKIE", "SOURCE_IP"), required=True),
        "cookie_name": Field(fields.string(1, 255), nullable=True),
        "persistence_granularity": Field(fields.string(1, 64), nullable=True),
        "persistence_timeout": Field(fields.integer(0, 2147483647), nullable=True),
    }
)
PLAIN_FIELDS: Mapping[str, Field] = {
    "ca_secret_id": _SECRET,
    "crl_secret_id": _SECRET,
    "secret_id": _SECRET,
    "session_persistence": Field(_PERSISTENCE, nullable=True),
    "timeout_client_data": _TIMEOUT,
    "timeout_member_connect": _TIMEOUT,
    "timeout_member_data": _TIMEOUT,
}
CREATE_TABLE: Mapping[str, Field] = {
    "name": Field(fields.string(1, 255), required=True),
    "lb_algorithm": Field(fields.one_of(*ALGORITHMS), required=True),
    "protocol": Field(fields.one_of(*PROTOCOLS), required=True),
    "healthmonitor": Field(pool_parts.MONITOR, nullable=True),
    "members": Field(fields.list_of(pool_parts.MEMBER)),
    **PLAIN_FIELDS,
}
_OWNERS: Mapping[str, Field] = {
    "listener_id": Field(fields.reference, nullable=True),
    "load_balancer_id": Field(fields.reference, nullable=True),
}
_PATCH_TABLE: Mapping[str, Field] = {
    "name": Field(fields.string(1, 255)),
    "lb_algorithm": Field(fields.one_of(*ALGORITHMS)),
    "protocol": Field(fields.one_of(*PROTOCOLS)),
    "admin_state_up": Field(fields.boolean),
    "healthmonitor": Field(pool_parts.MONITOR_UPDATE, nullable=True),
    "members": Field(fields.list_of(pool_parts.MEMBER), nullable=True),
    **PLAIN_FIELDS,
}


def list_pools(acc: Account, request: Request) -> Reply:
    """GET pools by load balancer, listener and name; without ``details`` members are ids only."""
    balancer, listener = request.value("load_balancer_id"), request.value("listener_id")
    name = request.value("name")
    details = bool(query_flag(request, "details"))
    found = acc.all("pools") if balancer is None else acc.where("pools", "_load_balancer", balancer)
    chosen = [
        pool
        for pool in found
        if (name is None or pool["name"] == name) and (listener is None or listener in _listeners(acc, pool))
    ]

    def show(pool: Object) -> Object:
        whole = view(acc, pool)
        return whole if details else {**whole, "members": [{"id": member["id"]} for member in whole["members"]]}

    return paging.page(acc.ctx, request, chosen, show, acc.options.page_limit)


def get_pool(acc: Account, request: Request, pool_id: str) -> Reply:
    """GET one pool with its members."""
    return json_reply(200, view(acc, acc.get("pools", pool_id)))


def create_pool(acc: Account, request: Request) -> Reply:
    """POST: one task. A pool belongs to a load balancer, and may become the default pool of a listener."""
    body = fields.check_body(read_body(request), {**CREATE_TABLE, **_OWNERS}, foreign=acc.options.foreign_fields)
    listener_id = body.get("listener_id")
    listener = acc.refer("listeners", "listener_id", listener_id) if listener_id is not None else None
    balancer_id = listener["load_balancer_id"] if listener is not None else body.get("load_balancer_id")
    if balancer_id is None:
        raise invalid({"load_balancer_id": ["One of load_balancer_id and listener_id is required"]})
    if body.get("load_balancer_id") not in (None, balancer_id):
        raise invalid({"listener_id": ["The listener belongs to another load balancer"]})
    acc.refer("loadbalancers", "load_balancer_id", balancer_id)
    if listener is not None and listener["_default_pool"] is not None:
        raise conflict(f"Listener {listener_id} already has a default pool")
    tasks.refuse_locked(acc, balancer_id)
    values = with_ids(acc, body)
    pool_id = values["id"]
    marks = {pool_id: "PENDING_CREATE", balancer_id: "PENDING_UPDATE"}
    work = Work(
        "create_lbpool",
        {"id": pool_id, "values": values, "listener": listener_id, "load_balancer": balancer_id},
        body,
        created=created_ids([values]),
        lock=balancer_id,
        marks=marks if listener is None else {**marks, listener["id"]: "PENDING_UPDATE"},
        target=("pools", pool_id),
    )
    return tasks.start(acc, work)


def update_pool(acc: Account, request: Request, pool_id: str) -> Reply:
    """PATCH v2: plain fields partial, nested objects complete; nothing to change gives no task."""
    body = fields.check_body(read_body(request), _PATCH_TABLE, foreign=acc.options.foreign_fields)
    pool = acc.get("pools", pool_id)
    values = dict(body)
    if "members" in body:
        values["members"] = pool_parts.members(acc, body["members"] or [], pool["members"])
    if "healthmonitor" in body:
        values["healthmonitor"] = pool_parts.monitor(acc, body["healthmonitor"], pool["healthmonitor"])
    if "session_persistence" in body:
        values["session_persistence"] = _persistence(body["session_persistence"])
    changed = {name: value for name, value in values.items() if pool[name] != value}
    if not changed and pool["provisioning_status"] == "ACTIVE":
        return tasks.no_task()
    return start_change(acc, pool, "patch_lbpool", changed, body)


def delete_pool(acc: Account, request: Request, pool_id: str) -> Reply:
    """DELETE a pool; whether one that a policy points to may go is a switch."""
    pool = acc.get("pools", pool_id)
    users = acc.where("l7policies", "redirect_pool_id", pool_id)
    if users and acc.options.pool_in_use == "refused":
        raise conflict(f"Pool {pool_id} is in use by L7 policy {users[0]['id']}")
    balancer_id = pool["_load_balancer"]
    tasks.refuse_locked(acc, balancer_id)
    marks = {pool_id: "PENDING_DELETE", balancer_id: "PENDING_UPDATE"}
    work = Work(
        "delete_lbpool",
        {"id": pool_id},
        {"pool_id": pool_id},
        lock=balancer_id,
        marks=marks,
        target=("pools", pool_id),
    )
    return tasks.start(acc, work)


def start_change(
    acc: Account,
    pool: Object,
    task_type: str,
    changes: Mapping[str, Any],
    data: Mapping[str, Any],
    created: Mapping[str, list[str]] | None = None,
) -> Reply:
    """Start a task that changes stored fields of a pool; the load balancer is locked meanwhile."""
    balancer_id = pool["_load_balancer"]
    tasks.refuse_locked(acc, balancer_id)
    work = Work(
        task_type,
        {"id": pool["id"], "values": dict(changes)},
        {**data, "pool_id": pool["id"]},
        created=created,
        lock=balancer_id,
        marks={pool["id"]: "PENDING_UPDATE", balancer_id: "PENDING_UPDATE"},
        target=("pools", pool["id"]),
    )
    return tasks.start(acc, work)


def with_ids(acc: Account, body: Mapping[str, Any]) -> Object:
    """The stored fields that a create body sets, with new ids for pool, members and health monitor."""
    values: Object = {name: body[name] for name in CREATE_TABLE if name in body}
    return {
        **values,
        "id": acc.ctx.new_id(),
        "members": pool_parts.members(acc, body.get("members") or [], []),
        "healthmonitor": pool_parts.monitor(acc, body.get("healthmonitor"), None),
        "session_persistence": _persistence(body.get("session_persistence")),
    }


def created_ids(pools: Sequence[Object]) -> dict[str, list[str]]:
    """What a task that makes these pools says in ``created_resources``."""
    return {
        "pools": [pool["id"] for pool in pools],
        "members": [member["id"] for pool in pools for member in pool["members"]],
        "healthmonitors": [pool["healthmonitor"]["id"] for pool in pools if pool["healthmonitor"] is not None],
    }


def new_pool(balancer_id: str, values: Mapping[str, Any], task_id: str | None) -> Object:
    """A pool as it is stored."""
    return {
        "admin_state_up": True,
        "ca_secret_id": None,
        "crl_secret_id": None,
        "secret_id": None,
        "timeout_client_data": None,
        "timeout_member_connect": None,
        "timeout_member_data": None,
        "healthmonitor": None,
        "members": [],
        "session_persistence": None,
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
        "creator_task_id": task_id,
        "_load_balancer": balancer_id,
        **values,
    }


def view(acc: Account, pool: Object) -> Object:
    """A pool as the API shows it."""
    shown = {name: value for name, value in pool.items() if not name.startswith("_")}
    return {
        **shown,
        **acc.status(pool),
        "members": [pool_parts.member_view(member) for member in pool["members"]],
        "listeners": [{"id": id} for id in _listeners(acc, pool)],
        "loadbalancers": [{"id": pool["_load_balancer"]}],
    }


def _listeners(acc: Account, pool: Object) -> list[str]:
    """The listeners that use the pool, as their default or through a policy."""
    users = [listener["id"] for listener in acc.where("listeners", "_default_pool", pool["id"])]
    users += [policy["listener_id"] for policy in acc.where("l7policies", "redirect_pool_id", pool["id"])]
    return list(dict.fromkeys(users))


def _persistence(body: Mapping[str, Any] | None) -> Object | None:
    if body is None:
        return None
    names = ("type", "cookie_name", "persistence_granularity", "persistence_timeout")
    return {name: body.get(name) for name in names}


def remove(acc: Account, pool_id: str) -> None:
    """Take a pool out of the store; listeners and policies that point to it lose it."""
    for listener in acc.where("listeners", "_default_pool", pool_id):
        acc.put("listeners", {**listener, "_default_pool": None})
    for policy in acc.where("l7policies", "redirect_pool_id", pool_id):
        acc.put("l7policies", {**policy, "redirect_pool_id": None})
    acc.drop("pools", pool_id)


def _begin_create(acc: Account, task: Object) -> None:
    args = task["args"]
    acc.put("pools", new_pool(args["load_balancer"], args["values"], task["id"]))
    if args["listener"] is not None:
        acc.change("listeners", args["listener"], _default_pool=args["id"])


def _begin_change(acc: Account, task: Object) -> None:
    acc.change("pools", task["args"]["id"], **task["args"]["values"], provisioning_status="ACTIVE")


def _finish_delete(acc: Account, task: Object) -> None:
    remove(acc, task["args"]["id"])


EFFECTS = {
    "create_lbpool": Effect(begin=_begin_create),
    "patch_lbpool": Effect(begin=_begin_change),
    "delete_lbpool": Effect(finish=_finish_delete),
    "create_lbmember": Effect(begin=_begin_change),
    "update_lbmember": Effect(begin=_begin_change),
    "delete_lbmember": Effect(begin=_begin_change),
    "create_lbpool_health_monitor": Effect(begin=_begin_change),
    "update_lbpool_health_monitor": Effect(begin=_begin_change),
}

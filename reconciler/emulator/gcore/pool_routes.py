"""The routes of a pool's members and of its health monitor; both are stored in the pool."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.gcore import fields, paging, pool_parts, pools, tasks
from reconciler.emulator.gcore.account import Account, read_body
from reconciler.emulator.gcore.errors import conflict, invalid, not_found
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

_MONITOR_PATCH = {
    name: Field(field.check, nullable=field.nullable)
    for name, field in pool_parts.MONITOR_TABLE.items()
    if name != "type"
}


def list_members(acc: Account, request: Request, pool_id: str) -> Reply:
    """GET the members of a pool, by address unless ``order_by`` says otherwise."""
    pool = acc.get("pools", pool_id)
    order = request.value("order_by") or "address.asc"
    if order not in ("address.asc", "address.desc", "created_at.asc", "created_at.desc"):
        raise invalid({"order_by": ["Input should be address or created_at, and .asc or .desc"]})
    found = list(pool["members"])
    if order.startswith("address"):
        found.sort(key=lambda member: (member["address"], member["protocol_port"]))
    if order.endswith(".desc"):
        found.reverse()
    return paging.page(acc.ctx, request, found, pool_parts.member_view, acc.options.page_limit)


def get_member(acc: Account, request: Request, pool_id: str, member_id: str) -> Reply:
    """GET one member."""
    return json_reply(200, pool_parts.member_view(_member(acc.get("pools", pool_id), member_id)))


def create_member(acc: Account, request: Request, pool_id: str) -> Reply:
    """POST: one more member."""
    body = fields.check_body(read_body(request), pool_parts.MEMBER_TABLE, foreign=acc.options.foreign_fields)
    pool = acc.get("pools", pool_id)
    place = (body["address"], body["protocol_port"])
    if any((member["address"], member["protocol_port"]) == place for member in pool["members"]):
        raise conflict(f"Member {place[0]}:{place[1]} already exists in pool {pool_id}")
    tasks.refuse_locked(acc, pool["_load_balancer"])
    member = pool_parts.new_member(acc.ctx.new_id(), body)
    return _change(acc, pool, "create_lbmember", [*pool["members"], member], body, [member["id"]])


def update_member(acc: Account, request: Request, pool_id: str, member_id: str) -> Reply:
    """PATCH one member; nothing to change gives no task."""
    table = pool_parts.MEMBER_UPDATE_TABLE
    body = fields.check_body(read_body(request), table, foreign=acc.options.foreign_fields)
    pool = acc.get("pools", pool_id)
    old = _member(pool, member_id)
    new = {**old, **body}
    if new == old:
        return tasks.no_task()
    members = [new if member["id"] == member_id else member for member in pool["members"]]
    return _change(acc, pool, "update_lbmember", members, {**body, "member_id": member_id})


def replace_members(acc: Account, request: Request, pool_id: str) -> Reply:
    """PUT the whole list: members of the same address and port keep their ids."""
    table = {"body": Field(fields.list_of(pool_parts.MEMBER), required=True)}
    body = fields.check_body({"body": read_body(request)}, table)
    pool = acc.get("pools", pool_id)
    members = pool_parts.members(acc, body["body"], pool["members"])
    if members == pool["members"]:
        return tasks.no_task()
    known = {member["id"] for member in pool["members"]}
    created = [member["id"] for member in members if member["id"] not in known]
    return _change(acc, pool, "update_lbmember", members, {"members": body["body"]}, created)


def delete_member(acc: Account, request: Request, pool_id: str, member_id: str) -> Reply:
    """DELETE one member."""
    pool = acc.get("pools", pool_id)
    gone = _member(pool, member_id)
    members = [member for member in pool["members"] if member is not gone]
    return _change(acc, pool, "delete_lbmember", members, {"member_id": member_id})


def get_monitor(acc: Account, request: Request, pool_id: str) -> Reply:
    """GET the health monitor."""
    return json_reply(200, _monitor(acc.get("pools", pool_id)))


def create_monitor(acc: Account, request: Request, pool_id: str) -> Reply:
    """POST: a pool has at most one health monitor."""
    body = fields.check_body(read_body(request), pool_parts.MONITOR_TABLE, foreign=acc.options.foreign_fields)
    pool = acc.get("pools", pool_id)
    if pool["healthmonitor"] is not None:
        raise conflict(f"Pool {pool_id} already has a health monitor")
    tasks.refuse_locked(acc, pool["_load_balancer"])
    made = pool_parts.monitor(acc, body, None)
    created = {"healthmonitors": [made["id"]]} if made is not None else None
    return pools.start_change(acc, pool, "create_lbpool_health_monitor", {"healthmonitor": made}, body, created)


def update_monitor(acc: Account, request: Request, pool_id: str) -> Reply:
    """PATCH the health monitor: partial, null clears; nothing to change gives no task."""
    body = fields.check_body(read_body(request), _MONITOR_PATCH, foreign=acc.options.foreign_fields)
    pool = acc.get("pools", pool_id)
    old = _monitor(pool)
    new = pool_parts.monitor(acc, {**old, **body}, old)
    if new == old:
        return tasks.no_task()
    return pools.start_change(acc, pool, "update_lbpool_health_monitor", {"healthmonitor": new}, body)


def delete_monitor(acc: Account, request: Request, pool_id: str) -> Reply:
    """DELETE the health monitor: synchronous, as the SDK has it."""
    pool = acc.get("pools", pool_id)
    _monitor(pool)
    tasks.refuse_locked(acc, pool["_load_balancer"])
    acc.change("pools", pool_id, healthmonitor=None)
    return Reply(204)


def _member(pool: Object, member_id: str) -> Object:
    for member in pool["members"]:
        if member["id"] == member_id:
            found: Object = member
            return found
    raise not_found("Pool member", member_id)


def _monitor(pool: Object) -> Object:
    monitor: Object | None = pool["healthmonitor"]
    if monitor is None:
        raise not_found("Health monitor of pool", pool["id"])
    return monitor


def _change(
    acc: Account, pool: Object, task_type: str, members: list[Object], data: Any, created: list[str] | None = None
) -> Reply:
    return pools.start_change(acc, pool, task_type, {"members": members}, data, {"members": created or []})

"""L7 policies: gcore.md 2.1, 3.1, 3.2."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.gcore import fields, paging, tasks
from reconciler.emulator.gcore.account import Account, read_body, zoned
from reconciler.emulator.gcore.errors import ApiError, conflict, invalid
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.octavia import moved
from reconciler.emulator.gcore.tasks import Effect, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

ACTIONS = ("REDIRECT_PREFIX", "REDIRECT_TO_POOL", "REDIRECT_TO_URL", "REJECT")
TARGETS = {
    "REDIRECT_PREFIX": "redirect_prefix",
    "REDIRECT_TO_POOL": "redirect_pool_id",
    "REDIRECT_TO_URL": "redirect_url",
}
"""The one target field that each action needs; REJECT has none."""
CODED = ("REDIRECT_PREFIX", "REDIRECT_TO_URL")
HTTP_CODES = (301, 302, 303, 307, 308)
LISTENER_PROTOCOLS = ("HTTP", "TERMINATED_HTTPS")
POOL_PROTOCOLS = ("HTTP", "HTTPS", "PROXY", "PROXYV2")
LAST_POSITION = 2147483647

_COMMON = {
    "action": Field(fields.one_of(*ACTIONS), required=True),
    "name": Field(fields.name),
    "position": Field(fields.integer(1, LAST_POSITION)),
    "tags": Field(fields.list_of(fields.string(1, 255))),
}
_TARGET_FIELDS = {
    "redirect_prefix": Field(fields.web_url, required=True),
    "redirect_pool_id": Field(fields.reference, required=True),
    "redirect_url": Field(fields.web_url, required=True),
}
_CODE = {"redirect_http_code": Field(fields.one_of(*HTTP_CODES))}
_CREATE_ONLY = {"listener_id": Field(fields.reference, required=True)}


def list_policies(acc: Account, request: Request) -> Reply:
    """GET all policies of the project and region: there is no filter."""
    return paging.page(
        acc.ctx, request, acc.all("l7policies"), lambda policy: view(acc, policy), acc.options.page_limit
    )


def get_policy(acc: Account, request: Request, policy_id: str) -> Reply:
    """GET one policy."""
    return json_reply(200, view(acc, acc.get("l7policies", policy_id)))


def create_policy(acc: Account, request: Request) -> Reply:
    """POST: one task, which gives the id in ``created_resources.l7polices``."""
    body = _checked(acc, read_body(request), _CREATE_ONLY)
    listener = acc.refer("listeners", "listener_id", body["listener_id"])
    _check_listener(listener)
    _check_pool(acc, body, listener)
    tasks.refuse_locked(acc, listener["load_balancer_id"])
    policy_id = acc.ctx.new_id()
    values = _values(acc, body, None)
    marks = {policy_id: "PENDING_CREATE", listener["id"]: "PENDING_UPDATE"}
    work = Work(
        "create_l7policy",
        {"id": policy_id, "values": {**values, "listener_id": listener["id"]}, "position": body.get("position")},
        body,
        created={"l7polices": [policy_id]},
        lock=listener["load_balancer_id"],
        marks={**marks, listener["load_balancer_id"]: "PENDING_UPDATE"},
        target=("l7policies", policy_id),
    )
    return tasks.start(acc, work)


def update_policy(acc: Account, request: Request, policy_id: str) -> Reply:
    """PATCH, and PUT of older clients: partial, but the action and its target are always required."""
    body = _checked(acc, read_body(request), {})
    policy = acc.get("l7policies", policy_id)
    listener = acc.get("listeners", policy["listener_id"])
    _check_pool(acc, body, listener)
    tasks.refuse_locked(acc, listener["load_balancer_id"])
    work = Work(
        "update_l7policy",
        {"id": policy_id, "values": _values(acc, body, policy), "position": body.get("position")},
        {**body, "l7policy_id": policy_id},
        lock=listener["load_balancer_id"],
        marks=chain_marks(policy, listener, "PENDING_UPDATE"),
        target=("l7policies", policy_id),
    )
    return tasks.start(acc, work)


def delete_policy(acc: Account, request: Request, policy_id: str) -> Reply:
    """DELETE a policy and its rules."""
    policy = acc.get("l7policies", policy_id)
    listener = acc.get("listeners", policy["listener_id"])
    tasks.refuse_locked(acc, listener["load_balancer_id"])
    work = Work(
        "delete_l7policy",
        {"id": policy_id},
        {"l7policy_id": policy_id},
        lock=listener["load_balancer_id"],
        marks=chain_marks(policy, listener, "PENDING_DELETE"),
        target=("l7policies", policy_id),
    )
    return tasks.start(acc, work)


def chain_marks(policy: Object, listener: Object, status: str) -> dict[str, str]:
    """What a write of a policy (or of its rules) shows on policy, listener and load balancer."""
    return {
        policy["id"]: status,
        listener["id"]: "PENDING_UPDATE",
        listener["load_balancer_id"]: "PENDING_UPDATE",
    }


def remove(acc: Account, policy_id: str) -> None:
    """Take a policy and its rules out of the store, and out of its listener's order."""
    policy = acc.find("l7policies", policy_id)
    if policy is None:
        return
    for rule in acc.where("l7rules", "_policy", policy_id):
        acc.drop("l7rules", rule["id"])
    acc.drop("l7policies", policy_id)
    listener = acc.find("listeners", policy["listener_id"])
    if listener is not None:
        acc.put("listeners", {**listener, "_order": [id for id in listener["_order"] if id != policy_id]})


def new_policy(acc: Account, policy_id: str, values: Object) -> Object:
    """A policy as it is stored; its position is its place in the listener's ``_order``."""
    return {
        "id": policy_id,
        "name": "",
        "redirect_http_code": None,
        "redirect_pool_id": None,
        "redirect_prefix": None,
        "redirect_url": None,
        "tags": [],
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
        "created_at": zoned(acc.now),
        "updated_at": zoned(acc.now),
        **values,
    }


def view(acc: Account, policy: Object) -> Object:
    """A policy as the API shows it: of its rules the ids only."""
    scope = acc.scope
    legacy = {"created_at": policy["created_at"], "updated_at": policy["updated_at"]}
    return {
        "id": policy["id"],
        "name": policy["name"],
        "action": policy["action"],
        "listener_id": policy["listener_id"],
        "position": acc.positions(policy["listener_id"])[policy["id"]],
        "redirect_http_code": policy["redirect_http_code"],
        "redirect_pool_id": policy["redirect_pool_id"],
        "redirect_prefix": policy["redirect_prefix"],
        "redirect_url": policy["redirect_url"],
        "rules": [{"id": rule["id"], **scope} for rule in acc.where("l7rules", "_policy", policy["id"])],
        "tags": policy["tags"],
        **acc.status(policy),
        **scope,
        **(legacy if acc.options.legacy_fields else {}),
    }


def table_for(action: Any) -> dict[str, Field]:
    """The fields of a policy body with this action, but for ``listener_id``."""
    target = TARGETS.get(action) if isinstance(action, str) else None
    return {
        **_COMMON,
        **({target: _TARGET_FIELDS[target]} if target is not None else {}),
        **(_CODE if action in CODED else {}),
    }


def default_code(acc: Account, action: str) -> int | None:
    """The code that a redirect without one shows."""
    return 302 if action in CODED and acc.options.redirect_code_default == "302" else None


def _checked(acc: Account, body: Any, more: dict[str, Field]) -> Object:
    table = {**more, **table_for(body.get("action") if isinstance(body, dict) else None)}
    checked = fields.check_body(body, table, foreign=acc.options.foreign_fields)
    if len(set(checked.get("tags", ()))) != len(checked.get("tags", ())):
        # Octavia's words for a repeated tag (openstack.md 3).
        raise conflict("Already an entity with that specified id.")
    return checked


def _check_listener(listener: Object) -> None:
    if listener["protocol"] not in LISTENER_PROTOCOLS:
        reason = f"{listener['protocol']} protocol listeners do not support L7 policies"
        raise invalid({"listener_id": [reason]})


def _check_pool(acc: Account, body: Object, listener: Object) -> None:
    if "redirect_pool_id" not in body:
        return
    pool = acc.refer("pools", "redirect_pool_id", body["redirect_pool_id"])
    if pool["_load_balancer"] != listener["load_balancer_id"]:
        raise ApiError(404, f"Pool {pool['id']} could not be found on load balancer {listener['load_balancer_id']}")
    if pool["protocol"] not in POOL_PROTOCOLS:
        reason = f"{pool['protocol']} pools cannot serve a {listener['protocol']} listener"
        raise invalid({"redirect_pool_id": [reason]})


def _values(acc: Account, body: Object, old: Object | None) -> Object:
    """The stored fields that a body sets; the targets of other actions are cleared."""
    action = body["action"]
    values: Object = {"action": action}
    for owner, field in TARGETS.items():
        values[field] = body[field] if owner == action else None
    values["redirect_http_code"] = body.get("redirect_http_code")
    if action in CODED and "redirect_http_code" not in body:
        kept = acc.options.omitted_redirect_code == "kept" and old is not None and old["action"] in CODED
        values["redirect_http_code"] = old["redirect_http_code"] if kept and old else default_code(acc, action)
    values.update({field: body[field] for field in ("name", "tags") if field in body})
    return values


def _begin_create(acc: Account, task: Object) -> None:
    args = task["args"]
    policy = new_policy(acc, args["id"], args["values"])
    acc.put("l7policies", policy)
    _move(acc, policy, args["position"])


def _begin_update(acc: Account, task: Object) -> None:
    args = task["args"]
    acc.change("l7policies", args["id"], **args["values"], provisioning_status="ACTIVE", updated_at=zoned(acc.now))
    if args["position"] is not None:
        _move(acc, acc.get("l7policies", args["id"]), args["position"])


def _move(acc: Account, policy: Object, position: int | None) -> None:
    listener = acc.get("listeners", policy["listener_id"])
    acc.put("listeners", {**listener, "_order": moved(listener["_order"], policy["id"], position)})


def _finish_delete(acc: Account, task: Object) -> None:
    remove(acc, task["args"]["id"])


EFFECTS = {
    "create_l7policy": Effect(begin=_begin_create),
    "update_l7policy": Effect(begin=_begin_update),
    "delete_l7policy": Effect(finish=_finish_delete),
}

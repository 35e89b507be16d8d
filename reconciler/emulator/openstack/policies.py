"""L7 policies: openstack.md 3 ('L7 policy', 'Positions')."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import access, lists, octavia_quotas, rule_values, settle, types
from reconciler.emulator.openstack.cloud import Cloud, moment, shown
from reconciler.emulator.openstack.collation import collated
from reconciler.emulator.openstack.errors import fault, octavia_missing
from reconciler.emulator.openstack.targets import ACTIONS, moved, settle_target, stored_update
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.store import Object

LAST = 2147483647
RULES_PER_POLICY = 50
POLICY_PROTOCOLS = ("HTTP", "TERMINATED_HTTPS")
POOLS_OF = {
    "TCP": ("HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP"),
    "HTTP": ("HTTP", "PROXY", "PROXYV2"),
    "HTTPS": ("HTTPS", "PROXY", "PROXYV2", "TCP"),
    "TERMINATED_HTTPS": ("HTTP", "PROXY", "PROXYV2"),
    "UDP": ("UDP",),
    "SCTP": ("SCTP",),
    "PROMETHEUS": (),
}
"""Which pools serve which listeners."""

_RULE = {
    "type": Field(types.choice(*rule_values.RULE_TYPES), required=True),
    "compare_type": Field(types.choice(*rule_values.COMPARE_TYPES), required=True),
    "key": Field(types.text(255)),
    "value": Field(types.text(255), required=True),
    "invert": Field(types.boolean, default=False),
    "admin_state_up": Field(types.boolean, default=True),
    "tags": Field(types.list_of(types.text(255))),
}
_COMMON = {
    "name": Field(types.text(255)),
    "description": Field(types.text(255)),
    "admin_state_up": Field(types.boolean),
    "action": Field(types.choice(*ACTIONS)),
    "redirect_pool_id": Field(types.identifier),
    "redirect_url": Field(types.address),
    "redirect_prefix": Field(types.address),
    "position": Field(types.number(1, LAST)),
    "tags": Field(types.list_of(types.text(255))),
    "redirect_http_code": Field(types.number(among=(301, 302, 303, 307, 308))),
}
POST_TABLE: Mapping[str, Field] = {
    "name": _COMMON["name"],
    "description": _COMMON["description"],
    "admin_state_up": Field(types.boolean, default=True),
    "project_id": Field(types.text(36)),
    "action": Field(types.choice(*ACTIONS), required=True),
    "redirect_pool_id": _COMMON["redirect_pool_id"],
    "redirect_url": _COMMON["redirect_url"],
    "redirect_prefix": _COMMON["redirect_prefix"],
    "position": _COMMON["position"],
    "listener_id": Field(types.identifier, required=True),
    "rules": Field(types.list_of_objects("l7policy_.l7policy.rules", _RULE)),
    "tags": _COMMON["tags"],
    "redirect_http_code": _COMMON["redirect_http_code"],
    "tenant_id": Field(types.text(36)),
}
"""In the server's order: of several faults the first one is told."""
COLUMNS = {
    name: name
    for name in (
        "id", "name", "description", "provisioning_status", "operating_status", "admin_state_up", "project_id",
        "action", "listener_id", "redirect_pool_id", "redirect_url", "redirect_prefix", "position", "created_at",
        "updated_at", "redirect_http_code",
    )
} | {"enabled": "admin_state_up"}  # fmt: skip


def list_policies(cloud: Cloud, request: Request) -> Reply:
    """GET the policies that the filters meet, by time of creation: not by position."""
    owner = lists.owner_filter(cloud, request)
    found = cloud.all("l7policies") if owner is None else cloud.where("l7policies", "project_id", owner)
    return lists.page(cloud, request, found, COLUMNS, "l7policies", lambda policy: view(cloud, policy))


def get_policy(cloud: Cloud, request: Request, policy_id: str) -> Reply:
    """GET one policy."""
    policy = access.readable(cloud, "l7policies", policy_id)
    return json_reply(200, {"l7policy": lists.select(view(cloud, policy), request.values("fields"))})


def create_policy(cloud: Cloud, request: Request) -> Reply:
    """POST: 201 with the final position; the checks run in the server's order."""
    body = types.body_of(request, "l7policy", "l7policy_", POST_TABLE)
    listener = access.get(cloud, "listeners", str(body["listener_id"]))
    access.check_owner(cloud, listener["project_id"], write=True)
    if listener["protocol"] == "PROMETHEUS":
        raise fault(400, "Protocol PROMETHEUS listeners cannot have child objects.")
    _check_pool(cloud, body, listener)
    octavia_quotas.take(cloud, "l7policy", listener["project_id"])
    settled = settle_target(body)
    policy_id = cloud.ctx.new_id()
    _check_nested(policy_id, settled.pop("rules", None))
    settle.lock(cloud, listener["_load_balancer"], listener["id"])
    types.refuse_four_bytes(settled, cloud.options.four_byte_characters == "stored")
    check_tags(cloud, settled.get("tags"))
    if body.get("rules"):
        # The server checks nested rules and then fails to store them.
        raise fault(500, "'dict' object has no attribute '_sa_instance_state'")
    _check_pool_owner(cloud, settled, listener)
    if listener["protocol"] not in POLICY_PROTOCOLS:
        text = f"{listener['protocol']} protocol listeners do not support L7 policies"
        raise fault(501, f"Provider '{_provider(cloud, listener)}' does not support a requested option: {text}")
    cloud.put("l7policies", new_policy(cloud, policy_id, listener, settled))
    # A null position is none: the server's default went with the null.
    arrange(cloud, listener["id"], policy_id, settled.get("position") or LAST)
    settle.begin(cloud, listener["_load_balancer"], "create", "l7policies", policy_id, listener["id"])
    return json_reply(201, {"l7policy": view(cloud, cloud.must("l7policies", policy_id))})


def update_policy(cloud: Cloud, request: Request, policy_id: str) -> Reply:
    """PUT: partial; a target decides the action, and what is stored does not matter to the checks."""
    body = types.body_of(request, "l7policy", "l7policy_", _COMMON)
    policy = access.get(cloud, "l7policies", policy_id)
    policy_id = policy["id"]
    listener = cloud.must("listeners", policy["listener_id"])
    access.check_owner(cloud, policy["project_id"], write=True)
    if "admin_state_up" in body:
        body["admin_state_up"] = bool(body["admin_state_up"])
    settled = settle_target(body)
    _check_pool(cloud, settled, listener)
    settle.lock(cloud, listener["_load_balancer"], listener["id"])
    types.refuse_four_bytes(settled, cloud.options.four_byte_characters == "stored")
    _check_pool_owner(cloud, settled, listener)
    values = stored_update(settled)
    if "tags" in values:
        check_tags(cloud, values["tags"], update=True)
        values["tags"] = values["tags"] or []
    position = values.pop("position", None)
    changed = {**policy, **values, "provisioning_status": "PENDING_UPDATE", "updated_at": moment(cloud.now)}
    cloud.put("l7policies", changed)
    if position is not None and position != policy["position"]:
        arrange(cloud, listener["id"], policy_id, position)
    settle.begin(cloud, listener["_load_balancer"], "update", "l7policies", policy_id, listener["id"])
    return json_reply(200, {"l7policy": view(cloud, cloud.must("l7policies", policy_id))})


def delete_policy(cloud: Cloud, request: Request, policy_id: str) -> Reply:
    """DELETE a policy with its rules; it is listed and counted until the change is through."""
    policy = access.get(cloud, "l7policies", policy_id)
    access.check_owner(cloud, policy["project_id"], write=True)
    listener = cloud.must("listeners", policy["listener_id"])
    settle.lock(cloud, listener["_load_balancer"], listener["id"])
    cloud.change("l7policies", policy["id"], provisioning_status="PENDING_DELETE", updated_at=moment(cloud.now))
    settle.begin(cloud, listener["_load_balancer"], "delete", "l7policies", policy["id"], listener["id"])
    return Reply(204)


def remove(cloud: Cloud, policy_id: str) -> None:
    """Take a policy and its rules out of the store; the rest of the listener is 1..n again."""
    policy = cloud.find("l7policies", policy_id)
    if policy is None:
        return
    for rule in cloud.where("l7rules", "_policy", policy_id):
        cloud.drop("l7rules", rule["id"])
        if cloud.options.rules_of_deleted_policies == "given_back":
            octavia_quotas.give_back(cloud, "l7rule", policy["project_id"])
    cloud.drop("l7policies", policy_id)
    octavia_quotas.give_back(cloud, "l7policy", policy["project_id"])
    renumber(cloud, [other["id"] for other in on_listener(cloud, policy["listener_id"])])


def on_listener(cloud: Cloud, listener_id: str) -> list[Object]:
    """A listener's policies by position."""
    return sorted(cloud.where("l7policies", "listener_id", listener_id), key=lambda policy: int(policy["position"]))


def arrange(cloud: Cloud, listener_id: str, policy_id: str, position: int) -> None:
    """Put a policy to its place and number all of the listener 1..n."""
    order = [policy["id"] for policy in on_listener(cloud, listener_id)]
    renumber(cloud, moved(order, policy_id, position))


def renumber(cloud: Cloud, order: list[str]) -> None:
    """Number policies in this order; those that get another number count as updated, though nothing else changes."""
    for position, id in enumerate(order, 1):
        policy = cloud.must("l7policies", id)
        if policy["position"] != position:
            fresh = policy["position"] == LAST and policy["updated_at"] is None
            updated = None if fresh else moment(cloud.now)
            cloud.put("l7policies", {**policy, "position": position, "updated_at": updated})


def new_policy(cloud: Cloud, policy_id: str, listener: Object, values: Mapping[str, Any]) -> Object:
    """A policy as it is stored, last of its listener until it is arranged."""
    return {
        "id": policy_id,
        "name": values.get("name"),
        "description": values.get("description"),
        "provisioning_status": "PENDING_CREATE",
        "operating_status": "OFFLINE",
        "admin_state_up": bool(values.get("admin_state_up")),
        "project_id": listener["project_id"],
        "action": values["action"],
        "listener_id": listener["id"],
        "redirect_pool_id": values.get("redirect_pool_id"),
        "redirect_url": values.get("redirect_url"),
        "redirect_prefix": values.get("redirect_prefix"),
        "position": LAST,
        "created_at": moment(cloud.now),
        "updated_at": None,
        "tags": values.get("tags") or [],
        "redirect_http_code": values.get("redirect_http_code"),
    }


def view(cloud: Cloud, policy: Object) -> Object:
    """A policy as the API shows it: of its rules the ids only."""
    rules = [{"id": rule["id"]} for rule in cloud.where("l7rules", "_policy", policy["id"])]
    return {**shown(policy), "rules": rules, "tenant_id": policy["project_id"]}


def check_tags(cloud: Cloud, tags: list[str] | None, *, update: bool = False) -> None:
    """409 for a repeated tag, and 500 in an update; to the database, two that differ in case only are the same.

    Raises ``ApiError``.
    """
    if any(tag is None for tag in tags or ()):
        raise fault(500, "Something unknown went wrong")
    general = cloud.options.collation == "general"
    if len({collated(tag, general) for tag in tags or ()}) != len(tags or ()):
        if update:
            raise fault(500, "(pymysql.err.IntegrityError) Duplicate entry for key 'PRIMARY'")
        raise fault(409, "Already an entity with that specified id.")


def _check_nested(policy_id: str, rules: list[Mapping[str, Any]] | None) -> None:
    if len(rules or ()) > RULES_PER_POLICY:
        raise fault(409, f"Too many rules on L7 policy {policy_id}")
    for rule in rules or ():
        problem = rule_values.rule_problem(rule)
        if problem is not None:
            raise fault(400, f"Error parsing L7Rule: {problem}")


def _check_pool(cloud: Cloud, body: Mapping[str, Any], listener: Object) -> None:
    """The pool must exist and speak the listener's protocol."""
    if not body.get("redirect_pool_id"):
        return
    pool = access.get(cloud, "pools", body["redirect_pool_id"])
    check_protocols(listener["protocol"], pool["protocol"])


def check_protocols(listener: str, pool: str) -> None:
    """400 for a pool that cannot serve the listener. Raises ``ApiError``."""
    if pool not in POOLS_OF[listener]:
        text = f"The pool protocol '{pool}' is invalid while the listener protocol is '{listener}'."
        raise fault(400, f"Validation failure: {text}")


def _check_pool_owner(cloud: Cloud, settled: Mapping[str, Any], listener: Object) -> None:
    """A pool of another load balancer counts as missing, but only once the lock is taken."""
    if settled.get("action") != "REDIRECT_TO_POOL":
        return
    pool = cloud.find("pools", settled.get("redirect_pool_id") or "")
    if pool is None or pool["_load_balancer"] != listener["_load_balancer"]:
        raise octavia_missing("Pool", settled.get("redirect_pool_id"))


def _provider(cloud: Cloud, listener: Object) -> str:
    return str(cloud.must("loadbalancers", listener["_load_balancer"])["provider"])

"""L7 rules: openstack.md 3 ('L7 rule'). Which rules are taken is in ``rule_values``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import access, lists, octavia_quotas, rule_values, settle, types
from reconciler.emulator.openstack.cloud import Cloud, moment, shown
from reconciler.emulator.openstack.errors import fault, immutable
from reconciler.emulator.openstack.policies import RULES_PER_POLICY, check_tags
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.store import Object

_LINE = r"^[^\r\n]*$"
_PUT = {
    "type": Field(types.choice(*rule_values.RULE_TYPES)),
    "compare_type": Field(types.choice(*rule_values.COMPARE_TYPES)),
    "key": Field(types.text(255, _LINE)),
    "value": Field(types.text(255, _LINE)),
    "invert": Field(types.boolean),
    "admin_state_up": Field(types.boolean),
    "tags": Field(types.list_of(types.text(255))),
}
POST_TABLE: Mapping[str, Field] = {
    "type": Field(types.choice(*rule_values.RULE_TYPES), required=True),
    "compare_type": Field(types.choice(*rule_values.COMPARE_TYPES), required=True),
    "key": _PUT["key"],
    "value": Field(types.text(255, _LINE), required=True),
    "invert": Field(types.boolean, default=False),
    "admin_state_up": Field(types.boolean, default=True),
    "project_id": Field(types.text(36)),
    "tenant_id": Field(types.text(36)),
    "tags": _PUT["tags"],
}
COLUMNS = {
    name: name
    for name in (
        "id", "type", "compare_type", "key", "value", "invert", "provisioning_status", "operating_status",
        "created_at", "updated_at", "project_id", "admin_state_up",
    )
} | {"enabled": "admin_state_up", "l7policy_id": "_policy"}  # fmt: skip


def list_rules(cloud: Cloud, request: Request, policy_id: str) -> Reply:
    """GET the rules of one policy."""
    policy = access.readable(cloud, "l7policies", policy_id)
    found = cloud.where("l7rules", "_policy", policy["id"])
    return lists.page(cloud, request, found, COLUMNS, "rules", view)


def get_rule(cloud: Cloud, request: Request, policy_id: str, rule_id: str) -> Reply:
    """GET one rule; the policy in the path must exist, but the rule may belong to another one."""
    rule = access.readable(cloud, "l7rules", rule_id)
    return json_reply(200, {"rule": lists.select(view(rule), request.values("fields"))})


def create_rule(cloud: Cloud, request: Request, policy_id: str) -> Reply:
    """POST: 201; at most fifty on a policy."""
    body = types.body_of(request, "rule", "rule_", POST_TABLE)
    policy = access.get(cloud, "l7policies", policy_id)
    listener = cloud.must("listeners", policy["listener_id"])
    access.check_owner(cloud, policy["project_id"], write=True)
    _check_values(body)
    if len(cloud.where("l7rules", "_policy", policy["id"])) >= RULES_PER_POLICY:
        raise fault(409, f"Too many rules on L7 policy {policy_id}")
    octavia_quotas.take(cloud, "l7rule", policy["project_id"])
    _lock(cloud, policy, listener, policy_id)
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    check_tags(cloud, body.get("tags"))
    rule = new_rule(cloud, cloud.ctx.new_id(), policy, body)
    cloud.put("l7rules", rule)
    settle.begin(cloud, listener["_load_balancer"], "create", "l7rules", rule["id"], listener["id"], policy["id"])
    return json_reply(201, {"rule": view(rule)})


def update_rule(cloud: Cloud, request: Request, policy_id: str, rule_id: str) -> Reply:
    """PUT: partial; the rule as it would be is checked. ``invert`` null is false."""
    body = types.body_of(request, "rule", "l7rule_", _PUT)
    rule = access.get(cloud, "l7rules", rule_id)
    policy = access.get(cloud, "l7policies", policy_id)
    listener = cloud.must("listeners", policy["listener_id"])
    access.check_owner(cloud, policy["project_id"], write=True)
    for name in ("invert", "admin_state_up"):
        if name in body:
            body[name] = bool(body[name])
    _check_values({**rule, **body})
    _lock(cloud, policy, listener, policy_id)
    types.refuse_four_bytes(body, cloud.options.four_byte_characters == "stored")
    if "tags" in body:
        check_tags(cloud, body["tags"], update=True)
        body["tags"] = body["tags"] or []
    if body.get("type", rule["type"]) in rule_values.KEYLESS_TYPES:
        body["key"] = None
    changed = {**rule, **body, "provisioning_status": "PENDING_UPDATE", "updated_at": moment(cloud.now)}
    cloud.put("l7rules", changed)
    settle.begin(cloud, listener["_load_balancer"], "update", "l7rules", rule["id"], listener["id"], policy["id"])
    return json_reply(200, {"rule": view(changed)})


def delete_rule(cloud: Cloud, request: Request, policy_id: str, rule_id: str) -> Reply:
    """DELETE one rule."""
    rule = access.get(cloud, "l7rules", rule_id)
    policy = access.get(cloud, "l7policies", policy_id)
    listener = cloud.must("listeners", policy["listener_id"])
    access.check_owner(cloud, policy["project_id"], write=True)
    _lock(cloud, policy, listener, policy_id)
    cloud.change("l7rules", rule["id"], provisioning_status="PENDING_DELETE", updated_at=moment(cloud.now))
    settle.begin(cloud, listener["_load_balancer"], "delete", "l7rules", rule["id"], listener["id"], policy["id"])
    return Reply(204)


def remove(cloud: Cloud, rule_id: str) -> None:
    """Take a rule out of the store."""
    rule = cloud.find("l7rules", rule_id)
    if rule is not None:
        cloud.drop("l7rules", rule_id)
        octavia_quotas.give_back(cloud, "l7rule", rule["project_id"])


def new_rule(cloud: Cloud, rule_id: str, policy: Object, values: Mapping[str, Any]) -> Object:
    """A rule as it is stored."""
    return {
        "id": rule_id,
        "type": values["type"],
        "compare_type": values["compare_type"],
        "key": values.get("key"),
        "value": values["value"],
        "invert": bool(values.get("invert")),
        "provisioning_status": "PENDING_CREATE",
        "operating_status": "OFFLINE",
        "created_at": moment(cloud.now),
        "updated_at": None,
        "project_id": policy["project_id"],
        "admin_state_up": bool(values.get("admin_state_up")),
        "tags": values.get("tags") or [],
        "_policy": policy["id"],
    }


def view(rule: Object) -> Object:
    """A rule as the API shows it: it does not say which policy it belongs to."""
    return {**shown(rule), "tenant_id": rule["project_id"]}


def _check_values(values: Mapping[str, Any]) -> None:
    problem = rule_values.rule_problem(values)
    if problem is not None:
        raise fault(400, f"Error parsing L7Rule: {problem}")


def _lock(cloud: Cloud, policy: Object, listener: Object, named: str) -> None:
    """The policy's own status is looked at first: one in ERROR or in change takes no rules. Raises ``ApiError``."""
    if policy["provisioning_status"] != "ACTIVE":
        raise immutable("L7Policy", named)
    settle.lock(cloud, listener["_load_balancer"], listener["id"], policy["id"])

"""L7 rules: gcore.md 2.2, 3.3, 3.4; what Octavia checks is in ``octavia``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore import fields, paging, tasks
from reconciler.emulator.gcore.account import Account, read_body, zoned
from reconciler.emulator.gcore.errors import conflict, invalid, not_found
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.octavia import COMPARE_TYPES, KEYED_TYPES, RULE_TYPES, rule_problem
from reconciler.emulator.gcore.policies import chain_marks
from reconciler.emulator.gcore.tasks import Effect, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

TABLE: Mapping[str, Field] = {
    "type": Field(fields.one_of(*RULE_TYPES), required=True),
    "compare_type": Field(fields.one_of(*COMPARE_TYPES), required=True),
    "value": Field(fields.string(1, 255), required=True),
    "key": Field(fields.string(1, 255)),
    "invert": Field(fields.boolean),
    "tags": Field(fields.list_of(fields.string(1, 255))),
}


def list_rules(acc: Account, request: Request, policy_id: str) -> Reply:
    """GET the rules of one policy."""
    acc.get("l7policies", policy_id)
    found = acc.where("l7rules", "_policy", policy_id)
    return paging.page(acc.ctx, request, found, lambda rule: view(acc, rule), acc.options.page_limit)


def get_rule(acc: Account, request: Request, policy_id: str, rule_id: str) -> Reply:
    """GET one rule; a rule of another policy is not found."""
    return json_reply(200, view(acc, _rule(acc, policy_id, rule_id)))


def create_rule(acc: Account, request: Request, policy_id: str) -> Reply:
    """POST: one task, which gives the id in ``created_resources.l7rules``."""
    policy = acc.get("l7policies", policy_id)
    body = _checked(acc, read_body(request), partial=False)
    values = {"key": None, "invert": False, "tags": [], **body}
    error = _refusal(acc, values)
    balancer_id = _balancer(acc, policy)
    if len(acc.where("l7rules", "_policy", policy_id)) >= acc.options.rules_per_policy:
        raise conflict(f"Too many rules on L7 policy {policy_id}")
    tasks.refuse_locked(acc, balancer_id)
    rule_id = acc.ctx.new_id()
    work = _work(acc, "create_l7rule", policy, rule_id, "PENDING_CREATE", {"values": values}, body, error)
    return tasks.start(acc, work)


def replace_rule(acc: Account, request: Request, policy_id: str, rule_id: str) -> Reply:
    """PUT: the id stays; fields that are not sent keep their values, and the merged rule is checked."""
    rule = _rule(acc, policy_id, rule_id)
    body = _checked(acc, read_body(request), partial=True)
    values = {name: rule[name] for name in TABLE} | body
    unkeyed = values["type"] not in KEYED_TYPES and "key" not in body
    if unkeyed and acc.options.unkeyed_put == "clears_key":
        values["key"] = None
    error = _refusal(acc, values)
    policy = acc.get("l7policies", policy_id)
    tasks.refuse_locked(acc, _balancer(acc, policy))
    work = _work(acc, "put_l7rule", policy, rule_id, "PENDING_UPDATE", {"values": values}, body, error)
    return tasks.start(acc, work)


def delete_rule(acc: Account, request: Request, policy_id: str, rule_id: str) -> Reply:
    """DELETE one rule."""
    _rule(acc, policy_id, rule_id)
    policy = acc.get("l7policies", policy_id)
    tasks.refuse_locked(acc, _balancer(acc, policy))
    return tasks.start(acc, _work(acc, "delete_l7rule", policy, rule_id, "PENDING_DELETE", {}, {}, None))


def new_rule(acc: Account, rule_id: str, policy_id: str, values: Mapping[str, Any]) -> Object:
    """A rule as it is stored."""
    return {
        "id": rule_id,
        "_policy": policy_id,
        "key": None,
        "invert": False,
        "tags": [],
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
        "created_at": zoned(acc.now),
        "updated_at": zoned(acc.now),
        **values,
    }


def view(acc: Account, rule: Object) -> Object:
    """A rule as the API shows it: it does not say which policy it belongs to."""
    legacy = {"created_at": rule["created_at"], "updated_at": rule["updated_at"]}
    return {
        "id": rule["id"],
        "type": rule["type"],
        "compare_type": rule["compare_type"],
        "key": rule["key"],
        "value": rule["value"],
        "invert": rule["invert"],
        "tags": rule["tags"],
        **acc.status(rule),
        **acc.scope,
        **(legacy if acc.options.legacy_fields else {}),
    }


def _rule(acc: Account, policy_id: str, rule_id: str) -> Object:
    acc.get("l7policies", policy_id)
    rule = acc.find("l7rules", rule_id)
    if rule is None or rule["_policy"] != policy_id:
        raise not_found("L7 rule", rule_id)
    return rule


def _checked(acc: Account, body: Any, *, partial: bool) -> Object:
    checked = fields.check_body(body, TABLE, partial=partial, foreign=acc.options.foreign_fields)
    if len(set(checked.get("tags", ()))) != len(checked.get("tags", ())):
        raise conflict("Already an entity with that specified id.")
    return checked


def _refusal(acc: Account, values: Mapping[str, Any]) -> str | None:
    """What Octavia refuses: raised as a 400, or returned as the text of the task's error."""
    problem = rule_problem(values, acc.options)
    if problem is None:
        return None
    if acc.options.invalid_rule == "refused":
        raise invalid({problem[0]: [problem[1]]})
    return problem[1]


def _balancer(acc: Account, policy: Object) -> str:
    return str(acc.get("listeners", policy["listener_id"])["load_balancer_id"])


def _work(
    acc: Account,
    task_type: str,
    policy: Object,
    rule_id: str,
    status: str,
    args: Mapping[str, Any],
    body: Mapping[str, Any],
    error: str | None,
) -> Work:
    listener = acc.get("listeners", policy["listener_id"])
    return Work(
        task_type,
        {**args, "id": rule_id, "policy": policy["id"]},
        {**body, "l7policy_id": policy["id"], **({} if task_type == "create_l7rule" else {"l7rule_id": rule_id})},
        created={"l7rules": [rule_id]} if task_type == "create_l7rule" else None,
        lock=listener["load_balancer_id"],
        marks={rule_id: status, **chain_marks(policy, listener, "PENDING_UPDATE")},
        target=("l7rules", rule_id),
        error=error,
    )


def _begin_create(acc: Account, task: Object) -> None:
    args = task["args"]
    acc.put("l7rules", new_rule(acc, args["id"], args["policy"], args["values"]))


def _begin_put(acc: Account, task: Object) -> None:
    args = task["args"]
    acc.change("l7rules", args["id"], **args["values"], provisioning_status="ACTIVE", updated_at=zoned(acc.now))


def _finish_delete(acc: Account, task: Object) -> None:
    acc.drop("l7rules", task["args"]["id"])


EFFECTS = {
    "create_l7rule": Effect(begin=_begin_create),
    "put_l7rule": Effect(begin=_begin_put),
    "delete_l7rule": Effect(finish=_finish_delete),
}

"""Security group rules: gcore.md 2.7 and 4. v2 makes and deletes them by tasks; the old v1 routes are synchronous."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.emulator.gcore import fields, neutron, tasks
from reconciler.emulator.gcore.account import Account, read_body, zoned
from reconciler.emulator.gcore.errors import conflict, invalid, not_found
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.tasks import Effect, TaskFailed, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

_PORT = Field(fields.integer(0, 65535), nullable=True)
TABLE: Mapping[str, Field] = {
    "direction": Field(fields.one_of("egress", "ingress"), required=True),
    "ethertype": Field(fields.one_of("IPv4", "IPv6")),
    "protocol": Field(fields.one_of(*neutron.PROTOCOLS, "any"), nullable=True),
    "port_range_min": _PORT,
    "port_range_max": _PORT,
    "remote_ip_prefix": Field(fields.string(0, 64), nullable=True),
    "remote_group_id": Field(fields.reference),
    "description": Field(fields.string(0, 255)),
}
OLD_TABLE: Mapping[str, Field] = {
    **TABLE,
    "ethertype": Field(TABLE["ethertype"].check, nullable=True),
    "remote_group_id": Field(fields.reference, nullable=True),
    "description": Field(TABLE["description"].check, nullable=True),
}
"""The v1 bodies, whose clients send null for what is not set."""


def create_rule(acc: Account, request: Request, group_id: str) -> Reply:
    """POST v2: one task, which gives the id in ``created_resources.security_group_rules``."""
    acc.get("securitygroups", group_id)
    body = fields.check_body(read_body(request), TABLE, foreign=acc.options.foreign_fields)
    form, error = accept(acc, body)
    if form is not None:
        error = error or _duplicate(acc, of_group(acc, group_id), form)
    rule_id = acc.ctx.new_id()
    work = Work(
        "create_security_group_rule",
        {"group": group_id, "id": rule_id, "form": form},
        {**body, "security_group_id": group_id},
        created={"security_group_rules": [rule_id]},
        error=error,
    )
    return tasks.start(acc, work)


def delete_rule(acc: Account, request: Request, group_id: str, rule_id: str) -> Reply:
    """DELETE v2: a task; a rule of another group is not found."""
    acc.get("securitygroups", group_id)
    rule = acc.find("securitygrouprules", rule_id)
    if rule is None or rule["security_group_id"] != group_id:
        raise not_found("Security group rule", rule_id)
    work = Work(
        "delete_security_group_rule",
        {"group": group_id, "id": rule_id},
        {"security_group_id": group_id, "security_group_rule_id": rule_id},
    )
    return tasks.start(acc, work)


def create_rule_now(acc: Account, request: Request, group_id: str) -> Reply:
    """POST v1 (old clients): synchronous, answers with the rule."""
    acc.get("securitygroups", group_id)
    form = accept_now(acc, fields.check_body(read_body(request), OLD_TABLE))
    refuse_duplicate(of_group(acc, group_id), form)
    rule = add(acc, group_id, acc.ctx.new_id(), form)
    touch(acc, group_id)
    return json_reply(200, view(rule))


def replace_rule_now(acc: Account, request: Request, rule_id: str) -> Reply:
    """PUT v1 (deprecated): the rule is deleted and made anew from a full body; its id changes (a switch)."""
    old = acc.get("securitygrouprules", rule_id)
    form = accept_now(acc, fields.check_body(read_body(request), OLD_TABLE))
    group_id = old["security_group_id"]
    refuse_duplicate([rule for rule in of_group(acc, group_id) if rule["id"] != rule_id], form)
    acc.drop("securitygrouprules", rule_id)
    new_id = rule_id if acc.options.replaced_rule_id == "kept" else acc.ctx.new_id()
    rule = add(acc, group_id, new_id, form)
    touch(acc, group_id)
    return json_reply(200, view(rule))


def delete_rule_now(acc: Account, request: Request, rule_id: str) -> Reply:
    """DELETE v1 (old clients): synchronous."""
    rule = acc.get("securitygrouprules", rule_id)
    acc.drop("securitygrouprules", rule_id)
    touch(acc, rule["security_group_id"])
    return Reply(204)


def of_group(acc: Account, group_id: str) -> list[Object]:
    """The rules of a group in creation order."""
    return acc.where("securitygrouprules", "security_group_id", group_id)


def accept(acc: Account, body: Mapping[str, Any]) -> tuple[Object | None, str | None]:
    """The stored form of a rule that fits the schema, or the text with which its task will fail (a switch).

    Raises ``ApiError`` 400 for what Neutron refuses and 404 for an unknown remote group.
    """
    problem = neutron.problem(body, acc.options)
    if problem is None:
        if body.get("remote_group_id") is not None:
            acc.refer("securitygroups", "remote_group_id", body["remote_group_id"])
        return neutron.stored_form(body, acc.options), None
    if acc.options.invalid_security_rule == "refused":
        raise invalid({problem[0]: [problem[1]]})
    return None, problem[1]


def accept_now(acc: Account, body: Mapping[str, Any]) -> Object:
    """The stored form of a rule on a synchronous route, where there is no task that could fail."""
    problem = neutron.problem(body, acc.options)
    if problem is not None:
        raise invalid({problem[0]: [problem[1]]})
    if body.get("remote_group_id") is not None:
        acc.refer("securitygroups", "remote_group_id", body["remote_group_id"])
    return neutron.stored_form(body, acc.options)


def repeated(acc: Account, forms: Iterable[Object]) -> str | None:
    """Two equal rules in one list: refused with a 409, or the text with which the task will fail (a switch)."""
    seen: set[str] = set()
    for form in forms:
        if form["_key"] in seen:
            text = "Duplicate security group rule in the request."
            if acc.options.duplicate_security_rule == "conflict":
                raise conflict(text)
            return text
        seen.add(form["_key"])
    return None


def add(acc: Account, group_id: str, rule_id: str, form: Mapping[str, Any]) -> Object:
    """Store a new rule."""
    rule = {
        "id": rule_id,
        "security_group_id": group_id,
        **form,
        "created_at": zoned(acc.now),
        "updated_at": zoned(acc.now),
        "revision_number": 0,
    }
    acc.put("securitygrouprules", rule)
    return rule


def touch(acc: Account, group_id: str) -> None:
    """Count a change of the group or of its rules."""
    group = acc.find("securitygroups", group_id)
    if group is not None:
        revision = group["revision_number"] + 1
        acc.put("securitygroups", {**group, "revision_number": revision, "updated_at": zoned(acc.now)})


def view(rule: Object) -> Object:
    """A rule as the API shows it."""
    return {name: value for name, value in rule.items() if not name.startswith("_")}


def _existing(rules: Iterable[Object], form: Object) -> Object | None:
    return next((rule for rule in rules if rule["_key"] == form["_key"]), None)


def _exists_text(rule: Object) -> str:
    # A rule of the same request has no id yet.
    place = f" Rule id is {rule['id']}." if "id" in rule else ""
    return f"Security group rule already exists.{place}"


def refuse_duplicate(rules: Iterable[Object], form: Object) -> None:
    """Raise ``ApiError`` 409 when an equal rule is among ``rules``."""
    same = _existing(rules, form)
    if same is not None:
        raise conflict(_exists_text(same))


def _duplicate(acc: Account, rules: Iterable[Object], form: Object) -> str | None:
    same = _existing(rules, form)
    if same is None:
        return None
    if acc.options.duplicate_security_rule == "conflict":
        raise conflict(_exists_text(same))
    return _exists_text(same)


def _finish_create(acc: Account, task: Object) -> None:
    args = task["args"]
    if acc.find("securitygroups", args["group"]) is None:
        raise TaskFailed(f"Security group {args['group']} could not be found")
    same = _existing(of_group(acc, args["group"]), args["form"])
    if same is not None:
        # Accepted while the equal rule was still on its way: the second one loses.
        raise TaskFailed(_exists_text(same))
    add(acc, args["group"], args["id"], args["form"])
    touch(acc, args["group"])


def _finish_delete(acc: Account, task: Object) -> None:
    args = task["args"]
    if acc.find("securitygrouprules", args["id"]) is None:
        raise TaskFailed(f"Security group rule {args['id']} could not be found")
    acc.drop("securitygrouprules", args["id"])
    touch(acc, args["group"])


EFFECTS = {
    "create_security_group_rule": Effect(finish=_finish_create),
    "delete_security_group_rule": Effect(finish=_finish_delete),
}

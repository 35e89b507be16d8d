"""Security groups: gcore.md 2.6 and 4. Read through v1; made and changed through v2; deleted through v1, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator.gcore import fields, neutron, paging, quotas, security_rules, tags, tasks
from reconciler.emulator.gcore.account import Account, read_body, zoned
from reconciler.emulator.gcore.errors import conflict
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.tasks import Effect, TaskFailed, Work
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object

DEFAULT_GROUP = "default"
_DESCRIPTION = Field(fields.string(0, 255))
_CREATE_TABLE: Mapping[str, Field] = {
    "name": Field(fields.name, required=True),
    "description": _DESCRIPTION,
    "rules": Field(fields.list_of(fields.record(security_rules.TABLE))),
    "tags": Field(fields.tag_map()),
}


def list_groups(acc: Account, request: Request) -> Reply:
    """GET groups by name (exact) and tags, each with all its rules; the default page may be as short as 10."""
    name = request.value("name")
    found = [group for group in acc.all("securitygroups") if name is None or group["name"] == name]
    chosen = tags.filtered(request, found)
    return paging.page(acc.ctx, request, chosen, lambda group: view(acc, group), acc.options.security_group_page)


def get_group(acc: Account, request: Request, group_id: str) -> Reply:
    """GET one group with all its rules."""
    return json_reply(200, view(acc, acc.get("securitygroups", group_id)))


def create_group(acc: Account, request: Request) -> Reply:
    """POST v2: one task. Without ``rules`` the default template is installed, ``[]`` gives a group without rules."""
    body = fields.check_body(read_body(request), _CREATE_TABLE, foreign=acc.options.foreign_fields)
    forms, error = _forms(acc, body["rules"]) if "rules" in body else (default_template(acc), None)
    refuse_new(acc, body["name"])
    group_id = acc.ctx.new_id()
    values = {
        "name": body["name"],
        "description": body.get("description", ""),
        "_tags": tags.stored(body.get("tags", {})),
    }
    work = Work(
        "create_security_group",
        {"id": group_id, "values": values, "rules": forms},
        body,
        created={"security_groups": [group_id]},
        error=error,
    )
    return tasks.start(acc, work)


def update_group(acc: Account, request: Request, group_id: str) -> Reply:
    """PATCH v2: ``rules`` is the complete desired set. Tags change at once; without any other change no task."""
    table = {
        "name": Field(fields.name),
        "description": _DESCRIPTION,
        "rules": Field(fields.list_of(fields.record(security_rules.TABLE), acc.options.rules_per_patch)),
        "tags": Field(fields.tag_map(removals=True), nullable=True),
    }
    body = fields.check_body(read_body(request), table, foreign=acc.options.foreign_fields)
    group = acc.get("securitygroups", group_id)
    forms, error = _forms(acc, body["rules"]) if "rules" in body else (None, None)
    if "tags" in body:
        _set_tags(acc, group, tags.merged(group, body["tags"]))
    changes = {name: body[name] for name in ("name", "description") if name in body and group[name] != body[name]}
    if not changes and error is None and (forms is None or _is_settled(acc, group_id, forms)):
        return tasks.no_task()
    work = Work(
        "update_security_group",
        {"id": group_id, "values": changes, "rules": forms},
        {**body, "security_group_id": group_id},
        error=error,
    )
    return tasks.start(acc, work)


def delete_group(acc: Account, request: Request, group_id: str) -> Reply:
    """DELETE v1: synchronous, 204. Rules elsewhere that name the group as their remote disappear with it."""
    group = acc.get("securitygroups", group_id)
    if group["name"] == DEFAULT_GROUP:
        raise conflict("Insufficient rights for removing default security group.")
    for rule in security_rules.of_group(acc, group_id):
        acc.drop("securitygrouprules", rule["id"])
    for rule in acc.where("securitygrouprules", "remote_group_id", group_id):
        acc.drop("securitygrouprules", rule["id"])
        security_rules.touch(acc, rule["security_group_id"])
    acc.drop("securitygroups", group_id)
    return Reply(204)


def copy_group(acc: Account, request: Request, group_id: str) -> Reply:
    """POST .../copy: a new group with the same description, rules and user tags; synchronous."""
    body = fields.check_body(read_body(request), {"name": Field(fields.name, required=True)})
    group = acc.get("securitygroups", group_id)
    refuse_new(acc, body["name"])
    values = {
        "name": body["name"],
        "description": group["description"],
        "_tags": {key: tag for key, tag in group["_tags"].items() if not tag[1]},
    }
    made = make(acc, acc.ctx.new_id(), values)
    for rule in security_rules.of_group(acc, group_id):
        security_rules.add(acc, made["id"], acc.ctx.new_id(), {**neutron.content(rule), "_key": rule["_key"]})
    return json_reply(200, view(acc, made))


def revert_group(acc: Account, request: Request, group_id: str) -> Reply:
    """POST .../revert: the rules become those of the default template; synchronous."""
    acc.get("securitygroups", group_id)
    apply_rules(acc, group_id, default_template(acc))
    security_rules.touch(acc, group_id)
    return get_group(acc, request, group_id)


def default_template(acc: Account) -> list[Object]:
    """Allow everything in and out, for both families."""
    return [_allow_all(acc, way, family) for way in ("egress", "ingress") for family in ("IPv4", "IPv6")]


def default_egress(acc: Account) -> list[Object]:
    """Neutron's own rules of a new group, which the v1 create adds to those it is given."""
    return [_allow_all(acc, "egress", family) for family in ("IPv4", "IPv6")]


def make(acc: Account, group_id: str, values: Mapping[str, Any]) -> Object:
    """Store a new group, still without rules."""
    group = {
        "id": group_id,
        "description": "",
        "created_at": zoned(acc.now),
        "updated_at": zoned(acc.now),
        "revision_number": 1,
        "_tags": {},
        **values,
    }
    acc.put("securitygroups", group)
    return group


def apply_rules(acc: Account, group_id: str, forms: Sequence[Object]) -> None:
    """Make the rules of a group exactly these; what is there already, description included, keeps its id."""
    stale, missing = _difference(acc, group_id, forms)
    for rule in stale:
        acc.drop("securitygrouprules", rule["id"])
    for form in missing:
        security_rules.add(acc, group_id, acc.ctx.new_id(), form)


def view(acc: Account, group: Object) -> Object:
    """A group as the API shows it."""
    shown = {name: value for name, value in group.items() if not name.startswith("_")}
    pairs = tags.view(group)
    legacy = {"metadata": pairs, "tags": [pair["key"] for pair in pairs]} if acc.options.legacy_fields else {}
    return {
        **shown,
        **acc.scope,
        "security_group_rules": [security_rules.view(rule) for rule in security_rules.of_group(acc, group["id"])],
        "tags_v2": pairs,
        **legacy,
    }


def _allow_all(acc: Account, direction: str, ethertype: str) -> Object:
    return neutron.stored_form({"direction": direction, "ethertype": ethertype}, acc.options)


def _forms(acc: Account, bodies: Sequence[Mapping[str, Any]]) -> tuple[list[Object], str | None]:
    forms: list[Object] = []
    for body in bodies:
        known = {name: body[name] for name in security_rules.TABLE if name in body}
        form, error = security_rules.accept(acc, known)
        if form is None:
            return [], error
        forms.append(form)
    return forms, security_rules.repeated(acc, forms)


def refuse_new(acc: Account, name: str) -> None:
    """Raise ``ApiError`` 409 for a second default group, and 403 over quota."""
    if name == DEFAULT_GROUP and acc.where("securitygroups", "name", DEFAULT_GROUP):
        raise conflict("Default security group already exists.")
    quotas.refuse_over(acc, "firewall_count", len(quotas.in_region(acc, "securitygroups")))


def _set_tags(acc: Account, group: Object, new: Mapping[str, Any]) -> None:
    if new != group["_tags"]:
        acc.change("securitygroups", group["id"], _tags=dict(new))
        security_rules.touch(acc, group["id"])


def _difference(acc: Account, group_id: str, forms: Sequence[Object]) -> tuple[list[Object], list[Object]]:
    live = security_rules.of_group(acc, group_id)
    wanted = {form["_key"]: form for form in forms}
    stale = [
        rule for rule in live if rule["_key"] not in wanted or not neutron.same_content(rule, wanted[rule["_key"]])
    ]
    gone = {rule["id"] for rule in stale}
    kept = {rule["_key"] for rule in live if rule["id"] not in gone}
    return stale, [form for form in forms if form["_key"] not in kept]


def _is_settled(acc: Account, group_id: str, forms: Sequence[Object]) -> bool:
    stale, missing = _difference(acc, group_id, forms)
    return not stale and not missing


def _finish_create(acc: Account, task: Object) -> None:
    args = task["args"]
    make(acc, args["id"], args["values"])
    apply_rules(acc, args["id"], args["rules"])


def _finish_update(acc: Account, task: Object) -> None:
    args = task["args"]
    if acc.find("securitygroups", args["id"]) is None:
        raise TaskFailed(f"Security group {args['id']} could not be found")
    acc.change("securitygroups", args["id"], **args["values"])
    if args["rules"] is not None:
        apply_rules(acc, args["id"], args["rules"])
    security_rules.touch(acc, args["id"])


EFFECTS = {
    "create_security_group": Effect(finish=_finish_create),
    "update_security_group": Effect(finish=_finish_update),
}

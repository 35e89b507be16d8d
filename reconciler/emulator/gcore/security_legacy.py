"""The security group routes of older clients: v1 create and update, and metadata. All are synchronous."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore import fields, paging, security_groups, security_rules, tags
from reconciler.emulator.gcore.account import Account, read_body
from reconciler.emulator.gcore.errors import invalid, not_found
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.http import Reply, Request, json_reply

_RULE_LIST = Field(fields.list_of(fields.record(security_rules.OLD_TABLE)))
_GROUP_TABLE: Mapping[str, Field] = {
    "name": Field(fields.name, required=True),
    "description": Field(fields.string(0, 255), nullable=True),
    "security_group_rules": _RULE_LIST,
    "metadata": Field(fields.tag_map()),
    "tags": Field(fields.tag_map()),
}
_CREATE_TABLE: Mapping[str, Field] = {
    "security_group": Field(fields.record(_GROUP_TABLE), required=True),
    "instances": Field(fields.list_of(fields.uuid), nullable=True),
}
_PATCH_TABLE: Mapping[str, Field] = {
    "name": Field(fields.name),
    "description": Field(fields.string(0, 255), nullable=True),
    "changed_rules": Field(
        fields.list_of(fields.record({"action": Field(fields.one_of("create", "delete"), required=True)}))
    ),
    "tags": Field(fields.tag_map(removals=True), nullable=True),
}


def create_group(acc: Account, request: Request) -> Reply:
    """POST v1 (deprecated): the given rules and Neutron's two egress rules; answers with the group."""
    whole = fields.check_body(read_body(request), _CREATE_TABLE)
    if whole.get("instances"):
        raise not_found("Instance", whole["instances"][0])
    body = whole["security_group"]
    forms = [security_rules.accept_now(acc, _known(rule)) for rule in body.get("security_group_rules", [])]
    given = {form["_key"] for form in forms}
    forms += [form for form in security_groups.default_egress(acc) if form["_key"] not in given]
    # There is no task on this route that could fail: whatever the switch says, a repeated rule is a 409 here.
    for place, form in enumerate(forms):
        security_rules.refuse_duplicate(forms[:place], form)
    security_groups.refuse_new(acc, body["name"])
    values = {
        "name": body["name"],
        "description": body.get("description") or "",
        "_tags": tags.stored({**body.get("metadata", {}), **body.get("tags", {})}),
    }
    group = security_groups.make(acc, acc.ctx.new_id(), values)
    security_groups.apply_rules(acc, group["id"], forms)
    return json_reply(200, security_groups.view(acc, group))


def update_group(acc: Account, request: Request, group_id: str) -> Reply:
    """PATCH v1 (deprecated): name, description, tags, and rules by ``changed_rules``; answers with the group."""
    body = fields.check_body(read_body(request), _PATCH_TABLE)
    group = acc.get("securitygroups", group_id)
    values: dict[str, Any] = {"name": body["name"]} if "name" in body else {}
    if "description" in body:
        values["description"] = body["description"] or ""
    if "tags" in body:
        values["_tags"] = tags.merged(group, body["tags"])
    acc.change("securitygroups", group_id, **values)
    for change in body.get("changed_rules", []):
        if change["action"] == "delete":
            _delete(acc, group_id, change.get("security_group_rule_id"))
        else:
            form = security_rules.accept_now(acc, fields.check_body(change, security_rules.OLD_TABLE))
            security_rules.refuse_duplicate(security_rules.of_group(acc, group_id), form)
            security_rules.add(acc, group_id, acc.ctx.new_id(), form)
    security_rules.touch(acc, group_id)
    return security_groups.get_group(acc, request, group_id)


def list_metadata(acc: Account, request: Request, group_id: str) -> Reply:
    """GET .../metadata: the tags as a page."""
    pairs = tags.view(acc.get("securitygroups", group_id))
    return paging.page(acc.ctx, request, pairs, dict, acc.options.page_limit)


def add_metadata(acc: Account, request: Request, group_id: str) -> Reply:
    """POST .../metadata: add or change tags."""
    return _store_metadata(acc, request, group_id, keep=True)


def replace_metadata(acc: Account, request: Request, group_id: str) -> Reply:
    """PUT .../metadata: these become all the user's tags; read-only ones stay."""
    return _store_metadata(acc, request, group_id, keep=False)


def get_item(acc: Account, request: Request, group_id: str) -> Reply:
    """GET .../metadata_item?key=K."""
    key = _key(request)
    for pair in tags.view(acc.get("securitygroups", group_id)):
        if pair["key"] == key:
            return json_reply(200, pair)
    raise not_found("Metadata key", key)


def delete_item(acc: Account, request: Request, group_id: str) -> Reply:
    """DELETE .../metadata_item?key=K."""
    key = _key(request)
    group = acc.get("securitygroups", group_id)
    if key not in group["_tags"]:
        raise not_found("Metadata key", key)
    acc.change("securitygroups", group_id, _tags=tags.merged(group, {key: None}))
    security_rules.touch(acc, group_id)
    return Reply(204)


def _known(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule[name] for name in security_rules.OLD_TABLE if name in rule}


def _delete(acc: Account, group_id: str, rule_id: Any) -> None:
    if not isinstance(rule_id, str):
        raise invalid({"changed_rules": ["security_group_rule_id: Field required"]})
    rule = acc.find("securitygrouprules", rule_id)
    if rule is None or rule["security_group_id"] != group_id:
        raise not_found("Security group rule", rule_id)
    acc.drop("securitygrouprules", rule_id)


def _store_metadata(acc: Account, request: Request, group_id: str, *, keep: bool) -> Reply:
    body = fields.check_body({"metadata": read_body(request)}, {"metadata": Field(fields.tag_map(), required=True)})
    group = acc.get("securitygroups", group_id)
    base = group if keep else {**group, "_tags": tags.merged(group, None)}
    acc.change("securitygroups", group_id, _tags=tags.merged(base, body["metadata"]))
    security_rules.touch(acc, group_id)
    return Reply(204)


def _key(request: Request) -> str:
    key = request.value("key")
    if not key:
        raise invalid({"key": ["Field required"]})
    return key

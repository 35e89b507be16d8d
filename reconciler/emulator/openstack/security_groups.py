"""Security groups with their rules inline, and their tags (openstack.md 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import neutron_lists, neutron_quotas, revisions, security_rules, security_store
from reconciler.emulator.openstack.cloud import Cloud, shown
from reconciler.emulator.openstack.errors import neutron
from reconciler.emulator.openstack.neutron_bodies import Attribute, flag, parse, string
from reconciler.emulator.store import Object

RESOURCE = "security_group"


def _name(value: Any) -> Any:
    text = string(255)(value)
    if text.lower() == "default":
        raise neutron(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    return text


TABLE: Mapping[str, Attribute] = {
    "id": Attribute(post=False),
    "name": Attribute(_name, put=True, default=""),
    "tenant_id": Attribute(string(255)),
    "security_group_rules": Attribute(post=False),
    "stateful": Attribute(flag, put=True, default=True),
    "shared": Attribute(post=False),
    "tags": Attribute(post=False),
    "tags-any": Attribute(post=False),
    "not-tags": Attribute(post=False),
    "not-tags-any": Attribute(post=False),
    "description": Attribute(string(255), put=True, default=""),
    "created_at": Attribute(post=False),
    "updated_at": Attribute(post=False),
    "revision_number": Attribute(post=False),
    "project_id": Attribute(string(255)),
}


def _same(value: Any) -> Any:
    return value


def _whole(value: Any) -> Any:
    try:
        return int(value)
    except ValueError:
        return 0


FILTERS: Mapping[str, neutron_lists.Convert | None] = {
    "id": _same,
    "name": _same,
    "description": _same,
    "project_id": _same,
    "tenant_id": _same,
    "stateful": flag,
    "shared": flag,
    "revision_number": _whole,
    "tags": _same,
}
SORT_KEYS = (
    "id", "name", "tenant_id", "project_id", "stateful", "description", "revision_number", "created_at", "updated_at",
)  # fmt: skip


def list_groups(cloud: Cloud, request: Request) -> Reply:
    """GET the groups that the filters meet, each with its rules."""
    security_store.ensure_default(cloud)
    found = cloud.all("security_groups")
    if not cloud.caller.admin:
        found = [group for group in found if group["project_id"] == cloud.project]
    return neutron_lists.page(
        cloud, request, found, "security_groups", FILTERS, SORT_KEYS, lambda group: view(cloud, group, listed=True)
    )


def get_group(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """GET one group with its rules."""
    wanted = [name for name in request.values("fields") if name]
    return json_reply(200, {RESOURCE: neutron_lists.select(view(cloud, own(cloud, group_id)), wanted)})


def create_group(cloud: Cloud, request: Request) -> Reply:
    """POST one group, or several: each with two rules for what leaves."""
    revisions.refuse_constraint(request)
    groups, bulk = parse(cloud, request, RESOURCE, TABLE, create=True)
    revisions.check_writer(cloud, "create_security_group")
    neutron_quotas.refuse_full(cloud, cloud.project, security_group=len(groups))
    made = []
    for values in groups:
        security_store.ensure_default(cloud)
        neutron_quotas.refuse_full(cloud, values["project_id"], security_group_rule=2)
        made.append(security_store.make_group(cloud, cloud.ctx.new_id(), values["project_id"], values))
    if bulk:
        return json_reply(201, {f"{RESOURCE}s": [view(cloud, group) for group in made]})
    return json_reply(201, {RESOURCE: view(cloud, made[0])})


def update_group(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """PUT name, description or statefulness."""
    if not request.body.lstrip().startswith(b"{"):
        own(cloud, group_id)
    # A body that holds several is read like any other, and the first one counts.
    (values, *_), _ = parse(cloud, request, RESOURCE, TABLE, create=False)
    constraint = revisions.constraint(request)
    group = own(cloud, group_id)
    revisions.check_writer(cloud, "update_security_group")
    if values.get("stateful", group["stateful"]) != group["stateful"] and _in_use(cloud, group["id"]):
        raise neutron(409, "SecurityGroupInUse", f"Security Group {group_id} in use.")
    if group["_default"] and "name" in values:
        text = "Updating default security group not allowed."
        raise neutron(409, "SecurityGroupCannotUpdateDefault", text)
    changed: Object = {name: values[name] for name in ("name", "description", "stateful") if name in values}
    if changed:
        # Also what is as it was before is held against the revision; only a body without a field is not.
        revisions.hold(constraint, group)
    differs = any(group[name] != value for name, value in changed.items())
    # The server keeps descriptions in a table of its own: beside another field an equal one counts as a change too.
    if differs or ("description" in changed and len(changed) > 1):
        cloud.put("security_groups", {**group, **changed})
        revisions.bump(cloud, group["id"])
    return json_reply(200, {RESOURCE: view(cloud, own(cloud, group["id"]))})


def delete_group(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """DELETE a group that no port uses, with its rules and the rules of other groups that name it."""
    constraint = revisions.constraint(request)
    if request.body:
        raise neutron(400, "HTTPBadRequest", "Request body is not supported in DELETE.")
    group = own(cloud, group_id)
    revisions.check_writer(cloud, "delete_security_group")
    if _in_use(cloud, group["id"]):
        raise neutron(409, "SecurityGroupInUse", f"Security Group {group_id} in use.")
    if group["_default"] and not cloud.caller.admin:
        text = "Insufficient rights for removing default security group."
        raise neutron(409, "SecurityGroupCannotRemoveDefault", text)
    revisions.hold(constraint, group)
    for field in ("security_group_id", "remote_group_id"):
        for rule in cloud.where("security_group_rules", field, group["id"]):
            cloud.drop("security_group_rules", rule["id"])
    cloud.drop("security_groups", group["id"])
    return Reply(204)


def own(cloud: Cloud, group_id: str) -> Object:
    """A group that the caller may see. Raises ``ApiError`` 404."""
    group = cloud.find("security_groups", group_id) or cloud.find("security_groups", group_id.lower())
    if group is None or (group["project_id"] != cloud.project and not cloud.caller.admin):
        raise security_rules.missing_group(group_id)
    return group


def view(cloud: Cloud, group: Object, *, listed: bool = False) -> Object:
    """A group as the API shows it."""
    rules = cloud.where("security_group_rules", "security_group_id", group["id"])
    return {**shown(group), "security_group_rules": [security_rules.inline(rule, listed=listed) for rule in rules]}


def _in_use(cloud: Cloud, group_id: str) -> bool:
    return any(group_id in port["security_groups"] for port in cloud.all("ports"))

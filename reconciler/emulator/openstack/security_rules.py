"""Security group rules: create, bulk, read, delete; there is no update (openstack.md 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import neutron_lists, neutron_quotas, neutron_values, revisions, security_store
from reconciler.emulator.openstack.cloud import Cloud
from reconciler.emulator.openstack.errors import ApiError, neutron, neutron_failure
from reconciler.emulator.openstack.neutron_bodies import Attribute, one_of, parse, string
from reconciler.emulator.store import Object

RESOURCE = "security_group_rule"
TABLE: Mapping[str, Attribute] = {
    "id": Attribute(post=False),
    "security_group_id": Attribute(string(36)),
    "remote_group_id": Attribute(default=None),
    "direction": Attribute(one_of("ingress", "egress")),
    "protocol": Attribute(neutron_values.protocol, default=None),
    "port_range_min": Attribute(neutron_values.port, default=None),
    "port_range_max": Attribute(neutron_values.port, default=None),
    "ethertype": Attribute(neutron_values.ethertype, default="IPv4"),
    "remote_ip_prefix": Attribute(neutron_values.prefix, default=None),
    "tenant_id": Attribute(string(255)),
    "remote_address_group_id": Attribute(default=None),
    "normalized_cidr": Attribute(post=False),
    "belongs_to_default_sg": Attribute(post=False),
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
    "security_group_id": _same,
    "remote_group_id": _same,
    "direction": _same,
    "protocol": neutron_values.protocol,
    "port_range_min": neutron_values.port,
    "port_range_max": neutron_values.port,
    "ethertype": neutron_values.ethertype,
    "remote_ip_prefix": neutron_values.prefix,
    "remote_address_group_id": _same,
    "normalized_cidr": None,
    "belongs_to_default_sg": _same,
    "description": _same,
    "revision_number": _whole,
    "project_id": _same,
    "tenant_id": _same,
}
SORT_KEYS = (
    "id", "security_group_id", "remote_group_id", "direction", "protocol", "port_range_min", "port_range_max",
    "ethertype", "remote_ip_prefix", "tenant_id", "project_id", "remote_address_group_id", "description",
    "revision_number", "created_at", "updated_at",
)  # fmt: skip


def list_rules(cloud: Cloud, request: Request) -> Reply:
    """GET the rules that the filters meet, by id."""
    security_store.ensure_default(cloud)
    found = cloud.all("security_group_rules")
    if not cloud.caller.admin:
        found = [rule for rule in found if rule["project_id"] == cloud.project]
    return neutron_lists.page(cloud, request, found, "security_group_rules", FILTERS, SORT_KEYS, view)


def get_rule(cloud: Cloud, request: Request, rule_id: str) -> Reply:
    """GET one rule."""
    body = neutron_lists.select(view(_own(cloud, rule_id)), [name for name in request.values("fields") if name])
    return json_reply(200, {RESOURCE: body})


def create_rule(cloud: Cloud, request: Request) -> Reply:
    """POST one rule, or several: all or none."""
    revisions.refuse_constraint(request)
    rules, bulk = parse(cloud, request, RESOURCE, TABLE, create=True)
    revisions.check_writer(cloud, "create_security_group_rule")
    for rule in rules:
        _check_group(cloud, rule["security_group_id"])
    neutron_quotas.refuse_full(cloud, cloud.project, security_group_rule=len(rules))
    if bulk and len({rule["security_group_id"] for rule in rules}) > 1:
        text = "Only allowed to update rules for one security profile at a time"
        raise neutron(400, "SecurityGroupNotSingleGroupRules", text)
    for rule in rules:
        neutron_values.settle_rule(rule)
        _check_remote(cloud, rule)
    _refuse_duplicates(cloud, rules)
    made = [_store(cloud, rule) for rule in rules]
    revisions.bump(cloud, rules[0]["security_group_id"])
    if bulk:
        return json_reply(201, {f"{RESOURCE}s": [view(rule) for rule in made]})
    return json_reply(201, {RESOURCE: view(made[0])})


def update_rule(cloud: Cloud, request: Request, rule_id: str) -> Reply:
    """PUT: every attribute but the description is read-only, and the update itself does not exist."""
    if not request.body.lstrip().startswith(b"{"):
        _own(cloud, rule_id)
    parse(cloud, request, RESOURCE, TABLE, create=False)
    _own(cloud, rule_id)
    revisions.check_writer(cloud, "update_security_group_rule")
    raise neutron_failure()


def delete_rule(cloud: Cloud, request: Request, rule_id: str) -> Reply:
    """DELETE one rule; the group's revision goes up."""
    constraint = revisions.constraint(request)
    if request.body:
        raise neutron(400, "HTTPBadRequest", "Request body is not supported in DELETE.")
    rule = _own(cloud, rule_id)
    revisions.check_writer(cloud, "delete_security_group_rule")
    revisions.hold(constraint, rule)
    cloud.drop("security_group_rules", rule["id"])
    revisions.bump(cloud, rule["security_group_id"])
    return Reply(204)


def _own(cloud: Cloud, rule_id: str) -> Object:
    rule = cloud.find("security_group_rules", rule_id) or cloud.find("security_group_rules", rule_id.lower())
    if rule is None or (rule["project_id"] != cloud.project and not cloud.caller.admin):
        raise neutron(404, "SecurityGroupRuleNotFound", f"Security group rule {rule_id} does not exist")
    return rule


def missing_group(group_id: object) -> ApiError:
    """404 of a group, own or remote."""
    return neutron(404, "SecurityGroupNotFound", f"Security group {group_id} does not exist")


def _check_group(cloud: Cloud, group_id: object) -> None:
    group = cloud.find("security_groups", group_id) if isinstance(group_id, str) else None
    if group is None or (group["project_id"] != cloud.project and not cloud.caller.admin):
        raise missing_group(group_id)


def _check_remote(cloud: Cloud, rule: Mapping[str, Any]) -> None:
    if rule["remote_group_id"]:
        _check_group(cloud, rule["remote_group_id"])
    if rule["remote_address_group_id"]:
        text = f"Address group {rule['remote_address_group_id']} could not be found."
        raise neutron(404, "AddressGroupNotFound", text)


def _refuse_duplicates(cloud: Cloud, rules: list[Object]) -> None:
    keys = [neutron_values.rule_key(rule) for rule in rules]
    if len(set(keys)) != len(keys):
        raise neutron(409, "DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
    for old in cloud.where("security_group_rules", "security_group_id", rules[0]["security_group_id"]):
        if old["_key"] in keys:
            text = f"Security group rule already exists. Rule id is {old['id']}."
            raise neutron(409, "SecurityGroupRuleExists", text)


def _store(cloud: Cloud, rule: Object) -> Object:
    neutron_values.check_storable(rule)
    stored = security_store.new_rule(cloud, cloud.ctx.new_id(), rule)
    cloud.put("security_group_rules", stored)
    return stored


def _shown(rule: Object) -> Object:
    """The fields that are shown; the description of a default rule is null."""
    return {name: value for name, value in rule.items() if not name.startswith("_")}


def view(rule: Object) -> Object:
    """A rule as its own paths show it."""
    return _shown(rule)


def inline(rule: Object, *, listed: bool) -> Object:
    """A rule as it stands in its group; a list of groups does not say whether a group is the default."""
    body = _shown(rule)
    belongs = None if listed else body["belongs_to_default_sg"]
    return {**body, "standard_attr_id": rule["_number"], "belongs_to_default_sg": belongs, "tags": []}

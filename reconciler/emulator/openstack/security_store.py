"""Security groups and their rules as they are stored, and the group that every project has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.ids import stable_uuid
from reconciler.emulator.openstack import neutron_values, revisions
from reconciler.emulator.openstack.cloud import Cloud, zulu
from reconciler.emulator.store import Object


def new_rule(cloud: Cloud, rule_id: str, rule: Mapping[str, Any]) -> Object:
    """A rule as it is stored."""
    group = cloud.must("security_groups", rule["security_group_id"])
    return {
        "id": rule_id,
        "project_id": rule.get("project_id") or group["project_id"],
        "security_group_id": rule["security_group_id"],
        "ethertype": rule["ethertype"],
        "direction": rule["direction"],
        "protocol": rule["protocol"],
        "port_range_min": rule["port_range_min"],
        "port_range_max": rule["port_range_max"],
        "remote_ip_prefix": rule["remote_ip_prefix"],
        "remote_address_group_id": rule["remote_address_group_id"],
        "normalized_cidr": neutron_values.normalized(rule["remote_ip_prefix"]),
        "remote_group_id": rule["remote_group_id"],
        "belongs_to_default_sg": group["_default"],
        "description": rule.get("description"),
        "created_at": zulu(cloud.now),
        "updated_at": zulu(cloud.now),
        "revision_number": 0,
        "tenant_id": rule.get("project_id") or group["project_id"],
        "_key": neutron_values.rule_key(rule),
        "_number": next_number(cloud),
    }


def next_number(cloud: Cloud) -> int:
    """The next ``standard_attr_id``: one sequence for everything."""
    number = int(cloud.ctx.store.meta_get("openstack:standard_attr", 0)) + 1
    cloud.ctx.store.meta_set("openstack:standard_attr", number)
    return number


def ensure_default(cloud: Cloud) -> None:
    """Every project has a group ``default``: it comes with the first listing or creation."""
    project = cloud.project
    if project and revisions.may_write(cloud) and not _has_default(cloud, project):
        make_group(
            cloud,
            stable_uuid("default security group", project),
            project,
            {"name": "default", "description": "Default security group"},
            default=True,
        )


def _has_default(cloud: Cloud, project: str) -> bool:
    return any(group["_default"] for group in cloud.where("security_groups", "project_id", project))


def make_group(cloud: Cloud, id: str, project: str, values: dict[str, Any], *, default: bool = False) -> Object:
    """Store a group with the rules that Neutron gives a new one, and return it."""
    group: Object = {
        "id": id,
        "name": values.get("name", ""),
        "stateful": values.get("stateful", True),
        "tenant_id": project,
        "project_id": project,
        "description": values.get("description", ""),
        "shared": False,
        "tags": [],
        "created_at": zulu(cloud.now),
        "updated_at": zulu(cloud.now),
        "revision_number": 1,
        "_default": default,
    }
    cloud.put("security_groups", group)
    wanted: list[tuple[str, str, str | None]] = [("egress", "IPv4", None), ("egress", "IPv6", None)]
    if default:
        wanted += [("ingress", "IPv4", id), ("ingress", "IPv6", id)]
    for direction, family, remote in wanted:
        rule: Object = {
            "direction": direction,
            "ethertype": family,
            "remote_group_id": remote,
            "security_group_id": id,
            "protocol": None,
            "port_range_min": None,
            "port_range_max": None,
            "remote_ip_prefix": None,
            "remote_address_group_id": None,
            "description": None,
        }
        rule_id = stable_uuid("default rule", id, direction, family)
        cloud.put("security_group_rules", new_rule(cloud, rule_id, rule))
    return group

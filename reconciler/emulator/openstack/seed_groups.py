"""Seeded security groups, their rules, and the ports that use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.openstack import neutron_values, security_rules, security_store
from reconciler.emulator.openstack.errors import ApiError
from reconciler.emulator.openstack.seed_reader import SHOWN, SeedReader, text
from reconciler.emulator.openstack.types import Field, boolean, list_of
from reconciler.emulator.openstack.types import text as string
from reconciler.emulator.store import Object

_TIMES = frozenset({"created_at", "updated_at", "revision_number", "standard_attr_id"})
_GROUP = {
    "name": Field(string(255)),
    "description": Field(string(255)),
    "stateful": Field(boolean),
    "tags": Field(list_of(string(255))),
}


def load_groups(reader: SeedReader) -> None:
    """Groups with their rules, and the rules that stand at top level."""
    seed, cloud = reader.seed, reader.cloud
    for path, item in reader.items["security_groups"]:
        seed.check_fields(path, item, SHOWN | _TIMES | set(_GROUP) | {"security_group_rules", "shared"})
        if not reader.fits(path, item, _GROUP):
            continue
        values = {name: item[name] for name in ("name", "description", "stateful") if item.get(name) is not None}
        default = values.get("name") == "default"
        group = security_store.make_group(cloud, item["id"], seed.account, values, default=default)
        told = {name: item[name] for name in ("tags", *sorted(_TIMES)) if item.get(name) is not None}
        told.pop("standard_attr_id", None)
        cloud.put("security_groups", {**cloud.must("security_groups", group["id"]), **told})
        if item.get("security_group_rules") is not None:
            for rule in cloud.where("security_group_rules", "security_group_id", item["id"]):
                cloud.drop("security_group_rules", rule["id"])
    known: dict[str, set[str]] = {}  # keys of the rules of each group: it may have ten thousand
    for path, item in reader.items["security_groups"]:
        if cloud.find("security_groups", item["id"]) is not None:
            nested = item.get("security_group_rules")
            for place, rule in seed.adopt("rules", f"{path}.security_group_rules", nested, parent=item["id"]):
                _load_rule(reader, place, {**rule, "security_group_id": item["id"]}, known)
    for path, rule in reader.items["security_group_rules"]:
        if seed.reference(path, rule, "security_group_id", "security_groups", required=True) is not None:
            _load_rule(reader, path, rule, known)
    _load_ports(reader)


def _load_rule(reader: SeedReader, path: str, item: Object, known: dict[str, set[str]]) -> None:
    seed, cloud = reader.seed, reader.cloud
    names = set(security_rules.TABLE) | _TIMES | {"remote_group", "tags"}
    seed.check_fields(path, item, SHOWN | names)
    seed.reference(path, item, "remote_group_id", "security_groups")
    if item.get("direction") is None:
        seed.problem(path, "needs direction")
        return
    rule = dict.fromkeys(security_rules.TABLE) | {"ethertype": "IPv4"}
    rule |= {name: value for name, value in item.items() if value is not None}
    problem = _convert(rule)
    if problem is not None:
        seed.problem(f"{path}.{problem[0]}" if problem[0] else path, problem[1])
        return
    stored = security_store.new_rule(cloud, item["id"], {**rule, "project_id": seed.account})
    group = item["security_group_id"]
    if group not in known:
        known[group] = {rule["_key"] for rule in cloud.where("security_group_rules", "security_group_id", group)}
    if stored["_key"] in known[group]:
        seed.problem(path, "an equal rule is in the group already")
        return
    known[group].add(stored["_key"])
    told = {name: item[name] for name in ("created_at", "updated_at", "revision_number") if item.get(name) is not None}
    cloud.put("security_group_rules", {**stored, **told})


def _convert(rule: dict[str, Any]) -> tuple[str, str] | None:
    """Bring a rule into stored form, in place; the first mistake as (field, reason)."""
    for name in ("direction", "protocol", "port_range_min", "port_range_max", "ethertype", "remote_ip_prefix"):
        try:
            rule[name] = security_rules.TABLE[name].check(rule[name])
        except ApiError as error:
            return name, _message(error)
        except (ValueError, TypeError) as error:
            return name, str(error)
    try:
        neutron_values.settle_rule(rule)
        neutron_values.check_storable(rule)
    except ApiError as error:
        return "", _message(error)
    return None


def _message(error: ApiError) -> str:
    return str(error.body["NeutronError"]["message"])


def _load_ports(reader: SeedReader) -> None:
    """Ports: only which groups they use matters."""
    seed, cloud = reader.seed, reader.cloud
    groups = cloud.where("security_groups", "project_id", seed.account)
    names = {group["id"]: group["id"] for group in groups} | {group["name"]: group["id"] for group in groups}
    for path, item in reader.items["ports"]:
        seed.check_fields(path, item, SHOWN | {"name", "security_groups"})
        wanted: Mapping[str, Any] | list[Any] = item.get("security_groups") or []
        unknown = [name for name in wanted if not isinstance(name, str) or name not in names]
        if unknown or not reader.fits(path, item, {"name": Field(text)}):
            seed.problem(f"{path}.security_groups", f"nothing in security_groups is named {unknown!r}")
            continue
        cloud.put("ports", {"id": item["id"], "security_groups": [names[name] for name in wanted]})

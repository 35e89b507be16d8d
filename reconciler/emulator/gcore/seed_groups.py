"""Seeded security groups and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore import neutron, security_groups, security_rules
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.seed_reader import SHOWN, TIMES, SeedReader, string_map, text


def load_groups(reader: SeedReader) -> None:
    """Security groups with their rules; a group without a list of rules has none."""
    table = {"name": Field(text), "description": Field(text), "tags": Field(string_map)}
    kept = ("description", "created_at", "updated_at", "revision_number")
    allowed = SHOWN | {*kept, "name", "tags", "tags_v2", "security_group_rules", "rules"}
    for path, item in reader.items["securitygroups"]:
        reader.seed.check_fields(path, item, allowed)
        if not reader.fits(path, item, table):
            continue
        told = {key: item[key] for key in kept if item.get(key) is not None}
        values = {"name": item.get("name", item["id"]), **told, "_tags": reader.tags(path, item)}
        security_groups.make(reader.acc, item["id"], values)
        _load_rules(reader, path, item)


def _load_rules(reader: SeedReader, path: str, group: Mapping[str, Any]) -> None:
    seed, acc = reader.seed, reader.acc
    key = "security_group_rules" if "security_group_rules" in group else "rules"
    table = {**security_rules.OLD_TABLE, "protocol": Field(_protocol)}
    allowed = SHOWN | TIMES | set(table) | {"security_group_id", "revision_number", "remote_group"}
    known = {rule["_key"] for rule in security_rules.of_group(acc, group["id"])}
    for place, item in seed.adopt("securitygrouprules", f"{path}.{key}", group.get(key), parent=group["id"]):
        seed.check_fields(place, item, allowed)
        seed.reference(place, item, "remote_group_id", "securitygroups")
        if item.get("direction") is None:
            seed.problem(place, "needs direction")
            continue
        if not reader.fits(place, item, table):
            continue
        if item.get("protocol") is not None:
            item["protocol"] = str(item["protocol"])
        problem = neutron.problem(item, acc.options)
        if problem is not None:
            seed.problem(f"{place}.{problem[0]}", problem[1])
            continue
        form = neutron.stored_form(item, acc.options)
        if form["_key"] in known:
            seed.problem(place, "an equal rule is in the group already")
            continue
        known.add(form["_key"])
        rule = security_rules.add(acc, group["id"], item["id"], form)
        told = {name: item[name] for name in (*TIMES, "revision_number") if item.get(name) is not None}
        acc.put("securitygrouprules", {**rule, **told})


def _protocol(value: Any) -> str | None:
    """A protocol by name, or by number as old replies have it."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    known = isinstance(value, str) and (
        value in neutron.PROTOCOLS or value == "any" or (value.isascii() and value.isdigit() and int(value) < 256)
    )
    return None if known else "is not a protocol"

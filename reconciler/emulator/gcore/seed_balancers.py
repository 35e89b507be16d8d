"""Seeded load balancers, listeners, pools, L7 policies and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore import listeners, loadbalancers, octavia, policies, pool_parts, pools, rules
from reconciler.emulator.gcore.errors import ApiError
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.gcore.seed_reader import SHOWN, SeedReader, ids, string_map, text
from reconciler.emulator.ids import stable_uuid
from reconciler.emulator.store import Object

_PORT_NUMBERS = {"HTTP": 80, "HTTPS": 443, "TERMINATED_HTTPS": 443, "PROMETHEUS": 8080, "TCP": 8000, "UDP": 8000}


def load_balancers(reader: SeedReader) -> None:
    """Load balancers, and the one that is implied when only what stands on it is listed."""
    seed, acc = reader.seed, reader.acc
    if not reader.items["loadbalancers"] and (reader.items["listeners"] or reader.items["pools"]):
        implied = [{"name": "load-balancer"}]
        reader.items["loadbalancers"] += seed.adopt("loadbalancers", f"{seed.where}.implied", implied)
    table = {"name": Field(text), "tags": Field(string_map)}
    plain = _plain(loadbalancers.new_balancer(acc, "", {}, None)) | {"name"}
    allowed = SHOWN | plain | {"listeners", "stats", "tags", "tags_v2"}
    for path, item in reader.items["loadbalancers"]:
        seed.check_fields(path, item, allowed)
        if not reader.fits(path, item, table):
            continue
        values = {"name": item["id"], **_given(item, plain), "_tags": reader.tags(path, item)}
        values.setdefault("vip_port_id", stable_uuid("vip", item["id"]))
        if "vip_address" not in values:
            values["vip_address"] = loadbalancers.next_vip(acc)
        acc.put("loadbalancers", loadbalancers.new_balancer(acc, item["id"], values, None))


def load_listeners(reader: SeedReader) -> None:
    """Listeners; the order of their policies is filled in with the policies."""
    seed, acc = reader.seed, reader.acc
    table = {**listeners.CREATE_TABLE, "name": Field(text)}
    plain = _plain(listeners.new_listener("", "", {}, None)) | {"name", "protocol", "protocol_port"}
    allowed = SHOWN | plain | {"load_balancer", "default_pool", "default_pool_id", "pool_count", "stats"}
    taken: list[Object] = []
    for path, item in reader.items["listeners"]:
        seed.check_fields(path, item, allowed)
        balancer = reader.owner(path, item, "loadbalancers", "load_balancer")
        default_pool = seed.reference(path, item, "default_pool_id", "pools")
        if not reader.fits(path, item, table) or balancer is None:
            continue
        protocol = item.get("protocol") or "HTTP"
        port = item.get("protocol_port") or _free_port(protocol, balancer, taken)
        values = {"name": item["id"], **_given(item, plain), "protocol": protocol, "protocol_port": port}
        values |= {"load_balancer_id": balancer, "user_list": values.get("user_list") or []}
        try:
            others = [other for other in taken if other["load_balancer_id"] == balancer]
            listeners.refuse_taken_port(protocol, port, others)
        except ApiError as error:
            seed.problem(f"{path}.protocol_port", error.message)
            continue
        listener = {**listeners.new_listener(balancer, item["id"], values, None), "_default_pool": default_pool}
        taken.append(listener)
        acc.put("listeners", listener)


def load_pools(reader: SeedReader) -> None:
    """Pools; their members and monitors get what the API would fill in."""
    seed, acc = reader.seed, reader.acc
    table = {**pools.CREATE_TABLE, "name": Field(text)}
    plain = _plain(pools.new_pool("", {}, None)) | {"name", "protocol", "lb_algorithm"}
    owners = {"load_balancer", "load_balancer_id", "loadbalancers", "listener", "listener_id", "listeners"}
    for path, item in reader.items["pools"]:
        seed.check_fields(path, item, SHOWN | plain | owners)
        listener_id = seed.reference(path, item, "listener_id", "listeners")
        listener = acc.find("listeners", listener_id) if listener_id is not None else None
        if listener is not None and item.get("load_balancer") is None:
            item.setdefault("load_balancer_id", listener["load_balancer_id"])
        balancer = reader.owner(path, item, "loadbalancers", "load_balancer")
        if not reader.fits(path, item, table) or balancer is None:
            continue
        values = {"name": item["id"], "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", **_given(item, plain)}
        try:
            values["members"] = pool_parts.members(acc, item.get("members") or [], [])
            values["healthmonitor"] = pool_parts.monitor(acc, item.get("healthmonitor"), None)
        except ApiError as error:
            seed.problem(path, error.message)
            continue
        acc.put("pools", {**pools.new_pool(balancer, values, None), "id": item["id"]})
        for id in [listener_id, *ids(item.get("listeners"))]:
            found = acc.find("listeners", id) if id is not None else None
            if found is not None and found["_default_pool"] is None:
                acc.put("listeners", {**found, "_default_pool": item["id"]})


def load_policies(reader: SeedReader) -> None:
    """Policies by position, with their rules."""
    seed, acc = reader.seed, reader.acc
    table = {**policies.table_for("REDIRECT_TO_URL"), "name": Field(text)}
    table["redirect_prefix"] = table["redirect_url"]
    plain = _plain(policies.new_policy(acc, "", {})) | {"action"}
    allowed = SHOWN | plain | {"position", "listener", "listener_id", "redirect_pool", "rules"}
    orders: dict[str, list[tuple[float, str]]] = {}
    for path, item in reader.items["l7policies"]:
        seed.check_fields(path, item, allowed)
        listener_id = reader.owner(path, item, "listeners", "listener")
        seed.reference(path, item, "redirect_pool_id", "pools")
        item.setdefault("action", _action(item))
        if not reader.fits(path, item, table) or not _is_possible(reader, path, item, listener_id):
            continue
        values = {key: value for key, value in _given(item, plain).items() if value is not None}
        if "redirect_http_code" not in item:
            values["redirect_http_code"] = policies.default_code(acc, item["action"])
        acc.put("l7policies", policies.new_policy(acc, item["id"], {**values, "listener_id": listener_id}))
        orders.setdefault(str(listener_id), []).append((item.get("position") or float("inf"), item["id"]))
        _load_rules(reader, path, item)
    for owner, entries in orders.items():
        ordered = [id for _, id in sorted(entries, key=lambda entry: entry[0])]
        acc.change("listeners", owner, _order=ordered)


def _is_possible(reader: SeedReader, path: str, item: Mapping[str, Any], listener_id: str | None) -> bool:
    """Could the API hold this policy? Target by action, listener by protocol, pool by load balancer."""
    target = policies.TARGETS.get(item["action"])
    if target is not None and item.get(target) is None:
        reader.seed.problem(path, f"{item['action']} needs {target}")
        return False
    listener = reader.acc.find("listeners", listener_id) if listener_id is not None else None
    if listener is None:
        return False
    if listener["protocol"] not in policies.LISTENER_PROTOCOLS:
        reader.seed.problem(path, f"{listener['protocol']} protocol listeners do not support L7 policies")
        return False
    pool = reader.acc.find("pools", item["redirect_pool_id"]) if item.get("redirect_pool_id") is not None else None
    if pool is not None and pool["_load_balancer"] != listener["load_balancer_id"]:
        reader.seed.problem(f"{path}.redirect_pool_id", "the pool is on another load balancer than the listener")
        return False
    return True


def _load_rules(reader: SeedReader, path: str, policy: Mapping[str, Any]) -> None:
    seed, acc = reader.seed, reader.acc
    plain = _plain(rules.new_rule(acc, "", "", {})) | set(rules.TABLE)
    for place, item in seed.adopt("l7rules", f"{path}.rules", policy.get("rules"), parent=policy["id"]):
        seed.check_fields(place, item, SHOWN | plain)
        lacking = [name for name in ("type", "value") if item.get(name) is None]
        if lacking:
            seed.problem(place, f"needs {' and '.join(lacking)}")
            continue
        if not reader.fits(place, item, rules.TABLE):
            continue
        given = {key: value for key, value in _given(item, plain).items() if value is not None}
        values = {"compare_type": "EQUAL_TO", "key": None, **given}
        problem = octavia.rule_problem(values, acc.options)
        if problem is not None:
            seed.problem(f"{place}.{problem[0]}", problem[1])
            continue
        acc.put("l7rules", rules.new_rule(acc, item["id"], policy["id"], values))


def _plain(stored: Mapping[str, Any]) -> set[str]:
    """The stored fields that the API shows."""
    return {name for name in stored if not name.startswith("_")}


def _given(item: Mapping[str, Any], names: set[str]) -> Object:
    """What a seeded object says of these fields, in a fixed order."""
    return {name: item[name] for name in sorted(names - SHOWN) if name in item}


def _action(item: Mapping[str, Any]) -> str:
    given = [action for action, target in policies.TARGETS.items() if item.get(target) is not None]
    return given[0] if given else "REJECT"


def _free_port(protocol: Any, balancer: str, taken: list[Object]) -> int:
    used = {other["protocol_port"] for other in taken if other["load_balancer_id"] == balancer}
    port = _PORT_NUMBERS.get(protocol, 80) if isinstance(protocol, str) else 80
    while port in used:
        port += 1
    return port

"""Seeded load balancers, listeners, pools, L7 policies and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.openstack import balancers, listeners, policies, pools, rule_values, rules
from reconciler.emulator.openstack.errors import ApiError
from reconciler.emulator.openstack.seed_reader import SHOWN, SeedReader, given, plain, text
from reconciler.emulator.openstack.targets import settle_target
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.store import Object

_PORT_NUMBERS = {"HTTP": 80, "HTTPS": 443, "TERMINATED_HTTPS": 443, "PROMETHEUS": 8080, "TCP": 8000, "UDP": 8000}
_READY = {"provisioning_status": "ACTIVE"}


def load_balancers(reader: SeedReader) -> None:
    """Load balancers, and the one that is implied when only what stands on it is listed."""
    seed, cloud = reader.seed, reader.cloud
    if not reader.items["loadbalancers"] and (reader.items["listeners"] or reader.items["pools"]):
        implied = [{"name": "load-balancer"}]
        reader.items["loadbalancers"] += seed.adopt("loadbalancers", f"{seed.where}.implied", implied)
    names = plain(balancers.new_balancer(cloud, "", "", {}))
    for path, item in reader.items["loadbalancers"]:
        seed.check_fields(path, item, SHOWN | names | {"listeners", "pools"})
        if not reader.fits(path, item, {"name": Field(text), "tags": balancers.POST_TABLE["tags"]}):
            continue
        told = given(item, names)
        fresh = balancers.new_balancer(cloud, item["id"], seed.account, told)
        cloud.put("loadbalancers", {**fresh, **_READY, "operating_status": "ONLINE", **told})


def load_listeners(reader: SeedReader) -> None:
    """Listeners, each on its load balancer."""
    seed, cloud = reader.seed, reader.cloud
    table = {**listeners.POST_TABLE, "name": Field(text), "insert_headers": Field(_anything)}
    probe = {"protocol": "HTTP", "protocol_port": 80}
    names = plain(listeners.new_listener(cloud, "", {"project_id": "", "id": ""}, probe))
    owners = {"loadbalancer", "loadbalancer_id", "load_balancer", "loadbalancers", "default_pool", "l7policies"}
    taken: list[Object] = []
    for path, item in reader.items["listeners"]:
        seed.check_fields(path, item, SHOWN | names | owners)
        balancer_id = _balancer(reader, path, item)
        seed.reference(path, item, "default_pool_id", "pools")
        if not reader.fits(path, item, table) or balancer_id is None:
            continue
        told = given(item, names)
        others = [other for other in taken if other["_load_balancer"] == balancer_id]
        told.setdefault("protocol", "HTTP")
        told.setdefault("protocol_port", _free_port(told["protocol"], others))
        text_of = listeners.refuse_port(told["protocol"], told["protocol_port"], others)
        if text_of is not None:
            seed.problem(f"{path}.protocol_port", text_of)
            continue
        balancer = {"project_id": seed.account, "id": balancer_id}
        fresh = listeners.new_listener(cloud, item["id"], balancer, told)
        listener = {**fresh, **_READY, "operating_status": "ONLINE", **told}
        taken.append(listener)
        cloud.put("listeners", listener)


def load_pools(reader: SeedReader) -> None:
    """Pools; members are kept as they are given."""
    seed, cloud = reader.seed, reader.cloud
    table = {**pools.POST_TABLE, "name": Field(text)}
    probe = {"protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN"}
    names = plain(pools.new_pool(cloud, "", {"project_id": "", "id": ""}, probe))
    owners = {"loadbalancer", "loadbalancer_id", "load_balancer", "loadbalancers", "listeners", "healthmonitor_id"}
    for path, item in reader.items["pools"]:
        seed.check_fields(path, item, SHOWN | names | owners)
        balancer_id = _balancer(reader, path, item)
        if not reader.fits(path, item, table) or balancer_id is None:
            continue
        told = {**probe, **given(item, names)}
        balancer = {"project_id": seed.account, "id": balancer_id}
        fresh = pools.new_pool(cloud, item["id"], balancer, told)
        cloud.put("pools", {**fresh, **_READY, "operating_status": "ONLINE", **told})


def load_policies(reader: SeedReader) -> None:
    """Policies by position, with their rules."""
    seed, cloud = reader.seed, reader.cloud
    table = {name: field for name, field in policies.POST_TABLE.items() if name not in ("rules", "listener_id")}
    names = set(policies.POST_TABLE) | {"provisioning_status", "operating_status", "created_at", "updated_at"}
    orders: dict[str, list[tuple[float, str]]] = {}
    for path, item in reader.items["l7policies"]:
        seed.check_fields(path, item, SHOWN | names | {"listener", "redirect_pool"})
        listener_id = reader.owner(path, item, "listeners", "listener", "listeners")
        seed.reference(path, item, "redirect_pool_id", "pools")
        item.setdefault("action", _action(item))
        if not reader.fits(path, item, table) or not _is_possible(reader, path, item, listener_id):
            continue
        told = given(item, names - {"position", "rules", "listener_id"})
        listener = cloud.must("listeners", str(listener_id))
        fresh = policies.new_policy(cloud, item["id"], listener, {"admin_state_up": True, **told})
        ready = {**_READY, "operating_status": "ONLINE" if fresh["admin_state_up"] else "OFFLINE"}
        cloud.put("l7policies", {**fresh, **ready, "updated_at": fresh["created_at"], **told})
        orders.setdefault(listener["id"], []).append((item.get("position") or float("inf"), item["id"]))
        _load_rules(reader, path, item)
    for entries in orders.values():
        ordered = [id for _, id in sorted(entries, key=lambda entry: entry[0])]
        for position, id in enumerate(ordered, 1):
            cloud.change("l7policies", id, position=position)


def _is_possible(reader: SeedReader, path: str, item: Object, listener_id: str | None) -> bool:
    """Could the API hold this policy? Fills in what the API would, such as the code of a redirect."""
    listener = reader.cloud.find("listeners", listener_id) if listener_id is not None else None
    if listener is None:
        return False
    wanted = item["action"]
    targets = ("redirect_pool_id", "redirect_url", "redirect_prefix", "redirect_http_code")
    try:
        settled = settle_target({"action": wanted, **{name: item.get(name) for name in targets}})
    except ApiError as error:
        reader.seed.problem(path, error.body["faultstring"])
        return False
    if settled["action"] != wanted:
        reader.seed.problem(f"{path}.action", f"is {wanted}, but the target makes it {settled['action']}")
        return False
    item.update({name: settled.get(name) for name in targets})
    if listener["protocol"] not in policies.POLICY_PROTOCOLS:
        reader.seed.problem(path, f"{listener['protocol']} protocol listeners do not support L7 policies")
        return False
    pool = reader.cloud.find("pools", item.get("redirect_pool_id") or "")
    if pool is not None and pool["_load_balancer"] != listener["_load_balancer"]:
        reader.seed.problem(f"{path}.redirect_pool_id", "the pool is on another load balancer than the listener")
        return False
    return True


def _load_rules(reader: SeedReader, path: str, policy: Mapping[str, Any]) -> None:
    seed, cloud = reader.seed, reader.cloud
    names = set(rules.POST_TABLE) | {"provisioning_status", "operating_status", "created_at", "updated_at"}
    for place, item in seed.adopt("l7rules", f"{path}.rules", policy.get("rules"), parent=policy["id"]):
        seed.check_fields(place, item, SHOWN | names)
        lacking = [name for name in ("type", "value") if item.get(name) is None]
        if lacking:
            seed.problem(place, f"needs {' and '.join(lacking)}")
            continue
        if not reader.fits(place, item, rules.POST_TABLE):
            continue
        told = {"compare_type": "EQUAL_TO", "admin_state_up": True, **given(item, names)}
        problem = rule_values.rule_problem(told)
        if problem is not None:
            seed.problem(place, problem)
            continue
        fresh = rules.new_rule(cloud, item["id"], cloud.must("l7policies", policy["id"]), told)
        ready = {**_READY, "operating_status": "ONLINE" if fresh["admin_state_up"] else "OFFLINE"}
        cloud.put("l7rules", {**fresh, **ready, "updated_at": fresh["created_at"], **told})


def _balancer(reader: SeedReader, path: str, item: Object) -> str | None:
    if item.get("loadbalancer") is None and item.get("load_balancer") is not None:
        item["loadbalancer"] = item.pop("load_balancer")
    return reader.owner(path, item, "loadbalancers", "loadbalancer", "loadbalancers")


def _anything(value: Any) -> Any:
    return value


def _action(item: Mapping[str, Any]) -> str:
    fields = {
        "redirect_pool_id": "REDIRECT_TO_POOL",
        "redirect_url": "REDIRECT_TO_URL",
        "redirect_prefix": "REDIRECT_PREFIX",
    }
    found = [action for field, action in fields.items() if item.get(field) is not None]
    return found[0] if found else "REJECT"


def _free_port(protocol: Any, others: list[Object]) -> int:
    used = {other["protocol_port"] for other in others}
    port = _PORT_NUMBERS.get(protocol, 80) if isinstance(protocol, str) else 80
    while port in used:
        port += 1
    return port

"""Seeds of a project and region: the reply objects of the API in, stored objects out.

List keys: ``loadbalancers``, ``listeners`` (or ``lblisteners``), ``pools`` (or ``lbpools``), ``l7policies`` with full
``rules``, ``securitygroups`` (or ``security_groups``) with ``security_group_rules`` (or ``rules``). Besides them
``region`` (the region's display name) and ``quotas`` (``firewall_count_limit``, ``loadbalancer_count_limit``).

What is missing is filled in: a listener or pool is on the only load balancer (one named ``load-balancer`` is made
when none is listed), a policy on the only listener; the action follows from the target; policies with a ``position``
are sorted by it, the others follow as listed; a group without a list of rules has none. References may be names:
``load_balancer``, ``listener``, ``default_pool``, ``redirect_pool``, ``remote_group``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.front import Context
from reconciler.emulator.gcore import (
    listeners,
    loadbalancers,
    neutron,
    octavia,
    policies,
    pool_parts,
    pools,
    quotas,
    rules,
    security_groups,
    security_rules,
    tags,
)
from reconciler.emulator.gcore.account import Account, Kind, region_key
from reconciler.emulator.gcore.errors import ApiError
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.ids import stable_uuid
from reconciler.emulator.seed import SeedAccount
from reconciler.emulator.store import Object

ACCOUNTS_KEY = "gcore:accounts"
"""Where the store lists the seeded accounts; with any of them, other accounts do not exist."""

_LISTS: Mapping[str, tuple[Kind, str]] = {
    "loadbalancers": ("loadbalancers", "loadbalancers"),
    "listeners": ("listeners", "listeners"),
    "lblisteners": ("listeners", "listeners"),
    "pools": ("pools", "pools"),
    "lbpools": ("pools", "pools"),
    "l7policies": ("l7policies", "l7policies"),
    "securitygroups": ("securitygroups", "securitygroups"),
    "security_groups": ("securitygroups", "securitygroups"),
}
_STATUSES = ("ACTIVE", "DELETED", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE")
_SHOWN = frozenset({"id", "project_id", "region", "region_id", "task_id", "creator_task_id"})
"""Fields of a pasted reply that the account itself decides."""
_STATUS = frozenset({"provisioning_status", "operating_status"})
_TIMES = frozenset({"created_at", "updated_at"})
_PORT_NUMBERS = {"HTTP": 80, "HTTPS": 443, "TERMINATED_HTTPS": 443, "PROMETHEUS": 8080, "TCP": 8000, "UDP": 8000}

Items = list[tuple[str, Object]]


class _Loader:
    """One account while it is loaded."""

    def __init__(self, ctx: Context, seed: SeedAccount, acc: Account) -> None:
        self.seed, self.acc, self.ctx = seed, acc, ctx
        self.items: dict[str, Items] = {kind: [] for kind, _ in _LISTS.values()}
        for key, (kind, _) in _LISTS.items():
            self.items[kind] += seed.adopt(kind, f"{seed.where}.{key}", seed.value(key))

    def fits(self, path: str, item: Mapping[str, Any], table: Mapping[str, Field]) -> bool:
        """Check the given fields of an object; mistakes go to the seed's problems."""
        fine = True
        for name, field in table.items():
            value = item.get(name)
            reason = field.check(value) if value is not None else None
            if reason is not None:
                self.seed.problem(f"{path}.{name}", reason)
                fine = False
        status = item.get("provisioning_status", "ACTIVE")
        if status not in _STATUSES:
            self.seed.problem(f"{path}.provisioning_status", f"must be one of {', '.join(_STATUSES)}")
            fine = False
        return fine

    def load_balancers(self) -> None:
        """Load balancers, and the one that is implied when only what stands on it is listed."""
        if not self.items["loadbalancers"] and (self.items["listeners"] or self.items["pools"]):
            implied = [{"name": "load-balancer"}]
            self.items["loadbalancers"] += self.seed.adopt("loadbalancers", f"{self.seed.where}.implied", implied)
        table = {"name": Field(_text), "tags": Field(_mapping)}
        plain = loadbalancers.new_balancer(self.acc, "", {}, None)
        allowed = _SHOWN | {key for key in plain if key[0] != "_"} | {"name", "listeners", "stats", "tags", "tags_v2"}
        for path, item in self.items["loadbalancers"]:
            self.seed.check_fields(path, item, allowed)
            if not self.fits(path, item, table):
                continue
            kept = {key: item[key] for key in [*plain, "name"] if key in item and key not in _SHOWN}
            values = {"name": item["id"], **kept, "_tags": self.tags(path, item)}
            values.setdefault("vip_port_id", stable_uuid("vip", item["id"]))
            if "vip_address" not in values:
                values["vip_address"] = loadbalancers.next_vip(self.acc)
            self.acc.put("loadbalancers", loadbalancers.new_balancer(self.acc, item["id"], values, None))

    def pools(self) -> None:
        """Pools; their members and monitors get what the API would fill in."""
        table = {**pools.CREATE_TABLE, "name": Field(_text)}
        plain = {key for key in pools.new_pool("", {}, None) if key[0] != "_"}
        owners = {"load_balancer", "load_balancer_id", "loadbalancers", "listener", "listener_id", "listeners"}
        allowed = _SHOWN | plain | owners | {"name", "protocol", "lb_algorithm"}
        for path, item in self.items["pools"]:
            self.seed.check_fields(path, item, allowed)
            balancer = self.owner(path, item, "loadbalancers", "load_balancer")
            self.default_pool(path, item)
            if not self.fits(path, item, table) or balancer is None:
                continue
            kept = {key: item[key] for key in plain if key in item and key not in _SHOWN}
            values = {"name": item["id"], "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", **kept}
            values.update({key: item[key] for key in ("name", "protocol", "lb_algorithm") if key in item})
            try:
                values["members"] = pool_parts.members(self.acc, item.get("members") or [], [])
                values["healthmonitor"] = pool_parts.monitor(self.acc, item.get("healthmonitor"), None)
            except ApiError as error:
                self.seed.problem(path, error.message)
                continue
            self.acc.put("pools", {**pools.new_pool(balancer, values, None), "id": item["id"]})

    def default_pool(self, path: str, item: Object) -> None:
        """A pool may name the listener whose default pool it is."""
        listener = self.seed.reference(path, item, "listener_id", "listeners")
        listed = [entry.get("id") for entry in item.get("listeners") or [] if isinstance(entry, Mapping)]
        for id in [listener, *listed]:
            found = self.acc.find("listeners", id) if id is not None else None
            if found is not None and found["_default_pool"] is None:
                self.acc.put("listeners", {**found, "_default_pool": item["id"]})

    def listeners(self) -> None:
        """Listeners; the order of their policies is filled in later."""
        table = {**listeners.CREATE_TABLE, "name": Field(_text)}
        plain = listeners.new_listener("", "", {}, None)
        more = {"name", "protocol", "protocol_port", "load_balancer", "default_pool", "default_pool_id"}
        allowed = _SHOWN | {key for key in plain if key[0] != "_"} | more | {"pool_count", "stats"}
        taken: list[Object] = []
        for path, item in self.items["listeners"]:
            self.seed.check_fields(path, item, allowed)
            balancer = self.owner(path, item, "loadbalancers", "load_balancer")
            default_pool = self.seed.reference(path, item, "default_pool_id", "pools")
            if not self.fits(path, item, table) or balancer is None:
                continue
            protocol = item.get("protocol") or "HTTP"
            values = {"name": item["id"], "protocol": protocol, "protocol_port": _free_port(protocol, balancer, taken)}
            values.update({key: item[key] for key in [*plain, *values] if key in item and key not in _SHOWN})
            values["load_balancer_id"] = balancer
            values["user_list"] = values.get("user_list") or []
            listener = listeners.new_listener(balancer, item["id"], values, None)
            taken.append(listener)
            self.acc.put("listeners", {**listener, "_default_pool": default_pool})

    def policies(self) -> None:
        """Policies by position, with their rules."""
        table = {**policies.table_for("REDIRECT_TO_URL"), "name": Field(_text)}
        table["redirect_prefix"] = table["redirect_url"]
        plain = set(policies.new_policy(self.acc, "", {}))
        allowed = _SHOWN | plain | {"action", "position", "listener", "listener_id", "redirect_pool", "rules"}
        orders: dict[str, list[tuple[float, str]]] = {}
        for path, item in self.items["l7policies"]:
            self.seed.check_fields(path, item, allowed)
            listener_id = self.owner(path, item, "listeners", "listener")
            self.seed.reference(path, item, "redirect_pool_id", "pools")
            item.setdefault("action", _action(item))
            if not self.fits(path, item, table) or not self.has_target(path, item) or listener_id is None:
                continue
            values = {key: item[key] for key in plain if item.get(key) is not None and key not in _SHOWN}
            values.update(action=item["action"], listener_id=listener_id)
            if "redirect_http_code" not in item:
                values["redirect_http_code"] = policies.default_code(self.acc, item["action"])
            self.acc.put("l7policies", policies.new_policy(self.acc, item["id"], values))
            orders.setdefault(listener_id, []).append((item.get("position") or float("inf"), item["id"]))
            self.rules(path, item)
        for listener_id, entries in orders.items():
            ordered = [id for _, id in sorted(entries, key=lambda entry: entry[0])]
            self.acc.change("listeners", listener_id, _order=ordered)

    def has_target(self, path: str, item: Mapping[str, Any]) -> bool:
        """Each action but REJECT needs its target."""
        target = policies.TARGETS.get(item["action"])
        if target is None or item.get(target) is not None:
            return True
        self.seed.problem(path, f"{item['action']} needs {target}")
        return False

    def rules(self, path: str, policy: Mapping[str, Any]) -> None:
        """The rules of one policy."""
        plain = rules.new_rule(self.acc, "", "", {})
        allowed = _SHOWN | {key for key in plain if key[0] != "_"} | set(rules.TABLE)
        items = self.seed.adopt("l7rules", f"{path}.rules", policy.get("rules"), parent=policy["id"])
        for place, item in items:
            self.seed.check_fields(place, item, allowed)
            lacking = [name for name in ("type", "value") if item.get(name) is None]
            if lacking:
                self.seed.problem(place, f"needs {' and '.join(lacking)}")
                continue
            if not self.fits(place, item, rules.TABLE):
                continue
            values = {"compare_type": "EQUAL_TO", "key": None}
            values.update({key: item[key] for key in allowed - _SHOWN if item.get(key) is not None})
            problem = octavia.rule_problem(values, self.acc.options)
            if problem is not None:
                self.seed.problem(f"{place}.{problem[0]}", problem[1])
                continue
            self.acc.put("l7rules", rules.new_rule(self.acc, item["id"], policy["id"], values))

    def groups(self) -> None:
        """Security groups with their rules."""
        table = {"name": Field(_text), "description": Field(_text), "tags": Field(_mapping)}
        more = {"name", "description", "revision_number", "tags", "tags_v2", "security_group_rules", "rules"}
        for path, item in self.items["securitygroups"]:
            self.seed.check_fields(path, item, _SHOWN | _TIMES | more)
            if not self.fits(path, item, table):
                continue
            kept = {
                key: item[key]
                for key in ("description", "created_at", "updated_at", "revision_number")
                if item.get(key) is not None
            }
            values = {"name": item.get("name", item["id"]), **kept, "_tags": self.tags(path, item)}
            security_groups.make(self.acc, item["id"], values)
            self.group_rules(path, item)

    def group_rules(self, path: str, group: Mapping[str, Any]) -> None:
        """The rules of one group; protocols may be numbers, as old replies have them."""
        key = "security_group_rules" if "security_group_rules" in group else "rules"
        table = {**security_rules.OLD_TABLE, "protocol": Field(_protocol)}
        allowed = _SHOWN | _TIMES | set(table) | {"security_group_id", "revision_number", "remote_group"}
        for place, item in self.seed.adopt("securitygrouprules", f"{path}.{key}", group.get(key), parent=group["id"]):
            self.seed.check_fields(place, item, allowed)
            self.seed.reference(place, item, "remote_group_id", "securitygroups")
            if item.get("direction") is None:
                self.seed.problem(place, "needs direction")
                continue
            if not self.fits(place, item, table):
                continue
            if item.get("protocol") is not None:
                item["protocol"] = str(item["protocol"])
            problem = neutron.problem(item, self.acc.options)
            if problem is not None:
                self.seed.problem(f"{place}.{problem[0]}", problem[1])
                continue
            form = neutron.stored_form(item, self.acc.options)
            if any(rule["_key"] == form["_key"] for rule in security_rules.of_group(self.acc, group["id"])):
                self.seed.problem(place, "an equal rule is in the group already")
                continue
            rule = security_rules.add(self.acc, group["id"], item["id"], form)
            told = {name: item[name] for name in (*_TIMES, "revision_number") if item.get(name) is not None}
            self.acc.put("securitygrouprules", {**rule, **told})

    def owner(self, path: str, item: Object, kind: Kind, field: str) -> str | None:
        """The load balancer or listener an object stands on; the only one there is when it does not say."""
        if item.get(field) is not None or item.get(f"{field}_id") is not None:
            return self.seed.reference(path, item, f"{field}_id", kind)
        known = [other for _, other in self.items[kind]]
        if kind == "loadbalancers":
            listed = [entry.get("id") for entry in item.get("loadbalancers") or [] if isinstance(entry, Mapping)]
            holders = [other for other in known if other["id"] in listed or _lists(other, item["id"])]
            known = holders or known
        if len(known) == 1:
            return str(known[0]["id"])
        self.seed.problem(path, f"needs {field} (a name) or {field}_id")
        return None

    def tags(self, path: str, item: Mapping[str, Any]) -> dict[str, list[object]]:
        """Tags as the API shows them (``tags_v2``) or as it takes them (``tags``)."""
        result = tags.stored(item.get("tags") or {})
        for place, tag in enumerate(item.get("tags_v2") or []):
            if not isinstance(tag, Mapping) or not isinstance(tag.get("key"), str):
                self.seed.problem(f"{path}.tags_v2[{place}]", "must have key, value and read_only")
            else:
                result[tag["key"]] = [str(tag.get("value", "")), bool(tag.get("read_only", False))]
        return result

    def settings(self) -> None:
        """The region's name and quotas."""
        region, limits = self.seed.value("region"), self.seed.value("quotas")
        if region is not None:
            self.ctx.store.meta_set(region_key(self.acc.region_id), str(region))
        known = {f"{counted}_limit": counted for counted in quotas.KINDS}
        if limits is not None and not isinstance(limits, Mapping):
            self.seed.problem(f"{self.seed.where}.quotas", "must be a mapping")
        for name, limit in (limits if isinstance(limits, Mapping) else {}).items():
            where = f"{self.seed.where}.quotas.{name}"
            if name not in known:
                self.seed.problem(where, f"unknown key; known are {', '.join(sorted(known))}")
            elif isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
                self.seed.problem(where, "must be a whole number from 0 on")
            else:
                self.ctx.store.meta_set(quotas.limit_key(self.acc.region_id, known[name]), limit)


def load(ctx: Context, seed: SeedAccount) -> None:
    """Store everything a seed says of one account; mistakes go to the seed's problems."""
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", seed.account)
    if found is None:
        seed.problem(seed.where, "an account of gcore is named project/region, two numbers such as 1/1")
        return
    acc = Account(ctx, int(found[1]), int(found[2]), ctx.now)
    seed.check_list_keys([*_LISTS, "region", "quotas"])
    ctx.store.meta_set(ACCOUNTS_KEY, [*ctx.store.meta_get(ACCOUNTS_KEY, []), acc.key])
    loader = _Loader(ctx, seed, acc)
    loader.settings()
    loader.load_balancers()
    loader.listeners()
    loader.pools()
    loader.policies()
    loader.groups()


def _action(item: Mapping[str, Any]) -> str:
    given = [action for action, target in policies.TARGETS.items() if item.get(target) is not None]
    return given[0] if given else "REJECT"


def _free_port(protocol: Any, balancer: str, taken: list[Object]) -> int:
    used = {other["protocol_port"] for other in taken if other["load_balancer_id"] == balancer}
    port = _PORT_NUMBERS.get(protocol, 80) if isinstance(protocol, str) else 80
    while port in used:
        port += 1
    return port


def _lists(balancer: Mapping[str, Any], listener_id: str) -> bool:
    entries = balancer.get("listeners") or []
    return any(isinstance(entry, Mapping) and entry.get("id") == listener_id for entry in entries)


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "must be a string"


def _mapping(value: Any) -> str | None:
    fine = isinstance(value, Mapping) and all(isinstance(entry, str) for pair in value.items() for entry in pair)
    return None if fine else "must map strings to strings"


def _protocol(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    known = isinstance(value, str) and (
        value in neutron.PROTOCOLS or value == "any" or (value.isascii() and value.isdigit() and int(value) < 256)
    )
    return None if known else "is not a protocol"

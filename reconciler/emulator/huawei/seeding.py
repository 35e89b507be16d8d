"""One project of a seed: the API's own reply objects, filled up and checked as the API would.

List keys: ``loadbalancers``, ``listeners``, ``pools``, ``l7policies`` (with full ``rules``), ``security_groups``
(with ``security_group_rules`` inside, or those at top level), ``security_group_rules``, ``address_groups``, ``ports``
(``{security_groups: [names or ids]}``). Further keys: ``project`` (``{name: cn-north-4}``), ``quotas`` (ELB quota
keys) and ``vpc_quotas``. References by name: ``loadbalancer``, ``listener``, ``default_pool``, ``redirect_pool``,
``redirect_listener``, ``pool`` in ``redirect_pools_config``, ``security_group``, ``remote_group``,
``remote_address_group``. A group without ``security_group_rules`` gets the four default rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.emulator.front import Context
from reconciler.emulator.http import make_request
from reconciler.emulator.huawei import checks, listeners, loadbalancers, pools, quotas, rules, security_groups
from reconciler.emulator.huawei import policies as po
from reconciler.emulator.huawei import security_rules as sr
from reconciler.emulator.huawei.errors import ApiError
from reconciler.emulator.huawei.rule_checks import RULE_FIELDS, check_rule
from reconciler.emulator.huawei.scope import Scope
from reconciler.emulator.seed import SeedAccount

_LISTS = (
    "loadbalancers", "listeners", "pools", "l7policies", "security_groups", "security_group_rules", "address_groups",
    "ports",
)  # fmt: skip
_TIMES = ("id", "project_id", "created_at", "updated_at")
_SERVER_RULE = (*_TIMES, "provisioning_status")
_POLICY_FIELDS = frozenset(
    {
        *_TIMES, "name", "description", "admin_state_up", "listener_id", "listener", "action", "position", "priority",
        "provisioning_status", "enterprise_project_id", "redirect_url", "redirect_pool_id", "redirect_pool",
        "redirect_listener_id", "redirect_listener", "redirect_pools_config", "redirect_pools_sticky_session_config",
        "redirect_pools_extend_config", "redirect_url_config", "fixed_response_config", "rules",
    }
)  # fmt: skip
_SECURITY_RULE_FIELDS = frozenset(
    {
        *_TIMES, "security_group_id", "security_group", "direction", "ethertype", "protocol", "multiport",
        "remote_ip_prefix", "remote_group_id", "remote_group", "remote_address_group_id", "remote_address_group",
        "action", "priority", "description", "enabled",
    }
)  # fmt: skip

_ADDRESS_GROUP: Mapping[str, Any] = {"name": "", "ip_version": 4, "ip_set": [], "description": ""}
_SECURITY_GROUP: Mapping[str, Any] = {"name": "", "description": "", "enterprise_project_id": "0", "tags": []}
_TEXTS: Mapping[str, Any] = {"project_id": "", "created_at": "", "updated_at": ""}

Items = list[tuple[str, dict[str, Any]]]


def seed_project(ctx: Context, account: SeedAccount) -> None:
    """Load one project; every mistake goes to the account's problems."""
    if not re.fullmatch(r"[0-9a-z]{1,32}", account.account):
        account.problem(account.where, "a Huawei project id is 1 to 32 lower-case letters and digits")
    account.check_list_keys((*_LISTS, "project", "quotas", "vpc_quotas"))
    scope = Scope(ctx, make_request("GET", "/"), account.account)
    items = {key: account.objects(key) for key in _LISTS}
    _project(scope, account)
    for path, body in items["loadbalancers"]:
        account.check_fields(path, body, {*_TIMES, *loadbalancers.DEFAULTS, "listeners", "pools"})
        fields = _typed(account, path, _without(body, "listeners", "pools"), loadbalancers.DEFAULTS)
        _keep(account, path, loadbalancers.store, scope, fields)
    _pools(scope, account, items["pools"])
    _listeners(scope, account, items["listeners"])
    for path, body in items["l7policies"]:
        _keep(account, path, _policy, scope, account, path, body)
    for path, body in items["address_groups"]:
        account.check_fields(path, body, {*_TIMES, *_ADDRESS_GROUP})
        scope.put("address_group", {**_ADDRESS_GROUP, **_typed(account, path, body, _ADDRESS_GROUP)})
    _security(scope, account, items)


def _without(body: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in keys}


def _typed(account: SeedAccount, path: str, body: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are given and have the type of their default; null is like not given. Others are mistakes."""
    kinds = {key: type(value) for key, value in {**_TEXTS, **defaults}.items() if value is not None}
    result = {}
    for key, value in body.items():
        wanted = kinds.get(key)
        if value is not None and wanted is not None and type(value) is not wanted:
            words = {bool: "a boolean", int: "an integer", str: "a string", list: "a list", dict: "a mapping"}
            account.problem(f"{path}.{key}", f"must be {words[wanted]}")
        elif value is not None:
            result[key] = value
    return result


def _keep(account: SeedAccount, path: str, make: Callable[..., Any], *args: Any) -> None:
    """Run ``make``; what the API would refuse is a mistake of the seed."""
    try:
        make(*args)
    except ApiError as error:
        account.problem(path, error.message)


def _project(scope: Scope, account: SeedAccount) -> None:
    project = account.value("project") or {}
    if not isinstance(project, Mapping) or not set(project) <= {"name"}:
        account.problem(f"{account.where}.project", "must be a mapping with the key name only")
        project = {}
    # Stored in any case, so that a project without objects exists as well.
    scope.put("project", {"id": scope.project, "name": project.get("name")})
    for key, kind, known in (("quotas", "elb", quotas.ELB_DEFAULTS), ("vpc_quotas", "vpc", sr.vpc_limits(scope))):
        given = account.value(key)
        if given is None:
            continue
        if not isinstance(given, Mapping):
            account.problem(f"{account.where}.{key}", "must be a mapping of quota keys")
            continue
        for name, value in given.items():
            if name not in known:
                account.problem(f"{account.where}.{key}.{name}", "unknown quota")
            elif not isinstance(value, int) or isinstance(value, bool):
                account.problem(f"{account.where}.{key}.{name}", "must be an integer")
        scope.put("quota", {"id": kind, **{name: given[name] for name in given if name in known}})


def _owner(account: SeedAccount, path: str, body: dict[str, Any], *, required: bool) -> str | None:
    """The load balancer of a listener or pool: ``loadbalancers: [{id}]``, ``loadbalancer`` or ``loadbalancer_id``."""
    listed = body.pop("loadbalancers", None)
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], Mapping):
        body.setdefault("loadbalancer_id", listed[0].get("id"))
    elif listed:
        account.problem(f"{path}.loadbalancers", "must be a list of one {id}")
    owner = account.reference(path, body, "loadbalancer_id", "loadbalancers", required=required)
    body.pop("loadbalancer_id", None)
    return owner


def _listeners(scope: Scope, account: SeedAccount, items: Items) -> None:
    known = {
        *_TIMES, *listeners.DEFAULTS, "protocol", "protocol_port", "insert_headers", "keepalive_timeout",
        "client_timeout", "member_timeout", "loadbalancers", "loadbalancer", "loadbalancer_id", "default_pool",
    }  # fmt: skip
    for path, body in items:
        account.check_fields(path, body, known)
        owner = _owner(account, path, body, required=True)
        account.reference(path, body, "default_pool_id", "pools")
        body = _typed(account, path, body, {**listeners.DEFAULTS, "insert_headers": {}})
        if body.get("protocol") not in listeners.PROTOCOLS:
            account.problem(f"{path}.protocol", f"must be one of {', '.join(listeners.PROTOCOLS)}")
            continue
        if owner is None or scope.get("loadbalancer", owner) is None:
            continue
        if body.get("enhance_l7policy_enable") and not scope.need("loadbalancer", owner)["guaranteed"]:
            account.problem(f"{path}.enhance_l7policy_enable", "shared load balancers do not support it")
        _keep(account, path, _listener, scope, body, owner)


def _listener(scope: Scope, body: dict[str, Any], owner: str) -> None:
    """One listener; a port that is not given is 443 or 80, or the next free one."""
    siblings = scope.find(listeners.KIND, "_loadbalancer_id", owner)
    port = checks.integer(body, "protocol_port", 0, 65535)
    if port is None:
        port = 443 if "HTTPS" in body["protocol"] else 80
        taken = {item["protocol_port"] for item in siblings}
        while port in taken:
            port += 1
    listeners.check_port(siblings, body["protocol"], port)
    listeners.store(scope, {**body, "protocol_port": port}, owner)


def _pools(scope: Scope, account: SeedAccount, items: Items) -> None:
    known = {*_TIMES, *pools.DEFAULTS, "protocol", "loadbalancers", "loadbalancer", "loadbalancer_id", "listeners"}
    for path, body in items:
        account.check_fields(path, body, known)
        owner = _owner(account, path, body, required=False)
        body = _typed(account, path, {"protocol": "HTTP", **body}, pools.DEFAULTS)
        if not all(isinstance(member, Mapping) and "id" in member for member in body.get("members", [])):
            account.problem(f"{path}.members", "must be a list of {id}")
            continue
        if body["protocol"] not in pools.PROTOCOLS:
            account.problem(f"{path}.protocol", f"must be one of {', '.join(pools.PROTOCOLS)}")
            continue
        pools.store(scope, _without(body, "listeners"), owner)


def _policy(scope: Scope, account: SeedAccount, path: str, body: dict[str, Any]) -> None:
    account.check_fields(path, body, _POLICY_FIELDS)
    owner = account.reference(path, body, "listener_id", "listeners", required=True)
    account.reference(path, body, "redirect_pool_id", "pools")
    account.reference(path, body, "redirect_listener_id", "listeners")
    for number, entry in enumerate(checks.array(body, "redirect_pools_config") or []):
        if isinstance(entry, dict):
            account.reference(f"{path}.redirect_pools_config[{number}]", entry, "pool_id", "pools")
    listener = scope.get("listener", owner)
    if listener is None:
        return
    action = str(checks.choice(body, "action", po.ACTIONS, required=True))
    raw = _typed(account, path, body, {})
    entries = raw.get("redirect_pools_config") or []
    if not listener["enhance_l7policy_enable"] and len(entries) == 1 and isinstance(entries[0], dict):
        # A reply mirrors the plain pool; a request on such a listener could not send the mirror.
        raw.setdefault("redirect_pool_id", entries[0].get("pool_id"))
        del raw["redirect_pools_config"]
    given = checks.array(raw, "rules") or []
    fields = _without(raw, "rules", "provisioning_status", *_priority_of(listener))
    policy = po.new_policy(scope, fields, action, listener)
    policy.update({key: raw[key] for key in ("id", "created_at", "updated_at", "enterprise_project_id") if key in raw})
    scope.put(po.KIND, policy)
    nested = account.adopt("l7rules", f"{path}.rules", given, parent=policy["id"])
    for where, rule in nested:
        _keep(account, where, _rule, scope, account, where, rule, policy, listener)
    policy = rules.refresh(scope, policy)
    kept = {"updated_at": raw.get("updated_at", policy["updated_at"])}
    status = checks.choice(raw, "provisioning_status", ("ACTIVE", "ERROR"))
    scope.put(po.KIND, {**policy, **kept, **({"provisioning_status": status} if status else {})})


def _priority_of(listener: Mapping[str, Any]) -> tuple[str, ...]:
    """``priority`` is a reply's filler where the listener has no advanced forwarding."""
    return () if listener["enhance_l7policy_enable"] else ("priority",)


def _rule(
    scope: Scope,
    account: SeedAccount,
    path: str,
    body: dict[str, Any],
    policy: Mapping[str, Any],
    listener: Mapping[str, Any],
) -> None:
    account.check_fields(path, body, {*_SERVER_RULE, *RULE_FIELDS})
    if policy["action"] == "REDIRECT_TO_LISTENER":
        account.problem(path, "a REDIRECT_TO_LISTENER policy cannot have rules")
    raw = {key: value for key, value in body.items() if key in RULE_FIELDS and value is not None}
    parsed = check_rule(raw, advanced=listener["enhance_l7policy_enable"], options=scope.options)
    typed = _typed(account, path, body, {"provisioning_status": ""})
    given = {key: typed[key] for key in _SERVER_RULE if key in typed}
    scope.put(rules.KIND, {**rules.new_rule(scope, policy["id"], parsed), **given, "project_id": scope.project})


def _security(scope: Scope, account: SeedAccount, items: Mapping[str, Items]) -> None:
    nested: Items = []
    for path, body in items["security_groups"]:
        account.check_fields(path, body, {*_TIMES, *_SECURITY_GROUP, "security_group_rules"})
        inner = body.pop("security_group_rules", None)
        body = _typed(account, path, body, _SECURITY_GROUP)
        if not body.get("name"):
            account.problem(f"{path}.name", "a security group needs a name")
            continue
        inside = f"{path}.security_group_rules"
        for where, rule in account.adopt("security_group_rules", inside, inner, parent=body["id"]):
            nested.append((where, {"security_group_id": body["id"], **rule}))
        explicit = inner is not None or bool(items["security_group_rules"])
        security_groups.store(scope, body, default_rules=not explicit and scope.options.default_security_rules)
    known: dict[tuple[Any, ...], str] = {}
    for path, body in [*nested, *items["security_group_rules"]]:
        _keep(account, path, _security_rule, scope, account, path, body, known)
    for path, body in items["ports"]:
        account.check_fields(path, body, {*_TIMES, "name", "security_groups"})
        ids = []
        body = _typed(account, path, body, {"security_groups": []})
        for number, name in enumerate(body.get("security_groups", [])):
            key = "group_id" if scope.get(security_groups.KIND, name) else "group"
            entry = {key: name}
            ids.append(account.reference(f"{path}.security_groups[{number}]", entry, "group_id", "security_groups"))
        scope.put("port", {**body, "security_groups": ids})


def _security_rule(
    scope: Scope, account: SeedAccount, path: str, body: dict[str, Any], known: dict[tuple[Any, ...], str]
) -> None:
    """One rule; ``known`` are the ids of those before it by group and identity: a group may have ten thousand."""
    account.check_fields(path, body, _SECURITY_RULE_FIELDS)
    group = account.reference(path, body, "security_group_id", "security_groups", required=True)
    account.reference(path, body, "remote_group_id", "security_groups")
    account.reference(path, body, "remote_address_group_id", "address_groups")
    if group is None:
        return
    parsed = sr.parse(scope, body, group, scope.options.security_rule_priority)
    typed = _typed(account, path, body, {})
    given: dict[str, Any] = {key: typed[key] for key in ("id", "created_at", "updated_at") if key in typed}
    twin = known.setdefault((group, *sr.identity(scope, parsed)), str(given.get("id")))
    if twin != str(given.get("id")):
        account.problem(path, f"the same rule as {twin}")
        return
    sr.store(scope, {**given, **parsed})

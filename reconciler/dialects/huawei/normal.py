"""Normal forms of Huawei policies, rules and security group rules: one for desired and live.

Absent, null and default are one. What an action or a rule does not use is left out: the API ignores it (HW-R10,
HW-R15, HW-R66, HW-R78) and may or may not echo it. Numbers and lists have one spelling. The class is asked first
where every rule passes: ``isinstance`` of an abstract class takes longer than the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from reconciler.dialects import _values as v
from reconciler.dialects.huawei.tables import DEFAULTS, KEYLESS_TYPES, PROTOCOL_NAMES, TARGET_FIELDS
from reconciler.model.objects import EMPTY, Condition, Policy, Rule, SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]


# ------------------------------------------------------------------------------------------------ rules
def rule(raw: Raw) -> Rule:
    """A rule in normal form.

    With conditions, ``key`` and ``value`` are ignored (HW-R66); ``invert`` never works, and neither does ``key``
    (HW-R78) with the types whose pages say so (they are silent about COOKIE).
    """
    get = raw.get
    type_ = v.text(get("type")) or ""
    conditions = get("conditions")
    alternatives = _conditions(type_, conditions) if conditions and isinstance(conditions, (list, tuple)) else ()
    value = None if alternatives else v.text(get("value"))
    if value is not None and type_ == "SOURCE_IP":
        value = v.network(value)
    return Rule(
        type_,
        v.text(get("compare_type")) or "",
        value,
        None if alternatives or type_ in KEYLESS_TYPES else v.text(get("key")),
        False,
        alternatives,
        (),
        get("admin_state_up") is not False,
    )


def _conditions(type_: str, raw: list[Any] | tuple[Any, ...]) -> tuple[Condition, ...]:
    """Alternatives in a fixed order; a source address counts as its network (the match is the same)."""
    found = []
    for item in raw:
        if item.__class__ is dict or isinstance(item, Mapping):
            value = v.text(item.get("value")) or ""
            found.append(Condition(v.text(item.get("key")) or "", v.network(value) if type_ == "SOURCE_IP" else value))
    if len(found) < 2:
        return tuple(found)
    return tuple(sorted(set(found), key=_condition_order))


def _condition_order(condition: Condition) -> tuple[str, str]:
    return condition.key, condition.value


def _rule_order(item: Rule) -> tuple[object, ...]:
    return item.sort_key


# ------------------------------------------------------------------------------------------------ policies
def policy(raw: Raw) -> Policy:
    """A policy with its rules (full objects). ``position``, ids and times are the server's and are left out."""
    get = raw.get
    action = v.text(get("action")) or ""
    wanted = TARGET_FIELDS.get(action, _ALL_TARGETS)
    fields: dict[str, Any] = {}
    description = get("description")
    if description:
        fields["description"] = v.text(description)
    if get("admin_state_up") is False:
        fields["admin_state_up"] = False
    if "redirect_pool_id" in wanted:
        _pools(get("redirect_pool_id"), get("redirect_pools_config"), fields)
    for name, normalise in _TARGETS.items():
        if name in wanted:
            given = get(name)
            if given:
                value = normalise(given)
                if value:
                    fields[name] = value
    rules = get("rules")
    rule_list = [rule(r) for r in rules if r.__class__ is dict or isinstance(r, Mapping)] if rules else []
    if len(rule_list) > 1:
        rule_list.sort(key=_rule_order)
    return Policy(v.text(get("name")) or "", action, fields or EMPTY, tuple(rule_list), v.integer(get("priority")))


def _pools(pool_id: Any, config: Any, fields: dict[str, Any]) -> None:
    """``redirect_pools_config`` wins over ``redirect_pool_id`` (HW-R11).

    One pool with any weight but 0 gets all requests: the same as a plain ``redirect_pool_id``, whichever of both the
    API echoes. One pool with weight 0 gets none and stays a list.
    """
    pools = {}
    if isinstance(config, (list, tuple)):
        for entry in config:
            pool = v.text(entry.get("pool_id")) if isinstance(entry, Mapping) else None
            if pool is not None:
                weight = v.integer(entry.get("weight"))
                pools[pool] = 1 if weight is None else weight
    if not pools:
        only = v.text(pool_id)
        if only is not None:
            fields["redirect_pool_id"] = only
    elif len(pools) == 1 and 0 not in pools.values():
        fields["redirect_pool_id"] = next(iter(pools))
    else:
        fields["redirect_pools_config"] = [{"pool_id": pool, "weight": pools[pool]} for pool in sorted(pools)]


# ------------------------------------------------------------------------------------------------ nested objects
def _without_defaults(raw: Any, kind: str, keep_empty: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Scalars that are neither null nor the default; ``""`` is absent too, except for names in ``keep_empty``."""
    if not (raw.__class__ is dict or isinstance(raw, Mapping)):
        return {}
    defaults = DEFAULTS.get(kind, EMPTY)
    return {
        name: value
        for name, value in raw.items()
        if value is not None
        and (value.__class__ is str or not isinstance(value, (Mapping, list, tuple)))
        and value != defaults.get(name)
        and (value != "" or name in keep_empty)
    }


_QUERY = frozenset({"query"})


def _listener_id(raw: Any) -> Any:
    return v.text(raw)


def _sticky(raw: Any) -> dict[str, Any]:
    """A session that is off has no time-out."""
    found = _without_defaults(raw, "redirect_pools_sticky_session_config")
    return found if found.get("enable") is True else {}


def _extend(raw: Any) -> dict[str, Any]:
    found = _without_defaults(raw, "redirect_pools_extend_config")
    if isinstance(raw, Mapping):
        rewrite = _without_defaults(raw.get("rewrite_url_config"), "rewrite_url_config", _QUERY)
        if rewrite:
            found["rewrite_url_config"] = rewrite
        _header_edits(raw, found)
        _traffic_limit(raw, found)
        cors = _with_lists(raw.get("cors_config"), "cors_config", _CORS_LISTS)
        if cors:
            found["cors_config"] = cors
        mirror = _with_lists(raw.get("traffic_mirror_config"), "traffic_mirror_config", ("target_ids",))
        if mirror:
            found["traffic_mirror_config"] = mirror
    return found


def _redirect_url(raw: Any) -> dict[str, Any]:
    found = _without_defaults(raw, "redirect_url_config", _QUERY)
    if isinstance(raw, Mapping):
        _texts(found, ("status_code", "port"))
        _header_edits(raw, found)
    return found


def _fixed_response(raw: Any) -> dict[str, Any]:
    found = _without_defaults(raw, "fixed_response_config")
    if isinstance(raw, Mapping):
        _texts(found, ("status_code",))
        _header_edits(raw, found)
        _traffic_limit(raw, found)
    return found


def _texts(found: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if name in found:
            found[name] = str(found[name])


def _header_edits(raw: Raw, found: dict[str, Any]) -> None:
    """The order of header edits has no meaning."""
    for name in ("insert_headers_config", "remove_headers_config"):
        config = raw.get(name)
        entries = config.get("configs") if isinstance(config, Mapping) else None
        if isinstance(entries, (list, tuple)):
            edits = [
                {k: str(entry[k]) for k in ("key", "value_type", "value") if entry.get(k) is not None}
                for entry in entries
                if isinstance(entry, Mapping)
            ]
            if edits:
                found[name] = {"configs": sorted(edits, key=lambda e: (e.get("key", "").lower(), *e.values()))}


def _traffic_limit(raw: Raw, found: dict[str, Any]) -> None:
    limit = _without_defaults(raw.get("traffic_limit_config"), "traffic_limit_config")
    if limit:
        found["traffic_limit_config"] = limit


_CORS_LISTS = ("allow_origin", "allow_methods", "allow_headers", "expose_headers")


def _with_lists(raw: Any, kind: str, lists: tuple[str, ...]) -> dict[str, Any]:
    """An object whose lists are sets."""
    found = _without_defaults(raw, kind)
    if isinstance(raw, Mapping):
        for name in lists:
            items = raw.get(name)
            if items and isinstance(items, (list, tuple)):
                found[name] = sorted({str(item) for item in items})
    return found


_TARGETS: Mapping[str, Callable[[Any], Any]] = {
    "redirect_listener_id": _listener_id,
    "redirect_pools_sticky_session_config": _sticky,
    "redirect_pools_extend_config": _extend,
    "redirect_url_config": _redirect_url,
    "fixed_response_config": _fixed_response,
}
_ALL_TARGETS = frozenset(_TARGETS) | {"redirect_pool_id", "redirect_pools_config"}


# ------------------------------------------------------------------------------------------------ security groups
def security_rule(raw: Raw) -> SecurityRule:
    """A security group rule. ``allow`` is the default action; the priority is always told (the defaults differ)."""
    get = raw.get
    remote = v.text(get("remote_ip_prefix"))
    action = v.text(get("action"))
    return SecurityRule(
        direction=v.text(get("direction")) or "",
        ethertype=v.ethertype(get("ethertype")),
        protocol=_protocol(get("protocol")),
        multiport=multiport(get("multiport")),
        remote_ip_prefix=None if remote is None else v.prefix(remote),
        remote_group_id=v.text(get("remote_group_id")),
        remote_address_group_id=v.text(get("remote_address_group_id")),
        action=None if action == "allow" else action,
        priority=v.integer(get("priority")),
        enabled=get("enabled") is not False,
        description=v.text(get("description")) or "",
    )


def _protocol(value: Any) -> str | None:
    word = v.text(value)
    if word is None:
        return None
    word = word.lower()
    return None if word == "any" else PROTOCOL_NAMES.get(word, word)


def port_ranges(value: Any) -> list[tuple[int, int]] | None:
    """The ranges of a multiport value (an integer or ``"22,30-100"``) as written; None when it is none."""
    word = v.text(value)
    if word is None:
        return None
    found = []
    for part in word.split(","):
        low, dash, high = part.strip().partition("-")
        first, last = v.integer(low), v.integer(high) if dash else v.integer(low)
        if first is None or last is None:
            return None
        found.append((first, last))
    return found


def multiport(value: Any) -> str | None:
    """Ports in rising order, overlapping and touching ranges merged; what cannot be read stays as it is."""
    word = v.text(value)
    return None if word is None else _merged(word)


@lru_cache(maxsize=65536)
def _merged(word: str) -> str:
    if v.integer(word) is not None:
        return str(int(word))
    ranges = port_ranges(word)
    if ranges is None:
        return word
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in merged)


def identity(rule: SecurityRule) -> tuple[object, ...]:
    """What the API refuses as a duplicate (HW-S03): all but the description, and ``enabled``, which no source names."""
    return (
        rule.direction, rule.ethertype, rule.protocol, rule.multiport, rule.remote_ip_prefix, rule.remote_group_id,
        rule.remote_address_group_id, rule.action, rule.priority,
    )  # fmt: skip


def traffic(rule: SecurityRule) -> tuple[object, ...]:
    """Equal for rules that let through and stop the same: ``/0`` is any address, host bits do not matter."""
    remote = rule.remote_ip_prefix
    if remote is not None:
        remote = v.addresses(remote)
    return (
        rule.direction, rule.ethertype, rule.protocol, rule.multiport, remote, rule.remote_group_id,
        rule.remote_address_group_id, rule.action, rule.priority, rule.enabled,
    )  # fmt: skip

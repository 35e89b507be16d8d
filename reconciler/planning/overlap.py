"""Syntactic overlap: provable disjointness and containment, nothing else. "Not proven" is never a proof of overlap."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from reconciler.model.objects import Policy, Rule, SecurityRule

SINGLE = frozenset({"HOST_NAME", "PATH", "METHOD"})
"""Request fields with one value: two rules that want different ones never both match."""


def disjoint(a: Policy, b: Policy) -> bool:
    """Can surely no request match both policies?"""
    return any(_apart(x, y) for x in a.rules for y in b.rules if x.type == y.type and x.type in SINGLE)


def _apart(x: Rule, y: Rule) -> bool:
    if x.invert or y.invert:
        return False
    left, right = words_of(x), words_of(y)
    if left is None or right is None:
        return False
    fold = x.type == "HOST_NAME"
    for a in left:
        for b in right:
            first, second = (a.casefold(), b.casefold()) if fold else (a, b)
            if _meet(x.compare_type, first, y.compare_type, second):
                return False
    return True


def words_of(rule: Rule) -> list[str] | None:
    """The values that a rule compares with, where it compares plainly: whole values or prefixes, no wildcards."""
    if rule.compare_type not in ("EQUAL_TO", "STARTS_WITH"):
        return None
    words = [c.value for c in rule.conditions] or ([rule.value] if rule.value is not None else [])
    return None if not words or any("*" in w or "?" in w for w in words) else words


def _meet(kind: str, a: str, other: str, b: str) -> bool:
    if kind == other == "EQUAL_TO":
        return a == b
    if kind == "EQUAL_TO":
        return a.startswith(b)
    if other == "EQUAL_TO":
        return b.startswith(a)
    return a.startswith(b) or b.startswith(a)


def catches_all(outer: Policy, inner: Policy) -> bool:
    """Does ``outer`` surely match whatever ``inner`` matches? (its rules are among the other's)"""
    return bool(outer.rules) and set(outer.rules) <= set(inner.rules)


def falls_to(gone: Policy, behind: Iterable[tuple[str, Policy]]) -> tuple[str, ...]:
    """Who may serve the requests of an absent policy: addresses in order of evaluation, then ``default``."""
    found: list[str] = []
    for address, policy in behind:
        if disjoint(gone, policy):
            continue
        found.append(address)
        if catches_all(policy, gone):
            return tuple(found)
    return (*found, "default")


# ------------------------------------------------------------------------------------------------ security groups
Ports = tuple[tuple[int, int], ...]


def ports_of(rule: SecurityRule) -> Ports | None:
    """Port ranges of a rule (for ICMP the types); None: all, or not to be told."""
    if rule.multiport is not None:
        try:
            return tuple(
                (int(low), int(high or low))
                for low, _, high in (part.strip().partition("-") for part in rule.multiport.split(","))
            )
        except ValueError:
            return None
    if rule.port_range_min is None:
        return None
    return ((rule.port_range_min, rule.port_range_min if rule.port_range_max is None else rule.port_range_max),)


def overlaps(a: SecurityRule, b: SecurityRule) -> bool:
    """May some packet match both rules? False only where that is certain."""
    if (a.direction, a.ethertype) != (b.direction, b.ethertype) or not a.enabled or not b.enabled:
        return False
    if a.protocol not in (None, "0") and b.protocol not in (None, "0") and a.protocol != b.protocol:
        return False
    left, right = ports_of(a), ports_of(b)
    if left and right and a.protocol == b.protocol and not any(x <= d and c <= y for x, y in left for c, d in right):
        return False
    first, second = _network(a), _network(b)
    return first is None or second is None or first.overlaps(second)


def covers(a: SecurityRule, b: SecurityRule) -> bool:
    """Does ``a`` surely match every packet that ``b`` matches?"""
    if (a.direction, a.ethertype) != (b.direction, b.ethertype) or not a.enabled:
        return False
    if a.protocol not in (None, "0", b.protocol):
        return False
    left, right = ports_of(a), ports_of(b)
    if left is not None and (right is None or not all(any(x <= c and d <= y for x, y in left) for c, d in right)):
        return False
    if a.remote_group_id or a.remote_address_group_id:
        return (a.remote_group_id, a.remote_address_group_id) == (b.remote_group_id, b.remote_address_group_id)
    outer, inner = _network(a), _network(b)
    if outer is None or outer.prefixlen == 0:
        return a.remote_ip_prefix is None or outer is not None
    if inner is None or inner.version != outer.version:
        return False
    return inner.network_address in outer and inner.prefixlen >= outer.prefixlen


def _network(rule: SecurityRule) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    return None if rule.remote_ip_prefix is None else _parsed(rule.remote_ip_prefix)


@lru_cache(maxsize=1 << 16)
def _parsed(prefix: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The same prefix is held against many others: it is parsed once."""
    try:
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        return None

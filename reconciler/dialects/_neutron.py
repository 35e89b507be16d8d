"""Security group rules of Neutron and the clouds built on it: normal form, identity, traffic.

Sources: openstack.md "Rule", "What comes back different", "Duplicates" (measured); semantics.md 5.1; gcore.md 4.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from reconciler.dialects import _values as v
from reconciler.model.objects import SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PORT_PROTOCOLS = frozenset({"tcp", "udp", "sctp", "dccp", "udplite"})
"""Protocols whose rules may have ports."""

ICMP_PROTOCOLS = frozenset({"icmp", "ipv6-icmp"})
"""Protocols where port_range_min is the type and port_range_max the code."""

IPV6_ONLY = frozenset({"ipv6-encap", "ipv6-frag", "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route"})
"""Protocols that Neutron refuses with ethertype IPv4."""

PROTOCOL_NAMES = {
    "1": "icmp", "2": "igmp", "4": "ipencap", "6": "tcp", "8": "egp", "17": "udp", "33": "dccp", "41": "ipv6-encap",
    "43": "ipv6-route", "44": "ipv6-frag", "46": "rsvp", "47": "gre", "50": "esp", "51": "ah", "58": "ipv6-icmp",
    "59": "ipv6-nonxt", "60": "ipv6-opts", "89": "ospf", "112": "vrrp", "113": "pgm", "132": "sctp", "136": "udplite",
    "icmpv6": "ipv6-icmp", "ip": "0",
}  # fmt: skip
"""Numbers and second names to the one name; ``"0"`` stays itself: Neutron keeps it apart from null."""


def protocol(value: Any, ethertype: str) -> str | None:
    """One name a protocol: lower case, numbers as names, ``any`` as None, ICMP of IPv6 as ``ipv6-icmp``."""
    word = v.text(value)
    if word is None:
        return None
    word = word.lower()
    if word == "any":
        return None
    word = PROTOCOL_NAMES.get(word, word)
    return "ipv6-icmp" if word == "icmp" and ethertype == "IPv6" else word


def security_rule(raw: Mapping[str, Any]) -> SecurityRule:
    """The normal form; ports 1..65535 of a protocol with ports are no ports (the server stores them so)."""
    get = raw.get
    ethertype = v.ethertype(get("ethertype"))
    name = protocol(get("protocol"), ethertype)
    low, high = v.integer(get("port_range_min")), v.integer(get("port_range_max"))
    if low == 1 and high == 65535 and name in PORT_PROTOCOLS:
        low = high = None
    remote = v.text(get("remote_ip_prefix"))
    return SecurityRule(
        direction=v.text(get("direction")) or "",
        ethertype=ethertype,
        protocol=name,
        port_range_min=low,
        port_range_max=high,
        remote_ip_prefix=None if remote is None else v.prefix(remote),
        remote_group_id=v.text(get("remote_group_id")),
        remote_address_group_id=v.text(get("remote_address_group_id")),
        description=v.text(get("description")) or "",
    )


_SAME: dict[str | None, str | None] = {"0": None, "ipip": "ipencap"}


def identity(rule: SecurityRule) -> Hashable:
    """Equal for two rules that the server refuses as duplicates: no prefix is ``/0``, the description is not compared.

    ``10.1.2.3/8`` and ``10.0.0.0/8`` are apart, and so are ``10.0.0.0/0`` and no prefix, a null protocol and ``"0"``.
    """
    remote = rule.remote_ip_prefix
    if remote in ("0.0.0.0/0", "::/0"):
        remote = None
    return (
        rule.direction, rule.ethertype, rule.protocol, rule.port_range_min, rule.port_range_max, remote,
        rule.remote_group_id, rule.remote_address_group_id,
    )  # fmt: skip


def traffic(rule: SecurityRule) -> Hashable:
    """Equal for two rules that admit exactly the same traffic: host bits do not matter, protocol ``"0"`` is any.

    Protocol 4 has two names on the pages, ipip and ipencap.
    """
    remote = rule.remote_ip_prefix
    if remote is not None:
        remote = v.addresses(remote)
    return (
        rule.direction, rule.ethertype, _SAME.get(rule.protocol, rule.protocol), rule.port_range_min,
        rule.port_range_max, remote, rule.remote_group_id, rule.remote_address_group_id,
    )  # fmt: skip

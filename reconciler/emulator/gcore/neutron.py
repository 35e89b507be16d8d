"""What Neutron, the service underneath, makes of a security group rule: refusals, read-back form, duplicates. Pure.

Source: openstack.md 5 ('What comes back different', the 400s, 'Duplicates') and gcore.md 4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any

from reconciler.emulator.gcore.options import GcoreOptions
from reconciler.emulator.store import Object

PROTOCOL_NUMBERS = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
PROTOCOLS = tuple(PROTOCOL_NUMBERS)
_PORTED = frozenset({6, 17, 33, 132, 136})
_CONTENT = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "description",
)


def stored_form(rule: Mapping[str, Any], options: GcoreOptions) -> Object:
    """A rule as it is stored and read back, with ``_key``: two rules of one key are duplicates.

    ``rule`` has passed ``problem``.
    """
    protocol = None if rule.get("protocol") in (None, "any") else rule["protocol"]
    ethertype = rule.get("ethertype") or "IPv4"
    number = _number(protocol, ethertype)
    low, high = rule.get("port_range_min"), rule.get("port_range_max")
    full = (low, high) == (1, 65535) and number in _PORTED
    prefix = _interface(rule.get("remote_ip_prefix"))
    group = rule.get("remote_group_id")
    everywhere = prefix is not None and prefix.network.prefixlen == 0 and int(prefix.ip) == 0
    key = [
        rule["direction"],
        ethertype,
        number,
        *((None, None) if full else (low, high)),
        None if prefix is None or everywhere else prefix.with_prefixlen,
        group,
    ]
    if number == 58 and protocol == "icmp" and options.ipv6_icmp_read_back == "ipv6-icmp":
        protocol = "ipv6-icmp"
    if protocol is None and options.any_protocol_read_back == "any":
        protocol = "any"
    if full and options.full_port_range_read_back == "null":
        low = high = None
    return {
        "direction": rule["direction"],
        "ethertype": ethertype,
        "protocol": protocol,
        "port_range_min": low,
        "port_range_max": high,
        "remote_ip_prefix": _prefix_text(prefix, everywhere, options),
        "remote_group_id": group,
        "description": rule.get("description") or ("" if options.unset_description_reads == "empty" else None),
        "_key": json.dumps(key),
    }


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal in all that a user can write; descriptions null and empty are one."""
    if one["_key"] != other["_key"]:
        return False
    return (one["description"] or "") == (other["description"] or "")


def content(rule: Mapping[str, Any]) -> Object:
    """The fields of a stored rule that a user can write."""
    return {name: rule[name] for name in _CONTENT}


def problem(rule: Mapping[str, Any], options: GcoreOptions) -> tuple[str, str] | None:
    """The first thing Neutron would refuse in a rule that fits the schema, as (field, reason), or None."""
    ethertype = rule.get("ethertype") or "IPv4"
    protocol = None if rule.get("protocol") in (None, "any") else rule["protocol"]
    return _remote_problem(rule, ethertype) or _protocol_problem(rule, protocol, ethertype, options)


def _remote_problem(rule: Mapping[str, Any], ethertype: str) -> tuple[str, str] | None:
    text = rule.get("remote_ip_prefix")
    if text and rule.get("remote_group_id"):
        return "remote_group_id", "Only one of remote_ip_prefix and remote_group_id can be provided."
    if not text:
        return None
    try:
        prefix = _interface(text)
    except ValueError:
        return "remote_ip_prefix", f"{text!r} is not a valid IP network"
    if prefix is not None and f"IPv{prefix.version}" != ethertype:
        return "remote_ip_prefix", f"Conflicting value ethertype {ethertype} for CIDR {text}"
    return None


def _protocol_problem(
    rule: Mapping[str, Any], protocol: str | None, ethertype: str, options: GcoreOptions
) -> tuple[str, str] | None:
    low, high = rule.get("port_range_min"), rule.get("port_range_max")
    number = _number(protocol, ethertype)
    if protocol is not None and protocol.startswith("ipv6-") and ethertype == "IPv4":
        return "ethertype", f"Invalid ethertype {ethertype} for protocol {protocol}."
    if low is None and high is None:
        return None
    if protocol is None:
        return "port_range_min", "Must also specify protocol if port range is given."
    if number in (1, 58):
        if low is None:
            return "port_range_min", f"ICMP code (port-range-max) {high} is provided but ICMP type is missing."
        wrong = low > 255 or (high is not None and high > 255)
        return ("port_range_min", "Invalid value for ICMP type or code: 0 to 255.") if wrong else None
    if number not in _PORTED:
        return "port_range_min", f"Invalid port for protocol {protocol}: it has no ports."
    if low is None or high is None or low > high:
        return "port_range_min", f"For TCP/UDP protocols, port_range_min must be <= port_range_max: {low}, {high}"
    if low == 0 and options.port_zero == "refused":
        return "port_range_min", "Invalid value for port 0."
    return None


def _number(protocol: str | None, ethertype: str) -> int | None:
    if protocol is None:
        return None
    if ethertype == "IPv6" and protocol in ("icmp", "1"):
        return 58
    # Old replies, and so old seeds, give some protocols as numbers in quotes.
    return PROTOCOL_NUMBERS[protocol] if protocol in PROTOCOL_NUMBERS else int(protocol)


def _interface(text: str | None) -> IPv4Interface | IPv6Interface | None:
    return ip_interface(text) if text else None


def _prefix_text(prefix: IPv4Interface | IPv6Interface | None, everywhere: bool, options: GcoreOptions) -> str | None:
    if prefix is None or (everywhere and options.any_prefix_read_back == "null"):
        return None
    return str(prefix.network) if options.host_bits == "cleared" else prefix.with_prefixlen

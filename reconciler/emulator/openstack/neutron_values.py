"""What Neutron makes of the values of a security group rule: conversions, refusals, and when two rules are equal. Pure.

Source: openstack.md 5 ('What comes back different', 'Duplicates') and the differential test.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

from reconciler.emulator.openstack.errors import ApiError, neutron, neutron_failure

PROTOCOLS: Mapping[str, int] = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": 1,
    "igmp": 2,
    "ip": 0,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "icmpv6": 58,
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
_NAMES = {str(number): name for name, number in PROTOCOLS.items() if name != "icmpv6"}
_PORTED = (33, 132, 6, 17, 136)
_IPV6_ONLY = ("ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route")
_IPV6_NUMBERS = tuple(str(PROTOCOLS[name]) for name in _IPV6_ONLY)


def protocol(value: Any) -> str | None:
    """A protocol as it is stored. Raises ``ApiError`` 400, and ``TypeError`` for a value that Neutron fails on."""
    if value is None or value == "any":
        return None
    try:
        number = int(value)
    except ValueError:
        if isinstance(value, str) and (value.lower() in PROTOCOLS or value.lower() == "any"):
            return value.lower()
        raise _bad_protocol(value) from None
    except OverflowError as error:
        raise TypeError(str(error)) from error
    if not 0 <= number <= 255:
        raise _bad_protocol(value)
    return str(value)


def _bad_protocol(value: Any) -> ApiError:
    known = (None, "any", *PROTOCOLS)
    text = f"Only protocol values {known} and integer representations [0 to 255] are supported."
    message = f"Security group rule protocol {value} not supported. {text}"
    return neutron(400, "SecurityGroupRuleInvalidProtocol", message)


def ethertype(value: Any) -> str:
    """``IPv4`` or ``IPv6`` from any case. Raises ``ApiError`` 400."""
    for known in ("IPv4", "IPv6"):
        if isinstance(value, str) and value.lower() == known.lower():
            return known
    text = f"Security group rule for ethertype '{value}' not supported. Allowed values are ['IPv4', 'IPv6']."
    raise neutron(400, "SecurityGroupRuleInvalidEtherType", text)


def port(value: Any) -> int | None:
    """A port, ICMP type or ICMP code. Raises ``ApiError`` 400."""
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number <= 65535:
        raise neutron(400, "SecurityGroupInvalidPortValue", f"Invalid value for port {value}")
    return number


def prefix(value: Any) -> str | None:
    """A prefix as it is stored: host bits are kept, a mask becomes a length. Raises ``ApiError`` 400."""
    if not value:
        return None
    refusal = neutron(400, "InvalidCIDR", f"Invalid CIDR {value} given as IP prefix.")
    if not isinstance(value, str):
        raise refusal
    address, slash, length = value.partition("/")
    try:
        version = 6 if ":" in address else 4
        packed = _packed(address, version)
        bits = _length(length, version) if slash else 8 * len(packed)
    except (ValueError, OSError):
        raise refusal from None
    return f"{socket.inet_ntop(_family(version), packed)}/{bits}"


def normalized(text: str | None) -> str | None:
    """The network of a stored prefix."""
    if text is None:
        return None
    address, _, length = text.partition("/")
    version = 6 if ":" in address else 4
    packed = _packed(address, version)
    spare = 8 * len(packed) - int(length)
    network = int.from_bytes(packed, "big") >> spare << spare
    return f"{socket.inet_ntop(_family(version), network.to_bytes(len(packed), 'big'))}/{length}"


def _family(version: int) -> socket.AddressFamily:
    return socket.AF_INET6 if version == 6 else socket.AF_INET


def _packed(address: str, version: int) -> bytes:
    if "%" in address:
        raise ValueError(address)
    try:
        return IPv6Address(address).packed if version == 6 else IPv4Address(address).packed
    except AddressValueError as error:
        raise ValueError(address) from error


def _length(text: str, version: int) -> int:
    """A prefix length from a number, a netmask or a host mask. Raises ``ValueError``."""
    width = 128 if version == 6 else 32
    try:
        bits = int(text)
    except ValueError:
        mask = int.from_bytes(_packed(text, version), "big")
        inverted = mask ^ ((1 << width) - 1)
        if inverted & (inverted + 1) == 0:
            return width - inverted.bit_length()
        if mask & (mask + 1) == 0:
            return width - mask.bit_length()
        raise ValueError(text) from None
    if not 0 <= bits <= width:
        raise ValueError(text)
    return bits


def settle_rule(rule: dict[str, Any]) -> None:
    """Canonical forms and refusals of a converted rule, in Neutron's order; changes ``rule``.

    Raises ``ApiError`` 400.
    """
    if rule["ethertype"] == "IPv6" and rule["protocol"] in ("icmp", "icmpv6"):
        rule["protocol"] = "ipv6-icmp"
    elif rule["ethertype"] == "IPv6" and rule["protocol"] == "1":
        rule["protocol"] = "58"
    if (rule["port_range_min"], rule["port_range_max"]) == (1, 65535):
        # Whatever the protocol is, and also without one.
        rule["port_range_min"] = rule["port_range_max"] = None
    _check_ports(rule)
    _check_families(rule)
    remotes = [name for name in ("remote_ip_prefix", "remote_group_id", "remote_address_group_id") if rule.get(name)]
    if len(remotes) > 1:
        text = "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
        raise neutron(400, "SecurityGroupMultipleRemoteEntites", text)


def _check_ports(rule: Mapping[str, Any]) -> None:
    low, high = rule["port_range_min"], rule["port_range_max"]
    if low is None and high is None:
        return
    if not rule["protocol"]:
        text = "Must also specify protocol if port range is given."
        raise neutron(400, "SecurityGroupProtocolRequiredWithPorts", text)
    number = _number(rule["protocol"])
    if number in _PORTED:
        if low == 0 or high == 0:
            raise neutron(400, "SecurityGroupInvalidPortValue", "Invalid value for port 0")
        if low is None or high is None or low > high:
            text = "For TCP/UDP protocols, port_range_min must be <= port_range_max"
            raise neutron(400, "SecurityGroupInvalidPortRange", text)
    elif number in (1, 58):
        _check_icmp(low, high)
    else:
        text = "Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE."
        message = f"Ports cannot be specified for protocol {number}. {text}"
        raise neutron(400, "SecurityGroupInvalidProtocolForPort", message)


def _check_icmp(low: int | None, high: int | None) -> None:
    for value, field, word in ((low, "port_range_min", "type"), (high, "port_range_max", "code")):
        if value is not None and value > 255:
            text = f"Invalid value for ICMP {word} ({field}) {value}. It must be 0 to 255."
            raise neutron(400, "SecurityGroupInvalidIcmpValue", text)
    if low is None:
        text = f"ICMP code (port-range-max) {high} is provided but ICMP type (port-range-min) is missing."
        raise neutron(400, "SecurityGroupMissingIcmpType", text)


def _check_families(rule: Mapping[str, Any]) -> None:
    text = rule["remote_ip_prefix"]
    if text and rule["ethertype"] != ("IPv6" if ":" in text else "IPv4"):
        message = f"Conflicting value ethertype {rule['ethertype']} for CIDR {text}"
        raise neutron(400, "SecurityGroupRuleParameterConflict", message)
    if rule["ethertype"] == "IPv4" and rule["protocol"] in (*_IPV6_ONLY, *_IPV6_NUMBERS):
        message = f"Invalid ethertype IPv4 for protocol {rule['protocol']}."
        raise neutron(400, "SecurityGroupEthertypeConflictWithProtocol", message)


def _number(text: str) -> int | None:
    """The protocol's number. Raises ``ApiError`` 500 where Neutron cannot read what it converted itself."""
    if text == "any":
        return None
    try:
        return PROTOCOLS[text] if text in PROTOCOLS else int(text)
    except ValueError:
        raise neutron_failure() from None


def check_storable(rule: Mapping[str, Any]) -> None:
    """The last failures, when everything else was found right. Raises ``ApiError`` 500."""
    text = rule["protocol"]
    if text is not None and text not in PROTOCOLS and not _is_plain_number(text):
        raise neutron_failure()
    if rule.get("remote_group_id") == "" or rule.get("remote_address_group_id") == "":
        raise neutron_failure()


def _is_plain_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and str(int(text)) == text


def rule_key(rule: Mapping[str, Any]) -> str:
    """Two rules of one group with the same key are the same rule to Neutron; the description does not count."""
    stored = rule["remote_ip_prefix"]
    return json.dumps(
        [
            rule["direction"],
            rule["ethertype"],
            rule["port_range_max"],
            rule["port_range_min"],
            _protocol_key(rule["protocol"], rule["ethertype"]),
            rule["remote_group_id"],
            rule["remote_address_group_id"],
            None if stored in ("0.0.0.0/0", "::/0") else stored,
        ]
    )


def _protocol_key(text: str | None, family: str) -> list[str] | None:
    if text is None:
        return None
    if family == "IPv6":
        text = {"icmp": "ipv6-icmp", "icmpv6": "ipv6-icmp", "1": "58"}.get(text, text)
    if text in PROTOCOLS:
        return [text, str(PROTOCOLS[text])]
    return [_NAMES.get(text, text), text]

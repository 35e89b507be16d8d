"""Security group rules of Gcore, checked. Codes GC-SG-...; below Gcore's API stands Neutron (gcore.md 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _neutron, _neutron_checks
from reconciler.dialects import _values as v
from reconciler.dialects._report import Report, one_of, shown
from reconciler.model.desired import SecurityGroupDocument
from reconciler.model.objects import SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

PROTOCOLS = tuple(sorted(v.words(
    """ah dccp egp esp gre icmp igmp ipencap ipip ipv6-encap ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts ipv6-route ospf
    pgm rsvp sctp tcp udp udplite vrrp"""
)))  # fmt: skip
SYSTEM = "system"
"""The description of platform-made rules; they are never touched."""


def security_group(document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """GC-SG constraints that the manifest alone decides."""
    return _neutron_checks.security_group(_CLOUD, document)


def group_live(document: SecurityGroupDocument, rules: Sequence[SecurityRule]) -> Iterator[Diagnostic]:
    """GC-SG-DUPLICATE where it only shows once names are ids."""
    return _neutron_checks.group_live(_CLOUD, document, rules)


def _protocol(report: Report, path: Path, raw: Raw, ethertype: str) -> bool:
    """Names only; is it one that ports can be judged by?"""
    given = raw.get("protocol")
    if given is None or given == "any":
        return True
    if not isinstance(given, str):
        return False
    where = (*path, "protocol")
    if given not in PROTOCOLS:
        name = _neutron.PROTOCOL_NAMES.get(given)
        if name is not None:
            why = "The API takes names only."
            report.error("GC-SG-PROTOCOL", where, f"protocol {shown(given)} is no name", why, f"use {name}")
        else:
            why = "Without a protocol, the rule is about all of them."
            one_of(report, "GC-SG-PROTOCOL", where, "protocol", given, PROTOCOLS, why)
        return False
    return not _neutron_checks.ipv6_only(report, "GC-SG-PROTOCOL", where, given, given, ethertype)


def _rest(report: Report, path: Path, raw: Raw) -> None:
    """The description that is the platform's own; port 0, on which Gcore's page and Neutron disagree."""
    if raw.get("description") == SYSTEM:
        why = "It marks the platform's own rules, which are never touched: the next run would not find this one."
        where = (*path, "description")
        report.error("GC-SG-SYSTEM", where, "description 'system' is reserved", why, "use another description")
    high, protocol = raw.get("port_range_max"), raw.get("protocol")
    ranged = isinstance(protocol, str) and protocol in _neutron.PORT_PROTOCOLS and isinstance(high, int)
    if ranged and raw.get("port_range_min") == 0 and high in range(_neutron_checks.LAST_PORT + 1):
        why = "Neutron, on which Gcore is built, begins at 1; Gcore's page says 0 to 65535."
        hint = "begin at 1, or leave both ports out for all"
        report.warning("GC-SG-PORTS", (*path, "port_range_min"), "port 0 may be refused", why, hint)


_CLOUD = _neutron_checks.Cloud(
    name="Gcore",
    codes=_neutron_checks.Codes(
        direction="GC-SG-DIRECTION",
        ethertype="GC-SG-ETHERTYPE",
        ports="GC-SG-PORTS",
        icmp="GC-SG-ICMP",
        remote="GC-SG-REMOTE",
        description="GC-SG-DESCRIPTION",
        duplicate="GC-SG-DUPLICATE",
        same_traffic="GC-SG-SAME-TRAFFIC",
        field="GC-FIELD",
    ),
    form=_neutron.security_rule,
    protocol=_protocol,
    rest=_rest,
    remotes=("remote_ip_prefix", "remote_group", "remote_group_id"),
    lacking=("action", "priority", "multiport", "enabled", "remote_address_group_id"),
    first_port=0,
    any_case=False,
)

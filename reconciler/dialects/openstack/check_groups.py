"""Security group rules of Neutron, checked. Codes OS-SG-...; observed on a real server (openstack.md 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _neutron_checks
from reconciler.dialects import _values as v
from reconciler.dialects._report import Report, in_range, one_of
from reconciler.dialects.openstack import normal
from reconciler.model.desired import SecurityGroupDocument
from reconciler.model.objects import SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

PROTOCOLS = tuple(sorted(v.words(
    """ah dccp egp esp gre hopopt icmp icmpv6 igmp ip ipip ipv6-encap ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts
    ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp"""
)))  # fmt: skip


def security_group(document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """OS-SG constraints that the manifest alone decides."""
    return _neutron_checks.security_group(_CLOUD, document)


def group_live(document: SecurityGroupDocument, rules: Sequence[SecurityRule]) -> Iterator[Diagnostic]:
    """OS-SG-DUPLICATE where it only shows once names are ids."""
    return _neutron_checks.group_live(_CLOUD, document, rules)


def _protocol(report: Report, path: Path, raw: Raw, ethertype: str) -> bool:
    """A name in any case, or a number from 0 to 255; is it one that ports can be judged by?"""
    given = raw.get("protocol")
    if given is None or isinstance(given, bool) or not isinstance(given, (str, int)):
        return given is None
    where, word = (*path, "protocol"), str(given).lower()
    if word in ("any", ""):
        return True
    number = word if word.lstrip("-").isascii() and word.lstrip("-").isdigit() else None
    if number is not None:
        if not in_range(report, "OS-SG-PROTOCOL", where, "protocol", int(number), 0, 255, "Or use a name."):
            return False
    elif word not in PROTOCOLS:
        why = "Or a number from 0 to 255; without a protocol, the rule is about all of them."
        one_of(report, "OS-SG-PROTOCOL", where, "protocol", str(given), PROTOCOLS, why)
        return False
    name = normal.security_rule({"protocol": word, "ethertype": ethertype}).protocol
    return not _neutron_checks.ipv6_only(report, "OS-SG-PROTOCOL", where, str(given), name, ethertype)


def _rest(report: Report, path: Path, raw: Raw) -> None:
    """Neutron has nothing more."""


_CLOUD = _neutron_checks.Cloud(
    name="OpenStack",
    codes=_neutron_checks.Codes(
        direction="OS-SG-DIRECTION",
        ethertype="OS-SG-ETHERTYPE",
        ports="OS-SG-PORTS",
        icmp="OS-SG-ICMP",
        remote="OS-SG-REMOTE",
        description="OS-SG-DESCRIPTION",
        duplicate="OS-SG-DUPLICATE",
        same_traffic="OS-SG-SAME-TRAFFIC",
        field="OS-FIELD",
    ),
    form=normal.security_rule,
    protocol=_protocol,
    rest=_rest,
    remotes=("remote_ip_prefix", "remote_group", "remote_group_id", "remote_address_group_id"),
    lacking=("action", "priority", "multiport", "enabled"),
    first_port=1,
    any_case=True,
)

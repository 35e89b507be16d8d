"""Security group rules of Gcore, checked. Codes GC-SG-...; below Gcore's API stands Neutron (gcore.md 4)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _neutron
from reconciler.dialects import _values as v
from reconciler.dialects._common import place
from reconciler.dialects._report import Report, in_range, one_of, shown
from reconciler.model.desired import DesiredRule, SecurityGroupDocument
from reconciler.model.objects import SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

PROTOCOLS = tuple(sorted(v.words(
    """ah dccp egp esp gre icmp igmp ipencap ipip ipv6-encap ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts ipv6-route ospf
    pgm rsvp sctp tcp udp udplite vrrp"""
)))  # fmt: skip
DIRECTIONS = ("ingress", "egress")
DESCRIPTION_MAX = 255
SYSTEM = "system"
"""The description of platform-made rules; they are never touched."""


def security_group(document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """GC-SG constraints that the manifest alone decides."""
    report = Report(document.address)
    seen: dict[Hashable, DesiredRule] = {}
    traffic: dict[Hashable, DesiredRule] = {}
    for rule in document.rules:
        before = len(report.found)
        _rule(report, rule)
        if any(d.is_error for d in report.found[before:]):
            continue
        form = by_reference(rule.raw)
        first = seen.setdefault(_neutron.identity(form), rule)
        if first is not rule:
            _duplicate(report, rule, first)
            continue
        same = traffic.setdefault(_neutron.traffic(form), rule)
        if same is not rule:
            report.warning(
                "GC-SG-SAME-TRAFFIC",
                rule.path,
                f"the rule is about exactly the same traffic as {place(same)}",
                "The cloud keeps both, since they are written differently (host bits of a prefix, protocol 0).",
                "remove one of both",
            )
    yield from report.found


def group_live(document: SecurityGroupDocument, rules: Sequence[SecurityRule]) -> Iterator[Diagnostic]:
    """Duplicates that only show once names are ids: a group named in one rule and given by id in another."""
    report = Report(document.address)
    seen: dict[Hashable, DesiredRule] = {}
    for asked, rule in zip(document.rules, rules, strict=False):
        first = seen.setdefault(_neutron.identity(rule), asked)
        if first is not asked and bool(first.raw.get("remote_group")) != bool(asked.raw.get("remote_group")):
            _duplicate(report, asked, first)
    yield from report.found


def by_reference(raw: Raw) -> SecurityRule:
    """The normal form before names are looked up: a group's name stands for its id."""
    name = raw.get("remote_group")
    return _neutron.security_rule({**raw, "remote_group_id": f"name {name}"} if name else raw)


def _rule(report: Report, rule: DesiredRule) -> None:
    raw, path = rule.raw, rule.path
    direction = raw.get("direction")
    if direction is None:
        report.error("GC-SG-DIRECTION", path, "the rule has no direction", "", "add direction: ingress or egress")
    elif direction not in DIRECTIONS:
        one_of(report, "GC-SG-DIRECTION", (*path, "direction"), "direction", direction, DIRECTIONS)
    given = raw.get("ethertype")
    if isinstance(given, str) and given not in ("IPv4", "IPv6"):
        one_of(report, "GC-SG-ETHERTYPE", (*path, "ethertype"), "ethertype", given, ("IPv4", "IPv6"))
    else:
        ethertype = v.ethertype(given)
        if _protocol(report, path, raw, ethertype):
            _ports(report, path, raw, _neutron.protocol(raw.get("protocol"), ethertype))
        _remote(report, path, raw, ethertype)
    _description(report, path, raw.get("description"))
    for name in ("action", "priority", "multiport", "enabled", "remote_address_group_id"):
        if raw.get(name) is not None:
            why = "Gcore's rules only allow, and have no priority, port list or switch."
            report.error("GC-FIELD", (*path, name), f"{name} is not available on Gcore", why, "remove it", on_key=True)


def _description(report: Report, path: Path, text: Any) -> None:
    if not isinstance(text, str):
        return
    where = (*path, "description")
    if text == SYSTEM:
        why = "It marks the platform's own rules, which are never touched: the next run would not find this one."
        report.error("GC-SG-SYSTEM", where, "description 'system' is reserved", why, "use another description")
    elif len(text) > DESCRIPTION_MAX:
        what = f"the description has {len(text)} characters; at most {DESCRIPTION_MAX} are allowed"
        report.error("GC-SG-DESCRIPTION", where, what, "", "shorten it")


def _protocol(report: Report, path: Path, raw: Raw, ethertype: str) -> bool:
    """Is the protocol one that ports can be judged by?"""
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
    if given in _neutron.IPV6_ONLY and ethertype == "IPv4":
        what = f"protocol {given} does not go with ethertype IPv4"
        hint = "use icmp, or ethertype IPv6" if given == "ipv6-icmp" else "use ethertype IPv6"
        report.error("GC-SG-PROTOCOL", where, what, "It belongs to IPv6.", hint)
        return False
    return True


def _ports(report: Report, path: Path, raw: Raw, protocol: str | None) -> None:
    low, high = raw.get("port_range_min"), raw.get("port_range_max")
    if (low is None and high is None) or any(isinstance(p, (bool, str, float)) for p in (low, high)):
        return
    low_at, high_at = (*path, "port_range_min"), (*path, "port_range_max")
    if protocol in _neutron.ICMP_PROTOCOLS:
        if low is None:
            why = "port_range_min is the ICMP type and port_range_max its code."
            report.error("GC-SG-ICMP", high_at, "an ICMP code without a type", why, "add port_range_min", on_key=True)
            return
        in_range(report, "GC-SG-ICMP", low_at, "ICMP type", low, 0, 255, "port_range_min is the type.")
        in_range(report, "GC-SG-ICMP", high_at, "ICMP code", high, 0, 255, "port_range_max is the code.")
        return
    if protocol not in _neutron.PORT_PROTOCOLS:
        where = low_at if low is not None else high_at
        why = f"Ports belong to {', '.join(sorted(_neutron.PORT_PROTOCOLS))}."
        hint = "add protocol, or remove the ports" if protocol is None else "remove the ports"
        what = f"ports of a rule {'without a protocol' if protocol is None else 'of protocol ' + protocol}"
        report.error("GC-SG-PORTS", where, what, why, hint, on_key=True)
        return
    if low is None or high is None:
        given, missing = ("port_range_max", "port_range_min") if low is None else ("port_range_min", "port_range_max")
        why = "A range has both ends; for one port both are equal."
        what = f"{given} without {missing}"
        report.error(
            "GC-SG-PORTS", (*path, given), what, why, f"add {missing}: {low if low is not None else high}", on_key=True
        )
        return
    if not in_range(report, "GC-SG-PORTS", low_at, "port_range_min", low, 0, 65535):
        return
    if not in_range(report, "GC-SG-PORTS", high_at, "port_range_max", high, 0, 65535):
        return
    if low > high:
        what = f"port_range_min {low} is larger than port_range_max {high}"
        report.error("GC-SG-PORTS", low_at, what, "", f"use {high} to {low}")
    elif low == 0:
        why = "Neutron, on which Gcore is built, begins at 1; Gcore's page says 0 to 65535."
        report.warning(
            "GC-SG-PORTS", low_at, "port 0 may be refused", why, "begin at 1, or leave both ports out for all"
        )


def _remote(report: Report, path: Path, raw: Raw, ethertype: str) -> None:
    given = [name for name in ("remote_ip_prefix", "remote_group", "remote_group_id") if raw.get(name)]
    if len(given) > 1:
        what = f"{given[1]} beside {given[0]}"
        why = "One of a prefix and a group says who the other side is."
        report.error("GC-SG-REMOTE", (*path, given[1]), what, why, "make it two rules, or remove one", on_key=True)
        return
    prefix = raw.get("remote_ip_prefix")
    if not prefix or not isinstance(prefix, str):
        return
    where = (*path, "remote_ip_prefix")
    family = v.family(prefix)
    if family is None:
        why = "It is an IPv4 or IPv6 address or prefix."
        report.error("GC-SG-REMOTE", where, f"remote_ip_prefix {shown(prefix)} is no prefix", why, "e.g. 192.0.2.0/24")
    elif f"IPv{family}" != ethertype:
        what = f"remote_ip_prefix {shown(prefix)} is not of ethertype {ethertype}"
        hint = f"{'add' if raw.get('ethertype') is None else 'use'} ethertype: IPv{family}"
        report.error("GC-SG-REMOTE", where, what, "A rule is about one IP version; the default is IPv4.", hint)


def _duplicate(report: Report, rule: DesiredRule, first: DesiredRule) -> None:
    report.error(
        "GC-SG-DUPLICATE",
        rule.path,
        f"the rule is a duplicate of {place(first)}",
        "Direction, ethertype, protocol, ports and other side are equal (no prefix is 0.0.0.0/0 or ::/0): the second "
        "one is refused. The description does not count.",
        "remove one of both",
    )

"""Security group rules of Neutron, checked. Codes OS-SG-...; observed on a real server (openstack.md 5)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _neutron
from reconciler.dialects import _values as v
from reconciler.dialects._common import place
from reconciler.dialects._report import Report, in_range, one_of, shown
from reconciler.dialects.openstack import normal
from reconciler.model.desired import DesiredRule, SecurityGroupDocument
from reconciler.model.objects import SecurityRule

Raw = Mapping[str, Any]

PROTOCOLS = tuple(sorted(v.words(
    """ah dccp egp esp gre hopopt icmp icmpv6 igmp ip ipip ipv6-encap ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts
    ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp"""
)))  # fmt: skip
DIRECTIONS = ("ingress", "egress")
DESCRIPTION_MAX = 255
_REMOTES = ("remote_ip_prefix", "remote_group", "remote_group_id", "remote_address_group_id")


def security_group(document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """OS-SG constraints that the manifest alone decides."""
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
                "OS-SG-SAME-TRAFFIC",
                rule.path,
                f"the rule is about exactly the same traffic as {place(same)}",
                "Neutron keeps both, since they are written differently (host bits of a prefix, protocol 0).",
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
    return normal.security_rule({**raw, "remote_group_id": f"name {name}"} if name else raw)


def _rule(report: Report, rule: DesiredRule) -> None:
    raw, path = rule.raw, rule.path
    direction = raw.get("direction")
    if direction is None:
        report.error("OS-SG-DIRECTION", path, "the rule has no direction", "", "add direction: ingress or egress")
    elif direction not in DIRECTIONS:
        one_of(report, "OS-SG-DIRECTION", (*path, "direction"), "direction", direction, DIRECTIONS)
    given = raw.get("ethertype")
    if isinstance(given, str) and given.lower() not in ("ipv4", "ipv6"):
        one_of(report, "OS-SG-ETHERTYPE", (*path, "ethertype"), "ethertype", given, ("IPv4", "IPv6"))
    else:
        ethertype = v.ethertype(given)
        if _protocol(report, path, raw, ethertype):
            _ports(report, path, raw, normal.security_rule({**raw, "ethertype": ethertype}).protocol)
        _remote(report, path, raw, ethertype)
    text = raw.get("description")
    if isinstance(text, str) and len(text) > DESCRIPTION_MAX:
        what = f"the description has {len(text)} characters; at most {DESCRIPTION_MAX} are allowed"
        report.error("OS-SG-DESCRIPTION", (*path, "description"), what, "", "shorten it")
    for name in ("action", "priority", "multiport", "enabled"):
        if raw.get(name) is not None:
            why = "Neutron's rules only allow, and have no priority, port list or switch."
            what = f"{name} is not available on OpenStack"
            report.error("OS-FIELD", (*path, name), what, why, "remove it", on_key=True)


def _protocol(report: Report, path: Path, raw: Raw, ethertype: str) -> bool:
    """Is the protocol one that ports can be judged by? A name in any case, or a number 0 to 255."""
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
    if name in _neutron.IPV6_ONLY and ethertype == "IPv4":
        what = f"protocol {given} does not go with ethertype IPv4"
        hint = "use icmp, or ethertype: IPv6" if name == "ipv6-icmp" else "use ethertype: IPv6"
        report.error("OS-SG-PROTOCOL", where, what, "It belongs to IPv6.", hint)
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
            report.error("OS-SG-ICMP", high_at, "an ICMP code without a type", why, "add port_range_min", on_key=True)
            return
        in_range(report, "OS-SG-ICMP", low_at, "ICMP type", low, 0, 255, "port_range_min is the type.")
        in_range(report, "OS-SG-ICMP", high_at, "ICMP code", high, 0, 255, "port_range_max is the code.")
        return
    if protocol not in _neutron.PORT_PROTOCOLS:
        where = low_at if low is not None else high_at
        why = f"Ports belong to {', '.join(sorted(_neutron.PORT_PROTOCOLS))}."
        hint = "add protocol, or remove the ports" if protocol is None else "remove the ports"
        what = f"ports of a rule {'without a protocol' if protocol is None else 'of protocol ' + protocol}"
        report.error("OS-SG-PORTS", where, what, why, hint, on_key=True)
        return
    if low is None or high is None:
        given, missing = ("port_range_max", "port_range_min") if low is None else ("port_range_min", "port_range_max")
        why, what = "A range has both ends; for one port both are equal.", f"{given} without {missing}"
        hint = f"add {missing}: {low if low is not None else high}"
        report.error("OS-SG-PORTS", (*path, given), what, why, hint, on_key=True)
        return
    if not in_range(report, "OS-SG-PORTS", low_at, "port_range_min", low, 1, 65535):
        return
    if in_range(report, "OS-SG-PORTS", high_at, "port_range_max", high, 1, 65535) and low > high:
        what = f"port_range_min {low} is larger than port_range_max {high}"
        report.error("OS-SG-PORTS", low_at, what, "", f"use {high} to {low}")


def _remote(report: Report, path: Path, raw: Raw, ethertype: str) -> None:
    given = [name for name in _REMOTES if raw.get(name)]
    if len(given) > 1:
        what = f"{given[1]} beside {given[0]}"
        why = "One of a prefix, a group and an address group says who the other side is."
        report.error("OS-SG-REMOTE", (*path, given[1]), what, why, "make it two rules, or remove one", on_key=True)
        return
    prefix = raw.get("remote_ip_prefix")
    if not prefix or not isinstance(prefix, str):
        return
    where = (*path, "remote_ip_prefix")
    family = v.family(prefix)
    if family is None:
        why = "It is an IPv4 or IPv6 address or prefix."
        report.error("OS-SG-REMOTE", where, f"remote_ip_prefix {shown(prefix)} is no prefix", why, "e.g. 192.0.2.0/24")
    elif f"IPv{family}" != ethertype:
        what = f"remote_ip_prefix {shown(prefix)} is not of ethertype {ethertype}"
        hint = f"{'add' if raw.get('ethertype') is None else 'use'} ethertype: IPv{family}"
        report.error("OS-SG-REMOTE", where, what, "A rule is about one IP version; the default is IPv4.", hint)


def _duplicate(report: Report, rule: DesiredRule, first: DesiredRule) -> None:
    report.error(
        "OS-SG-DUPLICATE",
        rule.path,
        f"the rule is a duplicate of {place(first)}",
        "Direction, ethertype, protocol, ports and other side are equal (no prefix is 0.0.0.0/0 or ::/0): the second "
        "one is refused. The description does not count.",
        "remove one of both",
    )

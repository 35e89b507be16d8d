"""Security group rules as Neutron judges them: what every cloud above it checks alike, with that cloud's own codes.

Gcore's security groups are Neutron's behind another API (gcore.md 4, openstack.md 5). What such an API takes
differently (protocols, the first port, spellings, further fields) is given by a :class:`Cloud`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _neutron
from reconciler.dialects import _values as v
from reconciler.dialects._common import place
from reconciler.dialects._report import Report, in_range, one_of, shown
from reconciler.model.desired import DesiredRule, SecurityGroupDocument
from reconciler.model.objects import SecurityRule
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

DIRECTIONS = ("ingress", "egress")
ETHERTYPES = ("IPv4", "IPv6")
DESCRIPTION_MAX = 255
LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Codes:
    """The diagnostic code of each constraint, as the cloud's page of codes has it."""

    direction: str
    ethertype: str
    ports: str
    icmp: str
    remote: str
    description: str
    duplicate: str
    same_traffic: str
    field: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """How one cloud differs from another above the same Neutron.

    ``form`` is its normal form. ``protocol`` reports a protocol that it does not take, and tells whether ports can be
    judged by the one that is given. ``rest`` checks what only this cloud has. ``remotes``: fields that name the other
    side. ``lacking``: fields that it does not have. ``any_case``: ethertypes are taken in any spelling.
    """

    name: str
    codes: Codes
    form: Callable[[Raw], SecurityRule]
    protocol: Callable[[Report, Path, Raw, str], bool]
    rest: Callable[[Report, Path, Raw], None]
    remotes: tuple[str, ...]
    lacking: tuple[str, ...]
    first_port: int
    any_case: bool


def security_group(cloud: Cloud, document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """Constraints that the manifest alone decides; a rule with an error of its own is not compared with others."""
    report = Report(document.address)
    seen: dict[Hashable, DesiredRule] = {}
    traffic: dict[Hashable, DesiredRule] = {}
    for rule in document.rules:
        before = len(report.found)
        _rule(cloud, report, rule)
        if any(d.is_error for d in report.found[before:]):
            continue
        form = _by_reference(cloud, rule.raw)
        first = seen.setdefault(_neutron.identity(form), rule)
        if first is not rule:
            _duplicate(cloud, report, rule, first)
            continue
        same = traffic.setdefault(_neutron.traffic(form), rule)
        if same is not rule:
            report.warning(
                cloud.codes.same_traffic,
                rule.path,
                f"the rule is about exactly the same traffic as {place(same)}",
                "Neutron keeps both, since they are written differently (host bits of a prefix, protocol 0).",
                "remove one of both",
            )
    yield from report.found


def group_live(cloud: Cloud, document: SecurityGroupDocument, rules: Sequence[SecurityRule]) -> Iterator[Diagnostic]:
    """Duplicates that only show once names are ids: a group named in one rule and given by id in another."""
    report = Report(document.address)
    seen: dict[Hashable, DesiredRule] = {}
    for asked, rule in zip(document.rules, rules, strict=False):
        first = seen.setdefault(_neutron.identity(rule), asked)
        if first is not asked and bool(first.raw.get("remote_group")) != bool(asked.raw.get("remote_group")):
            _duplicate(cloud, report, asked, first)
    yield from report.found


def _by_reference(cloud: Cloud, raw: Raw) -> SecurityRule:
    """The normal form before names are looked up: a group's name stands for its id."""
    name = raw.get("remote_group")
    return cloud.form({**raw, "remote_group_id": f"name {name}"} if name else raw)


def _rule(cloud: Cloud, report: Report, rule: DesiredRule) -> None:
    raw, path, codes = rule.raw, rule.path, cloud.codes
    direction = raw.get("direction")
    if direction is None:
        report.error(codes.direction, path, "the rule has no direction", "", "add direction: ingress or egress")
    elif direction not in DIRECTIONS:
        one_of(report, codes.direction, (*path, "direction"), "direction", direction, DIRECTIONS)
    given = raw.get("ethertype")
    known = not isinstance(given, str) or given in ETHERTYPES
    if known or (cloud.any_case and str(given).lower() in ("ipv4", "ipv6")):
        ethertype = v.ethertype(given)
        if cloud.protocol(report, path, raw, ethertype):
            _ports(cloud, report, path, raw, cloud.form({**raw, "ethertype": ethertype}).protocol)
        _remote(cloud, report, path, raw, ethertype)
    else:
        one_of(report, codes.ethertype, (*path, "ethertype"), "ethertype", given, ETHERTYPES)
    text = raw.get("description")
    if isinstance(text, str) and len(text) > DESCRIPTION_MAX:
        what = f"the description has {len(text)} characters; at most {DESCRIPTION_MAX} are allowed"
        report.error(codes.description, (*path, "description"), what, "", "shorten it")
    for name in cloud.lacking:
        if raw.get(name) is not None:
            why = "Neutron's rules only allow, and have no priority, port list or switch."
            what = f"{name} is not available on {cloud.name}"
            report.error(codes.field, (*path, name), what, why, "remove it", on_key=True)
    cloud.rest(report, path, raw)


def ipv6_only(report: Report, code: str, path: Path, given: str, protocol: str | None, ethertype: str) -> bool:
    """Report a protocol of IPv6 (``given`` as written, ``protocol`` in normal form) in a rule of IPv4; True if so."""
    if protocol not in _neutron.IPV6_ONLY or ethertype != "IPv4":
        return False
    what = f"protocol {given} does not go with ethertype IPv4"
    hint = "use icmp, or ethertype: IPv6" if protocol == "ipv6-icmp" else "use ethertype: IPv6"
    report.error(code, path, what, "It belongs to IPv6.", hint)
    return True


def _ports(cloud: Cloud, report: Report, path: Path, raw: Raw, protocol: str | None) -> None:
    low, high = raw.get("port_range_min"), raw.get("port_range_max")
    if (low is None and high is None) or any(isinstance(p, (bool, str, float)) for p in (low, high)):
        return
    low_at, high_at, code = (*path, "port_range_min"), (*path, "port_range_max"), cloud.codes.ports
    if protocol in _neutron.ICMP_PROTOCOLS:
        _icmp(cloud, report, path, low, high)
    elif protocol not in _neutron.PORT_PROTOCOLS:
        where = low_at if low is not None else high_at
        why = f"Ports belong to {', '.join(sorted(_neutron.PORT_PROTOCOLS))}."
        hint = "add protocol, or remove the ports" if protocol is None else "remove the ports"
        what = f"ports of a rule {'without a protocol' if protocol is None else 'of protocol ' + protocol}"
        report.error(code, where, what, why, hint, on_key=True)
    elif low is None or high is None:
        given, missing = ("port_range_max", "port_range_min") if low is None else ("port_range_min", "port_range_max")
        why, what = "A range has both ends; for one port both are equal.", f"{given} without {missing}"
        hint = f"add {missing}: {low if low is not None else high}"
        report.error(code, (*path, given), what, why, hint, on_key=True)
    elif (
        in_range(report, code, low_at, "port_range_min", low, cloud.first_port, LAST_PORT)
        and in_range(report, code, high_at, "port_range_max", high, cloud.first_port, LAST_PORT)
        and low > high
    ):
        what = f"port_range_min {low} is larger than port_range_max {high}"
        report.error(code, low_at, what, "", f"use {high} to {low}")


def _icmp(cloud: Cloud, report: Report, path: Path, low: Any, high: Any) -> None:
    """ICMP's type and code stand in the fields of the ports."""
    low_at, high_at, code = (*path, "port_range_min"), (*path, "port_range_max"), cloud.codes.icmp
    if low is None:
        why = "port_range_min is the ICMP type and port_range_max its code."
        report.error(code, high_at, "an ICMP code without a type", why, "add port_range_min", on_key=True)
        return
    in_range(report, code, low_at, "ICMP type", low, 0, 255, "port_range_min is the type.")
    in_range(report, code, high_at, "ICMP code", high, 0, 255, "port_range_max is the code.")


def _remote(cloud: Cloud, report: Report, path: Path, raw: Raw, ethertype: str) -> None:
    given, code = [name for name in cloud.remotes if raw.get(name)], cloud.codes.remote
    if len(given) > 1:
        kinds = "a prefix, a group and an address group" if len(cloud.remotes) > 3 else "a prefix and a group"
        why = f"One of {kinds} says who the other side is."
        what = f"{given[1]} beside {given[0]}"
        report.error(code, (*path, given[1]), what, why, "make it two rules, or remove one", on_key=True)
        return
    prefix = raw.get("remote_ip_prefix")
    if not prefix or not isinstance(prefix, str):
        return
    where = (*path, "remote_ip_prefix")
    family = v.family(prefix)
    if family is None:
        why = "It is an IPv4 or IPv6 address or prefix."
        report.error(code, where, f"remote_ip_prefix {shown(prefix)} is no prefix", why, "e.g. 192.0.2.0/24")
    elif f"IPv{family}" != ethertype:
        what = f"remote_ip_prefix {shown(prefix)} is not of ethertype {ethertype}"
        hint = f"{'add' if raw.get('ethertype') is None else 'use'} ethertype: IPv{family}"
        report.error(code, where, what, "A rule is about one IP version; the default is IPv4.", hint)


def _duplicate(cloud: Cloud, report: Report, rule: DesiredRule, first: DesiredRule) -> None:
    report.error(
        cloud.codes.duplicate,
        rule.path,
        f"the rule is a duplicate of {place(first)}",
        "Direction, ethertype, protocol, ports and other side are equal (no prefix is 0.0.0.0/0 or ::/0): the second "
        "one is refused. The description does not count.",
        "remove one of both",
    )

"""Security group rules of Huawei VPC v3, checked (HW-S01 .. HW-S12 and the field table above them)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path
from reconciler.dialects import _values as v
from reconciler.dialects._common import place
from reconciler.dialects._report import Report, TextRule, full_match, in_range, one_of, shown
from reconciler.dialects.huawei import normal, tables
from reconciler.model.desired import DesiredRule, SecurityGroupDocument
from reconciler.model.objects import SecurityRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

GROUP_NAME = TextRule(
    "HW-S06",
    "the security group's name",
    r"[A-Za-z0-9\u4e00-\u9fff_.-]*",
    "letters, digits, CJK characters, '_', '-' and '.'",
    64,
)
DESCRIPTION = TextRule("HW-S06", "the description", r"[^<>]*", "any characters but '<' and '>'", 255, 0)
REMOTES = ("remote_ip_prefix", "remote_group", "remote_group_id", "remote_address_group_id")
PROTOCOLS = ("icmp", "tcp", "udp", "icmpv6")
DIRECTIONS = ("ingress", "egress")
MANY_RULES = 120


def security_group(document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """HW-S constraints that the manifest alone decides."""
    report = Report(document.address)
    group = document.security_group
    if group.name is not None:
        GROUP_NAME.check(report, group.path, group.name)
    seen: dict[Hashable, DesiredRule] = {}
    opposite: dict[Hashable, DesiredRule] = {}
    traffic: dict[Hashable, DesiredRule] = {}
    for rule in document.rules:
        before = len(report.found)
        _rule(report, rule)
        if len(report.found) > before and report.found[-1].is_error:
            continue
        form = by_reference(rule.raw)
        first = seen.setdefault(normal.identity(form), rule)
        if first is not rule:
            _duplicate(report, rule, first)
            continue
        same = traffic.setdefault(normal.traffic(form), rule)
        if same is not rule:
            _same_traffic(report, rule, same)
        other = opposite.setdefault(_but_action(form), rule)
        if other is not rule:
            _flip(report, rule, other)
    _many(report, document)
    yield from report.found


def group_live(document: SecurityGroupDocument, rules: Sequence[SecurityRule]) -> Iterator[Diagnostic]:
    """Duplicates that only show once names are ids: a group named in one rule and given by id in another."""
    report = Report(document.address)
    seen: dict[Hashable, DesiredRule] = {}
    for asked, rule in zip(document.rules, rules, strict=False):
        first = seen.setdefault(normal.identity(rule), asked)
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
        report.error("HW-S-DIRECTION", path, "the rule has no direction", "", "add direction: ingress or egress")
    elif direction not in DIRECTIONS:
        one_of(report, "HW-S-DIRECTION", (*path, "direction"), "direction", direction, DIRECTIONS)
    ethertype = raw.get("ethertype")
    if isinstance(ethertype, str) and v.ethertype(ethertype) not in ("IPv4", "IPv6"):
        one_of(report, "HW-S-ETHERTYPE", (*path, "ethertype"), "ethertype", ethertype, ("IPv4", "IPv6"))
    else:
        _protocol(report, path, raw, v.ethertype(ethertype))
        _remote(report, path, raw, v.ethertype(ethertype))
    _multiport(report, path, raw)
    _decision(report, path, raw)
    if raw.get("description"):
        DESCRIPTION.check(report, (*path, "description"), raw["description"])


def _protocol(report: Report, path: Path, raw: Raw, ethertype: str) -> None:
    given = raw.get("protocol")
    if given is None or isinstance(given, bool):
        return
    where = (*path, "protocol")
    word = str(given).lower()
    if word not in PROTOCOLS:
        number = v.integer(word)
        if number is not None and 0 <= number <= 255:
            word = tables.PROTOCOL_NAMES.get(word, word)
        elif number is not None:
            report.error("HW-S-PROTOCOL", where, f"protocol number {number} is not within 0 to 255")
            return
        else:
            why = "A protocol is one of these names or a number from 0 to 255; without it, the rule is about all."
            one_of(report, "HW-S-PROTOCOL", where, "protocol", word, PROTOCOLS, why)
            return
    wrong = {"icmp": "IPv6", "icmpv6": "IPv4"}.get(word)
    if wrong == ethertype:
        other = "icmpv6" if word == "icmp" else "icmp"
        report.error(
            "HW-S-PROTOCOL",
            where,
            f"protocol {word} does not go with ethertype {ethertype}",
            "icmp belongs to IPv4 and icmpv6 to IPv6.",
            f"use {other}, or change the ethertype",
        )


def _multiport(report: Report, path: Path, raw: Raw) -> None:
    given = raw.get("multiport")
    if given is None or given == "" or isinstance(given, bool) or not isinstance(given, (str, int)):
        return
    where = (*path, "multiport")
    why = "Ports are 1 to 65535: one (80), a range (80-90) or several of both, separated by commas, without blanks."
    if not full_match(_MULTIPORT)(str(given)):
        report.error("HW-S02", where, f"ports {shown(given)} cannot be read", why, "e.g. 22,3389,30-100")
        return
    single = v.integer(given)
    for low, high in ((single, single),) if single is not None else normal.port_ranges(given) or ():
        if low > high:
            hint = f"write {high}-{low}"
            report.error("HW-S02", where, f"the range {low}-{high} runs backwards", why, hint)
            return
        if high > 65535:
            report.error("HW-S02", where, f"port {high} is not within 1 to 65535", why)
            return
    if raw.get("protocol") is None:
        report.warning(
            "HW-S02",
            where,
            "multiport without a protocol may be refused",
            "Ports belong to tcp and udp; clients of this API demand a protocol with them, its pages are silent.",
            "add protocol",
            on_key=True,
        )


_MULTIPORT = r"[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4})?(?:,[1-9][0-9]{0,4}(?:-[1-9][0-9]{0,4})?)*"


def _remote(report: Report, path: Path, raw: Raw, ethertype: str) -> None:
    given = [name for name in REMOTES if raw.get(name)]
    if len(given) > 1:
        report.error(
            "HW-S01",
            (*path, given[1]),
            f"{given[1]} beside {given[0]}",
            "At most one of remote_ip_prefix, remote_group_id and remote_address_group_id says who the other side is.",
            "make it two rules, or remove one",
            on_key=True,
        )
        return
    prefix = raw.get("remote_ip_prefix")
    if not prefix or not isinstance(prefix, str):
        return
    family = v.family(prefix)
    where = (*path, "remote_ip_prefix")
    if family is None or not full_match(_LENGTH)(prefix):
        why = "It is an IPv4 or IPv6 address or prefix."
        report.error("HW-S-REMOTE", where, f"remote_ip_prefix {shown(prefix)} is no prefix", why, "e.g. 192.0.2.0/24")
    elif f"IPv{family}" != ethertype:
        report.error(
            "HW-S-REMOTE",
            where,
            f"remote_ip_prefix {shown(prefix)} is not of ethertype {ethertype}",
            "",
            f"add ethertype: IPv{family}" if raw.get("ethertype") is None else f"use ethertype IPv{family}",
        )


_LENGTH = r"[^/]+(?:/[0-9]{1,3})?"


def _decision(report: Report, path: Path, raw: Raw) -> None:
    action = raw.get("action")
    if action is not None:
        one_of(report, "HW-S-ACTION", (*path, "action"), "action", action, ("allow", "deny"))
    priority = raw.get("priority")
    if priority is None:
        why = "The lower number decides first, and the API's pages disagree on the default (1 or 100)."
        report.error("HW-S-PRIORITY", path, "the rule has no priority", why, "add priority: 1 (first) to 100 (last)")
    else:
        in_range(report, "HW-S-PRIORITY", (*path, "priority"), "priority", priority, 1, 100, "1 decides first.")


# ------------------------------------------------------------------------------------------------ several rules
def _duplicate(report: Report, rule: DesiredRule, first: DesiredRule) -> None:
    report.error(
        "HW-S03",
        rule.path,
        f"the rule is a duplicate of {place(first)}",
        "Direction, ethertype, protocol, ports, other side, action and priority are equal: the API refuses the second "
        "one. The description does not count.",
        "remove one of both",
    )


def _same_traffic(report: Report, rule: DesiredRule, first: DesiredRule) -> None:
    report.warning(
        "HW-S-SAME-TRAFFIC",
        rule.path,
        f"the rule is about exactly the same traffic as {place(first)}",
        "The cloud keeps both, since they are written differently (host bits of a prefix, /0 or no prefix).",
        "remove one of both",
    )


def _flip(report: Report, rule: DesiredRule, other: DesiredRule) -> None:
    report.warning(
        "HW-S04",
        rule.path,
        f"the rule differs only in its action from {place(other)}",
        "At equal priority deny wins, so that the allow rule has no effect; the console refuses such a pair.",
        "remove one of both, or give them different priorities",
    )


def _but_action(form: SecurityRule) -> Hashable:
    return (
        form.direction, form.ethertype, form.protocol, form.multiport, form.remote_ip_prefix, form.remote_group_id,
        form.remote_address_group_id, form.priority, form.enabled,
    )  # fmt: skip


def _many(report: Report, document: SecurityGroupDocument) -> None:
    """Costly rules: a remote group, an address group or ports with gaps; 120 a direction and IP version."""
    count: dict[tuple[Any, str], int] = {}
    for rule in document.rules:
        raw = rule.raw
        if any(raw.get(name) for name in REMOTES[1:]) or "," in str(raw.get("multiport") or ""):
            key = (raw.get("direction"), v.ethertype(raw.get("ethertype")))
            count[key] = count.get(key, 0) + 1
    for (direction, ethertype), number in count.items():
        if number > MANY_RULES:
            report.warning(
                "HW-S11",
                ("spec", "rules"),
                f"{number} {direction} {ethertype} rules with a group or several ports; at most {MANY_RULES} count",
                "Rules with a remote group, an address group or ports that are not contiguous are limited.",
                "use prefixes and contiguous ports, or several groups",
                on_key=True,
            )

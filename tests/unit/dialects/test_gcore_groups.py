"""Gcore: security group rules (GC-SG-..), from the manifest and with names looked up."""

from __future__ import annotations

import pytest
from unit.dialects.build import found, gcore_group, group

from reconciler.dialects.gcore import GCORE

R = ("spec", "rules", 0)


def rule(**more):
    given = {"direction": "ingress", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443, **more}
    return {k: v for k, v in given.items() if v != "absent"}


def portless(**more):
    return rule(port_range_min="absent", port_range_max="absent", **more)


def icmp(low, high, **more):
    return rule(protocol="icmp", port_range_min=low, port_range_max=high, **more)


MISTAKES = [
    ("GC-SG-DIRECTION", R, rule(direction="absent")),
    ("GC-SG-DIRECTION", (*R, "direction"), rule(direction="INGRESS")),
    ("GC-SG-ETHERTYPE", (*R, "ethertype"), rule(ethertype="IPV4")),
    ("GC-SG-PROTOCOL", (*R, "protocol"), rule(protocol="tpc")),
    ("GC-SG-PROTOCOL", (*R, "protocol"), rule(protocol="6")),
    ("GC-SG-PROTOCOL", (*R, "protocol"), portless(protocol="ipv6-icmp")),
    ("GC-SG-PORTS", (*R, "port_range_min"), rule(port_range_min=444)),
    ("GC-SG-PORTS", (*R, "port_range_min"), rule(port_range_max="absent")),
    ("GC-SG-PORTS", (*R, "port_range_max"), rule(port_range_min="absent")),
    ("GC-SG-PORTS", (*R, "port_range_max"), rule(port_range_max=65536)),
    ("GC-SG-PORTS", (*R, "port_range_min"), rule(protocol="gre")),
    ("GC-SG-PORTS", (*R, "port_range_min"), rule(protocol="absent")),
    ("GC-SG-PORTS", (*R, "port_range_min"), rule(port_range_min=0)),
    ("GC-SG-ICMP", (*R, "port_range_min"), icmp(256, 0)),
    ("GC-SG-ICMP", (*R, "port_range_max"), icmp(8, 256)),
    ("GC-SG-ICMP", (*R, "port_range_max"), icmp("absent", 0)),
    ("GC-SG-REMOTE", (*R, "remote_group"), rule(remote_ip_prefix="10.0.0.0/8", remote_group="g")),
    ("GC-SG-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="10.0.0.0/33")),
    ("GC-SG-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="10.0.0.0/8\n")),
    ("GC-SG-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="2001:db8::/32")),
    ("GC-SG-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="10.0.0.0/8", ethertype="IPv6")),
    ("GC-SG-DESCRIPTION", (*R, "description"), rule(description="d" * 256)),
    ("GC-SG-SYSTEM", (*R, "description"), rule(description="system")),
    ("GC-FIELD", (*R, "priority"), rule(priority=1)),
    ("GC-FIELD", (*R, "action"), rule(action="allow")),
]


@pytest.mark.parametrize(("code", "path", "given"), MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_and_at_its_place(code, path, given):
    assert gcore_group(given) == [(code, path)]


RIGHT = [
    rule(), rule(port_range_min=1, port_range_max=65535), rule(protocol="udplite"), portless(), portless(protocol="absent"),
    rule(protocol=None, port_range_min=None, port_range_max=None), portless(protocol="any"), portless(protocol="vrrp"),
    portless(protocol="ipv6-icmp", ethertype="IPv6"), portless(protocol="icmp", ethertype="IPv6"), icmp(8, 0), icmp(255, 255),
    icmp(0, "absent"), rule(remote_ip_prefix="10.1.2.3"), rule(remote_ip_prefix="10.1.2.3/8"),
    rule(remote_ip_prefix="2001:DB8::1/64", ethertype="IPv6"), rule(remote_group_id="G"), rule(description="d" * 255),
]  # fmt: skip


@pytest.mark.parametrize("given", RIGHT)
def test_every_legal_rule_is_accepted_up_to_its_boundary(given):
    assert gcore_group(given) == []


DUPLICATES = [
    (rule(), rule(description="other", ethertype="IPv4")),
    (rule(remote_ip_prefix="0.0.0.0/0"), rule()),
    (rule(remote_ip_prefix="10.0.0.1"), rule(remote_ip_prefix="10.0.0.1/32")),
    (rule(port_range_min=1, port_range_max=65535), portless()),
    (portless(protocol="icmp", ethertype="IPv6"), portless(protocol="ipv6-icmp", ethertype="IPv6")),
    (portless(protocol="any"), portless(protocol=None)),
]


@pytest.mark.parametrize(("first", "second"), DUPLICATES)
def test_a_duplicate_by_neutrons_table_is_refused(first, second):
    assert gcore_group(first, second) == [("GC-SG-DUPLICATE", ("spec", "rules", 1))]


def test_rules_that_neutron_keeps_apart_are_warned_of_when_their_traffic_is_the_same():
    told = gcore_group(rule(remote_ip_prefix="10.1.2.3/8"), rule(remote_ip_prefix="10.0.0.0/8"))
    assert told == [("GC-SG-SAME-TRAFFIC", ("spec", "rules", 1))]
    assert gcore_group(icmp(0, "absent"), icmp(0, 0)) == []


def test_a_group_named_in_one_rule_and_given_by_id_in_another_is_found_once_names_are_ids():
    given = [rule(remote_group="g"), rule(remote_group_id="G")]
    assert gcore_group(*given) == []
    resolved = [GCORE.security_rule({**r, "remote_group_id": "G"}) for r in given]
    assert found(GCORE.check_group_live(group(given), resolved, None)) == [("GC-SG-DUPLICATE", ("spec", "rules", 1))]


@pytest.mark.parametrize("junk", [5, True, "x", [], {}, [None], 1.5, -1])
def test_a_value_of_the_wrong_type_raises_nothing(junk):
    for field in ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix",
                  "remote_group", "description", "tags"):  # fmt: skip
        gcore_group(rule(**{field: junk}), {**icmp(8, 0), field: junk})

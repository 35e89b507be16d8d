"""OpenStack: security group rules (OS-SG-..), and equality by Neutron's own duplicate table (openstack.md 5)."""

from __future__ import annotations

import pytest
from unit.dialects.build import found, group

from reconciler.dialects.openstack import OPENSTACK
from reconciler.model.live import GroupFacts


def rule(**more):
    given = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80, **more}
    return {k: v for k, v in given.items() if v != "absent"}


def bare(protocol="absent", **more):
    return rule(protocol=protocol, **{"port_range_min": "absent", "port_range_max": "absent", **more})


def check(*rules):
    return [(code, path[3:]) for code, path in found(OPENSTACK.check_security_group(group(rules)))]


MISTAKES = [
    ("OS-SG-DIRECTION", (), rule(direction="absent")),
    ("OS-SG-DIRECTION", ("direction",), rule(direction="in")),
    ("OS-SG-ETHERTYPE", ("ethertype",), rule(ethertype="IP")),
    ("OS-SG-PROTOCOL", ("protocol",), bare("tpc")),
    ("OS-SG-PROTOCOL", ("protocol",), bare("256")),
    ("OS-SG-PROTOCOL", ("protocol",), bare(-1)),
    ("OS-SG-PROTOCOL", ("protocol",), bare("icmpv6")),
    ("OS-SG-PROTOCOL", ("protocol",), bare(58)),
    ("OS-SG-PORTS", ("port_range_min",), rule(port_range_min=0)),
    ("OS-SG-PORTS", ("port_range_max",), rule(port_range_max=65536)),
    ("OS-SG-PORTS", ("port_range_min",), rule(port_range_min=81)),
    ("OS-SG-PORTS", ("port_range_min",), rule(port_range_max="absent")),
    ("OS-SG-PORTS", ("port_range_min",), rule(protocol="gre")),
    ("OS-SG-PORTS", ("port_range_min",), rule(protocol="absent")),
    ("OS-SG-PORTS", ("port_range_min",), rule(protocol="0")),
    ("OS-SG-ICMP", ("port_range_max",), bare("icmp", port_range_max=0)),
    ("OS-SG-ICMP", ("port_range_min",), bare("icmp", port_range_min=256)),
    ("OS-SG-REMOTE", ("remote_ip_prefix",), rule(remote_ip_prefix="10.0.0.0/33")),
    ("OS-SG-REMOTE", ("remote_ip_prefix",), rule(remote_ip_prefix="010.0.0.1/32")),
    ("OS-SG-REMOTE", ("remote_ip_prefix",), rule(remote_ip_prefix="2001:db8::/64")),
    ("OS-SG-REMOTE", ("remote_group",), rule(remote_ip_prefix="10.0.0.0/8", remote_group="web")),
    ("OS-SG-REMOTE", ("remote_address_group_id",), rule(remote_group_id="g", remote_address_group_id="a")),
    ("OS-SG-DESCRIPTION", ("description",), rule(description="a" * 256)),
    ("OS-FIELD", ("priority",), rule(priority=1)),
]


@pytest.mark.parametrize(("code", "path", "given"), MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_and_at_its_place(code, path, given):
    assert check(given) == [(code, path)]


RIGHT = [
    rule(), rule(protocol="TCP"), rule(protocol=6), rule(protocol="6"), rule(protocol="udplite"), rule(protocol="33"),
    bare(), bare("any"), bare("0"), bare(255), bare("ip"), bare("hopopt"), bare("vrrp"), bare("icmp", port_range_min=8, port_range_max=0),
    bare("icmpv6", ethertype="IPv6"), bare("icmp", ethertype="ipv6"), rule(remote_ip_prefix="10.0.0.0/255.0.0.0"),
    rule(remote_ip_prefix="10.1.2.3"), rule(remote_ip_prefix=""), rule(remote_group="web"), rule(remote_address_group_id="a"),
    rule(port_range_min=1, port_range_max=65535), rule(description="system"), rule(ethertype="IPv6", remote_ip_prefix="2001:DB8::1/64"),
]  # fmt: skip


@pytest.mark.parametrize("given", RIGHT)
def test_every_legal_rule_is_accepted(given):
    assert check(given) == []


EQUAL = [
    (rule(), rule(protocol=6)),
    (rule(), rule(protocol="TCP", description="other")),
    (bare("icmp"), bare(1)),
    (bare("icmp", ethertype="IPv6"), bare("icmpv6", ethertype="IPv6")),
    (bare("icmpv6", ethertype="IPv6"), bare("58", ethertype="IPv6")),
    (bare("1", ethertype="IPv6"), bare("ipv6-icmp", ethertype="IPv6")),
    (bare("ip"), bare("0")),
    (bare("ipip"), bare("4")),
    (bare("any"), bare()),
    (bare(), bare(remote_ip_prefix="0.0.0.0/0")),
    (bare(ethertype="IPv6"), bare(ethertype="IPv6", remote_ip_prefix="::/0")),
    (rule(remote_ip_prefix="10.0.0.1"), rule(remote_ip_prefix="10.0.0.1/32")),
    (rule(remote_ip_prefix="10.0.0.0/8"), rule(remote_ip_prefix="10.0.0.0/255.0.0.0")),
    (bare("tcp"), rule(port_range_min=1, port_range_max=65535)),
    (bare("sctp"), rule(protocol=132, port_range_min=1, port_range_max=65535)),
    (rule(), rule(ethertype="ipv4")),
]  # fmt: skip
APART = [
    (rule(remote_ip_prefix="10.1.2.3/8"), rule(remote_ip_prefix="10.0.0.0/8")),
    (bare(), bare("0")),
    (bare("icmp", port_range_min=0), bare("icmp", port_range_min=0, port_range_max=0)),
    (bare(), bare(ethertype="IPv6")),
    (bare(), bare(direction="egress")),
    (bare("hopopt"), bare("ip")),
    (bare(), bare(remote_ip_prefix="10.0.0.0/0")),
    (rule(remote_group_id="a"), rule(remote_group_id="b")),
    (rule(remote_group_id="a"), rule(remote_address_group_id="a")),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_neutron_refuses_as_a_duplicate_is_equal(one, other):
    assert OPENSTACK.security_identity(OPENSTACK.security_rule(one)) == OPENSTACK.security_identity(OPENSTACK.security_rule(other))
    assert [code for code, _ in check(one, other)] == ["OS-SG-DUPLICATE"]


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_neutron_keeps_apart_is_apart(one, other):
    assert OPENSTACK.security_identity(OPENSTACK.security_rule(one)) != OPENSTACK.security_identity(OPENSTACK.security_rule(other))


def test_two_rules_about_the_same_traffic_are_warned_of():
    for pair in APART[:2]:
        assert check(*pair) == [("OS-SG-SAME-TRAFFIC", ())]


def test_a_group_by_name_and_by_id_is_a_duplicate_once_names_are_ids():
    asked = group([rule(remote_group="web"), rule(remote_group_id="G")])
    resolved = [OPENSTACK.security_rule(rule(remote_group_id="G"))] * 2
    told = found(OPENSTACK.check_group_live(asked, resolved, GroupFacts("S")))
    assert [code for code, _ in told] == ["OS-SG-DUPLICATE"]


def test_live_rules_as_the_server_rewrites_them_are_equal_to_what_was_sent():
    sent = rule(port_range_min=1, port_range_max=65535, protocol="TCP", remote_ip_prefix="10.1.2.3", description="x")
    stored = {
        "id": "I", "security_group_id": "S", "ethertype": "IPv4", "direction": "ingress", "protocol": "tcp", "port_range_min": None,
        "port_range_max": None, "remote_ip_prefix": "10.1.2.3/32", "remote_group_id": None, "remote_address_group_id": None,
        "normalized_cidr": "10.1.2.3/32", "description": "x", "revision_number": 0, "project_id": "P", "tenant_id": "P",
    }  # fmt: skip
    assert OPENSTACK.security_rule(sent) == OPENSTACK.security_rule(stored)
    assert OPENSTACK.unknown_fields("security_group_rule", stored) == []

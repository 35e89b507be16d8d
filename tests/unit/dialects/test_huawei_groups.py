"""Huawei: security group rules (HW-S..), from the manifest and with names looked up."""

from __future__ import annotations

import pytest
from unit.dialects.build import codes, found, group, huawei_group

from reconciler.dialects.huawei import HUAWEI

R = ("spec", "rules", 0)


def rule(**more):
    given = {"direction": "ingress", "protocol": "tcp", "multiport": "443", "priority": 1, **more}
    return {k: v for k, v in given.items() if v != "absent"}


MISTAKES = [
    ("HW-S-DIRECTION", R, rule(direction="absent")),
    ("HW-S-DIRECTION", (*R, "direction"), rule(direction="in")),
    ("HW-S-ETHERTYPE", (*R, "ethertype"), rule(ethertype="IPv5")),
    ("HW-S-PROTOCOL", (*R, "protocol"), rule(protocol="sctp")),
    ("HW-S-PROTOCOL", (*R, "protocol"), rule(protocol="256")),
    ("HW-S-PROTOCOL", (*R, "protocol"), rule(protocol="icmp", multiport="absent", ethertype="IPv6")),
    ("HW-S-PROTOCOL", (*R, "protocol"), rule(protocol="icmpv6", multiport="absent")),
    ("HW-S01", (*R, "remote_group_id"), rule(remote_ip_prefix="10.0.0.0/8", remote_group_id="G")),
    ("HW-S01", (*R, "remote_address_group_id"), rule(remote_group="g", remote_address_group_id="A")),
    ("HW-S02", (*R, "multiport"), rule(multiport="0")),
    ("HW-S02", (*R, "multiport"), rule(multiport=0)),
    ("HW-S02", (*R, "multiport"), rule(multiport="65536")),
    ("HW-S02", (*R, "multiport"), rule(multiport="90-80")),
    ("HW-S02", (*R, "multiport"), rule(multiport="22, 80")),
    ("HW-S02", (*R, "multiport"), rule(multiport="22,")),
    ("HW-S02", (*R, "multiport"), rule(multiport="22\n")),
    ("HW-S02", (*R, "multiport"), rule(protocol="absent")),
    ("HW-S-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="10.0.0.0/33")),
    ("HW-S-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="10.0.0.0/8\n")),
    ("HW-S-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="10.0.0.0/255.0.0.0")),
    ("HW-S-REMOTE", (*R, "remote_ip_prefix"), rule(remote_ip_prefix="::/0")),
    ("HW-S-ACTION", (*R, "action"), rule(action="drop")),
    ("HW-S-PRIORITY", R, rule(priority="absent")),
    ("HW-S-PRIORITY", (*R, "priority"), rule(priority=0)),
    ("HW-S-PRIORITY", (*R, "priority"), rule(priority=101)),
    ("HW-S06", (*R, "description"), rule(description="a<b")),
    ("HW-S06", (*R, "description"), rule(description="d" * 256)),
]


@pytest.mark.parametrize(("code", "path", "given"), MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_and_at_its_place(code, path, given):
    assert huawei_group(given) == [(code, path)]


RIGHT = [
    rule(), rule(multiport=80), rule(multiport="22,3389,30-100"), rule(multiport="1-65535"), rule(multiport="absent"),
    rule(protocol="absent", multiport="absent"), rule(protocol="TCP"), rule(protocol="6"), rule(protocol="255", multiport="absent"),
    rule(protocol="icmp", multiport="absent"), rule(protocol="icmpv6", multiport="absent", ethertype="ipv6"),
    rule(remote_ip_prefix="10.1.2.3"), rule(remote_ip_prefix="10.1.2.3/8"), rule(remote_ip_prefix="2001:DB8::1/64", ethertype="IPv6"),
    rule(remote_group="g"), rule(remote_address_group_id="A"), rule(action="deny", priority=100, enabled=False),
    rule(description="d" * 255), rule(description="two\nlines"),
]  # fmt: skip


@pytest.mark.parametrize("given", RIGHT)
def test_every_legal_rule_is_accepted_up_to_its_boundary(given):
    assert huawei_group(given) == []


def test_hw_s03_a_duplicate_is_refused_whatever_its_spelling_and_description():
    told = huawei_group(rule(multiport="80,22"), rule(protocol="6", multiport="22,80", ethertype="ipv4", description="x"))
    assert told == [("HW-S03", ("spec", "rules", 1))]
    assert huawei_group(rule(), rule(priority=2)) == []


def test_hw_s03_a_group_named_in_one_rule_and_given_by_id_in_another_is_found_once_names_are_ids():
    given = [rule(remote_group="g"), rule(remote_group_id="G")]
    assert huawei_group(*given) == []
    resolved = [HUAWEI.security_rule({**r, "remote_group_id": "G"}) for r in given]
    told = found(HUAWEI.check_group_live(group(given), resolved, None))
    assert told == [("HW-S03", ("spec", "rules", 1))]


def test_hw_s04_allow_and_deny_for_the_same_traffic_are_warned_of():
    assert huawei_group(rule(), rule(action="deny")) == [("HW-S04", ("spec", "rules", 1))]
    assert huawei_group(rule(), rule(action="deny", priority=2)) == []


def test_two_spellings_of_the_same_traffic_are_warned_of():
    told = huawei_group(rule(remote_ip_prefix="10.1.2.3/8"), rule(remote_ip_prefix="10.0.0.0/8"))
    assert told == [("HW-S-SAME-TRAFFIC", ("spec", "rules", 1))]


@pytest.mark.parametrize("name", ["a" * 65, "web group", "web/1", "web\n"])
def test_hw_s06_a_name_that_no_group_can_have_is_refused(name):
    assert codes(HUAWEI.check_security_group(group([rule()], name))) == ["HW-S06"]


@pytest.mark.parametrize("name", ["a" * 64, "web_1-x.y", "网络"])
def test_hw_s06_every_name_that_a_group_can_have_is_accepted(name):
    assert codes(HUAWEI.check_security_group(group([rule()], name))) == []


def test_hw_s11_more_than_120_costly_rules_are_warned_of():
    many = [rule(multiport=f"{i},{i + 2}") for i in range(1, 122)]
    assert huawei_group(*many[:120]) == []
    assert huawei_group(*many) == [("HW-S11", ("spec", "rules"))]


@pytest.mark.parametrize("junk", [5, True, "x", [], {}, [None], 1.5, -1])
def test_a_value_of_the_wrong_type_raises_nothing(junk):
    for field in ("direction", "ethertype", "protocol", "multiport", "remote_ip_prefix", "remote_group", "action",
                  "priority", "description", "enabled", "remote_address_group_id"):  # fmt: skip
        huawei_group(rule(**{field: junk}), rule(**{field: junk}))

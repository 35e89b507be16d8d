"""Gcore: desired and live in one normal form. One test a row of the normalisation rules (gcore.md 3, 4)."""

from __future__ import annotations

import pytest

from reconciler.dialects.gcore import GCORE
from reconciler.model.live import ListenerFacts, Quotas

LIVE = {  # a reply of the API, with full rules
    "id": "7c", "name": "go-https", "action": "REDIRECT_TO_URL", "listener_id": "3e", "position": 1, "redirect_http_code": 302,
    "redirect_pool_id": None, "redirect_prefix": None, "redirect_url": "https://example.test/", "tags": [],
    "rules": [{"id": "d4", "type": "PATH", "compare_type": "STARTS_WITH", "value": "/", "key": None, "invert": False, "tags": [],
               "operating_status": "ONLINE", "provisioning_status": "ACTIVE", "project_id": 1, "region_id": 1, "region": "R",
               "task_id": None}],
    "operating_status": "ONLINE", "provisioning_status": "ACTIVE", "project_id": 1, "region": "R", "region_id": 1, "task_id": None,
}  # fmt: skip
SHORT = {
    "name": "go-https", "action": "REDIRECT_TO_URL", "redirect_url": "https://example.test/",
    "rules": [{"type": "PATH", "compare_type": "STARTS_WITH", "value": "/"}],
}  # fmt: skip


def policy(**raw):
    return GCORE.policy({**SHORT, **raw})


def test_a_whole_reply_equals_the_fields_that_made_it():
    live = GCORE.policy(LIVE)
    assert live == policy()
    assert live.number == 1
    assert live.fields == {"redirect_url": "https://example.test/"}
    assert GCORE.unknown_fields("l7policy", LIVE) == []
    assert GCORE.unknown_fields("l7rule", {**LIVE["rules"][0], "new": 1}) == ["new"]


def test_a_redirect_without_a_code_is_a_302():
    assert policy(redirect_http_code=None) == policy(redirect_http_code=302) == policy()
    assert policy(redirect_http_code=301) != policy()
    reject = {"name": "x", "action": "REJECT"}
    assert GCORE.policy({**reject, "redirect_http_code": 302}) == GCORE.policy(reject)


def test_only_the_target_of_the_action_counts():
    assert policy(redirect_pool_id="left over", redirect_prefix="https://b.example.com") == policy()


def test_tags_and_rules_are_sets():
    rules = [*SHORT["rules"], {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X", "value": "a", "tags": ["t", "s"]}]
    assert policy(tags=["b", "a"], rules=rules) == policy(tags=["a", "b", "a"], rules=rules[::-1])


def test_a_key_on_a_type_without_one_has_no_meaning():
    rule = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"}
    assert GCORE.rule({**rule, "key": "x"}) == GCORE.rule(rule)
    assert GCORE.rule({**rule, "type": "HEADER", "key": "x"}).key == "x"
    assert GCORE.rule({**rule, "invert": True}) != GCORE.rule(rule)


def test_the_only_value_of_a_certificate_rule_is_told_in_any_case():
    rule = {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "true"}
    assert GCORE.rule(rule) == GCORE.rule({**rule, "value": "True"})


RULE = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443}
PORTS = {"port_range_min": 1, "port_range_max": 65535}
NO_PORTS = {"port_range_min": None, "port_range_max": None}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (PORTS, NO_PORTS),
        ({**NO_PORTS, "protocol": "any"}, {**NO_PORTS, "protocol": None}),
        ({"protocol": "TCP"}, {"protocol": "6"}),
        ({**NO_PORTS, "protocol": "icmp", "ethertype": "IPv6"}, {**NO_PORTS, "protocol": "ipv6-icmp", "ethertype": "IPv6"}),
        ({**NO_PORTS, "protocol": "icmpv6", "ethertype": "IPv6"}, {**NO_PORTS, "protocol": "58", "ethertype": "IPv6"}),
        ({**NO_PORTS, "protocol": "esp"}, {**NO_PORTS, "protocol": "50"}),
        ({**NO_PORTS, "protocol": "vrrp"}, {**NO_PORTS, "protocol": "112"}),
        ({"remote_ip_prefix": "10.1.2.3"}, {"remote_ip_prefix": "10.1.2.3/32"}),
        ({"remote_ip_prefix": "10.0.0.0/255.0.0.0"}, {"remote_ip_prefix": "10.0.0.0/8"}),
        ({"remote_ip_prefix": "2001:DB8:0:0::1/64"}, {"remote_ip_prefix": "2001:db8::1/64"}),
        ({"remote_ip_prefix": ""}, {"remote_ip_prefix": None}),
        ({"ethertype": None}, {"ethertype": "IPv4"}),
        ({"description": None}, {"description": ""}),
        ({"port_range_min": "443"}, {"port_range_min": 443}),
    ],
)
def test_what_the_server_stores_differently_is_equal(sent, stored):
    assert GCORE.security_rule({**RULE, **sent}) == GCORE.security_rule({**RULE, **stored})


def keys(one, two):
    a, b = GCORE.security_rule({**RULE, **one}), GCORE.security_rule({**RULE, **two})
    return (
        GCORE.security_identity(a) == GCORE.security_identity(b),
        GCORE.security_traffic(a) == GCORE.security_traffic(b),
    )


@pytest.mark.parametrize(
    ("one", "two", "identity", "traffic"),
    [
        ({}, {"description": "x"}, True, True),
        ({"remote_ip_prefix": "0.0.0.0/0"}, {}, True, True),
        ({"remote_ip_prefix": "10.1.2.3/8"}, {"remote_ip_prefix": "10.0.0.0/8"}, False, True),
        ({**NO_PORTS, "protocol": "0"}, {**NO_PORTS, "protocol": None}, False, True),
        ({**NO_PORTS, "protocol": "ip"}, {**NO_PORTS, "protocol": "0"}, True, True),
        ({**NO_PORTS}, PORTS, True, True),
        ({"protocol": "icmp", "port_range_min": 0, "port_range_max": None}, {"protocol": "icmp", "port_range_min": 0, "port_range_max": 0}, False, False),
        ({"remote_group_id": "G"}, {}, False, False),
        ({"direction": "egress"}, {}, False, False),
    ],
)  # fmt: skip
def test_identity_is_neutrons_table_of_duplicates_and_traffic_what_is_admitted(one, two, identity, traffic):
    assert keys(one, two) == (identity, traffic)


def test_the_guard_and_a_policy_without_rules_never_match():
    assert GCORE.guard is not None
    guard = GCORE.guard.to_json()
    assert not GCORE.arms(policy(rules=[]))
    assert not GCORE.arms(policy(rules=[guard]))
    assert not GCORE.arms(policy(rules=[*SHORT["rules"], guard]))
    assert GCORE.arms(policy())
    assert GCORE.rule(guard) == GCORE.guard


def test_every_update_is_one_call_but_for_taking_a_key_away():
    header = GCORE.rule({"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X", "value": "a"})
    path = GCORE.rule({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"})
    assert GCORE.can_update_rule(path, header)
    assert not GCORE.can_update_rule(header, path)
    assert GCORE.can_update_policy(policy(), policy(action="REJECT"))


def test_a_state_that_the_api_refuses_is_named():
    many = [{"type": "PATH", "compare_type": "EQUAL_TO", "value": f"/{i}"} for i in range(51)]
    facts = ListenerFacts("L")
    assert list(GCORE.state_violations([("a", policy(rules=many[:50]))], facts, Quotas())) == []
    assert [c for _, c, _ in GCORE.state_violations([("a", policy(rules=many))], facts, Quotas())] == ["GC-RULES"]
    rules = [("a", GCORE.security_rule(RULE)), ("b", GCORE.security_rule({**RULE, "description": "x"}))]
    assert [(i, c) for i, c, _ in GCORE.group_state_violations(rules, Quotas())] == [("b", "GC-SG-DUPLICATE")]


def test_positions_order_everything_and_classes_do_not():
    facts = ListenerFacts("L")
    assert GCORE.ordered_by_number(facts)
    assert {GCORE.evaluation_class(policy(action=a), facts) for a in ("REJECT", "REDIRECT_TO_POOL")} == {0}

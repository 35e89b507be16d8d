"""Huawei: desired and live in one normal form. One test a row of the normalisation rules (design 5)."""

from __future__ import annotations

import pytest

from reconciler.dialects.huawei import HUAWEI
from reconciler.model.live import ListenerFacts, Quotas
from reconciler.model.objects import Condition

LIVE = {  # a reply of the API, as the sheet prints it
    "id": "A", "name": "api", "description": "", "admin_state_up": True, "project_id": "x", "listener_id": "L",
    "action": "REDIRECT_TO_POOL", "position": 100, "priority": 10, "provisioning_status": "ACTIVE", "redirect_pool_id": "P",
    "redirect_pools_config": [{"pool_id": "P", "weight": 1}],
    "redirect_pools_sticky_session_config": {"enable": False, "timeout": 1440},
    "redirect_pools_extend_config": {"rewrite_url_enable": False, "rewrite_url_config": None},
    "redirect_listener_id": None, "redirect_url": None, "redirect_url_config": None, "fixed_response_config": None,
    "rules": [], "created_at": "2025-01-02T03:04:05Z", "updated_at": "2025-01-02T03:04:05Z", "enterprise_project_id": "0",
}  # fmt: skip
SHORT = {"name": "api", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "P"}


def policy(**raw):
    return HUAWEI.policy({**SHORT, **raw})


def test_a_whole_reply_equals_the_three_fields_that_made_it():
    live = HUAWEI.policy(LIVE)
    assert live == policy()
    assert live.number == 10
    assert live.fields == {"redirect_pool_id": "P"}
    assert HUAWEI.unknown_fields("l7policy", LIVE) == []
    assert HUAWEI.unknown_fields("l7policy", {**LIVE, "brand_new": 1}) == ["brand_new"]


@pytest.mark.parametrize(
    "same",
    [
        {"redirect_pools_config": [{"pool_id": "P", "weight": 1}]},
        {"redirect_pool_id": None, "redirect_pools_config": [{"pool_id": "P", "weight": 100}]},
        {"redirect_pool_id": None, "redirect_pools_config": [{"pool_id": "P"}]},
        {"redirect_pool_id": "other", "redirect_pools_config": [{"pool_id": "P"}]},
        {"redirect_pools_config": []},
        {"redirect_pools_sticky_session_config": {"enable": False, "timeout": 60}},
        {"redirect_pools_extend_config": {"rewrite_url_enable": False, "rewrite_url_config": {"host": "${host}", "path": "${path}", "query": "${query}"}}},
        {"redirect_pools_extend_config": {"insert_headers_config": {"configs": []}, "traffic_limit_config": {"qps": 0, "burst": None}}},
        {"priority": None}, {"priority": 7}, {"position": 3}, {"description": None}, {"tags": None}, {"rules": None},
        {"redirect_listener_id": "without effect"}, {"fixed_response_config": {"status_code": "200"}},
    ],
)  # fmt: skip
def test_absent_null_default_and_what_has_no_effect_are_one(same):
    assert policy(**same) == policy()


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_pools_config": [{"pool_id": "P", "weight": 0}]},
        {"redirect_pools_config": [{"pool_id": "P"}, {"pool_id": "Q"}]},
        {"redirect_pool_id": "Q"}, {"description": "x"}, {"admin_state_up": False}, {"name": "API"},
        {"redirect_pools_sticky_session_config": {"enable": True, "timeout": 1440}},
        {"redirect_pools_extend_config": {"rewrite_url_enable": True}},
    ],
)  # fmt: skip
def test_what_differs_stays_different(other):
    assert policy(**other) != policy()


def test_the_order_of_pools_rules_conditions_and_header_edits_has_no_meaning():
    pools = [{"pool_id": "P", "weight": 3}, {"pool_id": "Q", "weight": 5}]
    rules = [
        {"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": "X", "value": "b"}, {"key": "X", "value": "a"}]},
        {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"},
    ]
    edits = [{"key": "B", "value_type": "USER_DEFINED", "value": "1"}, {"key": "a", "value_type": "USER_DEFINED", "value": "2"}]
    one = policy(redirect_pools_config=pools, rules=rules, redirect_pools_extend_config={"insert_headers_config": {"configs": edits}})
    rules[0]["conditions"].reverse()
    other = policy(redirect_pools_config=pools[::-1], rules=rules[::-1], redirect_pools_extend_config={"insert_headers_config": {"configs": edits[::-1]}})
    assert one == other
    assert one.to_json(with_rules=True) == other.to_json(with_rules=True)


def test_the_defaults_of_a_redirect_are_left_out():
    given = {"protocol": "HTTPS", "host": "${host}", "port": "443", "path": "${path}", "query": "${query}", "status_code": 301}
    form = HUAWEI.policy({"name": "r", "action": "REDIRECT_TO_URL", "redirect_url_config": given})
    assert form.fields == {"redirect_url_config": {"protocol": "HTTPS", "port": "443", "status_code": "301"}}
    cleared = HUAWEI.policy({"name": "r", "action": "REDIRECT_TO_URL", "redirect_url_config": {**given, "query": ""}})
    assert cleared != form


def test_the_defaults_of_a_fixed_response_are_left_out():
    given = {"status_code": "403", "content_type": "text/plain", "message_body": ""}
    form = HUAWEI.policy({"name": "f", "action": "FIXED_RESPONSE", "fixed_response_config": given})
    assert form.fields == {"fixed_response_config": {"status_code": "403"}}


def test_with_conditions_key_and_value_of_the_rule_are_ignored():
    plain = {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "conditions": [{"value": "a"}]}
    assert HUAWEI.rule(plain) == HUAWEI.rule({**plain, "value": "x", "key": "y", "invert": True, "id": "R"})
    assert HUAWEI.rule(plain).conditions == (Condition("", "a"),)


def test_a_cookie_rule_keeps_a_key_of_its_own_since_the_pages_are_silent():
    cookie = {"type": "COOKIE", "compare_type": "EQUAL_TO", "key": "c", "value": "v"}
    assert HUAWEI.rule(cookie).key == "c"
    assert HUAWEI.rule(cookie) != HUAWEI.rule({**cookie, "key": "d"})
    assert HUAWEI.rule({**cookie, "type": "PATH"}) == HUAWEI.rule({**cookie, "type": "PATH", "key": None})


def test_a_source_address_counts_as_its_network():
    def source(value):
        return HUAWEI.rule({"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "conditions": [{"key": "", "value": value}]})

    assert source("2049::49/64") == source("2049:0::/64")
    assert source("10.0.0.1/32") != source("10.0.0.1/31")


def test_host_names_keep_their_case():
    def host(value):
        return HUAWEI.rule({"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": value})

    assert host("A.example.com") != host("a.example.com")


RULE = {"direction": "ingress", "protocol": "tcp", "multiport": "443", "priority": 1}


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ({}, {"ethertype": "ipv4", "action": "allow", "enabled": True, "description": None, "remote_ip_prefix": None}),
        ({}, {"multiport": 443}), ({}, {"protocol": "6"}), ({}, {"protocol": "TCP"}), ({}, {"priority": "1"}),
        ({"multiport": "22,3389,30-100"}, {"multiport": "30-60,22,61-100,3389,40"}),
        ({"remote_ip_prefix": "10.1.2.3"}, {"remote_ip_prefix": "10.1.2.3/32"}),
        ({"remote_ip_prefix": "2001:DB8:0::1/64", "ethertype": "IPv6"}, {"remote_ip_prefix": "2001:db8::1/64", "ethertype": "ipv6"}),
        ({"protocol": None}, {"protocol": ""}),
    ],
)  # fmt: skip
def test_security_rules_in_other_words_are_equal(one, same):
    assert HUAWEI.security_rule({**RULE, **one}) == HUAWEI.security_rule({**RULE, **same})


@pytest.mark.parametrize(
    "other",
    [{"priority": 2}, {"action": "deny"}, {"multiport": None}, {"direction": "egress"}, {"protocol": "udp"},
     {"remote_group_id": "G"}, {"remote_address_group_id": "G"}, {"remote_ip_prefix": "10.0.0.0/8"}],
)  # fmt: skip
def test_hw_s03_every_field_but_the_description_and_the_switch_is_part_of_the_identity(other):
    one, two = HUAWEI.security_rule(RULE), HUAWEI.security_rule({**RULE, **other})
    assert HUAWEI.security_identity(one) != HUAWEI.security_identity(two)
    assert HUAWEI.security_traffic(one) != HUAWEI.security_traffic(two)
    described = HUAWEI.security_rule({**RULE, "description": "x"})
    assert HUAWEI.security_identity(one) == HUAWEI.security_identity(described)
    disabled = HUAWEI.security_rule({**RULE, "enabled": False})
    assert HUAWEI.security_identity(one) == HUAWEI.security_identity(disabled)
    assert HUAWEI.security_traffic(one) != HUAWEI.security_traffic(disabled)


def test_host_bits_and_slash_zero_are_part_of_the_identity_and_not_of_the_traffic():
    for one, two in (("10.1.2.3/8", "10.0.0.0/8"), ("0.0.0.0/0", None)):
        a, b = (HUAWEI.security_rule({**RULE, "remote_ip_prefix": p}) for p in (one, two))
        assert HUAWEI.security_identity(a) != HUAWEI.security_identity(b)
        assert HUAWEI.security_traffic(a) == HUAWEI.security_traffic(b)


# ------------------------------------------------------------------------------------------------ capabilities, states
def test_an_action_and_a_rule_type_cannot_be_updated():
    assert HUAWEI.can_update_policy(policy(), policy(redirect_pool_id="Q", description="x", name="n"))
    assert not HUAWEI.can_update_policy(policy(), HUAWEI.policy({**SHORT, "action": "FIXED_RESPONSE"}))
    value = HUAWEI.rule({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"})
    conditions = HUAWEI.rule({"type": "PATH", "compare_type": "EQUAL_TO", "conditions": [{"value": "/a"}]})
    assert HUAWEI.can_update_rule(value, HUAWEI.rule({"type": "PATH", "compare_type": "REGEX", "value": "b"}))
    assert not HUAWEI.can_update_rule(value, conditions)
    assert not HUAWEI.can_update_rule(value, HUAWEI.rule({"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "/a"}))


def state(*raws, advanced=True, **limits):
    facts = ListenerFacts("L", advanced_forwarding=advanced, load_balancer_kind="dedicated")
    policies = [(f"id{i}", HUAWEI.policy({**SHORT, **raw})) for i, raw in enumerate(raws)]
    return [(id_, code) for id_, code, what in HUAWEI.state_violations(policies, facts, Quotas(limits)) if what]


def paths(count, prefix="/"):
    return [{"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": "X", "value": f"{prefix}{i}"} for i in range(count)]}]


def test_a_state_that_the_api_refuses_is_named_with_its_rule():
    one, two = {"rules": paths(1, "a"), "priority": 1}, {"rules": paths(1, "b"), "priority": 2}
    assert state(one, two) == []
    assert state(one, {**two, "priority": 1}) == [("id1", "HW-R21")]
    assert state(one, {**two, "priority": 1}, advanced=False) == []
    assert state({**one, "priority": 0}) == [("id0", "HW-R23")]
    assert state(one, {**two, "rules": one["rules"]}) == [("id1", "HW-R79")]
    assert state({"rules": paths(10)}) == []
    assert state({"rules": paths(11)}) == [("id0", "HW-R61")]
    assert state({"rules": paths(4)}, condition_per_policy=3) == [("id0", "HW-R61")]
    host = {"type": "HOST_NAME", "compare_type": "EQUAL_TO"}
    assert state({"rules": [{**host, "value": "a"}, {**host, "value": "b"}]}) == [("id0", "HW-R62")]
    assert state({"action": "REDIRECT_TO_LISTENER", "rules": paths(1)}) == [("id0", "HW-R60")]
    pools = [{"pool_id": f"P{i}"} for i in range(6)]
    assert state({"redirect_pools_config": pools[:5]}) == []
    assert state({"redirect_pools_config": pools}) == [("id0", "HW-R13")]


def test_hw_r80_the_quota_of_policies_counts_where_it_is_known():
    assert state(one := {"rules": paths(1, "a")}, {"rules": paths(1, "b")}, l7policies_per_listener=1) == [("id1", "HW-R80")]
    assert state(one, l7policies_per_listener=-1) == []


def test_hw_s03_a_duplicate_in_a_state_of_a_group_is_named():
    rules = [(f"id{i}", HUAWEI.security_rule(r)) for i, r in enumerate((RULE, {**RULE, "protocol": "udp"}, {**RULE, "description": "x"}))]
    assert [(i, code) for i, code, _ in HUAWEI.group_state_violations(rules, Quotas())] == [("id2", "HW-S03")]


def test_a_redirect_to_a_listener_is_evaluated_before_all_others():
    facts = ListenerFacts("L", advanced_forwarding=True)
    redirect = HUAWEI.policy({"name": "r", "action": "REDIRECT_TO_LISTENER", "redirect_listener_id": "S", "priority": 9})
    assert HUAWEI.evaluation_class(redirect, facts) < HUAWEI.evaluation_class(policy(priority=1), facts)

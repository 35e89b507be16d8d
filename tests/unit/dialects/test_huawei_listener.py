"""Huawei: constraints between the policies of a listener, and those that need live facts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.dialects.build import ADVANCED, HOST, document, found, huawei, huawei_live, pool

from reconciler.dialects.huawei import HUAWEI
from reconciler.model.live import Named

P = ("spec", "policies")
PLAIN = replace(ADVANCED, advanced_forwarding=False)
TO_HTTPS = {"name": "https", "action": "REDIRECT_TO_LISTENER", "redirect_listener": "S"}
FIXED = {"name": "f", "action": "FIXED_RESPONSE", "fixed_response_config": {"status_code": "403"}, "rules": [HOST]}


def url(**config):
    return {"name": "u", "action": "REDIRECT_TO_URL", "redirect_url_config": {"status_code": "301", **config}, "rules": [HOST]}


def named(id_, protocol="HTTPS"):
    return Named("listener", id_, id_, ("LB",), protocol, 443)


# ------------------------------------------------------------------------------------------------ offline
def test_hw_r79_two_policies_with_the_same_rules_are_refused_whatever_their_order_and_spelling():
    source = {"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "conditions": [{"value": "10.1.0.0/8"}, {"value": "::/0"}]}
    again = {**source, "conditions": [{"key": "", "value": "::/0"}, {"key": "", "value": "10.0.0.0/8"}]}
    assert huawei(pool("a", rules=[HOST, source]), pool("b", rules=[again, HOST])) == [("HW-R79", (*P, 1, "rules"))]
    assert huawei(pool("a", rules=[HOST]), pool("b", rules=[HOST, source])) == []


def test_hw_r05_every_policy_that_a_redirect_to_a_listener_disables_is_warned_of():
    told = HUAWEI.check_listener(document([pool("a"), TO_HTTPS, pool("b")]))
    assert [(d.code, d.path, d.is_error) for d in told] == [
        ("HW-R05", (*P, 0, "name"), False),
        ("HW-R05", (*P, 2, "name"), False),
    ]


def test_hw_r21_two_equal_priorities_are_refused():
    assert huawei(pool("a", priority=5), pool("b", priority=5)) == [("HW-R21", (*P, 1, "priority"))]


@pytest.mark.parametrize(("number", "told"), [(0, ["HW-R23"]), (1, []), (10000, []), (10001, ["HW-R23"])])
def test_hw_r23_priorities_are_one_to_ten_thousand(number, told):
    assert [code for code, _ in huawei(pool("a", priority=number))] == told


def test_hw_r23_a_redirect_to_a_listener_may_have_priority_zero():
    assert huawei({**TO_HTTPS, "priority": 0}) == []


def test_pinned_numbers_are_all_or_none_and_rise_in_list_order():
    assert huawei(pool("a", priority=1), pool("b"), pool("c", priority=3)) == [("PIN-ALL", (*P, 1, "name"))]
    assert huawei(pool("a"), pool("b", priority=3), pool("c")) == [("PIN-ALL", (*P, 1, "priority"))]
    assert huawei(pool("a", priority=7), pool("b", priority=3), pool("c", priority=8)) == [
        ("PIN-ORDER", (*P, 1, "priority"))
    ]


def test_names_of_temporaries_are_reserved():
    assert huawei(pool("api.next-0a1b2c", rules=[HOST])) == [("NAME-RESERVED", (*P, 0, "name"))]
    assert huawei(pool("api.next-0a1b2", rules=[HOST]), pool("api.next-0a1b2g")) == []


def test_hw_r80_more_than_a_hundred_policies_are_warned_of():
    many = [pool(f"p{i}") for i in range(101)]
    assert huawei(*many[:100]) == []
    assert huawei(*many) == [("HW-R80", P)]


# ------------------------------------------------------------------------------------------------ live
def test_hw_r01_policies_of_several_actions_on_a_tcp_listener_are_told_once():
    assert huawei_live(replace(ADVANCED, protocol="TCP"), pool("a"), FIXED) == [("HW-R01", ("spec", "listener"))]


def test_hw_r03_a_pool_policy_needs_a_listener_that_reads_requests():
    assert huawei_live(replace(ADVANCED, protocol="UDP"), pool("a"), pool("b")) == [("HW-R03", (*P, 0, "action"))]
    for protocol in ("HTTP", "HTTPS", "TERMINATED_HTTPS"):
        assert huawei_live(replace(ADVANCED, protocol=protocol), pool("a")) == []


def test_hw_r04_only_an_http_listener_redirects_to_a_listener():
    facts = replace(ADVANCED, protocol="HTTPS", listeners={"S": named("S")})
    assert huawei_live(facts, TO_HTTPS) == [("HW-R04", (*P, 0, "action"))]


def test_hw_r07_the_target_is_an_https_listener_of_the_same_load_balancer():
    listeners = {"L": named("L", "HTTP"), "S": named("S"), "T": named("T", "TERMINATED_HTTPS")}
    facts = replace(ADVANCED, listeners=listeners)
    assert huawei_live(facts, TO_HTTPS) == []
    assert huawei_live(facts, {**TO_HTTPS, "redirect_listener": "T"}) == []
    for wrong in ("L", "elsewhere"):
        told = huawei_live(facts, {**TO_HTTPS, "redirect_listener": wrong})
        assert told == [("HW-R07", (*P, 0, "redirect_listener"))]


def test_hw_r12_the_default_pool_as_a_target_is_warned_of():
    facts = replace(ADVANCED, default_pool_id="pool-1")
    assert huawei_live(facts, pool("a")) == [("HW-R12", (*P, 0, "redirect_pool"))]
    assert huawei_live(replace(facts, default_pool_id="other"), pool("a")) == []


def test_hw_r13_a_pool_listed_by_name_and_by_id_is_found_once_names_are_ids():
    asked = document([pool("a", redirect_pool=None, redirect_pools_config=[{"pool": "x"}, {"pool_id": "X"}])])
    ids = HUAWEI.policy(
        {"name": "a", "action": "REDIRECT_TO_POOL", "redirect_pools_config": [{"pool_id": "X"}, {"pool_id": "X"}]}
    )
    assert found(HUAWEI.check_listener_live(asked, [ids], ADVANCED)) == [("HW-R13", (*P, 0, "redirect_pools_config"))]


@pytest.mark.parametrize(
    ("config", "loop"),
    [
        ({"protocol": "HTTP", "port": "80"}, True),
        ({"protocol": "HTTP"}, True),
        ({"port": "80"}, True),
        ({"protocol": "${protocol}", "port": "80", "query": "a=b"}, True),
        ({"protocol": "HTTPS"}, False),
        ({"port": "81"}, False),
        ({"protocol": "HTTP", "port": "80", "path": "/x"}, False),
        ({"protocol": "HTTP", "port": "80", "host": "b.example.com"}, False),
        ({"protocol": "HTTP", "port": "80", "path": "${path}", "host": "${host}"}, True),
    ],
)
def test_hw_r38_a_redirect_does_not_lead_back_to_its_own_listener(config, loop):
    expected = [("HW-R38", (*P, 0, "redirect_url_config"))] if loop else []
    assert huawei_live(ADVANCED, url(**config)) == expected


NEEDS_ADVANCED = [
    ("HW-R22", (*P, 0, "priority"), pool("a", priority=5)),
    ("HW-R30", (*P, 0, "action"), url(protocol="HTTPS")),
    ("HW-R40", (*P, 0, "action"), FIXED),
    ("HW-R13", (*P, 0, "redirect_pools_config"), pool("a", redirect_pool=None, redirect_pools_config=[{"pool": "x"}, {"pool": "y"}])),
    ("HW-R64", (*P, 0, "rules", 0, "type"), pool("a", rules=[{"type": "METHOD", "compare_type": "EQUAL_TO", "conditions": [{"value": "GET"}]}])),
    ("HW-R64", (*P, 0, "rules", 0, "value"), pool("a", rules=[{**HOST, "value": "*.example.com"}])),
    ("HW-R65", (*P, 0, "rules", 0, "conditions"), pool("a", rules=[{**HOST, "value": None, "conditions": [{"value": "a"}]}])),
]  # fmt: skip


@pytest.mark.parametrize("facts", [PLAIN, replace(ADVANCED, advanced_forwarding=None, load_balancer_kind="shared")])
@pytest.mark.parametrize(("code", "path", "policy"), NEEDS_ADVANCED)
def test_what_needs_advanced_forwarding_is_refused_without_it(code, path, policy, facts):
    assert huawei_live(facts, policy) == [(code, path)]
    assert huawei_live(ADVANCED, policy) == []


def test_hw_r28_a_list_order_that_the_cloud_does_not_follow_is_warned_of():
    def at(name, value, compare="STARTS_WITH", host=None):
        rules = [{"type": "PATH", "compare_type": compare, "value": value}]
        return pool(name, rules=rules + ([{**HOST, "value": host}] if host else []))

    short, long = at("short", "/a"), at("long", "/a/b")
    assert huawei_live(PLAIN, short, long) == [("HW-R28", (*P, 1, "name"))]
    assert huawei_live(PLAIN, long, short) == []
    assert huawei_live(PLAIN, at("re", "/a.*", "REGEX"), at("eq", "/a", "EQUAL_TO")) == [("HW-R28", (*P, 1, "name"))]
    assert huawei_live(PLAIN, at("x", "/a", host="x.com"), at("y", "/a/b", host="y.com")) == []
    assert huawei_live(PLAIN, at("any", "/a/b"), at("x", "/a", host="x.com")) == [("HW-R28", (*P, 1, "name"))]
    assert huawei_live(ADVANCED, short, long) == []


def test_hw_r28_the_worked_example_is_evaluated_in_the_documented_order():
    def at(name, value, compare, host="www.e.com"):
        rules = [{"type": "PATH", "compare_type": compare, "value": value}] if value else []
        rules += [{**HOST, "value": host}] if host else []
        return HUAWEI.policy({"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool_id": name, "rules": rules})

    policies = [
        at("f", "/t/1", "EQUAL_TO", None), at("e", None, ""), at("d", "/t/.*", "REGEX"), at("c", "/t/1", "STARTS_WITH"),
        at("b", "/t", "STARTS_WITH"), at("a", "/t/1", "EQUAL_TO"),
    ]  # fmt: skip
    names = "".join(p.name for p in sorted(policies, key=lambda p: HUAWEI.evaluation_key(p, PLAIN)))
    assert names == "acbedf"

"""Laws of the normal forms, whatever the input: idempotent, blind to order, identity never coarser than traffic."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI

words = st.sampled_from(["", "a", "B", "/a", "*.x.com", "10.1.2.3/8", "2001:DB8::1/64", "${host}", "${path}", "GET"])
maybe = st.one_of(st.none(), words)
weights = st.one_of(st.none(), st.integers(0, 100))
flags = st.one_of(st.none(), st.booleans())
numbers = st.one_of(st.none(), st.integers(0, 1500))


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any subset of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def lists(of: st.SearchStrategy[Any], longest: int = 3) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.lists(of, max_size=longest))


edits = st.one_of(st.none(), objects(configs=lists(objects(key=words, value_type=words, value=words))))
limits = st.one_of(st.none(), objects(qps=numbers, per_source_ip_qps=numbers, burst=numbers))
huawei_rules = objects(
    type=st.sampled_from(["HOST_NAME", "PATH", "METHOD", "HEADER", "SOURCE_IP", "COOKIE"]),
    compare_type=st.sampled_from(["EQUAL_TO", "REGEX"]), value=maybe, key=maybe, invert=flags, admin_state_up=flags,
    conditions=lists(objects(key=maybe, value=words)),
)  # fmt: skip
huawei_policies = objects(
    name=words, description=maybe, admin_state_up=flags, priority=numbers, redirect_pool_id=maybe, redirect_listener_id=maybe,
    action=st.sampled_from(["REDIRECT_TO_POOL", "REDIRECT_TO_LISTENER", "REDIRECT_TO_URL", "FIXED_RESPONSE", "NEW"]),
    redirect_pools_config=lists(st.fixed_dictionaries({"pool_id": words}, optional={"weight": weights})),
    redirect_pools_sticky_session_config=st.one_of(st.none(), objects(enable=flags, timeout=numbers)),
    redirect_pools_extend_config=st.one_of(st.none(), objects(
        rewrite_url_enable=flags, rewrite_url_config=st.one_of(st.none(), objects(host=maybe, path=maybe, query=maybe)),
        insert_headers_config=edits, remove_headers_config=edits, traffic_limit_config=limits,
        cors_config=st.one_of(st.none(), objects(allow_origin=lists(words), max_age=numbers, allow_credentials=flags)),
        traffic_mirror_config=st.one_of(st.none(), objects(target_ids=lists(words), mirror_request_body_enable=flags)),
    )),
    redirect_url_config=st.one_of(st.none(), objects(
        protocol=maybe, host=maybe, port=st.one_of(maybe, st.integers(1, 9)), path=maybe, query=maybe,
        status_code=st.sampled_from(["301", 301, None]), insert_headers_config=edits,
    )),
    fixed_response_config=st.one_of(st.none(), objects(
        status_code=st.sampled_from(["403", 403]), content_type=st.sampled_from([None, "text/plain", "text/css"]),
        message_body=maybe, traffic_limit_config=limits,
    )),
    rules=lists(huawei_rules),
)  # fmt: skip
gcore_rules = objects(
    type=st.sampled_from(["HOST_NAME", "PATH", "HEADER", "SSL_CONN_HAS_CERT", "NEW"]), compare_type=words, value=maybe,
    key=maybe, invert=flags, tags=lists(words),
)  # fmt: skip
gcore_policies = objects(
    name=words, action=st.sampled_from(["REDIRECT_TO_POOL", "REDIRECT_TO_URL", "REDIRECT_PREFIX", "REJECT", "NEW"]),
    position=numbers, redirect_url=maybe, redirect_prefix=maybe, redirect_pool_id=maybe,
    redirect_http_code=st.sampled_from([None, 301, 302]), tags=lists(words), rules=lists(gcore_rules),
)  # fmt: skip
prefixes = st.sampled_from([None, "", "10.1.2.3/8", "10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "::/0", "2001:DB8::1/64", "2001:db8::/64"])
security_rules = objects(
    direction=st.sampled_from(["ingress", "egress"]), ethertype=st.sampled_from([None, "IPv4", "ipv6", "IPv6"]),
    protocol=st.sampled_from([None, "", "any", "0", "6", "TCP", "tcp", "icmp", "icmpv6", "58", 6]), remote_ip_prefix=prefixes,
    port_range_min=st.sampled_from([None, 1, 80, "80"]), port_range_max=st.sampled_from([None, 80, 65535]),
    multiport=st.sampled_from([None, "", 80, "80", "22,80", "80,22", "22,20-30", "1-65535"]), remote_group_id=maybe,
    remote_address_group_id=maybe, action=st.sampled_from([None, "allow", "deny"]), enabled=flags,
    priority=st.sampled_from([None, 1, "1", 100]), description=maybe,
)  # fmt: skip
dialects = st.sampled_from([HUAWEI, GCORE])


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same value with every list and every mapping in another order."""
    if isinstance(value, dict):
        items = [(k, shuffled(v, chance)) for k, v in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        again = [shuffled(v, chance) for v in value]
        chance.shuffle(again)
        return again
    return value


def unique_pools(raw: dict[str, Any]) -> dict[str, Any]:
    """A pool listed twice with two weights has no meaning that an order could not change."""
    pools = raw.get("redirect_pools_config")
    return {**raw, "redirect_pools_config": list({p["pool_id"]: p for p in pools}.values())} if pools else raw


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.tuples(st.just(HUAWEI), huawei_policies), st.tuples(st.just(GCORE), gcore_policies)))
def test_a_policy_in_normal_form_is_its_own_normal_form(sample):
    dialect, raw = sample
    form = dialect.policy(raw)
    again = dialect.policy(form.to_json(with_rules=True, number_field=dialect.number_field))
    assert again == form
    assert again.number == form.number
    assert again.to_json(with_rules=True) == form.to_json(with_rules=True)


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.tuples(st.just(HUAWEI), huawei_policies), st.tuples(st.just(GCORE), gcore_policies)), st.randoms())
def test_no_order_inside_a_policy_has_a_meaning(sample, chance):
    dialect, raw = sample
    raw = unique_pools(raw)
    form, other = dialect.policy(raw), dialect.policy(shuffled(raw, chance))
    assert form == other
    assert form.to_json(with_rules=True) == other.to_json(with_rules=True)
    assert form.match_set == other.match_set


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.tuples(st.just(HUAWEI), huawei_policies), st.tuples(st.just(GCORE), gcore_policies)))
def test_a_policy_in_normal_form_holds_neither_null_nor_default(sample):
    dialect, raw = sample
    form = dialect.policy(raw)
    defaults = dialect.defaults("l7policy")
    for name, value in form.fields.items():
        assert value is not None
        assert value != defaults.get(name, object())
        assert value not in ({}, [])


@settings(max_examples=50, deadline=None)
@given(dialects, security_rules)
def test_a_security_rule_in_normal_form_is_its_own_normal_form(dialect, raw):
    form = dialect.security_rule(raw)
    assert dialect.security_rule(form.to_json()) == form


@settings(max_examples=50, deadline=None)
@given(dialects, st.lists(security_rules, max_size=12))
def test_rules_of_one_identity_have_one_traffic(dialect, raws):
    seen: dict[Any, Any] = {}
    for raw in raws:
        rule = dialect.security_rule(raw)
        traffic = dialect.security_traffic(rule)
        # a rule that is switched off lets nothing through, but is the same rule to the provider (HW-S03)
        assert seen.setdefault((dialect.security_identity(rule), rule.enabled), traffic) == traffic

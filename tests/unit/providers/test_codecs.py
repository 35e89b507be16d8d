"""Codecs: what a call does, read back from the call, is what the step wanted. Over both dialects' normal forms."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI
from reconciler.model.calls import Call
from reconciler.model.canonical import from_step, position
from reconciler.providers.gcore.codec import GcoreDecoder, GcoreEncoder
from reconciler.providers.huawei.codec import HuaweiDecoder, HuaweiEncoder

PROJECT = "0123456789abcdef0123456789abcdef"
HW = (HUAWEI, HuaweiEncoder(HUAWEI, lambda: PROJECT), HuaweiDecoder(lambda: PROJECT))
GC = (GCORE, GcoreEncoder(GCORE, 1, 2), GcoreDecoder(1, 2))
MANY = settings(max_examples=50, deadline=None)


def optional(fields):
    return st.fixed_dictionaries({}, optional=fields)


WORD = st.text("abc/*${}", min_size=1, max_size=5)
IDS = st.sampled_from(["p1", "p2", "p3"])
HEADERS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("xyz"), "value_type": st.just("USER_DEFINED"), "value": WORD}),
    max_size=2,
).map(lambda configs: {"configs": configs})
REMOVED = st.lists(st.fixed_dictionaries({"key": st.sampled_from("xyz")}), max_size=2).map(lambda c: {"configs": c})
LIMIT = optional({"qps": st.integers(0, 9), "per_source_ip_qps": st.integers(0, 9), "burst": st.integers(0, 9)})
HW_TARGETS = {
    "REDIRECT_TO_POOL": st.one_of(
        st.fixed_dictionaries({"redirect_pool_id": IDS}),
        st.fixed_dictionaries({"redirect_pools_config": st.lists(
            st.fixed_dictionaries({"pool_id": IDS, "weight": st.integers(0, 2)}), min_size=1, max_size=3)}),
    ).flatmap(lambda pools: optional({
        "redirect_pools_sticky_session_config": optional({"enable": st.booleans(), "timeout": st.integers(1, 1440)}),
        "redirect_pools_extend_config": optional({
            "rewrite_url_enable": st.booleans(),
            "rewrite_url_config": optional({"host": WORD, "path": WORD, "query": st.one_of(st.just(""), WORD)}),
            "insert_headers_config": HEADERS, "remove_headers_config": REMOVED, "traffic_limit_config": LIMIT,
        }),
    }).map(lambda rest: {**pools, **rest})),
    "REDIRECT_TO_LISTENER": st.fixed_dictionaries({"redirect_listener_id": IDS}),
    "REDIRECT_TO_URL": st.fixed_dictionaries({"redirect_url_config": st.fixed_dictionaries(
        {"status_code": st.sampled_from(["301", "302"])},
        optional={"protocol": st.sampled_from(["HTTP", "${protocol}"]), "host": WORD, "port": WORD, "path": WORD,
                  "query": st.one_of(st.just(""), WORD), "insert_headers_config": HEADERS,
                  "remove_headers_config": REMOVED})}),
    "FIXED_RESPONSE": st.fixed_dictionaries({"fixed_response_config": st.fixed_dictionaries(
        {"status_code": st.sampled_from(["200", "404"])},
        optional={"content_type": st.sampled_from(["text/plain", "text/css"]), "message_body": st.text(max_size=4),
                  "insert_headers_config": HEADERS, "traffic_limit_config": LIMIT})}),
}  # fmt: skip
HW_RULE = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["PATH", "HOST_NAME"]), "compare_type": st.just("EQUAL_TO"), "value": WORD}),
    st.fixed_dictionaries({"type": st.sampled_from(["HEADER", "METHOD"]), "compare_type": st.just("EQUAL_TO"),
                           "conditions": st.lists(optional({"key": st.sampled_from(["", "k"])}).flatmap(
                               lambda c: WORD.map(lambda v: {**c, "value": v})), min_size=1, max_size=3)}),
)  # fmt: skip
HW_COMMON = {
    "name": WORD, "description": st.text("ab", max_size=2), "priority": st.integers(1, 10000),
    "admin_state_up": st.booleans(), "rules": st.lists(HW_RULE, max_size=3),
}  # fmt: skip


def hw_policy(action):
    return st.tuples(st.fixed_dictionaries(HW_COMMON), HW_TARGETS[action]).map(
        lambda parts: HUAWEI.policy({"action": action, **parts[0], **parts[1]})
    )


HW_PAIRS = st.sampled_from(sorted(HW_TARGETS)).flatmap(lambda a: st.tuples(hw_policy(a), hw_policy(a)))

GC_TARGETS = {
    "REDIRECT_TO_POOL": st.fixed_dictionaries({"redirect_pool_id": IDS}),
    "REDIRECT_TO_URL": st.fixed_dictionaries(
        {"redirect_url": WORD}, optional={"redirect_http_code": st.sampled_from([301, 302, 307])}
    ),
    "REDIRECT_PREFIX": st.fixed_dictionaries(
        {"redirect_prefix": WORD}, optional={"redirect_http_code": st.sampled_from([301, 302, 307])}
    ),
    "REJECT": st.just({}),
}
GC_POLICY = st.sampled_from(sorted(GC_TARGETS)).flatmap(
    lambda action: st.tuples(optional({"tags": st.lists(WORD, max_size=2)}), WORD, GC_TARGETS[action]).map(
        lambda parts: GCORE.policy({"action": action, "name": parts[1], **parts[0], **parts[2]})
    )
)
GC_RULE = st.fixed_dictionaries(
    {"type": st.sampled_from(["PATH", "HOST_NAME", "HEADER"]), "compare_type": st.sampled_from(["EQUAL_TO", "REGEX"]),
     "value": WORD},
    optional={"key": WORD, "invert": st.booleans(), "tags": st.lists(WORD, max_size=2)},
).map(GCORE.rule)  # fmt: skip


def shown(policy, dialect):
    return policy.to_json(with_rules=dialect.rules_inline, number_field=dialect.number_field)


def applied(before, effect, dialect, parent):
    """The object after the call, by the call alone: partial updates keep what they do not name."""
    raw = {**before, **effect.values}
    if "redirect_pools_config" in effect.values:
        raw.pop("redirect_pool_id", None)
    if effect.rules is not None:
        raw["rules"] = list(effect.rules)
    if effect.number is not None:
        raw[dialect.number_field] = effect.number
    return raw


def no_nulls(value):
    if isinstance(value, dict):
        return all(no_nulls(item) for item in value.values())
    return value is not None and (not isinstance(value, list) or all(no_nulls(item) for item in value))


def same(made, wanted):
    return made == wanted and made.number == wanted.number


@MANY
@given(HW_PAIRS)
def test_a_huawei_policy_call_does_what_the_step_wants(pair):
    dialect, encoder, decoder = HW
    before, after = pair
    call = encoder.encode("create", "l7policy", None, "L1", None, shown(after, dialect))
    effect = decoder.effect(call)
    assert (effect.op, effect.parent_id) == ("create", "L1")
    assert no_nulls(call.body)
    assert same(dialect.policy(applied({}, effect, dialect, "L1")), after)
    if shown(before, dialect) == shown(after, dialect):
        return
    old = shown(before, dialect)
    call = encoder.encode("update", "l7policy", "id1", "L1", old, shown(after, dialect))
    effect = decoder.effect(call)
    assert (effect.op, effect.object_id) == ("update", "id1")
    assert no_nulls(call.body)
    assert same(dialect.policy(applied(old, effect, dialect, "L1")), after)
    if before.rules == after.rules:
        assert "rules" not in call.body["l7policy"]
    json.dumps(call.to_json())


@MANY
@given(GC_POLICY, GC_POLICY)
def test_a_gcore_policy_call_does_what_the_step_wants(before, after):
    dialect, encoder, decoder = GC
    number = position("a", None, 2)
    for op, old in (("create", None), ("update", shown(before, dialect))):
        new = {**shown(after, dialect), "position": number}
        call = encoder.encode(op, "l7policy", None if old is None else "id1", "L1", old, new)
        effect = decoder.effect(call)
        assert effect.number == number
        assert no_nulls({k: v for k, v in call.body.items() if k != "position"})
        assert call.body["action"] == after.action
        base = {k: v for k, v in (old or {}).items() if not k.startswith("redirect_") or k in effect.values}
        assert replace(dialect.policy({**base, **effect.values}), number=None) == replace(after, number=None)
    assert "position" not in encoder.encode("update", "l7policy", "id1", "L1", old, shown(after, dialect)).body


@MANY
@given(GC_RULE, GC_RULE)
def test_a_gcore_rule_call_does_what_the_step_wants(before, after):
    dialect, encoder, decoder = GC
    call = encoder.encode("create", "l7rule", None, "P1", None, after.to_json())
    assert decoder.effect(call).parent_id == "P1"
    assert dialect.rule(decoder.effect(call).values) == after
    assume(before.key is None or after.key is not None)
    call = encoder.encode("update", "l7rule", "R1", "P1", before.to_json(), after.to_json())
    effect = decoder.effect(call)
    assert (call.method, effect.object_id) == ("PUT", "R1")
    assert {"type", "compare_type", "value", "invert", "tags"} <= set(call.body)
    assert dialect.rule({**before.to_json(), **effect.values}) == after


@MANY
@given(HW_RULE.map(HUAWEI.rule), HW_RULE.map(HUAWEI.rule))
def test_a_huawei_rule_call_changes_what_it_can_and_refuses_the_rest(before, after):
    dialect, encoder, decoder = HW
    call = encoder.encode("create", "l7rule", None, "P1", None, after.to_json())
    assert dialect.rule(decoder.effect(call).values) == after
    assert all("key" in condition for condition in call.body["rule"].get("conditions", []))
    if before == after:
        return
    possible = before.type == after.type and bool(before.conditions) == bool(after.conditions)
    if not possible:
        with pytest.raises(ValueError, match="cannot"):
            encoder.encode("update", "l7rule", "R1", "P1", before.to_json(), after.to_json())
        return
    call = encoder.encode("update", "l7rule", "R1", "P1", before.to_json(), after.to_json())
    assert dialect.rule({**before.to_json(), **decoder.effect(call).values}) == after


SECURITY = st.fixed_dictionaries(
    {"direction": st.sampled_from(["ingress", "egress"])},
    optional={"ethertype": st.sampled_from(["IPv4", "IPv6"]), "description": st.text("ab", max_size=3),
              "protocol": st.sampled_from(["tcp", "udp"]), "remote_ip_prefix": st.sampled_from(["10.0.0.0/8", "::/0"])},
)  # fmt: skip


@MANY
@given(SECURITY, st.integers(1, 100), st.sampled_from(["allow", "deny"]), st.sampled_from([None, "22", "22,80-90"]))
def test_a_security_group_rule_call_does_what_the_step_wants(raw, priority, action, ports):
    for (dialect, encoder, decoder), extra in ((HW, {"priority": priority, "action": action, "multiport": ports}), (GC, {})):
        after = dialect.security_rule({**raw, **extra})
        call = encoder.encode("create", "security_group_rule", None, "G1", None, after.to_json())
        effect = decoder.effect(call)
        assert (effect.parent_id, effect.rules, effect.number) == ("G1", None, None)
        assert no_nulls(call.body)
        assert "ethertype" in effect.values
        assert dialect.security_rule(effect.values) == after
        with pytest.raises(ValueError, match="cannot be changed"):
            encoder.encode("update", "security_group_rule", "R1", "G1", after.to_json(), after.to_json())


def test_huawei_security_group_rules_tell_action_and_priority():
    after = HUAWEI.security_rule({"direction": "ingress", "priority": 7}).to_json()
    body = HW[1].encode("create", "security_group_rule", None, "G1", None, after).body["security_group_rule"]
    assert (body["action"], body["priority"], body["ethertype"]) == ("allow", 7, "IPv4")


@pytest.mark.parametrize("codec", [HW, GC], ids=["huawei", "gcore"])
@pytest.mark.parametrize("kind", ["l7policy", "l7rule", "security_group_rule"])
def test_a_deletion_names_its_object(codec, kind):
    _, encoder, decoder = codec
    call = encoder.encode("delete", kind, "X1", "P1", {"name": "x", "action": "REJECT"}, None)
    effect = decoder.effect(call)
    assert (effect.op, effect.kind, effect.object_id, call.body) == ("delete", kind, "X1", None)


def test_ids_of_other_steps_stay_objects():
    for _, encoder, decoder in (HW, GC):
        rule = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x"}
        effect = decoder.effect(encoder.encode("create", "l7rule", None, from_step("s3"), None, rule))
        assert effect.parent_id == from_step("s3")


def test_what_the_api_cannot_do_is_refused():
    _, encoder, _ = HW
    with pytest.raises(ValueError, match="action"):
        encoder.encode("update", "l7policy", "x", "L", {"action": "FIXED_RESPONSE"}, {"action": "REDIRECT_TO_POOL"})
    with pytest.raises(ValueError, match="nothing differs"):
        encoder.encode("update", "l7policy", "x", "L", {"action": "A", "name": "n"}, {"action": "A", "name": "n"})
    with pytest.raises(ValueError, match="lose its pool"):
        encoder.encode("update", "l7policy", "x", "L", {"action": "A", "redirect_pool_id": "p"}, {"action": "A"})
    with pytest.raises(ValueError, match="lose its key"):
        GC[1].encode("update", "l7rule", "x", "P", {"type": "HEADER", "key": "k"}, {"type": "PATH", "value": "/"})
    for bad in ({}, "", None, 5, {"$from": 1, "x": 2}):
        with pytest.raises(ValueError, match="no id"):
            encoder.encode("delete", "l7policy", bad, None, {}, None)


@pytest.mark.parametrize(
    ("codec", "call"),
    [
        (HW, Call("elb", "DELETE", ("v3", PROJECT, "elb", "loadbalancers", "x"))),
        (HW, Call("elb", "DELETE", ("v3", "f" * 32, "elb", "l7policies", "x"))),
        (HW, Call("vpc", "DELETE", ("v3", PROJECT, "elb", "l7policies", "x"))),
        (HW, Call("elb", "DELETE", ("v3", PROJECT, "elb", "l7policies"))),
        (HW, Call("elb", "POST", ("v3", PROJECT, "elb", "l7policies", "batch-update-priority"), {"l7policies": []})),
        (HW, Call("elb", "PUT", ("v3", PROJECT, "elb", "l7policies", "rules"), {"l7policy": {}})),
        (HW, Call("elb", "POST", ("v3", PROJECT, "elb", "l7policies"), {"l7policy": {}, "x": 1})),
        (HW, Call("vpc", "DELETE", ("v3", PROJECT, "vpc", "security-groups", "x"))),
        (HW, Call("vpc", "PUT", ("v3", PROJECT, "vpc", "security-group-rules", "x"), {"security_group_rule": {}})),
        (GC, Call("cloud", "DELETE", ("cloud", "v1", "loadbalancers", 1, 2, "x"))),
        (GC, Call("cloud", "DELETE", ("cloud", "v1", "l7policies", 1, 3, "x"))),
        (GC, Call("cloud", "PUT", ("cloud", "v1", "l7policies", 1, 2, "x"), {})),
        (GC, Call("cloud", "PATCH", ("cloud", "v2", "security_groups", 1, 2, "x"), {"rules": []})),
        (GC, Call("cloud", "DELETE", ("cloud", "v1", "securitygroups", 1, 2, "x"))),
        (GC, Call("cloud", "POST", ("cloud", "v1", "l7policies", 1, 2), None)),
    ],
    ids=lambda value: f"{value.method} {value.path}" if isinstance(value, Call) else "",
)
def test_other_endpoints_cannot_be_read_as_steps(codec, call):
    with pytest.raises(ValueError, match="not a call to"):
        codec[2].effect(call)

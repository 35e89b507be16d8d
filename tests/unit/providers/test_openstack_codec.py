"""OpenStack's codec: what a call does, read back from the call, is what the step wanted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dialects.openstack import OPENSTACK
from reconciler.model.calls import Call
from reconciler.model.canonical import from_step, position
from reconciler.providers.openstack.codec import OpenStackDecoder, OpenStackEncoder

ENCODER, DECODER = OpenStackEncoder(OPENSTACK), OpenStackDecoder()
WORD = st.text("abc/*${}", min_size=1, max_size=5)
TAGS = st.lists(st.sampled_from("abc"), max_size=2)
TARGETS = st.sampled_from([
    {"action": "REJECT"}, {"action": "REDIRECT_TO_POOL", "redirect_pool_id": "p1"}, {"action": "REDIRECT_TO_POOL", "redirect_pool_id": "p2"},
    {"action": "REDIRECT_TO_URL", "redirect_url": "https://a/"}, {"action": "REDIRECT_PREFIX", "redirect_prefix": "https://b", "redirect_http_code": 308},
    {"action": "REDIRECT_TO_URL", "redirect_url": "https://c/", "redirect_http_code": 301},
])  # fmt: skip
POLICIES = st.builds(
    lambda name, target, more: {"name": name, **target, **more},
    WORD, TARGETS,
    st.fixed_dictionaries({}, optional={"description": WORD, "admin_state_up": st.booleans(), "tags": TAGS}),
)  # fmt: skip
RULES = st.builds(
    lambda base, more: {**base, **more},
    st.one_of(
        st.fixed_dictionaries({"type": st.just("PATH"), "compare_type": st.just("REGEX"), "value": WORD}),
        st.fixed_dictionaries({"type": st.just("HEADER"), "compare_type": st.just("EQUAL_TO"), "value": WORD, "key": WORD}),
    ),
    st.fixed_dictionaries({}, optional={"invert": st.booleans(), "admin_state_up": st.booleans(), "tags": TAGS}),
)
MANY = settings(max_examples=50, deadline=None)


def as_json(policy):
    return OPENSTACK.policy(policy).to_json(with_rules=False)


def merged(before, effect):
    return OPENSTACK.policy({**before, **effect.values})


@MANY
@given(POLICIES, POLICIES)
def test_an_update_read_back_makes_the_wanted_policy_and_always_names_action_and_target(before, after):
    old, new = as_json(before), as_json(after)
    call = ENCODER.encode("update", "l7policy", "I", "L", old, new)
    effect = DECODER.effect(call)
    assert (call.method, effect.op, effect.object_id, effect.number) == ("PUT", "update", "I", None)
    assert merged(old, effect) == OPENSTACK.policy(new)
    body = call.body["l7policy"]
    assert body["action"] == new["action"]
    assert None not in body.values()
    assert ("redirect_http_code" in body) == (new["action"] in ("REDIRECT_TO_URL", "REDIRECT_PREFIX"))


@MANY
@given(POLICIES)
def test_a_creation_read_back_is_the_wanted_policy_with_its_listener_and_state(policy):
    wanted = {**as_json(policy), "position": 3}
    effect = DECODER.effect(ENCODER.encode("create", "l7policy", None, "L", None, wanted))
    assert (effect.op, effect.parent_id, effect.number, effect.rules) == ("create", "L", 3, None)
    assert OPENSTACK.policy(effect.values) == OPENSTACK.policy(wanted)
    assert isinstance(effect.values["admin_state_up"], bool)


@MANY
@given(RULES, RULES)
def test_a_rule_is_always_sent_whole_with_invert_and_state(before, after):
    old, new = OPENSTACK.rule(before).to_json(), OPENSTACK.rule(after).to_json()
    for op, object_id in (("create", None), ("update", "R")):
        call = ENCODER.encode(op, "l7rule", object_id, "P", old if op == "update" else None, new)
        effect = DECODER.effect(call)
        assert (effect.op, effect.object_id, effect.parent_id) == (op, object_id, "P")
        assert OPENSTACK.rule(effect.values) == OPENSTACK.rule(after)
        assert {type(effect.values["invert"]), type(effect.values["admin_state_up"])} == {bool}


def test_a_security_rule_is_created_and_deleted_and_never_changed():
    wanted = OPENSTACK.security_rule({"direction": "ingress", "protocol": "tcp", "remote_ip_prefix": "10.1.2.3"}).to_json()
    call = ENCODER.encode("create", "security_group_rule", None, "G", None, wanted)
    assert call.to_json() == {"service": "network", "method": "POST", "path": ["v2.0", "security-group-rules"], "body": {
        "security_group_rule": {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "remote_ip_prefix": "10.1.2.3/32",
                                "security_group_id": "G"}}}  # fmt: skip
    effect = DECODER.effect(call)
    assert (effect.parent_id, OPENSTACK.security_rule(effect.values)) == ("G", OPENSTACK.security_rule(wanted))
    gone = DECODER.effect(ENCODER.encode("delete", "security_group_rule", "R", "G", wanted, None))
    assert (gone.op, gone.object_id) == ("delete", "R")
    with pytest.raises(ValueError, match="cannot be changed"):
        ENCODER.encode("update", "security_group_rule", "R", "G", wanted, wanted)


def test_ids_and_places_that_are_not_known_yet_are_carried_as_they_are():
    where = position("a", None, 2)
    body = {"name": "n", "action": "REJECT", "position": where}
    effect = DECODER.effect(ENCODER.encode("move", "l7policy", from_step("s1"), "L", {**body, "position": None}, body))
    assert (effect.object_id, effect.number) == (from_step("s1"), where)
    call = ENCODER.encode("create", "l7rule", None, from_step("s1"), None, {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"})
    assert DECODER.effect(call).parent_id == from_step("s1")


def test_a_target_is_never_left_out():
    with pytest.raises(ValueError, match="needs redirect_pool_id"):
        ENCODER.encode("update", "l7policy", "I", "L", {}, {"name": "n", "action": "REDIRECT_TO_POOL"})


@pytest.mark.parametrize(
    "call",
    [
        Call("load-balancer", "DELETE", ("v2", "lbaas", "loadbalancers", "x")),
        Call("load-balancer", "POST", ("v2", "lbaas", "l7policies"), {"l7policy": {"name": "without listener"}}),
        Call("load-balancer", "PUT", ("v2", "lbaas", "l7policies", "x"), {"l7policy": {"listener_id": "moved"}}),
        Call("load-balancer", "PUT", ("v2", "lbaas", "l7policies", "x"), {"l7policy": {}, "more": {}}),
        Call("load-balancer", "PATCH", ("v2", "lbaas", "l7policies", "x"), {"l7policy": {}}),
        Call("load-balancer", "DELETE", ("v2", "lbaas", "l7policies", "x", "members", "y")),
        Call("network", "DELETE", ("v2.0", "security-groups", "x")),
        Call("network", "POST", ("v2.0", "security-group-rules"), {"security_group_rules": []}),
        Call("elb", "DELETE", ("v2", "lbaas", "l7policies", "x")),
    ],
)
def test_calls_to_anything_else_cannot_be_read(call):
    with pytest.raises(ValueError, match="not a call"):
        DECODER.effect(call)

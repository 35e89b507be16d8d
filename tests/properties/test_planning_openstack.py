"""Laws of planning on Octavia: disabled policies and rules, evaluation classes, clones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.oracle_planning import Cloud, P, inputs, make, run, scope_input, unsafe

from reconciler.model.live import ListenerFacts
from reconciler.planning import plan

SCOPE = "listener/shop"
TARGETS = ["p1", "p2", "url:z", "reject"]


def ops(made):
    return [(s.op, s.kind.removeprefix("l7"), s.role) for s in made.steps]


def apply(live, wanted, unlisted="delete"):
    scope = scope_input("openstack", live, wanted, unlisted=unlisted)
    made = plan(inputs(scope))
    assert not [d for d in made.diagnostics if d.is_error], made.diagnostics
    cloud = Cloud.of("openstack", live)
    for cloud in run("openstack", live, made.to_json()):  # noqa: B007
        pass
    return scope, made, cloud


@st.composite
def listeners(draw, *, one_changes=False):
    """(live, wanted): each policy enabled or not, its rules enabled or not, of any class."""
    names = "abcd"
    shapes = [(), ("1",), ("1", "2"), ("2", "/3"), ("!1",), ("!1", "2"), ("!1", "!2"), ("/3", "1", "2")]

    def some(source, number):
        return [
            P(n, draw(st.sampled_from(shapes)), draw(st.sampled_from(TARGETS)), i + 1 if number else None,
              enabled=draw(st.sampled_from([True, True, False])))
            for i, n in enumerate(source)
        ]  # fmt: skip

    live = some(draw(st.permutations(names))[: draw(st.integers(0, 4))], True)
    if not one_changes:
        return live, some(draw(st.permutations(names))[: draw(st.integers(0, 4))], False)
    wanted = [replace(p, number=None) for p in live]
    if wanted:
        at = draw(st.integers(0, len(wanted) - 1))
        wanted[at] = replace(some(wanted[at].name, False)[0], name=wanted[at].name)
    return live, wanted


@settings(max_examples=50, deadline=None)
@given(listeners(), st.sampled_from(["keep", "delete"]))
def test_applying_a_plan_ends_in_the_desired_state_and_the_second_plan_is_empty(case, unlisted):
    live, wanted = case
    scope, _, cloud = apply(live, wanted, unlisted)
    final = {raw["name"]: raw for _, raw in cloud.shorthand()}
    for policy in scope.wanted:
        assert scope.dialect.policy(final[policy.name]) == policy
    again = plan(inputs(replace(scope, live=replace(scope.live, policies=cloud.lives()))))
    assert again.empty, [(s.op, s.address) for s in again.steps]


@settings(max_examples=50, deadline=None)
@given(listeners(one_changes=True))
def test_every_request_gets_its_old_or_its_new_target_when_one_policy_changes_or_the_plan_says_so(case):
    live, wanted = case
    _, made, _ = apply(live, wanted)
    if "PLAN-CHANGED-SETS" not in [d.code for d in made.diagnostics]:
        assert unsafe("openstack", live, made.to_json()) == []


@settings(max_examples=50, deadline=None)
@given(listeners())
def test_creating_and_deleting_any_policies_is_safe_at_every_prefix(case):
    live, wanted = case
    old = {p.name: p for p in live}
    wanted = [replace(old[p.name], number=None) if p.name in old else p for p in wanted]
    _, made, _ = apply(live, wanted)
    assert unsafe("openstack", live, made.to_json()) == []


def test_a_policy_with_two_rules_is_created_disabled_and_enabled_last():
    made = make("openstack", [], [P("n", ("/p", "h"), "pool")])
    assert ops(made) == [("create", "policy", "none"), ("create", "rule", "none"), ("create", "rule", "none"), ("update", "policy", "arm")]
    assert [s.call.body["l7policy"]["admin_state_up"] for s in made.steps if s.kind == "l7policy"] == [False, True]


def test_a_policy_with_one_rule_takes_two_calls():
    assert ops(make("openstack", [], [P("n", ("h",), "pool")])) == [("create", "policy", "none"), ("create", "rule", "none")]


def test_a_policy_that_is_wanted_disabled_is_created_so_and_never_enabled():
    made = make("openstack", [], [P("n", ("/p", "h"), "pool", enabled=False)])
    assert ops(made) == [("create", "policy", "none"), ("create", "rule", "none"), ("create", "rule", "none")]


def test_an_unfinished_policy_gets_only_the_rules_that_it_lacks_before_it_is_enabled():
    live = [P("n", ("h",), "pool", 1, enabled=False)]
    made = make("openstack", live, [P("n", ("/p", "h", "i"), "pool")])
    assert ops(made) == [("create", "rule", "none"), ("create", "rule", "none"), ("update", "policy", "arm")]


def test_a_policy_without_rules_is_disabled_while_it_gets_several():
    live = [P("n", (), "pool", 1)]
    assert ops(make("openstack", live, [P("n", ("h",), "pool")])) == [("create", "rule", "none")]
    made = make("openstack", live, [P("n", ("h", "i"), "pool")])
    assert ops(made) == [("update", "policy", "guard"), ("create", "rule", "none"), ("create", "rule", "none"), ("update", "policy", "arm")]


def test_a_policy_that_loses_all_of_its_rules_never_matches_more():
    live = [P("n", ("h", "i"), "pool", 1)]
    made = make("openstack", live, [P("n", (), "pool")])
    assert [s.op for s in made.steps] == ["update", "delete", "delete", "update"]
    assert unsafe("openstack", live, made.to_json()) == []


def test_order_between_classes_costs_no_move_on_amphora_and_counts_elsewhere():
    live = [P("pool", ("a",), "p1", 1), P("deny", ("b",), "reject", 2)]
    wanted = [replace(p, number=None) for p in reversed(live)]
    assert make("openstack", live, wanted).empty
    other = ListenerFacts("L", "shop", "HTTP", 80, load_balancer_id="lb", load_balancer_provider="vendor")
    assert [s.op for s in make("openstack", live, wanted, facts=other).steps] == ["move"]


def test_order_inside_a_class_is_restored_with_fewest_moves():
    live = [P(n, (n,), f"p-{n}", i + 1) for i, n in enumerate("abc")]
    live.insert(1, P("deny", ("d",), "reject", 9))
    made = make("openstack", live, [replace(p, number=None) for p in (live[1], live[2], live[3], live[0])])
    assert [(s.op, s.address) for s in made.steps] == [("move", f"{SCOPE}/policy/a")]
    call = made.steps[0].call.body["l7policy"]
    assert set(call) == {"action", "redirect_pool_id", "position"}


def test_an_action_changes_in_one_call_with_its_target():
    live = [P("n", ("h",), "pool", 1)]
    made = make("openstack", live, [P("n", ("h",), "url:new")])
    assert len(made.steps) == 1
    body = made.steps[0].call.body["l7policy"]
    assert {k: body[k] for k in ("action", "redirect_url", "redirect_http_code")} == {
        "action": "REDIRECT_TO_URL", "redirect_url": "https://new/", "redirect_http_code": 302,
    }  # fmt: skip


@pytest.mark.parametrize("changed", range(1, 8))
def test_several_changed_rules_take_the_cheaper_of_in_place_and_clone(changed):
    atoms = tuple(f"{n}" for n in range(changed))
    live = [P("n", atoms, "pool", 1), P("under", ("0",), "q", 2)]
    made = make("openstack", live, [P("n", tuple(f"{a}x" for a in atoms), "pool"), P("under", ("0",), "q")])
    assert len(made.steps) == min(2 * changed - 1, changed + 4)
    assert unsafe("openstack", live, made.to_json()) == []


def test_a_policy_in_error_is_healed_with_the_same_values():
    live = [P("n", ("h",), "pool", 1, status="ERROR")]
    made = make("openstack", live, [P("n", ("h",), "pool")])
    assert ops(made) == [("update", "policy", "heal")]
    assert made.steps[0].call.body == {"l7policy": {"action": "REDIRECT_TO_POOL", "redirect_pool_id": "pool"}}


def test_a_key_that_goes_is_sent_as_null_in_one_call():
    scope = scope_input("openstack", [P("n", ("h",), "pool", 1)], [P("n", ("/p",), "pool")])
    made = plan(inputs(scope))
    (step,) = made.steps
    assert step.call.body["rule"] == {
        "type": "PATH", "compare_type": "STARTS_WITH", "value": "/p", "key": None, "invert": False, "admin_state_up": True, "tags": [],
    }  # fmt: skip

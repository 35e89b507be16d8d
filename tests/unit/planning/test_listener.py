"""What the planner promises about one listener."""

from __future__ import annotations

from dataclasses import replace

import pytest
from properties.oracle_planning import P, inputs, make, rule, run, scope_input, unsafe

from reconciler.model.desired import Ignore
from reconciler.model.live import ListenerFacts, Quotas
from reconciler.planning import Options, plan

SCOPE = "listener/shop"


def ops(plan_):
    return [(s.op, s.kind, s.address.removeprefix(SCOPE + "/policy/"), s.role) for s in plan_.steps]


def names(plan_):
    return [(s.op, s.address.rpartition("/")[2]) for s in plan_.steps]


def abc(*numbers):
    return [P(n, (n,), f"pool-{n}", numbers[i] if numbers else None) for i, n in enumerate("abc"[: len(numbers) or 3])]


def wanted(*order):
    return [P(n, (n,), f"pool-{n}") for n in order]


def test_an_unchanged_listener_has_an_empty_plan():
    for provider in ("huawei", "gcore"):
        made = make(provider, abc(100, 200, 300), wanted(*"abc"))
        assert made.empty
        assert made.summary.calls == 0


def test_e10_reversing_three_takes_two_moves_and_never_puts_the_middle_one_first():
    live = abc(1, 2, 3)
    made = make("gcore", live, wanted(*"cba"))
    assert [s.op for s in made.steps] == ["move", "move"]
    firsts = [cloud.shorthand()[0][1]["name"] for cloud in run("gcore", live, made.to_json())]
    assert "b" not in firsts
    assert unsafe("gcore", live, made.to_json()) == []


def test_e10_a_rotation_of_four_takes_one_move():
    live = [P(n, (n,), n, i + 1) for i, n in enumerate("abcd")]
    made = make("gcore", live, [P(n, (n,), n) for n in "bcda"])
    assert names(made) == [("move", "a")]
    position = made.steps[0].after["position"]["$position"]
    assert position == {"after": f"{SCOPE}/policy/d", "before": None, "expected": 4}
    assert made.steps[0].before["position"] is None


def test_e11_gcore_creates_behind_a_guard_and_arms_last():
    made = make("gcore", [], [P("n", ("/p", "h"), "pool")])
    assert ops(made) == [
        ("create", "l7policy", "n", "none"),
        ("create", "l7rule", "n/rule/PATH", "guard"),
        ("create", "l7rule", "n/rule/HEADER:X-h", "none"),
        ("update", "l7rule", "n/rule/PATH", "arm"),
    ]
    assert made.steps[3].object_id == {"$from": {"step": "s2", "field": "id"}}
    assert made.steps[3].parent_id == {"$from": {"step": "s1", "field": "id"}}
    assert made.summary.create == 1


def test_gcore_creates_a_policy_with_one_rule_in_two_calls():
    assert len(make("gcore", [], [P("n", ("h",), "pool")]).steps) == 2


def test_huawei_creates_a_policy_in_one_call_and_new_lists_get_hundreds():
    made = make("huawei", [], [P(n, (n, n + "2"), "pool") for n in "abc"])
    assert [s.after["priority"] for s in made.steps] == [100, 200, 300]


def test_e12_an_insert_without_a_free_number_moves_one_neighbour():
    made = make("huawei", abc(10, 11, 12), [*wanted("a"), P("x", ("x",), "px"), *wanted("b", "c")])
    assert [(s.op, s.address.rpartition("/")[2], s.after["priority"]) for s in made.steps] == [
        ("move", "a", 5),
        ("create", "x", 8),
    ]


def test_an_insert_gets_the_middle_of_the_free_range_rounded_down():
    made = make("huawei", abc(10, 21), [*wanted("a"), P("x", ("x",), "px"), *wanted("b")])
    assert made.steps[0].after["priority"] == 15


def test_e12_swapping_sparse_numbers_takes_one_call():
    made = make("huawei", abc(100, 200, 300), wanted("b", "a", "c"))
    assert len(made.steps) == 1
    assert made.steps[0].after["priority"] in (250, 50)


def test_e12_a_pinned_swap_of_1_and_2_below_3_takes_five_calls():
    pins = {"b": 1, "a": 2, "c": 3}
    want = [replace(p, number=pins[p.name]) for p in wanted("b", "a", "c")]
    made = make("huawei", abc(1, 2, 3), want, pins=pins)
    assert len(made.steps) == 5
    assert unsafe("huawei", abc(1, 2, 3), made.to_json()) == []


def test_a_pinned_number_of_an_unlisted_policy_is_refused():
    want = [P("x", ("x",), "p", 100)]
    made = make("huawei", abc(100), want, pins={"x": 100}, unlisted="keep")
    assert [d.code for d in made.diagnostics if d.is_error] == ["PLAN-NUMBERS-TAKEN"]
    assert made.empty
    assert made.blocked[0].kind == "diagnostic"


def test_a_pinned_position_beyond_the_list_is_refused():
    made = make("gcore", abc(1, 2), [P("a", ("a",), "pool-a", 7)], pins={"a": 7}, unlisted="keep")
    assert [d.code for d in made.diagnostics if d.is_error] == ["PLAN-PIN-POSITION"]


def test_content_and_number_of_a_huawei_policy_change_in_one_put():
    made = make("huawei", abc(100, 200), [P("b", ("b",), "pool-b"), P("a", ("a",), "other")])
    assert names(made) == [("update", "a")]
    body = made.steps[0].call.body["l7policy"]
    assert body["redirect_pool_id"] == "other"
    assert body["priority"] > 200


def test_a_single_changed_rule_of_a_huawei_policy_keeps_its_id():
    live = [P("a", ("/x", "h"), "p", 100)]
    made = make("huawei", live, [P("a", ("/y", "h"), "p")])
    assert [(s.op, s.kind, s.object_id) for s in made.steps] == [("update", "l7rule", "a-r1")]


def test_two_changed_rules_of_a_huawei_policy_are_one_put_with_all_rules():
    made = make("huawei", [P("a", ("/x", "h"), "p", 100)], [P("a", ("/y", "i"), "p")])
    assert [(s.op, s.kind) for s in made.steps] == [("update", "l7policy")]
    assert len(made.steps[0].call.body["l7policy"]["rules"]) == 2


def test_an_action_change_on_huawei_is_a_declared_gap_that_keeps_the_number():
    live = abc(100, 200)
    made = make("huawei", live, [P("a", ("a",), "url:x"), *wanted("b")])
    assert [s.op for s in made.steps] == ["delete", "create"]
    assert made.steps[1].after["priority"] == 100
    gap = made.gaps[0]
    assert (gap.object, gap.opened_by, gap.closed_by) == (f"{SCOPE}/policy/a", "s1", "s2")
    assert gap.falls_to == (f"{SCOPE}/policy/b", "default")
    assert made.steps[0].gap == gap.object
    assert [b.code for b in made.blocked] == ["GUARD-GAP"]
    assert made.summary.update == 1
    allowed = make("huawei", live, [P("a", ("a",), "url:x"), *wanted("b")],
                   options=Options("2026-11-22", frozenset({f"gap={SCOPE}/policy/a"})))  # fmt: skip
    assert not allowed.blocked


def test_an_action_change_on_gcore_is_one_patch():
    made = make("gcore", abc(1, 2), [P("a", ("a",), "url:x"), *wanted("b")])
    assert names(made) == [("update", "a")]
    assert not made.gaps


def test_a_new_policy_with_the_rules_of_a_deleted_one_waits_for_it_in_a_declared_gap():
    live = [P("old", ("/x", "h"), "p", 100)]
    made = make("huawei", live, [P("new", ("/x", "h"), "url:q")])
    assert names(made) == [("delete", "old"), ("create", "new")]
    assert made.gaps[0].object == f"{SCOPE}/policy/old"
    for _ in run("huawei", live, made.to_json()):
        pass


def test_exchanged_rules_are_a_declared_gap_on_huawei():
    live = [P("a", ("/x",), "pa", 100), P("b", ("/y",), "pb", 200)]
    made = make("huawei", live, [P("a", ("/y",), "pa"), P("b", ("/x",), "pb")])
    for _ in run("huawei", live, made.to_json()):
        pass
    assert len(made.gaps) == 1
    assert len(made.steps) == 3
    assert "PLAN-CHANGED-SETS" in [d.code for d in made.diagnostics]


def test_equal_rules_and_action_under_another_name_are_a_rename_in_place():
    for provider in ("huawei", "gcore"):
        made = make(provider, abc(100), [P("z", ("a",), "pool-a")])
        assert names(made) == [("update", "z")]
        assert [c.field for c in made.steps[0].changed] == ["name"]


def test_renamed_from_matches_only_while_nobody_has_the_new_name():
    made = make("gcore", abc(1), [P("z", ("y",), "pool-a")], renamed={"z": "a"})
    assert {s.op for s in made.steps} == {"update"}
    both = make("gcore", [*abc(1), P("z", ("y",), "pool-a", 2)], [P("z", ("y",), "pool-a")], renamed={"z": "a"})
    assert names(both) == [("delete", "a")]


def test_several_live_policies_of_one_name_are_never_guessed():
    live = [P("a", ("x",), "p", 1, "id1"), P("a", ("y",), "p", 2, "id2")]
    made = make("gcore", live, [P("a", ("z",), "p")])
    assert [d.code for d in made.diagnostics if d.is_error] == ["PLAN-AMBIGUOUS"]
    settled = make("gcore", live, [P("a", ("y",), "p")], unlisted="keep")
    assert settled.empty
    assert settled.unlisted[0].address == f"{SCOPE}/policy/@id1"


def test_unlisted_policies_are_kept_named_and_never_written():
    live = [P("u", ("u",), "p", 50), *abc(100, 200)]
    made = make("huawei", live, wanted("b", "a"), unlisted="keep")
    assert all("policy/u" not in s.address for s in made.steps)
    assert made.unlisted[0].related == (f"{SCOPE}/policy/b", f"{SCOPE}/policy/a")
    assert "PLAN-UNLISTED-FIRST" in [d.code for d in made.diagnostics]


def test_unlisted_refuse_blocks_the_scope_and_names_them():
    made = make("gcore", abc(1, 2), wanted("a"), unlisted="refuse")
    assert made.empty
    assert made.blocked[0].code == "GUARD-UNLISTED"
    assert f"{SCOPE}/policy/b" in made.blocked[0].reason


def test_emptying_a_listener_and_many_deletions_need_their_guards():
    made = make("gcore", abc(1, 2), [], options=Options("2026-11-22", max_deletes=1))
    assert {b.code for b in made.blocked} == {"GUARD-EMPTY", "GUARD-DELETES"}


def test_protected_policies_are_not_deleted_without_being_named():
    made = make("gcore", abc(1, 2), wanted("a"), protect=("b*",))
    assert [b.code for b in made.blocked] == ["GUARD-PROTECTED"]


def test_ignored_fields_are_copied_from_live_until_their_day():
    live = [P("a", ("a",), "pool-live", 1)]
    entry = Ignore("a", ("redirect_pool_id",), "tuned by hand", "2026-11-22")
    made = make("gcore", live, wanted("a"), ignore=(entry,))
    assert made.empty
    assert [c.field for c in made.ignored[0].changed] == ["redirect_pool_id"]
    late = make("gcore", live, wanted("a"), ignore=(entry,), options=Options("2026-11-23"))
    assert len(late.steps) == 1


def test_a_wholly_ignored_policy_keeps_its_place_and_is_not_created():
    made = make("gcore", abc(1, 2), [*wanted("b"), P("a", ("q",), "q"), P("x", ("x",), "x")],
                ignore=(Ignore("a"), Ignore("x")))  # fmt: skip
    assert made.empty
    assert [n.address for n in made.ignored] == [f"{SCOPE}/policy/a"]


def test_a_policy_in_error_is_healed_once():
    broken = [P("a", ("a",), "pool-a", 100, status="ERROR")]
    assert [(s.op, s.role) for s in make("huawei", broken, wanted("a")).steps] == [
        ("delete", "heal"),
        ("create", "heal"),
    ]
    assert [(s.op, s.role) for s in make("gcore", broken, wanted("a")).steps] == [("update", "heal")]


def test_an_unarmed_gcore_policy_is_finished_with_the_guard_first():
    made = make("gcore", [P("a", (), "p", 1)], [P("a", ("/x", "h"), "p")])
    assert [s.role for s in made.steps] == ["guard", "none", "arm"]


def test_a_keyed_rule_that_becomes_unkeyed_on_gcore_is_a_clone():
    live = [P("a", ("h",), "p", 1)]
    made = make("gcore", live, [P("a", ("/x",), "p")])
    assert [(s.op, s.kind, s.role) for s in made.steps] == [
        ("create", "l7policy", "clone"),
        ("create", "l7rule", "none"),
        ("delete", "l7policy", "clone"),
        ("update", "l7policy", "clone"),
    ]
    assert made.summary.update == 1
    assert made.summary.delete == 0
    assert unsafe("gcore", live, made.to_json()) == []


def test_a_finished_clone_of_a_dead_run_is_adopted_and_another_one_is_deleted():
    want = [P("a", ("/x",), "p")]
    fresh = make("gcore", [P("a", ("h",), "p", 1)], want)
    clone = fresh.steps[0].after["name"]
    live = [P(clone, ("/x",), "p", 1, "c"), P("a", ("h",), "p", 2)]
    made = make("gcore", live, want, unlisted="keep")
    assert [(s.op, s.object_id) for s in made.steps] == [("delete", "id-a"), ("update", "c")]
    other = make("gcore", [P("a.next-012345", ("/z",), "p", 1, "c"), P("a", ("/x",), "p", 2)], want, unlisted="keep")
    assert [(s.op, s.object_id) for s in other.steps] == [("delete", "c")]


def test_two_changed_rules_on_gcore_narrow_cross_over_and_widen():
    live = [P("a", ("/x", "h", "i"), "p", 1)]
    made = make("gcore", live, [P("a", ("/y", "h", "j"), "p")])
    assert [s.op for s in made.steps] == ["create", "update", "delete"]
    assert unsafe("gcore", live, made.to_json()) == []


def test_every_step_names_the_one_before_and_its_preconditions_once():
    made = make("gcore", abc(1, 2), [P("n", ("/p", "h"), "pool"), *wanted("b", "a")])
    ids = [s.id for s in made.steps]
    assert [s.needs for s in made.steps] == [(), *((i,) for i in ids[:-1])]
    first = made.steps[0]
    assert (first.preconditions[0].object_id, first.preconditions[0].fingerprint) == (None, None)
    assert all(not s.preconditions for s in made.steps[1:4])
    assert any(p.object_id == "id-a" for p in first.preconditions)


def test_a_state_that_breaks_a_constraint_of_the_provider_blocks_the_scope():
    live = [P("u", ("/x",), "p", 100)]
    made = make("huawei", live, [P("a", ("/x",), "url:z")], unlisted="keep")
    assert "HW-R79" in [d.code for d in made.diagnostics if d.is_error]
    assert made.empty


def test_a_quota_without_room_for_the_peak_is_told_with_the_number_of_slots():
    quotas = {"prod": Quotas({"l7policy": 3}, {"l7policy": 3})}
    made = make("huawei", abc(100), wanted("a", "b", "c"), quotas=quotas)
    assert [d.summary for d in made.diagnostics if d.is_error] == [
        "the quota 'l7policy' needs 2 more slots during the change"
    ]


def test_a_listener_without_advanced_forwarding_has_no_numbers_and_no_moves():
    facts = ListenerFacts("L", "shop", "HTTP", 80, False, "lb", "dedicated", "ACTIVE")
    live = [P("a", ("/a",), "pa"), P("b", ("/bb",), "pb")]
    made = make("huawei", live, [P("b", ("/bb",), "pb"), P("a", ("/a",), "pa"), P("c", ("/c",), "pc")], facts=facts)
    assert names(made) == [("create", "c")]
    assert "priority" not in made.steps[0].after


def test_a_redirect_to_listener_is_created_first_without_a_number():
    facts = ListenerFacts("L", "shop", "HTTP", 80, True, "lb", "dedicated", "ACTIVE")
    scope = scope_input("huawei", abc(100), [*wanted("a"), P("r", (), "listener")], facts=facts)
    scope = replace(scope, dialect=_Lenient())
    made = plan(inputs(scope))
    assert names(made) == [("create", "r")]
    assert "priority" not in made.steps[0].after


class _Lenient:
    """Huawei without checks of live facts (the redirect's target does not exist here)."""

    def __getattr__(self, name):
        from reconciler.dialects.huawei import HUAWEI

        return getattr(HUAWEI, name)

    def check_listener_live(self, *_):
        return iter(())


def test_equal_input_gives_equal_bytes():
    first = make("gcore", abc(1, 2, 3), wanted(*"cab")).to_json()
    assert make("gcore", abc(1, 2, 3), wanted(*"cab")).to_json() == first


@pytest.mark.parametrize("provider", ["huawei", "gcore"])
def test_rules_are_a_set(provider):
    live = [P("a", ("/x", "h"), "p", 1)]
    assert make(provider, live, [P("a", ("h", "/x"), "p")]).empty
    assert rule(provider, "h")["type"] == "HEADER"


def test_pinned_positions_are_the_index_among_all_policies_afterwards():
    live = [P("u", ("u",), "p", 1), *[replace(p, number=p.number + 1) for p in abc(1, 2)]]
    want = [P("b", ("b",), "pool-b", 1), P("a", ("a",), "pool-a", 3)]
    made = make("gcore", live, want, pins={"b": 1, "a": 3}, unlisted="keep")
    assert names(made) == [("move", "b")]
    for cloud in run("gcore", live, made.to_json()):
        last = [raw["name"] for _, raw in cloud.shorthand()]
    assert last == ["b", "u", "a"]


def test_one_changed_match_set_among_new_policies_waits_for_a_safe_turn_or_is_told():
    live = abc(1, 2)
    want = [P("n", ("n",), "pn"), P("a", ("a", "a2"), "pool-a"), P("b", ("b",), "pool-b")]
    made = make("gcore", live, want)
    assert unsafe("gcore", live, made.to_json()) == []
    assert "PLAN-CHANGED-SETS" not in [d.code for d in made.diagnostics]


def test_seven_pinned_policies_are_reached_from_any_one_number_and_even_reversed():
    names = "abcdefg"
    pins = {n: (i + 1) * 100 for i, n in enumerate(names)}
    listed = [P(n, (n,), "p" + n) for n in names]
    for live, calls in (
        ([P("c", ("c",), "pc", 50)], 7),
        ([P("c", ("c",), "pc", 500)], 7),
        ([P("u", ("u",), "pu", 50)], 8),
        ([P(n, (n,), "p" + n, (7 - i) * 100) for i, n in enumerate(names)], 9),
    ):
        made = make("huawei", live, listed, pins=pins)
        assert [d for d in made.diagnostics if d.is_error] == []
        assert len(made.steps) == calls
        assert unsafe("huawei", live, made.to_json()) == []

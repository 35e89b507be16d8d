"""Laws of planning, on random listeners of both providers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.oracle_planning import Cloud, P, inputs, make, run, scope_input, unsafe

from reconciler.planning import plan
from reconciler.planning.order import heaviest_increasing, strongly_safe

PROVIDERS = ("huawei", "gcore")
NAMES = "abcde"


@st.composite
def cases(draw, *, changed_sets=False, targets=True):
    """(provider, live, wanted, unlisted): creates, deletes, moves, target changes; changed match sets if asked for."""
    provider = draw(st.sampled_from(PROVIDERS))
    live_names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    wanted_names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    top = draw(st.sampled_from([len(live_names) + 1, 12, 1000]))
    numbers = sorted(
        draw(st.lists(st.integers(1, top), unique=True, min_size=len(live_names), max_size=len(live_names)))
    )
    shape = {n: draw(st.sampled_from([(n,), (n, "/" + n)])) for n in NAMES}
    live = [P(n, shape[n], draw(st.sampled_from(["p1", "p2"])), numbers[i]) for i, n in enumerate(live_names)]
    old = {p.name: p for p in live}
    wanted = []
    for n in wanted_names:
        atoms = shape[n]
        if changed_sets and n in old:
            atoms = draw(st.sampled_from([atoms, (n + "2",), (n, "/" + n), (n, n + "2", n + "3"), ("/" + n + "2",)]))
        target = draw(st.sampled_from(["p1", "p2", "url:z"])) if targets or n not in old else old[n].target
        wanted.append(P(n, atoms, target))
    return provider, live, wanted, draw(st.sampled_from(["keep", "delete"]))


def apply(provider, live, wanted, unlisted):
    scope = scope_input(provider, live, wanted, unlisted=unlisted)
    made = plan(inputs(scope))
    assert not [d for d in made.diagnostics if d.is_error], made.diagnostics
    cloud = Cloud.of(provider, live)
    for cloud in run(provider, live, made.to_json()):  # noqa: B007
        pass
    return scope, made, cloud


@settings(max_examples=50, deadline=None)
@given(cases(changed_sets=True))
def test_applying_a_plan_ends_in_the_desired_state_and_the_second_plan_is_empty(case):
    provider, live, wanted, unlisted = case
    scope, _, cloud = apply(provider, live, wanted, unlisted)
    names = {p.name for p in wanted}
    final = {raw["name"]: raw for _, raw in cloud.shorthand()}
    assert [n for n in final if n in names] == [p.name for p in wanted]
    assert set(final) == names | ({p.name for p in live} if unlisted == "keep" else set())
    for policy in scope.wanted:
        assert scope.dialect.policy(final[policy.name]) == policy
    again = plan(inputs(replace(scope, live=replace(scope.live, policies=cloud.lives()))))
    assert again.empty


@settings(max_examples=50, deadline=None)
@given(cases())
def test_every_request_gets_its_old_or_its_new_target_at_every_prefix(case):
    provider, live, wanted, unlisted = case
    _, made, _ = apply(provider, live, wanted, unlisted)
    assert unsafe(provider, live, made.to_json()) == []


@settings(max_examples=50, deadline=None)
@given(cases(changed_sets=True))
def test_changed_match_sets_are_safe_in_some_order_or_the_plan_says_that_none_is(case):
    provider, live, wanted, unlisted = case
    _, made, _ = apply(provider, live, wanted, unlisted)
    if "PLAN-CHANGED-SETS" not in [d.code for d in made.diagnostics]:
        assert unsafe(provider, live, made.to_json()) == []


@st.composite
def changes(draw, most):
    """Overlapping policies of which at most ``most`` change their rules, perhaps with their targets and places."""
    provider = draw(st.sampled_from(PROVIDERS))
    sets = draw(st.permutations(OVERLAPPING))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5))
    top = draw(st.sampled_from([len(names), 30, 1000]))
    numbers = sorted(draw(st.lists(st.integers(1, top), unique=True, min_size=len(names), max_size=len(names))))
    pools = st.sampled_from(["p", "q", "r"])
    live = [P(n, sets[i], draw(pools), numbers[i]) for i, n in enumerate(names)]
    kept = draw(st.lists(st.sampled_from(live), unique=True, max_size=5))
    fresh = iter(sets[len(names) :])
    wanted = []
    for n, p in enumerate(kept):
        atoms = next(fresh) if n < most else p.atoms
        wanted.append(replace(p, atoms=atoms, target=draw(pools) if draw(st.booleans()) else p.target, number=None))
    for n in draw(st.lists(st.sampled_from(["new1", "new2"]), unique=True)):
        wanted.append(P(n, next(fresh), draw(pools)))
    return provider, live, draw(st.permutations(wanted)), draw(st.sampled_from(["keep", "delete"]))


OVERLAPPING = [("/a",), ("/a/b",), ("/c",), ("h",), ("/a", "h"), ("/a/b", "h"), ("/c", "h"), ("i",), ("/a", "i"),
               ("h", "i"), ("/a", "h", "i"), ("/c", "i")]  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(changes(1))
def test_one_changed_match_set_is_always_safe_whatever_else_changes(case):
    provider, live, wanted, unlisted = case
    _, made, _ = apply(provider, live, wanted, unlisted)
    assert {d.code for d in made.diagnostics} <= HARMLESS
    assert made.gaps == ()
    assert unsafe(provider, live, made.to_json()) == []


@settings(max_examples=50, deadline=None)
@given(changes(2))
def test_two_changed_match_sets_are_always_safe_whatever_else_changes(case):
    provider, live, wanted, unlisted = case
    _, made, _ = apply(provider, live, wanted, unlisted)
    assert {d.code for d in made.diagnostics} <= HARMLESS
    assert unsafe(provider, live, made.to_json()) == []


HARMLESS = {"PLAN-UNLISTED-FIRST", "PLAN-NUMBERS-TIGHT", "GC-LISTENER-PROTOCOL"}


@settings(max_examples=50, deadline=None)
@given(changes(1), st.data())
def test_one_policy_that_changes_alone_on_huawei_is_one_call(case, data):
    _, live, wanted, _ = case
    one = data.draw(st.sampled_from(live))
    atoms = data.draw(st.sampled_from([s for s in OVERLAPPING if s not in [p.atoms for p in live]]))
    wanted = [replace(p, atoms=atoms, target="s", number=None) if p is one else replace(p, number=None) for p in live]
    assert [s.op for s in make("huawei", live, wanted).steps] == ["update"]
    on_gcore = make("gcore", live, wanted)
    assert unsafe("gcore", live, on_gcore.to_json()) == []


@settings(max_examples=50, deadline=None)
@given(cases(changed_sets=True))
def test_unlisted_policies_are_never_written(case):
    provider, live, wanted, _ = case
    _, _, cloud = apply(provider, live, wanted, "keep")
    unlisted = {p.id or f"id-{p.name}" for p in live} - {f"id-{p.name}" for p in wanted}
    assert not cloud.written & unlisted


@settings(max_examples=50, deadline=None)
@given(cases(targets=False))
def test_the_number_of_calls_is_the_lower_bound_where_numbers_do_not_bind(case):
    provider, live, wanted, _ = case
    live = [replace(p, number=(i + 1) * 100) for i, p in enumerate(live)]
    _, made, _ = apply(provider, live, wanted, "delete")
    place = {p.name: i for i, p in enumerate(wanted)}
    kept = [place[p.name] for p in live if p.name in place]
    moves = len(kept) - len(heaviest_increasing(kept, [1] * len(kept)))
    new = [p for p in wanted if p.name not in {q.name for q in live}]
    gone = [p for p in live if p.name not in place]
    cost = {"huawei": lambda p: 1, "gcore": lambda p: 1 + (1 if len(p.atoms) == 1 else 1 + len(p.atoms))}[provider]
    assert len(made.steps) == sum(cost(p) for p in new) + len(gone) + moves


@settings(max_examples=25, deadline=None)
@given(cases(changed_sets=True))
def test_equal_input_gives_equal_bytes(case):
    provider, live, wanted, unlisted = case
    first, second = (make(provider, live, wanted, unlisted=unlisted).to_json() for _ in range(2))
    assert first == second


@st.composite
def pinned(draw):
    top = draw(st.sampled_from([6, 9, 40]))
    live_names = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=3))
    wanted_names = draw(st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=3))

    def some(count):
        return sorted(draw(st.lists(st.integers(1, top), unique=True, min_size=count, max_size=count)))

    live = [P(n, (n,), "p" + n, k) for n, k in zip(live_names, some(len(live_names)), strict=True)]
    wanted = [P(n, (n,), draw(st.sampled_from(["p" + n, "q"])), k)
              for n, k in zip(wanted_names, some(len(wanted_names)), strict=True)]  # fmt: skip
    return live, wanted


@settings(max_examples=30, deadline=None)
@given(pinned())
def test_pinned_priorities_are_reached_safely_or_refused_with_a_reason(case):
    live, wanted = case
    pins = {p.name: p.number for p in wanted}
    made = make("huawei", live, wanted, pins=pins)
    errors = {d.code for d in made.diagnostics if d.is_error}
    if errors:
        assert errors == {"PLAN-NO-SAFE-ORDER"}
        assert made.empty
        return
    assert unsafe("huawei", live, made.to_json()) == []
    cloud = Cloud.of("huawei", live)
    for cloud in run("huawei", live, made.to_json()):  # noqa: B007
        pass
    assert {raw["name"]: raw["priority"] for _, raw in cloud.shorthand()} == pins


@st.composite
def contents_under_pins(draw):
    """Pins as they are live; one or two policies differ, perhaps one goes and one comes on a free number."""
    sets = draw(st.permutations(OVERLAPPING))
    count, step, pools = draw(st.integers(2, 5)), draw(st.sampled_from([1, 100])), st.sampled_from(["p", "q", "r"])
    live = [P(n, sets[i], draw(pools), (i + 1) * step) for i, n in enumerate(NAMES[:count])]
    wanted = dict(enumerate(live))
    for i in draw(st.lists(st.sampled_from(range(count)), unique=True, min_size=1, max_size=2)):
        atoms = sets[count + i] if draw(st.booleans()) else live[i].atoms
        wanted[i] = replace(live[i], atoms=atoms, target=draw(pools))
    if draw(st.booleans()):
        wanted.pop(draw(st.sampled_from(range(count))))
        wanted[count] = P("new", sets[-1], draw(pools), count * step + draw(st.sampled_from([1, 900])))
    return live, list(wanted.values())


@settings(max_examples=50, deadline=None)
@given(contents_under_pins())
def test_contents_that_change_under_pinned_priorities_are_never_refused(case):
    live, wanted = case
    made = make("huawei", live, wanted, pins={p.name: p.number for p in wanted}, unlisted="delete")
    assert {d.code for d in made.diagnostics} <= {"PLAN-CHANGED-SETS"}
    if not made.diagnostics:
        assert unsafe("huawei", live, made.to_json()) == []
    changed = [p for p in wanted if p not in live]
    assert len(made.steps) >= len(changed) + len({p.name for p in live} - {p.name for p in wanted})
    cloud = Cloud.of("huawei", live)
    for cloud in run("huawei", live, made.to_json()):  # noqa: B007
        pass
    dialect = scope_input("huawei", [], []).dialect
    final = {raw["name"]: (raw["priority"], dialect.policy(dict(raw, priority=None))) for _, raw in cloud.shorthand()}
    want = scope_input("huawei", live, wanted).wanted
    assert final == {w.name: (p.number, w) for p, w in zip(wanted, want, strict=True)}


@pytest.mark.parametrize("changes", [{"target": "q"}, {"atoms": ("new", "h")}])
def test_two_contents_change_in_a_call_each_under_pins_among_rules_too_many_to_look_at(changes):
    live = [P(f"n{i}", (f"h{i}",), "p", (i + 1) * 100) for i in range(14)]
    wanted = [replace(p, **changes) if i == 1 else replace(p, target="r") if i == 2 else p for i, p in enumerate(live)]
    made = make("huawei", live, wanted, pins={p.name: p.number for p in wanted})
    assert [s.op for s in made.steps] == ["update", "update"]
    assert [d.code for d in made.diagnostics] == (["PLAN-CHANGED-SETS"] if "atoms" in changes else [])


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_permutation_is_reached_with_fewest_moves_and_safely(provider, n):
    live = [P(x, (x,), "p" + x, (i + 1) * 100) for i, x in enumerate(NAMES[:n])]
    for order in itertools.permutations(live):
        made = make(provider, live, [replace(p, number=None) for p in order])
        place = [order.index(p) for p in live]
        assert len(made.steps) == n - len(heaviest_increasing(place, [1] * n))
        assert unsafe(provider, live, made.to_json()) == []


def test_the_permutations_of_five_are_safe_by_the_lemma():
    live = [P(x, (x,), "p" + x, i + 1) for i, x in enumerate(NAMES)]
    keys = {p.name: i for i, p in enumerate(live)}
    for order in itertools.permutations(live):
        made = make("gcore", live, [replace(p, number=None) for p in order])
        before, after = list(range(5)), [keys[p.name] for p in order]
        for cloud in run("gcore", live, made.to_json()):
            assert strongly_safe([keys[raw["name"]] for _, raw in cloud.shorthand()], before, after)


SETS = [("/x",), ("/y",), ("h",), ("/x", "h"), ("h", "i"), ("/y", "i", "j"), ("k",), ("j", "k"), ("/z", "k")]


@st.composite
def exchanges(draw):
    """Rules change hands: policies take over each other's match sets, some are in ERROR, some never armed."""
    provider = draw(st.sampled_from(PROVIDERS))
    live_names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    wanted_names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    live_sets = draw(st.permutations(SETS))
    wanted_sets = draw(st.permutations(SETS))
    status = st.sampled_from(["ACTIVE"] * 5 + ["ERROR"])
    live = []
    for i, n in enumerate(live_names):
        atoms = live_sets[i] if provider == "huawei" or draw(st.integers(0, 9)) else ()
        live.append(P(n, atoms, draw(st.sampled_from(["p", "q"])), (i + 1) * 100, "", draw(status)))
    targets = st.sampled_from(["p", "q", "url:z"])
    wanted = [P(n, wanted_sets[i], draw(targets)) for i, n in enumerate(wanted_names)]
    return provider, live, wanted


@settings(max_examples=50, deadline=None)
@given(exchanges())
def test_rules_that_change_hands_are_safe_or_a_declared_gap_or_told(case):
    provider, live, wanted = case
    _, made, cloud = apply(provider, live, wanted, "delete")
    names = [raw["name"] for _, raw in cloud.shorthand()]
    assert names == [p.name for p in wanted]
    told = {"PLAN-CHANGED-SETS", "PLAN-NUMBERS-TIGHT"} & {d.code for d in made.diagnostics}
    if not told and all(p.status == "ACTIVE" for p in live):
        assert unsafe(provider, live, made.to_json()) == []

"""What a run does with answers, lost answers, locks, changes, and stops."""

import asyncio
import dataclasses

import fakes
import pytest
from fakes import GCORE, HUAWEI, Clock, Cloud, lost, lost_before, plan, pre, refused, step, terms

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.execution.run import run
from reconciler.execution.stop import Stop
from reconciler.model.calls import Immutable, NotFound, QuotaExceeded, Settled, Unreachable
from reconciler.model.canonical import from_step, position
from reconciler.planning.document import Gap

SHOP = "listener/shop"
PATH = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/a"}
HOST = {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "h.example.com"}
GUARD = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "reconciler-guard"}


def raw(name, number=None, pool="pool-1", rules=(PATH,)):
    out = {"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool_id": pool, "rules": list(rules)}
    return out if number is None else {**out, "priority": number}


def huawei():
    cloud = Cloud(HUAWEI)
    live = cloud.add("ls-1", raw("old", 100))
    before = live.policy.to_json(with_rules=True, number_field="priority")
    steps = (
        step(1, "create", "l7policy", f"{SHOP}/policy/new", parent_id="ls-1", scope=SHOP,
             after=HUAWEI.policy(raw("new", 50)).to_json(with_rules=True, number_field="priority")),
        step(2, "update", "l7policy", f"{SHOP}/policy/old", object_id=live.id, parent_id="ls-1", scope=SHOP,
             before=before, after={**before, "redirect_pool_id": "pool-2"},
             preconditions=(pre(f"{SHOP}/policy/old", live, HUAWEI),)),
    )  # fmt: skip
    return cloud, plan(*steps, ids={SHOP: "ls-1"}), live


def go(the_plan, cloud, the_terms=None, **more):
    return asyncio.run(run(the_plan, {"fake": cloud}, the_terms or terms(), **more))


def statuses(execution):
    return {i: r.status for i, r in execution.results.items()}


def names(cloud):
    return [(p.policy.name, p.policy.number, p.policy.fields.get("redirect_pool_id")) for p in cloud.listeners["ls-1"]]


WANTED = [("old", 100, "pool-2"), ("new", 50, "pool-1")]


def test_each_step_is_sent_once_and_the_scope_is_done():
    cloud, the_plan, _ = huawei()
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "done", "s2": "done"}
    assert names(cloud) == WANTED
    assert cloud.sent == 2
    assert execution.scopes[SHOP].result == "done"
    assert execution.results["s1"].object_id == cloud.listeners["ls-1"][1].id
    assert execution.results["s1"].wrote


@pytest.mark.parametrize("n", [1, 2])
def test_a_lost_answer_whose_write_took_effect_is_not_sent_again(n):
    cloud, the_plan, _ = huawei()
    cloud.faults = {n: lost}
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "done", "s2": "done"}
    assert (names(cloud), cloud.sent) == (WANTED, 2)
    assert execution.results[f"s{n}"].wrote


@pytest.mark.parametrize("n", [1, 2])
def test_a_lost_request_that_did_nothing_is_sent_again(n):
    cloud, the_plan, _ = huawei()
    cloud.faults = {n: lost_before}
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "done", "s2": "done"}
    assert (names(cloud), cloud.sent) == (WANTED, 3)


def test_a_write_that_never_takes_effect_is_given_up_after_three_times():
    cloud, the_plan, _ = huawei()
    cloud.faults = dict.fromkeys(range(1, 99), lost_before)
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "failed", "s2": "not_tried"}
    assert execution.results["s1"].code == "APPLY-LOST"
    assert cloud.sent == 3


def test_a_lost_answer_is_unknown_when_the_scope_cannot_be_read_again():
    cloud, the_plan, _ = huawei()

    def fault(carry_out):
        cloud.unreadable = Unreachable("no connection")
        lost(carry_out)

    cloud.faults = {1: fault}
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "unknown", "s2": "not_tried"}
    assert execution.scopes[SHOP].result == "unknown"
    assert "no connection" in execution.results["s1"].why


def test_a_locked_object_is_waited_for_and_looked_at_again():
    cloud, the_plan, _ = huawei()
    cloud.faults = dict.fromkeys((1, 2, 3), refused(409, Immutable))
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "done", "s2": "done"}
    assert execution.results["s1"].sent == 1
    assert names(cloud) == WANTED


def test_waiting_for_a_lock_ends_after_the_bound():
    cloud, the_plan, _ = huawei()
    cloud.faults = dict.fromkeys(range(1, 999), refused(409, Immutable))
    clock = Clock()
    execution = go(the_plan, cloud, terms(clock, wait=120.0))
    assert execution.results["s1"].status == "failed"
    assert execution.results["s1"].code == "APPLY-LOCKED"
    assert execution.results["s1"].sent == 0
    assert clock.now() - 1_767_225_600.0 < 150


def test_a_duplicate_is_adopted_only_if_it_is_equal():
    for pool, status in (("pool-1", "done"), ("pool-9", "failed")):
        cloud, the_plan, _ = huawei()

        def fault(carry_out, cloud=cloud, pool=pool):
            cloud.add("ls-1", raw("new", 50, pool))
            refused(409)(carry_out)

        cloud.faults = {1: fault}
        execution = go(the_plan, cloud)
        assert execution.results["s1"].status == status
        assert [p.policy.name for p in cloud.listeners["ls-1"]].count("new") == 1


def test_a_delete_of_what_is_gone_is_done():
    cloud = Cloud(HUAWEI)
    live = cloud.add("ls-1", raw("old", 100))
    before = live.policy.to_json(with_rules=True, number_field="priority")
    the_plan = plan(
        step(1, "delete", "l7policy", f"{SHOP}/policy/old", object_id=live.id, scope=SHOP, before=before,
             preconditions=(pre(f"{SHOP}/policy/old", live, HUAWEI),)), ids={SHOP: "ls-1"})  # fmt: skip
    cloud.faults = {1: refused(404, NotFound)}
    execution = go(the_plan, cloud)
    assert execution.results["s1"].status == "done"
    assert not execution.results["s1"].wrote


def test_a_refusal_stops_the_scope_with_the_providers_words_and_request_id():
    cloud, the_plan, _ = huawei()
    cloud.faults = {1: refused(400, QuotaExceeded)}
    execution = go(the_plan, cloud)
    result = execution.results["s1"]
    assert (result.status, result.words, result.request_ids, result.code) == (
        "failed",
        "no",
        ("req-no",),
        "APPLY-QUOTA",
    )
    assert statuses(execution)["s2"] == "not_tried"
    assert [d.code for d in execution.diagnostics] == ["APPLY-QUOTA"]


def test_error_status_after_a_write_is_a_failure_that_took_effect():
    cloud, the_plan, _ = huawei()

    def fault(carry_out):
        made = carry_out()
        cloud.listeners["ls-1"][-1] = dataclasses.replace(cloud.listeners["ls-1"][-1], status="ERROR")
        cloud.settled = Settled(status="ERROR", error="two policies with one match set")
        return fakes.Reply(201, object_id=made)

    cloud.faults = {1: fault}
    execution = go(the_plan, cloud)
    result = execution.results["s1"]
    assert (result.status, result.code, result.wrote) == ("failed", "APPLY-ERROR-STATUS", True)
    assert "match set" in result.words


def test_a_run_that_goes_on_skips_what_is_done_and_says_so():
    cloud, the_plan, _ = huawei()
    go(plan(the_plan.steps[0], ids={SHOP: "ls-1"}), cloud)
    assert cloud.sent == 1
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "done", "s2": "done"}
    assert execution.results["s1"].already
    assert not execution.results["s1"].wrote
    assert (names(cloud), cloud.sent) == (WANTED, 2)


def test_an_object_changed_since_the_plan_stops_its_scope_before_any_write():
    cloud, the_plan, live = huawei()
    policies = cloud.listeners["ls-1"]
    policies[0] = dataclasses.replace(live, policy=HUAWEI.policy(raw("old", 100, "pool-7")))
    execution = go(the_plan, cloud)
    assert set(statuses(execution).values()) == {"not_tried"}
    assert cloud.sent == 0
    (changed,) = execution.scopes[SHOP].changed
    three = [state["redirect_pool_id"] for state in (changed.before, changed.after, changed.live)]
    assert three == ["pool-1", "pool-2", "pool-7"]
    assert [d.code for d in execution.diagnostics] == ["APPLY-CHANGED"]


def test_a_deleted_object_a_same_named_one_and_a_taken_number_are_changes():
    for change, word in (
        (lambda c: c.listeners["ls-1"].clear(), "gone"),
        (lambda c: c.add("ls-1", raw("new", 51, "pool-9")), "appeared"),
        (lambda c: c.add("ls-1", raw("stranger", 50, "pool-9")), "taken"),
    ):
        cloud, the_plan, _ = huawei()
        change(cloud)
        execution = go(the_plan, cloud)
        assert execution.scopes[SHOP].result == "changed"
        assert word in execution.scopes[SHOP].changed[0].why
        assert cloud.sent == 0


def test_a_change_by_somebody_else_while_waiting_for_a_lock_stops_the_scope():
    cloud, the_plan, live = huawei()

    def fault(carry_out):
        policies = cloud.listeners["ls-1"]
        policies[0] = dataclasses.replace(live, policy=HUAWEI.policy(raw("old", 100, "pool-7")))
        refused(409, Immutable)(carry_out)

    cloud.faults = {1: fault}
    execution = go(the_plan, cloud)
    assert statuses(execution) == {"s1": "not_tried", "s2": "not_tried"}
    assert execution.scopes[SHOP].result == "changed"
    assert names(cloud) == [("old", 100, "pool-7")]


def test_other_scopes_of_the_lane_go_on_after_a_failure_unless_the_load_balancer_is_in_error():
    for lane_error, done in ((None, True), ("burnt", False)):
        cloud, first, _ = huawei()
        other = "listener/zoo"
        after = HUAWEI.policy(raw("z", 1)).to_json(with_rules=True, number_field="priority")
        second = step(3, "create", "l7policy", f"{other}/policy/z", parent_id="ls-2", scope=other, after=after)

        def fault(carry_out, cloud=cloud, lane_error=lane_error):
            cloud.settled = Settled(lane_error=lane_error)
            refused(400)(carry_out)

        cloud.faults = {1: fault}
        execution = go(plan(*first.steps, second, ids={SHOP: "ls-1", other: "ls-2"}), cloud)
        assert (execution.results["s3"].status == "done") is done


def test_positions_are_counted_on_the_list_that_is_live_when_the_call_is_sent():
    cloud = Cloud(GCORE)
    for name in ("a", "b", "c"):
        cloud.add("ls-1", raw(name, rules=[{**PATH, "value": "/" + name}]))
    a, b, c = cloud.listeners["ls-1"]
    at = {p.policy.name: f"{SHOP}/policy/{p.policy.name}" for p in (a, b, c)}
    body = c.policy.to_json(with_rules=False)
    move = step(
        1, "move", "l7policy", at["c"], object_id=c.id, parent_id="ls-1", scope=SHOP,
        before={**body, "position": None}, after={**body, "position": position(at["a"], at["b"], 2)},
        preconditions=(pre(at["c"], c, GCORE), fakes.Precondition(at["a"], a.id, None),
                       fakes.Precondition(at["b"], b.id, None)),
    )  # fmt: skip
    cloud.listeners["ls-1"].insert(0, cloud.add("ls-9", raw("unlisted", rules=[HOST])))
    the_plan = plan(move, ids={SHOP: "ls-1"})
    go(the_plan, cloud)
    assert [p.policy.name for p in cloud.listeners["ls-1"]] == ["unlisted", "a", "c", "b"]
    execution = go(the_plan, cloud)
    assert execution.results["s1"].already
    assert cloud.sent == 1


def test_a_slot_that_is_no_longer_there_is_a_change():
    cloud = Cloud(GCORE)
    for name in ("a", "b", "c"):
        cloud.add("ls-1", raw(name, rules=[{**PATH, "value": "/" + name}]))
    a, b, c = cloud.listeners["ls-1"]
    at = {p.policy.name: f"{SHOP}/policy/{p.policy.name}" for p in (a, b, c)}
    body = c.policy.to_json(with_rules=False)
    move = step(
        1, "move", "l7policy", at["c"], object_id=c.id, parent_id="ls-1", scope=SHOP,
        before={**body, "position": None}, after={**body, "position": position(at["a"], at["b"], 2)},
        preconditions=(pre(at["c"], c, GCORE), fakes.Precondition(at["a"], a.id, None),
                       fakes.Precondition(at["b"], b.id, None)),
    )  # fmt: skip
    cloud.listeners["ls-1"].insert(1, cloud.add("ls-9", raw("unlisted", rules=[HOST])))
    execution = go(plan(move, ids={SHOP: "ls-1"}), cloud)
    assert execution.scopes[SHOP].result == "changed"
    assert cloud.sent == 0


def gcore_create():
    policy = f"{SHOP}/policy/n"
    inert = GCORE.policy(raw("n", rules=())).to_json(with_rules=False)
    made = from_step("s1")
    return plan(
        step(1, "create", "l7policy", policy, parent_id="ls-1", scope=SHOP, role="guard", after=inert),
        step(2, "create", "l7rule", f"{policy}/rule/PATH", parent_id=made, scope=SHOP, role="guard", after=GUARD),
        step(3, "create", "l7rule", f"{policy}/rule/HOST_NAME", parent_id=made, scope=SHOP, after=HOST),
        step(4, "update", "l7rule", f"{policy}/rule/PATH", object_id=from_step("s2"), parent_id=made, scope=SHOP,
             role="arm", before=GUARD, after=PATH),
        ids={SHOP: "ls-1"},
    )  # fmt: skip


@pytest.mark.parametrize("fault", [lost, lost_before])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_ids_of_new_objects_are_found_again_after_each_lost_answer(n, fault):
    cloud = Cloud(GCORE)
    cloud.listeners["ls-1"] = []
    cloud.faults = {n: fault}
    execution = go(gcore_create(), cloud)
    assert set(statuses(execution).values()) == {"done"}
    (policy,) = cloud.listeners["ls-1"]
    assert policy.policy == GCORE.policy(raw("n", rules=(PATH, HOST)))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_plan_goes_on_from_any_point_at_which_it_was_cut_off(n):
    cloud = Cloud(GCORE)
    cloud.listeners["ls-1"] = []
    the_plan = gcore_create()
    go(dataclasses.replace(the_plan, steps=the_plan.steps[:n]), cloud)
    execution = go(the_plan, cloud)
    assert set(statuses(execution).values()) == {"done"}
    assert sum(r.already for r in execution.results.values()) == n
    assert cloud.sent == 4
    assert cloud.listeners["ls-1"][0].policy == GCORE.policy(raw("n", rules=(PATH, HOST)))


def gap_plan():
    cloud = Cloud(HUAWEI)
    live = cloud.add("ls-1", raw("old", 100))
    where = f"{SHOP}/policy/old"
    before = live.policy.to_json(with_rules=True, number_field="priority")
    steps = [
        step(1, "delete", "l7policy", where, object_id=live.id, scope=SHOP, before=before, gap=where,
             preconditions=(pre(where, live, HUAWEI),)),
        step(2, "create", "l7policy", where, parent_id="ls-1", scope=SHOP, gap=where,
             after={**before, "redirect_pool_id": "pool-2"}),
        step(3, "create", "l7policy", f"{SHOP}/policy/more", parent_id="ls-1", scope=SHOP,
             after={**before, "name": "more", "priority": 7}),
    ]  # fmt: skip
    return cloud, plan(*steps, ids={SHOP: "ls-1"}, gaps=[Gap(where, SHOP, "s1", "s2", ("default",), "the action")])


def test_a_signal_closes_a_begun_gap_and_stops_there():
    cloud, the_plan = gap_plan()
    stop = Stop()

    def fault(carry_out):
        stop.ask("SIGTERM")
        return fakes.Reply(204, object_id=carry_out())

    cloud.faults = {1: fault}
    execution = go(the_plan, cloud, stop=stop)
    assert statuses(execution) == {"s1": "done", "s2": "done", "s3": "not_tried"}
    assert execution.scopes[SHOP].result == "interrupted"
    assert execution.open_gaps(the_plan) == ()


def test_a_second_signal_ends_at_once_and_the_call_in_flight_is_unknown():
    cloud, the_plan = gap_plan()
    stop = Stop()

    def fault(carry_out):
        carry_out()
        stop.ask("SIGINT")
        stop.ask("SIGINT")
        return fakes.Reply(204)

    cloud.faults = {1: fault}
    execution = go(the_plan, cloud, stop=stop)
    assert statuses(execution) == {"s1": "unknown", "s2": "not_tried", "s3": "not_tried"}


def test_a_failure_inside_a_gap_is_told_as_an_open_gap():
    cloud, the_plan = gap_plan()
    cloud.faults = {2: refused(400)}
    execution = go(the_plan, cloud)
    assert [g.object for g in execution.open_gaps(the_plan)] == [f"{SHOP}/policy/old"]


def test_a_signal_before_the_first_write_sends_nothing():
    cloud, the_plan = gap_plan()
    stop = Stop()
    stop.ask("SIGINT")
    execution = go(the_plan, cloud, stop=stop)
    assert set(statuses(execution).values()) == {"not_tried"}
    assert cloud.sent == 0


class FullDisk:
    """A journal whose line ``n`` (and any later one) cannot be stored."""

    path = None

    def __init__(self, n: int) -> None:
        self.left = n - 1

    def write(self, event, facts):
        if self.left <= 0:
            raise DiagnosticError(Diagnostic("APPLY-JOURNAL", "no space left on device"))
        self.left -= 1

    def close(self):
        pass


@pytest.mark.parametrize(("line", "sent", "status"), [(1, 0, "not_tried"), (2, 1, "done"), (3, 1, "done")])
def test_nothing_is_sent_whose_intent_is_not_on_disk(line, sent, status):
    cloud, the_plan, _ = huawei()
    execution = go(the_plan, cloud, terms(journal=FullDisk(line)))
    assert cloud.sent == sent
    assert execution.results["s1"].status == status
    assert execution.results["s2"].status == "not_tried"
    assert "APPLY-JOURNAL" in [d.code for d in execution.diagnostics]


def test_a_group_rule_that_exists_already_is_not_made_twice():
    scope, lane = "security_group/web", "fake:1:security_group:sg-1"
    cloud = Cloud(GCORE)
    body = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80,
            "remote_ip_prefix": "10.0.0.0/8"}  # fmt: skip
    after = GCORE.security_rule(body).to_json()
    create = step(1, "create", "security_group_rule", f"{scope}/rule/x", parent_id="sg-1", scope=scope, lane=lane,
                  after=after)  # fmt: skip
    cloud.faults = {1: lost}
    assert statuses(go(plan(create, ids={scope: "sg-1"}), cloud)) == {"s1": "done"}
    execution = go(plan(create, ids={scope: "sg-1"}), cloud)
    assert execution.results["s1"].already
    assert len(cloud.groups["sg-1"]) == 1

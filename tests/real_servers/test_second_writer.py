"""Somebody else writes too: before a saved plan is applied, during apply, and on the same load balancer."""

from __future__ import annotations

import shutil
import threading
import time

import pytest

from tests.real_servers.world import host, path, tcp, to_pool

pytestmark = pytest.mark.real

A, B, C = to_pool("aaa", "a", path("/a")), to_pool("bbb", "b", path("/b")), to_pool("ccc", "c", path("/c"))
FOREIGN = to_pool("foreign", "b", path("/foreign"))


def saved(world):
    """The plan as a file, as CI keeps it between two jobs."""
    world.plan().good()
    return shutil.copy(world.directory / "document.json", world.directory / "plan.json")


def test_a_policy_that_was_changed_since_the_plan_is_not_overwritten(cloud, world, fresh):
    balancer = cloud.balancer(fresh, [A, B])
    scope = world.listener(balancer, [to_pool("aaa", "c", path("/a")), B])
    plan = saved(world)
    (aaa,) = [p for p in cloud.policies(balancer) if p["name"] == "aaa"]
    cloud.write(balancer.id, "PUT", f"/l7policies/{aaa['id']}", {"l7policy": {
        "action": "REDIRECT_TO_POOL", "redirect_pool_id": balancer.pools["b"]}})  # fmt: skip
    before = cloud.policies(balancer)
    ran = world.apply("--plan", plan)
    assert ran.code == 4, ran.told()
    assert cloud.policies(balancer) == before
    assert "APPLY-CHANGED" in ran.err
    (told,) = [s for s in ran.document["scopes"] if s["address"] == scope]
    assert [c["address"] for c in told["changed"]] == [f"{scope}/policy/aaa"]


def test_a_rule_that_was_added_since_the_plan_is_noticed(cloud, world, fresh):
    balancer = cloud.balancer(fresh, [A, B])
    world.listener(balancer, [to_pool("aaa", "c", path("/a")), B])
    plan = saved(world)
    (aaa,) = [p for p in cloud.policies(balancer) if p["name"] == "aaa"]
    cloud.write(balancer.id, "POST", f"/l7policies/{aaa['id']}/rules", {"rule": host("x.example.com")})
    before = cloud.policies(balancer)
    assert world.apply("--plan", plan).code == 4
    assert cloud.policies(balancer) == before


def test_a_foreign_policy_that_shifts_all_positions_is_never_touched_and_the_order_comes_right(cloud, world, fresh):
    balancer = cloud.balancer(fresh, [A, B, C])
    world.listener(balancer, [C, to_pool("new", "a", path("/new")), A, B], unlisted="keep")
    plan = saved(world)
    cloud.policy(balancer, FOREIGN, position=1)
    (foreign,) = [p for p in cloud.policies(balancer) if p["name"] == "foreign"]
    ran = world.apply("--plan", plan)
    if ran.code == 4:  # the steps would not lead where the manifests do: told, and nothing was written
        assert "error[APPLY-" in ran.err
        assert cloud.names(balancer) == ["foreign", "aaa", "bbb", "ccc"]
        ran = world.apply()
    ran.good()
    live = cloud.policies(balancer)
    assert [p["name"] for p in live if p["name"] != "foreign"] == ["ccc", "new", "aaa", "bbb"]
    (now,) = [p for p in live if p["name"] == "foreign"]
    assert {k: v for k, v in now.items() if k not in ("position", "updated_at")} == {
        k: v for k, v in foreign.items() if k not in ("position", "updated_at")}  # fmt: skip
    world.nothing_is_left_to_do()


def test_a_writer_on_the_same_load_balancer_is_waited_for(lab, cloud, world, fresh):
    """The other writer never writes the same policy twice in a row: Octavia may take such a write for one that changes
    nothing, and its worker then waits for a minute for what never comes."""
    foreign = [to_pool(f"foreign-{n}", "b", path(f"/foreign/{n}")) for n in range(3)]
    balancer = cloud.balancer(fresh, listeners={"web": [A, B], "busy": foreign})
    foreign = cloud.policies(balancer, "busy")
    world.listener(balancer, [to_pool("new", "a", path("/new"), host("new.example.com")), B, A], name="web")
    stop, written = threading.Event(), []

    def meddle():
        while not stop.is_set() and written.count(200) < 4:
            body = {"l7policy": {"description": f"written {len(written)} times"}}
            target = foreign[written.count(200) % len(foreign)]["id"]
            answer = cloud.request("PUT", "octavia", f"/l7policies/{target}", body)
            written.append(answer.status_code)
            stop.wait(0.15 if answer.status_code == 409 else 1.0)

    lab.control(balancer.id, delay=0.3)
    began = time.time()
    other = threading.Thread(target=meddle)
    other.start()
    try:
        ran = world.apply()
    finally:
        stop.set()
        other.join()
    ran.good()
    assert written.count(200) >= 1
    assert set(written) <= {200, 409}
    refused = [r for r in lab.requests(began, "reconciler") if r.method != "GET" and r.status == 409]
    assert refused or 409 in written, "the two met"
    assert cloud.names(balancer, "web") == ["new", "bbb", "aaa"]
    cloud.settle(balancer.id)
    world.nothing_is_left_to_do()


def test_a_policy_that_is_being_deleted_counts_as_gone(lab, cloud, world, fresh):
    balancer = cloud.balancer(fresh, [A, B])
    world.listener(balancer, [A])
    lab.control(balancer.id, delay=4)
    (bbb,) = [p for p in cloud.policies(balancer) if p["name"] == "bbb"]
    assert cloud.request("DELETE", "octavia", f"/l7policies/{bbb['id']}").status_code == 204
    assert cloud.names(balancer) == ["aaa", "bbb"], "still listed"
    ran = world.plan().good()
    assert ran.document["steps"] == []
    cloud.settle(balancer.id)
    world.nothing_is_left_to_do()


def test_an_equal_rule_that_somebody_added_since_the_plan_is_adopted(cloud, world, fresh):
    group = cloud.group(fresh, [tcp(22)])
    world.group(group, [tcp(22), tcp(443)])
    plan = saved(world)
    theirs = cloud.admit(group.id, tcp(443))
    ran = world.apply("--plan", plan).good()
    assert [step["status"] for step in ran.document["steps"]] == ["done"]
    assert theirs in {rule["id"] for rule in cloud.rules(group)}
    assert cloud.traffic(group) == [("tcp", "22", "10.0.0.0/8"), ("tcp", "443", "10.0.0.0/8")]


def test_a_group_that_somebody_opens_is_closed_again_by_the_next_plan_only(cloud, world, fresh):
    group = cloud.group(fresh, [tcp(22)])
    world.group(group, [tcp(22)])
    world.nothing_is_left_to_do()
    cloud.admit(group.id, tcp(3389, "0.0.0.0/0"))
    ran = world.apply().good()
    assert [(step["op"], step["kind"]) for step in ran.document["steps"]] == [("delete", "security_group_rule")]
    assert cloud.traffic(group) == [("tcp", "22", "10.0.0.0/8")]

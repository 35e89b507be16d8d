"""A change that fails at the amphora leaves an object in ERROR; the run says so, and the next run heals it.

One run in which every load balancer fails at another of its changes, and one that heals them all.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.real_servers.cloud import Balancer
from tests.real_servers.world import Ran, World, host, path, to_pool

pytestmark = pytest.mark.real

LIVE = [to_pool("first", "a", path("/first")), to_pool("second", "b", path("/second")), to_pool("gone", "c", path("/gone"))]
WANTED = [to_pool("new", "c", path("/new"), host("new.example.com")), to_pool("second", "b", path("/second")),
          to_pool("first", "c", path("/first"))]  # fmt: skip
STEPS = 6
"""Create disabled, two rules, enable, one move with a new target, one delete; each is one push to the amphora."""


@dataclass
class Broken:
    """A run in which the k-th change of the k-th load balancer failed, and the next one."""

    world: World
    balancers: dict[int, Balancer]
    scopes: dict[int, str]
    failed: Ran
    between: dict[int, list[dict[str, Any]]]
    healed: Ran


@pytest.fixture(scope="module")
def broken(lab, cloud, tmp_path_factory):
    """Fail everywhere, look, and run again."""
    world, mark = World(cloud, tmp_path_factory.mktemp("failures")), uuid.uuid4().hex[:6]
    balancers = {k: cloud.begin_balancer(f"failures-{k}-{mark}", LIVE) for k in range(1, STEPS + 1)}
    scopes = {}
    for k, balancer in balancers.items():
        cloud.settle(balancer.id)
        lab.control(balancer.id, fail_at=(k,))
        scopes[k] = world.listener(balancer, WANTED)
    failed = world.apply()
    between = {k: cloud.policies(balancer) for k, balancer in balancers.items()}
    for balancer in balancers.values():
        lab.control(balancer.id)
    return Broken(world, balancers, scopes, failed, between, world.apply())


def of(document: dict[str, Any], scope: str) -> list[dict[str, Any]]:
    return [step for step in document["steps"] if step["scope"] == scope]


def test_failed_changes_make_the_run_partly_applied(broken):
    assert broken.failed.code == 5, broken.failed.told()
    assert "Traceback" not in broken.failed.err
    assert broken.failed.document["result"] == "partly"


@pytest.mark.parametrize("k", range(1, STEPS + 1))
def test_the_step_that_failed_is_named_and_its_scope_stops_there(broken, k):
    steps = of(broken.failed.document, broken.scopes[k])
    assert len(steps) == STEPS
    assert [step["status"] for step in steps] == ["done"] * (k - 1) + ["failed"] + ["not_tried"] * (STEPS - k)
    assert "ERROR" in f"{steps[k - 1]['why']} {steps[k - 1]['words']}"


@pytest.mark.parametrize("k", range(1, STEPS + 1))
def test_the_next_run_heals_what_failed_and_finishes_without_duplicates(broken, cloud, k):
    before = broken.between[k]
    assert [p for p in before if p["provisioning_status"] == "ERROR"] or k in (2, 3), "something was in ERROR"
    live = cloud.policies(broken.balancers[k])
    assert [p["name"] for p in live] == ["new", "second", "first"], broken.healed.told()
    assert {(p["provisioning_status"], p["admin_state_up"]) for p in live} == {("ACTIVE", True)}
    assert [[r["value"] for r in p["rules"]] for p in live] == [["new.example.com", "/new"], ["/second"], ["/first"]]
    assert {p["id"] for p in live if p["name"] != "new"} == {p["id"] for p in before if p["name"] in ("first", "second")}


def test_after_healing_nothing_is_left_to_do(broken):
    broken.healed.good()
    broken.world.nothing_is_left_to_do()


def test_a_change_that_fails_again_and_again_ends_the_run_each_time_and_never_loops(lab, cloud, world, fresh):
    balancer = cloud.balancer(fresh, LIVE)
    lab.control(balancer.id, fail=True)
    world.listener(balancer, [to_pool("first", "b", path("/first"))], unlisted="keep")
    for _ in range(2):
        ran = world.apply()
        assert ran.code in (1, 5), ran.told()
        assert [step["status"] for step in ran.document["steps"]] == ["failed"]
        assert ran.document["steps"][0]["sent"] == 1
    lab.control(balancer.id)
    world.apply().good()
    world.nothing_is_left_to_do()
    assert [p["redirect_pool_id"] for p in cloud.policies(balancer)] == [balancer.pools[n] for n in "bbc"]

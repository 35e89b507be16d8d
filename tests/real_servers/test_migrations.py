"""The contract kit's migrations on real servers, by ``reconcile`` itself: plan, apply, empty plan.

All of them in one run: thirty scopes on six load balancers, whose lanes go side by side.
"""

from __future__ import annotations

import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.real_servers.cloud import Balancer, Group
from tests.real_servers.world import Ran, World, tcp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))
from kit import FLAVOURS
from test_migrations import GROUPS, MIGRATIONS, wanted_rules

pytestmark = pytest.mark.real

LOAD_BALANCERS = 6


def manifest(policies: list[Any]) -> list[dict[str, Any]]:
    """The kit's shorthand as Octavia's words (which are Gcore's too)."""
    return [FLAVOURS["gcore"].policy(name, rules, **target) for _, name, rules, target in policies]


def in_classes(policies: list[Any]) -> list[Any]:
    """As haproxy asks them: redirects before pools; positions order within a class only."""
    return sorted(policies, key=lambda policy: not policy[3].get("url"))


@dataclass
class Migrated:
    """What the one run of all migrations left."""

    world: World
    places: dict[str, tuple[Balancer, str, str]]
    groups: dict[str, tuple[Group, str]]
    kept: dict[str, set[str]]
    plan: Ran
    outcome: Ran
    second: Ran
    reads: list[Any]
    writes: list[Any]

    def steps(self, scope: str) -> list[dict[str, Any]]:
        return [step for step in self.plan.document["steps"] if step["scope"] == scope]


@pytest.fixture(scope="module")
def migrated(lab, cloud, tmp_path_factory):
    """Everything made, planned, applied, and planned again."""
    world, mark = World(cloud, tmp_path_factory.mktemp("migrations")), uuid.uuid4().hex[:6]
    names = list(MIGRATIONS)
    shares = [names[n::LOAD_BALANCERS] for n in range(LOAD_BALANCERS)]
    balancers = [
        cloud.begin_balancer(f"migrations-{n}-{mark}", listeners={f"m{names.index(k)}": manifest(MIGRATIONS[k][0]) for k in share})
        for n, share in enumerate(shares)
    ]
    groups, places, kept = {}, {}, {}
    for n, (name, (live, wanted, _)) in enumerate(GROUPS.items()):
        group = cloud.group(f"migrations-{n}-{mark}", [tcp(port) for port in live])
        groups[name] = (group, world.group(group, [tcp(port) for port in wanted]))
        kept[name] = {r["id"] for r in cloud.rules(group) if r["port_range_min"] in wanted}
    for balancer, share in zip(balancers, shares, strict=True):
        cloud.settle(balancer.id)
        for name in share:
            listener = f"m{names.index(name)}"
            places[name] = (balancer, listener, world.listener(balancer, manifest(MIGRATIONS[name][1]), name=listener))
    began = time.time()
    plan = world.plan()
    reads = lab.requests(began, "reconciler")
    began = time.time()
    outcome = world.apply()
    writes = [r for r in lab.requests(began, "reconciler") if r.method != "GET" and not r.service.startswith("keystone")]
    return Migrated(world, places, groups, kept, plan, outcome, world.plan("--detailed-exitcode"), reads, writes)


def test_the_plan_of_all_migrations_is_whole_and_reads_as_often_as_it_says(migrated):
    migrated.plan.good()
    assert migrated.plan.document["blocked"] == [], migrated.plan.told()
    assert {r.method for r in migrated.reads if not r.service.startswith("keystone")} == {"GET"}
    assert [r.method for r in migrated.reads if r.service.startswith("keystone")] == ["POST"], "one token a run"
    assert len(migrated.reads) == migrated.plan.document["reads"]["calls"]


def test_all_migrations_are_applied_by_the_calls_of_the_plan(migrated):
    migrated.outcome.good()
    accepted = [r for r in migrated.writes if r.status < 300]
    assert len(accepted) == len(migrated.plan.document["steps"]) == migrated.plan.document["summary"]["calls"]
    assert [r for r in migrated.writes if r not in accepted] == [], "one writer a load balancer is never locked out"


def test_the_second_plan_of_all_migrations_is_empty(migrated):
    assert migrated.second.document["steps"] == []
    assert migrated.second.code == 0, migrated.second.told()


@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_listener_gets_there_with_the_fewest_writes(migrated, cloud, name):
    _, wanted, _, writes = MIGRATIONS[name]
    balancer, listener, scope = migrated.places[name]
    live = cloud.policies(balancer, listener)
    assert [p["position"] for p in live] == list(range(1, len(live) + 1))
    wanted = in_classes(wanted)
    live.sort(key=lambda p: (p["action"] == "REDIRECT_TO_POOL", p["position"]))
    assert [p["name"] for p in live] == [n for _, n, _, _ in wanted]
    for policy, (_, _, rules, target) in zip(live, wanted, strict=True):
        assert wanted_rules(policy["rules"]) == wanted_rules(rules)
        assert (policy["admin_state_up"], policy["provisioning_status"]) == (True, "ACTIVE")
        if target.get("url"):
            assert policy["redirect_url"] == f"https://{target['url']}/"
        else:
            assert policy["redirect_pool_id"] == balancer.pools[target["pool"]]
    if writes is not None:
        assert len(migrated.steps(scope)) == writes


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_gets_there_with_the_fewest_writes(migrated, cloud, name):
    _, wanted, writes = GROUPS[name]
    group, scope = migrated.groups[name]
    assert {port for _, port, _ in cloud.traffic(group)} == {str(port) for port in wanted}
    assert migrated.kept[name] <= {rule["id"] for rule in cloud.rules(group)}
    assert len(migrated.steps(scope)) == writes

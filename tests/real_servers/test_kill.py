"""``kill -9`` in the middle, with no trace of the run left but the cloud: the next run finishes, and doubles nothing."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress

import pytest

from tests.real_servers.world import host, path, tcp, to_pool

pytestmark = pytest.mark.real

LIVE = [to_pool("first", "a", path("/first")), to_pool("second", "b", path("/second")),
        to_pool("third", "c", path("/third"), host("third.example.com"))]  # fmt: skip
WANTED = [to_pool("new", "c", path("/new"), host("new.example.com")), to_pool("third", "b", path("/3"), host("3.example.com")),
          to_pool("first", "b", path("/first"))]  # fmt: skip
LIVE_PORTS, WANTED_PORTS = (22, 80), (80, 443)


def killed_at(world, lab, write: int) -> int:
    """Start apply, and kill its processes as soon as the servers have got so many writes; how many they got in all."""
    shutil.rmtree(world.directory / ".reconcile", ignore_errors=True)
    began = time.time()
    child = world.start("apply", "--auto-approve", "manifests")
    while len(got := writes(lab, began)) < write and child.poll() is None:
        time.sleep(0.005)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    out, err = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL or len(got) < write, out + err
    time.sleep(0.3)
    return len(writes(lab, began))


def writes(lab, since):
    return [r for r in lab.requests(since, "reconciler") if r.method != "GET" and not r.service.startswith("keystone")]


@pytest.fixture
def half(cloud, world, fresh):
    """A load balancer and a group, and manifests that want other things of them."""
    balancer, group = cloud.balancer(fresh, LIVE), cloud.group(fresh + "-sg", [tcp(port) for port in LIVE_PORTS])
    world.listener(balancer, WANTED)
    world.group(group, [tcp(port) for port in WANTED_PORTS])
    return balancer, group


def finished(cloud, world, balancer, group):
    """Everything is as wanted, once."""
    live = cloud.policies(balancer)
    assert [p["name"] for p in live] == ["new", "third", "first"]
    assert [[r["value"] for r in p["rules"]] for p in live] == [["new.example.com", "/new"], ["3.example.com", "/3"], ["/first"]]
    assert [p["redirect_pool_id"] for p in live] == [balancer.pools[name] for name in "cbb"]
    assert {(p["provisioning_status"], p["admin_state_up"]) for p in live} == {("ACTIVE", True)}
    assert [port for _, port, _ in cloud.traffic(group)] == ["443", "80"]
    world.nothing_is_left_to_do()


@pytest.mark.parametrize("write", [1, 5])
def test_a_run_that_is_killed_at_a_write_is_finished_by_the_next_one(lab, cloud, world, half, write):
    assert killed_at(world, lab, write) >= write
    world.apply().good()
    finished(cloud, world, *half)


def test_runs_that_are_killed_again_and_again_come_to_the_end(lab, cloud, world, half):
    for _ in range(15):
        if killed_at(world, lab, 2) < 2:
            break
    world.apply().good()
    finished(cloud, world, *half)


def test_a_saved_plan_goes_on_where_it_was_killed(lab, cloud, world, half):
    plan = world.directory / "plan.json"
    world.run("plan", "--out", str(world.directory / "plan.txt"), "manifests").good()
    shutil.copy(world.directory / "document.json", plan)
    shutil.rmtree(world.directory / ".reconcile", ignore_errors=True)
    began = time.time()
    child = world.start("apply", "--auto-approve", "--plan", str(plan), "manifests")
    while len(writes(lab, began)) < 5 and child.poll() is None:
        time.sleep(0.005)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate(timeout=30)
    cloud.settle(half[0].id)
    ran = world.apply("--plan", str(plan)).good()
    assert {step["status"] for step in ran.document["steps"]} == {"done"}
    assert [step for step in ran.document["steps"] if step["already"]]
    finished(cloud, world, *half)


def test_an_interrupt_ends_the_run_at_a_safe_state_and_tells_how_to_go_on(lab, cloud, world, half):
    began = time.time()
    child = world.start("apply", "--auto-approve", "manifests")
    while len(writes(lab, began)) < 4 and child.poll() is None:
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGTERM)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 143, out + err
    assert "Traceback" not in err
    assert {p["provisioning_status"] for p in cloud.policies(half[0])} == {"ACTIVE"}, "what was begun is settled"
    world.apply().good()
    finished(cloud, world, *half)

"""What a plan of 101 policies with 5 rules each costs on real servers: reads, client CPU, and time beside them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from math import ceil
from pathlib import Path

import pytest

from tests.real_servers.world import World, host, path, to_pool

POLICIES, ROUNDS, PAGE = 101, 5, 1000
LIMIT = 6.0


def policy(n: int) -> dict:
    """Five rules, all different from any other policy's."""
    header = {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Team", "value": f"team-{n}"}
    cookie = {"type": "COOKIE", "compare_type": "EQUAL_TO", "key": "stage", "value": f"stage-{n}"}
    kind = {"type": "FILE_TYPE", "compare_type": "EQUAL_TO", "value": f"t{n}"}
    return to_pool(f"service-{n}", "abc"[n % 3], host(f"s{n}.example.com"), path(f"/service/{n}"), header, cookie, kind)


@pytest.fixture(scope="module")
def large(lab, cloud, tmp_path_factory):
    """The load balancer (made once in a lab, by one call of some minutes) and its manifest."""
    world, name = World(cloud, tmp_path_factory.mktemp("cost")), f"cost-{POLICIES}-a"
    wanted = [policy(n) for n in range(POLICIES)]
    balancer = cloud.find(name) or cloud.balancer(name, wanted)
    world.listener(balancer, wanted)
    return world, balancer


def cost(command: list[str], world: World) -> tuple[float, float]:
    """Seconds of CPU and of time that a process took, all of it."""
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=world.directory, env=world.environment(), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_utime + used.ru_stime, time.monotonic() - began


@pytest.mark.benchmark
@pytest.mark.real
def test_a_plan_of_a_hundred_policies_reads_as_often_as_it_must_and_costs_little_more_than_the_calls(lab, large):
    world, balancer = large
    began = time.time()
    ran = world.plan("--detailed-exitcode").good()
    assert ran.document["steps"] == []
    seen = lab.requests(began, "reconciler")
    reads = [r for r in seen if r.method == "GET"]
    lists = [r for r in reads if "/l7policies" in r.path]
    assert len(lists) == ceil(POLICIES / PAGE) + POLICIES
    assert len(seen) == len(reads) + 1 == ran.document["reads"]["calls"]
    work = world.directory / "work.json"
    work.write_text(json.dumps({
        "login": [lab.places.ports["keystone"], "/v3/auth/tokens", _login(lab)],
        "reads": [[lab.places.ports[r.service], r.path] for r in reads],
    }))  # fmt: skip
    bare = [sys.executable, str(Path(__file__).with_name("bare.py")), str(work)]
    pairs = [(cost(world.command("plan", "manifests"), world), cost(bare, world)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours[0] / base[0] for ours, base in pairs)
    ours, base = (tuple(statistics.median(pair[k][n] for pair in pairs) for n in (0, 1)) for k in (0, 1))
    print(f"\nplan of {POLICIES} policies x 5 rules: {len(reads)} reads, CPU {ours[0]:.2f} s against {base[0]:.2f} s of a "
          f"bare client: {ratio:.1f} x (at most {LIMIT:g}); time {ours[1]:.2f} s against {base[1]:.2f} s")  # fmt: skip
    assert ratio <= LIMIT


def _login(lab) -> dict:
    environ = lab.environ()
    user = {"name": environ["OS_USERNAME"], "domain": {"id": "default"}, "password": environ["OS_PASSWORD"]}
    scope = {"project": {"name": environ["OS_PROJECT_NAME"], "domain": {"id": "default"}}}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}

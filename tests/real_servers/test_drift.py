"""Drift on real servers: what others did behind the manifests' back is told, by reads alone, and by a reader's rights."""

from __future__ import annotations

import shutil
import time
from typing import Any

import pytest

from tests.real_servers.cloud import Cloud
from tests.real_servers.world import World, host, path, tcp, to_pool, to_url

pytestmark = pytest.mark.real

POLICIES = [
    {"name": "secret", "action": "REJECT", "rules": [path("/s"), host("s.example.com")]},
    to_url("old", "https://new.example.com/", path("/old"), redirect_http_code=301, description="moved"),
    to_pool("first", "a", path("/1")),
    to_pool("second", "b", path("/2"), host("two.example.com")),
    to_pool("gone", "c", path("/gone")),
]  # fmt: skip


def told(ran: Any) -> set[tuple[str, str, str]]:
    """(what, kind, the end of the address) of each finding that alarms."""
    return {(f["what"], f["kind"], f["address"].split("/", 3)[-1]) for f in ran.document["findings"] if f["alarm"]}


def test_what_others_did_is_found_by_reads_alone_and_applied_away(lab, cloud, world, fresh):
    balancer, group = cloud.balancer(fresh), cloud.group(fresh + "-sg", [tcp(22)])
    scope, rules = world.listener(balancer, POLICIES), world.group(group, [tcp(22), tcp(443, "0.0.0.0/0")])
    world.apply().good()
    since = world.directory / "since.json"
    shutil.copy(world.directory / "document.json", since)
    began = time.time()
    assert world.run("drift", "manifests").good().document["result"] == "clean"
    seen = lab.requests(began, "reconciler")
    assert [r.method for r in seen if r.method != "GET"] == ["POST"], "one login, and reads"
    assert [r.service for r in seen if r.method == "POST"] == ["keystone"]

    live = {policy["name"]: policy["id"] for policy in cloud.policies(balancer)}
    (rule,) = cloud.ask("GET", "octavia", f"/l7policies/{live['first']}/rules")["rules"]
    cloud.write(balancer.id, "PUT", f"/l7policies/{live['first']}/rules/{rule['id']}", {"rule": {"value": "/other"}})
    cloud.write(balancer.id, "PUT", f"/l7policies/{live['old']}", {"l7policy": {"action": "REJECT"}})
    cloud.write(balancer.id, "DELETE", f"/l7policies/{live['gone']}")
    cloud.policy(balancer, to_pool("extra", "a", path("/1/x")), position=1)
    cloud.write(balancer.id, "POST", f"/l7policies/{live['second']}/rules", {"rule": path("/more", "CONTAINS")})
    lab.control(balancer.id, fail=True)
    cloud.ask("PUT", "octavia", f"/l7policies/{live['secret']}", {"l7policy": {"admin_state_up": False}})
    cloud.settle(balancer.id)
    lab.control(balancer.id)
    cloud.admit(group.id, tcp(22, "0.0.0.0/0"))
    (https,) = [r["id"] for r in cloud.rules(group) if r["port_range_min"] == 443]
    cloud.ask("DELETE", "neutron", f"/security-group-rules/{https}")

    ran = world.run("drift", "manifests", "--since", str(since))
    assert (ran.code, ran.document["result"]) == (2, "drift"), ran.told()
    found = told(ran)
    assert ("missing", "l7policy", "gone") in found
    assert ("unlisted", "l7policy", "extra") in found
    assert ("changed", "l7policy", "old") in found
    assert {("error", "l7policy", "secret"), ("changed", "l7policy", "secret")} <= found
    assert {kind for what, kind, address in found if address.startswith(("first/rule", "second/rule"))} == {"l7rule"}
    assert {what for what, kind, _ in found if kind == "security_group_rule"} == {"missing", "unlisted"}
    assert [f["address"] for f in ran.document["findings"] if f["opens"]] == [f"{rules}/rule/ingress:IPv4:tcp:22:0.0.0.0%2F0"]
    assert {f["cause"] for f in ran.document["findings"] if f["what"] != "error"} == {"outside"}, ran.told()
    assert {f["scope"] for f in ran.document["findings"]} == {scope, rules}

    world.apply().good()
    assert world.run("drift", "manifests").good().document["findings"] == []


def test_who_may_only_read_is_enough_and_what_is_not_applied_yet_is_told_apart(lab, cloud, world, fresh, tmp_path):
    balancer = cloud.balancer(fresh, POLICIES[2:])
    world.listener(balancer, POLICIES[2:])
    world.apply().good()
    since = world.directory / "since.json"
    shutil.copy(world.directory / "document.json", since)
    reader = World(Cloud(lab, "observer"), tmp_path / "reader", lab.environ("observer"))
    reader.listener(balancer, POLICIES[2:])
    assert reader.run("drift", "manifests").good().document["result"] == "clean"
    reader.listener(balancer, [*POLICIES[2:4], to_pool("gone", "a", path("/gone"))])
    (gone,) = [policy["id"] for policy in cloud.policies(balancer) if policy["name"] == "first"]
    cloud.write(balancer.id, "PUT", f"/l7policies/{gone}", {"l7policy": {"position": 3}})
    ran = reader.run("drift", "manifests", "--since", str(since))
    assert ran.code == 2, ran.told()
    assert {f["address"].rsplit("/", 1)[1]: f["cause"] for f in ran.document["findings"]} == {"gone": "not_applied", "first": "outside"}
    assert reader.apply().code != 0, "a reader writes nothing"
    assert reader.run("drift", "manifests").code == 2


def test_a_listener_that_is_no_more_is_unknown_not_clean_and_hides_no_other(cloud, world, fresh):
    balancer, group = cloud.balancer(fresh, POLICIES[2:3]), cloud.group(fresh + "-sg", [tcp(22), tcp(80)])
    scope, rules = world.listener(balancer, POLICIES[2:3]), world.group(group, [tcp(22)])
    cloud.write(balancer.id, "DELETE", f"/listeners/{balancer.listener}")
    ran = world.run("drift", "manifests")
    assert ran.code not in (0, 2), ran.told()
    assert [one["scope"] for one in ran.document["unknown"]] == [scope]
    assert ran.document["result"] == "unknown"
    assert [(f["what"], f["scope"]) for f in ran.document["findings"]] == [("unlisted", rules)]

"""The official clients read what we wrote, and write what we then plan right."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.real_servers.world import host, path, tcp, to_pool, to_url

pytestmark = pytest.mark.real

POLICIES = [
    to_pool("canary", "a", path("/canary"), host("shop.example.com")),
    to_url("old", "https://new.example.com/", path("/old"), redirect_http_code=301),
    {"name": "prefix", "action": "REDIRECT_PREFIX", "redirect_prefix": "https://pre.example.com", "rules": [path("/pre")]},
    {"name": "secret", "action": "REJECT", "description": "nobody",
     "rules": [{"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Env", "value": "test", "invert": True}, path("/s")]},
]  # fmt: skip


@pytest.fixture(scope="module")
def sdk(lab):
    """openstacksdk as its users have it: from OS_*."""
    import openstack

    environ = lab.environ()
    return openstack.connection.Connection(
        auth={"auth_url": environ["OS_AUTH_URL"], "username": "demo", "password": environ["OS_PASSWORD"],
              "project_name": "demo", "user_domain_id": "default", "project_domain_id": "default"},
        region_name="RegionOne", identity_api_version="3",
    )  # fmt: skip


@pytest.fixture(scope="module")
def client(lab):
    """The ``openstack`` command; answers its parsed JSON."""

    def run(*words: str, parsed: bool = True):
        command = [str(lab.places.venv / "bin" / "openstack"), *words, *(("-f", "json") if parsed else ())]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OS_") and "proxy" not in k.lower()}
        done = subprocess.run(command, env={**kept, **lab.environ()}, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if parsed else None

    return run


def test_the_sdk_and_the_command_read_what_we_wrote(sdk, client, cloud, world, fresh):
    balancer, group = cloud.balancer(fresh), cloud.group(fresh + "-sg")
    world.listener(balancer, POLICIES)
    world.group(group, [tcp(443, "0.0.0.0/0", description="https"), {"direction": "ingress", "ethertype": "IPv6", "protocol": "icmp"}])
    world.apply().good()
    found = {p.name: p for p in sdk.load_balancer.l7_policies(listener_id=balancer.listener)}
    assert set(found) == {p["name"] for p in POLICIES}
    for wanted in POLICIES:
        policy = sdk.load_balancer.get_l7_policy(found[wanted["name"]].id)
        assert (policy.action, policy.is_admin_state_up, policy.provisioning_status) == (wanted["action"], True, "ACTIVE")
        assert policy.redirect_url == wanted.get("redirect_url")
        assert policy.redirect_prefix == wanted.get("redirect_prefix")
        assert policy.redirect_pool_id == (balancer.pools["a"] if "redirect_pool" in wanted else None)
        rules = [(r.type, r.compare_type, r.key, r.rule_value, r.invert) for r in sdk.load_balancer.l7_rules(policy.id)]
        assert sorted(rules, key=str) == sorted(
            ((r["type"], r["compare_type"], r.get("key"), r["value"], r.get("invert", False)) for r in wanted["rules"]), key=str)  # fmt: skip
    shown = client("loadbalancer", "l7policy", "show", found["old"].id)
    assert (shown["redirect_url"], shown["redirect_http_code"]) == ("https://new.example.com/", 301)
    listed = client("security", "group", "rule", "list", group.id, "--ingress", "--long")
    assert sorted((r["IP Protocol"], r["Ethertype"], r["Port Range"]) for r in listed) == [
        ("ipv6-icmp", "IPv6", ""), ("tcp", "IPv4", "443:443")]  # fmt: skip


def test_what_the_command_and_the_sdk_write_is_planned_right(sdk, client, cloud, world, fresh):
    balancer, group = cloud.balancer(fresh, POLICIES[:2]), cloud.group(fresh + "-sg", [tcp(22)])
    scope, rules = world.listener(balancer, POLICIES[:2]), world.group(group, [tcp(22)])
    world.nothing_is_left_to_do()
    found = {p.name: p.id for p in sdk.load_balancer.l7_policies(listener_id=balancer.listener)}
    client("loadbalancer", "l7policy", "create", "--name", "extra", "--action", "REJECT", "--wait", balancer.listener)
    client("loadbalancer", "l7policy", "set", "--name", "renamed", "--wait", found["old"], parsed=False)
    sdk.load_balancer.create_l7_rule(found["canary"], type="COOKIE", compare_type="EQUAL_TO", key="stage", value="canary")
    cloud.settle(balancer.id)
    client("security", "group", "rule", "create", "--protocol", "tcp", "--dst-port", "1:65535", "--remote-ip", "0.0.0.0/0", group.id)
    steps = world.plan("--detailed-exitcode")
    assert steps.code == 2, steps.told()
    told = {(s["op"], s["kind"], s["scope"], s["address"].removeprefix(s["scope"])) for s in steps.document["steps"]}
    assert ("delete", "l7policy", scope, "/policy/extra") in told
    assert ("update", "l7policy", scope, "/policy/old") in told
    assert ("delete", "l7rule", scope, "/policy/canary/rule/COOKIE:stage") in told
    assert [t[:3] for t in told if t[2] == rules] == [("delete", "security_group_rule", rules)]
    assert len(told) == 4
    world.apply().good()
    world.nothing_is_left_to_do()
    assert {p.name: p.id for p in sdk.load_balancer.l7_policies(listener_id=balancer.listener)} == found, "the same policies"


def test_what_the_command_wrote_is_imported_and_then_planned_empty(client, cloud, world, fresh):
    balancer, group = cloud.balancer(fresh, POLICIES), cloud.group(fresh + "-sg", [tcp(22), tcp(8080, "10.1.2.3/8", description="odd")])
    client("security", "group", "rule", "create", "--protocol", "any", "--remote-group", group.id, group.id)
    client("loadbalancer", "l7policy", "create", "--name", "disabled", "--action", "REDIRECT_TO_URL", "--redirect-url",
           "http://x.example.com/", "--disable", "--position", "1", "--wait", balancer.listener)  # fmt: skip
    got = world.run("import", "--provider", "cloud", "--listener-id", balancer.listener, "--security-group-id", group.id)
    got.good()
    (world.directory / "manifests").mkdir(exist_ok=True)
    (world.directory / "manifests" / "imported.yaml").write_text(got.out)
    world.nothing_is_left_to_do()
    assert got.out.count("name: disabled") == 1

"""Neutron's own table of duplicates, its silent rewriting, and its quotas."""

from __future__ import annotations

import uuid

import pytest

from tests.real_servers.cloud import Cloud
from tests.real_servers.world import World, host, path, tcp, to_pool

pytestmark = pytest.mark.real


def rule(**words):
    return {"direction": "ingress", "ethertype": "IPv4", **words}


EVERY = {"ethertype": "IPv6", "remote_ip_prefix": "::/0"}
REWRITTEN = {
    # what is sent: what a manifest may say that means the same to Neutron
    "all tcp ports": (rule(protocol="tcp", port_range_min=1, port_range_max=65535), rule(protocol="tcp")),
    "no ports": (rule(protocol="udp"), rule(protocol="udp", port_range_min=1, port_range_max=65535)),
    "any protocol": (rule(protocol="any"), rule()),
    "no protocol": (rule(), rule(protocol="any")),
    "a number for tcp": (rule(protocol="6", port_range_min=80, port_range_max=80), tcp(80, "0.0.0.0/0")),
    "a name for 6": (tcp(81, "0.0.0.0/0"), rule(protocol="6", port_range_min=81, port_range_max=81)),
    "upper case": (rule(protocol="UDP", port_range_min=53, port_range_max=53), rule(protocol="udp", port_range_min=53, port_range_max=53)),
    "icmp of IPv6": (rule(**EVERY | {"protocol": "icmp"}), rule(ethertype="IPv6", protocol="ipv6-icmp")),
    "58": (rule(**EVERY | {"protocol": "58"}), rule(ethertype="IPv6", protocol="icmpv6")),
    "any address": (tcp(82, "0.0.0.0/0"), rule(protocol="tcp", port_range_min=82, port_range_max=82)),
    "no prefix": (rule(protocol="tcp", port_range_min=83, port_range_max=83), tcp(83, "0.0.0.0/0")),
    "one address": (tcp(84, "10.1.2.3"), tcp(84, "10.1.2.3/32")),
    "a host's prefix": (tcp(85, "10.1.2.3/8"), tcp(85, "10.1.2.3/8")),
    "long IPv6": (rule(ethertype="IPv6", protocol="tcp", port_range_min=86, port_range_max=86, remote_ip_prefix="2001:DB8:0:0::/64"),
                  rule(ethertype="IPv6", protocol="tcp", port_range_min=86, port_range_max=86, remote_ip_prefix="2001:db8::/64")),
    "ping": (rule(protocol="icmp", port_range_min=8, port_range_max=0), rule(protocol="1", port_range_min=8, port_range_max=0)),
    "type without code": (rule(protocol="icmp", port_range_min=0), rule(protocol="icmp", port_range_min=0)),
    "a protocol of no name": (rule(protocol="112"), rule(protocol="vrrp")),
}  # fmt: skip


@pytest.mark.parametrize("name", REWRITTEN)
def test_rules_that_neutron_takes_for_equal_are_no_difference(cloud, world, fresh, name):
    sent, listed = REWRITTEN[name]
    group = cloud.group(fresh, [sent])
    world.group(group, [listed])
    try:
        world.nothing_is_left_to_do()
    finally:
        cloud.ask("DELETE", "neutron", f"/security-groups/{group.id}")


def test_every_spelling_that_we_write_is_found_again(cloud, world, fresh):
    group = cloud.group(fresh)
    listed = [sent for name, (sent, _) in REWRITTEN.items() if name not in ("no protocol", "58")]
    world.group(group, [r | {"description": f"rule {n}"} for n, r in enumerate(listed)])
    ran = world.apply().good()
    assert len(ran.document["steps"]) == len(listed) == len(cloud.rules(group))
    world.nothing_is_left_to_do()


def test_a_rule_that_gets_wider_is_created_before_the_narrow_one_goes(cloud, world, fresh):
    group = cloud.group(fresh, [tcp(443, "10.0.0.0/9")])
    world.group(group, [tcp(443, "10.0.0.0/8")])
    ran = world.plan().good()
    assert [step["op"] for step in ran.document["steps"]] == ["create", "delete"]
    world.apply().good()
    assert cloud.traffic(group) == [("tcp", "443", "10.0.0.0/8")]


def test_another_description_is_told_and_changes_nothing(cloud, world, fresh):
    group = cloud.group(fresh, [tcp(443, description="old")])
    world.group(group, [tcp(443, description="new")])
    ran = world.plan("--detailed-exitcode").good()
    assert ran.document["steps"] == []
    assert len(ran.document["cosmetic"]) == 1
    assert [r["description"] for r in cloud.rules(group)] == ["old"]


@pytest.fixture
def tight(lab, cloud, tmp_path):
    """A project of its own whose quotas a test may set."""
    tenant, admin = Cloud(lab, "tight"), Cloud(lab, "admin")
    world = World(tenant, tmp_path, lab.environ("tight"))
    yield tenant, admin, world
    admin.request("DELETE", "neutron", f"/quotas/{tenant.project_id}")
    admin.request("DELETE", "octavia", f"/quotas/{tenant.project_id}")
    tenant.close()
    admin.close()


def test_a_quota_of_rules_that_has_no_room_is_told_before_the_first_write(tight):
    tenant, admin, world = tight
    group = tenant.group(f"tight-{uuid.uuid4().hex[:8]}", [tcp(22)])
    details = tenant.ask("GET", "neutron", f"/quotas/{tenant.project_id}/details.json")["quota"]["security_group_rule"]
    admin.ask("PUT", "neutron", f"/quotas/{tenant.project_id}", {"quota": {"security_group_rule": details["used"] + 1}})
    world.group(group, [tcp(22), tcp(80), tcp(443)])
    ran = world.apply()
    assert ran.code in (3, 4), ran.told()
    assert "quota" in ran.err.lower()
    assert tenant.traffic(group) == [("tcp", "22", "10.0.0.0/8")]
    world.group(group, [tcp(22), tcp(80)])
    world.apply().good()


def test_a_quota_of_policies_or_rules_that_is_met_on_the_way_ends_the_run_with_the_clouds_words(tight):
    tenant, admin, world = tight
    balancer = tenant.balancer(f"tight-{uuid.uuid4().hex[:8]}", [to_pool("aaa", "a", path("/a"))])
    world.listener(balancer, [to_pool("aaa", "a", path("/a")), to_pool("new", "b", path("/n"), host("n.example.com"))])
    usage = len(tenant.ask("GET", "octavia", "/l7policies")["l7policies"])
    admin.ask("PUT", "octavia", f"/quotas/{tenant.project_id}", {"quota": {"l7policy": usage}})
    ran = world.apply()
    assert ran.code in (1, 3, 4), ran.told()
    assert "quota" in ran.told().lower()
    assert tenant.names(balancer) == ["aaa"]
    admin.ask("PUT", "octavia", f"/quotas/{tenant.project_id}", {"quota": {"l7policy": -1}})
    world.apply().good()
    world.nothing_is_left_to_do()

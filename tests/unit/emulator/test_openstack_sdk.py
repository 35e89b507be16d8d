"""The official OpenStack SDK on the served emulator: it finds every path it asks for."""

import threading
import time

import pytest
from unit.emulator.openstack_support import PROJECT, SEED

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import make_server
from reconciler.emulator.options import OpenStackOptions, Options

openstack = pytest.importorskip("openstack")


@pytest.fixture
def emulator():
    quick = OpenStackOptions(create_seconds=0, update_seconds=0, delete_seconds=0)
    made = Emulator(SEED, options=Options(openstack=quick))
    yield made
    made.close()


@pytest.fixture
def connection(emulator):
    server = make_server(emulator)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    made = openstack.connection.Connection(
        auth={"auth_url": f"http://127.0.0.1:{port}/identity/v3", "username": "demo", "password": "x", "project_name": "demo",
              "user_domain_id": "default", "project_domain_id": "default"}, region_name="RegionOne",
    )  # fmt: skip
    yield made
    made.close()
    server.should_exit = True
    thread.join(20)


def test_the_sdk_makes_finds_changes_and_deletes_policies_and_rules(connection, emulator):
    octavia = connection.load_balancer
    listener, pool = octavia.find_listener("web"), octavia.find_pool("blue")
    made = octavia.create_l7_policy(
        listener_id=listener.id, action="REDIRECT_TO_POOL", redirect_pool_id=pool.id, name="a", admin_state_up=False
    )
    octavia.create_l7_rule(made, type="PATH", compare_type="STARTS_WITH", value="/x")
    octavia.update_l7_policy(made, admin_state_up=True)
    found = octavia.find_l7_policy("a")
    assert (found.is_admin_state_up, found.redirect_pool_id, found.position) == (True, pool.id, 1)
    assert [rule.rule_value for rule in octavia.l7_rules(found)] == ["/x"]
    assert octavia.wait_for_load_balancer(listener.load_balancers[0]["id"], interval=0.01).provisioning_status == "ACTIVE"
    octavia.delete_l7_policy(found)
    assert list(octavia.l7_policies()) == []
    assert octavia.get_quota(PROJECT).listeners == -1
    assert emulator.unknown == []


def test_the_sdk_makes_groups_and_rules_and_hears_of_duplicates(connection, emulator):
    neutron = connection.network
    group = neutron.create_security_group(name="g")
    wanted = {"security_group_id": group.id, "direction": "ingress", "port_range_min": 80, "port_range_max": 80}
    rule = neutron.create_security_group_rule(protocol="tcp", **wanted)
    with pytest.raises(openstack.exceptions.ConflictException, match=rule.id):
        neutron.create_security_group_rule(protocol="6", **wanted)
    neutron.set_tags(group, ["mine"])
    found = neutron.find_security_group("g")
    assert found.tags == ["mine"]
    assert {entry["id"] for entry in found.security_group_rules} >= {rule.id}
    assert neutron.get_quota(PROJECT, details=True).security_group_rules["used"] == 7
    neutron.delete_security_group_rule(rule)
    neutron.delete_security_group(group)
    assert [entry.name for entry in neutron.security_groups()] == ["default"]
    assert emulator.unknown == []

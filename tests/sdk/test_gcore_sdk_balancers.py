"""Load balancers, listeners, pools, tasks and quotas through the official SDK, checked against its models."""

import warnings

import gcore
import pytest

from reconciler.emulator.options import GcoreOptions, Options

MONITOR = {"type": "HTTP", "delay": 10, "timeout": 5, "max_retries": 3}


@pytest.fixture
def cloud(gcore_cloud):
    return gcore_cloud()


@pytest.fixture
def balancers(cloud):
    return cloud.client.cloud.load_balancers


def shop(balancers):
    return next(iter(balancers.list(name="shop")))


def test_a_load_balancer_is_made_with_everything_on_it_in_one_task(balancers, cloud):
    member = {"address": "10.1.1.1", "protocol_port": 8080, "weight": 5}
    pool = {"name": "back", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", "members": [member]}
    made = balancers.create_and_poll(
        name="whole",
        flavor="lb1-1-2",
        tags={"env": "test"},
        preferred_connectivity="L3",
        logging={"enabled": True, "topic_name": "logs"},
        listeners=[
            {"name": "front", "protocol": "HTTP", "protocol_port": 80, "pools": [{**pool, "healthmonitor": MONITOR}]},
            {"name": "plain", "protocol": "TCP", "protocol_port": 22},
        ],
    )
    assert (made.flavor.flavor_name, made.flavor.ram, made.flavor.vcpus) == ("lb1-1-2", 2048, 1)
    assert (made.preferred_connectivity, made.logging.topic_name) == ("L3", "logs")
    assert [balancers.listeners.get(item.id).name for item in made.listeners] == ["front", "plain"]
    task = cloud.client.cloud.tasks.get(made.creator_task_id)
    assert len(task.created_resources.listeners) == 2
    back = next(iter(balancers.pools.list(load_balancer_id=made.id, details=True)))
    assert (back.members[0].weight, back.healthmonitor.url_path) == (5, "/")
    tree = balancers.statuses.get(made.id)
    assert [(node.name, [pool.name for pool in node.pools]) for node in tree.listeners] == [
        ("front", ["back"]),
        ("plain", []),
    ]
    assert tree.listeners[0].pools[0].members[0].address == "10.1.1.1"
    assert {item.name for item in balancers.statuses.list().results} == {"shop", "whole"}


def test_load_balancers_are_filtered_ordered_renamed_and_deleted(balancers):
    made = balancers.create_and_poll(name="another", tags={"env": "test", "x": "y"})
    assert [item.name for item in balancers.list(order_by="name.asc")] == ["another", "shop"]
    assert [item.name for item in balancers.list(tag_key=["env"])] == ["another"]
    assert [item.name for item in balancers.list(tag_key_value='{"env": "prod"}')] == []
    assert [item.name for item in balancers.list(provisioning_status="ERROR")] == []
    assert [item.name for item in balancers.list(limit=1)] == ["shop", "another"]
    assert [item.name for item in balancers.list(logging_enabled=False, assigned_floating=False, show_stats=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        renamed = balancers.update(made.id, name="renamed", tags={"env": None})
    assert (renamed.name, [tag.key for tag in renamed.tags_v2]) == ("renamed", ["x"])
    assert renamed.updated_at is not None
    assert balancers.resize_and_poll(made.id, flavor="lb1-2-4").flavor.vcpus == 2
    assert balancers.failover_and_poll(made.id, force=True).provisioning_status == "ACTIVE"
    balancers.delete_and_poll(made.id)
    with pytest.raises(gcore.NotFoundError):
        balancers.get(made.id)


def test_deleting_a_load_balancer_deletes_what_is_on_it(balancers):
    listener = next(iter(balancers.listeners.list(name="web")))
    policy = balancers.l7_policies.create_and_poll(action="REJECT", listener_id=listener.id)
    rule = balancers.l7_policies.rules.create_and_poll(policy.id, type="PATH", compare_type="EQUAL_TO", value="/")
    assert balancers.l7_policies.rules.get(rule.id, l7policy_id=policy.id).id == rule.id
    balancers.delete_and_poll(shop(balancers).id)
    for found in (balancers.list(), balancers.listeners.list(), balancers.pools.list(), balancers.l7_policies.list()):
        assert list(found) == []


def test_listeners_are_made_read_patched_and_deleted(balancers, cloud):
    balancer = shop(balancers)
    made = balancers.listeners.create_and_poll(
        load_balancer_id=balancer.id,
        name="tls",
        protocol="TERMINATED_HTTPS",
        protocol_port=443,
        insert_x_forwarded=True,
        connection_limit=-1,
        allowed_cidrs=["10.0.0.0/8"],
        user_list=[{"username": "u", "encrypted_password": "$5$x"}],
        sni_secret_id=["s1"],
    )
    assert (made.connection_limit, made.load_balancer_id, made.pool_count) == (100000, balancer.id, 0)
    assert set(made.insert_headers) == {"X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"}
    task = balancers.listeners.update(made.id, admin_state_up=False).tasks[0]
    assert cloud.client.cloud.tasks.poll(task).created_resources.listeners == [made.id]
    changed = balancers.listeners.update_and_poll(
        made.id, name="tls-2", allowed_cidrs=None, user_list=[], timeout_client_data=5000
    )
    assert (changed.name, changed.allowed_cidrs, changed.user_list) == ("tls-2", None, [])
    assert (changed.timeout_client_data, changed.admin_state_up, changed.sni_secret_id) == (5000, False, ["s1"])
    assert [item.id for item in balancers.listeners.list(load_balancer_id=balancer.id, name="tls-2")] == [made.id]
    assert balancers.listeners.get(made.id, show_stats=True).stats.total_connections == 0
    balancers.listeners.delete_and_poll(made.id)
    with pytest.raises(gcore.NotFoundError):
        balancers.listeners.get(made.id)


def test_a_port_is_taken_once(balancers):
    balancer = shop(balancers)
    with pytest.raises(gcore.ConflictError, match="already using"):
        balancers.listeners.create(load_balancer_id=balancer.id, name="again", protocol="HTTP", protocol_port=80)
    balancers.listeners.create_and_poll(load_balancer_id=balancer.id, name="udp", protocol="UDP", protocol_port=80)


def test_deleting_a_listener_deletes_its_policies_and_its_pool_if_asked(balancers, cloud):
    balancer = shop(balancers)
    listener = balancers.listeners.create_and_poll(
        load_balancer_id=balancer.id, name="http-2", protocol="HTTP", protocol_port=8080
    )
    pool = balancers.pools.create_and_poll(
        name="green", protocol="HTTP", lb_algorithm="SOURCE_IP", listener_id=listener.id
    )
    assert [item.id for item in pool.listeners] == [listener.id]
    assert balancers.listeners.get(listener.id).pool_count == 1
    balancers.l7_policies.create_and_poll(action="REJECT", listener_id=listener.id)
    cloud.client.cloud.tasks.poll(balancers.listeners.delete(listener.id, delete_default_pool=True).tasks[0])
    assert list(balancers.l7_policies.list()) == []
    assert [item.name for item in balancers.pools.list()] == ["blue"]


def test_pools_are_made_read_patched_and_deleted(balancers):
    balancer = shop(balancers)
    made = balancers.pools.create_and_poll(
        name="green",
        protocol="HTTP",
        lb_algorithm="LEAST_CONNECTIONS",
        load_balancer_id=balancer.id,
        members=[{"address": "10.0.0.2", "protocol_port": 80}, {"address": "10.0.0.3", "protocol_port": 80}],
        healthmonitor={**MONITOR, "expected_codes": "200-204"},
        session_persistence={"type": "APP_COOKIE", "cookie_name": "sid"},
    )
    assert [item.id for item in made.loadbalancers] == [balancer.id]
    assert (made.healthmonitor.expected_codes, made.session_persistence.cookie_name) == ("200-204", "sid")
    kept = {member.address: member.id for member in made.members}
    changed = balancers.pools.update_and_poll(
        made.id,
        lb_algorithm="ROUND_ROBIN",
        members=[{"address": "10.0.0.3", "protocol_port": 80}, {"address": "10.0.0.4", "protocol_port": 80}],
        session_persistence=None,
        healthmonitor={"delay": 20, "timeout": 5, "max_retries": 2},
    )
    assert changed.session_persistence is None
    assert (changed.healthmonitor.delay, changed.healthmonitor.id) == (20, made.healthmonitor.id)
    assert {m.address: m.id for m in changed.members}["10.0.0.3"] == kept["10.0.0.3"]
    assert balancers.pools.update(made.id, lb_algorithm="ROUND_ROBIN").tasks == []
    assert balancers.pools.update_and_poll(made.id, healthmonitor=None).healthmonitor is None
    assert [item.id for item in balancers.pools.list(name="green")] == [made.id]
    balancers.pools.delete_and_poll(made.id)
    with pytest.raises(gcore.NotFoundError):
        balancers.pools.get(made.id)


def test_a_pool_that_a_policy_points_to_cannot_be_deleted(balancers):
    listener = next(iter(balancers.listeners.list(name="web")))
    pool = next(iter(balancers.pools.list(name="blue")))
    balancers.l7_policies.create_and_poll(action="REDIRECT_TO_POOL", listener_id=listener.id, redirect_pool_id=pool.id)
    assert [item.id for item in balancers.pools.list(listener_id=listener.id)] == [pool.id]
    with pytest.raises(gcore.ConflictError, match="in use by L7 policy"):
        balancers.pools.delete(pool.id)


def test_a_policy_cannot_use_a_pool_of_another_load_balancer_or_of_tcp(balancers):
    listener = next(iter(balancers.listeners.list(name="web")))
    other = balancers.create_and_poll(name="other")
    strange = balancers.pools.create_and_poll(
        name="strange", protocol="HTTP", lb_algorithm="ROUND_ROBIN", load_balancer_id=other.id
    )
    raw = balancers.pools.create_and_poll(
        name="raw", protocol="TCP", lb_algorithm="ROUND_ROBIN", load_balancer_id=shop(balancers).id
    )
    make = balancers.l7_policies.create
    with pytest.raises(gcore.NotFoundError):
        make(action="REDIRECT_TO_POOL", listener_id=listener.id, redirect_pool_id=strange.id)
    with pytest.raises(gcore.BadRequestError):
        make(action="REDIRECT_TO_POOL", listener_id=listener.id, redirect_pool_id=raw.id)


def test_members_have_routes_of_their_own(balancers):
    pool = next(iter(balancers.pools.list(name="blue")))
    members = balancers.pools.members
    made = members.create_and_poll(pool.id, address="10.0.0.9", protocol_port=81, weight=2)
    assert [item.address for item in members.list(pool.id)] == ["10.0.0.1", "10.0.0.9"]
    assert members.update_and_poll(made.id, pool_id=pool.id, weight=7, backup=True).weight == 7
    assert members.update(made.id, pool_id=pool.id, weight=7).tasks == []
    with pytest.raises(gcore.ConflictError):
        members.create(pool.id, address="10.0.0.9", protocol_port=81)
    left = members.replace_and_poll(pool.id, body=[{"address": "10.0.0.9", "protocol_port": 81}])
    assert [item.id for item in left] == [made.id]
    members.delete_and_poll(made.id, pool_id=pool.id)
    assert list(members.list(pool.id)) == []


def test_a_health_monitor_has_routes_of_its_own(balancers, cloud):
    pool = next(iter(balancers.pools.list(name="blue")))
    monitors, tasks = balancers.pools.health_monitors, cloud.client.cloud.tasks
    assert monitors.get(pool.id).http_method == "GET"
    tasks.poll(monitors.update(pool.id, delay=30, domain_name="a.example").tasks[0])
    assert (monitors.get(pool.id).delay, monitors.get(pool.id).domain_name) == (30, "a.example")
    monitors.delete(pool.id)
    with pytest.raises(gcore.NotFoundError):
        monitors.get(pool.id)
    done = tasks.poll(monitors.create(pool.id, type="TCP", delay=10, api_timeout=5, max_retries=1).tasks[0])
    assert done.created_resources.healthmonitors == [monitors.get(pool.id).id]


def test_tasks_are_listed_filtered_and_acknowledged(balancers, cloud):
    tasks = cloud.client.cloud.tasks
    listener = next(iter(balancers.listeners.list(name="web")))
    first = balancers.l7_policies.create(action="REJECT", listener_id=listener.id).tasks[0]
    cloud.clock.sleep(100)
    second = cloud.client.cloud.security_groups.create(name="web").tasks[0]
    assert [item.id for item in tasks.list(state=["NEW", "RUNNING"])] == [second]
    assert [item.id for item in tasks.list(order_by="desc")] == [second, first]
    assert [item.id for item in tasks.list(limit=1)] == [first, second]
    assert [item.id for item in tasks.list(task_type="create_l7policy", project_id=[1], region_id=[1, 2])] == [first]
    assert [item.id for item in tasks.list(project_id=[7])] == []
    started = tasks.get(second).created_on
    assert [item.id for item in tasks.list(from_timestamp=started)] == [second]
    assert [item.id for item in tasks.list(to_timestamp=tasks.get(first).finished_on + "Z")] == [first]
    assert tasks.acknowledge_one(first).acknowledged_by is not None
    assert [item.id for item in tasks.list(is_acknowledged=False)] == [second]
    cloud.clock.sleep(5)
    tasks.acknowledge_all(project_id=1, region_id=1)
    assert [item.id for item in tasks.list(is_acknowledged=True)] == [first, second]
    data = tasks.get(first)
    assert (data.state, data.task_type, data.data["listener_id"]) == ("FINISHED", "create_l7policy", listener.id)
    with pytest.raises(gcore.NotFoundError):
        tasks.get("nothing")


def test_the_task_list_pages_by_ten(cloud):
    groups, tasks = cloud.client.cloud.security_groups, cloud.client.cloud.tasks
    for number in range(11):
        groups.create(name=f"group {number}")
    page = tasks.list()
    assert (page.count, len(page.results)) == (11, 10)
    assert len(list(tasks.list())) == 11


def test_quotas_show_limits_and_usage(gcore_cloud):
    cloud = gcore_cloud(options=Options(gcore=GcoreOptions(firewall_count_limit=5)))
    quotas = cloud.client.cloud.quotas
    cloud.client.cloud.security_groups.create_and_poll(name="web")
    regional = quotas.get_all().regional_quotas[0]
    assert (regional.region_id, regional.firewall_count_limit, regional.firewall_count_usage) == (1, 5, 1)
    assert quotas.get_by_region(client_id=1, region_id=1).loadbalancer_count_usage == 1
    assert quotas.get_global(1).project_count_usage == 1


def test_the_key_must_be_known_where_keys_are_given(gcore_cloud):
    cloud = gcore_cloud(options=Options(api_keys=("1234$other",)))
    with pytest.raises(gcore.AuthenticationError) as caught:
        cloud.client.cloud.load_balancers.list()
    assert caught.value.body["message"].startswith("Bad permanent token: ")
    assert "abcdef" not in str(caught.value.body)
    cloud.client.with_options(api_key="1234$other").cloud.load_balancers.list()


def test_what_is_not_emulated_is_the_apis_own_404_and_is_recorded(cloud):
    with pytest.raises(gcore.NotFoundError) as caught:
        cloud.client.cloud.networks.list()
    assert caught.value.body["exception_class"] == "NotFoundError"
    assert [call.path for call in cloud.emulator.unknown] == ["/cloud/v1/networks/1/1"]

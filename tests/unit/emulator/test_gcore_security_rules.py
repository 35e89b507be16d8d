"""What Neutron makes of security group rules: read-back forms, refusals, duplicates, and the switches for each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.gcore_support import Cloud

from reconciler.emulator.gcore import neutron
from reconciler.emulator.options import GcoreOptions

TCP = {"direction": "ingress", "protocol": "tcp"}
SIX = {"direction": "ingress", "ethertype": "IPv6"}


def stored(rule, **switches):
    cloud = Cloud(**switches)
    group = cloud.group(rule)
    (read,) = cloud.ok("GET", f"/v1/securitygroups/1/1/{group}")["security_group_rules"]
    return read


@pytest.mark.parametrize(
    ("sent", "field", "switches", "read"),
    [
        ({**TCP, "port_range_min": 1, "port_range_max": 65535}, "port_range_min", {}, None),
        (
            {**TCP, "port_range_min": 1, "port_range_max": 65535},
            "port_range_max",
            {"full_port_range_read_back": "as_sent"},
            65535,
        ),
        ({"direction": "egress", "protocol": "any"}, "protocol", {}, None),
        ({"direction": "egress", "protocol": None}, "protocol", {"any_protocol_read_back": "any"}, "any"),
        ({"direction": "egress"}, "ethertype", {}, "IPv4"),
        ({**SIX, "protocol": "icmp"}, "protocol", {}, "ipv6-icmp"),
        ({**SIX, "protocol": "icmp"}, "protocol", {"ipv6_icmp_read_back": "as_sent"}, "icmp"),
        ({**TCP, "remote_ip_prefix": "10.1.2.3/8"}, "remote_ip_prefix", {}, "10.1.2.3/8"),
        ({**TCP, "remote_ip_prefix": "10.1.2.3/8"}, "remote_ip_prefix", {"host_bits": "cleared"}, "10.0.0.0/8"),
        ({**TCP, "remote_ip_prefix": "10.1.2.3"}, "remote_ip_prefix", {}, "10.1.2.3/32"),
        ({**TCP, "remote_ip_prefix": "10.0.0.0/255.0.0.0"}, "remote_ip_prefix", {}, "10.0.0.0/8"),
        ({**SIX, "remote_ip_prefix": "2001:DB8:0:0::1/64"}, "remote_ip_prefix", {}, "2001:db8::1/64"),
        ({**TCP, "remote_ip_prefix": "0.0.0.0/0"}, "remote_ip_prefix", {}, "0.0.0.0/0"),
        ({**TCP, "remote_ip_prefix": "0.0.0.0/0"}, "remote_ip_prefix", {"any_prefix_read_back": "null"}, None),
        ({**SIX, "remote_ip_prefix": "::/0"}, "remote_ip_prefix", {"any_prefix_read_back": "null"}, None),
        ({**TCP, "remote_ip_prefix": ""}, "remote_ip_prefix", {}, None),
        (TCP, "description", {}, None),
        (TCP, "description", {"unset_description_reads": "empty"}, ""),
        ({**TCP, "port_range_min": 0, "port_range_max": 9}, "port_range_min", {"port_zero": "accepted"}, 0),
    ],
)
def test_a_rule_reads_back_as_the_table_says(sent, field, switches, read):
    assert stored(sent, **switches)[field] == read


@pytest.fixture(scope="module")
def shared():
    cloud = Cloud()
    cloud.group()
    return cloud


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "direction"),
        ({"direction": "in"}, "direction"),
        ({**TCP, "ethertype": "ipv4"}, "ethertype"),
        ({**TCP, "ethertype": None}, "ethertype"),
        ({**TCP, "protocol": "TCP"}, "protocol"),
        ({**TCP, "protocol": 6}, "protocol"),
        ({**TCP, "port_range_min": -1, "port_range_max": 1}, "port_range_min"),
        ({**TCP, "port_range_min": 1, "port_range_max": 65536}, "port_range_max"),
        ({**TCP, "port_range_min": "80", "port_range_max": 80}, "port_range_min"),
        ({**TCP, "port_range_min": 80}, "port_range_min"),
        ({**TCP, "port_range_max": 80}, "port_range_min"),
        ({**TCP, "port_range_min": 81, "port_range_max": 80}, "port_range_min"),
        ({**TCP, "port_range_min": 0, "port_range_max": 80}, "port_range_min"),
        ({"direction": "ingress", "port_range_min": 80, "port_range_max": 80}, "port_range_min"),
        ({"direction": "ingress", "protocol": "any", "port_range_min": 80, "port_range_max": 80}, "port_range_min"),
        ({"direction": "ingress", "protocol": "gre", "port_range_min": 80, "port_range_max": 80}, "port_range_min"),
        ({"direction": "ingress", "protocol": "icmp", "port_range_max": 0}, "port_range_min"),
        ({"direction": "ingress", "protocol": "icmp", "port_range_min": 256}, "port_range_min"),
        ({"direction": "ingress", "protocol": "ipv6-icmp"}, "ethertype"),
        ({**TCP, "remote_ip_prefix": "10.0.0.0/33"}, "remote_ip_prefix"),
        ({**TCP, "remote_ip_prefix": "garbage"}, "remote_ip_prefix"),
        ({**TCP, "remote_ip_prefix": "010.0.0.1/32"}, "remote_ip_prefix"),
        ({**TCP, "remote_ip_prefix": "2001:db8::/32"}, "remote_ip_prefix"),
        ({**SIX, "remote_ip_prefix": "10.0.0.0/8"}, "remote_ip_prefix"),
        ({**TCP, "remote_group_id": None}, "remote_group_id"),
        ({**TCP, "remote_group_id": "web"}, "remote_group_id"),
        ({**TCP, "description": None}, "description"),
        ({**TCP, "description": "x" * 256}, "description"),
    ],
)
def test_a_rule_that_cannot_be_names_its_field(shared, rule, field):
    group = shared.all("securitygroups")[0]["id"]
    assert shared.refused("POST", f"/v2/security_groups/1/1/{group}/rules", rule) == (400, [field])


def test_prefix_and_group_exclude_each_other(shared):
    group = shared.all("securitygroups")[0]["id"]
    both = {**TCP, "remote_ip_prefix": "10.0.0.0/8", "remote_group_id": group}
    assert shared.refused("POST", f"/v2/security_groups/1/1/{group}/rules", both) == (400, ["remote_group_id"])
    unknown = {**TCP, "remote_group_id": "00000000-0000-4000-8000-000000000000"}
    assert shared.refused("POST", f"/v2/security_groups/1/1/{group}/rules", unknown)[0] == 404


def test_an_invalid_rule_may_be_a_task_in_error_instead():
    cloud = Cloud(invalid_security_rule="task_error")
    group = cloud.group()
    bad = {**TCP, "remote_ip_prefix": "garbage"}
    for call in (
        ("POST", f"/v2/security_groups/1/1/{group}/rules", bad),
        ("PATCH", f"/v2/security_groups/1/1/{group}", {"rules": [bad]}),
        ("POST", "/v2/security_groups/1/1", {"name": "bad", "rules": [bad]}),
    ):
        task = cloud.done(*call)
        assert (task["state"], task["created_resources"]) == ("ERROR", None)
        assert "not a valid IP network" in task["error"]
    assert [item["name"] for item in cloud.all("securitygroups")] == ["web"]
    assert cloud.all("securitygroups")[0]["security_group_rules"] == []


EQUAL = [
    ({**TCP}, {**TCP, "port_range_min": 1, "port_range_max": 65535}),
    ({**TCP}, {**TCP, "remote_ip_prefix": "0.0.0.0/0"}),
    ({**SIX}, {**SIX, "remote_ip_prefix": "::/0"}),
    ({**TCP}, {**TCP, "ethertype": "IPv4", "description": "other"}),
    ({**TCP, "remote_ip_prefix": "10.0.0.1"}, {**TCP, "remote_ip_prefix": "10.0.0.1/32"}),
    ({**SIX, "protocol": "icmp"}, {**SIX, "protocol": "ipv6-icmp"}),
    ({"direction": "egress"}, {"direction": "egress", "protocol": "any"}),
    ({"direction": "ingress", "protocol": "ipip"}, {"direction": "ingress", "protocol": "ipencap"}),
]
DIFFERENT = [
    ({**TCP}, {"direction": "egress", "protocol": "tcp"}),
    ({**TCP}, {**TCP, "ethertype": "IPv6"}),
    ({**TCP, "remote_ip_prefix": "10.1.2.3/8"}, {**TCP, "remote_ip_prefix": "10.0.0.0/8"}),
    (
        {"direction": "ingress", "protocol": "icmp", "port_range_min": 0},
        {"direction": "ingress", "protocol": "icmp", "port_range_min": 0, "port_range_max": 0},
    ),
    ({**TCP, "port_range_min": 80, "port_range_max": 80}, {**TCP, "port_range_min": 80, "port_range_max": 81}),
]


@pytest.mark.parametrize("switches", [{}, {"host_bits": "cleared", "any_prefix_read_back": "null"}])
@pytest.mark.parametrize(
    ("one", "other", "status"),
    [(*pair, 409) for pair in EQUAL] + [(*pair, 200) for pair in DIFFERENT],
)
def test_duplicates_are_neutrons_whatever_is_read_back(one, other, status, switches):
    cloud = Cloud(**switches)
    group = cloud.group(one)
    assert cloud.send("POST", f"/v2/security_groups/1/1/{group}/rules", other)[0] == status
    assert cloud.send("POST", "/v2/security_groups/1/1", {"name": "both", "rules": [one, other]})[0] == status
    assert cloud.send("PATCH", f"/v2/security_groups/1/1/{group}", {"rules": [one, other]})[0] == status


def test_a_patch_takes_at_most_250_rules():
    cloud = Cloud()
    group = cloud.group()
    rules = [{**TCP, "port_range_min": port, "port_range_max": port} for port in range(1, 252)]
    assert cloud.refused("PATCH", f"/v2/security_groups/1/1/{group}", {"rules": rules}) == (400, ["rules"])
    cloud.done("PATCH", f"/v2/security_groups/1/1/{group}", {"rules": rules[:250]})
    assert len(cloud.all("securitygroups")[0]["security_group_rules"]) == 250


PORTS = st.one_of(
    st.just({}),
    st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(
        lambda pair: {"port_range_min": min(pair), "port_range_max": max(pair)}
    ),
)
RULES = st.builds(
    lambda way, protocol, ports, prefix, text: {
        "direction": way,
        "protocol": protocol,
        **(ports if protocol in ("tcp", "udp") else {}),
        **prefix,
        **text,
    },
    st.sampled_from(["ingress", "egress"]),
    st.sampled_from([None, "any", "tcp", "udp", "icmp", "gre", "vrrp"]),
    PORTS,
    st.one_of(st.just({}), st.ip_addresses(v=4, network="10.0.0.0/8").map(lambda ip: {"remote_ip_prefix": f"{ip}/9"})),
    st.sampled_from([{}, {"description": ""}, {"description": "why"}]),
)


@given(RULES, st.sampled_from([GcoreOptions(), GcoreOptions(full_port_range_read_back="as_sent")]))
def test_what_is_read_back_may_be_sent_again_and_is_the_same_rule(rule, options):
    assert neutron.problem(rule, options) is None
    first = neutron.stored_form(rule, options)
    again = neutron.stored_form(neutron.content(first), options)
    assert again == first


@settings(max_examples=25)
@given(st.lists(RULES, max_size=5, unique_by=lambda rule: neutron.stored_form(rule, GcoreOptions())["_key"]))
def test_patching_with_what_was_read_changes_nothing(rules):
    cloud = Cloud()
    group = cloud.group(*rules)
    read = cloud.ok("GET", f"/v1/securitygroups/1/1/{group}")["security_group_rules"]
    fields = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
    again = [{name: rule[name] for name in fields} | {"description": rule["description"] or ""} for rule in read]
    assert cloud.ok("PATCH", f"/v2/security_groups/1/1/{group}", {"rules": again[::-1]}) == {"tasks": []}


def test_a_changed_name_alone_is_a_task():
    cloud = Cloud()
    group = cloud.group(TCP)
    task = cloud.done("PATCH", f"/v2/security_groups/1/1/{group}", {"name": "renamed", "rules": [TCP]})
    assert (task["state"], task["task_type"]) == ("FINISHED", "update_security_group")
    assert cloud.all("securitygroups")[0]["name"] == "renamed"


def test_a_rule_is_deleted_through_its_own_group_only():
    cloud = Cloud()
    one, other = cloud.group(TCP), cloud.group(name="other")
    rule = cloud.ok("GET", f"/v1/securitygroups/1/1/{one}")["security_group_rules"][0]["id"]
    assert cloud.refused("DELETE", f"/v2/security_groups/1/1/{other}/rules/{rule}")[0] == 404
    assert cloud.done("DELETE", f"/v2/security_groups/1/1/{one}/rules/{rule}")["state"] == "FINISHED"
    assert cloud.all("securitygroups")[0]["security_group_rules"] == []


def test_a_write_on_a_group_that_is_deleted_meanwhile_fails_in_its_task():
    cloud = Cloud()
    group = cloud.group(TCP)
    rule = cloud.all("securitygroups")[0]["security_group_rules"][0]["id"]
    path = f"/v2/security_groups/1/1/{group}"
    calls = [("POST", f"{path}/rules", {"direction": "egress"}), ("PATCH", path, {"name": "late"})]
    calls.append(("DELETE", f"{path}/rules/{rule}", None))
    tasks = [cloud.ok(*call)["tasks"][0] for call in calls]
    cloud.ok("DELETE", f"/v1/securitygroups/1/1/{group}")
    cloud.wait()
    assert [cloud.ok("GET", f"/v1/tasks/{task}")["state"] for task in tasks] == ["ERROR"] * 3
    assert cloud.all("securitygroups") == []

"""HW-S01 to HW-S12: security groups and their rules."""

import pytest
from unit.emulator.huawei_cloud import PROJECT, Cloud, seed

BAD = (400, "VPC.9901")


@pytest.fixture
def cloud():
    return Cloud()


def rule_body(cloud, **fields):
    return {"security_group_rule": {"security_group_id": cloud.group(), "direction": "ingress", **fields}}


def rule(cloud, **fields):
    return cloud.ok("POST", "vpc/security-group-rules", rule_body(cloud, **fields))["security_group_rule"]


def no_rule(cloud, **fields):
    return cloud.refused("POST", "vpc/security-group-rules", rule_body(cloud, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"direction": "in"},
        {"direction": None},
        {"protocol": "sctp"},
        {"protocol": "256"},
        {"protocol": "icmp", "ethertype": "IPv6"},
        {"protocol": "icmpv6"},
        {"protocol": "tcp", "multiport": "0"},
        {"protocol": "tcp", "multiport": "65536"},
        {"protocol": "tcp", "multiport": "20-10"},
        {"protocol": "tcp", "multiport": "80, 81"},
        {"protocol": "tcp", "multiport": "80\n"},
        {"protocol": "tcp", "multiport": ",".join(str(port) for port in range(1, 22))},
        {"remote_ip_prefix": "10.0.0.0/33"},
        {"remote_ip_prefix": "10.0.0.0/255.0.0.0"},
        {"remote_ip_prefix": "::/0"},
        {"remote_ip_prefix": "10.0.0.0/8", "ethertype": "IPv6"},
        {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": "GROUP"},
        {"action": "drop"},
        {"priority": 0},
        {"priority": 101},
        {"priority": "high"},
        {"description": "<b>"},
        {"description": "x" * 256},
        {"enabled": "yes"},
        {"port_range_min": 80},
    ],
)
def test_a_wrong_security_group_rule_is_refused(cloud, fields):
    fields = {key: cloud.group() if value == "GROUP" else value for key, value in fields.items()}
    assert no_rule(cloud, **fields)[:2] == BAD


def test_unknown_references_and_families_have_their_own_codes(cloud):
    assert no_rule(cloud, ethertype="IPX") == (
        400,
        "VPC.9902",
        "Security group rule for ethertype IPX not supported. Allowed values are [IPv4, IPv6].",
    )
    assert no_rule(cloud, security_group_id="x") == (404, "VPC.9904", "security_group_id x could not be found.")
    assert no_rule(cloud, remote_group_id="x") == (404, "VPC.9904", "remote security group x could not be found.")
    assert no_rule(cloud, remote_address_group_id="x") == (404, "VPC.9904", "Address group x does not exist.")
    for method in ("GET", "DELETE"):
        refusal = cloud.refused(method, "vpc/security-group-rules/x")
        assert refusal == (404, "VPC.9904", "Security_group_rule x could not be found.")


def test_an_address_group_must_be_of_the_rules_family():
    cloud = Cloud(seed(address_groups=[{"name": "v6", "id": "ag6", "ip_version": 6}]))
    assert no_rule(cloud, remote_address_group_id="ag6")[:2] == (400, "VPC.9902")
    assert rule(cloud, remote_address_group_id="ag6", ethertype="IPv6")["remote_address_group_id"] == "ag6"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"ethertype": "ipv6"}, {"ethertype": "IPv6"}),
        ({"remote_ip_prefix": "10.0.0.1"}, {"remote_ip_prefix": "10.0.0.1/32"}),
        ({"remote_ip_prefix": "2001:db8::1", "ethertype": "IPv6"}, {"remote_ip_prefix": "2001:db8::1/128"}),
        ({"multiport": 80, "protocol": "tcp"}, {"multiport": "80"}),
        ({"multiport": "22,3389,30-100", "protocol": "tcp"}, {"multiport": "22,3389,30-100"}),
        ({"multiport": "1-65535", "protocol": "udp"}, {"multiport": "1-65535"}),
        ({"priority": "7"}, {"priority": 7}),
        ({}, {"priority": 100, "action": "allow", "ethertype": "IPv4", "protocol": None, "enabled": True}),
        ({"protocol": "0"}, {"protocol": "0"}),
        ({"protocol": "255"}, {"protocol": "255"}),
    ],
)
def test_what_comes_back(cloud, sent, stored):
    made = rule(cloud, **sent)
    assert {key: made[key] for key in stored} == stored


def test_a_duplicate_names_the_rule_that_exists(cloud):
    fields = {"protocol": "tcp", "multiport": "80", "priority": 5}
    first = rule(cloud, **fields, description="one")
    assert no_rule(cloud, **fields, description="two") == (
        409,
        "VPC.9902",
        f"Security group rule already exists. Rule id is {first['id']}.",
    )
    for other in ({"priority": 6}, {"action": "deny"}, {"multiport": "81"}, {"remote_ip_prefix": "0.0.0.0/0"}):
        assert rule(cloud, **{**fields, **other})


def test_the_default_egress_rule_is_a_duplicate_of_an_explicit_one(cloud):
    assert no_rule(cloud, direction="egress", priority=100)[:2] == (409, "VPC.9902")


def test_the_identity_of_rules_can_leave_action_and_priority_out():
    cloud = Cloud(duplicate_security_rule_ignores=frozenset({"action", "priority"}))
    rule(cloud, protocol="tcp", priority=5)
    assert no_rule(cloud, protocol="tcp", priority=6, action="deny")[0] == 409


def test_there_is_no_update_of_a_rule(cloud):
    made = rule(cloud, protocol="tcp")
    assert cloud.refused("PUT", f"vpc/security-group-rules/{made['id']}", {})[:2] == (404, "APIGW.0101")
    assert cloud.emulator.unknown[-1].method == "PUT"
    strict = Cloud(wrong_method_status=405)
    assert strict.refused("PUT", "vpc/security-group-rules/x", {})[0] == 405


def test_at_most_200_rules_in_a_batch_and_none_of_them_alone(cloud):
    path = f"vpc/security-groups/{cloud.group()}/security-group-rules/batch-create"
    rules = [{"direction": "ingress", "protocol": "tcp", "multiport": str(port)} for port in range(1, 202)]
    assert cloud.refused("POST", path, {"security_group_rules": rules})[:2] == BAD
    assert cloud.refused("POST", path, {"security_group_rules": []})[:2] == BAD
    assert len(cloud.ok("POST", path, {"security_group_rules": rules[:200]})["security_group_rules"]) == 200
    half = [rules[200], {"direction": "up"}]
    assert cloud.refused("POST", path, {"security_group_rules": half})[:2] == BAD
    assert cloud.refused("POST", path.replace(cloud.group(), "x"), {"security_group_rules": half})[0] == 404
    assert len(cloud.ok("GET", "vpc/security-group-rules")["security_group_rules"]) == 204
    other = Cloud(batch_security_rules=False)
    assert other.refused("POST", path, {"security_group_rules": rules[:1]})[:2] == (404, "APIGW.0101")


def test_composite_rules_have_their_own_quota():
    cloud = Cloud(vpc_quotas={"security_group_contain_ingress_ipv4_composite_rules": 2})
    rule(cloud, protocol="tcp", multiport="1,2")
    assert no_rule(cloud, protocol="tcp", multiport="3,4")[:2] == (409, "VPC.9905")
    assert rule(cloud, protocol="tcp", multiport="3-4")
    assert rule(cloud, protocol="tcp", multiport="3,4", ethertype="IPv6")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a b"},
        {"name": "x" * 65},
        {},
        {"name": "a", "description": ">"},
        {"name": "a", "tags": [{"key": "k", "value": "v"}] * 21},
        {"name": "a", "colour": "red"},
    ],
)
def test_a_wrong_group_is_refused(cloud, fields):
    assert cloud.refused("POST", "vpc/security-groups", {"security_group": fields})[:2] == BAD


def test_names_of_groups_may_be_chinese_and_need_not_be_unique(cloud):
    for name in ("网站_1.a-b", "web"):
        made = cloud.ok("POST", "vpc/security-groups", {"security_group": {"name": name}})["security_group"]
        assert made["name"] == name


def test_a_group_in_use_and_the_default_group_stay():
    document = seed(
        security_groups=[{"name": "default"}, {"name": "web"}, {"name": "free"}],
        ports=[{"name": "p", "security_groups": ["web"]}],
    )
    cloud = Cloud(document)
    for name in ("default", "web"):
        refusal = cloud.refused("DELETE", f"vpc/security-groups/{cloud.group(name)}")
        assert refusal[:2] == (409, "VPC.9902")
    free = cloud.group("free")
    assert cloud.call("DELETE", f"vpc/security-groups/{free}").status == 204
    assert cloud.refused("GET", f"vpc/security-groups/{free}")[2] == f"Security group {free} does not exist."


def test_group_lists_have_no_rules_and_single_groups_have(cloud):
    assert "security_group_rules" not in cloud.ok("GET", "vpc/security-groups")["security_groups"][0]
    group = cloud.ok("GET", f"vpc/security-groups/{cloud.group()}")["security_group"]
    assert len(group["security_group_rules"]) == 4


def test_lists_may_come_without_page_info_and_with_numbers():
    cloud = Cloud(page_info_when_unpaged=False, multiport_number=True, security_rule_enabled=False)
    made = rule(cloud, protocol="tcp", multiport="80")
    assert made["multiport"] == 80
    assert "enabled" not in made
    assert "page_info" not in cloud.ok("GET", "vpc/security-group-rules")
    assert "page_info" in cloud.ok("GET", "vpc/security-group-rules?limit=2")


def test_an_empty_marker_is_the_first_page_of_vpc_lists(cloud):
    assert len(cloud.ok("GET", "vpc/security-group-rules?limit=3&marker=")["security_group_rules"]) == 3
    assert cloud.refused("GET", "vpc/security-group-rules?limit=3&marker=x")[:2] == BAD


def test_bodies_that_are_no_json_objects_are_refused(cloud):
    for service, code in (("vpc/security-groups", "VPC.9901"), ("elb/pools", "ELB.8902")):
        for body in ([], {"other": {}}, {"pool": [], "security_group": []}):
            assert cloud.refused("POST", service, body)[:2] == (400, code)
    from reconciler.emulator.http import make_request

    reply = cloud.emulator.handle(make_request("POST", f"/v3/{PROJECT}/elb/pools", body=b"{"))
    assert reply.json()["error_code"] == "ELB.8902"
    reply = cloud.emulator.handle(make_request("POST", f"/v3/{PROJECT}/elb/pools"))
    assert reply.json()["error_code"] == "ELB.0002"

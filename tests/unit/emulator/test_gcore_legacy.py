"""The routes of older clients: v1 security groups, their rules and metadata."""

import pytest
from unit.emulator.gcore_support import Cloud

TCP = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}


@pytest.fixture
def cloud():
    return Cloud()


def make(cloud, *rules, **body):
    group = {"name": "web", "security_group_rules": list(rules), **body}
    return cloud.ok("POST", "/v1/securitygroups/1/1", {"security_group": group, "instances": []})


def test_a_v1_group_comes_at_once_with_neutrons_egress_rules_appended(cloud):
    group = make(cloud, {**TCP, "remote_ip_prefix": None, "description": None}, metadata={"env": "prod"})
    assert [(rule["direction"], rule["ethertype"], rule["protocol"]) for rule in group["security_group_rules"]] == [
        ("ingress", "IPv4", "tcp"),
        ("egress", "IPv4", None),
        ("egress", "IPv6", None),
    ]
    assert group["tags_v2"] == [{"key": "env", "value": "prod", "read_only": False}]
    assert cloud.ok("GET", f"/v1/securitygroups/1/1/{group['id']}") == group
    assert cloud.ok("GET", "/v1/tasks")["count"] == 0


def test_an_egress_rule_that_is_given_is_not_given_twice(cloud):
    assert len(make(cloud, {"direction": "egress", "protocol": "any"})["security_group_rules"]) == 2


def test_a_v1_group_with_a_repeated_rule_or_an_instance_is_refused(cloud):
    body = {"security_group": {"name": "web", "security_group_rules": [TCP, TCP]}}
    assert cloud.refused("POST", "/v1/securitygroups/1/1", body)[0] == 409
    instance = "00000000-0000-4000-8000-000000000000"
    body = {"security_group": {"name": "web"}, "instances": [instance]}
    assert cloud.refused("POST", "/v1/securitygroups/1/1", body)[0] == 404
    assert cloud.refused("POST", "/v1/securitygroups/1/1", {"name": "web"}) == (400, ["security_group"])
    assert cloud.all("securitygroups") == []


def test_a_v1_patch_adds_and_deletes_single_rules(cloud):
    group = make(cloud, TCP)
    first = group["security_group_rules"][0]["id"]
    changed = cloud.ok(
        "PATCH",
        f"/v1/securitygroups/1/1/{group['id']}",
        {
            "name": "web-2",
            "description": "d",
            "tags": {"a": "1"},
            "changed_rules": [
                {"action": "delete", "security_group_rule_id": first},
                {"action": "create", **TCP, "port_range_max": 81},
            ],
        },
    )
    assert (changed["name"], changed["description"], changed["tags_v2"][0]["key"]) == ("web-2", "d", "a")
    assert [rule["port_range_max"] for rule in changed["security_group_rules"]] == [None, None, 81]
    assert changed["revision_number"] > group["revision_number"]


def test_a_v1_patch_that_fails_half_way_changes_nothing(cloud):
    group = make(cloud, TCP)
    rules = [{"action": "create", "direction": "ingress"}, {"action": "create", **TCP}]
    path = f"/v1/securitygroups/1/1/{group['id']}"
    assert cloud.refused("PATCH", path, {"name": "changed", "changed_rules": rules})[0] == 409
    assert cloud.ok("GET", path) == group
    gone = [{"action": "delete", "security_group_rule_id": "x"}]
    assert cloud.refused("PATCH", path, {"changed_rules": gone})[0] == 404
    assert cloud.refused("PATCH", path, {"changed_rules": [{"action": "delete"}]})[0] == 400


def test_single_rules_are_made_replaced_and_deleted_at_once(cloud):
    group = make(cloud)["id"]
    rule = cloud.ok("POST", f"/v1/securitygroups/1/1/{group}/rules", TCP)
    assert (rule["security_group_id"], rule["port_range_min"]) == (group, 80)
    assert cloud.refused("POST", f"/v1/securitygroups/1/1/{group}/rules", TCP)[0] == 409
    path = f"/v1/securitygrouprules/1/1/{rule['id']}"
    assert cloud.refused("PUT", path, {"protocol": "udp"}) == (400, ["direction"])
    assert cloud.refused("PUT", path, {"direction": "egress"})[0] == 409
    same = cloud.ok("PUT", path, TCP)
    assert same["id"] != rule["id"]
    assert cloud.send("DELETE", f"/v1/securitygrouprules/1/1/{same['id']}") == (204, None)
    assert cloud.refused("DELETE", f"/v1/securitygrouprules/1/1/{same['id']}")[0] == 404


def test_a_replaced_rule_may_keep_its_id():
    cloud = Cloud(replaced_rule_id="kept")
    rule = make(cloud, TCP)["security_group_rules"][0]["id"]
    assert cloud.ok("PUT", f"/v1/securitygrouprules/1/1/{rule}", {**TCP, "protocol": "udp"})["id"] == rule


def test_metadata_is_another_name_for_tags(cloud):
    path = f"/v1/securitygroups/1/1/{make(cloud)['id']}"
    cloud.ok("POST", f"{path}/metadata", {"a": "1", "b": "2"})
    cloud.ok("POST", f"{path}/metadata", {"b": "3"})
    listed = cloud.ok("GET", f"{path}/metadata")
    assert (listed["count"], {item["key"]: item["value"] for item in listed["results"]}) == (2, {"a": "1", "b": "3"})
    assert cloud.ok("GET", f"{path}/metadata_item?key=b") == {"key": "b", "value": "3", "read_only": False}
    assert cloud.send("DELETE", f"{path}/metadata_item?key=b") == (204, None)
    assert cloud.refused("GET", f"{path}/metadata_item?key=b")[0] == 404
    assert cloud.refused("DELETE", f"{path}/metadata_item") == (400, ["key"])
    cloud.ok("PUT", f"{path}/metadata", {"c": "4"})
    assert [tag["key"] for tag in cloud.ok("GET", path)["tags_v2"]] == ["c"]
    assert cloud.refused("PUT", f"{path}/metadata", {"with blank ": "x"})[0] == 400
    assert [item["name"] for item in cloud.ok("GET", '/v1/securitygroups/1/1?metadata_kv={"c":"4"}')["results"]] == [
        "web"
    ]
    assert cloud.refused("GET", "/v1/securitygroups/1/1?tag_key_value=c") == (400, ["tag_key_value"])


def test_old_replies_carry_metadata_and_plain_tags():
    cloud = Cloud(legacy_fields=True)
    group = make(cloud, metadata={"env": "prod"})
    assert (group["metadata"], group["tags"]) == (group["tags_v2"], ["env"])


def test_the_default_group_stays(cloud):
    group = make(cloud, name="default")
    assert cloud.refused("DELETE", f"/v1/securitygroups/1/1/{group['id']}")[0] == 409
    assert cloud.refused("POST", "/v2/security_groups/1/1", {"name": "default"})[0] == 409


def test_a_v2_patch_of_a_load_balancer_is_a_task(cloud):
    balancer = cloud.all("loadbalancers")[0]["id"]
    assert cloud.done("PATCH", f"/v2/loadbalancers/1/1/{balancer}", {"name": "new name"})["state"] == "FINISHED"
    assert cloud.all("loadbalancers")[0]["name"] == "new name"
    assert cloud.ok("PATCH", f"/v2/loadbalancers/1/1/{balancer}", {"name": "new name"}) == {"tasks": []}

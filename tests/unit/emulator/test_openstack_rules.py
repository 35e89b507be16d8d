"""L7 rules of Octavia: which are taken, what an update checks, and how many there may be."""

import pytest
from unit.emulator.openstack_support import Cloud


@pytest.fixture
def cloud():
    return Cloud()


@pytest.mark.parametrize(
    "rule",
    [
        {"value": "no-slash"}, {"compare_type": "REGEX", "value": "(?=b) x"}, {"compare_type": "REGEX", "value": "[[:alpha:]]+"},
        {"type": "HEADER", "key": "X-Id", "value": '"a b"'}, {"type": "COOKIE", "key": "a,b", "value": "v"},
        {"type": "FILE_TYPE", "compare_type": "EQUAL_TO", "value": "png"}, {"type": "SSL_DN_FIELD", "key": "bogus", "value": "x"},
        {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "TRUE"}, {"value": "x" * 255},
        {"type": "SSL_VERIFY_RESULT", "compare_type": "EQUAL_TO", "value": "0"},
    ],
)  # fmt: skip
def test_rules_that_octavia_takes_are_taken_as_they_are(cloud, rule):
    made = cloud.rule(cloud.policy(), **rule)
    assert {name: made[name] for name in rule} == rule


@pytest.mark.parametrize(
    "rule",
    [
        {"value": "/x y"}, {"value": "é"}, {"value": ""}, {"value": "x" * 256}, {"value": 5}, {"value": "a\nb"}, {"value": None},
        {"compare_type": "REGEX", "value": "("}, {"compare_type": "REGEX", "value": r"\p{L}"}, {"type": "path"},
        {"type": "HEADER", "value": "x"}, {"type": "HEADER", "key": "x y", "value": "x"}, {"type": "COOKIE", "key": "a", "value": "a;b"},
        {"type": "FILE_TYPE", "compare_type": "CONTAINS"}, {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "false"},
        {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "true", "key": "k"}, {"invert": "maybe"},
        {"type": "SSL_VERIFY_RESULT", "compare_type": "EQUAL_TO", "value": "-1"}, {"type": "SSL_DN_FIELD", "value": "x"}, {"bogus": 1},
    ],
)  # fmt: skip
def test_rules_that_octavia_refuses_are_a_400(cloud, rule):
    policy = cloud.policy()
    body = {"rule": {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/x", **rule}}
    assert cloud.refused("POST", f"/l7policies/{policy['id']}/rules", body)[0] == 400


def test_an_update_checks_the_rule_as_it_would_be(cloud):
    policy = cloud.policy()
    rule = cloud.rule(policy, compare_type="REGEX", value="/x")
    path = f"/l7policies/{policy['id']}/rules/{rule['id']}"
    cloud.done("PUT", path, {"rule": {"value": "/x y"}})
    assert cloud.refused("PUT", path, {"rule": {"compare_type": "EQUAL_TO"}})[0] == 400
    assert cloud.refused("PUT", path, {"rule": {"value": None}})[0] == 400


def test_a_key_that_the_type_does_not_use_is_answered_once_and_then_forgotten(cloud):
    policy = cloud.policy()
    rule = cloud.rule(policy, key="k")
    assert rule["key"] == "k"
    assert cloud.ok("GET", f"/l7policies/{policy['id']}/rules/{rule['id']}")["rule"]["key"] is None


def test_a_header_rule_becomes_a_path_rule_without_its_key(cloud):
    policy = cloud.policy()
    rule = cloud.rule(policy, type="HEADER", key="X-Id", value="/x")
    changed = cloud.done("PUT", f"/l7policies/{policy['id']}/rules/{rule['id']}", {"rule": {"type": "PATH", "key": None}})
    assert (changed["type"], changed["key"]) == ("PATH", None)


def test_invert_null_is_false_and_words_are_booleans(cloud):
    policy = cloud.policy()
    assert cloud.rule(policy, invert="yes")["invert"] is True
    rule = cloud.rule(policy, invert=None)
    assert rule["invert"] is False
    assert cloud.done("PUT", f"/l7policies/{policy['id']}/rules/{rule['id']}", {"rule": {}})["invert"] is False


def test_the_fifty_first_rule_is_a_409(cloud):
    policy = cloud.policy()
    for number in range(50):
        cloud.rule(policy, value=f"/{number}")
    body = {"rule": {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"}}
    assert cloud.refused("POST", f"/l7policies/{policy['id']}/rules", body) == (409, f"Too many rules on L7 policy {policy['id']}")


def test_a_change_of_a_rule_shows_on_policy_listener_and_load_balancer(cloud):
    policy = cloud.policy()
    body = {"rule": {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"}}
    cloud.ok("POST", f"/l7policies/{policy['id']}/rules", body)
    shown = [
        cloud.ok("GET", f"/l7policies/{policy['id']}")["l7policy"], cloud.ok("GET", f"/listeners/{cloud.listener}")["listener"],
        cloud.ok("GET", f"/loadbalancers/{cloud.id('loadbalancers', 'shop')}")["loadbalancer"],
    ]  # fmt: skip
    assert [item["provisioning_status"] for item in shown] == ["PENDING_UPDATE"] * 3
    refused = cloud.refused("POST", f"/l7policies/{policy['id']}/rules", body)
    assert refused == (409, f"L7Policy {policy['id']} is immutable and cannot be updated.")


def test_the_listing_of_policies_has_only_the_ids_of_rules(cloud):
    policy = cloud.policy()
    rule = cloud.rule(policy)
    assert cloud.ok("GET", "/l7policies")["l7policies"][0]["rules"] == [{"id": rule["id"]}]
    assert cloud.ok("GET", f"/l7policies/{policy['id']}/rules?type=PATH")["rules"][0]["value"] == "/x"
    assert cloud.ok("GET", f"/l7policies/{policy['id']}/rules?type=HEADER")["rules"] == []


@pytest.mark.parametrize(("switch", "status"), [("kept", 403), ("given_back", 201)])
def test_rules_that_went_with_their_policy_go_on_counting_against_the_quota(switch, status):
    cloud = Cloud(octavia_quotas={"l7rule": 2}, rules_of_deleted_policies=switch)
    first = cloud.policy()
    cloud.rule(first)
    cloud.done("DELETE", f"/l7policies/{first['id']}")
    second = cloud.policy()
    cloud.rule(second)
    body = {"rule": {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"}}
    assert cloud.send("POST", f"/l7policies/{second['id']}/rules", body)[0] == status


def test_rule_quotas_are_a_403(cloud):
    cloud = Cloud(octavia_quotas={"l7rule": 0})
    body = {"rule": {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"}}
    assert cloud.refused("POST", f"/l7policies/{cloud.policy()['id']}/rules", body) == (403, "Quota has been met for resources: L7 Rule")

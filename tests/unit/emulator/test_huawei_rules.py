"""HW-R60 to HW-R79: what a rule may be, alone and beside others."""

import pytest
from unit.emulator.huawei_cloud import Cloud

BAD = (400, "ELB.8902")


@pytest.fixture
def cloud():
    return Cloud()


def path_rule(value="/a", compare="EQUAL_TO"):
    return {"type": "PATH", "compare_type": compare, "value": value}


def host_rule(value="a.example"):
    return {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": value}


def keyed(kind, *values, key=""):
    return {"type": kind, "compare_type": "EQUAL_TO", "conditions": [{"key": key, "value": value} for value in values]}


def headers(count, key="X-A", first=0):
    return keyed("HEADER", *(f"v{number}" for number in range(first, first + count)), key=key)


def test_a_redirect_to_listener_policy_has_no_rules(cloud):
    fields = {"action": "REDIRECT_TO_LISTENER", "redirect_listener_id": cloud.id("listeners", "tls")}
    assert cloud.no_policy(**fields, rules=[path_rule()])[:2] == BAD
    policy = cloud.policy(**fields)["id"]
    assert cloud.refused("POST", f"elb/l7policies/{policy}/rules", {"rule": path_rule()})[:2] == BAD
    assert cloud.refused("PUT", f"elb/l7policies/{policy}", {"l7policy": {"rules": [path_rule()]}})[:2] == BAD


def test_ten_conditions_are_allowed_and_eleven_are_not(cloud):
    policy = cloud.policy(rules=[headers(9), path_rule()])["id"]
    assert cloud.refused("POST", f"elb/l7policies/{policy}/rules", {"rule": host_rule()})[:2] == BAD
    assert cloud.no_policy(rules=[headers(10), path_rule()])[:2] == BAD
    assert cloud.no_policy(rules=[headers(1, key=f"K{number}") for number in range(11)])[:2] == BAD
    assert len(cloud.policy(rules=[headers(1, key=f"K{number}") for number in range(10)])["rules"]) == 10
    rule = cloud.ok("GET", f"elb/l7policies/{policy}/rules")["rules"][0]["id"]
    grown = {"rule": {"conditions": headers(10)["conditions"]}}
    assert cloud.refused("PUT", f"elb/l7policies/{policy}/rules/{rule}", grown)[:2] == BAD


@pytest.mark.parametrize(
    "rule",
    [host_rule(), path_rule(), keyed("METHOD", "GET"), keyed("SOURCE_IP", "10.0.0.0/8")],
    ids=lambda rule: rule["type"],
)
def test_some_types_are_allowed_once_only(cloud, rule):
    assert cloud.no_policy(rules=[rule, rule])[:2] == BAD
    policy = cloud.policy(rules=[rule])["id"]
    assert cloud.refused("POST", f"elb/l7policies/{policy}/rules", {"rule": rule})[:2] == BAD
    other = Cloud(duplicate_rule_type_status=409)
    assert other.no_policy(rules=[rule, rule])[:2] == (409, "ELB.8907")


@pytest.mark.parametrize("kind", ["HEADER", "QUERY_STRING", "COOKIE"])
def test_other_types_may_repeat(cloud, kind):
    assert len(cloud.policy(rules=[keyed(kind, "1", key="a"), keyed(kind, "1", key="b")])["rules"]) == 2


def test_an_update_replaces_all_rules_by_new_ones(cloud):
    made = cloud.policy(rules=[path_rule(), host_rule()])
    changed = cloud.ok("PUT", f"elb/l7policies/{made['id']}", {"l7policy": {"rules": [path_rule()]}})["l7policy"]
    assert len(changed["rules"]) == 1
    assert changed["rules"][0] not in made["rules"]
    assert cloud.ok("GET", "elb/l7policies/rules")["rules"][0]["id"] == changed["rules"][0]["id"]
    assert cloud.ok("PUT", f"elb/l7policies/{made['id']}", {"l7policy": {"rules": []}})["l7policy"]["rules"] == []


def test_without_advanced_forwarding_only_plain_hosts_and_paths_are_allowed(cloud):
    assert cloud.policy("plain", rules=[host_rule(), path_rule()])
    assert cloud.no_policy("plain", rules=[host_rule("*.example")])[:2] == BAD
    assert cloud.no_policy("plain", rules=[headers(1)])[:2] == BAD
    conditions = {**path_rule(), "conditions": [{"value": "/b"}]}
    assert cloud.no_policy("plain", rules=[conditions])[:2] == BAD
    lenient = Cloud(conditions_need_advanced=False)
    assert lenient.policy("plain", rules=[conditions])


def test_conditions_share_their_key_and_repeat_no_value(cloud):
    two_keys = {**headers(2), "conditions": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]}
    assert cloud.no_policy(rules=[two_keys])[:2] == BAD
    assert cloud.no_policy(rules=[keyed("HEADER", "1", "1", key="A")])[:2] == BAD


def test_value_and_key_are_ignored_beside_conditions(cloud):
    rule = {**keyed("PATH", "/a", "/b"), "value": "not a path", "key": "k"}
    policy = cloud.policy(rules=[rule])["id"]
    stored = cloud.ok("GET", f"elb/l7policies/{policy}/rules")["rules"][0]
    assert stored["conditions"] == [{"key": "", "value": "/a"}, {"key": "", "value": "/b"}]


@pytest.mark.parametrize(
    "rule",
    [
        {"compare_type": "EQUAL_TO", "value": "/a"},
        {"type": "PATH", "value": "/a"},
        {"type": "PORT", "compare_type": "EQUAL_TO", "value": "/a"},
        {"type": "PATH", "compare_type": "CONTAINS", "value": "/a"},
        {"type": "PATH", "compare_type": "EQUAL_TO"},
        {"type": "PATH", "compare_type": "EQUAL_TO", "value": ""},
        {"type": "HEADER", "compare_type": "EQUAL_TO", "value": "a"},
        {"type": "METHOD", "compare_type": "EQUAL_TO", "value": "GET"},
        {"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "value": "10.0.0.0/8"},
        {**host_rule(), "compare_type": "STARTS_WITH"},
        {**host_rule(), "compare_type": "REGEX"},
        {**headers(1), "compare_type": "REGEX"},
        {**path_rule(), "key": "x" * 256},
        {**path_rule(), "invert": "yes"},
        {**path_rule(), "admin_state_up": False},
        {**path_rule(), "colour": "red"},
        {**path_rule(), "conditions": {"key": "", "value": "/a"}},
        {**path_rule(), "conditions": ["/a"]},
        {**path_rule(), "conditions": [{"key": ""}]},
        keyed("PATH", "/a", key="k"),
        keyed("METHOD", "get"),
        keyed("METHOD", "TRACE"),
        keyed("SOURCE_IP", "10.0.0.1"),
        keyed("SOURCE_IP", "10.0.0.0/33"),
        keyed("SOURCE_IP", "10.0.0.0/255.0.0.0"),
        keyed("SOURCE_IP", "fe80::%eth0/64"),
        keyed("HEADER", "a b", key="K"),
        keyed("HEADER", 'a"', key="K"),
        keyed("HEADER", "a" * 129, key="K"),
        keyed("HEADER", "a", key="K" * 41),
        keyed("HEADER", "a", key="K L"),
        keyed("HEADER", "a"),
        keyed("QUERY_STRING", "a&b", key="k"),
        keyed("QUERY_STRING", "a", key="k=%"),
        keyed("QUERY_STRING", "a", key=""),
        host_rule("-a"),
        host_rule("a*.b"),
        host_rule("*"),
        host_rule("a_b"),
        host_rule("a" * 129),
        host_rule("a.b\n"),
        path_rule("a"),
        path_rule("/ä"),
        path_rule("/a b"),
        path_rule("/" + "a" * 128),
        path_rule("/a\n"),
        path_rule("x" * 129, "REGEX"),
    ],
)
def test_a_wrong_rule_is_refused(cloud, rule):
    policy = cloud.policy()["id"]
    assert cloud.refused("POST", f"elb/l7policies/{policy}/rules", {"rule": rule})[:2] == BAD
    assert cloud.no_policy(rules=[rule])[:2] == BAD


@pytest.mark.parametrize(
    "rule",
    [
        host_rule("*.a"),
        host_rule("a" * 128),
        path_rule("/" + "a" * 127),
        path_rule("^anything$", "REGEX"),
        path_rule(r"/A_~';@^%#&$.*+?,=!:|\/()[]{}-", "STARTS_WITH"),
        keyed("SOURCE_IP", "2049::49/64", "10.1.2.3/8"),
        keyed("HEADER", "a*?", "<>%", key="X_A-b"),
        keyed("HEADER", "a" * 128, key="K" * 40),
        keyed("QUERY_STRING", "a*", key="k"),
        keyed("COOKIE", "a", key="k"),
        keyed("METHOD", "GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"),
    ],
)
def test_a_legal_rule_at_the_boundary_reads_back_as_it_was_sent(cloud, rule):
    policy = cloud.policy(rules=[rule])["id"]
    stored = cloud.ok("GET", f"elb/l7policies/{policy}/rules")["rules"][0]
    assert {key: stored[key] for key in rule} == rule
    assert stored["invert"] is False


def test_cookie_rules_can_be_switched_off():
    assert Cloud(cookie_rules=False).no_policy(rules=[keyed("COOKIE", "a", key="k")])[:2] == BAD


def test_a_rule_update_is_partial_and_keeps_id_and_type(cloud):
    policy = cloud.policy(rules=[path_rule("/a", "STARTS_WITH")])
    rule = policy["rules"][0]["id"]
    path = f"elb/l7policies/{policy['id']}/rules/{rule}"
    changed = cloud.ok("PUT", path, {"rule": {"value": "/b", "invert": True}})["rule"]
    assert (changed["id"], changed["value"], changed["compare_type"]) == (rule, "/b", "STARTS_WITH")
    assert changed["invert"] is False
    assert cloud.refused("PUT", path, {"rule": {"type": "HOST_NAME"}})[:2] == BAD
    changed = cloud.ok("PUT", path, {"rule": {"conditions": [{"key": "", "value": "/c"}]}})["rule"]
    assert (changed["value"], changed["conditions"]) == ("/b", [{"key": "", "value": "/c"}])
    assert cloud.ok("PUT", path, {"rule": {"conditions": []}})["rule"]["conditions"] == []


def test_a_rule_belongs_to_its_policy_only(cloud):
    a, b = cloud.policy(rules=[path_rule()]), cloud.policy()
    rule = a["rules"][0]["id"]
    for method in ("GET", "PUT", "DELETE"):
        body = {"rule": {"value": "/b"}} if method == "PUT" else None
        assert cloud.refused(method, f"elb/l7policies/{b['id']}/rules/{rule}", body)[:2] == (404, "ELB.8904")


# -- match sets ----------------------------------------------------------------------------------------------------


def status(cloud, policy):
    return cloud.ok("GET", f"elb/l7policies/{policy}")["l7policy"]["provisioning_status"]


def test_the_order_of_rules_and_conditions_does_not_make_a_match_set_new(cloud):
    cloud.policy(rules=[path_rule(), keyed("METHOD", "GET", "PUT")])
    twin = cloud.policy(rules=[keyed("METHOD", "PUT", "GET"), keyed("PATH", "/a")])
    assert twin["provisioning_status"] == "ERROR"
    assert cloud.policy("tls", rules=[path_rule(), keyed("METHOD", "GET", "PUT")])["provisioning_status"] == "ACTIVE"


def test_a_rule_change_into_another_policys_match_set_is_an_error_that_stays(cloud):
    first = cloud.policy(rules=[path_rule("/a")])["id"]
    second = cloud.policy(rules=[path_rule("/b")])
    rule = f"elb/l7policies/{second['id']}/rules/{second['rules'][0]['id']}"
    cloud.ok("PUT", rule, {"rule": {"value": "/a"}})
    assert (status(cloud, first), status(cloud, second["id"])) == ("ACTIVE", "ERROR")
    cloud.ok("PUT", rule, {"rule": {"value": "/c"}})
    assert status(cloud, second["id"]) == "ERROR"
    cloud.call("DELETE", f"elb/l7policies/{second['id']}")
    assert cloud.policy(rules=[path_rule("/c")])["provisioning_status"] == "ACTIVE"


def test_policies_without_rules_do_not_clash(cloud):
    cloud.policy()
    assert cloud.policy()["provisioning_status"] == "ACTIVE"


def test_a_duplicate_match_set_can_be_a_conflict():
    cloud = Cloud(duplicate_match_set="conflict")
    cloud.policy(rules=[path_rule()])
    assert cloud.no_policy(rules=[path_rule()])[:2] == (409, "ELB.8907")


def test_whole_rules_come_with_display_all_rules_only(cloud):
    policy = cloud.policy(rules=[path_rule()])
    assert cloud.ok("GET", "elb/l7policies")["l7policies"][0]["rules"] == policy["rules"]
    assert cloud.ok("GET", "elb/l7policies?display_all_rules=true")["l7policies"][0]["rules"][0]["value"] == "/a"
    plain = Cloud(display_all_rules=False)
    plain.policy(rules=[path_rule()])
    assert set(plain.ok("GET", "elb/l7policies?display_all_rules=true")["l7policies"][0]["rules"][0]) == {"id"}

import pytest
from unit.emulator.gcore_support import Cloud

from reconciler.emulator.seed import SeedError


def seed(account, key="1/1"):
    return {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "gcore": {key: account}}


WHOLE = {
    "region": "Luxembourg-2",
    "quotas": {"firewall_count_limit": 7},
    "loadbalancers": [{"name": "one", "tags": {"env": "prod"}}, {"name": "two"}],
    "listeners": [
        {"name": "web", "load_balancer": "one", "default_pool": "blue"},
        {"name": "tls", "load_balancer": "one", "protocol": "TERMINATED_HTTPS"},
        {"name": "other", "load_balancer": "two"},
    ],
    "pools": [
        {"name": "blue", "load_balancer": "one", "members": [{"address": "10.0.0.1", "protocol_port": 80}]},
        {
            "name": "green",
            "load_balancer": "one",
            "healthmonitor": {"type": "HTTP", "delay": 9, "timeout": 3, "max_retries": 2},
        },
    ],
    "l7policies": [
        {"name": "last", "listener": "web", "action": "REJECT"},
        {
            "name": "second",
            "listener": "web",
            "position": 2,
            "redirect_pool": "green",
            "tags": ["mine"],
            "rules": [
                {"type": "PATH", "value": "/x"},
                {"type": "HEADER", "compare_type": "CONTAINS", "key": "X-Env", "value": "a", "invert": True},
            ],
        },
        {"name": "first", "listener": "web", "position": 1, "redirect_url": "https://a.example"},
    ],
    "securitygroups": [
        {
            "name": "web",
            "description": "front",
            "tags_v2": [{"key": "sys", "value": "1", "read_only": True}],
            "security_group_rules": [
                {"direction": "ingress", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443},
                {"direction": "ingress", "remote_group": "peer"},
                {"direction": "ingress", "protocol": "50"},
            ],
        },
        {"name": "peer"},
    ],
}


def test_a_seed_is_filled_in_to_full_replies():
    cloud = Cloud(seed(WHOLE))
    policies = {policy["name"]: policy for policy in cloud.all("l7policies")}
    assert {name: policy["position"] for name, policy in policies.items()} == {"first": 1, "second": 2, "last": 3}
    assert policies["second"]["action"] == "REDIRECT_TO_POOL"
    assert policies["second"]["region"] == "Luxembourg-2"
    assert (policies["first"]["action"], policies["first"]["redirect_http_code"]) == ("REDIRECT_TO_URL", 302)
    rules = cloud.ok("GET", f"/v1/l7policies/1/1/{policies['second']['id']}/rules")["results"]
    assert [(rule["type"], rule["compare_type"], rule["key"], rule["invert"]) for rule in rules] == [
        ("PATH", "EQUAL_TO", None, False),
        ("HEADER", "CONTAINS", "X-Env", True),
    ]
    listeners = {listener["name"]: listener for listener in cloud.all("lblisteners")}
    assert [listeners[name]["protocol_port"] for name in ("web", "tls", "other")] == [80, 443, 80]
    groups = {group["name"]: group for group in cloud.all("securitygroups")}
    assert groups["web"]["security_group_rules"][1]["remote_group_id"] == groups["peer"]["id"]
    assert groups["web"]["security_group_rules"][2]["protocol"] == "50"
    quotas = cloud.ok("GET", "/v2/regional_quotas/1/1")
    assert (quotas["firewall_count_limit"], quotas["firewall_count_usage"]) == (7, 2)


def test_two_runs_of_a_seed_give_the_same_ids():
    assert Cloud(seed(WHOLE)).all("l7policies") == Cloud(seed(WHOLE)).all("l7policies")


def test_read_only_tags_survive_every_patch():
    cloud = Cloud(seed(WHOLE))
    group = cloud.all("securitygroups")[0]["id"]
    for tags in ({"sys": "2", "a": "1"}, None, {"sys": None}):
        cloud.ok("PATCH", f"/v2/security_groups/1/1/{group}", {"tags": tags})
        pairs = cloud.ok("GET", f"/v1/securitygroups/1/1/{group}")["tags_v2"]
        assert {"key": "sys", "value": "1", "read_only": True} in pairs


def test_what_a_cloud_answers_is_a_seed_of_the_same_cloud():
    cloud = Cloud(seed(WHOLE))
    lists = {
        "loadbalancers": "loadbalancers",
        "listeners": "lblisteners",
        "pools": "lbpools",
        "l7policies": "l7policies",
        "securitygroups": "securitygroups",
    }
    answers = {key: cloud.all(collection) for key, collection in lists.items()}
    answers["pools"] = [cloud.ok("GET", f"/v1/lbpools/1/1/{pool['id']}") for pool in answers["pools"]]
    for policy in answers["l7policies"]:
        policy["rules"] = cloud.ok("GET", f"/v1/l7policies/1/1/{policy['id']}/rules")["results"]
    again = Cloud(seed({"region": "Luxembourg-2", **answers}))
    for key, collection in lists.items():
        if key == "pools":
            continue
        assert again.all(collection) == cloud.all(collection), key
    for pool in cloud.all("lbpools"):
        path = f"/v1/lbpools/1/1/{pool['id']}"
        before, after = cloud.ok("GET", path), again.ok("GET", path)
        assert {**after, "members": 0, "healthmonitor": 0} == {**before, "members": 0, "healthmonitor": 0}
        assert [m["address"] for m in after["members"]] == [m["address"] for m in before["members"]]


def test_listeners_alone_imply_a_load_balancer_and_policies_find_the_only_listener():
    cloud = Cloud(seed({"lblisteners": [{"name": "web"}], "l7policies": [{"name": "one"}]}))
    assert [balancer["name"] for balancer in cloud.all("loadbalancers")] == ["load-balancer"]
    assert cloud.all("l7policies")[0]["action"] == "REJECT"


def test_a_seeded_error_is_shown_and_an_error_of_the_load_balancer_locks_it():
    account = {
        "loadbalancers": [{"name": "shop", "provisioning_status": "ERROR"}],
        "listeners": [{"name": "web"}],
        "l7policies": [{"name": "bad", "provisioning_status": "ERROR"}],
    }
    cloud = Cloud(seed(account))
    assert cloud.all("l7policies")[0]["provisioning_status"] == "ERROR"
    assert cloud.refused("POST", "/v1/l7policies/1/1", {"action": "REJECT", "listener_id": cloud.listener})[0] == 409


MISTAKES = {
    "loadbalancer": [],
    "quotas": {"cpu": 1, "firewall_count_limit": -1},
    "loadbalancers": [
        {"name": "one", "colour": "red"},
        {"name": "two", "provisioning_status": "FINE"},
        {"name": "far"},
    ],
    "listeners": [
        {"name": "web", "load_balancer": "nobody"},
        {"name": "unsaid"},
        {"name": "odd", "load_balancer": "one", "protocol": "GOPHER"},
        {"name": "fine", "load_balancer": "one"},
        {"name": "taken", "load_balancer": "one", "protocol_port": 80},
        {"name": "raw", "load_balancer": "one", "protocol": "TCP", "protocol_port": 22},
    ],
    "pools": [
        {"name": "p", "load_balancer": "one", "members": [{"address": "nowhere"}]},
        {"name": "far", "load_balancer": "far"},
    ],
    "l7policies": [
        {"name": "a", "listener": "nobody"},
        {"name": "b", "listener": "fine", "action": "REDIRECT_TO_POOL"},
        {"name": "c", "listener": "fine", "redirect_pool": "nobody"},
        {"name": "d", "listener": "fine", "position": 0},
        {"name": "e", "listener": "fine", "rules": [{"type": "PATH"}, {"type": "HEADER", "value": "x"}]},
        {"name": "f", "listener": "raw"},
        {"name": "g", "listener": "fine", "redirect_pool": "far"},
    ],
    "securitygroups": [
        {
            "name": "g",
            "rules": [
                {"protocol": "tcp"},
                {"direction": "ingress", "protocol": "carrier-pigeon"},
                {"direction": "ingress", "remote_group": "nobody"},
                {"direction": "egress"},
                {"direction": "egress"},
            ],
        },
    ],
}


def test_all_mistakes_of_a_seed_are_told_at_once_with_their_places():
    with pytest.raises(SeedError) as caught:
        Cloud(seed(MISTAKES))
    places = {problem.split(": ")[0].removeprefix("gcore.1/1.") for problem in caught.value.problems}
    assert places == {
        "loadbalancer",
        "quotas.cpu",
        "quotas.firewall_count_limit",
        "loadbalancers[0].colour",
        "loadbalancers[1].provisioning_status",
        "listeners[0].load_balancer",
        "listeners[1]",
        "listeners[2].protocol",
        "listeners[4].protocol_port",
        "pools[0].members",
        "l7policies[0].listener",
        "l7policies[1]",
        "l7policies[2].redirect_pool",
        "l7policies[3].position",
        "l7policies[4].rules[0]",
        "l7policies[4].rules[1].key",
        "l7policies[5]",
        "l7policies[6].redirect_pool_id",
        "securitygroups[0].rules[0]",
        "securitygroups[0].rules[1].protocol",
        "securitygroups[0].rules[2].remote_group",
        "securitygroups[0].rules[4]",
    }


@pytest.mark.parametrize("key", ["1", "one/1", "1/1/1"])
def test_an_account_is_a_project_and_a_region(key):
    with pytest.raises(SeedError, match="project/region"):
        Cloud(seed({}, key))

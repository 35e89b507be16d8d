"""HW-R01 to HW-R55: what a policy may be."""

import pytest
from unit.emulator.huawei_cloud import Cloud

BAD = (400, "ELB.8902")
URL = {"protocol": "HTTPS", "status_code": "301"}
FIXED = {"status_code": "403"}


@pytest.fixture
def cloud():
    return Cloud()


def test_a_policy_needs_a_listener_of_http_or_https(cloud):
    assert cloud.no_policy("tcp", redirect_pool_id=cloud.id("pools", "blue"))[:2] == BAD


def test_the_action_is_required_and_one_of_four(cloud):
    assert cloud.no_policy(action=..., redirect_pool_id=cloud.id("pools", "blue"))[:2] == BAD
    assert cloud.no_policy(action="DENY")[:2] == BAD


def test_the_listener_is_required_and_must_exist(cloud):
    assert cloud.no_policy(listener_id=...)[:2] == BAD
    status, code, text = cloud.no_policy(listener_id="nowhere")
    assert (status, code, text) == (404, "ELB.8904", "listener nowhere could not be found.")


def test_redirect_to_listener_needs_http_and_an_https_target_on_the_same_load_balancer(cloud):
    tls, old, adv = (cloud.id("listeners", name) for name in ("tls", "old-tls", "adv"))
    redirect = "REDIRECT_TO_LISTENER"
    assert cloud.policy("plain", redirect, redirect_listener_id=tls)["redirect_listener_id"] == tls
    assert cloud.no_policy("tls", redirect, redirect_listener_id=tls)[:2] == BAD
    assert cloud.no_policy("adv", redirect)[:2] == BAD
    assert cloud.no_policy("adv", redirect, redirect_listener_id=adv)[:2] == BAD
    assert cloud.no_policy("adv", redirect, redirect_listener_id=old)[:2] == BAD
    assert cloud.no_policy("adv", redirect, redirect_listener_id="x")[0] == 404


def test_targets_of_other_actions_are_refused(cloud):
    tls, blue = cloud.id("listeners", "tls"), cloud.id("pools", "blue")
    assert cloud.no_policy(redirect_listener_id=tls, redirect_pool_id=blue)[:2] == BAD
    redirect = {"action": "REDIRECT_TO_LISTENER", "redirect_listener_id": tls}
    assert cloud.no_policy(**redirect, redirect_pool_id=blue)[:2] == BAD
    assert cloud.no_policy(**redirect, redirect_pools_config=[{"pool_id": blue}])[:2] == BAD
    assert cloud.no_policy(**redirect, redirect_url_config=URL)[:2] == BAD
    url = {"action": "REDIRECT_TO_URL", "redirect_url_config": URL}
    assert cloud.no_policy(**url, redirect_pools_config=[{"pool_id": blue}])[:2] == BAD
    assert cloud.no_policy(**url, fixed_response_config=FIXED)[:2] == BAD
    assert cloud.no_policy(action="FIXED_RESPONSE", fixed_response_config=FIXED, redirect_url_config=URL)[:2] == BAD


def test_a_redirect_listener_cannot_be_emptied_and_a_pool_policy_takes_none(cloud):
    tls = cloud.id("listeners", "tls")
    redirect = cloud.policy("adv", "REDIRECT_TO_LISTENER", redirect_listener_id=tls)["id"]
    for value in ("", None):
        body = {"l7policy": {"redirect_listener_id": value}}
        assert cloud.refused("PUT", f"elb/l7policies/{redirect}", body)[:2] == BAD
    pool = cloud.policy()["id"]
    body = {"l7policy": {"redirect_listener_id": tls}}
    assert cloud.refused("PUT", f"elb/l7policies/{pool}", body)[:2] == BAD
    assert cloud.refused("PUT", f"elb/l7policies/{pool}", {"l7policy": {"redirect_pool_id": ""}})[:2] == BAD


def test_redirect_to_pool_needs_a_pool_that_exists_on_its_load_balancer(cloud):
    assert cloud.no_policy(redirect_pool_id=None)[:2] == BAD
    assert cloud.no_policy(redirect_pool_id="x")[0] == 404
    assert cloud.no_policy(redirect_pool_id=cloud.id("pools", "foreign"))[:2] == BAD


def test_an_update_may_not_point_at_a_default_pool(cloud):
    spare = cloud.id("pools", "spare")
    policy = cloud.policy()["id"]
    body = {"l7policy": {"redirect_pool_id": spare}}
    assert cloud.refused("PUT", f"elb/l7policies/{policy}", body)[:2] == BAD
    lenient = Cloud(default_pool_as_target="accepted")
    policy = lenient.policy()["id"]
    assert lenient.ok("PUT", f"elb/l7policies/{policy}", body)["l7policy"]["redirect_pool_id"] == spare


def test_a_pool_of_another_listeners_policy_is_refused_where_the_switch_says_so():
    strict = Cloud(pool_shared_between_listeners=False)
    strict.policy()
    strict.policy()
    assert strict.no_policy("plain")[:2] == BAD


@pytest.mark.parametrize(
    "entries",
    [
        [{"pool_id": "BLUE"}, {"pool_id": "BLUE"}],
        [{"pool_id": "BLUE", "weight": 101}],
        [{"pool_id": "BLUE", "weight": -1}],
        [{"pool_id": "BLUE", "weight": True}],
        [{"weight": 1}],
        ["BLUE"],
        [{"pool_id": "BLUE"}] * 6,
    ],
)
def test_a_wrong_list_of_pools_is_refused(cloud, entries):
    blue = cloud.id("pools", "blue")
    entries = [{**item, "pool_id": blue} if isinstance(item, dict) and "pool_id" in item else item for item in entries]
    assert cloud.no_policy(redirect_pools_config=entries)[:2] == BAD


def test_the_list_of_pools_needs_advanced_forwarding_and_wins_over_the_pool(cloud):
    blue, green = cloud.id("pools", "blue"), cloud.id("pools", "green")
    config = [{"pool_id": green, "weight": "7"}]
    assert cloud.no_policy("plain", redirect_pools_config=config)[:2] == BAD
    made = cloud.policy(redirect_pool_id=blue, redirect_pools_config=config)
    assert made["redirect_pools_config"] == [{"pool_id": green, "weight": 7}]
    assert made["redirect_pool_id"] == green


def test_five_pools_are_allowed_and_six_are_not():
    from unit.emulator.huawei_cloud import seed

    document = seed(pools=[{"name": name, "loadbalancer": "shop"} for name in ("blue", "spare", *"abcde")])
    cloud = Cloud(document)
    ids = [cloud.id("pools", name) for name in "abcde"]
    assert len(cloud.policy(redirect_pools_config=[{"pool_id": id} for id in ids])["redirect_pools_config"]) == 5
    six = [*ids, cloud.id("pools", "blue")]
    assert cloud.no_policy(redirect_pools_config=[{"pool_id": id} for id in six])[:2] == BAD


def test_sticky_sessions_last_1_to_1440_minutes(cloud):
    for timeout in (0, 1441, "5"):
        sticky = {"enable": True, "timeout": timeout}
        assert cloud.no_policy(redirect_pools_sticky_session_config=sticky)[:2] == BAD
    assert cloud.policy()["redirect_pools_sticky_session_config"] == {"enable": False, "timeout": 1440}


@pytest.mark.parametrize(
    "fields",
    [
        {"admin_state_up": False},
        {"name": "x" * 256},
        {"name": 5},
        {"description": "x" * 256},
        {"position": 0},
        {"position": 101},
        {"redirect_url": ""},
        {"colour": "red"},
    ],
)
def test_wrong_plain_fields_are_refused(cloud, fields):
    assert cloud.no_policy(**fields)[:2] == BAD


@pytest.mark.parametrize("field", ["action", "listener_id", "position", "project_id", "redirect_url", "id"])
def test_create_only_fields_are_refused_in_an_update(cloud, field):
    policy = cloud.policy()["id"]
    assert cloud.refused("PUT", f"elb/l7policies/{policy}", {"l7policy": {field: "x"}})[:2] == BAD


# -- priority ------------------------------------------------------------------------------------------------------


def test_priorities_are_unique_on_a_listener(cloud):
    first = cloud.policy(priority=10)
    status, code, text = cloud.no_policy(priority=10)
    assert (status, code) == (409, "ELB.8907")
    assert first["id"] in text
    assert cloud.policy("tls", priority=10)["priority"] == 10
    second = cloud.policy(priority=11)["id"]
    body = {"l7policy": {"priority": 10}}
    assert cloud.refused("PUT", f"elb/l7policies/{second}", body)[:2] == (409, "ELB.8907")
    assert cloud.ok("PUT", f"elb/l7policies/{first['id']}", body)["l7policy"]["priority"] == 10


@pytest.mark.parametrize("number", [0, -1, 10001, "5", 1.5, True])
def test_priorities_run_from_1_to_10000(cloud, number):
    assert cloud.no_policy(priority=number)[:2] == BAD


def test_redirect_to_listener_takes_zero_and_is_zero_by_default(cloud):
    tls = cloud.id("listeners", "tls")
    made = cloud.policy("adv", "REDIRECT_TO_LISTENER", redirect_listener_id=tls)
    assert made["priority"] == 0
    strict = Cloud(redirect_listener_priority_zero_only=True)
    fields = {"action": "REDIRECT_TO_LISTENER", "redirect_listener_id": tls, "priority": 5}
    assert strict.no_policy(**fields)[:2] == BAD
    assert Cloud().policy(**fields)["priority"] == 5


def test_the_default_priority_is_one_above_the_highest(cloud):
    assert cloud.policy()["priority"] == 1
    cloud.policy(priority=500)
    assert cloud.policy()["priority"] == 501
    cloud.policy(priority=10000)
    assert cloud.no_policy()[:2] == BAD


def test_without_advanced_forwarding_there_is_no_priority(cloud):
    assert cloud.no_policy("plain", priority=1)[:2] == BAD
    a, b = cloud.policy("plain"), cloud.policy("plain")
    assert (a["priority"], b["priority"]) == (1, 1)
    path = f"elb/l7policies/{a['id']}"
    assert cloud.ok("PUT", path, {"l7policy": {"priority": 1, "name": "n"}})["l7policy"]["name"] == "n"
    assert cloud.refused("PUT", path, {"l7policy": {"priority": 2}})[:2] == BAD
    assert Cloud(priority_without_advanced="null").policy("plain")["priority"] is None


def test_advanced_forwarding_goes_on_numbers_the_policies_and_never_goes_off(cloud):
    def rule(compare, value):
        return [{"type": "PATH", "compare_type": compare, "value": value}]

    regex = cloud.policy("plain", rules=rule("REGEX", "/abcdef"))["id"]
    short = cloud.policy("plain", rules=rule("STARTS_WITH", "/a"))["id"]
    long = cloud.policy("plain", rules=rule("STARTS_WITH", "/abc"))["id"]
    exact = cloud.policy("plain", rules=rule("EQUAL_TO", "/a"))["id"]
    host = cloud.policy("plain", rules=[{"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "a.b"}])["id"]
    listener = cloud.id("listeners", "plain")
    path = f"elb/listeners/{listener}"
    cloud.ok("PUT", path, {"listener": {"enhance_l7policy_enable": True}})
    numbers = {item["id"]: item["priority"] for item in cloud.ok("GET", "elb/l7policies")["l7policies"]}
    assert sorted(numbers, key=numbers.__getitem__) == [exact, long, short, host, regex]
    assert sorted(numbers.values()) == [1, 2, 3, 4, 5]
    assert cloud.refused("PUT", path, {"listener": {"enhance_l7policy_enable": False}})[:2] == BAD


def batch(cloud, *pairs):
    return {"l7policies": [{"id": id, "priority": number} for id, number in pairs]}


def test_a_batch_swaps_priorities_and_is_judged_on_the_outcome(cloud):
    a, b = cloud.policy(priority=1)["id"], cloud.policy(priority=2)["id"]
    path = "elb/l7policies/batch-update-priority"
    reply = cloud.call("POST", path, batch(cloud, (a, 2), (b, 1)))
    assert (reply.status, set(reply.json())) == (202, {"request_id"})
    assert cloud.ok("GET", f"elb/l7policies/{a}")["l7policy"]["priority"] == 2
    assert cloud.refused("POST", path, batch(cloud, (a, 1)))[:2] == (409, "ELB.8907")
    assert cloud.ok("GET", f"elb/l7policies/{a}")["l7policy"]["priority"] == 2


def test_a_batch_refuses_other_actions_other_listeners_and_wrong_numbers(cloud):
    a = cloud.policy()["id"]
    plain = cloud.policy("plain")["id"]
    fixed = cloud.policy("adv", "FIXED_RESPONSE", fixed_response_config=FIXED)["id"]
    path = "elb/l7policies/batch-update-priority"
    for pairs in ([(fixed, 5)], [(plain, 5)], [(a, 0)], [(a, 10001)], [(a, 5), (a, 6)], []):
        assert cloud.refused("POST", path, batch(cloud, *pairs))[:2] == BAD
    assert cloud.refused("POST", path, batch(cloud, ("x", 5)))[0] == 404


# -- redirect to URL, fixed response, header edits -----------------------------------------------------------------


def test_url_redirects_and_fixed_responses_need_advanced_forwarding_and_their_config(cloud):
    for action, key, config in (
        ("REDIRECT_TO_URL", "redirect_url_config", URL),
        ("FIXED_RESPONSE", "fixed_response_config", FIXED),
    ):
        assert cloud.no_policy("plain", action, **{key: config})[:2] == BAD
        assert cloud.no_policy("adv", action)[:2] == BAD
        assert cloud.policy("adv", action, **{key: config})[key]["status_code"] == config["status_code"]


@pytest.mark.parametrize(
    "config",
    [
        {"protocol": "FTP", "status_code": "301"},
        {"host": "-a", "status_code": "301"},
        {"host": "a" * 129, "status_code": "301"},
        {"port": "0", "status_code": "301"},
        {"port": "65536", "status_code": "301"},
        {"port": 8080, "status_code": "301"},
        {"path": "no-slash", "status_code": "301"},
        {"path": "/ü", "status_code": "301"},
        {"path": "/a\n", "status_code": "301"},
        {"path": "/" + "a" * 128, "status_code": "301"},
        {"path": "/a", "query": "<", "status_code": "301"},
        {"path": "/a", "query": "a" * 129, "status_code": "301"},
        {"path": "/a", "status_code": "300"},
        {"path": "/a", "status_code": 301},
        {"path": "/a"},
        {"status_code": "301"},
        {"protocol": "${protocol}", "host": "${host}", "port": "${port}", "path": "${path}", "status_code": "301"},
        {"protocol": "HTTP", "port": "80", "status_code": "301"},
        {"protocol": "HTTP", "status_code": "301"},
        {"port": "80", "status_code": "301"},
        {"path": "/a", "status_code": "301", "colour": "red"},
    ],
)
def test_a_wrong_url_config_is_refused(cloud, config):
    assert cloud.no_policy("adv", "REDIRECT_TO_URL", redirect_url_config=config)[:2] == BAD


@pytest.mark.parametrize(
    "config",
    [
        {"protocol": "HTTP", "port": "80", "host": "other.example"},
        {"protocol": "HTTP", "port": "81"},
        {"protocol": "HTTPS"},
        {"path": "/$1/x"},
        {"path": "/a", "query": "a=${query}&b"},
        {"host": "a" * 128},
        {"path": "/" + "a" * 127},
        {"path": "/a", "query": ""},
    ],
)
def test_a_legal_url_config_at_the_boundary_is_accepted(cloud, config):
    made = cloud.policy("adv", "REDIRECT_TO_URL", redirect_url_config={**config, "status_code": "308"})
    assert {key: made["redirect_url_config"][key] for key in config} == config


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"status_code": 403},
        {"status_code": "300"},
        {"status_code": "600"},
        {"status_code": "403\n"},
        {"status_code": "403", "content_type": "text/xml"},
        {"status_code": "403", "message_body": "x" * 1025},
        {"status_code": "403", "traffic_limit_config": {"qps": 100001}},
        {"status_code": "403", "traffic_limit_config": {"qps": 10, "per_source_ip_qps": 10}},
    ],
)
def test_a_wrong_fixed_response_is_refused(cloud, config):
    assert cloud.no_policy("adv", "FIXED_RESPONSE", fixed_response_config=config)[:2] == BAD


@pytest.mark.parametrize(
    "entry",
    [
        {"key": "Host", "value_type": "USER_DEFINED", "value": "a"},
        {"key": "X-Forwarded-For", "value_type": "USER_DEFINED", "value": "a"},
        {"key": "a b", "value_type": "USER_DEFINED", "value": "a"},
        {"key": "a" * 41, "value_type": "USER_DEFINED", "value": "a"},
        {"key": "a", "value_type": "OTHER", "value": "a"},
        {"key": "a", "value": "a"},
        {"key": "a", "value_type": "USER_DEFINED"},
        {"key": "a", "value_type": "USER_DEFINED", "value": " a"},
        {"key": "a", "value_type": "USER_DEFINED", "value": "a" * 129},
        {"key": "a", "value_type": "SYSTEM_DEFINED", "value": "TLS-SNI"},
        {"key": "a", "value_type": "SYSTEM_DEFINED", "value": "OTHER"},
    ],
)
def test_a_wrong_header_edit_is_refused(cloud, entry):
    config = {**FIXED, "insert_headers_config": {"configs": [entry]}}
    assert cloud.no_policy("adv", "FIXED_RESPONSE", fixed_response_config=config)[:2] == BAD


def test_system_values_of_tls_need_a_tls_listener(cloud):
    entry = {"key": "a", "value_type": "SYSTEM_DEFINED", "value": "TLS-SNI"}
    config = {**FIXED, "insert_headers_config": {"configs": [entry]}}
    assert cloud.policy("tls", "FIXED_RESPONSE", fixed_response_config=config)


@pytest.mark.parametrize(
    "rewrite",
    [{"host": "*"}, {"path": "/a*"}, {"path": "/a\\b"}, {"path": "/{a}"}, {"query": "a*"}, {"port": "80"}],
)
def test_a_wrong_rewrite_is_refused(cloud, rewrite):
    config = {"rewrite_url_enable": True, "rewrite_url_config": rewrite}
    assert cloud.no_policy(redirect_pools_extend_config=config)[:2] == BAD


def test_quotas_of_policies_hold():
    cloud = Cloud(elb_quotas={"l7policies_per_listener": 2, "l7policy": 3})
    cloud.policy()
    cloud.policy()
    assert cloud.no_policy()[:2] == (409, "ELB.8905")
    cloud.policy("plain")
    assert cloud.no_policy("plain")[1:] == ("ELB.8905", "Quota exceeded for resources: l7policy")
    other = Cloud(elb_quotas={"l7policy": 0}, quota_status=400)
    assert other.no_policy()[:2] == (400, "ELB.9807")


def test_deleting_a_policy_takes_its_rules_and_a_second_delete_is_404(cloud):
    policy = cloud.policy(rules=[{"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"}])["id"]
    assert cloud.call("DELETE", f"elb/l7policies/{policy}").status == 204
    assert cloud.ok("GET", "elb/l7policies/rules")["rules"] == []
    refusal = cloud.refused("DELETE", f"elb/l7policies/{policy}")
    assert refusal == (404, "ELB.8904", f"l7policy {policy} could not be found.")

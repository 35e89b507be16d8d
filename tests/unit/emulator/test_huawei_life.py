"""Faults, restarts, pending objects, seeds and pages of the Huawei front."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.huawei_cloud import PROJECT, START, Cloud, seed

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import make_request
from reconciler.emulator.options import Options
from reconciler.emulator.seed import SeedError
from reconciler.emulator.seed_file import load_seed

RULE = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"}


# -- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("path", ["elb/l7policies", "vpc/security-group-rules"])
def test_a_status_fault_speaks_the_services_own_form_and_does_nothing(status, path):
    cloud = Cloud(faults=[f"POST */{path} status={status}"])
    body = cloud.policy_body() if path.startswith("elb") else {"security_group_rule": {}}
    before = cloud.ok("GET", path)
    refusal = cloud.refused("POST", path, body)
    assert refusal[0] == status
    assert refusal[1].startswith(("ELB.", "VPC.", "APIGW."))
    after = cloud.ok("GET", path)
    assert {**before, "request_id": ""} == {**after, "request_id": ""}


def test_throttling_carries_the_gateways_code():
    cloud = Cloud(faults=["GET */l7policies nth=2 status=429"])
    codes = [cloud.call("GET", "elb/l7policies").status for _ in range(3)]
    assert codes == [200, 429, 200]
    cloud = Cloud(faults=["GET * status=429"])
    assert cloud.refused("GET", "elb/l7policies")[1] == "APIGW.0308"


def test_a_lost_answer_is_of_a_write_that_happened():
    cloud = Cloud(faults=["POST */l7policies lose-answer"])
    reply = cloud.call("POST", "elb/l7policies", cloud.policy_body())
    assert reply.lost
    assert len(cloud.ok("GET", "elb/l7policies")["l7policies"]) == 1


def test_a_held_object_is_pending_until_the_time_has_passed():
    cloud = Cloud(faults=["POST */l7policies hold=30s", "PUT */l7policies/* hold=10s"])
    policy = cloud.policy(rules=[RULE])
    path = f"elb/l7policies/{policy['id']}"
    assert policy["provisioning_status"] == "PENDING_CREATE"
    cloud.time += 29
    assert cloud.ok("GET", path)["l7policy"]["provisioning_status"] == "PENDING_CREATE"
    assert len(cloud.ok("GET", "elb/l7policies?provisioning_status=PENDING_CREATE")["l7policies"]) == 1
    cloud.time += 1
    assert cloud.ok("GET", path)["l7policy"]["provisioning_status"] == "ACTIVE"
    changed = cloud.ok("PUT", path, {"l7policy": {"name": "n"}})["l7policy"]
    assert changed["provisioning_status"] == "PENDING_UPDATE"
    cloud.time += 10
    assert cloud.ok("GET", path)["l7policy"]["provisioning_status"] == "ACTIVE"


def test_every_object_can_be_pending_for_a_while():
    cloud = Cloud(pending_seconds=2)
    policy = cloud.policy(rules=[RULE])
    rule = f"elb/l7policies/{policy['id']}/rules/{policy['rules'][0]['id']}"
    assert cloud.ok("GET", rule)["rule"]["provisioning_status"] == "PENDING_CREATE"
    cloud.time += 2
    assert cloud.ok("GET", rule)["rule"]["provisioning_status"] == "ACTIVE"


# -- restarts ------------------------------------------------------------------------------------------------------


def test_everything_outlives_a_restart(tmp_path):
    state = tmp_path / "cloud.db"
    cloud = Cloud(state=state)
    policy = cloud.policy(rules=[RULE], name="kept")
    before = cloud.ok("GET", "elb/l7policies")["l7policies"]
    cloud.emulator.close()
    again = Cloud(state=state)
    assert again.ok("GET", "elb/l7policies")["l7policies"] == before
    assert again.policy()["id"] != policy["id"]
    again.emulator.close()
    unseeded = Emulator(state=state)
    assert unseeded.handle(make_request("GET", f"/v3/{PROJECT}/elb/l7policies/{policy['id']}")).status == 200
    unseeded.close()


def test_time_does_not_go_back_over_a_restart(tmp_path):
    state = tmp_path / "cloud.db"
    cloud = Cloud(state=state)
    cloud.time = START + 1000
    made = cloud.policy()
    cloud.emulator.close()
    again = Cloud(state=state)
    assert again.policy()["created_at"] == made["created_at"]
    again.emulator.close()


def test_a_state_made_from_another_seed_is_refused(tmp_path):
    state = tmp_path / "cloud.db"
    Cloud(state=state).emulator.close()
    with pytest.raises(SeedError, match="another seed"):
        Cloud(seed(security_groups=[]), state=state)


def test_two_emulators_on_one_file_see_each_other(tmp_path):
    state = tmp_path / "cloud.db"
    one, two = Cloud(state=state), Cloud(state=state)
    first = one.policy()["id"]
    second = two.policy()["id"]
    assert [item["id"] for item in one.ok("GET", "elb/l7policies")["l7policies"]] == [first, second]
    assert two.call("DELETE", f"elb/l7policies/{first}").status == 204
    assert one.refused("GET", f"elb/l7policies/{first}")[0] == 404
    one.emulator.close()
    two.emulator.close()


def test_the_same_calls_give_the_same_bytes():
    def run():
        cloud = Cloud()
        bodies = [cloud.call("POST", "elb/l7policies", cloud.policy_body(rules=[RULE])).body for _ in range(2)]
        return [*bodies, cloud.call("GET", "elb/l7policies").body]

    assert run() == run()


# -- seeds ---------------------------------------------------------------------------------------------------------


def problems(document):
    with pytest.raises(SeedError) as caught:
        Emulator(document)
    return caught.value.problems


def test_all_mistakes_of_a_seed_are_told_at_once():
    data = {
        "colour": "red",
        "loadbalancers": [{"name": "lb"}, {"name": "twin"}, {"name": "twin"}, {"name": "odd", "speed": 1}],
        "listeners": [
            {"name": "a", "loadbalancer": "nowhere", "protocol": "HTTP"},
            {"name": "b", "loadbalancer": "twin", "protocol": "HTTP"},
            {"name": "c", "loadbalancer": "lb", "protocol": "SMTP"},
            {"name": "d", "protocol": "HTTP"},
            {"name": "ok", "loadbalancer": "lb", "protocol": "HTTP", "default_pool_id": "gone"},
        ],
        "l7policies": [
            {"name": "p", "listener": "ok", "action": "REDIRECT_TO_POOL", "redirect_pool": "nope"},
            {
                "name": "q",
                "listener": "ok",
                "action": "FIXED_RESPONSE",
                "fixed_response_config": {"status_code": "403"},
            },
            {"name": "r", "listener": "ok", "listener_id": "x", "action": "DENY"},
        ],
        "security_groups": [{"description": "nameless"}, {"name": "g", "security_group_rules": [{"direction": "up"}]}],
        "pools": "none",
        "quotas": {"beer": 1, "l7policy": "many"},
    }
    found = problems({**seed(), "huawei": {PROJECT: data, "NOT-A-PROJECT": {}}, "aws": {}, "kind": "Sky"})
    where = f"huawei.{PROJECT}"
    starts = [
        "kind: must be Cloud",
        "aws: unknown key",
        f"{where}.colour: unknown key",
        f"{where}.pools: must be a list",
        f"{where}.loadbalancers[3].speed: unknown field",
        f"{where}.listeners[0].loadbalancer: nothing in loadbalancers is named 'nowhere'",
        f"{where}.listeners[1].loadbalancer: 2 of loadbalancers are named 'twin'",
        f"{where}.listeners[2].protocol: must be one of",
        f"{where}.listeners[3]: needs loadbalancer",
        f"{where}.listeners[4].default_pool_id: nothing in pools has the id 'gone'",
        f"{where}.l7policies[0].redirect_pool: nothing in pools is named 'nope'",
        f"{where}.l7policies[1]: Invalid input for 'action'",
        f"{where}.l7policies[2].listener: give either listener or listener_id",
        f"{where}.security_groups[0].name: a security group needs a name",
        f"{where}.security_groups[1].security_group_rules[0]: Invalid input for 'direction'",
        f"{where}.quotas.beer: unknown quota",
        f"{where}.quotas.l7policy: must be an integer",
        "huawei.NOT-A-PROJECT: a Huawei project id",
    ]
    for start in starts:
        assert any(item.startswith(start) for item in found), (start, found)
    assert len(found) == len(starts) + 1  # the policy without its pool is also refused as such


def test_a_seed_with_mistakes_leaves_no_state(tmp_path):
    state = tmp_path / "cloud.db"
    with pytest.raises(SeedError):
        Emulator({**seed(), "aws": {}}, state=state)
    Cloud(state=state).emulator.close()


def test_ids_follow_from_names():
    assert Cloud().id("pools", "blue") == Cloud().id("pools", "blue")
    reordered = seed(pools=[{"name": "green"}, {"name": "blue"}, {"name": "spare"}, {"name": "foreign"}])
    assert Cloud(reordered).id("pools", "blue") == Cloud().id("pools", "blue")


def test_the_replies_of_one_cloud_are_the_seed_of_another():
    first = Cloud()
    first.policy(rules=[RULE], name="a")
    first.policy("plain", rules=[RULE], name="b")
    first.policy("adv", "FIXED_RESPONSE", fixed_response_config={"status_code": "403"}, name="c")
    first.policy("adv", "REDIRECT_TO_URL", redirect_url_config={"path": "/b", "status_code": "301"}, name="d")
    keys = ("loadbalancers", "listeners", "pools", "l7policies?display_all_rules=true")
    data = {key.partition("?")[0]: first.ok("GET", f"elb/{key}")[key.partition("?")[0]] for key in keys}
    group = first.ok("GET", f"vpc/security-groups/{first.group()}")["security_group"]
    document = {**seed(), "huawei": {PROJECT: {**data, "security_groups": [group]}}}
    second = Cloud(json.loads(json.dumps(document)))
    for key in keys:
        name = key.partition("?")[0]
        assert second.ok("GET", f"elb/{key}")[name] == first.ok("GET", f"elb/{key}")[name]
    assert second.ok("GET", f"vpc/security-groups/{group['id']}")["security_group"] == group


def test_a_seed_is_not_changed_by_loading_it():
    document = seed()
    before = json.dumps(document)
    Cloud(document)
    assert json.dumps(document) == before


def test_seeded_listeners_have_ports_of_their_own():
    listeners = [{"name": str(number), "loadbalancer": "shop", "protocol": "HTTP"} for number in range(3)]
    shown = Cloud(seed(listeners=listeners)).ok("GET", "elb/listeners")["listeners"]
    assert [item["protocol_port"] for item in shown] == [80, 81, 82]
    for item in listeners:
        item["protocol_port"] = 80
    assert len(problems(seed(listeners=listeners))) == 2


def test_a_name_that_is_a_number_is_told_to_be_quoted():
    found = problems(seed(pools=[{"name": 403}], listeners=[]))
    assert found == (f"huawei.{PROJECT}.pools[0].name: must be a string: quote it ('403')",)


def test_a_seeded_policy_can_be_in_error():
    policies = [
        {"name": "x", "listener": "adv", "action": "REDIRECT_TO_POOL", "redirect_pool": "blue", "rules": [RULE]},
        {"name": "y", "listener": "adv", "action": "REDIRECT_TO_POOL", "redirect_pool": "blue", "rules": [RULE]},
        {
            "name": "z",
            "listener": "adv",
            "action": "REDIRECT_TO_POOL",
            "redirect_pool": "blue",
            "provisioning_status": "ERROR",
        },
    ]
    shown = Cloud(seed(l7policies=policies)).ok("GET", "elb/l7policies")["l7policies"]
    assert [item["provisioning_status"] for item in shown] == ["ACTIVE", "ERROR", "ERROR"]


def test_a_seed_file_keeps_ids_as_text(tmp_path):
    path = tmp_path / "cloud.yaml"
    path.write_text(
        "apiVersion: reconciler.emulator/v1\nkind: Cloud\nhuawei:\n"
        "  00000000000000000000000000000001:\n"
        "    loadbalancers: [{name: on, created_at: 2024-01-02T03:04:05Z, guaranteed: true}]\n"
    )
    document = load_seed(path)
    assert document["huawei"]["00000000000000000000000000000001"]["loadbalancers"] == [
        {"name": "on", "created_at": "2024-01-02T03:04:05Z", "guaranteed": True}
    ]
    assert Emulator(document).store.accounts("huawei") == ["00000000000000000000000000000001"]


@pytest.mark.parametrize("text", ["a: [", "- a\n", "", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n"])
def test_a_seed_file_that_is_no_seed_is_refused(tmp_path, text):
    path = tmp_path / "cloud.yaml"
    path.write_text(text)
    with pytest.raises(SeedError):
        load_seed(path)


# -- pages ---------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 9), limit=st.integers(1, 6), cap=st.none() | st.integers(1, 3))
def test_any_page_size_gives_every_object_once(count, limit, cap):
    cloud = Cloud(options=Options(page_cap=cap))
    ids = [cloud.policy()["id"] for _ in range(count)]
    seen, marker = [], ""
    while True:
        body = cloud.ok("GET", f"elb/l7policies?limit={limit}{marker}")
        got = [item["id"] for item in body["l7policies"]]
        assert body["page_info"]["current_count"] == len(got) <= min(limit, cap or limit)
        seen += got
        if "next_marker" not in body["page_info"]:
            break
        marker = f"&marker={body['page_info']['next_marker']}"
    assert seen == ids
    back, marker = [], ""
    while True:
        body = cloud.ok("GET", f"elb/l7policies?limit={limit}&page_reverse=true{marker}")
        got = [item["id"] for item in body["l7policies"]]
        back = got + back
        if not got:
            break
        marker = f"&marker={body['page_info']['previous_marker']}"
    assert back == ids


def test_marker_and_page_reverse_need_a_limit():
    cloud = Cloud()
    policy = cloud.policy()["id"]
    for query in (f"marker={policy}", "page_reverse=true", "limit=-1", "limit=2001", "limit=x", "limit=2&marker="):
        assert cloud.refused("GET", f"elb/l7policies?{query}")[:2] == (400, "ELB.8902")


def test_a_next_marker_may_also_be_on_the_last_page():
    cloud = Cloud(next_marker_on_last_page=True)
    policy = cloud.policy()["id"]
    assert cloud.ok("GET", "elb/l7policies?limit=5")["page_info"]["next_marker"] == policy
    empty = cloud.ok("GET", f"elb/l7policies?limit=5&marker={policy}")
    assert "next_marker" not in empty["page_info"]

"""L7 policies of Octavia: positions that compact, values that are rewritten, locks, failures, the order of checks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.openstack_support import Cloud, seed_of

IMMUTABLE = "is immutable and cannot be updated."


def post(cloud, **body):
    return {"l7policy": {"listener_id": cloud.listener, "action": "REJECT", **body}}


def test_positions_follow_the_observed_sequence():
    cloud = Cloud()
    made = {}
    for name, position, order in (("a", None, "a"), ("b", None, "ab"), ("c", 1, "cab"), ("d", 2, "cdab"), ("e", 100, "cdabe"),
                                  ("f", 5, "cdabfe")):  # fmt: skip
        made[name] = cloud.policy(name=name, **({} if position is None else {"position": position}))
        assert cloud.order() == order
    assert made["e"]["position"] == 5
    cloud.done("PUT", f"/l7policies/{made['c']['id']}", {"l7policy": {"position": 3}})
    assert cloud.order() == "dacbfe"
    cloud.done("PUT", f"/l7policies/{made['d']['id']}", {"l7policy": {"position": 2147483647}})
    assert cloud.order() == "acbfed"
    cloud.ok("DELETE", f"/l7policies/{made['b']['id']}")
    assert cloud.order() == "acbfed", "a policy that is being deleted is listed and counted"
    cloud.wait()
    assert cloud.order() == "acfed"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("imd"), st.integers(0, 5), st.integers(1, 7)), max_size=8))
def test_positions_are_those_of_a_list_with_insert_move_and_delete(steps):
    cloud, model, made = Cloud(), [], {}
    for number, (kind, which, position) in enumerate(steps):
        name = chr(ord("a") + number)
        if kind == "i" or not model:
            made[name] = cloud.policy(name=name, position=position)["id"]
            model.insert(position - 1, name)
        elif kind == "m":
            moved = model.pop(which % len(model))
            cloud.done("PUT", f"/l7policies/{made[moved]}", {"l7policy": {"position": position}})
            model.insert(position - 1, moved)
        else:
            cloud.done("DELETE", f"/l7policies/{made[model.pop(which % len(model))]}")
        assert cloud.order() == "".join(model)


def test_what_does_not_belong_to_the_action_is_dropped_silently():
    cloud = Cloud()
    blue = cloud.id("pools", "blue")
    assert cloud.policy(action="REJECT", redirect_pool_id=blue)["redirect_pool_id"] is None
    assert cloud.policy(action="REJECT", redirect_url="http://a.example")["redirect_url"] is None
    assert cloud.policy(action="REDIRECT_TO_POOL", redirect_pool_id=blue, redirect_url="http://a.example")["redirect_url"] is None
    url = cloud.policy(action="REDIRECT_TO_URL", redirect_url="http://a.example", redirect_pool_id=blue)
    assert (url["redirect_pool_id"], url["redirect_http_code"]) == (None, 302)


def test_a_prefix_makes_even_a_reject_a_redirect_and_of_url_and_prefix_the_url_wins():
    cloud = Cloud()
    assert cloud.policy(redirect_prefix="http://a.example")["action"] == "REDIRECT_PREFIX"
    both = cloud.policy(action="REDIRECT_PREFIX", redirect_prefix="http://a.example", redirect_url="http://b.example")
    assert (both["action"], both["redirect_prefix"]) == ("REDIRECT_TO_URL", None)


def test_a_target_alone_changes_the_action_and_clears_the_old_target():
    cloud = Cloud()
    policy = cloud.policy(action="REDIRECT_TO_POOL", redirect_pool_id=cloud.id("pools", "blue"))
    changed = cloud.done("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"redirect_url": "http://a.example"}})
    assert (changed["action"], changed["redirect_pool_id"], changed["redirect_http_code"]) == ("REDIRECT_TO_URL", None, 302)


def test_a_custom_code_is_lost_with_the_next_target():
    cloud = Cloud()
    policy = cloud.policy(action="REDIRECT_TO_URL", redirect_url="http://a.example", redirect_http_code=308)
    changed = cloud.done("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"redirect_url": "http://b.example"}})
    assert changed["redirect_http_code"] == 302


def test_a_pool_policy_may_lose_its_pool():
    cloud = Cloud()
    policy = cloud.policy(action="REDIRECT_TO_POOL", redirect_pool_id=cloud.id("pools", "blue"))
    changed = cloud.done("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"redirect_pool_id": None}})
    assert (changed["action"], changed["redirect_pool_id"]) == ("REDIRECT_TO_POOL", None)


def test_an_action_without_its_target_is_refused_whatever_is_stored():
    cloud = Cloud()
    policy = cloud.policy(action="REDIRECT_TO_POOL", redirect_pool_id=cloud.id("pools", "blue"))
    path = f"/l7policies/{policy['id']}"
    assert cloud.refused("PUT", path, {"l7policy": {"action": "REDIRECT_TO_POOL"}})[0] == 400
    assert cloud.refused("PUT", path, {"l7policy": {}}) == (400, "Invalid L7 Policy arguments: Invalid update options")


def test_a_repeated_tag_is_a_409_when_it_is_made_and_a_500_when_it_is_changed():
    cloud = Cloud()
    policy = cloud.policy(tags=["a"])
    assert cloud.refused("POST", "/l7policies", post(cloud, tags=["a", "A"]))[0] == 409
    assert cloud.refused("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"tags": ["a", "A"]}})[0] == 500
    assert cloud.ok("GET", f"/l7policies/{policy['id']}")["l7policy"]["tags"] == ["a"]


def test_null_means_different_things_in_different_fields():
    cloud = Cloud()
    policy = cloud.policy(name="a", tags=["x"], position=None)
    changed = cloud.done("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"name": None, "tags": None, "position": None}})
    assert (changed["name"], changed["tags"], changed["position"]) == ("", [], 1)
    disabled = cloud.done("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"admin_state_up": None}})
    assert disabled["admin_state_up"] is False


def test_a_write_locks_every_listener_of_the_load_balancer_until_it_is_through():
    seed = seed_of(
        project={"name": "demo"}, loadbalancers=[{"name": "shop"}, {"name": "far"}],
        listeners=[{"name": name, "load_balancer": owner} for name, owner in (("web", "shop"), ("two", "shop"), ("far", "far"))],
    )  # fmt: skip
    cloud = Cloud(seed, create_seconds=2.0)
    two, far, shop = cloud.id("listeners", "two"), cloud.id("listeners", "far"), cloud.id("loadbalancers", "shop")
    first = cloud.ok("POST", "/l7policies", post(cloud))["l7policy"]
    assert (first["provisioning_status"], first["operating_status"], first["updated_at"]) == ("PENDING_CREATE", "OFFLINE", None)
    assert cloud.refused("POST", "/l7policies", post(cloud, listener_id=two)) == (409, f"Load Balancer {shop} {IMMUTABLE}")
    cloud.ok("POST", "/l7policies", post(cloud, listener_id=far))
    cloud.wait(1.9)
    assert cloud.ok("GET", f"/loadbalancers/{shop}")["loadbalancer"]["provisioning_status"] == "PENDING_UPDATE"
    cloud.wait(0.2)
    now = cloud.ok("GET", f"/l7policies/{first['id']}")["l7policy"]
    assert (now["provisioning_status"], now["operating_status"]) == ("ACTIVE", "ONLINE")
    assert now["updated_at"]


def test_input_and_quota_are_checked_before_the_lock():
    cloud = Cloud(octavia_quotas={"l7policy": 1})
    cloud.ok("POST", "/l7policies", post(cloud))
    assert cloud.refused("POST", "/l7policies", post(cloud, action="reject"))[0] == 400
    assert cloud.refused("POST", "/l7policies", post(cloud)) == (403, "Quota has been met for resources: L7 Policy")
    cloud.wait()
    assert cloud.ok("GET", f"/loadbalancers/{cloud.id('loadbalancers', 'shop')}")["loadbalancer"]["provisioning_status"] == "ACTIVE"


def test_a_failed_change_leaves_the_object_in_error_with_its_new_values_and_the_rest_active():
    cloud = Cloud(faults=["POST /load-balancer/v2/lbaas/l7policies nth=1 fail"])
    broken = cloud.policy(name="a")
    shown = cloud.ok("GET", f"/l7policies/{broken['id']}")["l7policy"]
    assert (shown["provisioning_status"], shown["name"], shown["position"]) == ("ERROR", "a", 1)
    assert cloud.ok("GET", f"/listeners/{cloud.listener}")["listener"]["provisioning_status"] == "ACTIVE"
    rule = {"rule": {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"}}
    refused = cloud.refused("POST", f"/l7policies/{broken['id']}/rules", rule)
    assert refused == (409, f"L7Policy {broken['id']} {IMMUTABLE}")
    cloud.done("PUT", f"/l7policies/{broken['id']}", {"l7policy": {"name": "b"}})
    assert cloud.ok("GET", f"/l7policies/{broken['id']}")["l7policy"]["provisioning_status"] == "ACTIVE"


def test_a_failed_change_leaves_the_other_listeners_in_error_until_they_are_written_to():
    listeners = [{"name": "web"}, {"name": "two", "protocol_port": 81}]
    cloud = Cloud(seed_of(project={"name": "demo"}, listeners=listeners), faults=["POST /load-balancer/* nth=1 fail"])
    two = cloud.id("listeners", "two")
    cloud.policy()
    assert cloud.ok("GET", f"/listeners/{cloud.listener}")["listener"]["provisioning_status"] == "ACTIVE"
    assert cloud.ok("GET", f"/listeners/{two}")["listener"]["provisioning_status"] == "ERROR"
    cloud.policy(listener_id=two)
    assert cloud.ok("GET", f"/listeners/{two}")["listener"]["provisioning_status"] == "ACTIVE"


def test_a_pool_names_the_listeners_that_would_use_it():
    cloud = Cloud()
    blue = cloud.id("pools", "blue")
    policy = cloud.policy(action="REDIRECT_TO_POOL", redirect_pool_id=blue)
    assert cloud.ok("GET", f"/pools/{blue}")["pool"]["listeners"] == []
    cloud.rule(policy)
    assert cloud.ok("GET", f"/pools/{blue}")["pool"]["listeners"] == [{"id": cloud.listener}]


def test_a_locked_load_balancer_has_its_own_words_when_it_is_asked_itself():
    cloud = Cloud()
    shop = cloud.id("loadbalancers", "shop")
    cloud.ok("POST", "/l7policies", post(cloud))
    refused = cloud.refused("PUT", f"/loadbalancers/{shop}", {"loadbalancer": {"name": "x"}})
    assert refused == (409, f"Invalid state PENDING_UPDATE of loadbalancer resource {shop}")


def test_failures_and_stuck_changes_are_also_switches():
    cloud = Cloud(failing_changes=frozenset({"update l7policies"}), stuck_changes=frozenset({"delete l7policies"}))
    policy = cloud.policy()
    cloud.done("PUT", f"/l7policies/{policy['id']}", {"l7policy": {"name": "b"}})
    assert cloud.ok("GET", f"/l7policies/{policy['id']}")["l7policy"]["provisioning_status"] == "ERROR"
    cloud.ok("DELETE", f"/l7policies/{policy['id']}")
    cloud.wait(1e6)
    cloud.token = cloud.login()
    assert cloud.refused("DELETE", f"/l7policies/{policy['id']}")[0] == 409


def test_hold_keeps_the_load_balancer_locked():
    cloud = Cloud(faults=["POST /load-balancer/* times=1 hold=90s"])
    cloud.policy()
    assert cloud.refused("POST", "/l7policies", post(cloud))[0] == 409
    cloud.wait(90)
    assert cloud.policy()["position"] == 2


def test_nested_rules_are_checked_and_then_fail():
    cloud = Cloud()
    good = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/"}
    assert cloud.refused("POST", "/l7policies", post(cloud, rules=[{**good, "value": " "}]))[0] == 400
    assert cloud.refused("POST", "/l7policies", post(cloud, rules=[good]))[0] == 500
    assert cloud.policy(rules=[])["rules"] == []
    assert cloud.order() == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"position": 0}, 400), ({"position": 2147483648}, 400), ({"position": []}, 500), ({"name": "x" * 256}, 400),
        ({"name": 5}, 400), ({"tags": ["a", "A"]}, 409), ({"tags": "a"}, 400), ({"admin_state_up": "maybe"}, 400),
        ({"redirect_http_code": 300}, 400), ({"listener_id": "nope"}, 400), ({"bogus": 1}, 400), ({"name": "\U0001f600"}, 500),
        ({"listener_id": "11111111-2222-4333-8444-555555555555"}, 404), ({"action": "REDIRECT_TO_URL"}, 400),
        ({"action": "REDIRECT_TO_URL", "redirect_url": "ftp://a.example"}, 400), ({"listener_id": None}, 404),
    ],
)  # fmt: skip
def test_what_octavia_refuses_is_refused_with_its_status(body, status):
    cloud = Cloud()
    assert cloud.refused("POST", "/l7policies", post(cloud, **body))[0] == status
    assert cloud.order() == ""


@pytest.mark.parametrize(("raw", "status"), [(b"{}", 500), (b"[]", 500), (b"x", 400), (b"", 400), (b'{"l7policy":{}}', 400)])
def test_bodies_that_are_none_fail_as_they_do_there(raw, status):
    from reconciler.emulator.http import make_request

    cloud = Cloud()
    headers = {"X-Auth-Token": cloud.token, "Content-Type": "application/json"}
    request = make_request("POST", "/load-balancer/v2/lbaas/l7policies", headers=headers, body=raw)
    assert cloud.emulator.handle(request).status == status


def test_pools_must_be_on_the_load_balancer_and_speak_http_and_stay_while_they_are_used():
    seed = seed_of(
        project={"name": "demo"}, loadbalancers=[{"name": "shop"}, {"name": "far"}],
        listeners=[{"name": "web", "load_balancer": "shop"}, {"name": "tcp", "load_balancer": "shop", "protocol": "TCP"}],
        pools=[{"name": "blue", "load_balancer": "shop"}, {"name": "far", "load_balancer": "far"},
               {"name": "tcp", "load_balancer": "shop", "protocol": "TCP"}],
    )  # fmt: skip
    cloud = Cloud(seed)
    pools = {name: cloud.id("pools", name) for name in ("blue", "far", "tcp")}
    wanted = {"action": "REDIRECT_TO_POOL"}
    assert cloud.refused("POST", "/l7policies", post(cloud, **wanted, redirect_pool_id=pools["far"])) == (404, f"Pool {pools['far']} not found.")
    assert cloud.refused("POST", "/l7policies", post(cloud, **wanted, redirect_pool_id=pools["tcp"]))[0] == 400
    refused = cloud.refused("POST", "/l7policies", post(cloud, listener_id=cloud.id("listeners", "tcp")))
    assert refused[0] == 501
    assert "TCP protocol listeners do not support L7 policies" in refused[1]
    policy = cloud.policy(**wanted, redirect_pool_id=pools["blue"])
    in_use = cloud.refused("DELETE", f"/pools/{pools['blue']}")
    assert in_use == (409, f"Pool {pools['blue']} is in use by L7 policy {policy['id']}")


def test_a_deleted_policy_takes_its_rules_along():
    cloud = Cloud()
    policy = cloud.policy()
    cloud.rule(policy)
    cloud.ok("DELETE", f"/l7policies/{policy['id']}")
    assert cloud.refused("DELETE", f"/l7policies/{policy['id']}")[0] == 409
    cloud.wait()
    assert cloud.refused("DELETE", f"/l7policies/{policy['id']}") == (404, f"L7 Policy {policy['id']} not found.")
    assert cloud.refused("GET", f"/l7policies/{policy['id']}/rules") == (404, f"L7Policy {policy['id']} not found.")


def test_routes_that_octavia_does_not_have_are_refused_in_its_second_form():
    cloud = Cloud()
    policy = cloud.policy()
    assert cloud.send("PATCH", f"/l7policies/{policy['id']}") == (405, {"code": 405, "title": "Method Not Allowed", "description": ""})
    assert cloud.send("GET", "/rules") == (404, {"code": 404, "title": "Not Found", "description": ""})
    assert [call.path for call in cloud.emulator.unknown] == ["/load-balancer/v2/lbaas/rules"]
    assert cloud.raw("GET", "/load-balancer/v2.0/lbaas/l7policies", X_Auth_Token=cloud.token).status == 200


def test_state_survives_a_restart_in_the_middle_of_a_change(tmp_path):
    file, clock = tmp_path / "cloud.db", [1_780_000_000.0]
    cloud = Cloud(state=file, clock=clock)
    policy = cloud.ok("POST", "/l7policies", post(cloud))["l7policy"]
    cloud.emulator.close()
    again = Cloud(state=file, clock=clock)
    assert again.ok("GET", f"/l7policies/{policy['id']}")["l7policy"]["provisioning_status"] == "PENDING_CREATE"
    again.wait()
    assert again.ok("GET", f"/l7policies/{policy['id']}")["l7policy"]["provisioning_status"] == "ACTIVE"

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.emulator.gcore_support import Cloud

URL = {"action": "REDIRECT_TO_URL", "redirect_url": "https://a.example/"}
PREFIX = {"action": "REDIRECT_PREFIX", "redirect_prefix": "https://a.example"}


@pytest.fixture(scope="module")
def shared():
    """A cloud for refusals, which change nothing."""
    cloud = Cloud()
    cloud.policy(name="there")
    return cloud


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"name": None}, "name"),
        ({"name": "a/b/c"}, "name"),
        ({"name": "-abc"}, "name"),
        ({"name": "abc-"}, "name"),
        ({"name": "x" * 64}, "name"),
        ({"name": 7}, "name"),
        ({"position": 0}, "position"),
        ({"position": "1"}, "position"),
        ({"position": True}, "position"),
        ({"position": None}, "position"),
        ({"position": 2**31}, "position"),
        ({"action": "REDIRECT_TO_LISTENER"}, "action"),
        ({"action": "reject"}, "action"),
        ({"action": ["REJECT"]}, "action"),
        ({"action": "REDIRECT_TO_POOL"}, "redirect_pool_id"),
        ({"action": "REDIRECT_TO_POOL", "redirect_pool_id": "no uuid"}, "redirect_pool_id"),
        ({"action": "REDIRECT_TO_URL"}, "redirect_url"),
        ({"action": "REDIRECT_TO_URL", "redirect_url": None}, "redirect_url"),
        ({"action": "REDIRECT_TO_URL", "redirect_url": "/relative"}, "redirect_url"),
        ({"action": "REDIRECT_TO_URL", "redirect_url": "https://a b"}, "redirect_url"),
        ({"action": "REDIRECT_TO_URL", "redirect_url": "https://[::1"}, "redirect_url"),
        ({"action": "REDIRECT_PREFIX"}, "redirect_prefix"),
        ({"action": "REDIRECT_PREFIX", "redirect_prefix": "ftp://a.example"}, "redirect_prefix"),
        ({**URL, "redirect_http_code": 304}, "redirect_http_code"),
        ({**URL, "redirect_http_code": "301"}, "redirect_http_code"),
        ({**URL, "redirect_http_code": None}, "redirect_http_code"),
        ({"tags": "a"}, "tags"),
        ({"tags": ["a", None]}, "tags"),
        ({"listener_id": "nonsense"}, "listener_id"),
    ],
)
def test_a_policy_that_does_not_fit_names_its_field(shared, changes, field):
    body = {"action": "REJECT", "listener_id": shared.listener, "name": "fine", **changes}
    assert shared.refused("POST", "/v1/l7policies/1/1", body) == (400, [field])


def test_all_wrong_fields_are_named_at_once(shared):
    body = {"action": "REDIRECT_PREFIX", "listener_id": 5, "name": "x", "position": 0}
    status, wrong = shared.refused("POST", "/v1/l7policies/1/1", body)
    assert (status, sorted(wrong)) == (400, ["listener_id", "name", "position", "redirect_prefix"])


def test_a_repeated_tag_is_a_conflict(shared):
    body = {"action": "REJECT", "listener_id": shared.listener, "tags": ["a", "a"]}
    assert shared.refused("POST", "/v1/l7policies/1/1", body)[0] == 409


def test_a_body_that_is_no_json_or_no_object_is_a_400(shared):
    assert shared.refused("POST", "/v1/l7policies/1/1", ["REJECT"]) == (400, ["body"])
    assert shared.refused("POST", "/v1/l7policies/1/1")[0] == 400


def test_fields_of_another_action_are_ignored_or_refused():
    body = {"action": "REJECT", "redirect_url": "https://a.example", "redirect_http_code": 301, "colour": "red"}
    cloud = Cloud()
    cloud.policy(**body)
    (policy,) = cloud.all("l7policies")
    assert (policy["redirect_url"], policy["redirect_http_code"]) == (None, None)
    strict = Cloud(foreign_fields="refused")
    body["listener_id"] = strict.listener
    assert strict.refused("POST", "/v1/l7policies/1/1", body) == (
        400,
        ["redirect_url", "redirect_http_code", "colour"],
    )


def test_a_change_of_action_clears_the_old_target_and_code():
    cloud = Cloud()
    policy = cloud.policy(**URL, redirect_http_code=301)
    cloud.done("PATCH", f"/v1/l7policies/1/1/{policy}", {"action": "REDIRECT_TO_POOL", "redirect_pool_id": cloud.pool})
    changed = cloud.ok("GET", f"/v1/l7policies/1/1/{policy}")
    assert changed["redirect_pool_id"] == cloud.pool
    assert (changed["redirect_url"], changed["redirect_prefix"], changed["redirect_http_code"]) == (None, None, None)
    cloud.done("PATCH", f"/v1/l7policies/1/1/{policy}", PREFIX)
    assert cloud.ok("GET", f"/v1/l7policies/1/1/{policy}")["redirect_http_code"] == 302


@pytest.mark.parametrize(("switch", "code"), [("302", 302), ("null", None)])
def test_a_redirect_without_a_code_reads_back_as_the_switch_says(switch, code):
    cloud = Cloud(redirect_code_default=switch)
    cloud.policy(**URL)
    assert [policy["redirect_http_code"] for policy in cloud.all("l7policies")] == [code]


@pytest.mark.parametrize(("switch", "code"), [("kept", 301), ("reset", 302)])
def test_an_omitted_code_is_kept_or_reset(switch, code):
    cloud = Cloud(omitted_redirect_code=switch)
    policy = cloud.policy(**URL, redirect_http_code=301)
    cloud.done("PATCH", f"/v1/l7policies/1/1/{policy}", URL)
    assert cloud.ok("GET", f"/v1/l7policies/1/1/{policy}")["redirect_http_code"] == code


def test_older_clients_put_a_policy_and_read_times():
    cloud = Cloud(legacy_fields=True)
    policy = cloud.policy(name="old")
    cloud.done("PUT", f"/v1/l7policies/1/1/{policy}", {"action": "REJECT", "name": "new"})
    read = cloud.ok("GET", f"/v1/l7policies/1/1/{policy}")
    assert read["name"] == "new"
    assert read["created_at"].endswith("+0000")
    assert read["updated_at"] > read["created_at"]


def test_a_pool_in_use_may_be_unlinked_instead():
    cloud = Cloud(pool_in_use="unlinked")
    cloud.policy(action="REDIRECT_TO_POOL", redirect_pool_id=cloud.pool)
    cloud.done("DELETE", f"/v1/lbpools/1/1/{cloud.pool}")
    assert [policy["redirect_pool_id"] for policy in cloud.all("l7policies")] == [None]


def test_listeners_may_hide_their_load_balancer():
    cloud = Cloud(listener_load_balancer_id="null")
    assert cloud.all("lblisteners")[0]["load_balancer_id"] is None
    assert cloud.all("loadbalancers")[0]["listeners"] == [{"id": cloud.listener}]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.none() | st.integers(1, 8)),
        st.tuples(st.just("move"), st.integers(0, 7), st.integers(1, 8)),
        st.tuples(st.just("delete"), st.integers(0, 7)),
    ),
    max_size=8,
)


@given(OPERATIONS)
def test_positions_are_always_one_to_n_in_the_order_of_octavia(operations):
    cloud, expected = Cloud(), []
    for operation, *arguments in operations:
        if operation == "create":
            position = arguments[0]
            id = cloud.policy(**({} if position is None else {"position": position}))
            expected.insert(len(expected) if position is None else min(position - 1, len(expected)), id)
        elif expected and operation == "move":
            id = expected.pop(arguments[0] % len(expected))
            expected.insert(min(arguments[1] - 1, len(expected)), id)
            cloud.done("PATCH", f"/v1/l7policies/1/1/{id}", {"action": "REJECT", "position": arguments[1]})
        elif expected:
            cloud.done("DELETE", f"/v1/l7policies/1/1/{expected.pop(arguments[0] % len(expected))}")
        found = sorted(cloud.all("l7policies"), key=lambda policy: policy["position"])
        assert [policy["id"] for policy in found] == expected
        assert [policy["position"] for policy in found] == list(range(1, len(expected) + 1))

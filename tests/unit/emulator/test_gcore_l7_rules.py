import pytest
from unit.emulator.gcore_support import Cloud

PATH = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x"}
HEADER = {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Env", "value": "prod"}


@pytest.fixture(scope="module")
def shared():
    """A cloud with one policy for refusals, which change nothing."""
    cloud = Cloud()
    cloud.policy()
    return cloud


def rules_of(cloud):
    return f"/v1/l7policies/1/1/{cloud.all('l7policies')[0]['id']}/rules"


def made(cloud, **body):
    task = cloud.done("POST", rules_of(cloud), {**PATH, **body})
    return task["created_resources"]["l7rules"][0]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"type": "METHOD"}, "type"),
        ({"compare_type": "LIKE"}, "compare_type"),
        ({"value": ""}, "value"),
        ({"value": None}, "value"),
        ({"value": 5}, "value"),
        ({"value": "x" * 256}, "value"),
        ({"value": "/a b"}, "value"),
        ({"value": "/ä"}, "value"),
        ({"value": "/a\n"}, "value"),
        ({"compare_type": "REGEX", "value": "("}, "value"),
        ({"compare_type": "REGEX", "value": "\\p{L}"}, "value"),
        ({"compare_type": "REGEX", "value": "ä"}, "value"),
        ({"key": "X-Env"}, "key"),
        ({"key": None}, "key"),
        ({"type": "HEADER", "value": "x"}, "key"),
        ({"type": "HEADER", "value": "x", "key": "X Env"}, "key"),
        ({"type": "HEADER", "value": "x", "key": "k" * 256}, "key"),
        ({"type": "HEADER", "value": "a b", "key": "k"}, "value"),
        ({"type": "COOKIE", "value": "x"}, "key"),
        ({"type": "COOKIE", "value": "a;b", "key": "k"}, "value"),
        ({"type": "COOKIE", "value": 'a"b', "key": "k"}, "value"),
        ({"type": "SSL_DN_FIELD", "value": "x"}, "key"),
        ({"type": "FILE_TYPE", "compare_type": "CONTAINS", "value": "png"}, "compare_type"),
        ({"type": "SSL_CONN_HAS_CERT", "compare_type": "STARTS_WITH", "value": "True"}, "compare_type"),
        ({"type": "SSL_CONN_HAS_CERT", "value": "False"}, "value"),
        ({"type": "SSL_CONN_HAS_CERT", "value": "True", "key": "k"}, "key"),
        ({"type": "SSL_VERIFY_RESULT", "compare_type": "REGEX", "value": "1"}, "compare_type"),
        ({"type": "SSL_VERIFY_RESULT", "value": "-1"}, "value"),
        ({"invert": "yes"}, "invert"),
        ({"invert": None}, "invert"),
        ({"tags": [1]}, "tags"),
    ],
)
def test_a_rule_that_cannot_be_names_its_field(shared, rule, field):
    assert shared.refused("POST", rules_of(shared), {**PATH, **rule}) == (400, [field])


@pytest.mark.parametrize(
    "rule",
    [
        {"value": "no-slash?q#f"},
        {"value": "x" * 255},
        {"type": "HOST_NAME", "compare_type": "ENDS_WITH", "value": ".example.com"},
        {"type": "HEADER", "key": "X-Env", "value": '"a b"'},
        {"type": "COOKIE", "compare_type": "CONTAINS", "key": "k", "value": "a=b"},
        {"type": "FILE_TYPE", "compare_type": "REGEX", "value": "jpe?g|png"},
        {"type": "SSL_CONN_HAS_CERT", "value": "true", "invert": True},
        {"type": "SSL_VERIFY_RESULT", "value": "0"},
        {"type": "SSL_DN_FIELD", "key": "CN", "value": "a name"},
        {"compare_type": "REGEX", "value": "^/a b(?=c)$"},
    ],
)
def test_a_rule_at_the_edge_of_the_allowed_is_stored_as_sent(rule):
    cloud = Cloud()
    cloud.policy()
    id = made(cloud, **rule)
    read = cloud.ok("GET", f"{rules_of(cloud)}/{id}")
    assert {name: read[name] for name in {**PATH, **rule}} == {**PATH, **rule}


def test_the_fifty_first_rule_of_a_policy_is_a_conflict():
    cloud = Cloud(rules_per_policy=3)
    cloud.policy()
    for _ in range(3):
        made(cloud)
    assert cloud.refused("POST", rules_of(cloud), PATH)[0] == 409
    assert len(cloud.ok("GET", rules_of(cloud))["results"]) == 3
    assert Cloud().emulator.options.gcore.rules_per_policy == 50


def test_a_replacement_keeps_what_is_not_sent_and_checks_the_whole():
    cloud = Cloud()
    cloud.policy()
    id = made(cloud, **HEADER, invert=True, tags=["t"])
    cloud.done("PUT", f"{rules_of(cloud)}/{id}", {"value": "test"})
    read = cloud.ok("GET", f"{rules_of(cloud)}/{id}")
    assert (read["key"], read["value"], read["invert"], read["tags"]) == ("X-Env", "test", True, ["t"])
    cloud.done("PUT", f"{rules_of(cloud)}/{id}", {"compare_type": "REGEX", "value": "a b"})
    assert cloud.refused("PUT", f"{rules_of(cloud)}/{id}", {"compare_type": "EQUAL_TO"}) == (400, ["value"])


def test_a_key_goes_with_its_type_or_makes_the_put_a_400():
    for switch in ("clears_key", "refused"):
        cloud = Cloud(unkeyed_put=switch)
        cloud.policy()
        path = f"{rules_of(cloud)}/{made(cloud, **HEADER)}"
        if switch == "refused":
            assert cloud.refused("PUT", path, PATH) == (400, ["key"])
        else:
            cloud.done("PUT", path, PATH)
            assert cloud.ok("GET", path)["key"] is None


def test_a_certificate_field_may_do_without_a_key():
    cloud = Cloud(ssl_dn_field_key="optional")
    cloud.policy()
    id = made(cloud, type="SSL_DN_FIELD", value="CN")
    assert cloud.ok("GET", f"{rules_of(cloud)}/{id}")["key"] is None


def test_an_invalid_put_may_be_a_task_in_error_that_changes_nothing():
    cloud = Cloud(invalid_rule="task_error")
    cloud.policy()
    path = f"{rules_of(cloud)}/{made(cloud)}"
    task = cloud.done("PUT", path, {"compare_type": "REGEX", "value": "("})
    assert (task["state"], task["created_resources"]) == ("ERROR", None)
    assert "regular expression" in task["error"]
    assert cloud.ok("GET", path)["value"] == "/x"


def test_a_rule_write_shows_on_rule_policy_listener_and_load_balancer():
    cloud = Cloud()
    cloud.policy()
    rule = made(cloud)
    cloud.ok("DELETE", f"{rules_of(cloud)}/{rule}")
    cloud.wait(0.6)
    assert cloud.ok("GET", f"{rules_of(cloud)}/{rule}")["provisioning_status"] == "PENDING_DELETE"
    for collection in ("l7policies", "lblisteners", "loadbalancers"):
        assert cloud.all(collection)[0]["provisioning_status"] == "PENDING_UPDATE"
    cloud.wait()
    assert cloud.ok("GET", rules_of(cloud)) == {"count": 0, "results": []}
    for collection in ("l7policies", "lblisteners", "loadbalancers"):
        assert (cloud.all(collection)[0]["provisioning_status"], cloud.all(collection)[0]["task_id"]) == (
            "ACTIVE",
            None,
        )

"""Whatever is sent, the answer is the API's: never an exception, never a server error."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.gcore_support import Cloud

from reconciler.emulator.gcore.routes import CLIENT_WIDE, SCOPED
from reconciler.emulator.http import make_request

SEED = {
    "apiVersion": "reconciler.emulator/v1",
    "kind": "Cloud",
    "gcore": {
        "1/1": {
            "listeners": [{"name": "web", "default_pool": "blue"}],
            "pools": [
                {
                    "name": "blue",
                    "members": [{"address": "10.0.0.1", "protocol_port": 80}],
                    "healthmonitor": {"type": "TCP", "delay": 5, "timeout": 2, "max_retries": 2},
                }
            ],
            "l7policies": [{"name": "one", "rules": [{"type": "HEADER", "key": "k", "value": "v"}]}],
            "securitygroups": [{"name": "one", "rules": [{"direction": "ingress"}]}],
        }
    },
}
ROUTES = [
    (method, version, collection, pattern, table is SCOPED)
    for table in (SCOPED, CLIENT_WIDE)
    for (version, collection), patterns in table.items()
    for pattern, methods in patterns.items()
    for method in methods
]
MEMBER = {"address": "10.0.0.2", "protocol_port": 80}
MONITOR = {"type": "HTTP", "delay": 5, "timeout": 2, "max_retries": 2}
GROUP_RULE = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
LISTENER = {"name": "new", "protocol": "HTTP", "protocol_port": 81, "insert_x_forwarded": True, "user_list": []}
POOL = {"name": "new", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", "members": [MEMBER], "healthmonitor": MONITOR}
GROUP = {"name": "new", "description": "d", "rules": [GROUP_RULE], "tags": {"a": "b"}}
OLD_GROUP = {"security_group": {"name": "new", "security_group_rules": [GROUP_RULE], "metadata": {"a": "b"}}}
BALANCER = {"name": "new", "flavor": "lb1-1-2", "listeners": [{**LISTENER, "pools": [POOL]}], "logging": {}}


def first_id(cloud, kind):
    return next((item["id"] for item in cloud.emulator.store.list("gcore", "1/1", kind)), "x")


def bodies(cloud, collection, pattern):
    """Bodies that fit a route, or nearly so."""
    listener, balancer = first_id(cloud, "listeners"), first_id(cloud, "loadbalancers")
    policy = {"action": "REDIRECT_TO_URL", "redirect_url": "https://a.example", "listener_id": listener, "position": 1}
    l7_rule = {"type": "HEADER", "compare_type": "REGEX", "key": "k", "value": "v", "invert": True, "tags": ["t"]}
    changes = {"name": "changed", "tags": None, "members": None, "rules": [], "allowed_cidrs": None}
    fitting = {
        "loadbalancers": [BALANCER, {"name": "new", "tags": {"a": "b"}}, {"flavor": "lb1-2-4"}],
        "members": [MEMBER, [MEMBER], {"weight": 3}],
        "lblisteners": [{**LISTENER, "load_balancer_id": balancer}, changes],
        "lbpools": [{**POOL, "load_balancer_id": balancer}, {**POOL, "listener_id": listener}, changes],
        "healthmonitor": [MONITOR, {"delay": 9}],
        "l7policies": [policy, {"action": "REJECT", "listener_id": listener}],
        "l7policies/rules": [l7_rule, {"value": "w"}],
        "securitygroups": [OLD_GROUP, {"name": "copy"}, {"changed_rules": [{"action": "create", **GROUP_RULE}]}],
        "security_groups": [GROUP, {"name": "bare"}, changes],
        "metadata": [{"a": "b"}],
    }
    for key in ("members", "healthmonitor", "metadata"):
        if key in pattern:
            return fitting[key]
    if "rules" in pattern:
        return fitting["l7policies/rules"] if collection == "l7policies" else [GROUP_RULE]
    return fitting.get(collection, [GROUP_RULE])


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [
            "REJECT",
            "REDIRECT_TO_URL",
            "REDIRECT_TO_POOL",
            "https://a.example",
            "ingress",
            "IPv6",
            "tcp",
            "icmp",
            "10.0.0.0/8",
            "::/0",
            "PATH",
            "HEADER",
            "REGEX",
            "EQUAL_TO",
            "HTTP",
            "TCP",
            "ROUND_ROBIN",
            "web",
            "create",
            "delete",
            "lb1-1-2",
            "L2",
            "\ud800",
            "SOURCE_IP",
        ]
    ),
)
ODD = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(
            ["limit", "offset", "name", "state", "order_by", "tag_key", "tag_key_value", "details", "key", "show_stats"]
        ),
        st.sampled_from(["", "1", "-1", "x", "NEW", "name.asc", "{}", "true", "9" * 30, "ä"]),
    ),
    max_size=2,
)


OWNERS = {
    "loadbalancers": ("loadbalancers", "members"),
    "lblisteners": ("listeners",),
    "lbpools": ("pools",),
    "l7policies": ("l7policies", "l7rules"),
    "securitygroups": ("securitygroups",),
    "security_groups": ("securitygroups", "securitygrouprules"),
    "securitygrouprules": ("securitygrouprules",),
}


def known_ids(cloud, collection, pattern, place):
    """Ids that fit a place of a path, most of them."""
    store = cloud.emulator.store
    if collection == "tasks":
        return [*(task["id"] for task in store.list("gcore", "*", "tasks")), "x"]
    kinds = ("pools", "members") if "pools" in pattern else OWNERS.get(collection, ())
    kind = kinds[min(pattern[:place].count("*"), len(kinds) - 1)] if kinds else ""
    if kind == "members":
        return [*(member["id"] for pool in store.list("gcore", "1/1", "pools") for member in pool["members"]), "x"]
    found = [item["id"] for item in store.list("gcore", "1/1", kind)]
    return [*found, *found, first_id(cloud, "pools"), "1"]


@settings(max_examples=50)
@given(st.data())
def test_no_request_breaks_the_cloud(data):
    cloud = Cloud(SEED)
    for _ in range(8):
        method, version, collection, pattern, scoped = data.draw(st.sampled_from(ROUTES))
        parts = [
            data.draw(st.sampled_from(known_ids(cloud, collection, pattern, place))) if part == "*" else part
            for place, part in enumerate(pattern)
        ]
        path = "/".join(["/cloud", version, collection, *(["1", "1"] if scoped else []), *parts])
        query = "&".join(f"{key}={value}" for key, value in data.draw(QUERIES))
        body = data.draw(st.sampled_from(bodies(cloud, collection, pattern)))
        if isinstance(body, dict) and data.draw(st.integers(0, 2)) == 0:
            body = {**body, data.draw(st.sampled_from(sorted(body))): data.draw(ODD)}
        reply = cloud.emulator.handle(
            make_request(
                method,
                f"{path}?{query}",
                headers={"Authorization": "APIKey 1$a"},
                body=json.dumps(body).encode() if method not in ("GET", "DELETE") else b"",
            )
        )
        assert reply.status in (200, 204, 400, 403, 404, 409), (method, path, reply)
        if reply.body:
            answer = json.loads(reply.body.decode())
            assert reply.status == 200 or {"exception_class", "message", "request_id"} <= set(answer)
        if data.draw(st.integers(0, 3)):
            cloud.wait()
    for collection in ("loadbalancers", "lblisteners", "lbpools", "l7policies", "securitygroups"):
        cloud.all(collection)
    cloud.ok("GET", "/v1/loadbalancers/1/1/status")
    cloud.ok("GET", "/v1/tasks?limit=1000")

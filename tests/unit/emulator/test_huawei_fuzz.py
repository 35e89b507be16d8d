"""No body and no query makes the Huawei front fail: it answers, and a refusal has the API's form."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.huawei_cloud import PROJECT, Cloud

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import make_request
from reconciler.emulator.seed import SeedError

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 70000)
    | st.text(max_size=5)
    | st.sampled_from(
        [
            "PATH", "HOST_NAME", "HEADER", "EQUAL_TO", "REGEX", "/a", "a.b", "HTTP", "HTTPS", "REDIRECT_TO_POOL", "ADV",
            "FIXED_RESPONSE", "REDIRECT_TO_URL", "REDIRECT_TO_LISTENER", "TLS", "BLUE", "GROUP", "LB", "301", "403",
            "ingress", "egress", "IPv4", "IPv6", "tcp", "icmp", "80", "1-5,7", "10.0.0.0/8", "::/0", "allow", "create",
        ]
    )
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "id", "name", "description", "action", "listener_id", "loadbalancer_id", "priority", "redirect_pool_id",
        "redirect_pools_config", "redirect_listener_id", "redirect_url_config", "fixed_response_config", "rules", "type",
        "compare_type", "value", "key", "conditions", "pool_id", "weight", "status_code", "path", "host", "port", "query",
        "protocol", "protocol_port", "enhance_l7policy_enable", "default_pool_id", "insert_headers_config", "configs",
        "redirect_pools_extend_config", "redirect_pools_sticky_session_config", "rewrite_url_config", "timeout",
        "traffic_limit_config", "qps", "cors_config", "direction", "ethertype", "multiport", "remote_ip_prefix",
        "remote_group_id", "security_group_id", "tags", "availability_zone_list", "vpc_id", "lb_algorithm", "members",
        "admin_state_up", "invert", "enabled", "port_range_min", "port_range_max", "autoscaling", "session_persistence",
    ]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=8)
ENVELOPES = (
    "loadbalancer", "listener", "pool", "l7policy", "rule", "l7policies", "listener_ids", "pools", "security_group",
    "security_group_rule", "security_group_rules", "tag", "tags",
)  # fmt: skip
PATHS = (
    "elb/loadbalancers", "elb/loadbalancers/LB", "elb/listeners", "elb/listeners/ADV", "elb/pools", "elb/pools/BLUE",
    "elb/l7policies", "elb/l7policies/POLICY", "elb/l7policies/POLICY/rules", "elb/l7policies/POLICY/rules/RULE",
    "elb/l7policies/batch-update-priority", "elb/listeners/batch-delete", "elb/pools/batch-delete",
    "vpc/security-groups", "vpc/security-groups/GROUP", "vpc/security-group-rules",
    "vpc/security-groups/GROUP/security-group-rules/batch-create",
)  # fmt: skip
OLD_PATHS = (
    f"/v1/{PROJECT}/security-groups", f"/v1/{PROJECT}/security-group-rules", "/v2.0/security-groups",
    "/v2.0/security-group-rules", f"/v2.0/{PROJECT}/security-groups/GROUP/tags",
    f"/v2.0/{PROJECT}/security-groups/GROUP/tags/action", "/v3/auth/tokens",
)  # fmt: skip


def prepared():
    cloud = Cloud()
    rule = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a"}
    policy = cloud.policy(rules=[rule])
    ids = {
        "ADV": cloud.id("listeners", "adv"),
        "TLS": cloud.id("listeners", "tls"),
        "BLUE": cloud.id("pools", "blue"),
        "LB": cloud.id("loadbalancers", "shop"),
        "GROUP": cloud.group(),
        "POLICY": policy["id"],
        "RULE": policy["rules"][0]["id"],
    }
    return cloud, ids


def fill(value, ids):
    text = json.dumps(value)
    for name, id in ids.items():
        text = text.replace(f'"{name}"', f'"{id}"')
    return json.loads(text)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_body_is_answered(data):
    cloud, ids = prepared()
    for _ in range(8):
        path = data.draw(st.sampled_from(PATHS + OLD_PATHS))
        method = data.draw(st.sampled_from(["POST", "PUT"]))
        inner = data.draw(OBJECTS | st.lists(OBJECTS, max_size=3) | VALUES)
        body = fill({key: inner for key in data.draw(st.lists(st.sampled_from(ENVELOPES), min_size=1))}, ids)
        for name, id in ids.items():
            path = "/".join(id if part == name else part for part in path.split("/"))
        reply = cloud.call(method, path, body)
        assert reply.status in (200, 201, 202, 204, 400, 401, 404, 409)
        if reply.status >= 400:
            assert "x-request-id" in reply.headers
    for path in ("elb/loadbalancers", "elb/listeners", "elb/pools", "elb/l7policies?display_all_rules=true"):
        cloud.ok("GET", path)
    cloud.ok("GET", "vpc/security-groups")
    cloud.ok("GET", f"elb/loadbalancers?name={'x'}&autoscaling=true&eips=y")


@settings(max_examples=20, deadline=None)
@given(
    path=st.sampled_from([path for path in PATHS if path.count("/") == 1]),
    query=st.lists(
        st.tuples(KEYS | st.sampled_from(["limit", "marker", "page_reverse"]), st.text(max_size=4)), max_size=4
    ),
)
def test_any_query_is_answered(path, query):
    cloud, _ = prepared()
    from urllib.parse import urlencode

    assert cloud.call("GET", f"{path}?{urlencode(query)}").status in (200, 400)


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["loadbalancers", "listeners", "pools", "l7policies", "security_groups", "security_group_rules", "ports"]
        ),
        st.lists(
            st.dictionaries(KEYS | st.sampled_from(["listener", "redirect_pool", "loadbalancer"]), VALUES, max_size=6)
        ),
    )
)
def test_any_seed_loads_or_is_refused(data):
    document = {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "huawei": {PROJECT: data}}
    try:
        emulator = Emulator(document)
    except SeedError:
        return
    assert emulator.handle(make_request("GET", f"/v3/{PROJECT}/elb/l7policies")).status == 200

"""Whatever is sent, the answer is the API's: never an exception of the emulator's own."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.emulator.openstack_support import Cloud, seed_of

from reconciler.emulator.http import make_request

SEED = seed_of(
    project={"name": "demo"}, listeners=[{"name": "web"}], pools=[{"name": "blue"}],
    l7policies=[{"name": "one", "rules": [{"type": "HEADER", "key": "k", "value": "v"}]}],
    security_groups=[{"name": "one", "security_group_rules": [{"direction": "ingress"}]}],
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 70000), st.floats(), st.text(max_size=6),
              st.sampled_from(["REJECT", "PATH", "EQUAL_TO", "tcp", "ingress", "IPv6", "10.0.0.0/8", "x" * 300, "\ud800"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)), max_leaves=5,
)  # fmt: skip
FIELDS = st.sampled_from([
    "name", "description", "action", "position", "listener_id", "redirect_url", "redirect_pool_id", "redirect_http_code", "tags",
    "admin_state_up", "rules", "type", "compare_type", "value", "key", "invert", "direction", "ethertype", "protocol",
    "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id", "security_group_id", "loadbalancer_id",
    "protocol_port", "lb_algorithm", "default_pool_id", "vip_subnet_id", "stateful", "project_id", "insert_headers",
])  # fmt: skip
ROOTS = st.sampled_from(["l7policy", "rule", "listener", "pool", "loadbalancer", "security_group", "security_group_rule",
                         "security_group_rules", "quota", "tags", "auth"])  # fmt: skip
PATHS = st.sampled_from([
    "/load-balancer/v2/lbaas/l7policies", "/load-balancer/v2/lbaas/l7policies/{policy}", "/load-balancer/v2/lbaas/l7policies/{policy}/rules",
    "/load-balancer/v2/lbaas/l7policies/{policy}/rules/{rule}", "/load-balancer/v2/lbaas/listeners", "/load-balancer/v2/lbaas/listeners/{listener}",
    "/load-balancer/v2/lbaas/pools", "/load-balancer/v2/lbaas/pools/{pool}", "/load-balancer/v2/lbaas/loadbalancers",
    "/load-balancer/v2/lbaas/quotas/x", "/network/v2.0/security-groups", "/network/v2.0/security-groups/{group}",
    "/network/v2.0/security-group-rules", "/network/v2.0/security-groups/{group}/tags", "/network/v2.0/quotas/x",
    "/identity/v3/auth/tokens", "/load-balancer/v2/lbaas", "/network/v2.0/nothing", "/identity/nothing", "/load-balancer/%00/é",
])  # fmt: skip
QUERIES = st.lists(st.tuples(st.sampled_from(["limit", "marker", "sort", "sort_key", "sort_dir", "fields", "name", "tags", "listener_id",
                                              "position", "admin_state_up", "protocol", "page_reverse", "cascade"]),
                             st.sampled_from(["", "x", "-1", "0", "2", "name:desc", "é", "id", "asc", "True"])), max_size=3)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]), PATHS, QUERIES, ROOTS,
                          st.one_of(VALUES, st.dictionaries(FIELDS, VALUES, max_size=5))), max_size=6))  # fmt: skip
def test_nothing_that_is_sent_makes_the_front_fail(steps):
    cloud = Cloud(SEED, user_roles={"demo": "admin"})
    ids = {
        "policy": cloud.id("l7policies", "one"), "listener": cloud.listener, "pool": cloud.id("pools", "blue"),
        "group": cloud.id("security-groups", "one"),
    }  # fmt: skip
    ids["rule"] = cloud.ok("GET", f"/l7policies/{ids['policy']}/rules")["rules"][0]["id"]
    for method, path, query, root, value in steps:
        target = path.format(**ids) + "?" + "&".join(f"{name}={text}" for name, text in query)
        body = json.dumps({root: value}).encode()
        headers = {"X-Auth-Token": cloud.token, "Content-Type": "application/json", "Host": "cloud.example"}
        reply = cloud.emulator.handle(make_request(method, target, headers=headers, body=body))
        assert 200 <= reply.status < 600
        if reply.body:
            json.loads(reply.body)
        cloud.wait()

"""Rows of the normalisation tables, Huawei: written through the official SDK, read through our reader, equal.

Every case has two spellings of one thing: what the SDK sends, and what a manifest would say.
"""

import asyncio
import time
from contextlib import aclosing

import pytest

from reconciler.dialects.huawei import HUAWEI
from reconciler.emulator.options import HuaweiOptions, Options
from reconciler.model.desired import ProviderSpec
from reconciler.model.live import ScopeRef, Wanted
from reconciler.model.plugin import Connection, plugin

KEYS = {"AKEXAMPLE0000000001": "SKexampleSKexampleSKexampleSKexample0001"}
SEED = {
    "loadbalancers": [{"name": "lb"}],
    "listeners": [
        {"name": "web", "loadbalancer": "lb", "protocol": "HTTP", "protocol_port": 80, "enhance_l7policy_enable": True},
        {"name": "plain", "loadbalancer": "lb", "protocol": "HTTP", "protocol_port": 81},
        {"name": "tls", "loadbalancer": "lb", "protocol": "HTTPS", "protocol_port": 443},
    ],
    "pools": [{"name": "blue", "loadbalancer": "lb"}, {"name": "green", "loadbalancer": "lb"}],
    "security_groups": [{"name": "sg", "security_group_rules": []}, {"name": "peer", "security_group_rules": []}],
}


class RealClock:
    now = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)


def read(h, kind, object_id):
    """The live scope, read by our provider over the socket with signed requests."""
    url = h.served.url
    spec = {"type": "huawei", "region": "cn-north-4", "project_id": h.project,
            "endpoints": {"elb": url, "vpc": url, "iam": url}}  # fmt: skip
    ((access_key, secret_key),) = KEYS.items()
    environ = {
        "RECONCILE_TRUSTED_HOSTS": "127.0.0.1", "HUAWEICLOUD_SDK_AK": access_key, "HUAWEICLOUD_SDK_SK": secret_key,
    }  # fmt: skip

    async def go():
        provider = plugin("huawei").open(ProviderSpec("p", "huawei", spec), Connection(RealClock(), environ))
        async with aclosing(provider):
            await provider.authenticate()
            await provider.lookup(Wanted({"listener": frozenset(), "pool": frozenset()}, {}))
            result = await provider.read([ScopeRef(f"{kind}/x", kind, object_id)])
            assert result.failures == ()
            return result.lives[0]

    return asyncio.run(go())


@pytest.fixture(params=["whole rules", "all rules", "rules of each policy"])
def options(request):
    """The three ways in which clouds show rules; the plainest mirrors nothing and gives null priorities."""
    switches = {
        "whole rules": {},
        "all rules": {"display_all_rules": False, "mirror_pools": False, "priority_without_advanced": "null"},
        "rules of each policy": {"display_all_rules": False, "rules_listing": False, "next_marker_on_last_page": True},
    }[request.param]
    return Options(verify_signatures=True, credentials=KEYS, huawei=HuaweiOptions(**switches))


@pytest.fixture
def cloud(huawei, options):
    h = huawei(SEED, options=options)
    h.listeners = {x.name: x.id for x in h.elb.list_listeners(h.E.ListListenersRequest()).listeners}
    h.pools = {x.name: x.id for x in h.elb.list_pools(h.E.ListPoolsRequest()).pools}
    h.groups = {x.name: x.id for x in h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest()).security_groups}
    return h


def names(value, h):
    """Replace ``@blue`` by the pool's id, and the like."""
    known = {**h.listeners, **h.pools, **h.groups}
    if isinstance(value, dict):
        return {key: names(item, h) for key, item in value.items()}
    if isinstance(value, list):
        return [names(item, h) for item in value]
    return known.get(value[1:], value) if isinstance(value, str) and value.startswith("@") else value


PATH = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/a"}
POOL = {"action": "REDIRECT_TO_POOL", "redirect_pool_id": "@blue"}
URL = {"action": "REDIRECT_TO_URL"}
FIXED = {"action": "FIXED_RESPONSE"}
HEADER = {"type": "HEADER", "compare_type": "EQUAL_TO"}
POLICIES = {
    "empty texts are absent": ({**POOL, "name": "", "description": ""}, POOL),
    "a pool and a list of one pool": (
        {"action": "REDIRECT_TO_POOL", "redirect_pools_config": [{"pool_id": "@blue", "weight": 1}]}, POOL),
    "a list of one pool and a pool": (
        POOL, {"action": "REDIRECT_TO_POOL", "redirect_pools_config": [{"pool_id": "@blue", "weight": 1}]}),
    "a pool without weight has weight 1": (
        {"action": "REDIRECT_TO_POOL", "redirect_pools_config": [{"pool_id": "@blue"}, {"pool_id": "@green"}]},
        {"action": "REDIRECT_TO_POOL",
         "redirect_pools_config": [{"pool_id": "@green", "weight": 1}, {"pool_id": "@blue", "weight": 1}]}),
    "a session that is off": (
        {**POOL, "redirect_pools_sticky_session_config": {"enable": False, "timeout": 1440}}, POOL),
    "a session's default time": (
        {**POOL, "redirect_pools_sticky_session_config": {"enable": True}},
        {**POOL, "redirect_pools_sticky_session_config": {"enable": True, "timeout": 1440}}),
    "a rewrite that inherits": (
        {**POOL, "redirect_pools_extend_config": {"rewrite_url_enable": True, "rewrite_url_config": {"path": "/x"}}},
        {**POOL, "redirect_pools_extend_config": {"rewrite_url_enable": True, "rewrite_url_config": {
            "host": "${host}", "path": "/x", "query": "${query}"}}}),
    "no rewrite": ({**POOL, "redirect_pools_extend_config": {"rewrite_url_enable": False}}, POOL),
    "parts of a URL that are inherited": (
        {**URL, "redirect_url_config": {"status_code": "302", "host": "x.example.com"}},
        {**URL, "redirect_url_config": {"status_code": "302", "host": "x.example.com", "protocol": "${protocol}",
                                        "port": "${port}", "path": "${path}", "query": "${query}"}}),
    "status codes are texts": (
        {**FIXED, "fixed_response_config": {"status_code": "404", "content_type": "text/plain"}},
        {**FIXED, "fixed_response_config": {"status_code": 404, "message_body": ""}}),
    "conditions in any order": (
        {**POOL, "rules": [{**HEADER, "value": "", "conditions": [{"key": "X", "value": "2"}, {"key": "X", "value": "1"}]}]},
        {**POOL, "rules": [{**HEADER, "conditions": [{"key": "X", "value": "1"}, {"key": "X", "value": "2"}]}]}),
    "rules in any order": (
        {**POOL, "rules": [PATH, {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "a.example.com"}]},
        {**POOL, "rules": [{"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "a.example.com"}, PATH]}),
    "conditions of types without a key": (
        {**POOL, "rules": [{"type": "METHOD", "compare_type": "EQUAL_TO", "value": "",
                            "conditions": [{"key": "", "value": "GET"}]}]},
        {**POOL, "rules": [{"type": "METHOD", "compare_type": "EQUAL_TO", "conditions": [{"value": "GET"}]}]}),
    "a source address and its network": (
        {**POOL, "rules": [{"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "value": "",
                            "conditions": [{"key": "", "value": "2049::49/64"}]}]},
        {**POOL, "rules": [{"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "conditions": [{"value": "2049::/64"}]}]}),
    "invert has no effect": ({**POOL, "rules": [{**PATH, "invert": False}]}, {**POOL, "rules": [PATH]}),
}  # fmt: skip


def sdk_policy(h, listener, raw):
    """An SDK option from plain fields: nested objects as the SDK's own models."""
    E = h.E
    fields = dict(names(raw, h))
    made = {
        "redirect_pools_config": lambda v: [E.CreateRedirectPoolsConfig(**x) for x in v],
        "redirect_pools_sticky_session_config": lambda v: E.CreateRedirectPoolsStickySessionConfig(**v),
        "redirect_pools_extend_config": lambda v: E.CreateRedirectPoolsExtendConfig(
            **{**v, **({"rewrite_url_config": E.CreateRewriteUrlConfig(**v["rewrite_url_config"])}
                       if "rewrite_url_config" in v else {})}),
        "redirect_url_config": lambda v: E.CreateRedirectUrlConfig(**v),
        "fixed_response_config": lambda v: E.CreateFixtedResponseConfig(**v),
        "rules": lambda v: [E.CreateL7PolicyRuleOption(**{**x, **({"conditions": [
            E.CreateRuleCondition(**c) for c in x["conditions"]]} if "conditions" in x else {})}) for x in v],
    }  # fmt: skip
    fields = {key: made[key](value) if key in made else value for key, value in fields.items()}
    option = E.CreateL7PolicyOption(listener_id=h.listeners[listener], **fields)
    request = E.CreateL7PolicyRequest(body=E.CreateL7PolicyRequestBody(l7policy=option))
    return h.elb.create_l7_policy(request).l7policy.id


@pytest.mark.parametrize("case", POLICIES)
def test_a_policy_reads_as_its_other_spelling(cloud, case):
    sent, meant = POLICIES[case]
    sdk_policy(cloud, "web", sent)
    (live,) = read(cloud, "listener", cloud.listeners["web"]).policies
    assert live.policy == HUAWEI.policy(names(meant, cloud))
    assert live.status == "ACTIVE"


def test_a_redirect_to_a_listener_reads_as_its_other_spelling(cloud):
    raw = {"action": "REDIRECT_TO_LISTENER", "redirect_listener_id": "@tls", "name": "up"}
    sdk_policy(cloud, "plain", raw)
    (live,) = read(cloud, "listener", cloud.listeners["plain"]).policies
    assert live.policy == HUAWEI.policy({**names(raw, cloud), "redirect_pools_config": None, "rules": None})


def test_without_advanced_forwarding_there_is_no_number_of_ones_own(cloud):
    sdk_policy(cloud, "plain", {**POOL, "rules": [PATH]})
    live = read(cloud, "listener", cloud.listeners["plain"])
    assert live.facts.advanced_forwarding is False
    assert live.policies[0].policy.number in (None, 1)


RULE = {"direction": "ingress", "priority": 1}
SECURITY = {
    "no family is IPv4": (RULE, {**RULE, "ethertype": "IPv4"}),
    "a family in small letters": ({**RULE, "ethertype": "ipv6"}, {**RULE, "ethertype": "IPv6"}),
    "no protocol is every protocol": (RULE, {**RULE, "protocol": None, "multiport": None, "remote_ip_prefix": None}),
    "a port is a text or a number": ({**RULE, "protocol": "tcp", "multiport": "443"}, {**RULE, "protocol": "tcp", "multiport": 443}),
    "ports in any order": (
        {**RULE, "protocol": "tcp", "multiport": "80,22,30-40"}, {**RULE, "protocol": "tcp", "multiport": "22,30-40,80"}),
    "an address alone is a network": (
        {**RULE, "remote_ip_prefix": "10.1.2.3"}, {**RULE, "remote_ip_prefix": "10.1.2.3/32"}),
    "IPv6 in capitals": (
        {**RULE, "ethertype": "IPv6", "remote_ip_prefix": "2001:DB8::/32"},
        {**RULE, "ethertype": "IPv6", "remote_ip_prefix": "2001:db8::/32"}),
    "allow is the default": ({**RULE, "action": "allow"}, RULE),
    "an empty description": ({**RULE, "description": ""}, RULE),
    "a protocol's number": ({**RULE, "protocol": "6", "multiport": "1"}, {**RULE, "protocol": "tcp", "multiport": "1"}),
    "a group": ({**RULE, "remote_group_id": "@peer"}, {**RULE, "remote_group_id": "@peer", "action": None}),
}  # fmt: skip


@pytest.mark.parametrize("case", SECURITY)
def test_a_security_group_rule_reads_as_its_other_spelling(huawei, case):
    h = huawei(SEED, options=Options(verify_signatures=True, credentials=KEYS))
    h.listeners, h.pools = {}, {}
    h.groups = {x.name: x.id for x in h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest()).security_groups}
    sent, meant = SECURITY[case]
    option = h.V.CreateSecurityGroupRuleOption(security_group_id=h.groups["sg"], **names(sent, h))
    body = h.V.CreateSecurityGroupRuleRequestBody(security_group_rule=option)
    h.vpc.create_security_group_rule(h.V.CreateSecurityGroupRuleRequest(body=body))
    (live,) = read(h, "security_group", h.groups["sg"]).security_rules
    assert live.rule == HUAWEI.security_rule(names(meant, h))

"""Rows of the normalisation tables, Gcore: written through the official SDK, read through our reader, equal."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from reconciler.dialects.gcore import GCORE
from reconciler.emulator.options import Options
from reconciler.model.desired import ProviderSpec
from reconciler.model.live import ScopeRef, Wanted
from reconciler.model.plugin import Connection, plugin

LISTENER = "3e1d2c4b-5a69-4788-8c9d-0b1a2c3d4e5f"
POOL = "11111111-1111-4111-8111-111111111111"


class RealClock:
    now = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)


def read(cloud, kind, object_id):
    """The live scope, read by our provider over the socket."""
    spec = {"type": "gcore", "project_id": 1, "region_id": 1, "endpoints": {"api": cloud.url}}
    environ = {"RECONCILE_TRUSTED_HOSTS": "127.0.0.1", "GCORE_API_KEY": "1234$abcdef"}

    async def go():
        provider = plugin("gcore").open(ProviderSpec("p", "gcore", spec), Connection(RealClock(), environ))
        async with aclosing(provider):
            await provider.lookup(Wanted({"listener": frozenset()}, {}))
            result = await provider.read([ScopeRef(f"{kind}/x", kind, object_id)])
            assert result.failures == ()
            return result.lives[0]

    return asyncio.run(go())


def front(**switches):
    return Options(gcore=replace(Options().gcore, **switches))


POLICIES = {
    "a redirect without a code": (
        {"action": "REDIRECT_TO_URL", "redirect_url": "https://a.example/"},
        {"action": "REDIRECT_TO_URL", "redirect_url": "https://a.example/", "redirect_http_code": 302}),
    "a prefix with its code": (
        {"action": "REDIRECT_PREFIX", "redirect_prefix": "https://a.example", "redirect_http_code": 302},
        {"action": "REDIRECT_PREFIX", "redirect_prefix": "https://a.example"}),
    "a pool": (
        {"action": "REDIRECT_TO_POOL", "redirect_pool_id": POOL},
        {"action": "REDIRECT_TO_POOL", "redirect_pool_id": POOL, "redirect_url": None, "redirect_http_code": None}),
    "tags in any order": ({"action": "REJECT", "tags": ["b", "a"]}, {"action": "REJECT", "tags": ["a", "b"]}),
    "no tags": ({"action": "REJECT", "tags": []}, {"action": "REJECT"}),
}  # fmt: skip


@pytest.mark.parametrize("default", ["302", "null"])
@pytest.mark.parametrize("case", POLICIES)
def test_a_policy_reads_as_its_other_spelling(gcore_cloud, case, default):
    cloud = gcore_cloud(options=front(redirect_code_default=default))
    sent, meant = POLICIES[case]
    made = cloud.client.cloud.load_balancers.l7_policies.create_and_poll(listener_id=LISTENER, name="abc", **sent)
    (live,) = read(cloud, "listener", LISTENER).policies
    assert (live.id, live.status, live.policy.number) == (made.id, "ACTIVE", 1)
    assert live.policy == GCORE.policy({"name": "abc", **meant})


PATH = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/a"}
RULES = {
    "invert is off": (PATH, {**PATH, "invert": False, "key": None, "tags": []}),
    "invert is on": ({**PATH, "invert": True}, {**PATH, "invert": True}),
    "a header": (
        {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Env", "value": "1", "tags": ["b", "a"]},
        {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Env", "value": "1", "tags": ["a", "b"]}),
    "a certificate": (
        {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "True"},
        {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "true"}),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_a_rule_reads_as_its_other_spelling(gcore_cloud, case):
    cloud = gcore_cloud()
    policies = cloud.client.cloud.load_balancers.l7_policies
    policy = policies.create_and_poll(listener_id=LISTENER, action="REJECT", name="abc")
    sent, meant = RULES[case]
    made = policies.rules.create_and_poll(policy.id, **sent)
    (live,) = read(cloud, "listener", LISTENER).policies
    assert live.rules_with_ids == ((GCORE.rule(meant), made.id),)


RULE = {"direction": "ingress", "ethertype": "IPv4"}
TCP = {**RULE, "protocol": "tcp", "port_range_min": 443, "port_range_max": 443}
SECURITY = {
    "no family is IPv4": ({"direction": "ingress"}, RULE),
    "null is every protocol": ({**RULE, "protocol": None}, {**RULE, "protocol": None, "port_range_min": None}),
    "any is every protocol": ({**RULE, "protocol": None}, {**RULE, "protocol": "any"}),
    "an empty description": ({**TCP, "description": ""}, TCP),
    "a network": ({**TCP, "remote_ip_prefix": "10.0.0.0/8"}, {**TCP, "remote_ip_prefix": "10.0.0.0/8"}),
    "ICMP of IPv6": (
        {"direction": "ingress", "ethertype": "IPv6", "protocol": "ipv6-icmp"},
        {"direction": "ingress", "ethertype": "IPv6", "protocol": "icmp"}),
    "every port": (
        {**TCP, "port_range_min": 1, "port_range_max": 65535}, {**TCP, "port_range_min": None, "port_range_max": None}),
    "every address": ({**TCP, "remote_ip_prefix": "0.0.0.0/0"}, TCP),
}  # fmt: skip
READINGS = {
    "one reading": {},
    "the other": {
        "any_protocol_read_back": "any", "any_prefix_read_back": "null", "full_port_range_read_back": "as_sent",
        "ipv6_icmp_read_back": "as_sent", "unset_description_reads": "empty", "host_bits": "cleared",
    },
}  # fmt: skip


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("case", SECURITY)
def test_a_security_group_rule_reads_as_its_other_spelling(gcore_cloud, case, reading):
    cloud = gcore_cloud(options=front(**READINGS[reading]))
    groups = cloud.client.cloud.security_groups
    group = groups.create_and_poll(name="web", rules=[])
    sent, meant = SECURITY[case]
    made = groups.rules.create_and_poll(group.id, **sent)
    (live,) = read(cloud, "security_group", group.id).security_rules
    meant = GCORE.security_rule(meant)
    assert (live.id, live.system) == (made.id, False)
    assert GCORE.security_identity(live.rule) == GCORE.security_identity(meant)
    assert live.rule.description == meant.description


def test_rules_of_the_platform_are_marked(gcore_cloud):
    cloud = gcore_cloud()
    group = cloud.client.cloud.security_groups.create_and_poll(name="web", rules=[{**TCP, "description": "system"}])
    (live,) = read(cloud, "security_group", group.id).security_rules
    assert live.system

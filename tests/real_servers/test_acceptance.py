"""A second set of migrations on real servers, of what users do to themselves: plan, apply, empty plan, import, empty plan.

Beside the contract kit's (``test_migrations.py``): policies that change their class, their action and their target at once,
names that a reader or a shell could trip over, line breaks, tags, switched rules, inverted rules, codes, fifty rules,
two listeners that exchange policies, and groups of a hundred rules.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.real_servers.cloud import Balancer, Group
from tests.real_servers.world import Ran, World, host, path, tcp, to_pool, to_url

pytestmark = pytest.mark.real

LOAD_BALANCERS = 7
Policies = list[dict[str, Any]]


def header(value: str, compare: str = "EQUAL_TO", key: str = "X-Env", **more: Any) -> dict[str, Any]:
    return {"type": "HEADER", "compare_type": compare, "key": key, "value": value, **more}


def cookie(value: str, key: str = "stage") -> dict[str, Any]:
    return {"type": "COOKIE", "compare_type": "EQUAL_TO", "key": key, "value": value}


def reject(name: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "action": "REJECT", "rules": list(rules), **more}


def to_prefix(name: str, prefix: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "action": "REDIRECT_PREFIX", "redirect_prefix": prefix, "rules": list(rules), **more}


NAMES = ('say "hi"', "it's", "Zoë Ångström", "# no comment", "- dash", "null", "0x1F", "yes: no", "{a: b}", "back\\slash",
         " blanks ", "%2F/..", "日本語", "a" * 255, "*.example.com, b", "@at", "`tick`", "a\u00a0b")  # fmt: skip
FIFTY = [path(f"/{n}") for n in range(49)] + [header("a")]
ODD = [to_pool(name, "abc"[n % 3], path(f"/n{n}/")) for n, name in enumerate(NAMES)]

MIGRATIONS: dict[str, tuple[Policies, Policies]] = {
    "a pool policy becomes a rejecting one, a rejecting one a redirect, a redirect a pool policy": (
        [to_pool("one", "a", path("/1")), reject("two", path("/2")), to_url("three", "https://x.example.com/", path("/3"), redirect_http_code=307)],
        [to_url("two", "https://y.example.com/", path("/2"), redirect_http_code=303), to_pool("three", "b", path("/3")), reject("one", path("/1"))],
    ),
    "a rejecting policy is listed between two pools": (
        [to_pool("first", "a", path("/a")), to_pool("last", "b", path("/ab"))],
        [to_pool("first", "a", path("/a")), reject("between", path("/abc")), to_pool("last", "c", path("/ab"))],
    ),
    "all classes are turned upside down": (
        [to_pool(f"p{n}", "a", path(f"/p{n}")) for n in range(3)] + [to_url(f"u{n}", "https://u.example.com/", path(f"/u{n}")) for n in range(3)]
        + [reject(f"r{n}", path(f"/r{n}")) for n in range(3)],
        [reject(f"r{n}", path(f"/r{n}")) for n in (2, 1, 0)] + [to_url(f"u{n}", "https://u.example.com/", path(f"/u{n}")) for n in (2, 0, 1)]
        + [to_pool(f"p{n}", "a", path(f"/p{n}")) for n in (1, 2, 0)],
    ),
    "names that a reader of YAML or a shell could trip over": (ODD[:9], [*ODD[9:], *ODD[4:9]]),
    "names that differ in case only": (
        [to_pool("shop", "a", path("/s")), to_pool("SHOP", "b", path("/S"))],
        [to_pool("Shop", "c", path("/x")), to_pool("SHOP", "b", path("/S")), to_pool("shop", "a", path("/s"))],
    ),
    "descriptions of several lines, tags, and both again without": (
        [to_pool("told", "a", path("/t"), description="old", tags=["a"]), to_pool("plain", "a", path("/p"), description="gone", tags=["gone", "b"])],
        [to_pool("told", "a", path("/t"), description="first line\nsecond: \"line\"\n\ttabbed\r\nlast ", tags=["owner=team:web", "a b", "é"]),
         to_pool("plain", "a", path("/p"))],
    ),
    "rules are switched on and off": (
        [to_pool("narrow", "a", path("/n"), {**host("n.example.com"), "admin_state_up": False}),
         reject("wide", path("/w"), header("b")), to_pool("none", "b", {**path("/z"), "admin_state_up": False})],
        [to_pool("narrow", "a", path("/n"), host("n.example.com")),
         reject("wide", path("/w"), {**header("b"), "admin_state_up": False}), to_pool("none", "b", path("/z"))],
    ),
    "rules are inverted, one and two at once": (
        [reject("one", path("/1"), header("a")), to_pool("both", "a", path("/2"), {**header("b"), "invert": True})],
        [reject("one", path("/1"), {**header("a"), "invert": True}), to_pool("both", "a", {**path("/2"), "invert": True}, header("b"))],
    ),
    "prefixes with codes": (
        [to_prefix("moved", "https://a.example.com", path("/m"), redirect_http_code=301), to_prefix("kept", "https://b.example.com/x", path("/k")),
         to_prefix("reset", "https://c.example.com", path("/c"), redirect_http_code=308), to_url("url", "https://d.example.com/", path("/d"), redirect_http_code=308)],
        [to_prefix("moved", "https://a.example.com", path("/m"), redirect_http_code=308), to_prefix("kept", "https://b.example.com/x", path("/k"), redirect_http_code=307),
         to_prefix("reset", "https://c.example.com", path("/c")), to_prefix("url", "https://d.example.com", path("/d"), redirect_http_code=301)],
    ),
    "one of fifty rules changes, its policy moves and gets another pool": (
        [to_pool("fifty", "a", *FIFTY), to_pool("other", "b", host("o.example.com"))],
        [to_pool("other", "b", host("o.example.com")), to_pool("fifty", "c", *FIFTY[:49], header("b"))],
    ),
    "two policies exchange their names": (
        [to_pool("left", "a", path("/l")), to_pool("right", "b", path("/r"))],
        [to_pool("right", "a", path("/l")), to_pool("left", "b", path("/r"))],
    ),
    "two policies exchange their rules": (
        [to_pool("left", "a", path("/l"), header("l")), to_pool("right", "b", path("/r"), header("r"))],
        [to_pool("left", "a", path("/r"), header("r")), to_pool("right", "b", path("/l"), header("l"))],
    ),
    "a rule changes its type, and loses its key": (
        [to_pool("typed", "a", header("v"), path("/t")), to_pool("keyed", "b", cookie("c"), path("/k"))],
        [to_pool("typed", "a", host("v.example.com"), path("/t")), to_pool("keyed", "b", header("c", key="stage"), path("/k"))],
    ),
    "a disabled policy changes as it likes and is then enabled": (
        [to_pool("off", "a", path("/o"), header("x"), admin_state_up=False), to_pool("on", "b", path("/on"))],
        [to_pool("on", "b", path("/on"), admin_state_up=False), to_url("off", "https://o.example.com/", path("/o2"), cookie("y"), host("o.example.com"))],
    ),
    "rules of certificates, file types and expressions": (
        [reject("cert", {"type": "SSL_CONN_HAS_CERT", "compare_type": "EQUAL_TO", "value": "True", "invert": True}, path("/c")),
         to_pool("dn", "a", {"type": "SSL_DN_FIELD", "compare_type": "ENDS_WITH", "key": "CN", "value": "example"})],
        [reject("cert", {"type": "SSL_VERIFY_RESULT", "compare_type": "EQUAL_TO", "value": "0", "invert": True}, path("/c")),
         to_pool("dn", "a", {"type": "SSL_DN_FIELD", "compare_type": "REGEX", "key": "O", "value": "^ex .*le$"}),
         to_pool("files", "b", {"type": "FILE_TYPE", "compare_type": "REGEX", "value": "(png|jpe?g)"}, path("^/v[0-9]{1,3}/", "REGEX"))],
    ),
    "equal policies under two names": (
        [to_pool("twin", "a", path("/t"))],
        [to_pool("twin", "a", path("/t")), to_pool("other twin", "a", path("/t")), reject("twin of another class", path("/t"))],
    ),
    "everything goes but one, which was last": (
        [*(to_pool(f"g{n}", "a", path(f"/g{n}")) for n in range(4)), reject("stays", path("/stays"))],
        [reject("stays", path("/stays"))],
    ),
}  # fmt: skip
EXCHANGE = {
    "web": ([to_pool("stays", "a", path("/s")), to_pool("moves", "b", path("/m"), header("m"))], [to_pool("stays", "a", path("/s")), reject("comes", path("/c"))]),
    "api": ([reject("comes", path("/c"))], [to_pool("moves", "b", path("/m"), header("m"))]),
}  # fmt: skip


def hundred() -> list[dict[str, Any]]:
    """A hundred rules of every kind that Neutron has, no two equal."""
    one = {"direction": "ingress", "ethertype": "IPv4"}
    six = {"direction": "ingress", "ethertype": "IPv6"}
    return [
        *({**six, "protocol": "icmpv6", "port_range_min": kind} for kind in (1, 2, 3, 4, 128, 129, 133, 134, 135, 136)),
        {**six, "protocol": "icmp", "port_range_min": 1, "port_range_max": 4}, {**one, "protocol": "icmp"},
        {**one, "protocol": "icmp", "port_range_min": 0}, {**one, "protocol": "icmp", "port_range_min": 0, "port_range_max": 0},
        {**one, "protocol": 1, "port_range_min": 8, "port_range_max": 0},
        {**one, "protocol": "udp", "port_range_min": 1, "port_range_max": 65535},
        {**six, "protocol": "tcp", "port_range_min": 1, "port_range_max": 65535, "remote_ip_prefix": "2001:DB8:0:0::1/64"},
        *({**one, "protocol": name} for name in ("gre", "esp", "ah", "vrrp", "igmp", "ospf", "pgm", "rsvp", 4, 254, "0", "sctp")),
        {**one, "protocol": "udplite", "port_range_min": 7, "port_range_max": 7}, {**one, "protocol": "132", "port_range_min": 9, "port_range_max": 9},
        {**one, "remote_ip_prefix": "10.1.2.3/8"}, {**one, "remote_ip_prefix": "10.0.0.0/8"}, {**one, "protocol": "any", "remote_ip_prefix": "10.1.2.3"},
        {**six, "protocol": "any", "remote_ip_prefix": "fe80::/10", "description": "links: \"local\""},
        *(tcp(8000 + n, f"192.0.2.{n}/32", description=f"host {n}") for n in range(100 - 31)),
    ]  # fmt: skip


@dataclass
class Accepted:
    """What the one run left."""

    world: World
    places: dict[str, tuple[Balancer, str, str]]
    group: Group
    plan: Ran
    outcome: Ran
    second: Ran


@pytest.fixture(scope="module")
def accepted(cloud, tmp_path_factory):
    """Everything made, planned, applied, and planned again."""
    world, mark = World(cloud, tmp_path_factory.mktemp("acceptance")), uuid.uuid4().hex[:6]
    names = list(MIGRATIONS)
    shares = [names[n::LOAD_BALANCERS] for n in range(LOAD_BALANCERS)]
    balancers = [
        cloud.begin_balancer(f"acceptance-{n}-{mark}", listeners={f"m{names.index(k)}": MIGRATIONS[k][0] for k in share})
        for n, share in enumerate(shares)
    ]
    pair = cloud.begin_balancer(f"acceptance-pair-{mark}", listeners={name: live for name, (live, _) in EXCHANGE.items()})
    group = cloud.group(f"acceptance-{mark}", [tcp(22)])
    world.group(group, [*hundred(), {"direction": "ingress", "ethertype": "IPv4", "remote_group_id": group.id},
                        {"direction": "ingress", "ethertype": "IPv6", "protocol": "tcp", "remote_group_id": group.id}])  # fmt: skip
    places = {}
    for balancer, share in zip(balancers, shares, strict=True):
        cloud.settle(balancer.id)
        for name in share:
            listener = f"m{names.index(name)}"
            places[name] = (balancer, listener, world.listener(balancer, MIGRATIONS[name][1], name=listener))
    cloud.settle(pair.id)
    for name, (_, wanted) in EXCHANGE.items():
        places[name] = (pair, name, world.listener(pair, wanted, name=name))
    plan = world.plan()
    outcome = world.apply()
    return Accepted(world, places, group, plan, outcome, world.plan("--detailed-exitcode"))


def test_everything_is_planned_and_applied(accepted):
    accepted.plan.good()
    assert accepted.plan.document["blocked"] == [], accepted.plan.told()
    accepted.outcome.good()


def test_the_second_plan_is_empty(accepted):
    assert accepted.second.document["steps"] == []
    assert accepted.second.code == 0, accepted.second.told()


@pytest.mark.parametrize("name", [*MIGRATIONS, *EXCHANGE])
def test_a_listener_has_what_its_manifest_lists(accepted, cloud, name):
    wanted = (MIGRATIONS.get(name) or EXCHANGE[name])[1]
    balancer, listener, _ = accepted.places[name]
    live = {policy["name"]: policy for policy in cloud.policies(balancer, listener)}
    assert live.keys() == {policy["name"] for policy in wanted}
    for policy in wanted:
        found = live[policy["name"]]
        assert found["provisioning_status"] == "ACTIVE"
        for field in ("action", "description", "redirect_url", "redirect_prefix", "redirect_http_code", "admin_state_up"):
            code = 302 if policy["action"] in ("REDIRECT_TO_URL", "REDIRECT_PREFIX") else None
            default = {"description": "", "admin_state_up": True, "redirect_http_code": code}.get(field)
            assert found[field] == policy.get(field, default), field
        assert sorted(found["tags"]) == sorted(policy.get("tags", []))
        assert found["redirect_pool_id"] == (balancer.pools[policy["redirect_pool"]] if "redirect_pool" in policy else None)
        rules = cloud.ask("GET", "octavia", f"/l7policies/{found['id']}/rules")["rules"]
        words = ("type", "compare_type", "key", "value", "invert", "admin_state_up")
        full = [{"key": None, "invert": False, "admin_state_up": True, **rule} for rule in policy["rules"]]
        assert sorted(str([rule[w] for w in words]) for rule in rules) == sorted(str([rule[w] for w in words]) for rule in full)
    classes = {"REJECT": 0, "REDIRECT_TO_URL": 1, "REDIRECT_PREFIX": 1, "REDIRECT_TO_POOL": 2}
    for class_ in range(3):
        listed = [p["name"] for p in wanted if classes[p["action"]] == class_]
        assert [p["name"] for p in live.values() if classes[p["action"]] == class_] == listed


def test_what_was_applied_is_imported_and_then_planned_empty(accepted, cloud, tmp_path):
    other = World(cloud, tmp_path)
    chosen = [w for balancer, listener, _ in accepted.places.values() for w in ("--listener-id", balancer.listeners[listener])]
    got = other.run("import", "--provider", "cloud", *chosen, "--security-group-id", accepted.group.id).good()
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "imported.yaml").write_text(got.out)
    other.nothing_is_left_to_do()

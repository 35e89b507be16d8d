"""The API pages that this project started from: every field, enum value and example of them, put in a manifest, reaches
the cloud as it is written there, or is refused with the page's own constraint.

Pages: ELB v3 CreateL7Rule (2024, Chinese), CreateL7Policy (2025), UpdateL7Rule (2025); Gcore "create L7 rule" and
"create security group rule".
"""

import io
import json

import pytest
from kit import FLAVOURS, PROJECT, World, ask

from reconciler.manifests import load

HUAWEI, GCORE = FLAVOURS["huawei"], FLAVOURS["gcore"]
UUID = "00000000-0000-4000-8000-000000000000"
COMPARE_TYPES = ("CONTAINS", "ENDS_WITH", "EQUAL_TO", "REGEX", "STARTS_WITH")
SPECIALS = "_~';@^-%#&$.*+?,=!:|\\/()[]{}"


def huawei_rule(type_, value=None, compare="EQUAL_TO", *, conditions=None, **more):
    found = {"type": type_, "compare_type": compare, "value": value, "conditions": conditions, **more}
    return {k: v for k, v in found.items() if v is not None}


def values(*given, key=None):
    return [{"value": v} if key is None else {"key": key, "value": v} for v in given]


def to_pool(name, *rules, **more):
    return {"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool": "a", "rules": list(rules), **more}


def to_url(name, **config):
    rules = [huawei_rule("PATH", f"/{name}")]
    config = {"status_code": "301", "host": "www.example.com", **config}
    return {"name": name, "action": "REDIRECT_TO_URL", "redirect_url_config": config, "rules": rules}


def answer(name, **config):
    config = {"status_code": "200", **config}
    rules = [huawei_rule("PATH", f"/{name}")]
    return {"name": name, "action": "FIXED_RESPONSE", "fixed_response_config": config, "rules": rules}


def reaches(flavour, directory, *, policies=None, rules=None, listener=None, before=(), options=None):
    """The world after an apply of these; nothing may be refused, and nothing may be left to do."""
    world = World(flavour, directory, policies=list(before), options=options or {})
    if policies is not None:
        world.listener(policies, **(listener or {}))
    if rules is not None:
        world.group(rules, directions=["ingress", "egress"])
    allow = frozenset({"empty=*", "gap=*"})
    result = world.apply(approve=lambda _: True, allow=allow)
    assert result.exit_code == 0, [(d.code, d.summary) for d in result.diagnostics if d.is_error]
    assert world.plan().document["steps"] == []
    return world


def agrees(live, wanted):
    """Does the live object have everything that is wanted, as it is written (lists of objects in any order)?"""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(agrees(live.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return len(live) == len(wanted) and all(any(agrees(x, w) for x in live) for w in wanted)
    return live == wanted or (wanted in (None, "") and live in (None, ""))


def assert_live(world, policies):
    """Policies and rules of the listener, against the manifest's own words (references are compared elsewhere)."""
    live = {p["name"]: p for p in world.live()}
    assert sorted(live) == sorted(p["name"] for p in policies)
    for policy in policies:
        own = {k: v for k, v in policy.items() if k not in ("redirect_pool", "redirect_listener", "redirect_pools_config")}
        rules = own.pop("rules", [])
        assert agrees(live[policy["name"]], own), (own, live[policy["name"]])
        found = world.flavour.rules_of(world.emulator, live[policy["name"]]["id"])
        wanted = [{k: v for k, v in r.items() if k not in ("admin_state_up", "key", "invert") or v} for r in rules]
        assert agrees(found, wanted), (wanted, found)


def refused(flavour, directory, spec, kind="Listener"):
    """(code, path below the entry) of every error of a document with one entry."""
    (directory / "providers.yaml").write_text(json.dumps(flavour.provider))
    head = {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": "web"}}
    body = {"provider": "cloud", "unlisted": "delete", **spec}
    text = json.dumps({**head, "spec": body}).encode()
    return [(d.code, d.path[3:]) for d in load(["-"], directory=str(directory), stdin=io.BytesIO(text)).diagnostics if d.is_error]


# ------------------------------------------------------------------------------------------------ Huawei: rules
HUAWEI_RULES = {
    "the example of CreateL7Rule": [huawei_rule("PATH", "/bbb.html")],
    "the example of UpdateL7Rule": [huawei_rule("PATH", "/ccc.html", "STARTS_WITH")],
    "HOST_NAME": [huawei_rule("HOST_NAME", "www.example-1.com")],
    "HOST_NAME with a wildcard": [huawei_rule("HOST_NAME", "*.example.com")],
    "HOST_NAME conditions": [huawei_rule("HOST_NAME", conditions=values("a.com", "*.b.com", "1.c", key=""))],
    "HOST_NAME of 128 characters": [huawei_rule("HOST_NAME", "a" * 128)],
    "PATH with every special character": [huawei_rule("PATH", "/" + SPECIALS)],
    "PATH prefix with every special character": [huawei_rule("PATH", "/p" + SPECIALS, "STARTS_WITH")],
    "PATH expression": [huawei_rule("PATH", "^/(a|b) é$", "REGEX")],
    "PATH conditions": [huawei_rule("PATH", conditions=values("/a", "/b" + SPECIALS))],
    "PATH of 128 characters": [huawei_rule("PATH", "/" + "a" * 127)],
    "METHOD": [huawei_rule("METHOD", conditions=values("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", key=""))],
    "HEADER with wildcards": [huawei_rule("HEADER", conditions=values("a*", "b?c", "ü", "x" * 128, key="X-Env_1"))],
    "HEADER twice": [huawei_rule("HEADER", conditions=values("v", key=k)) for k in ("A", "k" * 40)],
    "QUERY_STRING with wildcards": [huawei_rule("QUERY_STRING", conditions=values("a*", "b?c", "A", "a", key="Name"))],
    "QUERY_STRING twice": [huawei_rule("QUERY_STRING", conditions=values("v", key=k)) for k in ("k" * 128, "a/b:c;d")],
    "SOURCE_IP": [huawei_rule("SOURCE_IP", conditions=values("192.168.0.2/32", "2049::/64"))],
    "fields that do nothing": [huawei_rule("PATH", "/n", admin_state_up=True, invert=False, key="")],
    "ten rules": [huawei_rule("QUERY_STRING", conditions=values("ten", key=f"q{n}")) for n in range(10)],
}


def test_every_rule_of_the_huawei_pages_reaches_the_cloud(tmp_path):
    policies = [to_pool(name, *rules) for name, rules in HUAWEI_RULES.items()]
    assert_live(reaches(HUAWEI, tmp_path, policies=policies), policies)


def test_the_addresses_of_the_page_reach_the_cloud_as_their_networks(tmp_path):
    """``2049::49/64`` matches what ``2049::/64`` matches; the normal form has the network."""
    rule = huawei_rule("SOURCE_IP", conditions=values("192.168.0.2/32", "2049::49/64"))
    world = reaches(HUAWEI, tmp_path, policies=[to_pool("source", rule)])
    assert agrees(world.live()[0]["rules"], [{"conditions": values("192.168.0.2/32", "2049::/64")}])


def test_a_cookie_rule_reaches_a_cloud_that_has_them(tmp_path):
    policies = [to_pool("cookie", huawei_rule("COOKIE", conditions=values("a", "b", key="session")))]
    assert_live(reaches(HUAWEI, tmp_path, policies=policies, options={"cookie_rules": True}), policies)


def test_the_update_of_the_page_is_one_call_on_the_rule(tmp_path):
    old = {**to_pool("page", huawei_rule("PATH", "/bbb.html"))}
    live = {k: v for k, v in old.items() if k != "redirect_pool"}
    policies = [to_pool("page", huawei_rule("PATH", "/ccc.html", "STARTS_WITH"))]
    world = World(HUAWEI, tmp_path, policies=[{**live, "redirect_pool": "a"}])
    world.listener(policies)
    plan = world.plan().document
    assert [(s["op"], s["kind"], s["call"]["method"], s["call"]["body"]) for s in plan["steps"]] == [
        ("update", "l7rule", "PUT", {"rule": {"compare_type": "STARTS_WITH", "value": "/ccc.html"}})
    ]
    assert world.apply(approve=lambda _: True, allow=frozenset({"gap=*"})).exit_code == 0
    assert_live(world, policies)


@pytest.mark.parametrize(
    ("rule", "errors"),
    [
        ({"type": "HOST_NAME", "compare_type": "REGEX", "value": "a.com"}, [("HW-R69", ("compare_type",))]),
        ({"type": "HOST_NAME", "compare_type": "STARTS_WITH", "value": "a.com"}, [("HW-R69", ("compare_type",))]),
        ({"type": "METHOD", "compare_type": "REGEX", "conditions": values("GET")}, [("HW-R69", ("compare_type",))]),
        ({"type": "SOURCE_IP", "compare_type": "STARTS_WITH", "conditions": values("10.0.0.0/8")}, [("HW-R69", ("compare_type",))]),
        ({"type": "HEADER", "compare_type": "REGEX", "conditions": values("a", key="K")}, [("HW-R69", ("compare_type",))]),
        ({"type": "QUERY_STRING", "compare_type": "REGEX", "conditions": values("a", key="K")}, [("HW-R69", ("compare_type",))]),
        ({"type": "METHOD", "compare_type": "EQUAL_TO", "value": "GET"}, [("HW-R70", ("value",))]),
        ({"type": "HEADER", "compare_type": "EQUAL_TO", "key": "A", "value": "b"}, [("HW-R70", ("value",))]),
        ({"type": "PATH", "compare_type": "EQUAL_TO", "value": "bbb.html"}, [("HW-R72", ("value",))]),
        ({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/" + "a" * 128}, [("HW-R72", ("value",))]),
        ({"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "a.*.com"}, [("HW-R71", ("value",))]),
        ({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a", "invert": True}, [("HW-R78", ("invert",))]),
        ({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a", "admin_state_up": False}, [("HW-R17", ("admin_state_up",))]),
        ({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a", "key": "k" * 256}, [("HW-R78", ("key",))]),
        ({"type": "PATH", "compare_type": "EQUAL_TO", "value": "/a", "project_id": PROJECT}, [("SCHEMA-ELSEWHERE", ("project_id",))]),
        ({"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [*values("a", key="A"), *values("b", key="B")]}, [("HW-R67", ("conditions", 1, "key"))]),
        ({"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": values("a", "a", key="A")}, [("HW-R67", ("conditions", 1, "value"))]),
        ({"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": values("a b", key="A")}, [("HW-R73", ("conditions", 0, "value"))]),
        ({"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": values("a", key="k" * 41)}, [("HW-R73", ("conditions", 0, "key"))]),
        ({"type": "METHOD", "compare_type": "EQUAL_TO", "conditions": values("TRACE")}, [("HW-R75", ("conditions", 0, "value"))]),
        ({"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "conditions": values("192.168.0.2")}, [("HW-R76", ("conditions", 0, "value"))]),
    ],
)  # fmt: skip
def test_what_the_huawei_rule_pages_forbid_is_refused(tmp_path, rule, errors):
    found = refused(HUAWEI, tmp_path, {"policies": [to_pool("page", rule)]})
    assert [(code, path[2:]) for code, path in found] == errors


@pytest.mark.parametrize("character", ' []{}<>\\"#&|%~')
def test_what_a_query_cannot_hold_is_refused_in_key_and_value(tmp_path, character):
    for at, condition in (("key", {"key": f"a{character}", "value": "v"}), ("value", {"key": "a", "value": f"v{character}"})):
        rule = {"type": "QUERY_STRING", "compare_type": "EQUAL_TO", "conditions": [condition]}
        found = refused(HUAWEI, tmp_path, {"policies": [to_pool("page", rule)]})
        assert found == [("HW-R74", ("rules", 0, "conditions", 0, at))]


# ------------------------------------------------------------------------------------------------ Huawei: policies
def insert(value_type, value, key="X-Added_1"):
    return {"insert_headers_config": {"configs": [{"key": key, "value_type": value_type, "value": value}]}}


SYSTEM_VALUES = ("CLIENT-PORT", "CLIENT-IP", "ELB-PROTOCOL", "ELB-ID", "ELB-PORT", "ELB-EIP", "ELB-VIP")
PRINTABLE = "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~ x"
REWRITE = {
    "host": "rewritten.example.com",
    "path": "/_~';@^-%#&$.+?,=!:|/()$1$9",
    "query": "!$&'()+,-./:;=?@^_`aZ0${query}",
}
URLS = [
    *[to_url(f"code-{code}", status_code=code) for code in ("301", "302", "303", "307", "308")],
    *[to_url(f"protocol-{n}", protocol=p) for n, p in enumerate(("HTTP", "HTTPS", "${protocol}"))],
    to_url("inherited", protocol="HTTPS", host="${host}", port="${port}", path="${path}", query="${query}"),
    to_url("port", port="8443"),
    to_url("path", path="/" + SPECIALS + "$1$2$3$9"),
    to_url("query", query="${query}&name=my_name"),
    to_url("query-class", query="!$&'()*+,-./:;=?@^_`aZ0"),
    *[to_url(f"insert-{n}", **insert("SYSTEM_DEFINED", v)) for n, v in enumerate(SYSTEM_VALUES)],
    to_url("insert-user", **insert("USER_DEFINED", PRINTABLE)),
    to_url("insert-reference", **insert("REFERENCE_HEADER", "X-Other")),
    to_url("remove", remove_headers_config={"configs": [{"key": "X-Gone"}, {"key": "k" * 40}]}),
]
ANSWERS = [
    *[answer(f"code-{code}", status_code=code) for code in ("200", "299", "400", "499", "500", "599")],
    *[answer(f"type-{n}", content_type=t) for n, t in enumerate(
        ("text/plain", "text/css", "text/html", "application/javascript", "application/json"))],
    answer("body", message_body="two\nlines, ü and \"quotes\""),
]  # fmt: skip
POOLS = [
    to_pool("described", huawei_rule("PATH", "/1"), description="supplementary information", admin_state_up=True),
    to_pool("rewrite", huawei_rule("PATH", "/2"),
            redirect_pools_extend_config={"rewrite_url_enable": True, "rewrite_url_config": REWRITE}),
    to_pool("sticky", huawei_rule("PATH", "/4"), redirect_pools_sticky_session_config={"timeout": 23, "enable": True}),
]  # fmt: skip


@pytest.mark.parametrize("policies", [URLS, ANSWERS, POOLS], ids=["REDIRECT_TO_URL", "FIXED_RESPONSE", "REDIRECT_TO_POOL"])
def test_every_field_of_a_huawei_policy_reaches_the_cloud(tmp_path, policies):
    assert_live(reaches(HUAWEI, tmp_path, policies=policies), policies)


def test_parts_of_a_rewritten_url_that_are_the_requests_own_are_the_default(tmp_path):
    config = {"host": "${host}", "path": "/new", "query": "${query}"}
    extend = {"rewrite_url_enable": True, "rewrite_url_config": config}
    world = reaches(HUAWEI, tmp_path, policies=[to_pool("r", huawei_rule("PATH", "/r"), redirect_pools_extend_config=extend)])
    live = world.live()[0]["redirect_pools_extend_config"]
    found = {k: v for k, v in live["rewrite_url_config"].items() if v is not None}
    assert (live["rewrite_url_enable"], {**config, **found}) == (True, config)


def test_a_time_out_of_sessions_that_are_off_is_said_to_have_no_effect(tmp_path):
    """The example of the page's reply."""
    config = {"timeout": 23, "enable": False}
    world = World(HUAWEI, tmp_path)
    world.listener([to_pool("s", huawei_rule("PATH", "/s"), redirect_pools_sticky_session_config=config)])
    assert [d.code for d in world.plan().diagnostics if d.path[-1:] == ("timeout",)] == ["HW-R14"]
    assert world.apply(approve=lambda _: True).exit_code == 0
    assert world.live()[0]["redirect_pools_sticky_session_config"]["enable"] is False
    assert world.plan().document["steps"] == []


def test_weighted_pools_reach_the_cloud(tmp_path):
    config = [{"pool": "a", "weight": 0}, {"pool": "b", "weight": 12}, {"pool": "c", "weight": 100}]
    policy = {"name": "w", "action": "REDIRECT_TO_POOL", "redirect_pools_config": config, "rules": [huawei_rule("PATH", "/w")]}
    world = reaches(HUAWEI, tmp_path, policies=[policy])
    ids = {world.flavour.id_of(world.emulator, "pool", c["pool"]): c["weight"] for c in config}
    assert {c["pool_id"]: c["weight"] for c in world.live()[0]["redirect_pools_config"]} == ids


def test_the_example_of_the_policy_page_reaches_the_cloud_by_name_and_by_id(tmp_path):
    for number, give_id in enumerate((False, True)):
        directory = tmp_path / str(number)
        directory.mkdir()
        world = World(HUAWEI, directory)
        target = world.flavour.id_of(world.emulator, "listener", "tls")
        reference = {"redirect_listener_id": target} if give_id else {"redirect_listener": "tls"}
        world.listener([{"name": "l7policy-67", "action": "REDIRECT_TO_LISTENER", **reference}])
        result = world.apply(approve=lambda _: True)
        assert result.exit_code == 0, result.diagnostics
        [live] = world.live()
        assert (live["action"], live["redirect_listener_id"]) == ("REDIRECT_TO_LISTENER", target)
        assert world.plan().document["steps"] == []


@pytest.mark.parametrize(("action", "priority"), [("REDIRECT_TO_POOL", 1), ("REDIRECT_TO_POOL", 10000), ("REDIRECT_TO_LISTENER", 0), ("REDIRECT_TO_LISTENER", 10000)])
def test_the_priorities_at_the_ends_of_their_range_reach_the_cloud(tmp_path, action, priority):
    policy = to_pool("p", huawei_rule("PATH", "/p"), priority=priority)
    if action == "REDIRECT_TO_LISTENER":
        policy = {"name": "p", "action": action, "redirect_listener": "tls", "priority": priority}
    assert [p["priority"] for p in reaches(HUAWEI, tmp_path, policies=[policy]).live()] == [priority]


FORBIDDEN_HEADERS = (
    "connection, upgrade, content-length, transfer-encoding, keep-alive, te, host, cookie, remoteip, authority, "
    "x-forwarded-host, x-forwarded-for, x-forwarded-for-port, x-forwarded-tls-certificate-id, x-forwarded-tls-protocol, "
    "x-forwarded-tls-cipher, x-forwarded-elb-ip, x-forwarded-port, x-forwarded-elb-id, x-forwarded-elb-vip, x-real-ip, "
    "x-forwarded-proto, x-nuwa-trace-ne-in, x-nuwa-trace-ne-out"
).split(", ")


@pytest.mark.parametrize("name", FORBIDDEN_HEADERS)
def test_headers_that_the_page_reserves_are_neither_written_nor_removed(tmp_path, name):
    for which in ("insert_headers_config", "remove_headers_config"):
        entry = {"key": name.upper()} | ({"value_type": "USER_DEFINED", "value": "v"} if which[0] == "i" else {})
        found = refused(HUAWEI, tmp_path, {"policies": [to_url("page", **{which: {"configs": [entry]}})]})
        assert found == [("HW-R51", ("redirect_url_config", which, "configs", 0, "key"))]


def replaced(policy, **more):
    return {k: v for k, v in {**policy, **more}.items() if v is not None}


POOL, URL, FIXED = to_pool("p", huawei_rule("PATH", "/p")), to_url("u"), answer("f")
TO_LISTENER = {"name": "l", "action": "REDIRECT_TO_LISTENER", "redirect_listener": "tls"}


@pytest.mark.parametrize(
    ("policy", "error"),
    [
        (replaced(POOL, position=1), ("HW-R18", ("position",))),
        (replaced(POOL, listener_id=UUID), ("HW-R06", ("listener_id",))),
        (replaced(POOL, project_id=PROJECT), ("SCHEMA-ELSEWHERE", ("project_id",))),
        (replaced(POOL, redirect_url="https://host:443/path?query"), ("HW-R16", ("redirect_url",))),
        (replaced(POOL, admin_state_up=False), ("HW-R17", ("admin_state_up",))),
        (replaced(POOL, priority=0), ("HW-R23", ("priority",))),
        (replaced(POOL, priority=10001), ("HW-R23", ("priority",))),
        (replaced(TO_LISTENER, priority=10001), ("HW-R23", ("priority",))),
        (replaced(POOL, redirect_listener="tls"), ("HW-R08", ("redirect_listener",))),
        (replaced(POOL, redirect_url_config={"status_code": "301", "host": "a.com"}), ("HW-R30", ("redirect_url_config",))),
        (replaced(POOL, fixed_response_config={"status_code": "200"}), ("HW-R40", ("fixed_response_config",))),
        (replaced(TO_LISTENER, redirect_pool="a"), ("HW-R10", ("redirect_pool",))),
        (replaced(TO_LISTENER, redirect_listener=None), ("HW-R07", ("action",))),
        (replaced(TO_LISTENER, rules=[huawei_rule("PATH", "/a")]), ("HW-R60", ("rules",))),
        (replaced(URL, redirect_url_config=None), ("HW-R30", ("action",))),
        (replaced(FIXED, fixed_response_config=None), ("HW-R40", ("action",))),
        (replaced(POOL, redirect_pool=None), ("HW-R11", ("action",))),
        (replaced(FIXED, redirect_pools_extend_config={"rewrite_url_enable": True}), ("HW-R15", ("redirect_pools_extend_config",))),
        (to_url("u", status_code="304"), ("HW-R36", ("redirect_url_config", "status_code"))),
        (to_url("u", protocol="FTP"), ("HW-R31", ("redirect_url_config", "protocol"))),
        (to_url("u", host="-a"), ("HW-R32", ("redirect_url_config", "host"))),
        (to_url("u", path="a"), ("HW-R34", ("redirect_url_config", "path"))),
        (to_url("u", query="a b"), ("HW-R35", ("redirect_url_config", "query"))),
        (to_url("u", host=None), ("SCHEMA-TYPE", ("redirect_url_config", "host"))),
        (to_url("u", host="${host}", protocol="${protocol}", port="${port}", path="${path}"), ("HW-R37", ("redirect_url_config",))),
        (to_url("u", **insert("SYSTEM_DEFINED", "HOST")), ("HW-R53", ("redirect_url_config", "insert_headers_config", "configs", 0, "value"))),
        (to_url("u", **insert("OTHER", "v")), ("HW-R52", ("redirect_url_config", "insert_headers_config", "configs", 0, "value_type"))),
        (to_url("u", **insert("USER_DEFINED", " v")), ("HW-R54", ("redirect_url_config", "insert_headers_config", "configs", 0, "value"))),
        (to_url("u", **insert("USER_DEFINED", "v", "a b")), ("HW-R50", ("redirect_url_config", "insert_headers_config", "configs", 0, "key"))),
        (answer("f", status_code="302"), ("HW-R41", ("fixed_response_config", "status_code"))),
        (answer("f", content_type="text/xml"), ("HW-R42", ("fixed_response_config", "content_type"))),
        (replaced(POOL, redirect_pools_extend_config={"rewrite_url_config": {"path": "/*"}}), ("HW-R46", ("redirect_pools_extend_config", "rewrite_url_config", "path"))),
        (replaced(POOL, redirect_pools_extend_config={"rewrite_url_config": {"query": "*"}}), ("HW-R47", ("redirect_pools_extend_config", "rewrite_url_config", "query"))),
        (replaced(POOL, redirect_pools_extend_config={"rewrite_url_config": {"host": "a_b"}}), ("HW-R45", ("redirect_pools_extend_config", "rewrite_url_config", "host"))),
        (replaced(POOL, redirect_pools_sticky_session_config={"timeout": 1441}), ("HW-R14", ("redirect_pools_sticky_session_config", "timeout"))),
        (replaced(POOL, redirect_pool=None, redirect_pools_config=[{"pool": "a", "weight": 101}]), ("HW-R13", ("redirect_pools_config", 0, "weight"))),
        (replaced(POOL, redirect_pool=None, redirect_pools_config={"pool_id": UUID, "weight": 12}), ("SCHEMA-TYPE", ("redirect_pools_config",))),
        (replaced(POOL, rules=[huawei_rule("QUERY_STRING", conditions=values("v", key=f"k{n}")) for n in range(11)]), ("HW-R61", ("rules",))),
        (replaced(POOL, rules=[huawei_rule("PATH", "/a"), huawei_rule("PATH", "/b")]), ("HW-R62", ("rules", 1, "type"))),
    ],
)  # fmt: skip
def test_what_the_huawei_policy_page_forbids_is_refused(tmp_path, policy, error):
    assert refused(HUAWEI, tmp_path, {"policies": [policy]}) == [error]


# ------------------------------------------------------------------------------------------------ Gcore: L7 rules
TAGS = ["test_tag_1", "test_tag_2"]
KEY_OF_THE_PAGE = "the name of the cookie or header to evaluate."


def gcore_rule(type_, compare, value, **more):
    return {"type": type_, "compare_type": compare, "value": value, **more}


GCORE_RULES = {
    "the example": gcore_rule("PATH", "REGEX", "/images*", tags=TAGS, invert=False),
    **{f"{t.lower()} {c.lower()}": gcore_rule(t, c, "/x") for t in ("PATH", "HOST_NAME") for c in COMPARE_TYPES},
    **{f"{t.lower()} {c.lower()}": gcore_rule(t, c, "x", key="X-Env_1", invert=True) for t in ("COOKIE", "HEADER") for c in COMPARE_TYPES},
    **{f"dn {c.lower()}": gcore_rule("SSL_DN_FIELD", c, "x", key="CN") for c in COMPARE_TYPES},
    **{f"file type {c.lower()}": gcore_rule("FILE_TYPE", c, "jpg") for c in ("EQUAL_TO", "REGEX")},
    "client certificate": gcore_rule("SSL_CONN_HAS_CERT", "EQUAL_TO", "True"),
    "verified": gcore_rule("SSL_VERIFY_RESULT", "EQUAL_TO", "0"),
}  # fmt: skip


def test_every_rule_of_the_gcore_page_reaches_the_cloud(tmp_path):
    policies = [{"name": name, "action": "REJECT", "rules": [rule]} for name, rule in GCORE_RULES.items()]
    assert_live(reaches(GCORE, tmp_path, policies=policies), policies)


def test_the_key_that_describes_itself_is_warned_of(tmp_path):
    """The page's example for ``key`` is a sentence: Octavia, below Gcore, takes names only."""
    world = World(GCORE, tmp_path)
    world.listener([{"name": "page", "action": "REJECT", "rules": [gcore_rule("COOKIE", "EQUAL_TO", "x", key=KEY_OF_THE_PAGE)]}])
    result = world.plan()
    assert result.exit_code == 0
    assert [d.code for d in result.diagnostics if d.path[-1:] == ("key",)] == ["GC-KEY"]


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (gcore_rule("COOKIE", "EQUAL_TO", "x"), ("GC-KEY", ())),
        (gcore_rule("HEADER", "EQUAL_TO", "x"), ("GC-KEY", ())),
        (gcore_rule("METHOD", "EQUAL_TO", "GET"), ("GC-RULE-TYPE", ("type",))),
        (gcore_rule("PATH", "LIKE", "/x"), ("GC-COMPARE", ("compare_type",))),
        ({"type": "PATH", "compare_type": "EQUAL_TO"}, ("GC-VALUE", ())),
        (gcore_rule("PATH", "EQUAL_TO", "/x", invert="true"), ("SCHEMA-TYPE", ("invert",))),
        (gcore_rule("PATH", "EQUAL_TO", "/x", tags="test_tag_1"), ("SCHEMA-TYPE", ("tags",))),
    ],
)
def test_what_the_gcore_rule_page_forbids_is_refused(tmp_path, rule, error):
    found = refused(GCORE, tmp_path, {"policies": [{"name": "page", "action": "REJECT", "rules": [rule]}]})
    assert [(code, path[2:]) for code, path in found] == [error]


# ------------------------------------------------------------------------------------------------ Gcore: group rules
IPV4 = ("ah", "dccp", "egp", "esp", "gre", "icmp", "igmp", "ipip", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp",
        "udplite", "vrrp")  # fmt: skip
IPV6 = ("ipv6-encap", "ipv6-frag", "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route")
SECURITY_RULES = [
    {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80,
     "remote_ip_prefix": "10.0.0.0/8", "description": "Some description"},
    {"direction": "egress", "description": "<string>", "ethertype": "IPv4", "protocol": "ah",
     "remote_ip_prefix": "10.0.0.0/8"},
    *[{"direction": "ingress", "ethertype": "IPv4", "protocol": p} for p in IPV4],
    *[{"direction": "ingress", "ethertype": "IPv6", "protocol": p} for p in IPV6],
    {"direction": "ingress", "ethertype": "IPv4", "protocol": "udp", "port_range_min": 1, "port_range_max": 65534},
    {"direction": "egress", "ethertype": "IPv6", "protocol": "tcp", "port_range_min": 2, "port_range_max": 65535},
    {"direction": "egress", "ethertype": "IPv4", "protocol": "icmp", "port_range_min": 0, "port_range_max": 0},
    {"direction": "egress", "ethertype": "IPv6", "description": "d" * 255, "remote_ip_prefix": "2001:db8::/32"},
]  # fmt: skip


def test_every_security_group_rule_of_the_gcore_page_reaches_the_cloud(tmp_path):
    world = reaches(GCORE, tmp_path, rules=SECURITY_RULES)
    group = ask(world.emulator, "GET", f"/cloud/v1/securitygroups/1/1/{GCORE.id_of(world.emulator, 'security_group', 'web')}")
    live = group["security_group_rules"]
    fields = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "description")

    def form(rule):
        return tuple(str(rule.get(f) if rule.get(f) is not None else "") for f in fields)

    assert sorted(form(r) for r in live) == sorted(form(r) for r in SECURITY_RULES)


def test_ipencap_reaches_the_cloud_and_ipip_beside_it_is_warned_of(tmp_path):
    """Both are protocol 4; whether the cloud keeps them apart is not documented."""
    rules = [{"direction": "ingress", "ethertype": "IPv4", "protocol": p, "remote_ip_prefix": "10.0.0.0/8"} for p in ("ipencap", "ipip")]
    assert [r[0] for r in reaches(GCORE, tmp_path, rules=rules[:1]).live_rules()] == ["ipencap"]
    world = World(GCORE, tmp_path)
    world.group(rules)
    assert [d.code for d in world.plan().diagnostics if d.code.startswith("GC-")] == ["GC-SG-SAME-TRAFFIC"]


def test_the_example_body_of_the_page_is_refused_for_what_excludes_each_other(tmp_path):
    """Its placeholders stand side by side: a prefix and a group, and ports of a protocol that has none."""
    rule = {"direction": "egress", "description": "<string>", "ethertype": "IPv4", "port_range_max": 80, "port_range_min": 80,
            "protocol": "ah", "remote_group_id": UUID, "remote_ip_prefix": "10.0.0.0/8"}  # fmt: skip
    found = refused(GCORE, tmp_path, {"directions": ["egress"], "rules": [rule]}, "SecurityGroup")
    assert found == [("GC-SG-PORTS", ("port_range_min",)), ("GC-SG-REMOTE", ("remote_group_id",))]


@pytest.mark.parametrize("protocol", ["any", None])
def test_all_protocols_are_any_or_nothing_on_gcore(tmp_path, protocol):
    rule = {"direction": "ingress", "ethertype": "IPv4", "remote_ip_prefix": "10.0.0.0/8", "protocol": protocol}
    assert [r[0] for r in reaches(GCORE, tmp_path, rules=[rule]).live_rules()] in ([None], ["any"])


def test_a_remote_group_reaches_the_cloud_by_name_and_by_id(tmp_path):
    world = World(GCORE, tmp_path, more={"security_groups": [{"name": "other", "security_group_rules": []}]})
    other = GCORE.id_of(world.emulator, "security_group", "other")
    world.group([
        {"direction": "ingress", "protocol": "tcp", "remote_group": "other"},
        {"direction": "ingress", "protocol": "udp", "remote_group_id": other},
    ])  # fmt: skip
    assert world.apply(approve=lambda _: True).exit_code == 0
    group = ask(world.emulator, "GET", f"/cloud/v1/securitygroups/1/1/{GCORE.id_of(world.emulator, 'security_group', 'web')}")
    assert [r["remote_group_id"] for r in group["security_group_rules"]] == [other, other]


G = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (replaced(G, direction="both"), ("GC-SG-DIRECTION", ("direction",))),
        (replaced(G, direction=None), ("GC-SG-DIRECTION", ())),
        (replaced(G, ethertype="IPv5"), ("GC-SG-ETHERTYPE", ("ethertype",))),
        (replaced(G, protocol="http"), ("GC-SG-PROTOCOL", ("protocol",))),
        (replaced(G, port_range_max=65536), ("GC-SG-PORTS", ("port_range_max",))),
        (replaced(G, port_range_min=-1), ("GC-SG-PORTS", ("port_range_min",))),
        (replaced(G, description="d" * 256), ("GC-SG-DESCRIPTION", ("description",))),
        (replaced(G, remote_ip_prefix="10.0.0.0/33"), ("GC-SG-REMOTE", ("remote_ip_prefix",))),
    ],
)
def test_what_the_gcore_security_page_forbids_is_refused(tmp_path, rule, error):
    found = refused(GCORE, tmp_path, {"directions": ["ingress"], "rules": [rule]}, "SecurityGroup")
    assert found == [error]

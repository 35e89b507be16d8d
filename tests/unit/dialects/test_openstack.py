"""OpenStack: policies and their rules (OS-..), normal forms, evaluation classes."""

from __future__ import annotations

import pytest
from unit.dialects.build import document, found

from reconciler.diagnostics import Severity
from reconciler.dialects.openstack import OPENSTACK
from reconciler.model.live import ListenerFacts

P = ("spec", "policies", 0)
AMPHORA = ListenerFacts("L", protocol="HTTP", load_balancer_provider="amphora")


def openstack(*policies):
    return found(OPENSTACK.check_listener(document(policies, "position")))


def rules_of(*rules):
    """What is wrong with these rules of one policy; paths begin at ``rules``."""
    return [(code, path[4:]) for code, path in openstack(reject(rules=list(rules)))]


def severities(*rules):
    return [d.severity for d in OPENSTACK.check_listener(document([reject(rules=list(rules))]))]


def reject(name="web", **more):
    return {"name": name, "action": "REJECT", "rules": [], **more}


def url(value="https://www.example.com/", **more):
    return {"name": "web", "action": "REDIRECT_TO_URL", "redirect_url": value, **more}


MISTAKES = [
    ("OS-ACTION", P, {"name": "web"}),
    ("OS-ACTION", (*P, "action"), reject(action="REFUSE")),
    ("OS-ACTION", (*P, "action"), reject(action="FIXED_RESPONSE")),
    ("OS-TARGET", (*P, "action"), reject(action="REDIRECT_TO_POOL")),
    ("OS-TARGET", (*P, "action"), reject(action="REDIRECT_PREFIX")),
    ("OS-TARGET-FORBIDDEN", (*P, "redirect_pool"), reject(redirect_pool="x")),
    ("OS-TARGET-FORBIDDEN", (*P, "redirect_http_code"), reject(redirect_http_code=302)),
    ("OS-CODE", (*P, "redirect_http_code"), url(redirect_http_code=304)),
    ("OS-URL", (*P, "redirect_url"), url("www.example.com")),
    ("OS-URL", (*P, "redirect_url"), url("https://www.example.com/ x")),
    ("OS-URL", (*P, "redirect_url"), url("https://www.example.com/" + "a" * 255)),
    ("OS-RENDER", (*P, "redirect_url"), url("https://www.example.com/#top")),
    ("OS-RENDER", (*P, "redirect_url"), url("https://www.example.com/it's")),
    ("OS-RENDER", (*P, "redirect_url"), url("https://www.example.com/?a=1&b=2")),
    ("OS-NAME", (*P, "name"), reject("")),
    ("OS-NAME", (*P, "name"), reject("a" * 256)),
    ("OS-NAME", (*P, "name"), reject("party \N{PARTY POPPER}")),
    ("OS-NAME", (*P, "description"), reject(description="a" * 256)),
    ("OS-TAGS", (*P, "tags", 1), reject(tags=["Blue", "blue"])),
    ("OS-TAGS", (*P, "tags", 0), reject(tags=[""])),
    ("OS-TAGS", (*P, "tags", 0), reject(tags=["a" * 256])),
    ("NAME-RESERVED", (*P, "name"), reject("web.next-012abc")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "path", "policy"), MISTAKES)
def test_a_mistake_in_a_policy_is_told_once_and_at_its_place(code, path, policy):
    assert openstack(policy) == [(code, path)]


RIGHT = [
    reject("a"), reject("a" * 255), reject("über/all: #1"), reject(description="x" * 255), reject(admin_state_up=False),
    reject(tags=["a", "b,c", "d" * 255]), url(), *[url(redirect_http_code=code) for code in (301, 302, 303, 307, 308)],
    {"name": "web", "action": "REDIRECT_PREFIX", "redirect_prefix": "http://a.example.com:8080/x%20y?z=%[path]"},
    {"name": "web", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "x", "redirect_url": None},
]  # fmt: skip


@pytest.mark.parametrize("policy", RIGHT)
def test_every_legal_policy_is_accepted_up_to_its_boundary(policy):
    assert openstack(policy) == []


def rule(type_="PATH", compare="STARTS_WITH", value="/a", **more):
    given = {"type": type_, "compare_type": compare, "value": value, **more}
    return {k: v for k, v in given.items() if v != "absent"}


RULE_MISTAKES = [
    ("OS-RULE-TYPE", (0,), rule("absent")),
    ("OS-RULE-TYPE", (0, "type"), rule("HOST")),
    ("OS-RULE-TYPE", (0, "type"), rule("SOURCE_IP")),
    ("OS-COMPARE", (0,), rule(compare="absent")),
    ("OS-COMPARE", (0, "compare_type"), rule("FILE_TYPE", "STARTS_WITH", "jpg")),
    ("OS-COMPARE", (0, "compare_type"), rule("SSL_CONN_HAS_CERT", "CONTAINS", "True")),
    ("OS-KEY", (0,), rule("HEADER", "EQUAL_TO", "v")),
    ("OS-KEY", (0,), rule("SSL_DN_FIELD", "EQUAL_TO", "v")),
    ("OS-KEY", (0, "key"), rule("COOKIE", "EQUAL_TO", "v", key="")),
    ("OS-KEY", (0, "key"), rule("HEADER", "EQUAL_TO", "v", key="k" * 256)),
    *[("OS-KEY", (0, "key"), rule("HEADER", "EQUAL_TO", "v", key=f"X{c}")) for c in "#'& ,)(:"],
    ("OS-KEY-FORBIDDEN", (0, "key"), rule(key="k")),
    ("OS-VALUE", (0,), rule(value="absent")),
    ("OS-VALUE", (0, "value"), rule(value="")),
    ("OS-VALUE", (0, "value"), rule(value="/" + "a" * 255)),
    ("OS-VALUE", (0, "value"), rule(value="/a b")),
    ("OS-VALUE", (0, "value"), rule(value="/a\n")),
    ("OS-VALUE", (0, "value"), rule(value="/ä")),
    ("OS-VALUE", (0, "value"), rule(compare="REGEX", value="/ä")),
    ("OS-VALUE", (0, "value"), rule("COOKIE", "EQUAL_TO", "a;b", key="c")),
    ("OS-VALUE", (0, "value"), rule("SSL_CONN_HAS_CERT", "EQUAL_TO", "no")),
    ("OS-VALUE", (0, "value"), rule("SSL_VERIFY_RESULT", "EQUAL_TO", "-1")),
    *[("OS-REGEX", (0, "value"), rule(compare="REGEX", value=v)) for v in (
        "(", r"\p{L}", r"(a)\1", "(a)(?(1)b|c)", r"\u0041", r"\U00000041", r"\N{BULLET}", "(?a)x", "(?u)x", "(?ai)x", "(?a:x)",
        "(?P<n>a)(?P=n)", "(?<=a)b", "(?<!a)b", "(?>a)b", "a{1,70000}", "a{,2}", "[[:alpha:]]+",
    )],
    *[("OS-RENDER", (0, "value"), rule(value=v)) for v in ("/a#b", "/a'b", '"/a"', "-a", "/a&b", "/a<b", "/a>b")],
    ("OS-RENDER", (0, "value"), rule("HEADER", "EQUAL_TO", '"a b"', key="X")),
    ("OS-RENDER", (0, "value"), rule(compare="REGEX", value="^/a(?#why)")),
    ("OS-FIELD", (0, "conditions"), rule(conditions=[{"value": "x"}])),
    ("OS-TAGS", (0, "tags", 1), rule(tags=["a", "A"])),
    ("SECRET-HEADER", (0, "key"), rule("HEADER", "EQUAL_TO", "v", key="X-Auth-Token")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "place", "given"), RULE_MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_and_at_its_place(code, place, given):
    assert rules_of(given) == [(code, place)]


RULES_RIGHT = [
    rule(), rule(value="/" + "a" * 254), rule("HOST_NAME", "REGEX", r"^a\.example\.com$"), rule(compare="REGEX", value="a b(?=c)\\d(?i:x)"),
    rule("HEADER", "CONTAINS", "v", key="k" * 255), rule("COOKIE", "EQUAL_TO", "v", key="canary", invert=True),
    rule("FILE_TYPE", "EQUAL_TO", "jpg"), rule("FILE_TYPE", "REGEX", "jpe?g"), rule("SSL_CONN_HAS_CERT", "EQUAL_TO", "tRue"),
    rule("SSL_VERIFY_RESULT", "EQUAL_TO", "0"), rule("SSL_DN_FIELD", "EQUAL_TO", "x", key="CN"), rule(key=""), rule(tags=["a"]),
    rule(admin_state_up=False), rule(value="no-slash?%20{}$!"), rule(compare="REGEX", value="a{65535}"),
]  # fmt: skip


@pytest.mark.parametrize("given", RULES_RIGHT)
def test_every_legal_rule_is_accepted_up_to_its_boundary(given):
    assert rules_of(given) == []


def test_what_haproxy_would_choke_on_is_refused_and_what_it_reads_otherwise_is_warned_of():
    for refused in ("/a#b", "-a", "/a'b"):
        assert severities(rule(value=refused)) == [Severity.ERROR]
    for refused in (r"(a)\1", r"\u0041", "(?a)x", "(?<=a)b", "(?P<n>x)"):
        assert severities(rule(compare="REGEX", value=refused)) == [Severity.ERROR]
    assert severities(rule(value="/a&b")) == [Severity.WARNING]
    for differs in ("a{,2}", "[[:alpha:]]"):
        assert severities(rule(compare="REGEX", value=differs)) == [Severity.WARNING]


def test_fifty_rules_are_accepted_and_fifty_one_refused():
    many = [rule(value=f"/{i}", compare="CONTAINS") for i in range(51)]
    assert rules_of(*many[:50]) == []
    assert rules_of(*many) == [("OS-RULES", ())]


def test_a_list_that_contradicts_the_evaluation_classes_is_told_at_both_places():
    pool = {"name": "app", "action": "REDIRECT_TO_POOL", "redirect_pool": "x"}
    told = list(OPENSTACK.check_listener(document([pool, url(name="moved"), reject("deny")], "position")))
    assert [(d.code, d.path[2], d.severity) for d in told] == [
        ("OS-CLASS", 1, "warning"), ("OS-CLASS", 0, "note"), ("OS-CLASS", 2, "warning"),
    ]  # fmt: skip
    assert "'app'" in told[0].summary
    assert "'moved'" in told[1].summary
    assert openstack(reject("deny"), url(), pool) == []


def test_classes_hold_for_octavias_own_provider_only():
    def classes(provider):
        facts = ListenerFacts("L", load_balancer_provider=provider)
        actions = ("REJECT", "REDIRECT_TO_URL", "REDIRECT_PREFIX", "REDIRECT_TO_POOL")
        return [OPENSTACK.evaluation_class(OPENSTACK.policy({"action": a}), facts) for a in actions]

    assert classes("amphora") == classes("octavia") == [0, 1, 1, 2]
    assert classes("ovn") == classes("vendor") == classes(None) == [0, 0, 0, 0]


def test_the_listeners_protocol_and_the_load_balancers_provider_are_judged():
    asked = document([reject()])
    told = [("OS-LISTENER-PROTOCOL", ("spec", "listener"))]
    for protocol, expected in (("HTTP", []), ("TERMINATED_HTTPS", []), ("TCP", told), ("HTTPS", told)):
        facts = ListenerFacts("L", protocol=protocol, load_balancer_provider="octavia")
        assert found(OPENSTACK.check_listener_live(asked, [], facts)) == expected
    other = ListenerFacts("L", protocol="HTTP", load_balancer_provider="vendor")
    (warned,) = OPENSTACK.check_listener_live(asked, [], other)
    assert (warned.code, warned.is_error) == ("OS-PROVIDER", False)
    assert found(OPENSTACK.check_listener_live(document([]), [], other)) == []


# ------------------------------------------------------------------------------------------------ normal form
def test_absent_null_and_default_are_one():
    bare = {"name": "p", "action": "REDIRECT_TO_URL", "redirect_url": "https://a.example.com/"}
    live = {
        **bare, "id": "I", "description": "", "admin_state_up": True, "redirect_http_code": 302, "redirect_pool_id": None,
        "redirect_prefix": None, "tags": [], "rules": [], "position": 4, "provisioning_status": "ACTIVE",
    }  # fmt: skip
    assert OPENSTACK.policy(bare) == OPENSTACK.policy(live) == OPENSTACK.policy({**live, "redirect_http_code": None})
    assert OPENSTACK.policy(live).number == 4
    assert OPENSTACK.policy(bare).to_json(with_rules=False) == bare


def test_what_has_a_meaning_is_kept():
    for field, value in (
        ("description", "x"), ("admin_state_up", False), ("redirect_http_code", 301), ("tags", ["a"]), ("redirect_url", "https://b/")
    ):  # fmt: skip
        bare = {"name": "p", "action": "REDIRECT_TO_URL", "redirect_url": "https://a/"}
        changed = OPENSTACK.policy({**bare, field: value})
        assert changed != OPENSTACK.policy(bare)
        assert OPENSTACK.policy(changed.to_json(with_rules=False)) == changed


def test_a_target_of_another_action_has_no_meaning():
    assert OPENSTACK.policy({"name": "p", "action": "REJECT", "redirect_pool_id": "x", "redirect_http_code": 301}).fields == {}


@pytest.mark.parametrize(
    ("policy", "armed"),
    [
        ({"rules": [rule()]}, True),
        ({"rules": []}, False),
        ({"rules": [rule(admin_state_up=False)]}, False),
        ({"rules": [rule(admin_state_up=False), rule(value="/b")]}, True),
        ({"rules": [rule()], "admin_state_up": False}, False),
    ],
)
def test_only_an_enabled_policy_with_an_enabled_rule_matches(policy, armed):
    assert OPENSTACK.arms(OPENSTACK.policy({"name": "p", "action": "REJECT", **policy})) is armed


@pytest.mark.parametrize("junk", [None, 5, True, "x", [], {}, [None], 1.5])
def test_a_value_of_the_wrong_type_raises_nothing(junk):
    for field in ("action", "redirect_url", "redirect_http_code", "rules", "redirect_pool", "description", "tags"):
        openstack(url(**{field: junk}) if field != "redirect_url" else url(junk))
    for field in ("type", "compare_type", "value", "key", "invert", "tags", "conditions"):
        rules_of({**rule(), field: junk}, junk)
        rules_of({**rule("HEADER", key="k"), field: junk}, {**rule("SSL_CONN_HAS_CERT"), field: junk})

"""Gcore: policies and their rules (GC-..), from the manifest and with live facts."""

from __future__ import annotations

import pytest
from unit.dialects.build import document, found, gcore, gcore_rules

from reconciler.dialects.gcore import GCORE
from reconciler.model.live import ListenerFacts

P = ("spec", "policies", 0)


def reject(name="web-1", **more):
    return {"name": name, "action": "REJECT", "rules": [], **more}


def url(value="https://www.example.com/", **more):
    return {"name": "web-1", "action": "REDIRECT_TO_URL", "redirect_url": value, **more}


MISTAKES = [
    ("GC-ACTION", P, {"name": "web-1"}),
    ("GC-ACTION", (*P, "action"), reject(action="REFUSE")),
    ("GC-ACTION", (*P, "action"), reject(action="FIXED_RESPONSE")),
    ("GC-ACTION", (*P, "action"), reject(action="REDIRECT_TO_LISTENER")),
    ("GC-TARGET", (*P, "action"), reject(action="REDIRECT_TO_POOL")),
    ("GC-TARGET", (*P, "action"), reject(action="REDIRECT_TO_URL")),
    ("GC-TARGET", (*P, "action"), reject(action="REDIRECT_PREFIX")),
    ("GC-TARGET-FORBIDDEN", (*P, "redirect_pool"), reject(redirect_pool="x")),
    ("GC-TARGET-FORBIDDEN", (*P, "redirect_prefix"), url(redirect_prefix="https://a.example.com")),
    ("GC-TARGET-FORBIDDEN", (*P, "redirect_http_code"), reject(redirect_http_code=302)),
    ("GC-TARGET-FORBIDDEN", (*P, "redirect_http_code"), reject(action="REDIRECT_TO_POOL", redirect_pool="x", redirect_http_code=301)),
    ("GC-CODE", (*P, "redirect_http_code"), url(redirect_http_code=304)),
    ("GC-URL", (*P, "redirect_url"), url("www.example.com")),
    ("GC-URL", (*P, "redirect_url"), url("/path")),
    ("GC-URL", (*P, "redirect_url"), url("ftp://www.example.com")),
    ("GC-URL", (*P, "redirect_url"), url("https://www.example.com/\n")),
    ("GC-URL", (*P, "redirect_url"), url("https://[::1")),
    ("GC-NAME", (*P, "name"), reject("ab")),
    ("GC-NAME", (*P, "name"), reject("a" * 64)),
    ("GC-NAME", (*P, "name"), reject("-abc")),
    ("GC-NAME", (*P, "name"), reject("abc-")),
    ("GC-NAME", (*P, "name"), reject("a/b")),
    ("GC-NAME", (*P, "name"), reject("abc\n")),
    ("GC-FIELD", (*P, "description"), reject(description="x")),
    ("GC-FIELD", (*P, "admin_state_up"), reject(admin_state_up=True)),
    ("NAME-RESERVED", (*P, "name"), reject("web.next-012abc")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "path", "policy"), MISTAKES)
def test_a_mistake_in_a_policy_is_told_once_and_at_its_place(code, path, policy):
    assert gcore(policy) == [(code, path)]


RIGHT = [
    reject("abc"), reject("a" * 63), reject("a b._-c."), reject("0-_"),
    url(), *[url(redirect_http_code=code) for code in (301, 302, 303, 307, 308)],
    {"name": "web-1", "action": "REDIRECT_PREFIX", "redirect_prefix": "http://a.example.com:8080/x"},
    {"name": "web-1", "action": "REDIRECT_TO_POOL", "redirect_pool_id": "x", "redirect_url": None},
]  # fmt: skip


@pytest.mark.parametrize("policy", RIGHT)
def test_every_legal_policy_is_accepted_up_to_its_boundary(policy):
    assert gcore(policy) == []


def rule(type_="PATH", compare="STARTS_WITH", value="/a", **more):
    given = {"type": type_, "compare_type": compare, "value": value, **more}
    return {k: v for k, v in given.items() if v != "absent"}


RULE_MISTAKES = [
    ("GC-RULE-TYPE", (0,), rule("absent")),
    ("GC-RULE-TYPE", (0, "type"), rule("HOST")),
    ("GC-RULE-TYPE", (0, "type"), rule("METHOD")),
    ("GC-COMPARE", (0,), rule(compare="absent")),
    ("GC-COMPARE", (0, "compare_type"), rule(compare="EQUALS")),
    ("GC-COMPARE", (0, "compare_type"), rule("FILE_TYPE", "STARTS_WITH", "jpg")),
    ("GC-COMPARE", (0, "compare_type"), rule("SSL_CONN_HAS_CERT", "CONTAINS", "True")),
    ("GC-KEY", (0,), rule("HEADER", "EQUAL_TO", "v")),
    ("GC-KEY", (0, "key"), rule("COOKIE", "EQUAL_TO", "v", key="")),
    ("GC-KEY", (0,), rule("SSL_DN_FIELD", "EQUAL_TO", "v")),
    ("GC-KEY-FORBIDDEN", (0, "key"), rule(key="k")),
    ("GC-KEY-LENGTH", (0, "key"), rule("HEADER", "EQUAL_TO", "v", key="k" * 256)),
    ("GC-VALUE", (0,), rule(value="absent")),
    ("GC-VALUE", (0, "value"), rule(value="")),
    ("GC-VALUE", (0, "value"), rule(value="/" + "a" * 255)),
    ("GC-VALUE", (0, "value"), rule("SSL_CONN_HAS_CERT", "EQUAL_TO", "no")),
    ("GC-VALUE", (0, "value"), rule("SSL_VERIFY_RESULT", "EQUAL_TO", "-1")),
    ("GC-GUARD", (0, "value"), rule(compare="EQUAL_TO", value="reconciler-guard")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value="(")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value="[a")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value="*a")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value=r"\p{L}")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value=r"(a)\1")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value=r"\u0041")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value="(?a)x")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value="a{,2}")),
    ("GC-REGEX", (0, "value"), rule(compare="REGEX", value="[[:alpha:]]+")),
    ("GC-RENDER", (0, "value"), rule(value="/a#b")),
    ("GC-RENDER", (0, "value"), rule(value='/a"b')),
    ("GC-RENDER", (0, "value"), rule(value='"/a"')),
    ("GC-RENDER", (0, "value"), rule(value="-a")),
    ("GC-RENDER", (0, "value"), rule(value="/a b")),
    ("GC-RENDER", (0, "value"), rule(value="/a\n")),
    ("GC-RENDER", (0, "value"), rule(compare="REGEX", value="^/a#")),
    ("GC-FIELD", (0, "conditions"), rule(conditions=[{"value": "x"}])),
    ("GC-FIELD", (0, "admin_state_up"), rule(admin_state_up=True)),
    ("SECRET-HEADER", (0, "key"), rule("HEADER", "EQUAL_TO", "v", key="X-Auth-Token")),
]
ERRORS = {"GC-RULE-TYPE", "GC-KEY-LENGTH", "GC-GUARD", "GC-FIELD"}
WARNINGS = {"GC-KEY-FORBIDDEN", "GC-RENDER", "SECRET-HEADER"}


@pytest.mark.parametrize(("code", "place", "given"), RULE_MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_and_at_its_place(code, place, given):
    assert gcore_rules(given) == [(code, place)]
    for d in GCORE.check_listener(document([reject(rules=[given])])):
        assert d.is_error or code not in ERRORS
        assert not d.is_error or code not in WARNINGS


def test_what_octavia_alone_says_is_a_warning_that_names_the_assumption():
    for given in (rule("FILE_TYPE", "STARTS_WITH", "jpg"), rule(value="/" + "a" * 255), rule(value="/a#b"),
                  rule("SSL_DN_FIELD", "EQUAL_TO", "v"), rule(compare="REGEX", value=r"(a)\1")):  # fmt: skip
        (told,) = GCORE.check_listener(document([reject(rules=[given])]))
        assert not told.is_error
        assert "Octavia" in told.detail or "Gcore" in told.detail


RULES_RIGHT = [
    rule(), rule(value="/" + "a" * 254), rule("HOST_NAME", "REGEX", r"^a\.example\.com$"), rule(compare="REGEX", value="/images*"),
    rule("HEADER", "CONTAINS", "v", key="k" * 255), rule("COOKIE", "EQUAL_TO", "v", key="canary", invert=True),
    rule("FILE_TYPE", "EQUAL_TO", "jpg"), rule("FILE_TYPE", "REGEX", "jpe?g"), rule("SSL_CONN_HAS_CERT", "EQUAL_TO", "True"),
    rule("SSL_VERIFY_RESULT", "EQUAL_TO", "0"), rule("SSL_DN_FIELD", "EQUAL_TO", "x", key="CN"), rule(key=""), rule(tags=["a"]),
    rule(compare="REGEX", value=r"(?P<n>a)(?P=n)"), rule(compare="REGEX", value="a b"), rule("COOKIE", "EQUAL_TO", "-1"[1:], key="c"),
]  # fmt: skip


@pytest.mark.parametrize("given", RULES_RIGHT)
def test_every_legal_rule_is_accepted_up_to_its_boundary(given):
    assert gcore_rules(given) == []


def test_fifty_rules_are_accepted_and_fifty_one_refused():
    many = [rule(value=f"/{i}", compare="CONTAINS") for i in range(51)]
    assert gcore_rules(*many[:50]) == []
    assert gcore_rules(*many) == [("GC-RULES", ())]


def test_a_list_that_contradicts_octavias_phases_is_warned_of_with_both_names():
    pool = {"name": "app", "action": "REDIRECT_TO_POOL", "redirect_pool": "x"}
    told = list(GCORE.check_listener(document([pool, url(), reject("deny"), reject("deny2")], "position")))
    assert [(d.code, d.path, d.is_error) for d in told] == [
        ("GC-CLASS", ("spec", "policies", i, "action"), False) for i in (1, 2, 3)
    ]
    assert all("'app'" in d.summary for d in told)
    assert gcore(reject("deny"), url(), pool) == []


def test_pinned_positions_are_unique_in_range_rising_and_all_or_none():
    def at(*numbers):
        return gcore(*({**reject(f"web-{i}"), "position": n} for i, n in enumerate(numbers)))

    assert at(1, 2, 9) == []
    assert at(1, 1) == [("PIN-UNIQUE", ("spec", "policies", 1, "position"))]
    assert at(0) == [("PIN-RANGE", ("spec", "policies", 0, "position"))]
    assert at(2147483648) == [("PIN-RANGE", ("spec", "policies", 0, "position"))]
    assert at(2, 1) == [("PIN-ORDER", ("spec", "policies", 1, "position"))]
    assert at(1, None, 3) == [("PIN-ALL", ("spec", "policies", 1, "name"))]


def test_policies_on_a_listener_that_may_take_none_are_warned_of():
    asked = document([reject()])
    for protocol, told in (("HTTP", []), ("TERMINATED_HTTPS", []), ("TCP", [("GC-LISTENER-PROTOCOL", ("spec", "listener"))])):
        facts = ListenerFacts("L", protocol=protocol)
        assert found(GCORE.check_listener_live(asked, [], facts)) == told


@pytest.mark.parametrize("junk", [None, 5, True, "x", [], {}, [None], 1.5])
def test_a_value_of_the_wrong_type_raises_nothing(junk):
    for field in ("action", "redirect_url", "redirect_http_code", "rules", "redirect_pool", "description"):
        gcore(url(**{field: junk}) if field != "redirect_url" else url(junk))
    for field in ("type", "compare_type", "value", "key", "invert", "tags", "conditions"):
        gcore_rules({**rule(), field: junk}, junk)
        gcore_rules({**rule("HEADER", key="k"), field: junk}, {**rule("SSL_CONN_HAS_CERT"), field: junk})


def test_a_name_that_is_too_short_is_not_called_empty():
    told = list(GCORE.check_listener(document([reject("ab")], "position")))
    assert [(d.code, d.summary) for d in told] == [("GC-NAME", "the name 'ab' has 2 characters; at least 3 are needed")]

"""Huawei: rules and conditions (HW-R60 .. HW-R78), from the manifest alone."""

from __future__ import annotations

import pytest
from unit.dialects.build import HOST, document, huawei_rules, pool

from reconciler.dialects.huawei import HUAWEI

PATH = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/a"}


def host(value):
    return {**HOST, "value": value}


def path(value, compare="STARTS_WITH"):
    return {"type": "PATH", "compare_type": compare, "value": value}


def rule(type_, *conditions, **more):
    return {"type": type_, "compare_type": "EQUAL_TO", "conditions": list(conditions), **more}


def header(value="v", key="X-Env"):
    return rule("HEADER", {"key": key, "value": value})


def query(value="v", key="k"):
    return rule("QUERY_STRING", {"key": key, "value": value})


def method(value):
    return rule("METHOD", {"value": value})


def source(value):
    return rule("SOURCE_IP", {"value": value})


C = (0, "conditions", 0)

MISTAKES = [
    ("HW-R68", (0, "type"), [{**HOST, "type": "HOSTNAME"}]),
    ("HW-R68", (0,), [{"compare_type": "EQUAL_TO", "value": "a"}]),
    ("HW-R69", (0,), [{"type": "PATH", "value": "/a"}]),
    ("HW-R69", (0, "compare_type"), [{**HOST, "compare_type": "REGEX"}]),
    ("HW-R69", (0, "compare_type"), [{**header(), "compare_type": "STARTS_WITH"}]),
    ("HW-R69", (0, "compare_type"), [{**method("GET"), "compare_type": "REGEX"}]),
    ("HW-R69", (0, "compare_type"), [{**source("10.0.0.0/8"), "compare_type": "REGEX"}]),
    ("HW-R69", (0, "compare_type"), [{**PATH, "compare_type": "CONTAINS"}]),
    ("HW-R70", (0,), [{"type": "PATH", "compare_type": "EQUAL_TO"}]),
    ("HW-R70", (0, "value"), [path("")]),
    ("HW-R70", (0, "value"), [{"type": "METHOD", "compare_type": "EQUAL_TO", "value": "GET"}]),
    ("HW-R70", (0,), [{"type": "HEADER", "compare_type": "EQUAL_TO"}]),
    ("HW-R70", (0,), [{"type": "SOURCE_IP", "compare_type": "EQUAL_TO", "conditions": []}]),
    ("HW-R71", (0, "value"), [host("-a.example.com")]),
    ("HW-R71", (0, "value"), [host("*")]),
    ("HW-R71", (0, "value"), [host("a.*.com")]),
    ("HW-R71", (0, "value"), [host("*a.example.com")]),
    ("HW-R71", (0, "value"), [host("a_b.example.com")]),
    ("HW-R71", (0, "value"), [host("a" * 129)]),
    ("HW-R71", (0, "value"), [host("a.example.com\n")]),
    ("HW-R71", (*C, "value"), [rule("HOST_NAME", {"value": "a/b"})]),
    ("HW-R72", (0, "value"), [path("a")]),
    ("HW-R72", (0, "value"), [path("/a b")]),
    ("HW-R72", (0, "value"), [path('/a"')]),
    ("HW-R72", (0, "value"), [path("/ä")]),
    ("HW-R72", (0, "value"), [path("/" + "a" * 128)]),
    ("HW-R72", (0, "value"), [path("/a\n")]),
    ("HW-R72", (0, "value"), [path("/a\n", "REGEX")]),
    ("HW-R72", (0, "value"), [path("a" * 129, "REGEX")]),
    ("HW-R72", (*C, "value"), [{**PATH, "value": None, "conditions": [{"value": "x"}]}]),
    ("HW-R73", C, [rule("HEADER", {"value": "v"})]),
    ("HW-R73", (*C, "key"), [header(key="")]),
    ("HW-R73", (*C, "key"), [header(key="X Env")]),
    ("HW-R73", (*C, "key"), [header(key="X" * 41)]),
    ("HW-R73", (*C, "key"), [header(key="X-Env\n")]),
    ("HW-R73", (*C, "value"), [header("a b")]),
    ("HW-R73", (*C, "value"), [header('a"b')]),
    ("HW-R73", (*C, "value"), [header("a\n")]),
    ("HW-R73", (*C, "value"), [header("v" * 129)]),
    ("HW-R73", (*C, "value"), [header("")]),
    ("HW-R74", (*C, "key"), [query(key="a~b")]),
    ("HW-R74", (*C, "key"), [query(key="k" * 129)]),
    ("HW-R74", (*C, "key"), [query(key="k\n")]),
    ("HW-R74", (*C, "value"), [query("v\n")]),
    *[("HW-R74", (*C, "value"), [query(f"a{mark}b")]) for mark in ' []{}<>\\"#&|%~'],
    ("HW-R75", (*C, "value"), [method("get")]),
    ("HW-R75", (*C, "value"), [method("TRACE")]),
    ("HW-R75", (*C, "value"), [method("GET\n")]),
    ("HW-R76", (*C, "value"), [source("10.0.0.1")]),
    ("HW-R76", (*C, "value"), [source("2001:db8::1")]),
    ("HW-R76", (*C, "value"), [source("10.0.0.0/33")]),
    ("HW-R76", (*C, "value"), [source("10.0.0.0/255.0.0.0")]),
    ("HW-R76", (*C, "value"), [source("10.0.0.0/8\n")]),
    ("HW-R76", (*C, "value"), [source("office")]),
    ("HW-R76", (*C, "value"), [source("fe80::1%eth0/64")]),
    ("HW-R77", (*C, "key"), [rule("METHOD", {"key": "m", "value": "GET"})]),
    ("HW-R77", (*C, "key"), [rule("HOST_NAME", {"key": "Host", "value": "a.example.com"})]),
    ("HW-R66", (0, "value"), [{**header(), "value": "x"}]),
    ("HW-R67", (0, "conditions", 1, "key"), [rule("HEADER", {"key": "A", "value": "x"}, {"key": "B", "value": "y"})]),
    ("HW-R67", (0, "conditions", 1, "value"), [rule("HEADER", {"key": "A", "value": "x"}, {"key": "A", "value": "x"})]),
    ("HW-R67", (0, "conditions", 1, "value"), [rule("METHOD", {"value": "GET"}, {"value": "GET"})]),
    ("HW-R78", (0, "key"), [{**HOST, "key": "k"}]),
    ("HW-R78", (0, "key"), [{**HOST, "key": "k" * 256}]),
    ("HW-R78", (0, "invert"), [{**HOST, "invert": True}]),
    ("HW-R17", (0, "admin_state_up"), [{**HOST, "admin_state_up": False}]),
    ("HW-R62", (1, "type"), [HOST, host("b.example.com")]),
    ("HW-R62", (1, "type"), [PATH, path("/b")]),
    ("HW-R62", (1, "type"), [method("GET"), method("PUT")]),
    ("HW-R62", (1, "type"), [source("10.0.0.0/8"), source("192.0.2.0/24")]),
    ("SECRET-HEADER", (*C, "key"), [header(key="Authorization")]),
    ("HW-R69", (0, "compare_type"), [{**rule("COOKIE", {"key": "c", "value": "v"}), "compare_type": "REGEX"}]),
    ("HW-R70", (0, "type"), [{"type": "COOKIE", "compare_type": "EQUAL_TO", "key": None, "value": "v"}]),
    ("HW-R73", (*C, "value"), [rule("COOKIE", {"key": "c", "value": "a b"})]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "place", "rules"), MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_and_at_its_place(code, place, rules):
    assert huawei_rules(*rules) == [(code, place)]


RIGHT = [
    [host("a")], [host("A1.example-x.com.")], [host("*.example.com")], [host("a" * 128)],
    [path("/")], [path("/" + "a" * 127)], [path("/A0_~';@^-%#&$.*+?,=!:|\\/()[]{}")], [path("/exact", "EQUAL_TO")],
    [path("any thing", "REGEX")], [path("x" * 128, "REGEX")], [path("^/(a|b)$", "REGEX")],
    [header("v" * 128)], [header("*gold?")], [header(key="a_B-9" * 8)], [header("ü")],
    [query("v" * 128)], [query("*")], [query(key="K" * 128)], [query("a,b;c=d'e")],
    [rule("METHOD", *({"value": m} for m in ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS")))],
    [source("192.168.0.2/32")], [source("2049::49/64")], [source("0.0.0.0/0")], [source("::/0")],
    [rule("HOST_NAME", {"key": "", "value": "a.example.com"}, {"value": "*.example.com"})],
    [{**PATH, "value": "", "conditions": [{"value": "/b"}, {"key": "", "value": "/c"}]}],
    [header(key="A"), header(key="B"), query(key="a"), query(key="b")],
    [{**HOST, "key": "", "invert": False, "admin_state_up": True, "conditions": []}],
    [{**HOST, "key": None, "conditions": None}],
    [rule("COOKIE", {"key": "c", "value": "v"}), rule("COOKIE", {"key": "d", "value": "v"})],
]  # fmt: skip


@pytest.mark.parametrize("rules", RIGHT)
def test_every_legal_rule_is_accepted_up_to_its_boundary(rules):
    assert huawei_rules(*rules) == []


def test_hw_r61_a_policy_with_ten_conditions_is_accepted_and_one_with_eleven_refused():
    conditions = [{"key": "K", "value": f"v{i}"} for i in range(8)]
    assert huawei_rules(HOST, PATH, rule("HEADER", *conditions)) == []
    conditions.append({"key": "K", "value": "v8"})
    assert huawei_rules(HOST, PATH, rule("HEADER", *conditions)) == [("HW-R61", ())]


def test_hw_r61_counts_a_rule_without_conditions_as_one():
    rules = [header(key=f"K{i}") for i in range(10)]
    assert huawei_rules(*rules) == []
    assert huawei_rules(*rules, header(key="K10")) == [("HW-R61", ())]


def test_hw_r60_a_redirect_to_a_listener_has_no_rules_and_says_nothing_else_about_them():
    wrong = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "no slash"}
    given = {"action": "REDIRECT_TO_LISTENER", "redirect_pool": None, "redirect_listener": "x"}
    assert huawei_rules(wrong, **given) == [("HW-R60", ())]


def test_a_wrong_compare_type_of_a_path_hides_what_depends_on_it():
    assert huawei_rules(path("no slash", "CONTAINS")) == [("HW-R69", (0, "compare_type"))]


@pytest.mark.parametrize("junk", [None, 5, True, "x", [], {}, [None], {"a": None}, [[]], 1.5])
@pytest.mark.parametrize("field", ["type", "compare_type", "value", "key", "conditions", "invert", "admin_state_up"])
def test_a_value_of_the_wrong_type_raises_nothing(field, junk):
    for base in (HOST, PATH, header(), source("10.0.0.0/8"), method("GET")):
        huawei_rules({**base, field: junk}, junk)
    for name in ("key", "value"):
        huawei_rules(rule("HEADER", {"key": "A", "value": "v", name: junk}, junk, {"key": "A", "value": "w"}))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (path("/a"), {**path(None), "conditions": [{"value": "/a"}]}),
        (host("a.example.com"), host("A.Example.com")),
        (host("a.example.com"), {**HOST, "value": None, "conditions": [{"value": "A.example.com"}]}),
    ],
)
def test_the_same_match_written_differently_is_a_warning(first, second):
    """HW-R79: whether the cloud takes these for equal is not documented, so it cannot be an error."""
    both = [pool("a", rules=[first]), pool("b", rules=[second])]
    told = list(HUAWEI.check_listener(document(both)))
    assert [(d.code, d.is_error, d.path) for d in told] == [("HW-R79", False, ("spec", "policies", 1, "rules"))]


def test_a_number_is_not_a_misspelt_number():
    """305 is no redirect, and 308 is not what was meant by it."""
    config = {"status_code": "305", "host": "www.example.com"}
    told = list(HUAWEI.check_listener(document([{"name": "a", "action": "REDIRECT_TO_URL", "redirect_url_config": config}])))
    assert [(d.code, d.hint) for d in told] == [("HW-R36", "use 301, 302, 303, 307 or 308")]

"""Huawei: what a policy does with a request (HW-R01 .. HW-R55), from the manifest alone."""

from __future__ import annotations

import pytest
from unit.dialects.build import HOST, huawei, pool

P = ("spec", "policies", 0)
LISTENER = {"name": "p", "action": "REDIRECT_TO_LISTENER", "redirect_listener": "web-https"}


def url(**config):
    config = {"protocol": "HTTPS", "port": "443", "status_code": "301", **config}
    config = {k: v for k, v in config.items() if v != "absent"}
    return {"name": "p", "action": "REDIRECT_TO_URL", "redirect_url_config": config, "rules": [HOST]}


def fixed(**config):
    config = {k: v for k, v in {"status_code": "403", **config}.items() if v != "absent"}
    return {"name": "p", "action": "FIXED_RESPONSE", "fixed_response_config": config, "rules": [HOST]}


def inserted(**entry):
    entry = {k: v for k, v in {"key": "X-A", "value_type": "USER_DEFINED", "value": "a", **entry}.items() if v != "absent"}
    return fixed(insert_headers_config={"configs": [entry]})


def rewrite(**config):
    return pool(redirect_pools_extend_config={"rewrite_url_enable": True, "rewrite_url_config": config})


EDIT = (*P, "fixed_response_config", "insert_headers_config", "configs", 0)
URL = (*P, "redirect_url_config")
FIXED = (*P, "fixed_response_config")
REWRITE = (*P, "redirect_pools_extend_config", "rewrite_url_config")

MISTAKES = [
    ("HW-R02", P, {"name": "p", "rules": [HOST]}),
    ("HW-R02", (*P, "action"), {"name": "p", "action": "REDIRECT_TO_POOLS", "redirect_pool": "x", "rules": [HOST]}),
    ("HW-R06", (*P, "listener_id"), pool(listener_id="L")),
    ("HW-R07", (*P, "action"), {"name": "p", "action": "REDIRECT_TO_LISTENER"}),
    ("HW-R07", (*P, "redirect_listener"), {**fixed(), "redirect_listener": "x"}),
    ("HW-R08", (*P, "redirect_listener"), pool(redirect_listener="x")),
    ("HW-R08", (*P, "redirect_listener_id"), pool(redirect_listener_id="x")),
    ("HW-R10", (*P, "redirect_pool"), {**LISTENER, "redirect_pool": "x"}),
    ("HW-R10", (*P, "redirect_pool_id"), {**url(), "redirect_pool_id": "x"}),
    ("HW-R11", (*P, "action"), {"name": "p", "action": "REDIRECT_TO_POOL", "rules": [HOST]}),
    ("HW-R11", (*P, "redirect_pool"), pool(redirect_pools_config=[{"pool": "a", "weight": 1}])),
    ("HW-R13", (*P, "redirect_pools_config"), {**url(), "redirect_pools_config": [{"pool": "a", "weight": 1}]}),
    ("HW-R13", (*P, "redirect_pools_config", 0, "weight"), pool(redirect_pool=None, redirect_pools_config=[{"pool": "a", "weight": 101}])),
    ("HW-R13", (*P, "redirect_pools_config", 0, "weight"), pool(redirect_pool=None, redirect_pools_config=[{"pool": "a", "weight": -1}])),
    ("HW-R13", (*P, "redirect_pools_config", 1, "pool"), pool(redirect_pool=None, redirect_pools_config=[{"pool": "a", "weight": 1}, {"pool": "a", "weight": 2}])),
    ("HW-R13", (*P, "redirect_pools_config"), pool(redirect_pool=None, redirect_pools_config=[{"pool": f"p{i}", "weight": 1} for i in range(6)])),
    ("HW-R14", (*P, "redirect_pools_sticky_session_config", "timeout"), pool(redirect_pools_sticky_session_config={"enable": True, "timeout": 0})),
    ("HW-R14", (*P, "redirect_pools_sticky_session_config", "timeout"), pool(redirect_pools_sticky_session_config={"enable": True, "timeout": 1441})),
    ("HW-R14", (*P, "redirect_pools_sticky_session_config"), {**fixed(), "redirect_pools_sticky_session_config": {"enable": True}}),
    ("HW-R15", (*P, "redirect_pools_extend_config"), {**fixed(), "redirect_pools_extend_config": {"rewrite_url_enable": True}}),
    ("HW-R16", (*P, "redirect_url"), pool(redirect_url="https://a.example.com/")),
    ("HW-R17", (*P, "admin_state_up"), pool(admin_state_up=False)),
    ("HW-R18", (*P, "position"), pool(position=1)),
    ("HW-R19", (*P, "name"), pool("n" * 256, rules=[HOST])),
    ("HW-R19", (*P, "description"), pool(description="d" * 256)),
    ("HW-R30", (*P, "action"), {"name": "p", "action": "REDIRECT_TO_URL", "rules": [HOST]}),
    ("HW-R30", (*P, "redirect_url_config"), pool(redirect_url_config={"status_code": "301"})),
    ("HW-R31", (*URL, "protocol"), url(protocol="https")),
    ("HW-R32", (*URL, "host"), url(host="-a.example.com")),
    ("HW-R32", (*URL, "host"), url(host="a" * 129)),
    ("HW-R32", (*URL, "host"), url(host="a.example.com\n")),
    ("HW-R33", (*URL, "port"), url(port="65536")),
    ("HW-R33", (*URL, "port"), url(port="0")),
    ("HW-R33", (*URL, "port"), url(port="443\n")),
    ("HW-R34", (*URL, "path"), url(path="a")),
    ("HW-R34", (*URL, "path"), url(path="/" + "a" * 128)),
    ("HW-R34", (*URL, "path"), url(path="/a b")),
    ("HW-R34", (*URL, "path"), url(path="/a\n")),
    ("HW-R35", (*URL, "query"), url(query="a#b")),
    ("HW-R35", (*URL, "query"), url(query="a" * 129)),
    ("HW-R35", (*URL, "query"), url(query="a\n")),
    ("HW-R36", (*URL, "status_code"), url(status_code="300")),
    ("HW-R36", URL, url(status_code="absent")),
    ("HW-R37", URL, url(protocol="${protocol}", port="${port}")),
    ("HW-R37", URL, url(protocol="absent", port="absent", query="a=b")),
    ("HW-R40", (*P, "action"), {"name": "p", "action": "FIXED_RESPONSE", "rules": [HOST]}),
    ("HW-R40", (*P, "fixed_response_config"), pool(fixed_response_config={"status_code": "403"})),
    ("HW-R41", FIXED, fixed(status_code="absent")),
    ("HW-R41", (*FIXED, "status_code"), fixed(status_code="302")),
    ("HW-R41", (*FIXED, "status_code"), fixed(status_code="403\n")),
    ("HW-R41", (*FIXED, "status_code"), fixed(status_code="600")),
    ("HW-R42", (*FIXED, "content_type"), fixed(content_type="text/xml")),
    ("HW-R43", (*FIXED, "message_body"), fixed(message_body="m" * 1025)),
    ("HW-R45", (*REWRITE, "host"), rewrite(host="*.example.com")),
    ("HW-R45", (*REWRITE, "host"), rewrite(host="a\n")),
    ("HW-R46", (*REWRITE, "path"), rewrite(path="/a*")),
    ("HW-R46", (*REWRITE, "path"), rewrite(path="/a\\b")),
    ("HW-R46", (*REWRITE, "path"), rewrite(path="/a\n")),
    ("HW-R47", (*REWRITE, "query"), rewrite(query="a*")),
    ("HW-R47", (*REWRITE, "query"), rewrite(query="a\n")),
    ("HW-R50", EDIT, inserted(key="absent")),
    ("HW-R50", (*EDIT, "key"), inserted(key="X A")),
    ("HW-R50", (*EDIT, "key"), inserted(key="X" * 41)),
    ("HW-R50", (*EDIT, "key"), inserted(key="X-A\n")),
    ("HW-R50", (*FIXED, "remove_headers_config"), fixed(remove_headers_config={})),
    ("HW-R51", (*EDIT, "key"), inserted(key="X-Forwarded-For")),
    ("HW-R51", (*FIXED, "remove_headers_config", "configs", 0, "key"), fixed(remove_headers_config={"configs": [{"key": "HOST"}]})),
    ("HW-R52", EDIT, inserted(value_type="absent")),
    ("HW-R52", (*EDIT, "value_type"), inserted(value_type="USER")),
    ("HW-R53", (*EDIT, "value"), inserted(value_type="SYSTEM_DEFINED", value="CLIENT_IP")),
    ("HW-R54", EDIT, inserted(value="absent")),
    ("HW-R54", (*EDIT, "value"), inserted(value=" a")),
    ("HW-R54", (*EDIT, "value"), inserted(value="a ")),
    ("HW-R54", (*EDIT, "value"), inserted(value="a\n")),
    ("HW-R54", (*EDIT, "value"), inserted(value="a" * 129)),
    ("HW-R55", (*FIXED, "traffic_limit_config", "qps"), fixed(traffic_limit_config={"qps": 100001})),
    ("HW-R55", (*FIXED, "traffic_limit_config", "per_source_ip_qps"), fixed(traffic_limit_config={"qps": 5, "per_source_ip_qps": 5})),
    ("SECRET-HEADER", (*EDIT, "key"), inserted(key="X-Api-Key")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "path", "policy"), MISTAKES)
def test_a_mistake_in_a_target_is_told_once_and_at_its_place(code, path, policy):
    assert huawei(policy) == [(code, path)]


RIGHT = [
    pool(),
    pool("n" * 255, description="d" * 255, rules=[HOST]),
    pool(admin_state_up=True, redirect_url=None, position=None),
    pool(redirect_pool=None, redirect_pool_id="x"),
    pool(redirect_pool=None, redirect_pools_config=[{"pool": f"p{i}", "weight": w} for i, w in enumerate((0, 1, 50, 99, 100))]),
    pool(redirect_pool=None, redirect_pools_config=[{"pool": "a"}, {"pool_id": "a"}]),
    pool(redirect_pools_sticky_session_config={"enable": True, "timeout": 1}),
    pool(redirect_pools_sticky_session_config={"enable": True, "timeout": 1440}),
    LISTENER,
    {"name": "p", "action": "REDIRECT_TO_LISTENER", "redirect_listener_id": "x", "rules": []},
    url(),
    url(host="A-1.example.com", port="65535", path="/a/$1{b}[c]*\\", query="${query}&a=$1*-b`"),
    url(host="a" * 128, port="1", path="/" + "a" * 127, query="a" * 128),
    url(protocol="${protocol}", port="${port}", host="a.example.com"),
    url(protocol="absent", port="absent", path="/new", query=""),
    fixed(status_code="200"), fixed(status_code="299"), fixed(status_code="400"), fixed(status_code="599"),
    fixed(content_type="application/json", message_body="a line\nand another\n" + "m" * 1000),
    fixed(message_body="m" * 1024),
    rewrite(host="a.example.com", path="/a$1!@^%#", query="${query}&a=b"),
    rewrite(host="${host}", path="${path}", query="${query}"),
    inserted(key="x_" * 20, value="~ *?"),
    inserted(value="v" * 128),
    inserted(value_type="SYSTEM_DEFINED", value="ELB-VIP"),
    inserted(value_type="SYSTEM_DEFINED", value="TLS-JA4"),
    inserted(key="X-Api-Key", value_type="REFERENCE_HEADER", value="X-Old-Key"),
    fixed(remove_headers_config={"configs": [{"key": "X-Powered-By"}]}),
    fixed(traffic_limit_config={"qps": 0, "per_source_ip_qps": 100000, "burst": 100000}),
    fixed(traffic_limit_config={"qps": 100000, "per_source_ip_qps": 99999}),
]  # fmt: skip


@pytest.mark.parametrize("policy", RIGHT)
def test_every_legal_target_is_accepted_up_to_its_boundary(policy):
    assert huawei(policy) == []


@pytest.mark.parametrize("junk", [None, 5, True, "x", [], {}, [None], {"a": None}, 1.5])
@pytest.mark.parametrize(
    "field",
    ["action", "redirect_pools_config", "redirect_url_config", "fixed_response_config", "rules", "description",
     "redirect_pools_extend_config", "redirect_pools_sticky_session_config", "redirect_listener"],
)  # fmt: skip
def test_a_value_of_the_wrong_type_raises_nothing(field, junk):
    for base in (pool(), url(), fixed(), LISTENER):
        huawei({**base, field: junk})


@pytest.mark.parametrize("junk", [None, 5, True, "x", [], {}, [None], [[]]])
def test_a_nested_value_of_the_wrong_type_raises_nothing(junk):
    for name in ("host", "status_code", "port", "insert_headers_config", "protocol"):
        huawei(url(**{name: junk}))
    for name in ("key", "value", "value_type"):
        huawei(inserted(**{name: junk}))
    huawei(fixed(insert_headers_config={"configs": junk}, traffic_limit_config=junk))
    huawei(pool(redirect_pools_config=[junk, {"pool": junk, "weight": junk}]))

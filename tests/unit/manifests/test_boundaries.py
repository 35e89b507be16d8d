"""Manifests at the edge of what is allowed are accepted."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from unit.manifests.mistakes import POOL, PROVIDERS, extend, fixed, group, listener, policy, rule, url

from reconciler.manifests import load

LEGAL = {
    "a name of 255": policy("name: " + "n" * 255 + "\naction: REDIRECT_TO_POOL\nredirect_pool: web"),
    "a description of 255": policy(POOL + "description: " + "d" * 255),
    "an empty description": policy(POOL + 'description: ""'),
    "admin_state_up true": policy(POOL + "admin_state_up: true"),
    "priority 1": policy(POOL + "priority: 1"),
    "priority 10000": policy(POOL + "priority: 10000"),
    "priority 0 of a listener policy": policy("name: a\naction: REDIRECT_TO_LISTENER\nredirect_listener: x\npriority: 0"),
    "five pools": policy("name: a\naction: REDIRECT_TO_POOL\nredirect_pools_config: [{pool: a, weight: 0}, {pool: b, weight: 100}, {pool: c}, {pool: d}, {pool_id: e}]"),
    "sticky sessions": policy(POOL + "redirect_pools_sticky_session_config: {enable: true, timeout: 1440}"),
    "ten conditions": policy(POOL + "rules: [{type: HEADER, compare_type: EQUAL_TO, conditions: [" + ", ".join(f"{{key: a, value: v{n}}}" for n in range(10)) + "]}]"),
    "a path of 128": rule("{type: PATH, compare_type: EQUAL_TO, value: /" + "a" * 127 + "}"),
    "all characters of a path": rule("""{type: PATH, compare_type: EQUAL_TO, value: "/azAZ09_~';@^-%#&$.*+?,=!:|\\\\/()[]{}"}"""),
    "a regex without slash": rule("{type: PATH, compare_type: REGEX, value: '^[a-z]+$'}"),
    "a wildcard host": rule('{type: HOST_NAME, compare_type: EQUAL_TO, value: "*.example.com"}'),
    "a host of 128": rule("{type: HOST_NAME, compare_type: EQUAL_TO, value: " + "a" * 128 + "}"),
    "a header key of 40": rule("{type: HEADER, compare_type: EQUAL_TO, conditions: [{key: " + "k" * 40 + ", value: 'a*?'}]}"),
    "a query of 128": rule("{type: QUERY_STRING, compare_type: EQUAL_TO, conditions: [{key: " + "k" * 128 + ", value: " + "v" * 128 + "}]}"),
    "all methods": rule("{type: METHOD, compare_type: EQUAL_TO, conditions: [{value: GET}, {value: PUT}, {value: POST}, {value: DELETE}, {value: PATCH}, {value: HEAD}, {value: OPTIONS}]}"),
    "source addresses with host bits": rule('{type: SOURCE_IP, compare_type: EQUAL_TO, conditions: [{value: 192.168.0.2/32}, {key: "", value: "2049::49/64"}]}'),
    "an empty value beside conditions": rule('{type: HEADER, compare_type: EQUAL_TO, value: "", conditions: [{key: a, value: b}]}'),
    "invert false": rule("{type: PATH, compare_type: EQUAL_TO, value: /a, invert: false}"),
    "the example of the create page": rule('{type: PATH, compare_type: EQUAL_TO, value: /bbb.html}'),
    "the example of the update page": rule('{type: PATH, compare_type: STARTS_WITH, value: /ccc.html}'),
    "redirect by inherited values": url("{protocol: HTTPS, host: '${host}', port: '${port}', path: '${path}', query: '${query}&name=my_name', status_code: '308'}"),
    "port 65535": url("{port: '65535', status_code: '301'}"),
    "codes of responses": fixed("{status_code: '599', content_type: application/javascript, message_body: " + "b" * 1024 + "}"),
    "a body of several lines": fixed("\n    status_code: '200'\n    message_body: |\n      a\n      b"),
    "limits": extend("{traffic_limit_config: {qps: 100000, per_source_ip_qps: 99999, burst: 0}}"),
    "no policies": listener("x").replace("  policies:\n    x\n", "  policies: []\n"),
    "a gcore name of 3": policy("name: a.b\naction: REJECT", "gc"),
    "a gcore name of 63": policy("name: " + "n" * 63 + "\naction: REJECT", "gc"),
    "gcore's own example": rule('{type: PATH, compare_type: REGEX, value: "/images*", invert: true, tags: [test_tag_1, test_tag_2]}', "gc"),
    "gcore's key of 255": rule("{type: COOKIE, compare_type: EQUAL_TO, key: " + "k" * 255 + ", value: a}", "gc"),
    "gcore's prefix": policy("name: pol\naction: REDIRECT_PREFIX\nredirect_prefix: https://a.b\nredirect_http_code: 308", "gc"),
    "gcore's group rule with nulls": group("- {direction: ingress, ethertype: IPv4, protocol: null, port_range_min: null, port_range_max: null, remote_ip_prefix: null}", provider="gc"),
    "gcore's any": group("- {direction: ingress, protocol: any}", provider="gc"),
    "gcore's ports": group("- {direction: ingress, protocol: tcp, port_range_min: 1, port_range_max: 65535, description: Some description, remote_ip_prefix: 10.0.0.0/8}", provider="gc"),
    "ports as a number": group("- {direction: ingress, priority: 100, protocol: tcp, multiport: 443}"),
    "a list of ports": group("- {direction: ingress, priority: 1, protocol: tcp, multiport: '22,3389,30-100'}"),
    "a protocol by number": group("- {direction: ingress, priority: 1, protocol: '255'}"),
    "no rules": group("x").replace("  rules:\n    x\n", "  rules: []\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGAL)
def test_a_legal_manifest_is_accepted(tmp_path: Path, name: str) -> None:
    (tmp_path / "providers.yaml").write_text(PROVIDERS, "utf-8")
    found = load(["-"], directory=str(tmp_path), stdin=io.StringIO(LEGAL[name]))
    assert [f"{d.code} {d.span} {d.summary}" for d in found.diagnostics if d.is_error] == []
    assert not found.blocked

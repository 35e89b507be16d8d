"""Model data: N rules, 5 a policy, 20 policies a listener, as manifests and as what a cloud holds. Nothing random."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PROJECT = "0123456789abcdef0123456789abcdef"
RULES_A_POLICY = 5
POLICIES_A_LISTENER = 20
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS")


def sizes(rules: int) -> tuple[int, int]:
    """Listeners, and policies on each, for about so many rules."""
    policies = max(1, rules // RULES_A_POLICY)
    return max(1, policies // POLICIES_A_LISTENER), min(policies, POLICIES_A_LISTENER)


def rules_of(listener: int, policy: int) -> list[dict[str, Any]]:
    """The five rules of one policy; every policy has its own path."""
    return [
        {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": f"shop-{listener}.example.com"},
        {"type": "PATH", "compare_type": "STARTS_WITH", "value": f"/team-{listener}/service-{policy}"},
        {"type": "METHOD", "compare_type": "EQUAL_TO", "conditions": [{"value": METHODS[policy % len(METHODS)]}]},
        {"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": "X-Env", "value": f"stage-{policy}"}]},
        {"type": "QUERY_STRING", "compare_type": "EQUAL_TO", "conditions": [{"key": "version", "value": f"{policy}"}]},
    ]


def fixed(listener: int, policy: int, changed: int) -> str:
    """The message body; of every ``changed``-th policy (0: none) it is another one in the manifests."""
    number = listener * POLICIES_A_LISTENER + policy
    return f"service {policy} is moving" + (" soon" if changed and number % changed == 0 else "")


def manifests(rules: int, port: int = 0, changed: int = 0) -> str:
    """YAML of a Provider at a port of this machine and all Listeners."""
    listeners, policies = sizes(rules)
    endpoint = f"http://127.0.0.1:{port}"
    out = [
        f"apiVersion: reconciler/v1\nkind: Provider\nmetadata: {{name: cloud}}\nspec:\n  type: huawei\n"
        f"  region: cn-north-4\n  project_id: {PROJECT}\n"
        + (f"  endpoints: {{elb: '{endpoint}', vpc: '{endpoint}', iam: '{endpoint}'}}\n" if port else "")
    ]
    for n in range(listeners):
        out.append(
            f"apiVersion: reconciler/v1\nkind: Listener\nmetadata:\n  name: listener-{n}\nspec:\n  provider: cloud\n"
            f"  unlisted: keep\n  policies:\n"
            + "".join(_policy(n, p, fixed(n, p, changed)) for p in range(policies))
        )
    return "---\n".join(out)


def _policy(listener: int, policy: int, body: str) -> str:
    lines = [
        f"    - name: service-{policy}\n      action: FIXED_RESPONSE\n      fixed_response_config:\n"
        f'        status_code: "503"\n        content_type: text/plain\n        message_body: {body}\n      rules:\n'
    ]
    for rule in rules_of(listener, policy):
        lines.append(f"        - type: {rule['type']}\n          compare_type: {rule['compare_type']}\n")
        if "value" in rule:
            lines.append(f"          value: {rule['value']}\n")
        for condition in rule.get("conditions", ()):
            key = f"key: {condition['key']}, " if "key" in condition else ""
            lines.append(f'          conditions: [{{{key}value: "{condition["value"]}"}}]\n')
    return "".join(lines)


def seed(rules: int) -> dict[str, Any]:
    """The cloud that holds exactly what the unchanged manifests ask for."""
    listeners, policies = sizes(rules)
    return {
        "apiVersion": "reconciler.emulator/v1",
        "kind": "Cloud",
        "huawei": {
            PROJECT: {
                "quotas": {"l7policy": -1, "listener": -1, "loadbalancer": -1},
                "loadbalancers": [{"name": "lb"}],
                "listeners": [
                    {"name": f"listener-{n}", "loadbalancer": "lb", "protocol": "HTTP", "protocol_port": 1 + n,
                     "enhance_l7policy_enable": True}
                    for n in range(listeners)
                ],  # fmt: skip
                "l7policies": list(_live(listeners, policies)),
            }
        },
    }


def _live(listeners: int, policies: int) -> Iterator[dict[str, Any]]:
    for n in range(listeners):
        for p in range(policies):
            yield {
                "name": f"service-{p}", "listener": f"listener-{n}", "action": "FIXED_RESPONSE", "priority": 100 * (p + 1),
                "fixed_response_config": {
                    "status_code": "503", "content_type": "text/plain", "message_body": fixed(n, p, 0),
                },
                "rules": rules_of(n, p),
            }  # fmt: skip

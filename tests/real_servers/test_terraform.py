"""Terraform's OpenStack provider reads what we wrote, and writes what we then plan right.

On demand: collected only where RECONCILE_TERRAFORM_PLUGINS is set (see :mod:`tests.real_servers.terraform`).
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.real_servers.terraform import KINDS, Terraform
from tests.real_servers.world import host, path, tcp, to_pool, to_url

pytestmark = pytest.mark.real

HEADER = {"type": "HEADER", "compare_type": "CONTAINS", "key": "X-Env", "value": "test", "invert": True}
POLICIES: list[dict[str, Any]] = [
    {"name": "secret", "action": "REJECT", "description": "nobody: \"quoted\", 'so', ü", "tags": ["owner=web", "blue"], "rules": [HEADER, path("/s")]},
    to_url("old", "https://new.example.com/a?b=c", path("/old", "EQUAL_TO"), redirect_http_code=301),
    {"name": "prefix", "action": "REDIRECT_PREFIX", "redirect_prefix": "https://pre.example.com", "redirect_http_code": 308,
     "rules": [path("/pre"), {"type": "FILE_TYPE", "compare_type": "EQUAL_TO", "value": "php"}]},
    to_pool("canary", "a", path("/canary"), host("shop.example.com"), {**HEADER, "invert": False, "compare_type": "REGEX", "value": "^v[12]\\.[0-9]+$"}),
    to_pool("off", "b", {"type": "COOKIE", "compare_type": "STARTS_WITH", "key": "stage", "value": "c"}, admin_state_up=False),
    to_pool("part", "c", path("/part"), {**path("/never", "ENDS_WITH"), "admin_state_up": False}),
]  # fmt: skip
RULES: list[dict[str, Any]] = [
    tcp(443, "0.0.0.0/0", description="https"),
    tcp(8000, "192.0.2.0/24") | {"port_range_max": 8999},
    tcp(1, "198.51.100.0/24") | {"port_range_max": 65535},
    {"direction": "ingress", "ethertype": "IPv6", "protocol": "icmp"},
    {"direction": "ingress", "ethertype": "IPv4", "protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
    {"direction": "ingress", "ethertype": "IPv4", "protocol": "any", "remote_ip_prefix": "10.1.2.3/8"},
    {"direction": "ingress", "ethertype": "IPv4", "protocol": 47},
    {"direction": "ingress", "ethertype": "IPv6", "protocol": "udp", "port_range_min": 53, "port_range_max": 53, "remote_ip_prefix": "2001:DB8::/32"},
]  # fmt: skip


@pytest.fixture
def terraform(lab, tmp_path):
    return Terraform(tmp_path / "terraform", lab.environ())


def words(policy: dict[str, Any], balancer: Any) -> dict[str, Any]:
    """A policy's fields as a user of Terraform writes them; tags it cannot say."""
    fields = {name: value for name, value in policy.items() if name not in ("rules", "redirect_pool", "tags")}
    if "redirect_pool" in policy:
        fields["redirect_pool_id"] = balancer.pools[policy["redirect_pool"]]
    if policy["action"] == "REDIRECT_TO_URL":
        fields.pop("redirect_http_code", None)  # Terraform's provider refuses a code beside an URL; it keeps what is there
    return {"listener_id": balancer.listener, **fields}


def wanted(terraform: Terraform, balancer: Any, policies: list[dict[str, Any]]) -> None:
    """Everything as resources that are to be made, in order."""
    before: list[str] = []
    for place, policy in enumerate(policies, 1):
        name = policy["name"]
        id = terraform.add("l7policy", name, **words(policy, balancer), position=place, **({"depends_on": before} if before else {}))
        for number, rule in enumerate(policy["rules"]):
            terraform.add("l7rule", f"{name}-{number}", l7policy_id=id, **rule)
        before = [f"{KINDS['l7policy']}.{name}"]


def same(rule: dict[str, Any], live: dict[str, Any]) -> bool:
    fields = ("type", "compare_type", "value", "key", "invert", "admin_state_up")
    full = {"key": None, "invert": False, "admin_state_up": True, **rule}
    return all(full[name] == live[name] for name in fields)


def test_terraform_imports_what_we_wrote_and_has_nothing_to_change(terraform, cloud, world, fresh):
    balancer, group = cloud.balancer(fresh), cloud.group(fresh + "-sg")
    world.listener(balancer, POLICIES)
    world.group(group, [*RULES, {"direction": "ingress", "ethertype": "IPv4", "remote_group_id": group.id}])
    world.apply().good()
    live = {one["name"]: one["id"] for one in cloud.policies(balancer)}
    for policy in POLICIES:
        id = terraform.add("l7policy", policy["name"], live[policy["name"]], **words(policy, balancer))
        rules = cloud.ask("GET", "octavia", f"/l7policies/{live[policy['name']]}/rules")["rules"]
        for number, rule in enumerate(policy["rules"]):
            (found,) = [one for one in rules if same(rule, one)]
            terraform.add("l7rule", f"{policy['name']}-{number}", f"{live[policy['name']]}/{found['id']}", l7policy_id=live[policy["name"]], **rule)
        assert id
    for number, rule in enumerate(cloud.rules(group)):
        fields = {name: rule[name] for name in ("direction", "ethertype", "protocol", "port_range_min", "port_range_max",
                                                "remote_ip_prefix", "remote_group_id", "description") if rule[name] not in (None, "")}  # fmt: skip
        terraform.add("rule", f"r{number}", rule["id"], security_group_id=group.id, **fields)
    told = terraform.plan()
    assert [one for one in told if one[0] != "import"] == []
    assert len(told) == len(POLICIES) + sum(len(one["rules"]) for one in POLICIES) + len(RULES) + 1
    terraform.apply()
    world.nothing_is_left_to_do()


def test_what_terraform_wrote_is_imported_and_then_planned_empty_and_its_edits_are_found(terraform, cloud, world, fresh):
    balancer, group = cloud.balancer(fresh), cloud.group(fresh + "-sg")
    wanted(terraform, balancer, POLICIES)
    terraform.add("l7policy", "unnamed", listener_id=balancer.listener, action="REJECT", position=7, depends_on=[f"{KINDS['l7policy']}.part"])
    terraform.add("l7rule", "unnamed-0", l7policy_id=f"${{{KINDS['l7policy']}.unnamed.id}}", **path("/unnamed"))
    for number, rule in enumerate(RULES):
        fields = dict(rule)
        if fields.get("protocol") == "any":
            fields["protocol"] = ""
        terraform.add("rule", f"r{number}", security_group_id=group.id, **{name: str(v) if name == "protocol" else v for name, v in fields.items()})
    terraform.add("rule", "self", security_group_id=group.id, direction="ingress", ethertype="IPv4", remote_group_id=group.id)
    terraform.apply()
    got = world.run("import", "--provider", "cloud", "--listener-id", balancer.listener, "--security-group-id", group.id).good()
    (world.directory / "manifests").mkdir(exist_ok=True)
    (world.directory / "manifests" / "imported.yaml").write_text(got.out)
    world.nothing_is_left_to_do()

    policies, rules = terraform.resources[KINDS["l7policy"]], terraform.resources[KINDS["l7rule"]]
    policies["secret"]["description"] = "changed"
    policies["canary"]["redirect_pool_id"] = balancer.pools["c"]
    policies["off"]["admin_state_up"] = True
    rules["secret-0"]["invert"] = False
    rules["part-0"]["value"] = "/part2"
    terraform.resources[KINDS["rule"]]["r0"]["description"] = "renamed"
    # Terraform also replaces the rules that Neutron answers otherwise than they were sent (ports 1 to 65535): no difference.
    terraform.add("rule", "extra", security_group_id=group.id, **tcp(22, "203.0.113.0/24"))
    terraform.apply()
    head, groups = got.out.split("kind: SecurityGroup")
    (world.directory / "manifests" / "imported.yaml").write_text(head + "kind: SecurityGroup" + groups.replace("unlisted: keep", "unlisted: delete"))
    plan = world.plan("--detailed-exitcode", "--replace-cosmetic")
    assert plan.code == 2, plan.told()
    steps = plan.document["steps"]
    policies_of = {re.split(r"/rule/|\.next-", step["address"].split("/policy/")[1])[0] for step in steps if "/policy/" in step["address"]}
    assert policies_of == {"secret", "canary", "off", "part"}, plan.told()
    assert sorted(step["op"] for step in steps if step["kind"] == "security_group_rule") == ["create", "delete", "delete"], plan.told()
    (gap,) = plan.document["gaps"]  # Neutron cannot change a description, and takes no equal rule beside the old one
    world.apply("--replace-cosmetic", "--allow", f"gap={gap['object']}").good()
    world.nothing_is_left_to_do()

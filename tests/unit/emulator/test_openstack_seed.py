"""Seeds of an OpenStack project: replies of the APIs in, the same replies out; every mistake is told."""

import pytest
from unit.emulator.openstack_support import PROJECT, Cloud, seed_of

from reconciler.emulator.seed import SeedError

FULL = {
    "project": {"name": "demo"},
    "quotas": {"l7policy": 5, "security_group_rule": 50},
    "loadbalancers": [{"name": "shop", "provider": "ovn"}],
    "listeners": [{"name": "web", "default_pool": "blue"}],
    "pools": [{"name": "blue"}],
    "l7policies": [
        {"name": "second", "position": 2, "redirect_pool": "blue", "rules": [{"type": "PATH", "value": "/x"}]},
        {"name": "first", "position": 1, "redirect_url": "http://a.example"},
    ],
    "security_groups": [
        {"name": "web", "security_group_rules": [{"direction": "ingress", "protocol": "TCP", "remote_group": "peer"}]},
        {"name": "peer"},
    ],
}


def test_what_is_missing_is_what_the_api_would_answer():
    cloud = Cloud(seed_of(**FULL))
    assert cloud.order() == "firstsecond"
    first, second = (item["l7policy"] for item in (
        cloud.ok("GET", f"/l7policies/{cloud.id('l7policies', name)}") for name in ("first", "second")))  # fmt: skip
    assert (first["action"], first["redirect_http_code"]) == ("REDIRECT_TO_URL", 302)
    assert (second["action"], second["provisioning_status"], len(second["rules"])) == ("REDIRECT_TO_POOL", "ACTIVE", 1)
    rules = cloud.ok("GET", f"/l7policies/{second['id']}/rules")["rules"]
    assert (rules[0]["compare_type"], rules[0]["invert"], rules[0]["operating_status"]) == ("EQUAL_TO", False, "ONLINE")
    assert cloud.ok("GET", "/listeners")["listeners"][0]["protocol_port"] == 80
    peer = cloud.ok("GET", f"/security-groups/{cloud.id('security-groups', 'peer')}")["security_group"]
    assert len(peer["security_group_rules"]) == 2, "a group without a list has what a new group has"
    assert cloud.ok("GET", f"/quotas/{PROJECT}")["quota"]["l7policy"] == 5


def test_pasted_replies_are_a_seed():
    cloud = Cloud(seed_of(**FULL))
    policies = [
        {**policy, "rules": cloud.ok("GET", f"/l7policies/{policy['id']}/rules")["rules"]}
        for policy in cloud.ok("GET", "/l7policies")["l7policies"]
    ]
    pasted = {
        **{kind: cloud.ok("GET", f"/{kind}")[kind] for kind in ("loadbalancers", "listeners", "pools")},
        "l7policies": policies,
        "security_groups": cloud.ok("GET", "/security-groups")["security_groups"],
    }
    again = Cloud(seed_of(project={"name": "demo"}, **pasted))

    def ignored(value):
        if isinstance(value, dict):
            return {name: ignored(entry) for name, entry in value.items() if name not in ("standard_attr_id", "updated_at")}
        return [ignored(entry) for entry in value] if isinstance(value, list) else value

    for path in ("/loadbalancers", "/listeners", "/pools", "/l7policies", "/security-groups", "/security-group-rules"):
        one, other = cloud.ok("GET", path), again.ok("GET", path)
        key = next(iter(one))
        order = dict.fromkeys([item["id"] for item in one[key]])
        assert ignored(one[key]) == ignored([next(item for item in other[key] if item["id"] == id) for id in order])


def test_a_production_login_finds_the_only_project_under_any_name():
    cloud = Cloud(seed_of(listeners=[{"name": "web"}]))
    assert cloud.login(project="whatever")


@pytest.mark.parametrize(
    ("account", "where"),
    [
        ({"listeners": [{"name": "a", "bogus": 1}]}, "listeners[0].bogus"),
        ({"bogus": []}, "bogus"),
        ({"quotas": {"bogus": 1}}, "quotas.bogus"),
        ({"quotas": {"l7policy": "many"}}, "quotas.l7policy"),
        ({"project": "demo"}, "project"),
        ({"listeners": [{"name": "a"}], "l7policies": [{"action": "REDIRECT_TO_POOL"}]}, "l7policies[0]"),
        ({"listeners": [{"name": "a"}], "l7policies": [{"redirect_pool": "no"}]}, "l7policies[0].redirect_pool"),
        ({"listeners": [{"name": "a", "protocol": "TCP"}], "l7policies": [{}]}, "l7policies[0]"),
        ({"listeners": [{"name": "a"}], "l7policies": [{"rules": [{"type": "PATH"}]}]}, "l7policies[0].rules[0]"),
        ({"listeners": [{"name": "a"}], "l7policies": [{"rules": [{"type": "PATH", "value": "a b"}]}]}, "l7policies[0].rules[0]"),
        ({"listeners": [{"name": "a"}, {"name": "b", "protocol_port": 80}], "pools": []}, "listeners[1].protocol_port"),
        ({"security_groups": [{"name": "a", "security_group_rules": [{"direction": "ingress", "protocol": "x"}]}]},
         "security_groups[0].security_group_rules[0].protocol"),
        ({"security_groups": [{"name": "a", "security_group_rules": [{"direction": "ingress"}, {"direction": "ingress"}]}]},
         "security_groups[0].security_group_rules[1]"),
        ({"security_group_rules": [{"direction": "ingress"}]}, "security_group_rules[0]"),
        ({"ports": [{"security_groups": ["no"]}]}, "ports[0].security_groups"),
        ({"loadbalancers": [{"name": "a"}, {"name": "b"}], "listeners": [{"name": "x"}]}, "listeners[0]"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is(account, where):
    with pytest.raises(SeedError) as told:
        Cloud(seed_of(**account))
    assert any(problem.startswith(f"openstack.{PROJECT}.{where}") for problem in told.value.problems), told.value.problems


def test_an_account_is_named_by_its_project_id():
    with pytest.raises(SeedError):
        Cloud({"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "openstack": {"a/b": {}}})

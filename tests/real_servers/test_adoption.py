"""Adoption on the servers: what is imported needs nothing, and what somebody else changes is adopted in place."""

from __future__ import annotations

import pytest

from tests.real_servers.world import host, path, tcp, to_pool, to_url

pytestmark = pytest.mark.real

MANIFEST = """\
# Ours. The order is the order of evaluation.
apiVersion: reconciler/v1
kind: Listener
metadata: {{name: {name}}}
spec:
  provider: cloud
  load_balancer: {name}
  listener: web
  unlisted: delete    # nobody else has business here
  policies:
    # the shop itself
    - name: shop
      action: REDIRECT_TO_POOL
      redirect_pool: a    # green
      rules:
        - {{type: PATH, compare_type: STARTS_WITH, value: /shop}}    # all of it

    # goes away
    - name: old
      action: REDIRECT_TO_POOL
      redirect_pool: b
      rules:
        - {{type: PATH, compare_type: STARTS_WITH, value: /old}}

    # api, for machines
    - name: api
      action: REDIRECT_TO_POOL
      redirect_pool: c
      rules:
        # the path of the api
        - {{type: PATH, compare_type: STARTS_WITH, value: /api}}
        - {{type: HOST_NAME, compare_type: EQUAL_TO, value: api.example.com}}
---
apiVersion: reconciler/v1
kind: SecurityGroup
metadata: {{name: {name}}}
spec:
  provider: cloud
  directions: [ingress]
  unlisted: delete
  rules:
    # the web
    - {{direction: ingress, ethertype: IPv4, protocol: tcp, port_range_min: 443, port_range_max: 443, remote_ip_prefix: 10.0.0.0/8}}
    # operators
    - {{direction: ingress, ethertype: IPv4, protocol: tcp, port_range_min: 22, port_range_max: 22, remote_ip_prefix: 192.0.2.0/24}}
"""


def test_everything_that_the_project_shows_is_imported_and_needs_nothing(cloud, world, fresh):
    policies = [to_pool("aaa", "a", path("/a"), host("a.example.com")), to_url("bbb", "https://b.example.com/", path("/b")),
                to_pool("ccc", "c", path("/c", "EQUAL_TO"), description="three")]  # fmt: skip
    cloud.balancer(fresh, policies)
    cloud.group(fresh, [tcp(443), tcp(22, "192.0.2.0/24", description="operators")])
    ran = world.run("import", "--provider", "cloud", "--all", "--into", "manifests").good()
    assert "written" in ran.out
    planned = world.plan()
    assert planned.document["steps"] == [], planned.told()
    [mine] = [s for s in planned.document["scopes"] if fresh in s["address"] and s["address"].startswith("security_group/")]
    assert mine["reads"]["security_group_rule"] >= 2
    again = world.run("import", "--provider", "cloud", "--all", "--into", "manifests")
    assert "written" not in again.out, again.told()
    assert "renewed" not in again.out, again.told()


def test_what_somebody_else_changed_is_adopted_and_comments_stay(cloud, world, fresh):
    balancer = cloud.balancer(fresh)
    group = cloud.group(fresh)
    folder = world.directory / "manifests"
    folder.mkdir(exist_ok=True)
    manifest = folder / "ours.yaml"
    manifest.write_text(MANIFEST.format(name=fresh))
    world.apply().good()
    world.nothing_is_left_to_do()
    ids = {p["name"]: p["id"] for p in cloud.policies(balancer)}
    cloud.write(balancer.id, "PUT", f"/l7policies/{ids['shop']}", {"l7policy": {"redirect_pool_id": balancer.pools["b"]}})
    cloud.write(balancer.id, "DELETE", f"/l7policies/{ids['old']}")
    cloud.policy(balancer, to_pool("extra", "a", path("/extra")), position=1)
    rules = cloud.ask("GET", "octavia", f"/l7policies/{ids['api']}/rules")["rules"]
    [named] = [r for r in rules if r["type"] == "HOST_NAME"]
    cloud.write(balancer.id, "PUT", f"/l7policies/{ids['api']}/rules/{named['id']}",
                {"rule": {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "new.example.com"}})  # fmt: skip
    cloud.admit(group.id, tcp(8443))
    [ssh] = [r for r in cloud.rules(group) if r["port_range_min"] == 22]
    cloud.ask("DELETE", "neutron", f"/security-group-rules/{ssh['id']}")

    shown = world.run("import", "--merge", "manifests", "--diff")
    assert shown.code == 2, shown.told()
    assert manifest.read_text() == MANIFEST.format(name=fresh)
    world.run("import", "--merge", "manifests").good()
    after = manifest.read_text()
    for comment in ("# Ours.", "# nobody else", "# the shop itself", "# green", "# all of it", "# api, for machines",
                    "# the path of the api", "# the web"):  # fmt: skip
        assert comment in after
    for gone in ("# goes away", "name: old", "# operators"):
        assert gone not in after
    assert after.index("name: extra") < after.index("name: shop")
    assert "value: new.example.com" in after
    world.nothing_is_left_to_do()
    world.run("import", "--merge", "manifests").good()
    assert manifest.read_text() == after

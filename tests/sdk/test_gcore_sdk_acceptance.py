"""A script of the official Python SDK, as a user would write it, and its asynchronous client."""

import asyncio
import textwrap

import gcore

SCRIPT = textwrap.dedent(
    """
    import os, warnings
    import gcore
    from gcore import Gcore

    PORT = int(os.environ["PORT"])
    LISTENER = os.environ.get("LISTENER_ID", "3e1d2c4b-5a69-4788-8c9d-0b1a2c3d4e5f")
    POOL = os.environ.get("POOL_ID", "11111111-1111-4111-8111-111111111111")
    cl = Gcore(api_key="1234$abcdef", base_url=f"http://127.0.0.1:{PORT}",
               cloud_project_id=1, cloud_region_id=1,
               polling_interval_seconds=1, polling_timeout_seconds=30, max_retries=0)
    pol, rul, sgs = (cl.cloud.load_balancers.l7_policies,
                     cl.cloud.load_balancers.l7_policies.rules,
                     cl.cloud.security_groups)

    # --- L7 policy: create -> list -> get -> patch (action switch) -> delete
    p = pol.create_and_poll(action="REDIRECT_TO_URL", listener_id=LISTENER, name="go-https",
                            redirect_url="https://example.test/", redirect_http_code=301,
                            position=1, tags=["managed-by:reconcile"])
    assert p.id in {x.id for x in pol.list()}            # walks every page
    assert p.id in {x.id for x in pol.list(limit=1)}     # forces paging
    assert pol.get(p.id).listener_id == LISTENER
    p = pol.update_and_poll(p.id, action="REDIRECT_TO_POOL", redirect_pool_id=POOL, position=2)
    assert p.action == "REDIRECT_TO_POOL" and p.redirect_pool_id == POOL

    # --- L7 rules
    a = rul.create_and_poll(p.id, type="PATH", compare_type="STARTS_WITH", value="/api")
    b = rul.create_and_poll(p.id, type="HEADER", compare_type="EQUAL_TO", key="X-Env",
                            value="prod", invert=True)
    assert {r.id for r in rul.list(p.id)} == {a.id, b.id}
    a2 = rul.replace_and_poll(a.id, l7policy_id=p.id, type="PATH", compare_type="EQUAL_TO", value="/v2")
    assert a2.id == a.id and a2.value == "/v2"           # PUT keeps the rule id
    rul.delete_and_poll(a.id, l7policy_id=p.id)
    pol.delete_and_poll(p.id)
    try:
        pol.get(p.id); raise AssertionError("policy still there")
    except gcore.NotFoundError as e:
        assert e.body["exception_class"]

    # --- security group + rules
    g = sgs.create_and_poll(name="sg-accept", rules=[])  # [] => no default template
    assert g.security_group_rules == []
    r = sgs.rules.create_and_poll(g.id, direction="ingress", ethertype="IPv4", protocol="tcp",
                                  port_range_min=443, port_range_max=443,
                                  remote_ip_prefix="10.0.0.0/8", description="https")
    assert r.security_group_id == g.id
    g = sgs.update_and_poll(g.id, rules=[                # full desired set
        {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
         "port_range_min": 443, "port_range_max": 443,
         "remote_ip_prefix": "10.0.0.0/8", "description": "https"},
        {"direction": "egress", "ethertype": "IPv4"}])
    assert len(g.security_group_rules) == 2
    assert sgs.update(g.id, name="sg-accept").tasks == []   # no change => no task
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                  # v1 replace is deprecated
        n = sgs.rules.replace(g.security_group_rules[0].id, direction="ingress", protocol="udp",
                              ethertype="IPv4", port_range_min=53, port_range_max=53)
    sgs.rules.delete_and_poll(n.id, group_id=g.id)
    sgs.delete(g.id)                                     # synchronous, 204
    assert g.id not in {x.id for x in sgs.list()}
    print("ok")
    """
)


def test_the_script_of_the_reference_runs_unchanged(gcore_cloud, monkeypatch, capsys):
    cloud = gcore_cloud()
    monkeypatch.setenv("PORT", cloud.url.rsplit(":", 1)[1])
    exec(compile(SCRIPT, "script.py", "exec"), {})
    assert capsys.readouterr().out == "ok\n"
    assert not cloud.emulator.unknown


def test_the_asynchronous_client_makes_reads_and_deletes(gcore_cloud):
    cloud = gcore_cloud()

    async def run():
        async with gcore.AsyncGcore(
            api_key="1$a",
            base_url=cloud.url,
            cloud_project_id=1,
            cloud_region_id=1,
            polling_interval_seconds=1,
            _strict_response_validation=True,
        ) as client:
            policies = client.cloud.load_balancers.l7_policies
            listener = cloud.emulator.store.find("gcore", "1/1", "listeners", "name", "web")[0]["id"]
            made = await policies.create_and_poll(action="REJECT", listener_id=listener, name="block")
            rule = await policies.rules.create_and_poll(made.id, type="PATH", compare_type="EQUAL_TO", value="/x")
            assert [item.id async for item in policies.list()] == [made.id]
            assert [item.id async for item in policies.rules.list(made.id)] == [rule.id]
            await policies.delete_and_poll(made.id)
            assert [item async for item in policies.list()] == []
            groups = client.cloud.security_groups
            group = await groups.create_and_poll(name="web")
            assert len(group.security_group_rules) == 4
            await groups.delete(group.id)

    asyncio.run(run())
    assert not cloud.emulator.unknown

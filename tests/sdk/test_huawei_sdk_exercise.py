"""The acceptance exercise of the reference sheet, run with signature checking on."""

import pytest

from reconciler.emulator.options import Options

sdkcore = pytest.importorskip("huaweicloudsdkcore")

PROJECT = "0123456789abcdef0123456789abcdef"
KEYS = {"AKEXAMPLE0000000001": "SKexample"}
SEED = {
    "apiVersion": "reconciler.emulator/v1",
    "kind": "Cloud",
    "huawei": {
        PROJECT: {
            "project": {"name": "example-1"},
            "loadbalancers": [{"name": "shop"}],
            "listeners": [
                {"name": "web", "loadbalancer": "shop", "protocol": "HTTP", "enhance_l7policy_enable": True},
            ],
            "pools": [{"name": "blue", "loadbalancer": "shop"}],
            "security_groups": [{"name": "web"}],
        }
    },
}


def test_the_exercise_of_the_reference_passes(serve):
    import huaweicloudsdkelb.v3 as E
    import huaweicloudsdkvpc.v3 as V
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
    from huaweicloudsdkcore.http.http_config import HttpConfig

    served = serve(SEED, options=Options(verify_signatures=True, credentials=KEYS))
    cred = BasicCredentials("AKEXAMPLE0000000001", "SKexample", PROJECT)
    http = HttpConfig(user_agent="acceptance/1", retry_times=0)
    elb = E.ElbClient.new_builder().with_credentials(cred).with_http_config(http).with_endpoint(served.url).build()
    vpc = V.VpcClient.new_builder().with_credentials(cred).with_http_config(http).with_endpoint(served.url).build()
    listener = elb.list_listeners(E.ListListenersRequest()).listeners[0].id
    pool = elb.list_pools(E.ListPoolsRequest()).pools[0].id
    group = vpc.list_security_groups(V.ListSecurityGroupsRequest()).security_groups[0].id

    def make(priority, path):
        option = E.CreateL7PolicyOption(
            action="REDIRECT_TO_POOL",
            listener_id=listener,
            redirect_pool_id=pool,
            priority=priority,
            name="acc",
            rules=[E.CreateL7PolicyRuleOption(type="PATH", compare_type="STARTS_WITH", value=path)],
        )
        return elb.create_l7_policy(E.CreateL7PolicyRequest(body=E.CreateL7PolicyRequestBody(l7policy=option))).l7policy

    a, b = make(10, "/a"), make(20, "/b")
    assert [r.id for r in a.rules]
    assert a.provisioning_status == "ACTIVE"
    with pytest.raises(ServiceResponseException) as caught:
        make(10, "/c")
    assert caught.value.status_code in (400, 409)
    swap = [
        E.BatchUpdatePriorityRequestBody(id=a.id, priority=20),
        E.BatchUpdatePriorityRequestBody(id=b.id, priority=10),
    ]
    done = elb.batch_update_policies_priority(
        E.BatchUpdatePoliciesPriorityRequest(body=E.BatchUpdatePoliciesPriorityRequestBody(l7policies=swap))
    )
    assert done.status_code == 202
    page = elb.list_l7_policies(E.ListL7PoliciesRequest(listener_id=[listener], limit=1))
    assert page.page_info.current_count == 1
    assert page.page_info.next_marker
    assert elb.show_l7_policy(E.ShowL7PolicyRequest(l7policy_id=a.id)).l7policy.priority == 20
    option = E.UpdateL7PolicyOption(description="d", rules=[])
    elb.update_l7_policy(E.UpdateL7PolicyRequest(l7policy_id=a.id, body=E.UpdateL7PolicyRequestBody(l7policy=option)))
    assert elb.show_l7_policy(E.ShowL7PolicyRequest(l7policy_id=a.id)).l7policy.rules == []

    header = E.CreateRuleOption(
        type="HEADER",
        compare_type="EQUAL_TO",
        value="",
        conditions=[E.CreateRuleCondition(key="X-Env", value="blue*")],
    )
    r = elb.create_l7_rule(E.CreateL7RuleRequest(l7policy_id=a.id, body=E.CreateL7RuleRequestBody(rule=header))).rule
    changed = E.UpdateL7RuleOption(conditions=[E.UpdateRuleCondition(key="X-Env", value="green")])
    elb.update_l7_rule(
        E.UpdateL7RuleRequest(l7policy_id=a.id, l7rule_id=r.id, body=E.UpdateL7RuleRequestBody(rule=changed))
    )
    got = elb.show_l7_rule(E.ShowL7RuleRequest(l7policy_id=a.id, l7rule_id=r.id)).rule
    assert (got.type, got.conditions[0].value) == ("HEADER", "green")
    assert r.id in [x.id for x in elb.list_l7_rules(E.ListL7RulesRequest(l7policy_id=a.id, type=["HEADER"])).rules]
    everything = elb.list_all_l7_rules(E.ListAllL7RulesRequest(l7policy_id=[a.id, b.id])).rules
    assert r.id in [x.id for x in everything]
    assert elb.delete_l7_rule(E.DeleteL7RuleRequest(l7policy_id=a.id, l7rule_id=r.id)).status_code == 204
    for policy in (a, b):
        elb.delete_l7_policy(E.DeleteL7PolicyRequest(l7policy_id=policy.id))
    with pytest.raises(ServiceResponseException) as caught:
        elb.show_l7_policy(E.ShowL7PolicyRequest(l7policy_id=a.id))
    assert (caught.value.status_code, caught.value.error_code) == (404, "ELB.8904")
    assert caught.value.request_id

    def rule(**fields):
        option = V.CreateSecurityGroupRuleOption(security_group_id=group, **fields)
        body = V.CreateSecurityGroupRuleRequestBody(security_group_rule=option)
        return vpc.create_security_group_rule(V.CreateSecurityGroupRuleRequest(body=body)).security_group_rule

    fields = {
        "direction": "ingress",
        "protocol": "tcp",
        "multiport": "22,3389,30-100",
        "remote_ip_prefix": "10.0.0.0/8",
        "action": "deny",
        "priority": 1,
    }
    s = rule(**fields)
    with pytest.raises(ServiceResponseException) as caught:
        rule(**fields)
    assert (caught.value.status_code, caught.value.error_code) == (409, "VPC.9902")
    assert s.id in caught.value.error_msg
    batch = V.BatchCreateSecurityGroupRulesRequestBody(
        ignore_duplicate=True,
        security_group_rules=[V.BatchCreateSecurityGroupRulesOption(direction="egress", ethertype="IPv6", priority=7)],
    )
    vpc.batch_create_security_group_rules(V.BatchCreateSecurityGroupRulesRequest(security_group_id=group, body=batch))
    listed = vpc.list_security_group_rules(
        V.ListSecurityGroupRulesRequest(security_group_id=[group], limit=2000)
    ).security_group_rules
    ids = [x.id for x in listed]
    assert s.id in ids
    assert vpc.show_security_group_rule(V.ShowSecurityGroupRuleRequest(security_group_rule_id=s.id))
    for id in ids:
        vpc.delete_security_group_rule(V.DeleteSecurityGroupRuleRequest(security_group_rule_id=id))
    assert not served.emulator.unknown

"""The older security group APIs (VPC v1, Neutron v2.0, tags) through Huawei's v2 SDK, over the same store."""

import pytest


@pytest.fixture
def old(huawei):
    h = huawei({"security_groups": [{"name": "web"}]})
    import huaweicloudsdkvpc.v2 as W
    from huaweicloudsdkcore.auth.credentials import BasicCredentials

    cred = BasicCredentials("AKEXAMPLE0000000001", "SKexampleSKexampleSKexampleSKexample0001", h.project)
    h.W = W
    h.old = W.VpcClient.new_builder().with_credentials(cred).with_endpoint(h.served.url).build()
    h.group = h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest()).security_groups[0].id
    return h


def old_error(call, *args):
    from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

    with pytest.raises(ServiceResponseException) as caught:
        call(*args)
    return caught.value.status_code, caught.value.error_msg


def test_v1_and_v3_see_the_same_groups(old):
    h, W = old, old.W
    option = W.CreateSecurityGroupOption(name="made-by-v1")
    body = W.CreateSecurityGroupRequestBody(security_group=option)
    made = h.old.create_security_group(W.CreateSecurityGroupRequest(body=body)).security_group
    assert len(made.security_group_rules) == 4
    shown = h.vpc.show_security_group(h.V.ShowSecurityGroupRequest(security_group_id=made.id)).security_group
    assert shown.name == "made-by-v1"
    names = [item.name for item in h.old.list_security_groups(W.ListSecurityGroupsRequest()).security_groups]
    assert names == ["web", "made-by-v1"]
    show = W.ShowSecurityGroupRequest(security_group_id=made.id)
    assert h.old.show_security_group(show).security_group.name == "made-by-v1"
    h.old.delete_security_group(W.DeleteSecurityGroupRequest(security_group_id=made.id))
    assert old_error(h.old.show_security_group, show) == (404, f"Security group {made.id} does not exist.")


def test_v1_rules_have_a_range_of_ports(old):
    h, W = old, old.W

    def create(**fields):
        option = W.CreateSecurityGroupRuleOption(security_group_id=h.group, direction="ingress", **fields)
        body = W.CreateSecurityGroupRuleRequestBody(security_group_rule=option)
        return h.old.create_security_group_rule(W.CreateSecurityGroupRuleRequest(body=body)).security_group_rule

    made = create(protocol="tcp", port_range_min=80, port_range_max=90, remote_ip_prefix="0.0.0.0/0")
    assert (made.port_range_min, made.port_range_max) == (80, 90)
    v3 = h.vpc.show_security_group_rule(h.V.ShowSecurityGroupRuleRequest(security_group_rule_id=made.id))
    assert v3.security_group_rule.multiport == "80-90"
    assert old_error(lambda: create(protocol="tcp", port_range_min=90, port_range_max=80))[0] == 400
    assert old_error(lambda: create(port_range_min=80, port_range_max=80))[0] == 400
    assert old_error(lambda: create(protocol="tcp", port_range_min=80))[0] == 400
    option = h.V.CreateSecurityGroupRuleOption(
        security_group_id=h.group, direction="ingress", protocol="tcp", multiport="1,5"
    )
    body = h.V.CreateSecurityGroupRuleRequestBody(security_group_rule=option)
    many = h.vpc.create_security_group_rule(h.V.CreateSecurityGroupRuleRequest(body=body)).security_group_rule
    shown = h.old.show_security_group_rule(W.ShowSecurityGroupRuleRequest(security_group_rule_id=many.id))
    assert shown.security_group_rule.port_range_min is None
    listed = h.old.list_security_group_rules(W.ListSecurityGroupRulesRequest(remote_ip_prefix="0.0.0.0/0"))
    assert [item.id for item in listed.security_group_rules] == [made.id]
    h.old.delete_security_group_rule(W.DeleteSecurityGroupRuleRequest(security_group_rule_id=made.id))
    assert (
        old_error(h.old.show_security_group_rule, W.ShowSecurityGroupRuleRequest(security_group_rule_id=made.id))[0]
        == 404
    )


def test_neutron_groups_and_rules(old):
    h, W = old, old.W
    option = W.NeutronCreateSecurityGroupOption(name="n", description="d")
    body = W.NeutronCreateSecurityGroupRequestBody(security_group=option)
    made = h.old.neutron_create_security_group(W.NeutronCreateSecurityGroupRequest(body=body)).security_group
    assert (made.name, made.tenant_id) == ("n", h.project)
    option = W.NeutronUpdateSecurityGroupOption(name="m")
    body = W.NeutronUpdateSecurityGroupRequestBody(security_group=option)
    request = W.NeutronUpdateSecurityGroupRequest(security_group_id=made.id, body=body)
    assert h.old.neutron_update_security_group(request).security_group.name == "m"
    page = h.old.neutron_list_security_groups(W.NeutronListSecurityGroupsRequest(limit=1))
    assert len(page.security_groups) == 1
    assert page.security_groups_links[0].rel == "next"

    def create(**fields):
        option = W.NeutronCreateSecurityGroupRuleOption(security_group_id=made.id, **fields)
        body = W.NeutronCreateSecurityGroupRuleRequestBody(security_group_rule=option)
        request = W.NeutronCreateSecurityGroupRuleRequest(body=body)
        return h.old.neutron_create_security_group_rule(request).security_group_rule

    fields = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    rule = create(**fields)
    status, text = old_error(lambda: create(**fields))
    assert status == 409
    assert rule.id in text
    listed = h.old.neutron_list_security_group_rules(
        W.NeutronListSecurityGroupRulesRequest(security_group_id=made.id, protocol="tcp")
    )
    assert [item.id for item in listed.security_group_rules] == [rule.id]
    delete = W.NeutronDeleteSecurityGroupRuleRequest(security_group_rule_id=rule.id)
    h.old.neutron_delete_security_group_rule(delete)
    assert old_error(h.old.neutron_delete_security_group_rule, delete)[0] == 404
    h.old.neutron_delete_security_group(W.NeutronDeleteSecurityGroupRequest(security_group_id=made.id))


def test_tags(old):
    h, W = old, old.W
    tag = W.ResourceTag(key="k", value="v")
    body = W.CreateSecurityGroupTagRequestBody(tag=tag)
    h.old.create_security_group_tag(W.CreateSecurityGroupTagRequest(security_group_id=h.group, body=body))
    more = [W.ResourceTag(key="k", value="w"), W.ResourceTag(key="l", value="x")]
    body = W.BatchCreateSecurityGroupTagsRequestBody(action="create", tags=more)
    h.old.batch_create_security_group_tags(W.BatchCreateSecurityGroupTagsRequest(security_group_id=h.group, body=body))
    show = W.ShowSecurityGroupTagsRequest(security_group_id=h.group)
    assert [(item.key, item.value) for item in h.old.show_security_group_tags(show).tags] == [("k", "w"), ("l", "x")]
    assert [item.key for item in h.old.list_security_group_tags(W.ListSecurityGroupTagsRequest()).tags] == ["k", "l"]
    delete = W.DeleteSecurityGroupTagRequest(security_group_id=h.group, key="k")
    h.old.delete_security_group_tag(delete)
    assert old_error(h.old.delete_security_group_tag, delete)[0] == 404
    assert [item.key for item in h.old.show_security_group_tags(show).tags] == ["l"]
    assert not h.served.emulator.unknown


def test_neutron_refusals_have_neutrons_form(old):
    from reconciler.emulator.http import make_request
    from reconciler.emulator.options import Options

    emulator = old.served.emulator
    emulator.options = Options()
    for path, kind in (
        ("/v2.0/security-groups/x", "SecurityGroupNotFound"),
        ("/v2.0/security-group-rules/x", "SecurityGroupRuleNotFound"),
    ):
        reply = emulator.handle(make_request("GET", path))
        assert reply.json()["NeutronError"]["type"] == kind
    reply = emulator.handle(make_request("GET", f"/v1/{old.project}/security-groups/x"))
    assert set(reply.json()) == {"code", "message"}

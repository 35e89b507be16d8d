"""Security groups and their rules through Huawei's own SDK, signatures checked."""

from reconciler.emulator.options import HuaweiOptions, Options


def create_group(h, name="web", **fields):
    option = h.V.CreateSecurityGroupOption(name=name, **fields)
    body = h.V.CreateSecurityGroupRequestBody(security_group=option)
    return h.vpc.create_security_group(h.V.CreateSecurityGroupRequest(body=body)).security_group


def create_rule(h, group, **fields):
    option = h.V.CreateSecurityGroupRuleOption(security_group_id=group, **{"direction": "ingress", **fields})
    body = h.V.CreateSecurityGroupRuleRequestBody(security_group_rule=option)
    return h.vpc.create_security_group_rule(h.V.CreateSecurityGroupRuleRequest(body=body)).security_group_rule


def list_rules(h, **filters):
    return h.vpc.list_security_group_rules(h.V.ListSecurityGroupRulesRequest(**filters)).security_group_rules


def test_groups_live_a_whole_life(huawei):
    h = huawei()
    made = create_group(h, description="d", tags=[h.V.ResourceTag(key="k", value="v")])
    assert (made.name, made.description, made.enterprise_project_id) == ("web", "d", "0")
    assert [(r.direction, r.ethertype, r.priority) for r in made.security_group_rules] == [
        ("ingress", "IPv4", 100),
        ("ingress", "IPv6", 100),
        ("egress", "IPv4", 100),
        ("egress", "IPv6", 100),
    ]
    assert made.security_group_rules[0].remote_group_id == made.id
    other = create_group(h, "db")
    listed = h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest(name=["db"])).security_groups
    assert [item.id for item in listed] == [other.id]
    assert len(h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest(id=[made.id, other.id])).security_groups) == 2
    body = h.V.UpdateSecurityGroupRequestBody(security_group=h.V.UpdateSecurityGroupOption(name="www", description=""))
    changed = h.vpc.update_security_group(h.V.UpdateSecurityGroupRequest(security_group_id=made.id, body=body))
    assert (changed.security_group.name, changed.security_group.description) == ("www", "")
    assert len(changed.security_group.security_group_rules) == 4
    rule = create_rule(h, other.id, remote_group_id=made.id)
    delete = h.V.DeleteSecurityGroupRequest(security_group_id=made.id)
    assert h.refusal(h.vpc.delete_security_group, delete) == (409, "VPC.9902")
    h.vpc.delete_security_group_rule(h.V.DeleteSecurityGroupRuleRequest(security_group_rule_id=rule.id))
    h.vpc.delete_security_group(delete)
    show = h.V.ShowSecurityGroupRequest(security_group_id=made.id)
    assert h.refusal(h.vpc.show_security_group, show) == (404, "VPC.9904")
    assert list_rules(h, security_group_id=[made.id]) == []


def test_groups_are_paged(huawei):
    h = huawei()
    ids = [create_group(h, f"g{number}").id for number in range(5)]
    seen, marker = [], None
    while True:
        answer = h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest(limit=2, marker=marker))
        seen += [item.id for item in answer.security_groups]
        marker = answer.page_info.next_marker
        if not marker:
            break
    assert seen == ids


def test_a_dry_run_creates_nothing(huawei):
    h = huawei()
    body = h.V.CreateSecurityGroupRequestBody(dry_run=True, security_group=h.V.CreateSecurityGroupOption(name="a"))
    answer = h.vpc.create_security_group(h.V.CreateSecurityGroupRequest(body=body))
    assert answer.status_code == 202
    assert h.vpc.list_security_groups(h.V.ListSecurityGroupsRequest()).security_groups == []
    bad = h.V.CreateSecurityGroupRequestBody(dry_run=True, security_group=h.V.CreateSecurityGroupOption(name="a b"))
    assert h.refusal(h.vpc.create_security_group, h.V.CreateSecurityGroupRequest(body=bad)) == (400, "VPC.9901")


def test_rules_live_a_whole_life(huawei):
    h = huawei()
    group = create_group(h).id
    for rule in list_rules(h):
        h.vpc.delete_security_group_rule(h.V.DeleteSecurityGroupRuleRequest(security_group_rule_id=rule.id))
    a = create_rule(h, group, protocol="tcp", multiport="443", remote_ip_prefix="10.0.0.1", priority=1, description="x")
    assert (a.remote_ip_prefix, a.ethertype, a.action, a.enabled) == ("10.0.0.1/32", "IPv4", "allow", True)
    b = create_rule(h, group, ethertype="ipv6", protocol="icmpv6", action="deny", priority=2)
    c = create_rule(h, group, direction="egress", remote_group_id=group, priority=3)
    assert create_rule(h, group, direction="egress").priority == 100
    shown = h.vpc.show_security_group_rule(h.V.ShowSecurityGroupRuleRequest(security_group_rule_id=b.id))
    assert (shown.security_group_rule.ethertype, shown.security_group_rule.protocol) == ("IPv6", "icmpv6")

    def ids(**filters):
        return [item.id for item in list_rules(h, **filters)]

    assert ids(protocol=["tcp", "icmpv6"]) == [a.id, b.id]
    assert ids(direction="egress", priority=[3]) == [c.id]
    assert ids(ethertype=["ipv6"]) == [b.id]
    assert ids(action="deny") == [b.id]
    assert ids(remote_group_id=[group]) == [c.id]
    assert ids(remote_ip_prefix="10.0.0.1/32") == [a.id]
    assert ids(description=["x"]) == [a.id]
    assert ids(id=[a.id, c.id], enabled=True) == [a.id, c.id]
    assert len(ids(security_group_id=[group], limit=2)) == 2
    h.vpc.delete_security_group_rule(h.V.DeleteSecurityGroupRuleRequest(security_group_rule_id=a.id))
    show = h.V.ShowSecurityGroupRuleRequest(security_group_rule_id=a.id)
    assert h.refusal(h.vpc.show_security_group_rule, show) == (404, "VPC.9904")


def test_a_batch_is_atomic_unless_duplicates_are_ignored(huawei):
    h = huawei()
    group = create_group(h).id

    def batch(*rules, **fields):
        options = [h.V.BatchCreateSecurityGroupRulesOption(direction="ingress", **rule) for rule in rules]
        body = h.V.BatchCreateSecurityGroupRulesRequestBody(security_group_rules=options, **fields)
        request = h.V.BatchCreateSecurityGroupRulesRequest(security_group_id=group, body=body)
        return h.vpc.batch_create_security_group_rules(request).security_group_rules

    made = batch({"protocol": "tcp", "multiport": "80"}, {"protocol": "tcp", "multiport": "81"})
    assert [item.priority for item in made] == [1, 1]
    twice = ({"protocol": "tcp", "multiport": "82"}, {"protocol": "tcp", "multiport": "80"})
    assert h.refusal(lambda: batch(*twice)) == (409, "VPC.9902")
    assert len(list_rules(h, protocol=["tcp"])) == 2
    assert [item.multiport for item in batch(*twice, ignore_duplicate=True)] == ["82"]


def test_quotas_are_read_and_hold(huawei):
    keys = {"AKEXAMPLE0000000001": "SKexampleSKexampleSKexampleSKexample0001"}
    limits = HuaweiOptions(vpc_quotas={"security_group": 2, "secgroup_contain_rules": 5})
    h = huawei(options=Options(verify_signatures=True, credentials=keys, huawei=limits))
    group = create_group(h).id
    quota = h.vpc.show_quota(h.V.ShowQuotaRequest()).quota
    assert (quota.security_group, quota.secgroup_contain_rules) == (2, 5)
    create_rule(h, group, protocol="udp")
    assert h.refusal(lambda: create_rule(h, group, protocol="tcp")) == (409, "VPC.9905")
    create_group(h, "b")
    assert h.refusal(lambda: create_group(h, "c")) == (409, "VPC.9905")

"""Load balancers, listeners, pools, policies and rules through Huawei's own SDK, signatures checked."""

import pytest

from reconciler.emulator.options import HuaweiOptions, Options


def options(**switches):
    keys = {"AKEXAMPLE0000000001": "SKexampleSKexampleSKexampleSKexample0001"}
    return Options(verify_signatures=True, credentials=keys, huawei=HuaweiOptions(**switches))


def create_loadbalancer(h, name="lb", **fields):
    option = h.E.CreateLoadBalancerOption(
        name=name, availability_zone_list=["az1"], vip_subnet_cidr_id="subnet", **fields
    )
    body = h.E.CreateLoadBalancerRequestBody(loadbalancer=option)
    return h.elb.create_load_balancer(h.E.CreateLoadBalancerRequest(body=body)).loadbalancer


def create_listener(h, loadbalancer, name="web", protocol="HTTP", port=80, **fields):
    option = h.E.CreateListenerOption(
        loadbalancer_id=loadbalancer, name=name, protocol=protocol, protocol_port=port, **fields
    )
    return h.elb.create_listener(
        h.E.CreateListenerRequest(body=h.E.CreateListenerRequestBody(listener=option))
    ).listener


def create_pool(h, loadbalancer, name="pool", **fields):
    option = h.E.CreatePoolOption(
        name=name, protocol="HTTP", lb_algorithm="ROUND_ROBIN", loadbalancer_id=loadbalancer, **fields
    )
    return h.elb.create_pool(h.E.CreatePoolRequest(body=h.E.CreatePoolRequestBody(pool=option))).pool


def create_policy(h, listener, **fields):
    option = h.E.CreateL7PolicyOption(listener_id=listener, **fields)
    body = h.E.CreateL7PolicyRequestBody(l7policy=option)
    return h.elb.create_l7_policy(h.E.CreateL7PolicyRequest(body=body)).l7policy


def update_policy(h, id, **fields):
    body = h.E.UpdateL7PolicyRequestBody(l7policy=h.E.UpdateL7PolicyOption(**fields))
    return h.elb.update_l7_policy(h.E.UpdateL7PolicyRequest(l7policy_id=id, body=body)).l7policy


def show_policy(h, id):
    return h.elb.show_l7_policy(h.E.ShowL7PolicyRequest(l7policy_id=id)).l7policy


def create_rule(h, policy, **fields):
    body = h.E.CreateL7RuleRequestBody(rule=h.E.CreateRuleOption(**fields))
    return h.elb.create_l7_rule(h.E.CreateL7RuleRequest(l7policy_id=policy, body=body)).rule


@pytest.fixture
def cloud(huawei):
    """A load balancer with an advanced HTTP listener, an HTTPS listener and two pools, all made by the SDK."""
    h = huawei()
    h.lb = create_loadbalancer(h).id
    h.web = create_listener(h, h.lb, enhance_l7policy_enable=True).id
    h.tls = create_listener(h, h.lb, "tls", "HTTPS", 443, default_tls_container_ref="cert").id
    h.blue, h.green = create_pool(h, h.lb, "blue").id, create_pool(h, h.lb, "green").id
    return h


def test_load_balancers_live_a_whole_life(huawei):
    h = huawei()
    made = create_loadbalancer(h, "one", description="d", tags=[h.E.Tag(key="k", value="v")])
    other = create_loadbalancer(h, "two")
    assert (made.name, made.provisioning_status, made.operating_status, made.guaranteed) == (
        "one",
        "ACTIVE",
        "ONLINE",
        True,
    )
    assert made.vip_address
    assert made.listeners == made.pools == []
    listed = h.elb.list_load_balancers(h.E.ListLoadBalancersRequest(name=["two"])).loadbalancers
    assert [item.id for item in listed] == [other.id]
    body = h.E.UpdateLoadBalancerRequestBody(loadbalancer=h.E.UpdateLoadBalancerOption(name="uno", description=""))
    changed = h.elb.update_load_balancer(h.E.UpdateLoadBalancerRequest(loadbalancer_id=made.id, body=body)).loadbalancer
    assert (changed.name, changed.description) == ("uno", "")
    create_listener(h, made.id)
    delete = h.E.DeleteLoadBalancerRequest(loadbalancer_id=made.id)
    assert h.refusal(h.elb.delete_load_balancer, delete) == (409, "ELB.8907")
    h.elb.delete_load_balancer_force(h.E.DeleteLoadBalancerForceRequest(loadbalancer_id=made.id))
    show = h.E.ShowLoadBalancerRequest(loadbalancer_id=made.id)
    assert h.refusal(h.elb.show_load_balancer, show) == (404, "ELB.8904")
    assert h.elb.list_listeners(h.E.ListListenersRequest()).listeners == []


def test_a_shared_load_balancer_cannot_be_created(huawei):
    h = huawei()
    option = h.E.CreateLoadBalancerOption(availability_zone_list=["a"], vpc_id="v", guaranteed=False)
    request = h.E.CreateLoadBalancerRequest(body=h.E.CreateLoadBalancerRequestBody(loadbalancer=option))
    assert h.refusal(h.elb.create_load_balancer, request) == (400, "ELB.8902")


def test_listeners_live_a_whole_life(cloud):
    h = cloud
    shown = h.elb.show_listener(h.E.ShowListenerRequest(listener_id=h.web)).listener
    assert (shown.protocol, shown.protocol_port, shown.enhance_l7policy_enable) == ("HTTP", 80, True)
    assert [item.id for item in shown.loadbalancers] == [h.lb]
    assert shown.insert_headers.x_forwarded_host is True
    assert h.elb.list_listeners(h.E.ListListenersRequest(protocol=["HTTPS"])).listeners[0].id == h.tls
    assert len(h.elb.list_listeners(h.E.ListListenersRequest(loadbalancer_id=[h.lb])).listeners) == 2
    assert len(h.elb.list_listeners(h.E.ListListenersRequest(enhance_l7policy_enable=False)).listeners) == 1
    assert len(h.elb.list_listeners(h.E.ListListenersRequest(protocol_port=["443", "80"])).listeners) == 2

    def update(**fields):
        body = h.E.UpdateListenerRequestBody(listener=h.E.UpdateListenerOption(**fields))
        return h.elb.update_listener(h.E.UpdateListenerRequest(listener_id=h.web, body=body)).listener

    changed = update(name="n", description="d", default_pool_id=h.blue, member_timeout=100)
    assert (changed.name, changed.default_pool_id, changed.member_timeout) == ("n", h.blue, 100)
    assert h.refusal(lambda: update(enhance_l7policy_enable=False)) == (400, "ELB.8902")
    assert h.refusal(lambda: create_listener(h, h.lb, port=80)) == (409, "ELB.8907")
    assert h.refusal(lambda: create_listener(h, h.lb, protocol="HTTPS", port=444)) == (400, "ELB.8902")
    assert h.refusal(lambda: create_listener(h, "nowhere", port=81)) == (404, "ELB.8904")
    create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.green)
    delete = h.E.DeleteListenerRequest(listener_id=h.web)
    assert h.refusal(h.elb.delete_listener, delete) == (409, "ELB.8907")
    h.elb.delete_listener_force(h.E.DeleteListenerForceRequest(listener_id=h.web))
    assert h.elb.list_l7_policies(h.E.ListL7PoliciesRequest()).l7policies == []
    body = h.E.BatchDeleteListenersRequestBody(listener_ids=[h.tls])
    assert h.elb.batch_delete_listeners(h.E.BatchDeleteListenersRequest(body=body)).listener_ids == [h.tls]
    assert h.elb.show_load_balancer(h.E.ShowLoadBalancerRequest(loadbalancer_id=h.lb)).loadbalancer.listeners == []


def test_pools_live_a_whole_life(cloud):
    h = cloud
    shown = h.elb.show_pool(h.E.ShowPoolRequest(pool_id=h.blue)).pool
    assert (shown.name, shown.protocol, shown.lb_algorithm, shown.members) == ("blue", "HTTP", "ROUND_ROBIN", [])
    assert [item.id for item in h.elb.list_pools(h.E.ListPoolsRequest(name=["green", "red"])).pools] == [h.green]
    assert len(h.elb.list_pools(h.E.ListPoolsRequest(loadbalancer_id=[h.lb])).pools) == 2
    body = h.E.UpdatePoolRequestBody(pool=h.E.UpdatePoolOption(name="azure", lb_algorithm="LEAST_CONNECTIONS"))
    changed = h.elb.update_pool(h.E.UpdatePoolRequest(pool_id=h.blue, body=body)).pool
    assert (changed.name, changed.lb_algorithm) == ("azure", "LEAST_CONNECTIONS")
    policy = create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue)
    assert h.elb.list_pools(h.E.ListPoolsRequest(listener_id=[h.web])).pools[0].id == h.blue
    delete = h.E.DeletePoolRequest(pool_id=h.blue)
    assert h.refusal(h.elb.delete_pool, delete) == (409, "ELB.8907")
    h.elb.delete_l7_policy(h.E.DeleteL7PolicyRequest(l7policy_id=policy.id))
    h.elb.delete_pool(delete)
    assert h.refusal(h.elb.show_pool, h.E.ShowPoolRequest(pool_id=h.blue)) == (404, "ELB.8904")
    body = h.E.BatchDeletePoolsRequestBody(pools=[h.green, "gone"])
    results = h.elb.batch_delete_pools(h.E.BatchDeletePoolsRequest(body=body)).pools
    assert [item.ret_status for item in results] == ["successful", "not found"]


def test_every_action_reads_back_as_it_was_created(cloud):
    h = cloud
    pools = [
        h.E.CreateRedirectPoolsConfig(pool_id=h.blue, weight="10"),
        h.E.CreateRedirectPoolsConfig(pool_id=h.green),
    ]
    made = create_policy(
        h,
        h.web,
        action="REDIRECT_TO_POOL",
        redirect_pools_config=pools,
        redirect_pools_sticky_session_config=h.E.CreateRedirectPoolsStickySessionConfig(enable=True, timeout=5),
        redirect_pools_extend_config=h.E.CreateRedirectPoolsExtendConfig(
            rewrite_url_enable=True, rewrite_url_config=h.E.CreateRewriteUrlConfig(host="a.b", path="/x")
        ),
    )
    shown = show_policy(h, made.id)
    assert [(item.pool_id, item.weight) for item in shown.redirect_pools_config] == [(h.blue, 10), (h.green, 1)]
    assert shown.redirect_pools_sticky_session_config.timeout == 5
    assert shown.redirect_pools_extend_config.rewrite_url_config.query == "${query}"
    url = create_policy(
        h,
        h.web,
        action="REDIRECT_TO_URL",
        redirect_url_config=h.E.CreateRedirectUrlConfig(
            protocol="HTTPS",
            status_code="301",
            insert_headers_config=h.E.CreateInsertHeadersConfig(
                configs=[h.E.CreateInsertHeaderConfig(key="X-A", value_type="USER_DEFINED", value="b")]
            ),
        ),
    )
    config = show_policy(h, url.id).redirect_url_config
    assert (config.protocol, config.host, config.port, config.path) == ("HTTPS", "${host}", "${port}", "${path}")
    assert config.insert_headers_config.configs[0].value == "b"
    fixed = create_policy(
        h,
        h.web,
        action="FIXED_RESPONSE",
        fixed_response_config=h.E.CreateFixtedResponseConfig(status_code="503", message_body="later"),
    )
    config = show_policy(h, fixed.id).fixed_response_config
    assert (config.status_code, config.content_type, config.message_body) == ("503", "text/plain", "later")
    redirect = create_policy(h, h.web, action="REDIRECT_TO_LISTENER", redirect_listener_id=h.tls)
    assert show_policy(h, redirect.id).redirect_listener_id == h.tls
    assert [show_policy(h, item.id).priority for item in (made, url, fixed, redirect)] == [1, 2, 3, 0]


def test_policies_are_listed_by_every_filter(cloud):
    h = cloud
    a = create_policy(
        h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue, name="a", description="x", priority=5
    )
    b = create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.green, name="b", priority=7)
    c = create_policy(h, h.web, action="REDIRECT_TO_LISTENER", redirect_listener_id=h.tls, name="c")

    def names(**filters):
        return [item.name for item in h.elb.list_l7_policies(h.E.ListL7PoliciesRequest(**filters)).l7policies]

    assert names() == ["a", "b", "c"]
    assert names(id=[a.id, c.id]) == ["a", "c"]
    assert names(name=["b", "nope"]) == ["b"]
    assert names(description=["x"]) == ["a"]
    assert names(admin_state_up=True) == ["a", "b", "c"]
    assert names(admin_state_up=False) == []
    assert names(listener_id=[h.web, h.tls]) == ["a", "b", "c"]
    assert names(action=["REDIRECT_TO_LISTENER"]) == ["c"]
    assert names(redirect_pool_id=[h.green]) == ["b"]
    assert names(redirect_listener_id=[h.tls]) == ["c"]
    assert names(priority=[5, 7]) == ["a", "b"]
    assert names(provisioning_status=["ACTIVE"]) == ["a", "b", "c"]
    assert names(provisioning_status=["ERROR"]) == []
    assert names(enterprise_project_id=["0"]) == ["a", "b", "c"]
    assert names(name=["a", "b"], priority=[7]) == ["b"]
    assert b.id


def test_pages_go_forwards_and_backwards(cloud):
    h = cloud
    ids = [
        create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue, name=str(number)).id
        for number in range(5)
    ]

    def page(**query):
        answer = h.elb.list_l7_policies(h.E.ListL7PoliciesRequest(**query))
        return [item.id for item in answer.l7policies], answer.page_info

    seen, marker = [], None
    while True:
        got, info = page(limit=2, marker=marker)
        assert info.current_count == len(got)
        assert info.previous_marker == got[0]
        seen += got
        marker = info.next_marker
        if not marker:
            break
    assert seen == ids
    got, info = page(limit=2, marker=ids[3], page_reverse=True)
    assert got == ids[1:3]
    assert info.next_marker == ids[2]
    assert page(limit=2, marker=info.previous_marker, page_reverse=True)[0] == ids[:1]
    for query in ({"limit": 2001}, {"limit": 2, "marker": "nowhere"}, {"marker": ids[0]}):
        request = h.E.ListL7PoliciesRequest(**query)
        assert h.refusal(h.elb.list_l7_policies, request) == (400, "ELB.8902")


def test_an_update_changes_what_is_sent_and_nothing_else(cloud):
    h = cloud
    made = create_policy(
        h,
        h.web,
        action="REDIRECT_TO_POOL",
        redirect_pool_id=h.blue,
        name="n",
        description="d",
        priority=9,
        rules=[h.E.CreateL7PolicyRuleOption(type="PATH", compare_type="EQUAL_TO", value="/a")],
    )
    update_policy(h, made.id, description="")
    shown = show_policy(h, made.id)
    assert (shown.name, shown.description, shown.priority, shown.redirect_pool_id) == ("n", "", 9, h.blue)
    assert [item.id for item in shown.rules] == [item.id for item in made.rules]
    update_policy(h, made.id, redirect_pool_id=h.green, priority=3, name="m")
    shown = show_policy(h, made.id)
    assert (shown.name, shown.priority, shown.redirect_pool_id) == ("m", 3, h.green)
    assert [item.pool_id for item in shown.redirect_pools_config] == [h.green]
    rules = [
        h.E.CreateRuleOption(type="PATH", compare_type="EQUAL_TO", value="/a"),
        h.E.CreateRuleOption(type="HOST_NAME", compare_type="EQUAL_TO", value="*.example.com"),
    ]
    changed = update_policy(h, made.id, rules=rules)
    assert len(changed.rules) == 2
    assert made.rules[0].id not in [item.id for item in changed.rules]


def test_rules_live_a_whole_life(cloud):
    h = cloud
    policy = create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue).id
    path = create_rule(h, policy, type="PATH", compare_type="STARTS_WITH", value="/a")
    assert (path.key, path.invert, path.conditions, path.provisioning_status) == (None, False, [], "ACTIVE")
    conditions = [h.E.CreateRuleCondition(key="", value="GET"), h.E.CreateRuleCondition(key="", value="PUT")]
    method = create_rule(h, policy, type="METHOD", compare_type="EQUAL_TO", value="", conditions=conditions)
    query = create_rule(
        h,
        policy,
        type="QUERY_STRING",
        compare_type="EQUAL_TO",
        value="",
        conditions=[h.E.CreateRuleCondition(key="q", value="1*")],
    )

    def ids(**filters):
        answer = h.elb.list_l7_rules(h.E.ListL7RulesRequest(l7policy_id=policy, **filters))
        return [item.id for item in answer.rules]

    assert ids() == [path.id, method.id, query.id]
    assert ids(type=["METHOD", "QUERY_STRING"]) == [method.id, query.id]
    assert ids(value=["/a"]) == [path.id]
    assert ids(compare_type=["STARTS_WITH"]) == [path.id]
    assert ids(id=[query.id]) == [query.id]
    assert ids(invert=False, admin_state_up=True, provisioning_status=["ACTIVE"]) == ids()
    assert ids(limit=2) == [path.id, method.id]
    assert ids(limit=2, marker=method.id) == [query.id]
    body = h.E.UpdateL7RuleRequestBody(rule=h.E.UpdateL7RuleOption(value="/b", compare_type="EQUAL_TO"))
    changed = h.elb.update_l7_rule(h.E.UpdateL7RuleRequest(l7policy_id=policy, l7rule_id=path.id, body=body)).rule
    assert (changed.id, changed.value, changed.compare_type) == (path.id, "/b", "EQUAL_TO")
    assert [item.id for item in show_policy(h, policy).rules] == [path.id, method.id, query.id]
    h.elb.delete_l7_rule(h.E.DeleteL7RuleRequest(l7policy_id=policy, l7rule_id=path.id))
    show = h.E.ShowL7RuleRequest(l7policy_id=policy, l7rule_id=path.id)
    assert h.refusal(h.elb.show_l7_rule, show) == (404, "ELB.8904")
    assert h.refusal(h.elb.list_l7_rules, h.E.ListL7RulesRequest(l7policy_id="x")) == (404, "ELB.8904")
    assert h.refusal(lambda: create_rule(h, policy, type="PATH", compare_type="EQUAL_TO", value="a")) == (
        400,
        "ELB.8902",
    )


def test_an_equal_match_set_is_accepted_and_in_error_for_good(cloud):
    h = cloud
    rules = [h.E.CreateL7PolicyRuleOption(type="PATH", compare_type="EQUAL_TO", value="/a")]
    first = create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue, rules=rules)
    second = create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue, rules=rules)
    assert (first.provisioning_status, second.provisioning_status) == ("ACTIVE", "ERROR")
    h.elb.delete_l7_policy(h.E.DeleteL7PolicyRequest(l7policy_id=first.id))
    assert show_policy(h, second.id).provisioning_status == "ERROR"


def test_quotas_and_their_use_can_be_read(huawei):
    h = huawei(options=options(elb_quotas={"l7policies_per_listener": 1, "l7policy": 7}))
    lb = create_loadbalancer(h).id
    web, pool = create_listener(h, lb).id, create_pool(h, lb).id
    create_policy(h, web, action="REDIRECT_TO_POOL", redirect_pool_id=pool)
    quota = h.elb.show_quota(h.E.ShowQuotaRequest()).quota
    assert (quota.l7policies_per_listener, quota.l7policy, quota.condition_per_policy) == (1, 7, 10)
    details = h.elb.list_quota_details(h.E.ListQuotaDetailsRequest(quota_key=["l7policy", "pool"])).quotas
    assert {item.quota_key: (item.quota_limit, item.used) for item in details} == {"l7policy": (7, 1), "pool": (500, 1)}
    more = {"action": "REDIRECT_TO_POOL", "redirect_pool_id": pool}
    assert h.refusal(lambda: create_policy(h, web, **more)) == (409, "ELB.8905")


def test_the_status_tree_shows_policies_and_rules(cloud):
    h = cloud
    rules = [h.E.CreateL7PolicyRuleOption(type="PATH", compare_type="EQUAL_TO", value="/a")]
    policy = create_policy(h, h.web, action="REDIRECT_TO_POOL", redirect_pool_id=h.blue, rules=rules)
    tree = h.elb.show_load_balancer_status(
        h.E.ShowLoadBalancerStatusRequest(loadbalancer_id=h.lb)
    ).statuses.loadbalancer
    listener = next(item for item in tree.listeners if item.id == h.web)
    assert [item.id for item in listener.l7policies] == [policy.id]
    assert listener.l7policies[0].rules[0].type == "PATH"


def test_lists_without_the_rules_route_answer_as_the_other_clouds_do(huawei):
    h = huawei(options=options(rules_listing=False))
    status, _ = h.refusal(h.elb.list_all_l7_rules, h.E.ListAllL7RulesRequest())
    assert status == 404

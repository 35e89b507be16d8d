"""Huawei on the emulator: what is read and with how many calls, what is sent, what refusals become."""

import asyncio
from contextlib import aclosing

import pytest
from unit.providers.worlds import ACCESS_KEY, KEY_ENV, PROJECT, SECRET_KEY

from reconciler.emulator.options import HuaweiOptions, Options
from reconciler.model.calls import Call, Denied, NotFound, QuotaExceeded, Refused, Unreachable
from reconciler.model.live import ScopeRef, Wanted

SEED = {
    "huawei": {
        PROJECT: {
            "loadbalancers": [{"name": "shop"}, {"name": "other"}],
            "listeners": [
                {"name": "web", "loadbalancer": "shop", "protocol": "HTTP", "protocol_port": 80,
                 "enhance_l7policy_enable": True},
                {"name": "tls", "loadbalancer": "shop", "protocol": "HTTPS", "protocol_port": 443},
                {"name": "far", "loadbalancer": "other", "protocol": "HTTP", "protocol_port": 80,
                 "enhance_l7policy_enable": True},
            ],
            "pools": [{"name": "blue", "loadbalancer": "shop"}, {"name": "far", "loadbalancer": "other"}],
            "l7policies": [
                {"name": "b", "listener": "web", "action": "REDIRECT_TO_POOL", "redirect_pool": "blue", "priority": 20,
                 "rules": [{"type": "PATH", "compare_type": "STARTS_WITH", "value": "/b"},
                           {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "b.example.com"}]},
                {"name": "a", "listener": "web", "action": "REDIRECT_TO_POOL", "redirect_pool": "blue", "priority": 10,
                 "rules": [{"type": "HEADER", "compare_type": "EQUAL_TO",
                            "conditions": [{"key": "X-Env", "value": "1"}, {"key": "X-Env", "value": "2"}]}]},
                {"name": "c", "listener": "far", "action": "REDIRECT_TO_POOL", "redirect_pool": "far", "priority": 1,
                 "rules": []},
            ],
            "security_groups": [
                {"name": "one", "security_group_rules": [
                    {"direction": "ingress", "protocol": "tcp", "multiport": "443", "priority": 1}]},
                {"name": "two", "security_group_rules": []},
            ],
        }
    }
}  # fmt: skip


def by_name(inventory, kind, name):
    return next(one for one in inventory.of(kind) if one.name == name)


async def read_all(provider, names=("web", "far"), groups=("one", "two")):
    terms = list(await provider.authenticate())
    wanted = Wanted({"listener": frozenset(names), "pool": frozenset(), "security_group": frozenset(groups)}, {})
    inventory = await provider.lookup(wanted)
    scopes = []
    for name in names:
        one = by_name(inventory, "listener", name)
        scopes.append(ScopeRef(f"listener/{name}", "listener", one.id, one.load_balancers[0]))
    for name in groups:
        scopes.append(ScopeRef(f"security_group/{name}", "security_group", by_name(inventory, "security_group", name).id))
    result = await provider.read(scopes)
    return scopes, result, [*terms, *inventory.reads, *result.reads]


def run(world, body, **fields):
    async def go():
        async with aclosing(world.open("huawei", **fields)) as provider:
            return await body(provider)

    return asyncio.run(go())


def names_and_rules(live):
    return [(p.policy.name, p.policy.number, [r.type for r in p.policy.rules]) for p in live.policies]


@pytest.mark.parametrize("display", [True, False])
@pytest.mark.parametrize("listing", [True, False])
def test_rules_are_read_whole_whatever_lists_the_cloud_has(world, display, listing):
    w = world(SEED, options=Options(huawei=HuaweiOptions(display_all_rules=display, rules_listing=listing)))
    _, result, terms = run(w, read_all)
    web, far, one, two = result.lives
    assert names_and_rules(web) == [("a", 10, ["HEADER"]), ("b", 20, ["HOST_NAME", "PATH"])]
    assert names_and_rules(far) == [("c", 1, [])]
    assert all(len(p.rule_ids) == len(p.policy.rules) for p in web.policies)
    assert [r.rule.multiport for r in one.security_rules] == ["443"]
    assert two.security_rules == ()
    assert result.failures == ()
    assert sum(term.calls for term in terms) == len(w.calls()) == len(w.calls("GET"))


def test_the_calls_of_a_read_are_one_a_kind_and_one_for_all_policies(world):
    w = world(SEED)
    _, _, terms = run(w, read_all)
    assert [(term.name, term.calls) for term in terms] == [
        ("load balancers", 1), ("listeners", 1), ("pools", 1), ("security groups", 1), ("policies", 1),
        ("security group rules", 1),
    ]  # fmt: skip


def test_rule_ids_belong_to_their_rules(world):
    w = world(SEED)

    async def body(provider):
        _, result, _ = await read_all(provider)
        (policy,) = [p for p in result.lives[0].policies if p.policy.name == "b"]
        rules = (await provider.client.get("elb", "l7policies", policy.id, "rules")).objects("rules")
        return policy, {raw["id"]: raw["type"] for raw in rules}

    policy, types = run(w, body)
    assert {rule_id: rule.type for rule, rule_id in policy.rules_with_ids} == types


def test_facts_come_from_what_lookup_read(world):
    _, result, _ = run(world(SEED), read_all)
    facts = result.lives[0].facts
    assert (facts.protocol, facts.port, facts.advanced_forwarding, facts.load_balancer_kind) == (
        "HTTP", 80, True, "dedicated",
    )  # fmt: skip
    assert sorted(one.name for one in facts.listeners.values()) == ["tls", "web"]
    assert [one.name for one in facts.pools.values()] == ["blue"]
    assert facts.settled


@pytest.mark.parametrize("marked", [True, False])
def test_small_pages_are_followed_to_their_end(world, marked):
    switches = HuaweiOptions(next_marker_on_last_page=marked)
    w = world(SEED, options=Options(page_cap=1, huawei=switches))
    _, result, terms = run(w, read_all)
    assert names_and_rules(result.lives[0]) == [("a", 10, ["HEADER"]), ("b", 20, ["HOST_NAME", "PATH"])]
    assert sum(term.calls for term in terms) == len(w.calls())


def test_a_list_without_page_info_is_one_page(world):
    w = world(SEED, options=Options(huawei=HuaweiOptions(page_info_when_unpaged=False)))
    _, result, _ = run(w, read_all)
    assert len(result.lives) == 4


def encode_create(provider, listener, **fields):
    after = {"name": "new", "action": "REDIRECT_TO_POOL", "priority": 30, "rules": [], **fields}
    return provider.encoder.encode("create", "l7policy", None, listener, None, after)


def test_a_policy_lives_a_whole_life(world):
    w = world(SEED)

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        pool = next(iter(result.lives[0].facts.pools))
        rule = {"type": "PATH", "compare_type": "STARTS_WITH", "value": "/new"}
        lane = provider.lane(scopes[0])
        call = encode_create(provider, scopes[0].id, redirect_pool_id=pool, rules=[rule])
        settled = await provider.settle(lane, call, await provider.send(call))
        assert (settled.status, settled.error) == ("ACTIVE", None)
        before = {"name": "new", "action": "REDIRECT_TO_POOL", "redirect_pool_id": pool, "rules": [rule], "priority": 30}
        after = {**before, "description": "d", "priority": 5}
        call = provider.encoder.encode("update", "l7policy", settled.object_id, scopes[0].id, before, after)
        assert call.body == {"l7policy": {"description": "d", "priority": 5}}
        await provider.settle(lane, call, await provider.send(call))
        assert (await provider.order(scopes[0].id))[0] == settled.object_id
        call = provider.encoder.encode("delete", "l7policy", settled.object_id, scopes[0].id, after, None)
        await provider.settle(lane, call, await provider.send(call))
        assert settled.object_id not in await provider.order(scopes[0].id)
        with pytest.raises(NotFound):
            await provider.send(call)

    run(w, body)


def test_an_equal_match_set_is_reported_as_an_error_of_the_policy(world):
    w = world(SEED)

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        old = result.lives[0].policies[1].policy
        pool = next(iter(result.lives[0].facts.pools))
        rules = [rule.to_json() for rule in old.rules]
        call = encode_create(provider, scopes[0].id, redirect_pool_id=pool, rules=rules)
        return await provider.settle(provider.lane(scopes[0]), call, await provider.send(call))

    settled = run(w, body)
    assert settled.status == "ERROR"
    assert "HW-R79" in settled.error


def test_a_pending_policy_is_waited_for(world):
    w = world(SEED, options=Options(huawei=HuaweiOptions(pending_seconds=7.0)))

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        pool = next(iter(result.lives[0].facts.pools))
        call = encode_create(provider, scopes[0].id, redirect_pool_id=pool)
        reply = await provider.send(call)
        started = w.clock.now()
        assert reply.provisioning_status == "PENDING_CREATE"
        settled = await provider.settle(provider.lane(scopes[0]), call, reply)
        assert settled.status == "ACTIVE"
        return w.clock.now() - started

    assert 7.0 <= run(w, body) <= 12.0


def test_a_rule_changes_by_one_call_and_keeps_its_id(world):
    w = world(SEED)

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        policy = result.lives[0].policies[1]
        rule, rule_id = policy.rules_with_ids[1]
        after = {**rule.to_json(), "value": "/c"}
        call = provider.encoder.encode("update", "l7rule", rule_id, policy.id, rule.to_json(), after)
        assert call.body == {"rule": {"value": "/c"}}
        reply = await provider.send(call)
        assert reply.object_id == rule_id
        await provider.settle(provider.lane(scopes[0]), call, reply)
        _, again, _ = await read_all(provider)
        return dict((i, r.value) for r, i in again.lives[0].policies[1].rules_with_ids)[rule_id]

    assert run(w, body) == "/c"


def test_a_duplicate_security_group_rule_names_the_one_that_exists(world):
    w = world(SEED)

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        (old,) = result.lives[2].security_rules
        call = provider.encoder.encode("create", "security_group_rule", None, scopes[2].id, None, old.rule.to_json())
        with pytest.raises(Refused) as refused:
            await provider.send(call)
        assert refused.value.existing_id == old.id
        call = provider.encoder.encode("delete", "security_group_rule", old.id, scopes[2].id, old.rule.to_json(), None)
        settled = await provider.settle(provider.lane(scopes[2]), call, await provider.send(call))
        assert settled.object_id == old.id
        _, again, _ = await read_all(provider)
        assert again.lives[2].security_rules == ()

    run(w, body)


def test_a_full_quota_is_told_as_a_quota(world):
    w = world(SEED, options=Options(huawei=HuaweiOptions(elb_quotas={"l7policies_per_listener": 2, "l7policy": 50})))

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        quotas = await provider.quotas(frozenset({"l7policy"}))
        assert quotas.limits["l7policies_per_listener"] == 2
        assert (quotas.limits["l7policy"], quotas.used["l7policy"]) == (50, 3)
        assert sum(term.calls for term in quotas.reads) == 1
        call = encode_create(provider, scopes[0].id, redirect_pool_id=next(iter(result.lives[0].facts.pools)))
        with pytest.raises(QuotaExceeded):
            await provider.send(call)

    run(w, body)


def test_the_project_is_looked_up_by_the_regions_name(world):
    seed = {"huawei": {PROJECT: {**SEED["huawei"][PROJECT], "project": {"name": "cn-north-4"}}}}
    w = world(seed)
    _, result, terms = run(w, read_all, spec={"region": "cn-north-4"})
    assert ("project", 1) in [(term.name, term.calls) for term in terms]
    assert len(result.lives) == 4
    assert sum(term.calls for term in terms) == len(w.calls())


def test_two_projects_of_the_same_name_are_never_guessed(world):
    w = world({"huawei": {"a" * 32: {"project": {"name": "x"}}}})
    with pytest.raises(Unreachable, match="set spec.project_id") as error:
        run(w, lambda provider: provider.authenticate(), spec={"region": "cn-north-4"})
    assert error.value.code == "AUTH-PROJECT"


SIGNED = Options(verify_signatures=True, credentials={ACCESS_KEY: SECRET_KEY})


def test_signatures_are_accepted(world):
    w = world(SEED, options=SIGNED)
    _, result, _ = run(w, read_all, environ=KEY_ENV, dummy_credentials=False)
    assert len(result.lives) == 4


def test_a_wrong_key_is_denied_in_words_without_the_key(world):
    w = world(SEED, options=SIGNED)
    environ = {**KEY_ENV, "HUAWEICLOUD_SDK_SK": "canary-secret-canary"}
    with pytest.raises(Denied) as denied:
        run(w, lambda provider: provider.lookup(Wanted({"listener": frozenset()}, {})), environ=environ)
    assert denied.value.status == 401
    assert "canary" not in str(denied.value)
    assert denied.value.request_id


def test_temporary_keys_send_their_token(world):
    options = Options(
        verify_signatures=True, credentials={ACCESS_KEY: SECRET_KEY}, security_tokens={ACCESS_KEY: "temporary-token"}
    )
    environ = {**KEY_ENV, "HUAWEICLOUD_SDK_SECURITY_TOKEN": "temporary-token"}
    _, result, _ = run(world(SEED, options=options), read_all, environ=environ)
    assert len(result.lives) == 4
    with pytest.raises(Denied):
        run(world(SEED, options=options), lambda p: p.lookup(Wanted({"listener": frozenset()}, {})), environ=KEY_ENV)


PASSWORD_ENV = {"HW_USER_NAME": "alice", "HW_USER_PASSWORD": "pa55word-canary", "HW_DOMAIN_NAME": "acct"}


def test_a_password_becomes_a_token_that_is_renewed_before_it_ends(world):
    options = Options(
        verify_signatures=True, users={"alice": "pa55word-canary"}, huawei=HuaweiOptions(token_lifetime=3600.0)
    )
    w = world(SEED, options=options)

    async def body(provider):
        _, _, terms = await read_all(provider)
        assert ("authentication", 1) in [(term.name, term.calls) for term in terms]
        assert sum(term.calls for term in terms) == len(w.calls())
        w.clock.time += 3500
        await provider.order("none")
        return len(w.calls("POST"))

    assert run(w, body, environ=PASSWORD_ENV, writable=False) == 2


def test_a_token_that_died_early_is_renewed_once_and_the_request_repeated(world):
    options = Options(verify_signatures=True, users={"alice": "pa55word-canary"})
    w = world(SEED, options=options)

    async def body(provider):
        await provider.authenticate()
        provider.client.auth.token = type(provider.client.auth.token)("stale", None, None)
        await provider.lookup(Wanted({"pool": frozenset()}, {}))
        return [(call.method, call.status) for call in w.calls()]

    assert run(w, body, environ=PASSWORD_ENV) == [("POST", 201), ("GET", 401), ("POST", 201), ("GET", 200)]


def test_a_login_needs_no_place_beside_the_request_that_waits_for_it(world):
    spec = {"region": "cn-north-4", "project_id": PROJECT, "limits": {"concurrency": 1}}
    w = world(SEED, options=Options(verify_signatures=True, users={"alice": "pa55word-canary"}))

    async def body(provider):
        return await asyncio.wait_for(provider.lookup(Wanted({"listener": frozenset()}, {})), 5)

    assert run(w, body, spec=spec, environ=PASSWORD_ENV).of("listener")


def test_a_call_with_a_placeholder_is_never_sent(world):
    w = world(SEED)

    async def body(provider):
        with pytest.raises(ValueError, match="another step"):
            await provider.send(Call("elb", "DELETE", ("v3", PROJECT, "elb", "l7policies", {"$from": {"step": "s1"}})))
        with pytest.raises(ValueError, match="not a call to"):
            await provider.send(Call("elb", "DELETE", ("v3", PROJECT, "elb", "loadbalancers", "x")))

    run(w, body)
    assert w.calls() == []


def test_a_missing_permission_is_named(world):
    w = world(SEED, faults=["PUT /v3/*/elb/l7policies/* status=403"])

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        policy = result.lives[0].policies[0]
        call = provider.encoder.encode("update", "l7policy", policy.id, scopes[0].id, {"name": "a", "action": "x"},
                                       {"name": "b", "action": "x"})  # fmt: skip
        with pytest.raises(Denied, match=r"missing permission: elb:l7policies:\w+"):
            await provider.send(call)

    run(w, body)


def test_a_scope_that_cannot_be_read_does_not_hide_the_others(world):
    w = world(SEED, faults=["GET /v3/*/elb/l7policies status=500"])
    _, result, _ = run(w, read_all)
    assert [failure.scope.address for failure in result.failures] == ["listener/web", "listener/far"]
    assert {failure.diagnostic.code for failure in result.failures} == {"CONN-FAILED"}
    assert [live.scope.kind for live in result.lives] == ["security_group", "security_group"]

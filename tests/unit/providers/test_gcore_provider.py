"""Gcore on the emulator: reads, tasks followed to their end, locks, and what refusals become."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest
from unit.providers.worlds import API_KEY

from reconciler.emulator.gcore.options import GcoreOptions as Front
from reconciler.emulator.options import Options
from reconciler.model.calls import Denied, Immutable, NotFound, OutcomeUnknown, QuotaExceeded, Refused
from reconciler.model.canonical import from_step
from reconciler.model.live import ScopeRef, Wanted
from reconciler.providers.answers import Words
from reconciler.providers.gcore.client import GcoreDialogue

SEED = {
    "gcore": {
        "1/1": {
            "loadbalancers": [{"name": "shop"}, {"name": "other"}],
            "listeners": [
                {"name": "web", "load_balancer": "shop", "protocol": "HTTP", "protocol_port": 80},
                {"name": "far", "load_balancer": "other", "protocol": "HTTP", "protocol_port": 80},
            ],
            "pools": [{"name": "blue", "load_balancer": "shop"}, {"name": "green", "load_balancer": "other"}],
            "l7policies": [
                {"name": "first", "listener": "web", "action": "REJECT", "position": 1,
                 "rules": [{"type": "PATH", "compare_type": "STARTS_WITH", "value": "/admin"},
                           {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Env", "value": "1", "invert": True}]},
                {"name": "second", "listener": "web", "redirect_pool": "blue", "position": 2, "rules": []},
                {"name": "elsewhere", "listener": "far", "redirect_pool": "green", "rules": [
                    {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x"}]},
            ],
            "securitygroups": [
                {"name": "one", "rules": [
                    {"direction": "ingress", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443},
                    {"direction": "ingress", "protocol": "tcp", "port_range_min": 10250, "port_range_max": 10250,
                     "description": "system"}]},
                {"name": "two", "rules": []},
            ],
        }
    }
}  # fmt: skip


def front(**switches):
    return Options(gcore=Front(**switches)) if _same() else Options(gcore=replace(Options().gcore, **switches))


def _same():
    return isinstance(Options().gcore, Front)


async def read_all(provider, names=("web",), groups=("one", "two")):
    wanted = {"listener": frozenset(names), "pool": frozenset(), "security_group": frozenset(groups)}
    inventory = await provider.lookup(Wanted(wanted, {}))
    scopes = []
    for kind, listed in (("listener", names), ("security_group", groups)):
        for name in listed:
            one = next(o for o in inventory.of(kind) if o.name == name)
            owner = one.load_balancers[0] if one.load_balancers else None
            scopes.append(ScopeRef(f"{kind}/{name}", kind, one.id, owner))
    result = await provider.read(scopes)
    return scopes, result, [*inventory.reads, *result.reads]


def run(world, body, **fields):
    async def go():
        async with aclosing(world.open("gcore", **fields)) as provider:
            return await body(provider)

    return asyncio.run(go())


def test_only_policies_of_ours_with_rules_are_asked_for_their_rules(world):
    w = world(SEED)
    _, result, terms = run(w, read_all)
    web, one, two = result.lives
    assert [(p.policy.name, p.policy.number, [r.type for r in p.policy.rules]) for p in web.policies] == [
        ("first", 1, ["HEADER", "PATH"]), ("second", 2, []),
    ]  # fmt: skip
    assert len([call for call in w.calls() if call.path.endswith("/rules")]) == 1
    assert sum(term.calls for term in terms) == len(w.calls())
    assert sorted((r.rule.ports, r.system) for r in one.security_rules) == [("10250", True), ("443", False)]
    assert two.security_rules == ()
    assert web.unknown_fields == {}


@pytest.mark.parametrize("shown", ["shown", "null"])
def test_a_listener_that_hides_its_load_balancer_is_found_through_load_balancers(world, shown):
    scopes, result, _ = run(world(SEED, options=front(listener_load_balancer_id=shown)), read_all)
    facts = result.lives[0].facts
    assert facts.load_balancer_id == scopes[0].load_balancer_id is not None
    assert (facts.load_balancer_status, facts.settled, facts.protocol) == ("ACTIVE", True, "HTTP")
    assert [pool.name for pool in facts.pools.values()] == ["blue"]


def test_small_pages_are_followed_to_their_end(world):
    w = world(SEED, options=Options(page_cap=1))
    _, result, terms = run(w, read_all)
    assert [len(p.policy.rules) for p in result.lives[0].policies] == [2, 0]
    assert sum(term.calls for term in terms) == len(w.calls())


def test_several_groups_are_read_by_one_list(world):
    w = world(SEED)
    run(w, read_all)
    assert len([call for call in w.calls() if "/securitygroups/" in call.path]) == 2  # lookup, and all rules


async def create(provider, lane, kind, parent, after):
    call = provider.encoder.encode("create", kind, None, parent, None, after)
    return await provider.settle(lane, call, await provider.send(call))


def test_a_policy_with_rules_lives_a_whole_life(world):
    w = world(SEED)

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        lane = provider.lane(scopes[0])
        policy = {"name": "new", "action": "REDIRECT_TO_URL", "redirect_url": "https://x.example/", "position": 1}
        made = await create(provider, lane, "l7policy", scopes[0].id, policy)
        assert (made.error, made.status) == (None, "ACTIVE")
        guard = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "reconciler-guard"}
        rule = await create(provider, lane, "l7rule", made.object_id, guard)
        after = {"type": "HEADER", "key": "X", "compare_type": "EQUAL_TO", "value": "1"}
        call = provider.encoder.encode("update", "l7rule", rule.object_id, made.object_id, guard, after)
        settled = await provider.settle(lane, call, await provider.send(call))
        assert settled.object_id == rule.object_id
        assert (await provider.order(scopes[0].id))[0] == made.object_id
        before = {k: v for k, v in policy.items() if k != "position"}
        call = provider.encoder.encode("move", "l7policy", made.object_id, scopes[0].id, before, {**before, "position": 3})
        await provider.settle(lane, call, await provider.send(call))
        assert (await provider.order(scopes[0].id))[2] == made.object_id
        _, again, _ = await read_all(provider)
        (live,) = [p for p in again.lives[0].policies if p.id == made.object_id]
        assert [(r.type, r.key) for r in live.policy.rules] == [("HEADER", "X")]
        call = provider.encoder.encode("delete", "l7policy", made.object_id, scopes[0].id, before, None)
        assert (await provider.settle(lane, call, await provider.send(call))).error is None
        with pytest.raises(NotFound):
            await provider.send(call)

    run(w, body)


def test_security_group_rules_are_written_through_v2(world):
    w = world(SEED)

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        lane = provider.lane(scopes[1])
        rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": "udp", "port_range_min": 53, "port_range_max": 53}
        made = await create(provider, lane, "security_group_rule", scopes[1].id, rule)
        _, again, _ = await read_all(provider)
        assert made.object_id in [r.id for r in again.lives[1].security_rules]
        call = provider.encoder.encode("delete", "security_group_rule", made.object_id, scopes[1].id, rule, None)
        await provider.settle(lane, call, await provider.send(call))
        assert {c.path.split("/")[2] for c in w.calls() if c.method in ("POST", "DELETE")} == {"v2"}

    run(w, body)


@pytest.mark.parametrize("how", ["conflict", "task_error"])
def test_a_duplicate_security_group_rule_is_told_in_both_forms(world, how):
    w = world(SEED, options=front(duplicate_security_rule=how))

    async def body(provider):
        scopes, result, _ = await read_all(provider)
        rule = next(r for r in result.lives[1].security_rules if not r.system).rule
        if how == "conflict":
            with pytest.raises(Refused):
                await create(provider, provider.lane(scopes[1]), "security_group_rule", scopes[1].id, rule.to_json())
            return "refused"
        return (
            await create(provider, provider.lane(scopes[1]), "security_group_rule", scopes[1].id, rule.to_json())
        ).error

    words = run(w, body)
    assert words == "refused" or "ended in ERROR" in words


def test_a_locked_load_balancer_is_immutable_and_the_lane_waits(world):
    w = world(SEED, faults=["POST /cloud/v1/l7policies/* hold=60s"])

    async def body(provider):
        scopes, _, _ = await read_all(provider)
        policy = {"name": "new", "action": "REJECT"}
        call = provider.encoder.encode("create", "l7policy", None, scopes[0].id, None, policy)
        started = w.clock.now()
        await provider.send(call)
        with pytest.raises(Immutable):
            await provider.send(call)
        _, result, _ = await read_all(provider)
        assert result.lives[0].facts.settled is False
        settled = await provider.settle(provider.lane(scopes[0]), None, None)
        assert (settled.error, settled.lane_error) == (None, None)
        return w.clock.now() - started

    assert 60 <= run(w, body) <= 75


def test_a_failed_task_is_reported_with_its_words(world):
    w = world(SEED, options=front(failing_tasks=frozenset({"create_l7policy"})))

    async def body(provider):
        scopes, _, _ = await read_all(provider)
        return await create(provider, provider.lane(scopes[0]), "l7policy", scopes[0].id, {"name": "new", "action": "REJECT"})

    assert "ended in ERROR" in run(w, body).error


def test_a_write_whose_answer_is_lost_is_unknown_and_sent_once(world):
    w = world(SEED, faults=["POST /cloud/v1/l7policies/* lose-answer"])

    async def body(provider):
        scopes, _, _ = await read_all(provider)
        call = provider.encoder.encode("create", "l7policy", None, scopes[0].id, None, {"name": "new", "action": "REJECT"})
        with pytest.raises(OutcomeUnknown):
            await provider.send(call)
        await provider.settle(provider.lane(scopes[0]), None, None)
        return await provider.order(scopes[0].id)

    assert len(run(w, body)) == 3
    assert len(w.calls("POST")) == 1


def test_the_key_is_checked_and_never_shown(world):
    options = Options(verify_signatures=True, api_keys=(API_KEY,))
    _, result, _ = run(world(SEED, options=options), read_all, environ={"GCORE_API_KEY": API_KEY})
    assert len(result.lives) == 3
    with pytest.raises(Denied, match="API key is wrong") as denied:
        run(world(SEED, options=options), read_all, environ={"GCORE_API_KEY": "999$canarycanarycanary"})
    assert "canary" not in str(denied.value)


def test_the_calls_of_a_plan_name_the_steps_they_depend_on(world):
    w = world(SEED)

    async def body(provider):
        rule = {"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x"}
        call = provider.encoder.encode("create", "l7rule", None, from_step("s1"), None, rule)
        effect = provider.decoder.effect(call)
        assert effect.parent_id == from_step("s1")
        with pytest.raises(ValueError, match="another step"):
            await provider.send(call)

    run(w, body)


@pytest.mark.parametrize(("method", "role"), [("GET", "Observer"), ("DELETE", "User")])
def test_a_403_names_the_role_that_is_missing(world, method, role):
    w = world(SEED, faults=[f"{method} /cloud/v1/l7policies/** status=403", f"{method} /cloud/v1/l7policies/* status=403"])

    async def body(provider):
        if method == "GET":
            await provider.order("x")
        call = provider.encoder.encode("delete", "l7policy", "x", "y", {}, None)
        await provider.send(call)

    with pytest.raises(Denied, match=f"project role {role} or more"):
        run(w, body)


def test_a_quota_that_is_full_is_told_as_a_quota():
    words = Words("no", "QuotaLimitExceed", None)
    assert GcoreDialogue().refusal(403, words, "POST", "/x")[0] is QuotaExceeded
    assert GcoreDialogue().refusal(403, Words("Forbidden"), "POST", "/x")[0] is Denied
    assert GcoreDialogue().refusal(409, Words("locked by task"), "POST", "/x")[0] is Immutable
    assert GcoreDialogue().refusal(409, Words("Rule already exists"), "POST", "/x")[0] is Refused

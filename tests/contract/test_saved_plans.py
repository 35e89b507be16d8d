"""Saved plans: bound to the live objects they read (P5), to their manifests, and to what the encoder makes of them."""

import copy

import pytest
from kit import PROJECT, ask, rule
from test_interruptions import content, errors
from test_migrations import A, B, C, D, P, spec

from reconciler.model.canonical import digest


def planned(world, flavour):
    """A plan that updates aaa, deletes bbb, creates ddd and keeps ccc; and the group's 22 -> 443."""
    w = world(spec(flavour, [A, B, C]), [flavour.rule(22), flavour.rule(80)])
    w.listener(spec(flavour, [P("aaa", "/a9"), C, D]))
    w.group([flavour.rule(80), flavour.rule(443)])
    result = w.plan()
    assert result.exit_code == 0
    return w, result.document


def test_a_saved_plan_does_what_it_says_and_no_more(world, flavour):
    w, plan = planned(world, flavour)
    result = w.apply(plan)
    assert (result.exit_code, errors(result)) == (0, [])
    assert sorted(m for m, _ in w.wire.sent) == sorted(s["call"]["method"] for s in plan["steps"])
    assert len(w.wire.sent) == len(plan["steps"])
    assert result.outcome["plan_digest"] == plan["digest"]
    again = w.apply(plan)
    assert again.exit_code == 0
    assert w.wire.sent == []
    assert {s["already"] for s in again.outcome["steps"]} == {True}


def policy_path(flavour, policy_id):
    if flavour.name == "huawei":
        return f"/v3/{PROJECT}/elb/l7policies/{policy_id}"
    if flavour.name == "openstack":
        return f"/load-balancer/v2/lbaas/l7policies/{policy_id}"
    return f"/cloud/v1/l7policies/1/1/{policy_id}"


def meddle(w, flavour, name, change):
    """Somebody else's hand on one policy."""
    (policy,) = [p for p in w.live() if p["name"] == name]
    path = policy_path(flavour, policy["id"])
    pool = flavour.id_of(w.emulator, "pool", "a" if name == "ccc" else "c")
    rules = flavour.rules_of(w.emulator, policy["id"])
    if change == "delete":
        ask(w.emulator, "DELETE", path)
    elif change == "pool" and flavour.name != "gcore":
        ask(w.emulator, "PUT", path, {"l7policy": {"redirect_pool_id": pool}})
    elif change == "pool":
        ask(w.emulator, "PATCH", path, {"action": "REDIRECT_TO_POOL", "redirect_pool_id": pool})
    elif change == "rule" and flavour.name != "gcore":
        ask(w.emulator, "PUT", f"{path}/rules/{rules[0]['id']}", {"rule": {"value": "/other"}})
    elif change == "rule":
        ask(w.emulator, "PUT", f"{path}/rules/{rules[0]['id']}", rule("/other"))
    elif change == "one more rule" and flavour.name != "gcore":
        more = {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "x.example.com"}
        ask(w.emulator, "POST", f"{path}/rules", {"rule": more})
    elif change == "one more rule":
        more = {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": "x.example.com"}
        ask(w.emulator, "POST", f"{path}/rules", more)
    w.clock._now += 60.0


@pytest.mark.parametrize("change", ["delete", "pool", "rule", "one more rule"])
@pytest.mark.parametrize("name", ["aaa", "bbb"])
def test_an_object_that_changed_since_the_plan_stops_its_scope_and_no_other(world, flavour, name, change):
    w, plan = planned(world, flavour)
    meddle(w, flavour, name, change)
    before = w.live()
    result = w.apply(plan)
    if (name, change) == ("bbb", "delete"):  # the plan deletes it: found done
        assert result.exit_code == 0
        return
    scope = {s["address"]: s for s in result.outcome["scopes"]}
    assert scope["listener/web"]["result"] == "changed"
    assert f"listener/web/policy/{name}" in [c["address"] for c in scope["listener/web"]["changed"]]
    assert scope["security_group/web"]["result"] == "done"
    assert result.exit_code == 5  # the group was written, the listener was not
    assert [p for _, p in w.wire.sent if "l7polic" in p] == []
    assert w.live() == before
    assert "APPLY-CHANGED" in {d.code for d in result.diagnostics}


def test_a_stale_plan_alone_is_refused(world, flavour):
    w = world(spec(flavour, [A, B, C]))
    w.listener(spec(flavour, [P("aaa", "/a9"), B, C]))
    plan = w.plan().document
    meddle(w, flavour, "aaa", "pool")
    result = w.apply(plan)
    assert (result.exit_code, w.wire.sent) == (4, [])


@pytest.mark.parametrize("change", ["delete", "pool", "rule"])
def test_a_change_of_a_policy_that_the_plan_does_not_write_does_not_matter(world, flavour, change):
    w = world(spec(flavour, [A, B, C, D]))
    w.listener(spec(flavour, [P("aaa", "/a9"), B, C]), unlisted="keep")
    plan = w.plan().document
    meddle(w, flavour, "ddd", change)
    result = w.apply(plan)
    assert (result.exit_code, errors(result)) == (0, [])


@pytest.mark.parametrize("change", ["delete", "pool", "rule"])
def test_an_object_that_the_plan_does_not_write_may_drift_the_plan_still_does_its_own_and_says_so(
    world, flavour, change
):
    w, plan = planned(world, flavour)
    meddle(w, flavour, "ccc", change)
    result = w.apply(plan)
    scope = {s["address"]: s["result"] for s in result.outcome["scopes"]}
    if change == "delete" and scope["listener/web"] == "changed":  # it was a neighbour of a place
        assert result.exit_code == 5
        return
    assert scope == {"listener/web": "done", "security_group/web": "done"}
    assert result.exit_code == 1
    assert result.outcome["verification"]["status"] == "not_empty"


def paths_of(value, path=()):
    """Every place of a JSON document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from paths_of(inner, (*path, n))
    else:
        yield path


def altered(plan, path):
    out = copy.deepcopy(plan)
    at = out
    for key in path[:-1]:
        at = at[key]
    old = at[path[-1]]
    at[path[-1]] = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old or ''}x"
    return out


def test_any_altered_field_sends_nothing(world, flavour):
    w, plan = planned(world, flavour)
    before = content(w)
    every = list(paths_of(plan))
    for path in every[:: max(1, len(every) // 120)]:
        result = w.apply(altered(plan, path))
        assert (result.exit_code, w.wire.sent) == (4, []), path
    assert content(w) == before


def forged(plan, path, value):
    """Altered, with a digest that fits again."""
    out = copy.deepcopy(plan)
    at = out
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    del out["digest"]
    return {**out, "digest": digest(out)}


def test_a_forged_plan_sends_nothing_although_its_digest_fits(world, flavour):
    w, plan = planned(world, flavour)
    before = content(w)
    ids = {p["name"]: p["id"] for p in w.live()}
    steps = plan["steps"]
    listener = [n for n, s in enumerate(steps) if s["scope"] == "listener/web"]
    n = next(n for n in listener if steps[n]["op"] == "delete" and steps[n]["kind"] == "l7policy")
    call = copy.deepcopy(steps[n]["call"])
    call["path"][-1] = ids["ccc"]
    forgeries = [
        (("steps", n, "object_id"), ids["ccc"]),
        (("steps", n, "call"), call),
        (("steps", n, "call", "method"), "POST"),
        (("steps", n, "call", "path"), ["v3", PROJECT, "elb", "listeners", "x"]),
        (("steps", n, "op"), "update"),
        (("steps", n, "scope"), "security_group/web"),
        (("steps", n, "preconditions"), []),
        (("steps", n, "preconditions", 0, "address"), "listener/web/policy/other"),
        (("steps", n, "parent_id"), "another"),
        (("steps", n, "role"), "clone"),
        (("steps", n, "changed"), []),
        (("steps", n, "needs"), []),
        (("steps", n, "lane"), "elsewhere:load_balancer:1"),
        (("steps",), list(reversed(steps))),
        (("steps",), steps[1:]),
        (("source", "manifest_digest"), "0" * 64),
        (("format_version",), 2),
        (("tool_version",), "9.0.0"),
        (("providers", 0, "project"), "another"),
        (("providers", 0, "endpoint"), "https://evil.example.com"),
        (("scopes", 0, "id"), "another"),
    ]  # fmt: skip
    for path, value in forgeries:
        result = w.apply(forged(plan, path, value))
        assert (result.exit_code, w.wire.sent) == (4, []), (path, value)
    assert content(w) == before


def test_a_forged_step_with_call_and_fingerprint_is_refused_because_it_leads_elsewhere(world, flavour):
    w, plan = planned(world, flavour)
    victim = spec(flavour, [A, C, D, P("aaa", "/a9")])
    w.listener([victim[3], *spec(flavour, [B]), victim[2]])  # a plan that deletes ccc, not bbb
    other = w.plan().document
    w.listener(spec(flavour, [P("aaa", "/a9"), C, D]))
    forged_plan = {**other, "source": plan["source"]}
    del forged_plan["digest"]
    result = w.apply({**forged_plan, "digest": digest(forged_plan)})
    assert (result.exit_code, w.wire.sent) == (4, [])
    assert "APPLY-OTHER-EFFECT" in {d.code for d in result.diagnostics}


def test_a_plan_that_calls_an_object_otherwise_than_the_cloud_does_is_refused(world, flavour):
    w, plan = planned(world, flavour)
    names = plan["names"]
    assert set(names.values()) <= {"a", "b", "c", "d", "e"}
    assert set(names) <= {o for s in plan["steps"] for o in _ids([s["before"], s["after"]])}
    one = next(iter(names))
    for told in ({**names, one: "harmless"}, {**names, "11111111-2222-4333-8444-555555555555": "harmless"}):
        document = {key: value for key, value in plan.items() if key != "digest"} | {"names": told}
        result = w.apply({**document, "digest": digest(document)})
        assert (result.exit_code, w.wire.sent) == (4, [])
        assert "APPLY-OTHER-NAME" in {d.code for d in result.diagnostics}
    document = {key: value for key, value in plan.items() if key not in ("digest", "names")}
    assert w.apply({**document, "digest": digest(document)}).exit_code == 0


def _ids(item):
    if isinstance(item, dict):
        return [text for value in item.values() for text in _ids(value)]
    if isinstance(item, list):
        return [text for value in item for text in _ids(value)]
    return [item] if isinstance(item, str) else []


def test_an_expected_digest_decides(world, flavour):
    w, plan = planned(world, flavour)
    assert w.apply(plan, expect_digest="0" * 64).exit_code == 4
    assert w.wire.sent == []
    assert w.apply(plan, expect_digest=plan["digest"]).exit_code == 0


def test_other_manifests_than_the_plans_are_refused(world, flavour):
    w, plan = planned(world, flavour)
    w.group([flavour.rule(80), flavour.rule(444)])
    result = w.apply(plan)
    assert (result.exit_code, w.wire.sent) == (4, [])
    assert result.diagnostics[0].code == "APPLY-OTHER-MANIFESTS"


def test_the_files_own_verdicts_are_never_believed(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener([])
    plan = w.plan().document
    assert plan["blocked"]
    result = w.apply(forged(plan, ("blocked",), []))
    assert (result.exit_code, w.wire.sent) == (4, [])


STRANGE = (None, True, 7, -1, "", "x", "../x", [], ["x"], [{}], {}, {"x": 1}, {"$from": {"step": "s99", "field": "id"}})


def test_no_forged_value_ends_in_an_unforeseen_failure(world, flavour):
    w, plan = planned(world, flavour)
    every = list(paths_of(plan))
    cases = [(path, value) for path in every for value in STRANGE]
    for path, value in cases[:: max(1, len(cases) // 250)]:
        result = w.apply(forged(plan, path, value), approve=lambda _: False)
        assert (result.exit_code, w.wire.sent) == (4, []), (path, value)
        assert errors(result), (path, value)

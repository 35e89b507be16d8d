"""State migrations on every provider: the fewest writes, the printed reads, the wanted state, and an empty second plan."""

import pytest
from kit import host, rule


def P(name, path, pool="a", **more):
    return ("policy", name, [rule(path)], {"pool": pool, **more})


def two(name, path, where, pool="a"):
    return ("policy", name, [rule(path), host(where)], {"pool": pool})


A, B, C, D, E = (P(n * 3, f"/{n}", p) for n, p in zip("abcde", "abcab", strict=True))

MIGRATIONS = {
    # name: (live, wanted, writes on huawei, writes on gcore)
    "nothing": ([A, B], [A, B], 0, 0),
    "nothing on an empty listener": ([], [], 0, 0),
    "first policy": ([], [A], 1, 2),
    "three new policies": ([], [A, B, C], 3, 6),
    "one with two rules": ([], [two("aaa", "/a", "h.example.com")], 1, 4),
    "one more at the top": ([A, B], [C, A, B], 1, 2),
    "one more in the middle": ([A, B], [A, C, B], 1, 2),
    "one more at the end": ([A, B], [A, B, C], 1, 2),
    "one less": ([A, B, C], [A, C], 1, 1),
    "another pool": ([A, B], [P("aaa", "/a", "c"), B], 1, 1),
    "another path": ([A, B], [P("aaa", "/a2"), B], 1, 1),
    "another compare type": ([A], [("policy", "aaa", [rule("/a", "EQUAL_TO")], {"pool": "a"})], 1, 1),
    "a rule more": ([A], [two("aaa", "/a", "h.example.com")], 1, 1),
    "a rule less": ([two("aaa", "/a", "h.example.com")], [A], 1, 1),
    "a swap of two": ([A, B], [B, A], 1, 1),
    "the last to the top": ([A, B, C, D], [D, A, B, C], 1, 1),
    "the first to the end": ([A, B, C, D], [B, C, D, A], 1, 1),
    "the order turned around": ([A, B, C], [C, B, A], 2, 2),
    "two moves": ([A, B, C, D, E], [D, B, E, A, C], None, None),
    "a rename": ([A, B], [P("new-name", "/a"), B], 1, 1),
    "pool and place at once": ([A, B], [B, P("aaa", "/a", "c")], 1, 1),
    "everything new": ([A, B], [D, E], None, None),
    "two rules changed": ([two("aaa", "/a", "h.example.com")], [two("aaa", "/z", "z.example.com")], 1, 3),
    "a type changed": ([A], [("policy", "aaa", [host("h.example.com")], {"pool": "a"})], 1, 1),
    "the action changed": ([A, B], [P("aaa", "/a", None, url="t.example.com"), B], 2, 1),
    "all at once": (
        [A, B, C, two("ddd", "/d", "h.example.com")],
        [two("eee", "/e", "e.example.com"), C, P("aaa", "/a9", "b"), two("ddd", "/d", "h.example.com", "c")],
        None, None,
    ),
}  # fmt: skip


def spec(flavour, policies):
    return [flavour.policy(name, rules, **target) for _, name, rules, target in policies]


def wanted_rules(rules):
    return sorted((r["type"], r["compare_type"], r["value"]) for r in rules)


@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_listener_gets_there_with_the_fewest_writes_and_then_has_nothing_to_do(world, flavour, name):
    live, wanted, huawei, gcore = MIGRATIONS[name]
    w = world(spec(flavour, live))
    w.listener(spec(flavour, wanted))
    allow = frozenset({"gap=listener/web/policy/aaa"})
    planned = w.plan(allow=allow)
    assert (planned.exit_code, [d for d in planned.diagnostics if d.is_error]) == (0, [])
    assert planned.document["reads"]["calls"] == w.wire.reads
    assert w.wire.sent == []
    result = w.apply(allow=allow)
    assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, [])
    writes = {"huawei": huawei, "gcore": gcore, "openstack": gcore}[flavour.name]
    if writes is not None:
        assert len(w.wire.sent) == writes, w.wire.sent
    assert len(w.wire.sent) == planned.document["summary"]["calls"] == len(planned.document["steps"])
    assert w.names() == [n for _, n, _, _ in wanted]
    for policy, (_, _, rules, _) in zip(w.live(), wanted, strict=True):
        assert wanted_rules(policy["rules"]) == wanted_rules(rules)
    second = w.plan()
    assert second.document["steps"] == []
    assert second.document["summary"]["calls"] == 0


GROUPS = {
    "nothing": ([80, 443], [443, 80], 0),
    "one more": ([80], [80, 443], 1),
    "one less": ([80, 443], [80], 1),
    "all others": ([80, 443], [22, 8080], 4),
    "first rules": ([], [80, 443, 22], 3),
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_gets_there_with_the_fewest_writes_and_then_has_nothing_to_do(world, flavour, name):
    live, wanted, writes = GROUPS[name]
    w = world(rules=[flavour.rule(p) for p in live])
    w.group([flavour.rule(p) for p in wanted])
    before = {r for r in w.live_rules()}
    planned = w.plan()
    assert planned.exit_code == 0, planned.diagnostics
    assert planned.document["reads"]["calls"] == w.wire.reads
    result = w.apply()
    assert (result.exit_code, result.diagnostics) == (0, ())
    assert len(w.wire.sent) == writes
    assert {p for _, p, _ in w.live_rules()} == {str(p) for p in wanted}
    assert w.plan().document["steps"] == []
    kept = {r for r in before if r[1] in {str(p) for p in wanted}}
    assert kept <= set(w.live_rules())


def test_unlisted_policies_are_kept_where_the_manifest_says_so_and_never_written(world, flavour):
    live = spec(flavour, [A, B, C, D])
    w = world(live)
    ids = {p["name"]: p["id"] for p in w.live()}
    w.listener(spec(flavour, [D, E, B]), unlisted="keep")
    result = w.apply()
    assert (result.exit_code, result.outcome["result"]) == (0, "done")
    names = w.names()
    assert [n for n in names if n in ("ddd", "eee", "bbb")] == ["ddd", "eee", "bbb"]
    assert [n for n in names if n in ("aaa", "ccc")] == ["aaa", "ccc"]
    touched = {i for _, path in w.wire.sent for i in (ids["aaa"], ids["ccc"]) if i in path}
    assert touched == set()
    assert w.plan().document["steps"] == []


def test_unlisted_refuse_blocks_the_scope_and_plan_shows_it(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [A, C]), unlisted="refuse")
    planned = w.plan()
    assert planned.exit_code == 0
    assert [b["kind"] for b in planned.document["blocked"]] == ["refuse"]
    result = w.apply()
    assert result.exit_code == 4
    assert w.wire.sent == []


def test_an_emptied_scope_and_too_many_deletions_need_consent(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener([])
    assert w.apply().exit_code == 4
    assert w.wire.sent == []
    assert w.apply(allow=frozenset({"empty=listener/web"}), max_deletes=1).exit_code == 4
    assert w.wire.sent == []
    assert w.apply(allow=frozenset({"empty=listener/web"}), max_deletes=2).exit_code == 0
    assert w.names() == []


def test_quotas_are_read_only_when_something_is_created(world, flavour):
    w = world(spec(flavour, [A, B]))
    w.listener(spec(flavour, [B]))
    w.plan()
    assert not [p for _, p in w.wire.requests if "quota" in p]
    w.listener(spec(flavour, [A, B, C]))
    w.plan()
    assert len([p for _, p in w.wire.requests if "quota" in p]) == (0 if flavour.name == "gcore" else 1)


def test_a_plan_is_the_same_bytes_for_the_same_input(world, flavour):
    w = world(spec(flavour, [A, B]), [flavour.rule(22)])
    w.listener(spec(flavour, [C, B]))
    w.group([flavour.rule(80)])
    first, second = w.plan().document, w.plan(parallelism=1).document
    assert first["digest"] == second["digest"]
    assert first == second


@pytest.mark.parametrize("enabled", [True, False])
def test_a_rule_that_is_switched_on_or_off_is_replaced_in_two_writes_without_a_gap(tmp_path, enabled):
    from kit import FLAVOURS, World

    flavour = FLAVOURS["huawei"]
    w = World(flavour, tmp_path, [], [flavour.rule(80), flavour.rule(443, enabled=not enabled)])
    w.group([flavour.rule(80), flavour.rule(443, enabled=enabled)])
    planned = w.plan()
    assert (planned.exit_code, planned.document["gaps"], planned.document["cosmetic"]) == (0, [], [])
    assert [s["op"] for s in planned.document["steps"]] == ["delete", "create"]
    assert planned.document["summary"]["update"] == 1
    assert w.apply().exit_code == 0
    assert w.plan().document["steps"] == []

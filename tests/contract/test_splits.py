"""A changed match set that no order of calls in place keeps safe: a clone takes over, and any interruption heals."""

import pytest
from kit import FLAVOURS, Killed, World, rule

GOLD = ("huawei", "gcore")


def split(flavour):
    """Two policies that take requests from each other: /a/x and /b/x belong to one of them before and afterwards."""
    live = [flavour.policy("aaa", [rule("/a")], pool="a"), flavour.policy("bbb", [rule("/b")], pool="b")]
    wanted = [flavour.policy("aaa", [rule("/b/x")], pool="a"), flavour.policy("bbb", [rule("/a/x")], pool="b")]
    return live, wanted


def serves(w, path):
    """The pool that a request with this path gets."""
    for policy in w.live():
        if policy["rules"] and all(path.startswith(r["value"]) for r in policy["rules"]):
            return policy["redirect_pool_id"]
    return "default"


def look(w, seen, paths):
    """Note who serves what right now."""
    seen.append({p: serves(w, p) for p in paths})


@pytest.mark.parametrize("name", GOLD)
@pytest.mark.parametrize("act", ["nothing", "kill-before", "kill-after", "lose", "lose-before"])
def test_a_clone_that_takes_over_is_safe_at_every_call_and_survives_every_cut(tmp_path, name, act):
    flavour = FLAVOURS[name]
    live, wanted = split(flavour)
    for n in range(1, 12):
        (tmp_path / str(n)).mkdir()
        w = World(flavour, tmp_path / str(n), live)
        w.listener(wanted)
        planned = w.plan()
        assert planned.exit_code == 0
        assert planned.document["gaps"] == []
        assert "PLAN-CHANGED-SETS" not in [d.code for d in planned.diagnostics]
        steps = planned.document["steps"]
        if n > len(steps):
            break
        before = {p: serves(w, p) for p in ("/a", "/b", "/a/x", "/b/x")}
        wire, seen = w.new_wire(), []
        wire.acts = dict.fromkeys(range(1, 20), lambda w=w, seen=seen, before=before: look(w, seen, before))
        if act != "nothing":
            wire.acts[n] = act
        if act.startswith("kill"):
            with pytest.raises(Killed):
                w.apply(wire=wire)
            w.clock._now += 60.0
            assert w.apply().exit_code == 0
        else:
            assert w.apply(wire=wire).exit_code == 0
        assert w.names() == ["aaa", "bbb"]
        assert [[r["value"] for r in p["rules"]] for p in w.live()] == [["/b/x"], ["/a/x"]]
        assert w.plan().document["steps"] == []
        after = {p: serves(w, p) for p in before}
        assert all(state[p] in (before[p], after[p]) for state in seen for p in before)


def test_huawei_needs_three_calls_for_it_and_one_where_nothing_else_changes(tmp_path):
    flavour = FLAVOURS["huawei"]
    live, wanted = split(flavour)
    (tmp_path / "a").mkdir()
    w = World(flavour, tmp_path / "a", live)
    w.listener(wanted)
    steps = w.plan().document["steps"]
    assert [(s["op"], s["role"]) for s in steps if s["role"] == "clone"] == [
        ("create", "clone"), ("delete", "clone"), ("update", "clone"),
    ]  # fmt: skip
    assert len(steps) == 4
    (tmp_path / "b").mkdir()
    w = World(flavour, tmp_path / "b", live)
    w.listener([wanted[0], live[1]])
    assert [s["op"] for s in w.plan().document["steps"]] == ["update"]


def test_without_room_for_one_more_policy_one_call_each_has_to_do_and_the_plan_says_so(tmp_path):
    flavour = FLAVOURS["huawei"]
    live, wanted = split(flavour)
    w = World(flavour, tmp_path, live, options={"elb_quotas": {"l7policies_per_listener": 2}})
    w.listener(wanted)
    planned = w.plan()
    assert [s["op"] for s in planned.document["steps"]] == ["update", "update"]
    assert "PLAN-CHANGED-SETS" in [d.code for d in planned.diagnostics]

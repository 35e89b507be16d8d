"""Killed at every call, each answer lost, held, throttled, locked: a re-run converges, without duplicates (P4)."""

import os
import signal
from collections import Counter

import httpx
import pytest
from kit import Killed, World, host, rule
from test_migrations import A, B, C, spec, two

LIVE = [A, B, C, two("ddd", "/d", "h.example.com")]
WANTED = [two("eee", "/e", "e.example.com"), ("policy", "ccc", [rule("/c")], {"pool": "c"}),
          ("policy", "aaa", [rule("/a9")], {"pool": "b"}), two("ddd", "/q", "q.example.com", "c")]  # fmt: skip
MOST = 30  # no plan of this migration is longer


def make(world, flavour):
    w = world(spec(flavour, LIVE), [flavour.rule(22), flavour.rule(80)])
    w.listener(spec(flavour, WANTED))
    w.group([flavour.rule(80), flavour.rule(443)])
    return w


def header(value):
    return {"type": "HEADER", "compare_type": "EQUAL_TO", "key": "X-Env", "value": value}


def key_goes(flavour):
    """A key has to go: Gcore makes a clone for it."""
    live = [flavour.policy("aaa", [header("one"), rule("/a")]), *spec(flavour, [B, C])]
    return live, [flavour.policy("aaa", [host("q.example.com"), rule("/a")]), *spec(flavour, [C, B])]


def action_changes(flavour):
    """Another action: Huawei deletes and makes anew, with a gap in between."""
    live = spec(flavour, [A, B, C])
    wanted = [flavour.policy("aaa", [rule("/a")], url="t.example.com"), *spec(flavour, [C, B])]
    return live, wanted


def words_change(flavour):
    """Two rules of one policy: Gcore crosses over in one call."""
    live = [flavour.policy("aaa", [rule("/a"), host("a.example.com")])]
    return live, [flavour.policy("aaa", [rule("/z"), host("z.example.com")], pool="b")]


SHORT = {("gcore", "key_goes"): key_goes, ("huawei", "action_changes"): action_changes,
         ("gcore", "action_changes"): action_changes, ("gcore", "words_change"): words_change}  # fmt: skip
GAP = {"allow": frozenset({"gap=listener/web/policy/aaa"})}


@pytest.mark.parametrize("act", ["kill-before", "kill-after", "lose", "lose-before"])
@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(("provider", "what"), list(SHORT), ids=lambda x: x)
def test_clones_gaps_and_crossings_survive_every_cut(tmp_path, provider, what, saved, act):
    from kit import FLAVOURS

    flavour = FLAVOURS[provider]
    live, wanted = SHORT[provider, what](flavour)
    for n in range(1, MOST):
        (tmp_path / str(n)).mkdir()
        w = World(flavour, tmp_path / str(n), live)
        w.listener(wanted)
        planned = w.plan(**GAP)
        assert (planned.exit_code, errors(planned)) == (0, [])
        if n > len(planned.document["steps"]):
            assert n > 2
            break
        plan = planned.document if saved else None
        wire = w.new_wire()
        wire.acts = {n: act}
        if act.startswith("kill"):
            with pytest.raises(Killed):
                w.apply(plan, wire=wire, **GAP)
            w.clock._now += 60.0
        result = w.apply(plan, **({} if act.startswith("kill") else {"wire": wire}), **GAP)
        assert (result.exit_code, [(d.code, d.detail) for d in errors(result)]) == (0, []), (n, result.outcome)
        assert w.names() == [p["name"] for p in wanted]
        got = [sorted((r["type"], r["value"]) for r in p["rules"]) for p in w.live()]
        assert got == [sorted((r["type"], r["value"]) for r in p["rules"]) for p in wanted]
        assert w.plan(**GAP).document["steps"] == []


def errors(result):
    return [d for d in result.diagnostics if d.is_error]


def content(w):
    policies = [(p["name"], p.get("redirect_pool_id"), p["rules"]) for p in w.live()]
    return policies, w.live_rules()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What an undisturbed run ends with, and how many writes it takes, by provider."""
    from kit import FLAVOURS

    found = {}
    for name, flavour in FLAVOURS.items():
        w = make(lambda p, r, f=flavour, n=name: World(f, tmp_path_factory.mktemp(n), p, r), flavour)
        assert w.apply().exit_code == 0
        found[name] = (content(w), len(w.wire.sent))
    return found


def rerun(w, reference, flavour):
    """One more apply, with nothing left of the first one but the cloud: it must end where an undisturbed one does."""
    result = w.apply()
    assert (result.exit_code, [(d.code, d.detail) for d in errors(result)]) == (0, []), result.outcome
    assert content(w) == reference[flavour.name][0]
    assert w.plan().document["steps"] == []


@pytest.mark.parametrize("act", ["kill-before", "kill-after"])
def test_a_run_that_is_killed_at_a_call_is_finished_by_the_next_one(world, flavour, reference, act):
    for n in range(1, reference[flavour.name][1] + 1):
        w = make(world, flavour)
        wire = w.new_wire()
        wire.acts = {n: act}
        with pytest.raises(Killed):
            w.apply(wire=wire)
        rerun(w, reference, flavour)


@pytest.mark.parametrize("act", ["kill-before", "kill-after"])
def test_a_saved_plan_goes_on_after_a_kill(world, flavour, reference, act):
    for n in range(1, reference[flavour.name][1] + 1):
        w = make(world, flavour)
        plan = w.plan().document
        wire = w.new_wire()
        wire.acts = {n: act}
        with pytest.raises(Killed):
            w.apply(plan, wire=wire)
        w.clock._now += 60.0  # what the killed run had begun in the cloud comes to its end
        result = w.apply(plan)
        assert (result.exit_code, errors(result)) == (0, [])
        assert content(w) == reference[flavour.name][0]


@pytest.mark.parametrize("act", ["lose", "lose-before"])
def test_a_lost_answer_makes_no_difference(world, flavour, reference, act):
    for n in range(1, reference[flavour.name][1] + 1):
        w = make(world, flavour)
        wire = w.new_wire()
        wire.acts = {n: act}
        result = w.apply(wire=wire)
        assert (result.exit_code, [(d.code, d.detail) for d in errors(result)]) == (0, []), (n, result.outcome)
        assert content(w) == reference[flavour.name][0]
        assert len(wire.sent) == reference[flavour.name][1] + (1 if act == "lose-before" else 0)


def test_every_answer_lost_makes_no_difference(world, flavour, reference):
    w = make(world, flavour)
    wire = w.new_wire()
    wire.acts = dict.fromkeys(range(1, 100), "lose")
    result = w.apply(wire=wire)
    assert (result.exit_code, errors(result)) == (0, [])
    assert content(w) == reference[flavour.name][0]


def test_writes_that_never_arrive_are_given_up_and_the_next_run_finishes(world, flavour, reference):
    for n in range(1, reference[flavour.name][1] + 1, 3):
        w = make(world, flavour)
        wire = w.new_wire()
        wire.acts = dict.fromkeys(range(n, 100), "lose-before")
        result = w.apply(wire=wire)
        assert result.exit_code == (1 if n == 1 else 5)
        assert result.outcome["result"] == ("failed" if n == 1 else "partly")
        assert result.outcome["continue"][:2] == ["reconcile", "apply"]
        rerun(w, reference, flavour)


def test_a_storm_of_429_only_takes_time(world, flavour, reference):
    w = make(world, flavour)
    wire = w.new_wire()
    seen = Counter()

    def storm(request, n):
        seen[request.method, request.url] += 1
        if seen[request.method, request.url] % 4:
            return httpx.Response(429, headers={"retry-after": "2"}, json={}, request=request)
        return None

    wire.every = storm
    result = w.apply(wire=wire)
    assert (result.exit_code, errors(result)) == (0, [])
    assert content(w) == reference[flavour.name][0]


def test_a_locked_load_balancer_is_waited_for(world, flavour, reference):
    w = make(world, flavour)
    wire = w.new_wire()
    locked = {"left": 4}
    words = {
        "huawei": {"error_code": "ELB.8907", "error_msg": "Load balancer is immutable: PENDING_UPDATE.", "request_id": "r"},
        "gcore": {"exception_class": "ConflictError", "message": "Load balancer is immutable and cannot be updated",
                  "request_id": "r"},
        "openstack": {"faultcode": "Client", "faultstring": "Load Balancer x is immutable and cannot be updated."},
    }[flavour.name]  # fmt: skip

    def lock(request, n):
        if request.method != "GET" and "l7polic" in str(request.url) and locked["left"]:
            locked["left"] -= 1
            return httpx.Response(409, json=words, request=request)
        return None

    wire.every = lock
    result = w.apply(wire=wire)
    assert (result.exit_code, [(d.code, d.detail) for d in errors(result)]) == (0, []), result.outcome
    assert locked["left"] == 0
    assert content(w) == reference[flavour.name][0]


def test_a_read_that_fails_makes_the_plan_fail_and_says_why(world, flavour):
    w = make(world, flavour)
    wire = w.new_wire()
    wire.every = lambda request, n: (
        httpx.Response(503, request=request) if "l7policies" in str(request.url) else None
    )
    planned = w.plan(wire=wire)
    assert planned.exit_code == 1
    assert [b["kind"] for b in planned.document["blocked"]] == ["unread"]
    result = w.apply(wire=wire)
    assert result.exit_code == 1
    assert {s["scope"] for s in result.outcome["steps"]} == {"security_group/web"}


@pytest.mark.parametrize("status", [401, 403])
def test_missing_rights_are_told_and_fail_the_run(world, flavour, status):
    w = make(world, flavour)
    wire = w.new_wire()
    wire.every = lambda request, n: (
        httpx.Response(status, json={"message": "no"}, request=request)
        if request.method != "GET" and not request.url.path.endswith("/auth/tokens") else None
    )
    result = w.apply(wire=wire)
    assert result.exit_code == 1
    assert {s["status"] for s in result.outcome["steps"]} == {"failed", "not_tried"}
    assert "APPLY-DENIED" in {d.code for d in result.diagnostics}
    assert w.plan().document["summary"]["calls"] > 0


def test_a_refusal_in_the_middle_is_partly_applied_with_the_providers_words(world, flavour, reference):
    w = make(world, flavour)
    wire = w.new_wire()
    seen = {"writes": 0}
    words = {"error_code": "ELB.8902", "error_msg": "the moon is wrong", "request_id": "req-77"}
    if flavour.name == "gcore":
        words = {"exception_class": "ValidationError", "message": "the moon is wrong", "request_id": "req-77"}
    if flavour.name == "openstack":
        words = {"faultcode": "Client", "faultstring": "the moon is wrong", "debuginfo": None}

    def refuse(request, n):
        if request.method != "GET" and "l7polic" in str(request.url):
            seen["writes"] += 1
            if seen["writes"] == 2:
                headers = {"x-openstack-request-id": "req-77"} if flavour.name == "openstack" else {}
                return httpx.Response(400, json=words, headers=headers, request=request)
        return None

    wire.every = refuse
    result = w.apply(wire=wire)
    assert result.exit_code == 5
    failed = [s for s in result.outcome["steps"] if s["status"] == "failed"]
    assert len(failed) == 1
    assert "the moon is wrong" in failed[0]["words"]
    assert failed[0]["request_ids"] == ["req-77"]
    assert {s["status"] for s in result.outcome["steps"] if s["scope"] == "security_group/web"} == {"done"}
    rerun(w, reference, flavour)


def test_a_task_that_stays_new_is_waited_for_and_nothing_is_doubled(tmp_path, reference):
    from kit import FLAVOURS

    flavour = FLAVOURS["gcore"]
    for held in ("POST /cloud/v1/l7policies/1/1 nth=1 hold=120s", "PATCH /cloud/v1/l7policies/1/1/* nth=1 hold=120s"):
        (tmp_path / held[:4]).mkdir()
        w = make(lambda p, r, h=held: World(flavour, tmp_path / h[:4], p, r, faults=(h,)), flavour)
        wire = w.new_wire()
        begun = w.clock.now()
        result = w.apply(wire=wire)
        assert (result.exit_code, errors(result)) == (0, [])
        assert w.clock.now() - begun >= 120
        assert content(w) == reference["gcore"][0]


def test_a_create_whose_task_is_held_and_whose_answer_is_lost_is_found_again(tmp_path, reference):
    from kit import FLAVOURS

    flavour = FLAVOURS["gcore"]
    path = "POST /cloud/v1/l7policies/1/1 nth=1"
    faults = (f"{path} hold=300s", f"{path} lose-answer")
    w = make(lambda p, r: World(flavour, tmp_path, p, r, faults=faults), flavour)
    result = w.apply()
    assert (result.exit_code, errors(result)) == (0, [])
    assert content(w) == reference["gcore"][0]


def test_hosts_are_rules_too(world, flavour):
    w = world(spec(flavour, [("policy", "aaa", [host("a.example.com")], {"pool": "a"})]))
    w.listener(spec(flavour, [("policy", "aaa", [host("b.example.com")], {"pool": "a"})]))
    assert w.apply().exit_code == 0
    assert w.live()[0]["rules"][0]["value"] == "b.example.com"


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("n", [1, 2])
def test_a_signal_stops_at_a_safe_state_and_the_outcome_says_so(world, flavour, reference, n, name, code):
    w = make(world, flavour)
    wire = w.new_wire()
    wire.acts = {n: lambda: os.kill(os.getpid(), getattr(signal, name))}
    result = w.apply(wire=wire)
    assert result.exit_code == code
    assert result.outcome["interrupted"] == name
    assert {s["status"] for s in result.outcome["steps"]} == {"done", "not_tried"}
    assert len(wire.sent) <= n + 1  # the calls in flight, at most one a lane
    assert result.outcome["continue"]
    rerun(w, reference, flavour)


def test_a_second_signal_ends_at_once_and_says_what_is_unknown(world, flavour, reference):
    w = make(world, flavour)
    wire = w.new_wire()

    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    wire.acts = {1: twice}
    result = w.apply(wire=wire)
    assert result.exit_code == 130
    assert "not_tried" in {s["status"] for s in result.outcome["steps"]}
    w.clock._now += 60.0
    rerun(w, reference, flavour)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("n", [1, 3, 6])
def test_a_process_that_is_really_killed_leaves_a_cloud_that_the_next_one_finishes(tmp_path, flavour, reference, n):
    def start():
        return make(lambda p, r: World(flavour, tmp_path, p, r, state=tmp_path / "cloud.db"), flavour)

    child = os.fork()
    if child == 0:
        try:
            w = start()
            wire = w.new_wire()
            wire.acts = {n: lambda: os.kill(os.getpid(), signal.SIGKILL)}
            w.apply(wire=wire)
        finally:
            os._exit(99)  # not reached: the child is gone by then
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    w = start()
    w.clock._now += 120.0
    rerun(w, reference, flavour)

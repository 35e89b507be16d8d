"""Laws of drift, against the planner: nothing is found exactly where nothing is to be done, in every state on the way."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from properties.oracle_planning import P, group_input, inputs, run, scope_input

from reconciler.model.desired import Ignore
from reconciler.planning import Options, plan
from reconciler.planning.drift import drift
from reconciler.planning.findings import fingerprint

OPTIONS = Options("2026-11-22")
PROVIDERS = ("huawei", "gcore", "openstack")
NAMES = "abcde"
SHAPES = [("1",), ("2",), ("1", "2"), ("/x",), ("3", "/y"), ("2", "3")]
TARGETS = ["p1", "p2", "url:z"]


def found(scope):
    (one,) = drift([scope], OPTIONS)
    assert not one.blocked, one.draft.diagnostics
    return one.findings


@st.composite
def listeners(draw):
    """(provider, live, wanted, unlisted): every kind of difference at once, also none."""
    provider = draw(st.sampled_from(PROVIDERS))
    shapes = draw(st.permutations(SHAPES))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    numbers = sorted(draw(st.lists(st.integers(1, 30), unique=True, min_size=len(names), max_size=len(names))))
    status = st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "ERROR"])
    live = [
        P(n, shapes[i], draw(st.sampled_from(TARGETS)), numbers[i], status=draw(status)) for i, n in enumerate(names)
    ]
    wanted = [replace(p, number=None, status="ACTIVE") for p in live]
    for _ in range(draw(st.integers(0, 3))):
        what = draw(st.sampled_from(["drop", "add", "retarget", "rules", "swap"]))
        at = draw(st.integers(0, len(wanted) - 1)) if wanted else None
        if what == "add":
            wanted.insert(at or 0, P(f"new{len(wanted)}", shapes[5] if len(live) < 6 else ("9",), "p1"))
            shapes[5] = (f"9{len(wanted)}",)
        elif at is None:
            continue
        elif what == "drop":
            del wanted[at]
        elif what == "retarget":
            wanted[at] = replace(wanted[at], target=draw(st.sampled_from(TARGETS)))
        elif what == "rules":
            wanted[at] = replace(wanted[at], atoms=(*wanted[at].atoms[:1], f"8{at}"))
        else:
            wanted.append(wanted.pop(at))
    return provider, live, wanted, draw(st.sampled_from(["keep", "delete"]))


@settings(max_examples=50)
@given(listeners())
def test_nothing_is_found_exactly_where_a_plan_has_no_steps(case):
    provider, live, wanted, unlisted = case
    scope = scope_input(provider, live, wanted, unlisted=unlisted)
    made = plan(inputs(scope))
    if any(d.is_error for d in made.diagnostics):
        return
    assert bool([f for f in found(scope) if not f.kept]) == bool(made.steps), (made.steps, found(scope))


@settings(max_examples=40)
@given(listeners())
def test_something_is_found_after_every_prefix_of_a_run_and_nothing_at_its_end(case):
    provider, live, wanted, unlisted = case
    live = [replace(p, status="ACTIVE") for p in live]
    scope = scope_input(provider, live, wanted, unlisted=unlisted)
    made = plan(inputs(scope))
    if any(d.is_error for d in made.diagnostics):
        return
    states = [
        replace(scope, live=replace(scope.live, policies=renamed(c))) for c in run(provider, live, made.to_json())
    ]
    for state in states:
        again = plan(inputs(state))
        assert not [d for d in again.diagnostics if d.is_error], again.diagnostics
        real = [f for f in found(state) if not f.kept]
        assert bool(real) == bool(again.steps), (real, [s.to_json() for s in again.steps])
    assert [f for f in found(states[-1]) if not f.kept] == []


def renamed(cloud):
    """What is live, with ids that no step of the next plan has."""
    return tuple(replace(p, id=f"id-{p.id}", rule_ids=tuple(f"id-{i}" for i in p.rule_ids)) for p in cloud.lives())


@settings(max_examples=50)
@given(listeners())
def test_every_finding_names_one_object_once_and_is_marked_for_good(case):
    provider, live, wanted, unlisted = case
    scope = scope_input(provider, live, wanted, unlisted=unlisted)
    findings = found(scope)
    assert len({(f.what, f.address, f.object_id) for f in findings}) == len(findings)
    marks = [fingerprint(f, scope, 0) for f in findings]
    assert len(set(marks)) == len(marks)
    assert marks == [fingerprint(f, scope, 0) for f in found(scope)]
    names = {p.name for p in wanted}
    for f in findings:
        assert (f.live is None) == (f.what == "missing") == (f.object_id is None)
        assert f.what != "unlisted" or f.wanted is None
        assert (f.fields != ()) == (f.what == "changed")
        assert (f.policy in names) or f.what == "unlisted"


@settings(max_examples=50)
@given(st.sampled_from(PROVIDERS), st.permutations(NAMES))
def test_the_fewest_policies_are_out_of_order(provider, order):
    live = [P(n, (n,), "p1", (i + 1) * 10) for i, n in enumerate(NAMES)]
    scope = scope_input(provider, live, [P(n, (n,), "p1") for n in order])
    moved = {f.policy for f in found(scope)}
    assert all([d.field for d in f.fields] == ["order"] for f in found(scope))
    staying = [n for n in order if n not in moved]
    assert staying == sorted(staying)
    longest = max(
        len(c) for n in range(6) for c in itertools.combinations(order, n) if list(c) == sorted(c)
    )  # fmt: skip
    assert len(staying) == longest
    for f in found(scope):
        at, now = order.index(f.policy), NAMES.index(f.policy)
        side = {"wanted": (order, at), "live": (NAMES, now)}
        for name, (names, place) in side.items():
            told = getattr(f.fields[0], name)
            before = names[place - 1] if place else None
            behind = names[place + 1] if place + 1 < len(names) else None
            assert (told["after"], told["before"]) == tuple(
                None if n is None else f"listener/shop/policy/{n}" for n in (before, behind)
            )


@settings(max_examples=50)
@given(st.sampled_from(["huawei", "gcore", "openstack"]), st.data())
def test_pinned_numbers_are_found_exactly_where_a_plan_would_write_them(provider, data):
    names = data.draw(st.permutations(NAMES[:3]))
    dense = provider != "huawei"
    numbers = (
        [1, 2, 3] if dense else sorted(data.draw(st.lists(st.integers(1, 9), unique=True, min_size=3, max_size=3)))
    )
    pins = [1, 2, 3] if dense else sorted(data.draw(st.lists(st.integers(1, 9), unique=True, min_size=3, max_size=3)))
    live = [P(n, (n,), "p1", numbers[i]) for i, n in enumerate(names)]
    order = data.draw(st.permutations(NAMES[:3]))
    scope = scope_input(provider, live, [P(n, (n,), "p1") for n in order], pins=dict(zip(order, pins, strict=True)))
    made = plan(inputs(scope))
    if "PLAN-NO-SAFE-ORDER" not in [d.code for d in made.diagnostics]:
        assert bool(found(scope)) == bool(made.steps)
    if not dense:
        wrong = {n for n, pin in zip(order, pins, strict=True) if pin != numbers[names.index(n)]}
        assert {f.policy for f in found(scope)} == wrong
    for f in found(scope):
        (only,) = f.fields
        assert only.field == scope.dialect.number_field
        assert only.wanted == pins[order.index(f.policy)]


rules = st.fixed_dictionaries({
    "direction": st.sampled_from(["ingress", "egress"]),
    "port": st.sampled_from([22, 80, 443]),
    "remote_ip_prefix": st.sampled_from(["10.0.0.0/8", "10.1.2.3/8", "10.1.0.0/16", "0.0.0.0/0", None]),
    "action": st.sampled_from(["allow", "deny"]),
    "priority": st.sampled_from([1, 2]),
    "enabled": st.booleans(),
    "description": st.sampled_from(["", "x"]),
})  # fmt: skip


def raw(provider, drawn):
    """The rule in the provider's words."""
    made = {
        "direction": drawn["direction"],
        "ethertype": "IPv4",
        "protocol": "tcp",
        "description": drawn["description"],
    }
    if drawn["remote_ip_prefix"]:
        made["remote_ip_prefix"] = drawn["remote_ip_prefix"]
    if provider == "huawei":
        return made | {k: drawn[k] for k in ("action", "priority", "enabled")} | {"multiport": str(drawn["port"])}
    return made | {"port_range_min": drawn["port"], "port_range_max": drawn["port"]}


def distinct(scope, raws):
    """Without those that the provider would refuse as duplicates."""
    kept, seen = [], set()
    for one in raws:
        identity = scope.dialect.security_identity(scope.dialect.security_rule(one))
        if identity not in seen:
            seen.add(identity)
            kept.append(one)
    return kept


@settings(max_examples=50)
@given(
    st.sampled_from(PROVIDERS), st.lists(rules, max_size=6), st.lists(rules, max_size=6),
    st.sampled_from(["keep", "delete", "refuse"]), st.sampled_from([("ingress",), ("ingress", "egress")]),
)  # fmt: skip
def test_nothing_is_found_in_a_group_exactly_where_a_plan_has_no_steps(provider, live, wanted, unlisted, directions):
    empty = group_input(provider, [], [])
    lives = distinct(empty, [raw(provider, r) for r in live])
    wants = [r for r in distinct(empty, [raw(provider, r) for r in wanted]) if r["direction"] in directions]
    scope = group_input(provider, lives, wants, unlisted=unlisted, directions=directions)
    made = plan(inputs(scope))
    findings = found(scope)
    real = [f for f in findings if not f.kept and not (unlisted == "refuse" and f.what == "unlisted")]
    assert bool(real) == bool(made.steps), (findings, made.steps)
    assert {f.object_id for f in findings if f.what == "unlisted"} == {
        *(n.object_id for n in made.unlisted), *(s.object_id for s in made.steps if s.reason.startswith("live, not"))
    }  # fmt: skip
    assert sorted(f.address for f in findings if f.what == "missing") == sorted(
        s.address for s in made.steps if s.reason == "listed, not live"
    )
    for f in findings:
        assert f.kept == (f.what == "unlisted" and unlisted == "keep")


PACKETS = list(itertools.product([22, 80, 443], ["10.1.0.5", "10.9.9.9", "192.0.2.1"], ["ingress", "egress"]))


def admitted(scope, rules):
    """The packets that a set of rules lets in, by brute force (Huawei: by priority, deny before allow)."""
    from ipaddress import ip_address, ip_network

    passed = set()
    for port, source, direction in PACKETS:
        hits = []
        for r in rules:
            ports = r.multiport or str(r.port_range_min)
            prefix = r.remote_ip_prefix
            inside = prefix is None or ip_address(source) in ip_network(prefix, strict=False)
            if r.enabled and r.direction == direction and ports == str(port) and inside:
                hits.append((r.priority or 0, r.action != "deny"))
        if hits and min(hits)[1]:
            passed.add((port, source, direction))
    return passed


@settings(max_examples=100)
@given(st.sampled_from(PROVIDERS), st.lists(rules, max_size=6), st.lists(rules, max_size=6))
def test_what_lets_in_more_than_the_manifest_never_goes_without_a_finding_that_says_so(provider, live, wanted):
    empty = group_input(provider, [], [])
    lives = distinct(empty, [raw(provider, r) for r in live])
    wants = [r for r in distinct(empty, [raw(provider, r) for r in wanted])]
    scope = group_input(provider, lives, wants, directions=("ingress", "egress"))
    more = admitted(scope, [r.rule for r in scope.live.security_rules]) - admitted(scope, scope.wanted)
    opens = [f for f in found(scope) if f.opens]
    assert opens or not more
    for f in opens:
        assert f.what != "missing" or f.wanted["action"] == "deny"
        assert f.what != "unlisted" or f.live.get("action") != "deny"


@settings(max_examples=30)
@given(listeners(), st.sampled_from(["redirect_pool_id", "rules", None]), st.sampled_from(NAMES))
def test_what_is_ignored_is_no_finding_and_its_end_brings_it_back(case, field, pattern):
    provider, live, wanted, unlisted = case
    fields = () if field is None else (field,)
    entry = Ignore(pattern, fields, "because", "2026-11-22", ("spec", "ignore", 0))
    hidden = scope_input(provider, live, wanted, unlisted=unlisted, ignore=(entry,))
    over = scope_input(provider, live, wanted, unlisted=unlisted, ignore=(replace_until(entry, "2026-11-21"),))
    bare = scope_input(provider, live, wanted, unlisted=unlisted)
    if drift([bare], OPTIONS)[0].blocked or drift([hidden], OPTIONS)[0].blocked:
        return
    without = found(bare)
    assert [replace_expired(f) for f in found(over)] == without
    mine = [f for f in found(hidden) if f.policy == pattern and f.what != "error"]
    if field is None:
        assert mine == []
    for f in mine:
        differ = [d.field for d in f.fields]
        assert field not in differ or "action" in differ  # the target of another action is no field of its own
        assert not (field == "rules" and f.kind == "l7rule")
    if any(f.expired for f in found(over)):
        assert len(found(hidden)) != len(without) or found(hidden) != without


def replace_until(entry, day):
    return Ignore(entry.pattern, entry.fields, entry.reason, day, entry.path)


def replace_expired(finding):
    from reconciler.records import replace as replaced

    return replaced(finding, expired=())


def test_with_more_extra_rules_than_can_be_weighed_the_widest_are_and_all_are_found():
    wants = [raw("gcore", {**EXTRA, "remote_ip_prefix": f"10.{n // 250}.{n % 250}.0/24"}) for n in range(4_000)]
    extra = [raw("gcore", {**EXTRA, "port": 22, "remote_ip_prefix": f"172.16.{n}.0/24"}) for n in range(250)]
    extra += [raw("gcore", {**EXTRA, "remote_ip_prefix": "0.0.0.0/0"}), {**extra[0], "remote_ip_prefix": "10.0.0.1"}]
    (one,) = drift([group_input("gcore", [*wants, *extra], wants)], OPTIONS)
    assert len(one.findings) == 252
    assert one.unweighed == 2
    assert all(f.opens for f in one.findings)
    (widest,) = [f for f in one.findings if f.live["remote_ip_prefix"] == "0.0.0.0/0"]
    assert len(widest.covers) == 50
    assert [f.object_id for f in one.findings] == sorted(f.object_id for f in one.findings)


EXTRA = {"direction": "ingress", "port": 443, "action": "allow", "priority": 1, "enabled": True, "description": ""}

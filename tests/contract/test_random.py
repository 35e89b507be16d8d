"""Random pairs of states: apply ends in the wanted one, every write is a step, and the second plan is empty (P1)."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import FLAVOURS, World, host, rule

NAMES = ("alpha", "beta", "gamma", "delta", "omega")


@st.composite
def policies(draw):
    """Distinct names, distinct match sets (Huawei puts a second equal one into ERROR), one or two rules each."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    found = []
    for name in names:
        path = f"/{name}{draw(st.sampled_from(('', '/x')))}"
        rules = [rule(path, draw(st.sampled_from(("STARTS_WITH", "EQUAL_TO"))))]
        if draw(st.booleans()):
            rules.append(host(draw(st.sampled_from(("x.example.com", "y.example.com")))))
        found.append((name, rules, draw(st.sampled_from(("a", "b", "c", "url")))))
    return found


def made(flavour, drawn):
    return [
        flavour.policy(n, r, url="t.example.com") if target == "url" else flavour.policy(n, r, pool=target)
        for n, r, target in drawn
    ]


@pytest.mark.parametrize("name", sorted(FLAVOURS))
@given(live=policies(), wanted=policies(), unlisted=st.sampled_from(("keep", "delete")))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_state_leads_to_any_other_and_then_nothing_is_left(name, live, wanted, unlisted):
    flavour = FLAVOURS[name]
    with tempfile.TemporaryDirectory() as folder:
        w = World(flavour, Path(folder), made(flavour, live))
        before = {p["name"]: p["id"] for p in w.live()}
        w.listener(made(flavour, wanted), unlisted=unlisted)
        allow = frozenset({f"gap=listener/web/policy/{n}" for n in NAMES} | {"empty=listener/web"})
        planned = w.plan(allow=allow)
        codes = {d.code for d in planned.diagnostics if d.is_error}
        if unlisted == "keep" and codes and all(c.startswith("HW-") for c in codes):
            return  # an unlisted policy has a match set that a listed one wants
        assert planned.exit_code == 0, planned.diagnostics
        assert planned.document["reads"]["calls"] == w.wire.reads
        result = w.apply(allow=allow)
        assert (result.exit_code, [d for d in result.diagnostics if d.is_error]) == (0, []), result.outcome
        assert len(w.wire.sent) == len(planned.document["steps"])
        names = [n for n, _, _ in wanted]
        if name == "openstack":  # redirects are evaluated before pools, whatever the list says
            names = [n for n, _, t in sorted(wanted, key=lambda w: w[2] != "url")]
        live_now = w.live()
        assert [p["name"] for p in live_now if p["name"] in names] == names
        if unlisted == "delete":
            assert len(live_now) == len(names)
        listed_ids = {i for n, i in before.items() if n not in names}
        for policy, rules in ((p, r) for p in live_now for n, r, _ in wanted if p["name"] == n):
            assert sorted(r["value"] for r in policy["rules"]) == sorted(r["value"] for r in rules)
        if unlisted == "keep" and not planned.document["summary"]["update"]:
            assert listed_ids <= {p["id"] for p in live_now}
        assert w.plan(allow=allow).document["steps"] == []

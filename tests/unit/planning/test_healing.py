"""A policy in ERROR takes no rule writes on Octavia (409, immutable) until the policy itself has been sent again."""

from __future__ import annotations

import pytest
from properties.oracle_planning import P, make

CASES = {
    "an unfinished creation": (P("n", (), "pool", 1, status="ERROR", enabled=False), P("n", ("1", "2"), "pool")),
    "one rule of two": (P("n", ("1",), "pool", 1, status="ERROR", enabled=False), P("n", ("1", "2"), "pool")),
    "one more": (P("n", ("1",), "pool", 1, status="ERROR"), P("n", ("1", "2"), "pool")),
    "one less": (P("n", ("1", "2"), "pool", 1, status="ERROR"), P("n", ("1",), "pool")),
    "another": (P("n", ("1", "2"), "pool", 1, status="ERROR"), P("n", ("1", "3"), "pool")),
    "another and another target": (P("n", ("1", "2"), "pool", 1, status="ERROR"), P("n", ("1", "3"), "other")),
    "taken down": (P("n", ("1", "2"), "pool", 1, status="ERROR"), P("n", ("1", "3"), "pool", enabled=False)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rules_of_a_policy_in_error_are_written_after_it_is_healed(name):
    live, wanted = CASES[name]
    steps = make("openstack", [live], [wanted]).steps
    on_it = [s for s in steps if s.kind == "l7rule" or (s.kind == "l7policy" and s.op != "create")]
    assert (on_it[0].kind, on_it[0].op) == ("l7policy", "update")
    assert on_it[0].call.method == "PUT"
    assert len([s for s in steps if s.role == "heal" and s.kind == "l7policy"]) <= 1

"""The replay notices what a plan must not do, from its calls alone."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from properties.oracle_planning import P, inputs, scope_input

from reconciler.model.live import Quotas
from reconciler.planning import plan
from reconciler.planning.verify import Expected, Move, verify_listener

ROOT = Path(__file__).parents[3]
LIVE = [P("a", ("a",), "pa", 1), P("b", ("b",), "pb", 2), P("c", ("c",), "pc", 3)]
WANT = [P("c", ("c",), "pc"), P("n", ("/n", "m"), "pn"), P("b", ("b",), "pb")]


def replayed(change=lambda moves: moves, provider="gcore", live=LIVE, want=WANT, **expected):
    scope = scope_input(provider, live, want)
    made = plan(inputs(scope))
    moves = change([Move(s.id, s.address, s.call) for s in made.steps])
    outcome = Expected(
        policies=[p for p in scope.wanted],
        pairs={f"id-{p.name}": next((w for w in scope.wanted if w.name == p.name), None) for p in live},
        addresses={f"listener/shop/policy/{p.name}": f"id-{p.name}" for p in live},
        gaps=[(g.opened_by, g.closed_by) for g in made.gaps],
    )
    for name, value in expected.items():
        setattr(outcome, name, value)
    findings, states = verify_listener(scope.live, moves, outcome, scope.dialect, scope.decoder, Quotas())
    return [f.what for f in findings], states


def test_a_right_plan_has_no_findings_and_one_state_more_than_calls():
    assert replayed() == ([], 7)


@pytest.mark.parametrize("n", range(6))
def test_a_missing_call_is_noticed(n):
    assert replayed(lambda moves: moves[:n] + moves[n + 1 :])[0]


def test_a_wrong_position_is_noticed():
    def bend(moves):
        for i, move in enumerate(moves):
            if isinstance(move.call.body, dict) and "position" in move.call.body:
                body = {**move.call.body, "position": {"$position": {"after": None, "before": None, "expected": 9}}}
                moves[i] = replace(move, call=replace(move.call, body=body))
        return moves

    assert any("position" in what for what in replayed(bend)[0])


def test_a_call_on_an_untouchable_policy_is_noticed():
    assert any("unlisted" in what for what in replayed(untouched=frozenset({"id-a"}))[0])


def test_an_undeclared_gap_is_noticed():
    live, want = [P("a", ("/a",), "pa", 100)], [P("a", ("/a",), "url:z")]
    assert replayed(provider="huawei", live=live, want=want)[0] == []
    assert any("no gap" in what for what in replayed(provider="huawei", live=live, want=want, gaps=[])[0])


def test_the_replay_imports_the_model_and_nothing_of_planning_beside_itself():
    for name in ("verify", "verify_groups"):
        tree = ast.parse((ROOT / f"reconciler/planning/{name}.py").read_text())
        modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
        ours = {m for m in modules if m.startswith("reconciler.")}
        allowed = {"reconciler.planning.verify", "reconciler.records"}
        assert all(m.startswith("reconciler.model") or m in allowed for m in ours), ours

"""Hands a scope's steps to the independent replay, and turns what it finds into diagnostics."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model.desired import ListenerDocument
from reconciler.model.live import Quotas
from reconciler.planning.document import Gap, Step
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.verify import Expected, Finding, Move, verify_listener
from reconciler.planning.verify_groups import verify_group


def prove(draft: ScopeDraft, steps: Sequence[Step], gaps: Sequence[Gap], quotas: Quotas) -> int:
    """Replay the steps; append what is wrong to the draft's diagnostics; the number of states that were checked."""
    scope = draft.scope
    moves = [Move(s.id, s.address, s.call) for s in steps]
    declared = [(g.opened_by, g.closed_by) for g in gaps]
    if isinstance(scope.document, ListenerDocument):
        expected = _listener(draft, declared)
        findings, states = verify_listener(scope.live, moves, expected, scope.dialect, scope.decoder, quotas)
    else:
        expected = _group(draft, declared)
        findings, states = verify_group(scope.live, moves, expected, scope.dialect, scope.decoder, quotas)
    draft.diagnostics += [_diagnostic(scope.document.address, f) for f in findings]
    return states


def _listener(draft: ScopeDraft, gaps: list[tuple[str, str]]) -> Expected:
    outcome = draft.outcome
    assert outcome is not None
    return Expected(
        policies=outcome.policies,
        untouched=outcome.untouched,
        pairs=outcome.pairs,
        gaps=gaps,
        addresses=outcome.addresses,
        pins=outcome.pins,
        unordered=outcome.unordered,
    )


def _group(draft: ScopeDraft, gaps: list[tuple[str, str]]) -> Expected:
    outcome = draft.outcome
    assert outcome is not None
    return Expected(rules=outcome.rules, untouched=outcome.untouched, gaps=gaps)


def _diagnostic(address: str, finding: Finding) -> Diagnostic:
    step = f" (after {finding.step})" if finding.step else ""
    if finding.code == "PLAN-VERIFY":
        return Diagnostic(
            "PLAN-VERIFY",
            "the replay of the plan contradicts its promise",
            f"{finding.what}{step}",
            "this is a defect of reconcile: report it with the plan's input; nothing is written in this scope",
            address=address,
        )
    return Diagnostic(
        finding.code,
        f"a state of the plan breaks a constraint of the provider: {finding.what}",
        f"reached{step}" if step else "",
        "see `reconcile explain` for the rule; change the manifest, or what is live and not listed",
        address=address,
    )

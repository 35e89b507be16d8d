"""Peaks: a plan creates before it deletes, so it needs room for both (semantics.md 6.6).

Where the quota is known and too small, deletions come first that take nothing away from what is served before and
after; where that is not enough, the plan says how many more slots it needs.
"""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic
from reconciler.model.canonical import Json
from reconciler.model.desired import SecurityGroupDocument
from reconciler.model.live import Quotas
from reconciler.model.objects import SecurityRule
from reconciler.planning.drafts import Draft, ScopeDraft
from reconciler.planning.overlap import overlaps

_KEYS = {
    "l7policy": ("l7policy", "l7policies"),
    "l7rule": ("l7rule", "l7rules"),
    "security_group_rule": ("security_group_rule", "security_group_rules"),
}
"""Under which key a provider's quota counts each kind."""


def room(quotas: Quotas, kind: str) -> tuple[int, str] | None:
    """How many more objects of a kind the quota holds, and its key; None: unlimited or unknown."""
    for key in _KEYS[kind]:
        limit = quotas.limits.get(key, -1)
        if limit >= 0 and key in quotas.used:
            return max(0, limit - quotas.used[key]), key
    return None


def fit(draft: ScopeDraft, quotas: Quotas) -> None:
    """Reorder a group's calls so that the peak fits, or say what is missing. Listeners are only measured."""
    for kind in _KEYS:
        found = room(quotas, kind)
        if found is None:
            continue
        left, key = found
        if isinstance(draft.scope.document, SecurityGroupDocument) and _peak(draft.steps, kind) > left:
            _free_first(draft, left)
        short = _peak(draft.steps, kind) - left
        if short > 0:
            draft.diagnostics.append(_too_small(draft, key, short))


def lacks_room(draft: ScopeDraft, quotas: Quotas) -> bool:
    """Does a listener's peak of policies or rules exceed a known quota, of the account or of one listener?"""
    for kind in ("l7policy", "l7rule"):
        found = room(quotas, kind)
        if found is not None and _peak(draft.steps, kind) > found[0]:
            return True
    limit = quotas.limits.get("l7policies_per_listener", -1)
    return 0 <= limit < len(draft.scope.live.policies) + _peak(draft.steps, "l7policy")


def _peak(steps: list[Draft], kind: str) -> int:
    now = peak = 0
    for step in steps:
        if step.kind == kind and step.op in ("create", "delete"):
            now += 1 if step.op == "create" else -1
            peak = max(peak, now)
    return peak


def _free_first(draft: ScopeDraft, left: int) -> None:
    """Deletions that take nothing from before-and-after go first when there is no room for a creation.

    Only among allow rules: a deny rule decides what others mean.
    """
    if draft.gaps or any((s.after or s.before or {}).get("action") == "deny" for s in draft.steps):
        return
    live = [r.rule for r in draft.scope.live.security_rules]
    if any(r.action == "deny" for r in live):
        return
    creates = [s for s in draft.steps if s.op == "create"]
    deletes = [s for s in draft.steps if s.op == "delete"]
    deleted = {str(s.object_id) for s in deletes}
    kept = [r.rule for r in draft.scope.live.security_rules if r.id not in deleted]
    final = [*kept, *(_rule(draft, s.after) for s in creates)]
    free = [s for s in deletes if not any(overlaps(_rule(draft, s.before), r) for r in final)]
    ordered: list[Draft] = []
    slots = left
    for step in creates:
        if slots == 0 and free:
            ordered.append(free.pop(0))
            slots += 1
        ordered.append(step)
        slots -= 1
    placed = {id(s) for s in ordered}
    ordered += [s for s in deletes if id(s) not in placed]
    draft.steps[:] = ordered


def _rule(draft: ScopeDraft, raw: Json) -> SecurityRule:
    return draft.scope.dialect.security_rule(raw)


def _too_small(draft: ScopeDraft, key: str, short: int) -> Diagnostic:
    return Diagnostic(
        "PLAN-QUOTA",
        f"the quota {key!r} needs {short} more slots during the change",
        "new objects are made before old ones are deleted, so that nothing is unserved in between",
        "raise the quota, or delete something first in an apply of its own",
        address=draft.scope.document.address,
    )

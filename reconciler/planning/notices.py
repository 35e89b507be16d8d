"""What is said about a listener besides its calls: changed match sets, unlisted ones in front."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.objects import Policy
from reconciler.planning.items import CLONE, Item
from reconciler.planning.overlap import disjoint
from reconciler.planning.state import Listener
from reconciler.records import replace

_PAIRS = 5000
"""Above this many pairs only the first managed policy behind each unlisted one is named."""


def listener_notices(listener: Listener) -> None:
    """Append every warning about this listener to its draft."""
    _changed_sets(listener)
    _unlisted_in_front(listener)
    unsettled(listener)


def _warn(listener: Listener, code: str, summary: str, detail: str, hint: str) -> None:
    listener.draft.diagnostics.append(
        Diagnostic(
            code,
            summary,
            detail,
            hint,
            severity=Severity.WARNING,
            address=listener.document.address,
            path=("spec", "policies"),
        )
    )


def _changed_sets(listener: Listener) -> None:
    changed = {i.key for i in listener.items if i.changed_sets and i.verb != CLONE} | listener.unproven
    names = [_name(i.want) for i in listener.items if i.key in changed and i.want is not None]
    if names and listener.proven is False:
        shown = ", ".join(repr(n) for n in names)
        clones, instead = "no clones can take over", "make room for one more policy"
        if listener.pinned:
            clones, instead = "the pinned numbers leave no place to clones", "leave the numbers to the planner"
        _warn(
            listener,
            "PLAN-CHANGED-SETS",
            f"{len(names)} {'policy' if len(names) == 1 else 'policies'} of this listener change which requests they "
            f"match: {shown}",
            f"no order of these calls is proven safe, and {clones}: in between, a request may get "
            "neither its old nor its new target",
            f"apply one such change at a time where that matters, or {instead}",
        )


def _name(policy: Policy) -> str:
    return policy.name


def _unlisted_in_front(listener: Listener) -> None:
    """Where an unlisted policy is evaluated before a managed one, the plan names the pair."""
    items = listener.items
    order = listener.after or listener.before
    kept = {n.address for n in listener.draft.unlisted}
    unlisted = [k for k in order if items[k].fixed and items[k].address in kept]
    _say_in_front(listener, evaluated_before(items, order, frozenset(unlisted)))


def evaluated_before(items: Sequence[Item], order: Sequence[int], others: frozenset[int]) -> dict[str, tuple[str, ...]]:
    """For each of ``others`` (keys of live policies): the wanted ones behind it whose requests it may take.

    By address; those that stand before nobody are left out.
    """
    unlisted = [(n, k) for n, k in enumerate(order) if k in others]
    if not unlisted:
        return {}
    managed = [(n, k) for n, k in enumerate(order) if items[k].want is not None]
    all_pairs = len(unlisted) * len(managed) <= _PAIRS
    behind_of: dict[str, tuple[str, ...]] = {}
    for place, key in unlisted:
        live = items[key].live
        assert live is not None
        behind: list[str] = []
        for n, other in managed if all_pairs else _next(managed, place):
            wanted = items[other].want
            assert wanted is not None
            if n > place and not disjoint(live.policy, wanted):
                behind.append(items[other].address)
        if behind:
            behind_of[items[key].address] = tuple(behind)
    return behind_of


def _next(managed: list[tuple[int, int]], place: int) -> list[tuple[int, int]]:
    from bisect import bisect_left

    at = bisect_left(managed, (place, -1))
    return managed[at : at + 1]


def _say_in_front(listener: Listener, behind_of: dict[str, tuple[str, ...]]) -> None:
    draft = listener.draft
    draft.unlisted = [replace(n, related=behind_of[n.address]) if n.address in behind_of else n for n in draft.unlisted]
    for address, behind in list(behind_of.items())[:20]:
        first = behind[0].rpartition("/")[2]
        more = f" and {len(behind) - 1} more" if len(behind) > 1 else ""
        _warn(
            listener,
            "PLAN-UNLISTED-FIRST",
            f"unlisted policy {address.rpartition('/')[2]!r} is evaluated before managed {first!r}{more}",
            "it may take requests that the manifest gives to " + ", ".join(behind[:10]),
            "list it in its place, or delete it",
        )


def unsettled(listener: Listener) -> None:
    """A live state that is about to pass."""
    if not listener.facts.settled:
        _warn(
            listener,
            "PLAN-UNSETTLED",
            "something is in flight on this listener's load balancer",
            "the live state was read while the provider was still changing it; the plan may be outdated",
            "plan again when it is done; apply waits for it and checks every object before it writes",
        )

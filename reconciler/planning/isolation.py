"""When a changed match set is safe in one call whatever the rules say: arguments that cost little and never err.

Used where there are too many rules to look at all combinations of them (semantics.md 6.3, 6.4 "Decompose first").
"""

from __future__ import annotations

from reconciler.model.objects import Policy
from reconciler.planning.items import CLONE, CREATE, DELETE, KEEP, Item
from reconciler.planning.order import DOWN, UP
from reconciler.planning.overlap import disjoint
from reconciler.planning.state import Listener

PAIRS = 2_000_000
"""Pairs of called policies up to which each is compared with each."""


def safe_in_place(listener: Listener, item: Item) -> bool:
    """Is changing this policy in place strongly safe, at its turn in the theorem's order?

    It is when nothing else is called that could match one of its requests; when it only grows (shrinks) and moves no
    lower (higher), as semantics.md 6.3 says; or when it stays and nothing below it comes, goes or changes: what it
    gives up falls to where it falls before and after, and what it takes, it takes at last.
    """
    others = [i for i in listener.items if i is not item and not i.fixed and (i.verb != KEEP or i.moved)]
    if not others:
        return True
    if listener.numbered and (_in_turn(item) or (not item.moved and _quiet_below(listener, item, others))):
        return True
    mine = _contents(item)
    if len(others) * len(listener.items) > PAIRS:
        return False
    return all(disjoint(a, b) for other in others for b in _contents(other) for a in mine)


def _contents(item: Item) -> list[Policy]:
    return [p for p in (item.live.policy if item.live else None, item.want) if p is not None]


def _in_turn(item: Item) -> bool:
    """Grows and does not move down, or shrinks and does not move up: called in that phase."""
    assert item.live is not None
    assert item.want is not None
    old = {r.match_set for r in item.live.policy.rules}
    new = {r.match_set for r in item.want.rules}
    order = item.order if item.moved else None
    if old < new:
        return order in (None, DOWN)
    return new < old and order in (None, UP)


def _quiet_below(listener: Listener, item: Item, others: list[Item]) -> bool:
    """No policy is called below: in the wanted list for those that come up, in the live list for those that go."""
    live = {k: n for n, k in enumerate(listener.before)}
    wanted = {k: n for n, k in enumerate(listener.after)}
    for other in others:
        comes = other.verb in (CREATE, CLONE) or other.order == UP or (not other.moved and other.verb != DELETE)
        goes = other.verb in (DELETE, CLONE) or other.order == DOWN or (not other.moved and other.verb != CREATE)
        if comes and wanted.get(other.key, -1) > wanted[item.key]:
            return False
        if goes and live.get(other.key, -1) > live[item.key]:
            return False
    return True

"""Where listed policies stand: those in the order of evaluation stay, others go behind their predecessor."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from reconciler.planning.order import heaviest_increasing


def arranged(
    listed: Sequence[Hashable], live: Sequence[Hashable], group: Mapping[Hashable, int]
) -> tuple[list[Hashable], list[Hashable]]:
    """The list in its new order, and what was moved in it.

    Args:
        listed: what stays listed, in the manifest's order (some of it perhaps not in ``live``: it stays).
        live: what is to be listed, in the order of evaluation; what is not in ``listed`` comes in.
        group: the evaluation class of each in ``live`` whose order matters: it matters inside of a class only.
    """
    rank = {key: n for n, key in enumerate(live)}
    result = list(listed)
    moved: list[Hashable] = []
    for klass in sorted(set(group.values())):
        members = [key for key in listed if group.get(key) == klass and key in rank]
        chosen = heaviest_increasing([rank[key] for key in members], [1] * len(members))
        staying = {members[n] for n in chosen}
        moved += [key for key in members if key not in staying]
    gone = set(moved)
    result = [key for key in result if key not in gone]
    for key in live:
        if key not in gone and key in result:
            continue
        result.insert(_place(key, result, rank, group), key)
    return result, moved


def _place(
    key: Hashable, result: Sequence[Hashable], rank: Mapping[Hashable, int], group: Mapping[Hashable, int]
) -> int:
    """The index for what comes in: directly behind the one that is evaluated before it."""
    mine = group.get(key)
    alike = [(n, other) for n, other in enumerate(result) if other in rank and group.get(other) == mine]
    before = [n for n, other in alike if rank[other] < rank[key]]
    if before:
        return before[-1] + 1
    if alike:
        return alike[0][0]
    lower = [n for n, other in enumerate(result) if mine is not None and group.get(other, mine) < mine]
    return lower[-1] + 1 if lower else 0 if mine is not None else len(result)

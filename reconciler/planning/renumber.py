"""Pinned numbers by construction, where a search for the fewest calls gives up: first the order, then the numbers.

The order is reached by the theorem of semantics.md 6.2, on free numbers; then policies take their pinned numbers one by
one without passing each other, so that no state of that part differs from the last. Every state is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.planning.numbers import Numbers
from reconciler.planning.order import DOWN, UP, Settled, heaviest_increasing, phases

Found = list[tuple[int, int | None]]
"""(item key, number): create, update or move to that number; None: delete."""

_BOUND = 1 << 20
"""Weight of a policy that must not be written."""

MOST = 120
"""Policies up to which this is tried: each state costs their number squared."""


def construct(
    before: Sequence[int],
    after: Sequence[int],
    numbers: Mapping[int, int],
    target: Mapping[int, int | None],
    pending: Sequence[int],
    ends: tuple[int, int],
    safe: Callable[[Mapping[int, int], set[int]], bool],
) -> Found | None:
    """The calls, or None where a number is missing or a state is not safe. ``target`` has none of the fixed ones."""
    if len({*before, *after}) > MOST:
        return None
    place = {key: n for n, key in enumerate(after)}
    both = [key for key in before if key in place]
    weights = [_BOUND if k not in target else 2 if target[k] == numbers.get(k) else 1 for k in both]
    staying = frozenset(both[n] for n in heaviest_increasing([place[k] for k in both], weights))
    if any(k not in target and k not in staying for k in both):
        return None
    found: Found = []
    now, left = dict(numbers), set(pending)
    found_phase = phases(before, after, staying)
    settled = Settled.of(after, staying)
    turns = [k for k in after if found_phase[k] == UP or (k in staying and k in left)]
    turns += [k for k in reversed(before) if found_phase[k] == DOWN]
    for key in turns:
        number = target[key] if key not in place else _slot(key, now, target, settled, staying, ends)
        if number is None and key in place:
            return None
        if number is None:
            now.pop(key)
        else:
            now[key] = number
        if key in place and key not in staying:
            settled.add(key)
        if number == target[key]:
            left.discard(key)
        if not (key in staying and number == numbers.get(key) and number != target[key]):
            found.append((key, number))
            if not safe(now, left):
                return None
    rest = _renumber(now, target, [k for k in place if k in target and (k in left or now[k] != target[k])], safe)
    return None if rest is None else [*found, *rest]


def _slot(
    key: int, now: Mapping[int, int], target: Mapping[int, int | None], settled: Settled, staying: frozenset[int],
    ends: tuple[int, int],
) -> int | None:  # fmt: skip
    """The pinned number where it is free in the right place, else any free one there; K keeps its own."""
    used = sorted(n for k, n in now.items() if k != key)
    low, high, below, above = settled.neighbours(key)
    first = ends[0] - 1 if low is None else now[low]
    last = ends[1] + 1 if high is None or high == key else now[high]
    wanted = target[key]
    if wanted is not None and wanted not in used:
        next_low = max((n for n in used if n < wanted), default=ends[0] - 1)
        next_high = min((n for n in used if n > wanted), default=ends[1] + 1)
        own = now.get(key)
        if key in staying and own is not None and next_low < own < next_high:
            return wanted
        if key not in staying and first < wanted < last and next_low <= first:
            return wanted
    if key in staying:
        return now[key]
    return Numbers(ends, used).choose(first, last, below, above)


def _renumber(
    now: dict[int, int], target: Mapping[int, int | None], left: list[int],
    safe: Callable[[Mapping[int, int], set[int]], bool],
) -> Found | None:  # fmt: skip
    """Every policy to its pinned number, none past another; its content changes with that call."""
    found: Found = []
    while left:
        for key in left:
            wanted = target[key]
            assert wanted is not None
            low, high = sorted((now[key], wanted))
            if any(low <= n <= high for k, n in now.items() if k != key):
                continue
            then, rest = {**now, key: wanted}, {k for k in left if k != key}
            if safe(then, rest):
                now[key] = wanted
                found.append((key, wanted))
                left.remove(key)
                break
        else:
            return None
    return found

"""Which policies stay, and when each of the others moves: the theorem of semantics.md 6.2, linear times a logarithm."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise

from reconciler.records import dataclass

UP = "up"
DOWN = "down"
STAY = "stay"


def increasing(sequence: Sequence[int]) -> bool:
    """Is every element greater than the one before?"""
    return all(a < b for a, b in pairwise(sequence))


def heaviest_increasing(sequence: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Indexes of an increasing subsequence of greatest weight, and among those of greatest length.

    ``sequence`` holds distinct numbers. With all weights 1 this is a longest increasing subsequence. Deterministic:
    among equals the one found first from the left. O(n log n).
    """
    if increasing(sequence):
        return list(range(len(sequence)))
    ranks = {value: rank for rank, value in enumerate(sorted(sequence), 1)}
    tree: list[tuple[int, int, int]] = [(0, 0, -1)] * (len(sequence) + 1)  # weight, length, index of the last
    previous: list[int] = []
    best = (0, 0, -1)
    for i, value in enumerate(sequence):
        rank = ranks[value]
        found = _best_below(tree, rank - 1)
        previous.append(found[2])
        entry = (found[0] + weights[i], found[1] + 1, i)
        if entry[:2] > best[:2]:
            best = entry
        while rank < len(tree):
            if entry[:2] > tree[rank][:2]:
                tree[rank] = entry
            rank += rank & -rank
    chosen: list[int] = []
    at = best[2]
    while at >= 0:
        chosen.append(at)
        at = previous[at]
    return chosen[::-1]


def _best_below(tree: Sequence[tuple[int, int, int]], rank: int) -> tuple[int, int, int]:
    best = (0, 0, -1)
    while rank > 0:
        if tree[rank][:2] > best[:2]:
            best = tree[rank]
        rank -= rank & -rank
    return best


def phases(before: Sequence[int], after: Sequence[int], staying: frozenset[int]) -> dict[int, str]:
    """For each element whether it goes up, goes down, or stays (semantics.md 6.2, safe for any common subsequence).

    ``before`` and ``after`` are evaluation lists of element numbers; ``staying`` is K, whose elements stand in both in
    the same order. *Down*: crosses some element of K downward, or is deleted. Everything else not in K is *up*.
    """
    rank_before = _ranks(before, staying)
    rank_after = _ranks(after, staying)
    found: dict[int, str] = {}
    for element in (*before, *(e for e in after if e not in rank_before)):
        if element in staying:
            found[element] = STAY
        elif element not in rank_after:
            found[element] = DOWN
        elif element not in rank_before:
            found[element] = UP
        else:
            found[element] = DOWN if rank_after[element] > rank_before[element] else UP
    return found


def _ranks(order: Sequence[int], staying: frozenset[int]) -> dict[int, int]:
    ranks: dict[int, int] = {}
    count = 0
    for element in order:
        ranks[element] = count
        if element in staying:
            count += 1
    return ranks


def final_order(before: Sequence[int], listed: Sequence[int], staying: frozenset[int]) -> list[int]:
    """The list that results: K and unlisted ones keep their places, the rest stands directly behind its predecessor.

    ``listed`` is the wanted order of the listed elements; ``staying`` holds K and the unlisted ones that are kept.
    The first ones of the list stand directly before the first staying listed one; with none of these, last.
    """
    base = [e for e in before if e in staying]
    behind: dict[int | None, list[int]] = {}
    anchor: int | None = None
    for element in listed:
        if element in staying:
            anchor = element
        else:
            behind.setdefault(anchor, []).append(element)
    first = next((e for e in listed if e in staying), None)
    leading = behind.get(None, [])
    result: list[int] = []
    for element in base:
        if element == first:
            result.extend(leading)
        result.append(element)
        result.extend(behind.get(element, ()))
    if first is None:
        result.extend(leading)
    return result


@dataclass(slots=True)
class Settled:
    """Which elements of the wanted order stand where they belong already; grows while calls are made."""

    order: Sequence[int]
    index: dict[int, int]
    at: list[int]

    @classmethod
    def of(cls, order: Sequence[int], staying: frozenset[int]) -> Settled:
        """The state before the first call."""
        return cls(order, {e: i for i, e in enumerate(order)}, [i for i, e in enumerate(order) if e in staying])

    def add(self, element: int) -> None:
        """The element has been created or moved to its place."""
        insort(self.at, self.index[element])

    def neighbours(self, element: int) -> tuple[int | None, int | None, int, int]:
        """Nearest settled predecessor and successor, and how many unsettled ones stand between each and it."""
        i = self.index[element]
        k = bisect_left(self.at, i)
        low = self.at[k - 1] if k else -1
        high = self.at[k] if k < len(self.at) else len(self.order)
        return (
            self.order[low] if k else None,
            self.order[high] if k < len(self.at) else None,
            i - low - 1,
            high - i - 1,
        )


def strongly_safe(
    state: Sequence[int],
    before: Sequence[int],
    after: Sequence[int],
    old_target: frozenset[int] = frozenset(),
    new_target: frozenset[int] = frozenset(),
) -> bool:
    """Does every request get its old or its new target in this state, whatever the overlaps? (6.2, reversed triples)

    Elements that a list lacks stand below its end. ``old_target``, ``new_target``: elements that match the same before
    and after, with another target, and have the one or the other now. O(n^2), for small lists.
    """
    last = len(before) + len(after)
    place_s = {e: i for i, e in enumerate(before)}
    place_d = {e: i for i, e in enumerate(after)}
    place_s[-1] = place_d[-1] = last  # the default target
    for e in after:  # below the end, in the order that is hardest to keep: no two of them ever win there
        place_s.setdefault(e, 2 * last - place_d[e])
    for e in before:
        place_d.setdefault(e, 2 * last - place_s[e])
    present = frozenset(state)
    below = [*state, -1, *(e for e in {**place_s, **place_d} if e >= 0 and e not in present)]
    for i, w in enumerate(below[: len(state) + 1]):
        s_w, d_w = place_s[w], place_d[w]
        old = new = False  # an old winner, a new winner below w
        for x in below[i + 1 :]:
            s_x, d_x = place_s[x], place_d[x]
            if s_x < s_w and (d_x < d_w or w in old_target):
                return False
            if d_x < d_w and w in new_target:
                return False
            old = old or (s_x < s_w and d_x > d_w)
            new = new or (s_x > s_w and d_x < d_w)
        if old and new:
            return False
    return True

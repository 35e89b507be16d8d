"""Sparse numbers (Huawei's priority): which policies can keep theirs, and which number a moved or new one gets.

Numbers are unique on a listener, so they are a resource (semantics.md 6.5, order mode).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from reconciler.records import dataclass

STEP = 100
"""Distance of the numbers in a new list."""


def fits(
    chosen: Sequence[int],
    numbers: Sequence[int],
    wanted: Sequence[int],
    ends: tuple[int, int],
    used: Sequence[int],
    total: int,
) -> bool:
    """Does every gap between the chosen ones (and at both ends) hold the elements that belong into it?

    ``chosen`` indexes ``numbers`` (rising) and ``wanted`` (places in the wanted order); ``ends`` are the smallest and
    greatest valid number; ``used`` all numbers in use, sorted; ``total`` how many elements the wanted order has.
    """
    low, place = ends[0] - 1, -1
    for i in chosen:
        if _free(used, low, numbers[i]) < wanted[i] - place - 1:
            return False
        low, place = numbers[i], wanted[i]
    return _free(used, low, ends[1] + 1) >= total - place - 1


def longest_that_fits(
    numbers: Sequence[int], wanted: Sequence[int], weights: Sequence[int], ends: tuple[int, int], used: Sequence[int],
    total: int,
) -> list[int] | None:  # fmt: skip
    """The heaviest (then longest) subsequence whose gaps hold all inserts; None if not even the empty one does.

    O(n^2); only called where the unconstrained subsequence does not fit.
    """
    n = len(numbers)
    all_numbers = [*numbers, ends[1] + 1]
    all_wanted = [*wanted, total]
    best: list[tuple[int, int, int] | None] = []
    for j in range(n + 1):
        number, place = all_numbers[j], all_wanted[j]
        found: tuple[int, int, int] | None = None
        if _free(used, ends[0] - 1, number) >= place:
            found = (0, 0, -1)
        for i in range(j):
            before = best[i]
            if before is None or wanted[i] >= place or (found is not None and before[:2] <= found[:2]):
                continue
            if _free(used, numbers[i], number) >= place - wanted[i] - 1:
                found = (before[0], before[1], i)
        weight = weights[j] if j < n else 0
        best.append(None if found is None else (found[0] + weight, found[1] + 1, found[2]))
    chosen: list[int] = []
    entry = best[n]
    if entry is None:
        return None
    while entry is not None and entry[2] >= 0:
        chosen.append(entry[2])
        entry = best[entry[2]]
    return chosen[::-1]


def _free(used: Sequence[int], low: int, high: int) -> int:
    """How many numbers strictly between ``low`` and ``high`` nobody uses."""
    return max(0, high - low - 1 - (bisect_left(used, high) - bisect_right(used, low)))


@dataclass(slots=True)
class Numbers:
    """The numbers in use on one listener while calls are made."""

    ends: tuple[int, int]
    used: list[int]

    def take(self, number: int) -> None:
        """A policy has this number from now on."""
        insort(self.used, number)

    def free(self, number: int) -> None:
        """No policy has this number any more."""
        at = bisect_left(self.used, number)
        if at < len(self.used) and self.used[at] == number:
            del self.used[at]

    def choose(self, low: int | None, high: int | None, below: int, above: int) -> int | None:
        """A free number between two settled neighbours, or None.

        ``below``/``above`` elements still have to fit between it and the neighbours. The first free range behind
        ``low`` is taken, its middle rounded down; without ``low`` the last range before ``high``; at the open end
        the next hundred's distance.
        """
        first = self.ends[0] - 1 if low is None else low
        last = self.ends[1] + 1 if high is None else high
        ranges = self._ranges(first, last)
        if low is None and high is not None:
            ranges.reverse()
        elif low is None and high is None and ranges and ranges[-1][1] == self.ends[1]:
            ranges.insert(0, ranges.pop())  # alone in the list: last of all
        for x, y in ranges:
            least = x + max(0, below - _free(self.used, first, x))
            most = y - max(0, above - _free(self.used, y, last))
            if least <= most:
                return min(max(self._middle(x, y, above), least), most)
        return None

    def choose_before(self, low: int | None, limit: int | None, high: int | None, below: int, above: int) -> int | None:
        """A free number behind ``low`` in the last range before ``limit``, which must lie between ``low`` and ``high``.

        ``below``/``above`` elements must still fit between it and the neighbours.
        """
        first = self.ends[0] - 1 if low is None else low
        last = self.ends[1] + 1 if high is None else high
        if limit is None or not first < limit < last:
            return None
        for x, y in reversed(self._ranges(first, limit)):
            least = x + max(0, below - _free(self.used, first, x))
            most = y - max(0, above - _free(self.used, y, last))
            if least <= most:
                return min(max((x + y) // 2, least), most)
        return None

    def _middle(self, x: int, y: int, above: int) -> int:
        if y == self.ends[1]:
            return x - 1 + max(1, min(STEP, (y - x + 1) // (above + 1)))
        return (x + y) // 2

    def _ranges(self, low: int, high: int) -> list[tuple[int, int]]:
        """The free ranges strictly between two numbers, rising."""
        found: list[tuple[int, int]] = []
        at = low + 1
        for number in self.used[bisect_right(self.used, low) : bisect_left(self.used, high)]:
            if number > at:
                found.append((at, number - 1))
            at = number + 1
        if at < high:
            found.append((at, high - 1))
        return found

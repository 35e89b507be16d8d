"""Pinned numbers: the manifest says which priority or position every policy has (semantics.md 6.5, pinned mode)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.items import CREATE, HEAL, KEEP, REPLACE, Item
from reconciler.planning.order import heaviest_increasing, phases, strongly_safe
from reconciler.planning.regions import Entry, Regions
from reconciler.planning.renumber import construct
from reconciler.planning.state import Listener
from reconciler.planning.states import regions_of
from reconciler.records import dataclass, field

SEARCH = 8
"""Up to this many policies to call for, the fewest calls are searched for; above, one call after the other is taken."""

BUDGET = 4_000
"""States that a search may look at."""

WORK = 10_000_000
"""Pairs of policies that one search may compare, over all states."""

_NEW = 1 << 32
"""Added to the key of a policy once what it matches has changed."""


def plan_pinned(listener: Listener, unpinned: Callable[[], ScopeDraft]) -> None:
    """Decide order and numbers of a listener whose policies are pinned. ``unpinned``: the same one without pins."""
    if listener.sparse:
        _sparse(listener, unpinned)
    else:
        plan_positions(listener)


def _report(listener: Listener, code: str, summary: str, detail: str, hint: str) -> None:
    listener.draft.diagnostics.append(
        Diagnostic(code, summary, detail, hint, address=listener.document.address, path=("spec", "policies"))
    )


# ------------------------------------------------------------------------------------------------ dense positions
def plan_positions(listener: Listener) -> None:
    """A position is the index among all live policies afterwards: unlisted ones fill what is left, in their order."""
    items = listener.items
    listed = [k for klass in sorted(listener.listed) for k in listener.listed[klass]]
    fixed = [i.key for i in items if i.fixed]
    count = len(listed) + len(fixed)
    places: list[int | None] = [None] * count
    for key in listed:
        pin = items[key].pin
        if pin is None or not 1 <= pin <= count or places[pin - 1] is not None:
            what = f"position {pin} of {items[key].address.rpartition('/')[2]!r} cannot be had"
            detail = f"there will be {count} policies: {len(listed)} listed, {len(fixed)} unlisted or ignored"
            hint = "pin 1 to that number, each once, or leave the positions to the planner"
            _report(listener, "PLAN-PIN-POSITION", what, detail, hint)
            return
        places[pin - 1] = key
    rest = iter(fixed)
    after = [next(rest) if key is None else key for key in places]
    before = [i.key for i in items if i.live is not None]
    index = {key: n for n, key in enumerate(after)}
    fixed_set = frozenset(fixed)
    passed_before, passed_after = _passed(before, fixed_set), _passed(after, fixed_set)
    retained = [k for k in before if k in index and k not in fixed_set and passed_before[k] == passed_after[k]]
    weights = [0 if items[k].policy_call else 1 for k in retained]
    chosen = heaviest_increasing([index[k] for k in retained], weights)
    listener.staying = fixed_set | {retained[i] for i in chosen}
    listener.before, listener.after, listener.whole = before, after, after
    found = phases(before, after, listener.staying)
    for item in items:
        item.order = found[item.key]
        item.moved = item.live is not None and item.want is not None and item.key not in listener.staying


def _passed(order: Sequence[int], fixed: frozenset[int]) -> dict[int, int]:
    count = 0
    found: dict[int, int] = {}
    for key in order:
        found[key] = count
        count += key in fixed
    return found


# ------------------------------------------------------------------------------------------------ sparse numbers
@dataclass(slots=True)
class _Board:
    """Who has which number, who should, and what a state's evaluation list is."""

    before: Sequence[int]
    after: Sequence[int]
    target: Mapping[int, int | None]
    classes: Mapping[int, int]
    fixed: frozenset[int]
    ends: tuple[int, int]
    renewed: frozenset[int] = frozenset()  # match something else afterwards
    retargeted: frozenset[int] = frozenset()  # match the same, with another target
    memo: dict[tuple[tuple[int, ...], frozenset[int]], bool] = field(default_factory=dict)
    regions: Regions | None = None  # where there are few enough rules: what is really matched
    entries: dict[int, Entry] = field(default_factory=dict)

    def look(self, listener: Listener) -> None:
        """Judge states by what the policies really match, where there are few enough rules."""
        regions = regions_of(listener)
        if regions is None:
            return
        for item in listener.items:
            old = item.live.policy if item.live is not None else item.want
            new = item.want if item.want is not None else old
            assert old is not None
            assert new is not None
            self.entries[item.key], self.entries[item.key + _NEW] = regions.entry(old), regions.entry(new)
        changed = self.renewed | self.retargeted
        regions.between(
            [self.entries[k] for k in self.before],
            [self.entries[k + _NEW if k in changed else k] for k in self.after],
        )
        self.regions = regions

    def safe(self, numbers: Mapping[int, int], left: frozenset[int] | set[int]) -> bool:
        """Is this state strongly safe whatever overlaps? Who matches something else counts as old gone, new come."""
        order = tuple(sorted(numbers, key=lambda k: (self.classes[k], numbers[k])))
        done = (self.renewed | self.retargeted) - left
        mark = order, done
        if mark not in self.memo and self.regions is not None:
            self.memo[mark] = self.regions.safe([self.entries[k + _NEW if k in done else k] for k in order])
        if mark not in self.memo:
            renewed = self.renewed & done
            state = [k + _NEW if k in renewed else k for k in order]
            after = [k + _NEW if k in self.renewed else k for k in self.after]
            retargeted = self.retargeted
            self.memo[mark] = strongly_safe(state, self.before, after, retargeted - done, retargeted & done)
        return self.memo[mark]


def _sparse(listener: Listener, unpinned: Callable[[], ScopeDraft]) -> None:
    items = listener.items
    target = {i.key: (i.pin if i.want is not None else None) for i in items if not i.fixed}
    numbers: dict[int, int] = {}
    for item in items:
        if item.live is not None and item.live.policy.number is not None:
            numbers[item.key] = item.live.policy.number
    taken = {numbers[i.key]: i.address for i in items if i.fixed and i.key in numbers}
    for key, pin in target.items():
        if pin is not None and pin in taken:
            _report(
                listener, "PLAN-NUMBERS-TAKEN",
                f"priority {pin} of {items[key].address.rpartition('/')[2]!r} belongs to {taken[pin]}",
                "that policy is unlisted or ignored, so it keeps its number", "pin another number, or list that policy",
            )  # fmt: skip
            return
    final = {
        **{k: n for k, n in numbers.items() if items[k].fixed},
        **{k: n for k, n in target.items() if n is not None},
    }
    classes = {i.key: i.class_after for i in items}
    listener.after = sorted(final, key=lambda k: (classes[k], final[k]))
    fixed = frozenset(i.key for i in items if i.fixed)
    written = frozenset(i.key for i in items if i.live is not None and i.want is not None and i.verb != KEEP)
    renewed = frozenset(k for k in written if _matches_otherwise(listener, items[k]))
    ends = listener.draft.scope.dialect.numbers
    board = _Board(listener.before, listener.after, target, classes, fixed, ends, renewed, written - renewed)
    if any(i.live is None or i.live.status != "ERROR" for i in items):
        board.look(listener)
    pending = [i.key for i in items if not i.fixed and _needs(i, numbers.get(i.key), target[i.key])]
    found = _calls_in_order(board, numbers, pending)
    if found is None and renewed:  # what is matched stands in the way: do the numbers, too?
        listener.unproven = renewed
        alike = _Board(listener.before, listener.after, target, classes, fixed, ends, retargeted=written - renewed)
        found = _calls_in_order(alike, numbers, pending)
    if found is None:
        _impossible(listener, [items[k] for k in pending], unpinned)
        return
    listener.staying = frozenset(i.key for i in items) - set(pending)
    for item in items:
        item.moved = item.live is not None and item.want is not None and numbers.get(item.key) != target.get(item.key)
        item.moved = item.moved and not item.fixed
    listener.pinned = [(items[key], number) for key, number in found]


def _matches_otherwise(listener: Listener, item: Item) -> bool:
    """Does it match other requests afterwards? One in ERROR is taken to match none now."""
    assert item.live is not None
    assert item.want is not None
    arms, live = listener.draft.scope.dialect.arms, item.live.policy
    return item.verb == HEAL or live.match_set != item.want.match_set or arms(live) != arms(item.want)


def _calls_in_order(board: _Board, numbers: Mapping[int, int], pending: Sequence[int]) -> Found | None:
    """The fewest calls where these are searched for, else some; None where no safe ones were found."""
    found = _search(board, numbers, frozenset(pending)) if len(pending) <= SEARCH else _greedy(board, numbers, pending)
    if found is None:
        found = construct(board.before, board.after, numbers, board.target, pending, board.ends, board.safe)
    return found


def _needs(item: Item, number: int | None, target: int | None) -> bool:
    return item.verb != KEEP or number != target


def _impossible(listener: Listener, items: Sequence[Item], unpinned: Callable[[], ScopeDraft]) -> None:
    names = ", ".join(repr(i.address.rpartition("/")[2]) for i in items)
    _report(
        listener,
        "PLAN-NO-SAFE-ORDER",
        f"no order of calls brings {names} to the pinned numbers safely",
        "numbers are unique, so a policy that waits for another's number needs a free one where it may stand meanwhile",
        f"leave gaps between the pinned numbers, or let the planner choose them ({_order_mode(unpinned())})",
    )


def _order_mode(other: ScopeDraft) -> str:
    """Both numbers of calls, in words: with the pins, and with numbers that the planner chooses."""
    return "pinned: no safe calls; without pins: " + ("none either" if other.blocked else f"{len(other.steps)} calls")


Found = list[tuple[int, int | None]]
"""(item key, number): create, update or move to that number; None: delete."""


def _search(board: _Board, numbers: Mapping[int, int], pending: frozenset[int]) -> Found | None:
    """Fewest calls from here to the targets, through safe states only (A*, bounded)."""
    start = (tuple(sorted(numbers.items())), pending)
    queue: list[tuple[int, int, tuple[tuple[tuple[int, int], ...], frozenset[int]]]] = [(len(pending), 0, start)]
    came: dict[object, tuple[object, tuple[int, int | None]] | None] = {start: None}
    cost: dict[object, int] = {start: 0}
    serial, most = 0, len(board.memo) + WORK // (len(board.before) + len(board.after) + 1) ** 2
    while queue and serial < BUDGET and len(board.memo) < most:
        _, _, state = heapq.heappop(queue)
        now, left = dict(state[0]), state[1]
        if not left:
            return _path(came, state)
        for key, number, rest in _calls(board, now, left):
            then = dict(now)
            if number is None:
                then.pop(key)
            else:
                then[key] = number
            following = (tuple(sorted(then.items())), rest)
            price = cost[state] + 1
            if price < cost.get(following, 1 << 30) and board.safe(then, rest):
                cost[following] = price
                came[following] = (state, (key, number))
                serial += 1
                heapq.heappush(queue, (price + len(rest), serial, following))
    return None


def _path(came: Mapping[object, tuple[object, tuple[int, int | None]] | None], state: object) -> Found:
    found: Found = []
    step = came[state]
    while step is not None:
        found.append(step[1])
        step = came[step[0]]
    return found[::-1]


def _calls(board: _Board, now: Mapping[int, int], left: frozenset[int]) -> list[tuple[int, int | None, frozenset[int]]]:
    """Every call that may come next: final ones, and temporary numbers."""
    used = set(now.values())
    found: list[tuple[int, int | None, frozenset[int]]] = []
    ups = [k for k in board.after if k in left]
    downs = [k for k in reversed(board.before) if k in left and k not in ups]
    for key in (*ups, *downs):
        target = board.target[key]
        if target is None or target not in used or now.get(key) == target:
            found.append((key, target, left - {key}))
    low, high = board.ends
    targets = {t for t in board.target.values() if t is not None}
    spare = {n for m in used | targets for n in (m - 1, m + 1)} | targets
    for number in sorted(n for n in spare if low <= n <= high and n not in used):
        for key in now:
            if key not in board.fixed and board.target[key] != number:
                found.append((key, number, left | {key}))
    return found


def _greedy(board: _Board, numbers: Mapping[int, int], pending: Sequence[int]) -> Found | None:
    """One safe call after the other, ups first; what is stuck at last is searched for."""
    now, left, done = dict(numbers), set(pending), []
    turn = [k for k in board.after if k in left] + [
        k for k in reversed(board.before) if k in left and k not in board.after
    ]
    while left:
        for key in turn:
            target = board.target[key]
            if key not in left or (target is not None and target in now.values() and now.get(key) != target):
                continue
            then = {k: n for k, n in now.items() if k != key}
            if target is not None:
                then[key] = target
            if board.safe(then, left - {key}):
                now = then
                left.discard(key)
                done.append((key, target))
                break
        else:
            if len(left) > SEARCH:
                return None
            rest = _search(board, now, frozenset(left))
            return None if rest is None else [*done, *rest]
    return done


def actions_of(listener: Listener) -> list[tuple[str, Item]]:
    """The pinned calls as actions; each number is queued on the listener in the order of the calls."""
    found: list[tuple[str, Item]] = []
    last = {item.key: n for n, (item, _) in enumerate(listener.pinned)}
    for n, (item, number) in enumerate(listener.pinned):
        if number is None:
            found.append(("delete", item))
        elif n != last[item.key]:
            listener.queue.setdefault(item.key, []).append(number)
            made = any(i is item for v, i in found if v == "begin")
            found.append(("temporary" if item.live is not None or made else "begin", item))
        else:
            listener.queue.setdefault(item.key, []).append(number)
            verb = {
                CREATE: "update" if any(i is item for v, i in found if v == "begin") else "create",
                REPLACE: "replace",
                HEAL: "replace",
            }.get(item.verb, "update")
            found.append((verb, item))
    return found

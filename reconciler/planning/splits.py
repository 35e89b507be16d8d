"""Changed match sets: one call where that is safe, else a clone that takes over (semantics.md 6.3, 6.4).

The ways to change each policy are tried from the fewest calls on; the first whose drafted calls pass through safe
states only is taken. A clone in its final place, armed last, and the old policy deleted in its turn are always safe.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from reconciler.planning.actions import draft_calls, natural
from reconciler.planning.changing import Search
from reconciler.planning.exchange import exchanged
from reconciler.planning.isolation import safe_in_place
from reconciler.planning.items import CHANGING, CLONE, REPLACE, Item
from reconciler.planning.order import UP
from reconciler.planning.pins import plan_positions
from reconciler.planning.regions import Regions, target_of
from reconciler.planning.rules import Program, around, creation_calls
from reconciler.planning.state import Listener
from reconciler.planning.states import WORK, all_safe, regions_of
from reconciler.planning.staying import choose_staying
from reconciler.records import dataclass

TRIALS = 40
"""Combinations that are drafted before every policy in question becomes a clone."""

TRIED = 4_000
"""Calls that the searches of all combinations may try together."""

_WHY = "no order of calls in place is safe with what else changes: a clone takes over"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to change a policy, and how many calls it takes."""

    calls: int
    verb: str
    program: Program
    policy_call: bool
    phase: str
    reason: str

    def take(self, item: Item) -> None:
        """Let the item be changed this way."""
        item.verb, item.program, item.policy_call = self.verb, self.program, self.policy_call
        item.phase, item.reason = self.phase, self.reason


def settle(listener: Listener) -> None:
    """Draft the calls of a listener on which match sets change, or numbers are too few for the theorem's slots."""
    items = [i for i in listener.items if i.changed_sets and not i.fixed and i.verb in CHANGING]
    chooser = _Chooser(listener, items, [_ways(listener, i) for i in items], regions_of(listener))
    chooser.choose()
    clones = (
        i for i, w in zip(items, chooser.ways, strict=True) if i.verb == CLONE and any(v.verb != CLONE for v in w)
    )
    listener.draft.splits = sum(1 for _ in clones)


def _ways(listener: Listener, item: Item) -> tuple[Way, ...]:
    """The ways to change one policy, fewest calls first."""
    assert item.live is not None
    assert item.want is not None
    dialect = listener.draft.scope.dialect
    own = len(item.program.calls) + item.policy_call if not dialect.rules_inline else 1
    found = [Way(own, item.verb, item.program, item.policy_call, item.phase, item.reason)]
    if item.verb == CLONE or item.program.offline or not dialect.arms(item.want):
        return tuple(found)
    if not dialect.rules_inline:
        bridge = around(item.live, item.want, dialect)
        if bridge is not None and item.program.unproven:
            calls = len(bridge.calls) + item.policy_call
            found.append(Way(calls, item.verb, bridge, item.policy_call, UP, item.reason))
    if _may_split(listener, item):
        calls = creation_calls(item.want, dialect) + 2
        found.append(Way(calls, CLONE, Program(clone=True, phase=UP, unproven=True), True, UP, _WHY))
    if item.verb == REPLACE:  # its rules differ, so a clone is accepted, and no gap is needed
        return tuple(reversed(found))
    return tuple(sorted(found, key=lambda w: w.calls))


def _may_split(listener: Listener, item: Item) -> bool:
    live = item.live
    assert live is not None
    if not listener.split or live.status == "ERROR":
        return False
    if any(fnmatchcase(live.policy.name, p) for p in listener.document.protect):
        return False  # a protected policy is never replaced
    if listener.draft.scope.dialect.reject_duplicate_match_sets:
        assert item.want is not None
        wanted, others = item.want.match_set, [i for i in listener.items if i is not item]
        if any(i.live is not None and i.live.policy.match_set == wanted for i in others):  # also one in ERROR
            return False
        return not any(item.key in holders or item.key in takers for holders, takers in exchanged(listener).values())
    return True


@dataclass(slots=True)
class _Chooser:
    listener: Listener
    items: Sequence[Item]
    ways: Sequence[tuple[Way, ...]]
    regions: Regions | None

    def choose(self) -> None:
        """Draft the first combination of ways that is safe, or the first one of all, told not to be proven."""
        if self.regions is None or len(self.listener.items) * (len(self.items) + 1) > WORK // 10:
            self._by_argument()
            return
        search = Search(self.listener, self.regions, TRIED)
        for combination in self._combinations():
            if self._trial(combination, search):
                return
        if not self._fewer_clones(search):
            self._by_argument()

    def _combinations(self) -> Iterator[tuple[int, ...]]:
        """Which way for each item, by calls in all."""
        first = (0,) * len(self.items)
        queue = [(sum(w[0].calls for w in self.ways), first)]
        seen = {first}
        for _ in range(TRIALS):
            if not queue:
                return
            calls, combination = heapq.heappop(queue)
            yield combination
            for n, ways in enumerate(self.ways):
                if combination[n] + 1 < len(ways):
                    following = (*combination[:n], combination[n] + 1, *combination[n + 1 :])
                    if following not in seen:
                        seen.add(following)
                        more = ways[following[n]].calls - ways[combination[n]].calls
                        heapq.heappush(queue, (calls + more, following))

    def _fewer_clones(self, search: Search) -> bool:
        """From a clone for each down to as few as are safe, one policy after the other."""
        best = [next((k for k, w in enumerate(ways) if w.verb == CLONE), 0) for ways in self.ways]
        if 2 ** len(best) <= TRIALS:
            return False  # all combinations have been tried
        search.budget = TRIED
        if not self._trial(tuple(best), search):
            return False
        for n in (n for n in range(min(len(best), TRIALS)) if best[n] != 0):
            self._forget()
            if not self._trial((*best[:n], 0, *best[n + 1 :]), search):
                self._trial(tuple(best), search)
            else:
                best[n] = 0
        return self.listener.proven is True

    # -------------------------------------------------------------- one combination
    def _replan(self, combination: Sequence[int]) -> bool:
        """What stays and what moves, with these ways; False where that cannot be had."""
        for item, ways, n in zip(self.items, self.ways, combination, strict=True):
            ways[n].take(item)
        errors = len(self.listener.draft.diagnostics)
        if self.listener.whole:
            plan_positions(self.listener)
        else:
            choose_staying(self.listener)
        fits = not self.listener.draft.blocked
        del self.listener.draft.diagnostics[errors:]
        return fits

    def _forget(self) -> None:
        self.listener.draft.steps.clear()
        self.listener.draft.gaps.clear()

    def _trial(self, combination: Sequence[int], search: Search) -> bool:
        assert self.regions is not None
        if not self._replan(combination):
            return False
        actions = search.run(natural(self.listener))
        if actions is None:
            return False
        said = len(self.listener.draft.diagnostics)
        draft_calls(self.listener, actions)
        if not self.listener.draft.blocked and all_safe(self.listener, self.regions):
            del self.listener.draft.diagnostics[said:]  # what the general rule could not prove is proven here
            self.listener.proven = True
            return True
        del self.listener.draft.diagnostics[said:]
        self._forget()
        return False

    # -------------------------------------------------------------- many rules: by argument
    def _by_argument(self) -> None:
        """One call where an argument says that this is safe, a clone elsewhere; nothing is searched for."""
        chosen = [self._sound(n) for n in range(len(self.items))]
        fits = self._replan(chosen)
        again = True
        while again and fits:
            again = False
            doubtful = [n for n, i in enumerate(self.items) if i.verb != CLONE and not safe_in_place(self.listener, i)]
            for n in doubtful:
                clone = next((k for k, w in enumerate(self.ways[n]) if w.verb == CLONE), None)
                if clone is not None:
                    chosen[n], again = clone, True
            fits = self._replan(chosen)
        proven = fits and not doubtful
        if not fits:
            self._replan([next((k for k, w in enumerate(ways) if w.verb != CLONE), 0) for ways in self.ways])
        kept = draft_calls(self.listener, natural(self.listener))
        self.listener.proven = proven and kept and not self.listener.tight

    def _sound(self, n: int) -> int:
        """The first way that is safe when nothing else is called: rules around the target where both change."""
        item, ways = self.items[n], self.ways[n]
        assert item.live is not None
        assert item.want is not None
        crosses = ways[0].program.unproven and ways[0].verb != CLONE
        if crosses and target_of(item.live.policy) != target_of(item.want):
            return next((k for k, w in enumerate(ways) if w.program.cut is not None or w.verb == CLONE), 0)
        return next((k for k, w in enumerate(ways) if w.program.cut is None), 0)

"""A safe order for calls of which some change what policies match: every request gets its old or its new target.

Only the order is searched for, on a model of the list; the drafted calls themselves are judged by
:mod:`reconciler.planning.states`.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.objects import Policy
from reconciler.planning.items import Item
from reconciler.planning.order import Settled
from reconciler.planning.regions import Regions, target_of
from reconciler.planning.rules import RuleCall
from reconciler.planning.state import Listener
from reconciler.records import dataclass, field, replace

Entry = tuple[int, int, bytes, tuple[object, ...]]
"""(key, requests that match, target, rank where the cloud orders by content); a clone's key is ``-1 - key``."""

Action = tuple[str, Item]
State = list[Entry]


@dataclass(slots=True)
class Search:
    """Depth first, in the given order where that is safe. ``budget``: calls that may still be tried, over all runs."""

    listener: Listener
    regions: Regions
    budget: int
    seen: set[object] = field(default_factory=set)

    def run(self, actions: Sequence[Action]) -> list[Action] | None:
        """The actions in a safe order; None where none was found."""
        start = [self._entry(k, old=True) for k in self.listener.before]
        end = [self._entry(k, old=False) for k in self.listener.after]
        self.regions.between([e[1:3] for e in start], [e[1:3] for e in end])
        self.seen.clear()
        return self._next(start, list(actions), frozenset())

    def _next(self, state: State, left: list[Action], placed: frozenset[int]) -> list[Action] | None:
        if not left:
            return []
        mark = (tuple(state), tuple((v, i.key) for v, i in left))
        if mark in self.seen or self.budget <= 0:
            return None
        self.seen.add(mark)
        for n, (verb, item) in enumerate(left):
            if self._too_early(verb, item, left):
                continue
            self.budget -= 1
            states, now_placed = self._after(state, verb, item, placed)
            if all(self.regions.safe([e[1:3] for e in s]) for s in states):
                rest = self._next(states[-1], left[:n] + left[n + 1 :], now_placed)
                if rest is not None:
                    return [(verb, item), *rest]
        return None

    @staticmethod
    def _too_early(verb: str, item: Item, left: Sequence[Action]) -> bool:
        """The old policy goes after its clone has come; the clone gets its name after the old one has gone."""
        if verb == "swap":
            return any(v == "clone" and i is item for v, i in left)
        if verb == "rename":
            return any(v == "delete" and i.live is item.old for v, i in left)
        return False

    # -------------------------------------------------------------- entries
    def _rank(self, policy: Policy) -> tuple[object, ...]:
        if self.listener.numbered:
            return ()
        dialect, facts = self.listener.draft.scope.dialect, self.listener.facts
        return (dialect.evaluation_class(policy, facts), *dialect.evaluation_key(policy, facts))

    def _entry(self, key: int, *, old: bool) -> Entry:
        item = self.listener.items[key]
        policy = item.live.policy if item.live is not None and (old or item.want is None) else item.want
        assert policy is not None
        requests = self.regions.matching(policy)
        if old and item.live is not None and item.live.status == "ERROR" and self._inline:
            requests = 0
        return key, requests, target_of(policy), self._rank(policy)

    @property
    def _inline(self) -> bool:
        return self.listener.draft.scope.dialect.rules_inline

    # -------------------------------------------------------------- one action
    def _after(self, state: State, verb: str, item: Item, placed: frozenset[int]) -> tuple[list[State], frozenset[int]]:
        """The states that an action passes through."""
        at = next((n for n, e in enumerate(state) if e[0] == item.key), len(state))
        if verb in ("delete", "swap"):
            return [state[:at] + state[at + 1 :]], placed
        if verb == "rename":
            return [state], placed
        if verb == "rules":
            return self._rules(state, item, item.program.calls), placed
        if verb == "cross":
            return self._cross(state, item, placed)
        if verb == "clone":
            return self._clone(state, item, at, placed)
        if verb in ("patch", "shift"):
            assert item.want is not None
            new: Entry = (item.key, state[at][1], target_of(item.want), state[at][3])
        else:
            new = self._entry(item.key, old=False)
        if verb != "create" and not item.moved:
            return [self._ranked([*state[:at], new, *state[at + 1 :]])], placed
        rest = [e for e in state if e[0] != item.key]
        return [self._place(rest, new, item, placed)], placed | {item.key}

    def _clone(self, state: State, item: Item, at: int, placed: frozenset[int]) -> tuple[list[State], frozenset[int]]:
        new: Entry = (-1 - item.key, *self._entry(item.key, old=False)[1:])
        if not item.moved:
            return [self._ranked([*state[:at], new, *state[at:]])], placed
        return [self._place(state, new, item, placed)], placed | {item.key}

    def _cross(self, state: State, item: Item, placed: frozenset[int]) -> tuple[list[State], frozenset[int]]:
        cut = item.program.cut or 0
        first = self._rules(state, item, item.program.calls[:cut])
        middle, placed = self._after(first[-1] if first else state, "patch", item, placed)
        last = self._rules(middle[-1], item, item.program.calls[cut:], done=item.program.calls[:cut])
        return [*first, *middle, *last], placed

    def _ranked(self, state: State) -> State:
        return state if self.listener.numbered else sorted(state, key=lambda e: e[3])

    def _place(self, state: State, entry: Entry, item: Item, placed: frozenset[int]) -> State:
        """Directly behind the nearest predecessor that stands where it belongs (semantics.md 6.2, smaller K)."""
        if not self.listener.numbered:
            return self._ranked([*state, entry])
        listed = self.listener.listed.get(item.class_after, [])
        low, high, _, _ = Settled.of(self.listener.whole or listed, self.listener.staying | placed).neighbours(item.key)
        places = {(-1 - e[0] if e[0] < 0 else e[0]): n for n, e in enumerate(state)}
        if low is not None and low in places:
            at = places[low] + 1
        elif high is not None and high in places:
            at = next(n for n, e in enumerate(state) if high in (e[0], -1 - e[0]))
        else:
            at = len(state)
        return [*state[:at], entry, *state[at:]]

    def _rules(self, state: State, item: Item, calls: Sequence[RuleCall], done: Sequence[RuleCall] = ()) -> list[State]:
        assert item.live is not None
        at = next(n for n, e in enumerate(state) if e[0] == item.key)
        now = {i: r for r, i in item.live.rules_with_ids}
        found: list[State] = []
        for n, call in enumerate((*done, *calls)):
            fresh = "guard" if call.role in ("guard", "arm") else f"new:{n}"
            if call.after is None:
                now.pop(call.rule_id or fresh, None)
            else:
                now[call.rule_id or fresh] = call.after
            if n >= len(done):
                requests = self.regions.matching(replace(item.live.policy, rules=tuple(now.values())))
                found.append([*state[:at], (item.key, requests, *state[at][2:]), *state[at + 1 :]])
        return found

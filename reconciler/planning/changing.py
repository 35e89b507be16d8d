"""Changes of match sets: an order of calls in which every request gets its old or its new target, where there is one.

Rules are taken as independent facts about a request (whatever they say, any combination may occur), so what is found
safe is safe for the real requests too (semantics.md 6.4, "safe for the real regions"). Requests are bits of integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.canonical import canonical
from reconciler.model.objects import Policy, Rule
from reconciler.planning.items import Item
from reconciler.planning.order import Settled

if TYPE_CHECKING:
    from reconciler.planning.listener import Listener

ATOMS = 12
"""Distinct rules up to which all combinations are looked at (4,096 requests)."""

BUDGET = 3_000
"""Calls that the search may try."""

Entry = tuple[int, int, bytes]
"""(key, requests that match, target)"""

Action = tuple[str, Item]


def safe_order(listener: Listener, actions: Sequence[Action]) -> tuple[list[Action], bool | None]:
    """The actions in a safe order, and True; as they were and False where none was found; None: too many to look at.

    Without a changed match set the theorem of semantics.md 6.2 has decided already: None.
    """
    if not any(item.changed_sets for item in listener.items):
        return list(actions), None
    search = _Search(listener)
    if not search.prepare():
        return list(actions), None
    found = search.run(list(actions))
    return (list(actions), False) if found is None else (found, True)


@dataclass(slots=True)
class _Search:
    listener: Listener
    atoms: dict[object, int] = field(default_factory=dict)
    everything: int = 0
    allowed: dict[bytes, int] = field(default_factory=dict)
    tried: int = 0
    seen: set[object] = field(default_factory=set)

    def prepare(self) -> bool:
        """Number the rules; False where there are too many."""
        for item in self.listener.items:
            for policy in (item.live.policy if item.live else None, item.want):
                for rule in policy.rules if policy else ():
                    self.atoms.setdefault(rule.match_set, len(self.atoms))
        if len(self.atoms) > ATOMS:
            return False
        self.everything = (1 << (1 << len(self.atoms))) - 1
        before = [self._entry(k, old=True) for k in self.listener.before]
        after = [self._entry(k, old=False) for k in self.listener.after]
        for state in (before, after):
            for target, requests in self._routes(state).items():
                self.allowed[target] = self.allowed.get(target, 0) | requests
        return True

    def _requests(self, rules: Sequence[Rule], action: str = "") -> int:
        dialect = self.listener.draft.scope.dialect
        if not dialect.arms(Policy("", action, {}, tuple(rules))):
            return 0
        found = self.everything
        for rule in rules:
            number = self.atoms.get(rule.match_set)
            if number is None:
                return 0  # the guard
            found &= self._atom(number)
        return found

    def _atom(self, number: int) -> int:
        """The requests that the rule matches: every index with that bit set."""
        width = 1 << number
        block = ((1 << width) - 1) << width
        period, total = 2 * width, 1 << len(self.atoms)
        while period < total:
            block |= block << period
            period *= 2
        return block

    def _entry(self, key: int, *, old: bool) -> Entry:
        item = self.listener.items[key]
        policy = item.live.policy if item.live is not None and (old or item.want is None) else item.want
        assert policy is not None
        return key, self._requests(policy.rules, policy.action), _target(policy)

    def _routes(self, state: Sequence[Entry]) -> dict[bytes, int]:
        rest = self.everything
        found: dict[bytes, int] = {}
        for _, requests, target in state:
            found[target] = found.get(target, 0) | (rest & requests)
            rest &= ~requests
        found[b""] = rest
        return found

    def _safe(self, state: Sequence[Entry]) -> bool:
        rest = self.everything
        for _, requests, target in state:
            if rest & requests & ~self.allowed.get(target, 0):
                return False
            rest &= ~requests
        return not rest & ~self.allowed.get(b"", 0)

    # -------------------------------------------------------------- search
    def run(self, actions: list[Action]) -> list[Action] | None:
        """Depth first, in the given order where that is safe."""
        state = [self._entry(k, old=True) for k in self.listener.before]
        return self._next(state, actions, frozenset())

    def _next(self, state: list[Entry], left: list[Action], placed: frozenset[int]) -> list[Action] | None:
        if not left:
            return []
        mark = (tuple(state), tuple((v, i.key) for v, i in left))
        if mark in self.seen or self.tried > BUDGET:
            return None
        self.seen.add(mark)
        for n, (verb, item) in enumerate(left):
            if verb == "swap" and any(v == "clone" and i is item for v, i in left):
                continue
            self.tried += 1
            states, now_placed = self._after(state, verb, item, placed)
            if all(self._safe(s) for s in states):
                rest = self._next(states[-1], left[:n] + left[n + 1 :], now_placed)
                if rest is not None:
                    return [(verb, item), *rest]
        return None

    def _after(
        self, state: list[Entry], verb: str, item: Item, placed: frozenset[int]
    ) -> tuple[list[list[Entry]], frozenset[int]]:
        """The states that an action passes through."""
        key, at = item.key, next((n for n, e in enumerate(state) if e[0] == item.key), len(state))
        if verb in ("delete", "swap"):
            return [state[:at] + state[at + 1 :]], placed
        if verb == "rules":
            return self._rule_states(state, item, at), placed
        if verb == "clone" and not item.moved:
            new = self._entry(key, old=False)
            return [[*state[:at], (-1 - key, *new[1:]), *state[at:]]], placed
        if verb == "patch":
            new = (key, state[at][1], _target(item.want) if item.want else b"")
        else:
            new = self._entry(key, old=False)
        if verb != "create" and not item.moved:
            return [[*state[:at], new, *state[at + 1 :]]], placed
        rest = state if verb == "clone" else [e for e in state if e[0] != key]
        entry = (-1 - key, *new[1:]) if verb == "clone" else new
        return [self._place(rest, entry, item, placed)], placed | {key}

    def _place(self, state: list[Entry], entry: Entry, item: Item, placed: frozenset[int]) -> list[Entry]:
        listed = self.listener.listed.get(item.class_after, [])
        settled = Settled.of(listed, self.listener.staying | placed)
        low, high, _, _ = settled.neighbours(item.key)
        places = {(-1 - e[0] if e[0] < 0 else e[0]): n for n, e in enumerate(state)}
        if low is not None and low in places:
            at = places[low] + 1
        elif high is not None and high in places:
            at = next(n for n, e in enumerate(state) if high in (e[0], -1 - e[0]))
        else:
            at = len(state)
        return [*state[:at], entry, *state[at:]]

    def _rule_states(self, state: list[Entry], item: Item, at: int) -> list[list[Entry]]:
        assert item.live is not None
        now = {i: r for r, i in item.live.rules_with_ids}
        found: list[list[Entry]] = []
        for n, call in enumerate(item.program.calls):
            name = call.rule_id or ("guard" if call.role in ("guard", "arm") else f"new:{n}")
            if call.after is None:
                now.pop(name, None)
            else:
                now[name] = call.after
            entry = (item.key, self._requests(tuple(now.values()), item.live.policy.action), state[at][2])
            found.append([*state[:at], entry, *state[at + 1 :]])
        return found


def _target(policy: Policy) -> bytes:
    """What a client can observe: action and targets, not names, descriptions or tags."""
    seen = {k: v for k, v in policy.fields.items() if k not in ("description", "tags")}
    return canonical([policy.action, seen])

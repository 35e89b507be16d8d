"""The states that drafted calls pass through, each held against the routing before and after.

Reads the drafts themselves, with the numbers and places that they carry; what is proven here holds for the calls as
they will be sent, however they were found.
"""

from __future__ import annotations

from reconciler.model.canonical import Json, is_position
from reconciler.model.objects import Policy, Rule
from reconciler.planning.drafts import Draft, ObjectId
from reconciler.planning.regions import Entry, Regions
from reconciler.planning.state import Listener
from reconciler.records import replace

WORK = 400_000
"""Up to this many policies times states, every state is looked at."""

Key = str | int
"""A live id, or the index of the draft that makes the policy."""


def regions_of(listener: Listener) -> Regions | None:
    """The classes of requests that the listener's live and wanted rules tell apart; None: too many to look at."""
    rules: dict[Rule, None] = {}
    for item in listener.items:
        for policy in (item.live.policy if item.live else None, item.want):
            for rule in policy.rules if policy else ():
                rules[rule] = None
    found = Regions(listener.draft.scope.dialect, rules)
    return found if found.small else None


def all_safe(listener: Listener, regions: Regions) -> bool:
    """Is every state of the drafted calls safe, outside the gaps that they declare?"""
    replay = _Replay(listener, regions)
    steps, gaps = listener.draft.steps, listener.draft.gaps
    if len(replay.order) * len(steps) > WORK:
        return False
    states = [replay.state()]
    for number, step in enumerate(steps):
        replay.step(number, step)
        states.append(replay.state())
    regions.between(states[0], states[-1])
    return all(
        regions.safe(state)
        for n, state in enumerate(states[1:-1])
        if not any(g.opened_by <= n < g.closed_by for g in gaps)
    )


class _Replay:
    """The listener's policies while drafted calls are made."""

    def __init__(self, listener: Listener, regions: Regions) -> None:
        self.listener, self.regions = listener, regions
        self.dialect, self.facts = listener.draft.scope.dialect, listener.facts
        self.policies: dict[Key, Policy] = {}
        self.rules: dict[Key, dict[Key, Rule]] = {}
        self.order: list[Key] = []
        self.entries: dict[Key, Entry] = {}
        self.ranks: dict[Key, tuple[object, ...]] = {}
        for policy in listener.draft.scope.live.policies:
            self.policies[policy.id] = policy.policy
            self.rules[policy.id] = {i: r for r, i in policy.rules_with_ids}
            self.order.append(policy.id)
            self._settle(policy.id)
            if policy.status == "ERROR" and self.dialect.rules_inline:
                self.entries[policy.id] = (0, b"")  # taken to serve nothing, as its replacement says

    def state(self) -> list[Entry]:
        """The entries in order of evaluation."""
        if self.listener.numbered and not self.listener.sparse:
            ranked = sorted(self.order, key=lambda k: self.ranks[k][:1])
        else:
            ranked = sorted(self.order, key=lambda k: self.ranks[k])
        return [self.entries[key] for key in ranked]

    def _settle(self, key: Key) -> None:
        policy = replace(self.policies[key], rules=tuple(sorted(self.rules[key].values(), key=lambda r: r.sort_key)))
        self.entries[key] = self.regions.entry(policy)
        klass = self.dialect.evaluation_class(policy, self.facts)
        if self.listener.numbered:
            self.ranks[key] = (klass, -1 if policy.number is None else policy.number)
        else:
            self.ranks[key] = (klass, *self.dialect.evaluation_key(policy, self.facts))

    def step(self, number: int, step: Draft) -> None:
        """One drafted call."""
        owner: ObjectId = step.parent_id if step.kind == "l7rule" else step.object_id
        key: Key = number if owner is None else owner
        if step.kind == "l7rule":
            self._rule(number, key, step)
        elif step.after is None:
            self.order.remove(key)
            return
        else:
            self._policy(key, step, step.after)
        self._settle(key)

    def _rule(self, number: int, key: Key, step: Draft) -> None:
        rule_id: Key = number if step.object_id is None else step.object_id
        if step.after is None:
            del self.rules[key][rule_id]
        else:
            self.rules[key][rule_id] = self.dialect.rule(step.after)

    def _policy(self, key: Key, step: Draft, after: Json) -> None:
        number = after.get(self.dialect.number_field)
        policy = self.dialect.policy({k: v for k, v in after.items() if k != self.dialect.number_field})
        own = self.policies[key].number if key in self.policies else None
        self.policies[key] = replace(policy, number=number if isinstance(number, int) else own)
        if self.dialect.rules_inline:
            self.rules[key] = dict(enumerate(policy.rules))
        else:
            self.rules.setdefault(key, {})
        if is_position(number):
            if key in self.order:
                self.order.remove(key)
            self.order.insert(number["$position"]["expected"] - 1, key)
        elif key not in self.order:
            self.order.append(key)

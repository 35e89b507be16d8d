"""The independent replay: does the plan, read from its encoded calls, keep every promise at every prefix?

Imports the model and dialects only. It reads calls through a decoder, never a step's ``after``; it keeps a model of
the provider's list or numbers of its own and compares each state with the provider's constraints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.model.calls import Call, Decoder, Effect
from reconciler.model.canonical import Json, is_from, is_position
from reconciler.model.dialect import Dialect
from reconciler.model.live import ListenerFacts, Live, Quotas
from reconciler.model.objects import Policy, Rule, SecurityRule
from reconciler.records import dataclass, field, replace

FULL_CHECKS = 20_000
"""Up to this many policies times states, every state is checked as a whole; above, what the call touched."""

_EITHER = ({"redirect_pool_id", "redirect_pools_config"},)
"""Fields that say one thing in two ways: sending one takes the other back (HW-R11)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the plan must not do. ``code`` is the provider's constraint, or PLAN-VERIFY for our own rules."""

    code: str
    step: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Move:
    """One call of the plan as verify takes it: the id of the step, the object's address, and the call itself."""

    id: str
    address: str
    call: Call


@dataclass(slots=True)
class Slot:
    """A policy in the replayed listener."""

    policy: Policy
    rules: dict[str, Rule]
    number: int | None = None

    def whole(self) -> Policy:
        """The policy with its rules as they are now."""
        return replace(
            self.policy, rules=tuple(sorted(self.rules.values(), key=lambda r: r.sort_key)), number=self.number
        )


@dataclass(slots=True)
class Expected:
    """What must be true in the end, and which gaps are declared.

    ``policies``: the listed policies in listed order; ``untouched``: ids that no call may name; ``pairs``: live id ->
    what it must be at last (None: gone); ``gaps``: (first step, last step) between which something may be absent.
    ``ordered``: False where the cloud orders by content. ``pins``: name -> number.
    """

    policies: Sequence[Policy] = ()
    rules: Sequence[SecurityRule] = ()
    untouched: frozenset[str] = frozenset()
    pairs: Mapping[str, Policy | None] = field(default_factory=dict)
    gaps: Sequence[tuple[str, str]] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)  # address -> live id
    pins: Mapping[str, int] = field(default_factory=dict)
    unordered: frozenset[str] = frozenset()  # names that take no part in the order


def verify_listener(
    live: Live, moves: Sequence[Move], expected: Expected, dialect: Dialect, decoder: Decoder, quotas: Quotas
) -> tuple[list[Finding], int]:
    """Replay a listener's calls; what is wrong, and how many states were checked."""
    assert isinstance(live.facts, ListenerFacts)
    replay = _Replay(live, expected, dialect, decoder, quotas, live.facts)
    replay.full = (len(live.policies) + len(moves)) * (len(moves) + 1) <= FULL_CHECKS
    replay.start(len(moves))
    peak = _peak(moves, decoder)
    for n, move in enumerate(moves):
        try:
            replay.step(move)
        except (KeyError, ValueError, IndexError) as error:
            replay.findings.append(Finding("PLAN-VERIFY", move.id, f"the call cannot be replayed: {error}"))
            return replay.findings, n + 1
        replay.check(move, whole=n in (peak, len(moves) - 1))
    replay.finish()
    return replay.findings, len(moves) + 1


def _peak(moves: Sequence[Move], decoder: Decoder) -> int:
    """The index of the call after which there are most policies: limits on their number bind there."""
    now = most = 0
    at = -1
    for n, move in enumerate(moves):
        try:
            effect = decoder.effect(move.call)
        except ValueError:
            return n
        if effect.kind == "l7policy" and effect.op in ("create", "delete"):
            now += 1 if effect.op == "create" else -1
            if now > most:
                most, at = now, n
    return at


@dataclass(slots=True)
class _Replay:
    live: Live
    expected: Expected
    dialect: Dialect
    decoder: Decoder
    quotas: Quotas
    facts: ListenerFacts
    slots: dict[str, Slot] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)  # address -> id
    findings: list[Finding] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)
    armed: Counter[object] = field(default_factory=Counter)
    kept_sets: set[object] = field(default_factory=set)
    missing: set[object] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    faulty: set[str] = field(default_factory=set)
    full: bool = True
    touched: str = ""
    open_gaps: set[int] = field(default_factory=set)
    holders: dict[object, set[str]] = field(default_factory=dict)  # number or match set -> who has it
    keys_of: dict[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def sparse(self) -> bool:
        return self.dialect.number_field == "priority"

    def start(self, steps: int) -> None:
        for policy in self.live.policies:
            rules = {i: r for r, i in policy.rules_with_ids}
            number = policy.policy.number if self.sparse else None
            self.slots[policy.id] = Slot(policy.policy, rules, number)
            self.order.append(policy.id)
            if policy.status == "ERROR":
                self.faulty.add(policy.id)
            else:
                self._count(policy.policy, 1)
            if not self.full:
                self._reindex(policy.id)
        self.ids = dict(self.expected.addresses)
        self.known = {(i, c) for i, c, _ in self._violations(self.slots) if steps} if steps else set()
        wanted = {self._set(p) for p in self.expected.policies if self.dialect.arms(p)}
        kept = [self.slots[i].policy for i in self.expected.untouched if i in self.slots]
        fixed = {self._set(policy) for policy in kept if self.dialect.arms(policy)}
        self.kept_sets = {s for s in self.armed if s in wanted or s in fixed}

    @staticmethod
    def _set(policy: Policy) -> object:
        return policy.match_set

    def _count(self, policy: Policy, by: int) -> None:
        if not self.dialect.arms(policy):
            return
        key = self._set(policy)
        self.armed[key] += by
        if key in self.kept_sets:
            if self.armed[key] <= 0:
                self.missing.add(key)
            else:
                self.missing.discard(key)

    def _uncount(self, policy_id: str, slot: Slot) -> None:
        """A policy is about to change; one in ERROR has not been counted."""
        if policy_id in self.faulty:
            self.faulty.discard(policy_id)
        else:
            self._count(slot.whole(), -1)

    def _violations(self, slots: Mapping[str, Slot]) -> list[tuple[str, str, str]]:
        state = [(i, s.whole()) for i, s in slots.items()]
        return list(self.dialect.state_violations(state, self.facts, self.quotas))

    # -------------------------------------------------------------- one call
    def step(self, move: Move) -> None:
        effect = self.decoder.effect(move.call)
        if effect.kind == "l7rule":
            self._rule(move, effect)
        elif effect.kind == "l7policy":
            self._policy(move, effect)
        else:
            raise ValueError(f"{effect.kind} on a listener")
        if not self.full:
            self._reindex(self.touched)

    def _id(self, value: Json) -> str:
        found: Any = value["$from"]["step"] if is_from(value) else value
        if found in self.expected.untouched:
            self.findings.append(Finding("PLAN-VERIFY", None, f"an unlisted or ignored policy is written: {found}"))
        return str(found)

    def _policy(self, move: Move, effect: Effect) -> None:
        if effect.op == "create":
            policy = self.dialect.policy({**effect.values, "rules": list(effect.rules or ())})
            slot = Slot(policy, {f"{move.id}/{n}": r for n, r in enumerate(policy.rules)})
            self.slots[move.id] = slot
            self.ids[move.address] = self.touched = move.id
            self._place(move, move.id, effect.number)
            self._count(slot.whole(), 1)
            return
        policy_id = self.touched = self._id(effect.object_id)
        slot = self.slots[policy_id]
        self._uncount(policy_id, slot)
        if effect.op == "delete":
            del self.slots[policy_id]
            self.order.remove(policy_id)
            return
        merged = dict(slot.policy.to_json(with_rules=False))
        for names in _EITHER:
            if names & set(effect.values):
                for name in names:
                    merged.pop(name, None)
        merged.update(effect.values)
        policy = self.dialect.policy(merged)
        slot.policy = policy
        if effect.rules is not None:
            fresh = [self.dialect.rule(r) for r in effect.rules]
            slot.rules = {f"{move.id}/{n}": r for n, r in enumerate(fresh)}
        self._place(move, policy_id, effect.number)
        self._count(slot.whole(), 1)

    def _place(self, move: Move, policy_id: str, number: Json) -> None:
        if self.sparse:
            if policy_id not in self.order:
                self.order.append(policy_id)
            if number is not None:
                if not isinstance(number, int):
                    raise ValueError(f"the number is {number!r}")
                self.slots[policy_id].number = number
            elif self.slots[policy_id].policy.action == "REDIRECT_TO_LISTENER" and policy_id == move.id:
                self.slots[policy_id].number = 0
            return
        if number is None:
            if policy_id not in self.order:
                self.order.append(policy_id)
            return
        if policy_id in self.order:
            self.order.remove(policy_id)
        if not is_position(number):
            raise ValueError(f"the position is {number!r}")
        place = number["$position"]
        after, before = place["after"], place["before"]
        at = self.order.index(self.ids[after]) + 1 if after is not None else 0
        following = self.order[at] if at < len(self.order) else None
        wanted = self.ids[before] if before is not None else None
        if following != wanted or place["expected"] != at + 1:
            self.findings.append(Finding("PLAN-VERIFY", move.id, f"the position is not where it says: {place}"))
        self.order.insert(at, policy_id)

    def _rule(self, move: Move, effect: Effect) -> None:
        policy_id = self.touched = self._id(effect.parent_id)
        slot = self.slots[policy_id]
        self._uncount(policy_id, slot)
        if effect.op == "create":
            slot.rules[move.id] = self.dialect.rule(effect.values)
        else:
            rule_id = self._id(effect.object_id)
            if effect.op == "delete":
                del slot.rules[rule_id]
            else:
                slot.rules[rule_id] = self.dialect.rule({**slot.rules[rule_id].to_json(), **effect.values})
        self._count(slot.whole(), 1)

    # -------------------------------------------------------------- one state
    def check(self, move: Move, *, whole: bool) -> None:
        for policy_id, code, what in self._violations(self.slots if self.full or whole else self._rivals()):
            if (policy_id, code) not in self.known:
                self.known.add((policy_id, code))
                self.findings.append(Finding(code, move.id, what))
        self._presence(move)

    def _rivals(self) -> dict[str, Slot]:
        """The policy that the call touched, and those that it could collide with: same number or same match set."""
        found = {self.touched} if self.touched in self.slots else set()
        for key in self.keys_of.get(self.touched, ()):
            found |= self.holders[key]
        return {i: self.slots[i] for i in sorted(found)}

    def _reindex(self, policy_id: str) -> None:
        """Keep numbers and match sets findable: a call costs the same however many policies there are."""
        for key in self.keys_of.pop(policy_id, ()):
            self.holders[key].discard(policy_id)
        slot = self.slots.get(policy_id)
        if slot is not None:
            number = () if slot.number is None else (("number", slot.number),)
            self.keys_of[policy_id] = (*number, ("set", self._set(slot.whole())))
            for key in self.keys_of[policy_id]:
                self.holders.setdefault(key, set()).add(policy_id)

    def _presence(self, move: Move) -> None:
        """What serves before and after must serve in between, or a gap is declared."""
        for n, (first, final) in enumerate(self.expected.gaps):
            if move.id == first:
                self.open_gaps.add(n)
            if move.id == final:
                self.open_gaps.discard(n)
        pair = self.expected.pairs.get(self.touched)
        if pair is not None and self.touched not in self.slots:
            wanted = self._set(pair)
            if self.armed[wanted] <= 0 and self.dialect.arms(pair):
                self.absent.add(self.touched)
        for policy_id in [*self.absent]:
            final_policy = self.expected.pairs[policy_id]
            assert final_policy is not None
            if self.armed[self._set(final_policy)] > 0:
                self.absent.discard(policy_id)
        if (self.absent or self.missing) and not self.open_gaps and not self._was_in_error(move):
            self.findings.append(Finding("PLAN-VERIFY", move.id, f"{move.address} does not serve, and no gap says so"))

    def _was_in_error(self, move: Move) -> bool:
        return (
            all(any(p.id == i and p.status == "ERROR" for p in self.live.policies) for i in self.absent)
            and not self.missing
        )

    # -------------------------------------------------------------- the end
    def finish(self) -> None:
        """The final state is the desired one, in order, and nothing else is left."""
        finals = {i: s.whole() for i, s in self.slots.items()}
        by_name: dict[str, list[str]] = {}
        for policy_id, policy in finals.items():
            if policy_id not in self.expected.untouched:
                by_name.setdefault(policy.name, []).append(policy_id)
        wanted = {p.name: p for p in self.expected.policies}
        for name, ids in by_name.items():
            if len(ids) != 1 or name not in wanted:
                self.findings.append(Finding("PLAN-VERIFY", None, f"{len(ids)} policies {name!r} are left"))
            elif finals[ids[0]] != wanted[name]:
                self.findings.append(Finding("PLAN-VERIFY", None, f"{name!r} does not end as listed"))
            elif name in self.expected.pins and self._number(ids[0]) != self.expected.pins[name]:
                self.findings.append(Finding("PLAN-VERIFY", None, f"{name!r} does not end with its pinned number"))
        for name in wanted:
            if name not in by_name:
                self.findings.append(Finding("PLAN-VERIFY", None, f"{name!r} does not exist at the end"))
        for policy_id in self.expected.untouched:
            if policy_id not in finals:
                self.findings.append(Finding("PLAN-VERIFY", None, f"unlisted {policy_id} is gone"))
        if self.dialect.ordered_by_number(self.facts):
            self._final_order(finals, [p.name for p in self.expected.policies])

    def _number(self, policy_id: str) -> int | None:
        return self.slots[policy_id].number if self.sparse else self.order.index(policy_id) + 1

    def _final_order(self, finals: Mapping[str, Policy], names: Sequence[str]) -> None:
        classify: Callable[[Policy, ListenerFacts], int] = self.dialect.evaluation_class
        ids = list(self.order)
        if self.sparse:
            ids.sort(key=lambda i: self.slots[i].number or 0)
        free = self.expected.unordered
        listed = [finals[i] for i in ids if i not in self.expected.untouched and finals[i].name not in free]
        listed.sort(key=lambda p: classify(p, self.facts))
        if [p.name for p in listed] != [n for n in names if n not in free]:
            self.findings.append(Finding("PLAN-VERIFY", None, "the final order is not the listed one"))

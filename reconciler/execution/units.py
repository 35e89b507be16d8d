"""Units of staleness, and the chain of states that a plan takes each of them through.

A unit is one policy with its rules (and, where the number is its own, its priority) or one security group rule. Its
states before, between and after its steps form a chain; a live unit stands at link k when its first k steps are done.
The states of a unit that existed at plan time are found backwards: undoing the first k steps from the live state must
lead to the fingerprint that the plan recorded. Those of a unit that the plan creates are built forwards from nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from reconciler.model.canonical import Json, is_from
from reconciler.model.dialect import Dialect
from reconciler.model.live import Live
from reconciler.model.objects import (
    Policy,
    Rule,
    SecurityRule,
    policy_fingerprint,
    security_rule_fingerprint,
)
from reconciler.planning.document import Precondition, Step
from reconciler.records import dataclass

State = Policy | SecurityRule | None
"""A unit's state; None: it is not there."""

UnitKey = tuple[str, str]
"""``("live", object id)`` or ``("new", id of the step that creates it)``."""


class NotAtLink(Exception):
    """The state is not one that the step leads to, or starts from."""


def unit_key(step: Step) -> UnitKey:
    """The unit that a step writes: the policy of a rule, else the object itself."""
    owner = step.parent_id if step.kind == "l7rule" else step.object_id
    if owner is None:
        return ("new", step.id)
    if is_from(owner):
        return ("new", str(owner["$from"]["step"]))
    return ("live", str(owner))


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit with its steps in execution order, and what the plan saw of it (None: a unit that it creates)."""

    key: UnitKey
    steps: tuple[Step, ...]
    precondition: Precondition | None = None

    @property
    def address(self) -> str:
        """The address of the unit's first step, cut to the policy."""
        return unit_address(self.steps[0])


def unit_address(step: Step) -> str:
    """The address of the unit that a step writes."""
    return step.address.rpartition("/rule/")[0] if step.kind == "l7rule" else step.address


def units_of(steps: Sequence[Step]) -> tuple[Unit, ...]:
    """The units of one scope, in the order of their first steps."""
    grouped: dict[UnitKey, list[Step]] = {}
    for step in steps:
        grouped.setdefault(unit_key(step), []).append(step)
    seen = fingerprints(steps)
    return tuple(
        Unit(key, tuple(members), seen.get(key[1]) if key[0] == "live" else None) for key, members in grouped.items()
    )


def fingerprints(steps: Sequence[Step]) -> dict[str, Precondition]:
    """What the plan saw of each live object that it writes or replaces, by id.

    The first step that matters to a unit carries it: for a policy that a clone replaces, the clone's first step.
    """
    found: dict[str, Precondition] = {}
    for condition in (p for s in steps for p in s.preconditions):
        if condition.object_id is not None and condition.fingerprint is not None:
            found.setdefault(condition.object_id, condition)
    return found


@dataclass(frozen=True, slots=True)
class View:
    """How the states of one scope are read: its dialect, and whether the number decides the order on this listener.

    Where it does not (Huawei without advanced forwarding) the number is the cloud's own business.
    """

    dialect: Dialect
    numbered: bool = True

    @property
    def number_field(self) -> str | None:
        """The field of a number that belongs to the policy (Huawei's priority); None where it is an index."""
        return "priority" if self.dialect.number_field == "priority" and self.numbered else None

    def fingerprint(self, state: State) -> str | None:
        """The digest that a precondition holds; None for what is not there."""
        if state is None:
            return None
        if isinstance(state, Policy):
            return policy_fingerprint(state, self.number_field)
        return security_rule_fingerprint(state)

    def same(self, live: State, expected: State) -> bool:
        """Is the live state the expected one: equal in normal form, and in number where that is the policy's own.

        An expected policy without a number leaves the number to the cloud; a security group rule may be read back
        in other words for the same traffic (host bits cleared, a protocol's other name).
        """
        if isinstance(live, SecurityRule) and isinstance(expected, SecurityRule) and live != expected:
            traffic = self.dialect.security_traffic
            return traffic(live) == traffic(expected) and live.description == expected.description
        if isinstance(live, Policy) and isinstance(expected, Policy) and self.number_field is not None:
            return live == expected and expected.number in (None, live.number)
        return live == expected

    def to_json(self, state: State) -> dict[str, Json] | None:
        """A state for people: the whole unit in the API's words."""
        if state is None:
            return None
        if isinstance(state, Policy):
            return state.to_json(with_rules=True, number_field=self.dialect.number_field)
        return state.to_json()

    # ------------------------------------------------------------------ one step forwards and backwards
    def forward(self, state: State, step: Step) -> State:
        """The state after a step.

        Raises:
            NotAtLink: the step cannot start from this state.
        """
        return self._move(state, step, step.before, step.after)

    def backward(self, state: State, step: Step) -> State:
        """The state before a step that led to ``state``.

        Raises:
            NotAtLink: the step does not lead to this state.
        """
        return self._move(state, step, step.after, step.before)

    def _move(
        self, state: State, step: Step, have: Mapping[str, Json] | None, want: Mapping[str, Json] | None
    ) -> State:
        if step.kind == "security_group_rule":
            self._expect(state, None if have is None else self.dialect.security_rule(have))
            return None if want is None else self.dialect.security_rule(want)
        if step.kind == "l7rule":
            if not isinstance(state, Policy):
                raise NotAtLink(step.id)
            return self._with_rules(state, _exchange(state.rules, self._rule(have), self._rule(want), step.id))
        rules = state.rules if isinstance(state, Policy) else ()
        self._expect(state, None if have is None else self._policy(have, rules))
        return None if want is None else self._policy(want, rules)

    def _expect(self, state: State, expected: State) -> None:
        if not self.same(state, expected):
            raise NotAtLink("the state differs")

    def _rule(self, raw: Mapping[str, Json] | None) -> Rule | None:
        return None if raw is None else self.dialect.rule(raw)

    def _policy(self, raw: Mapping[str, Json], rules: tuple[Rule, ...]) -> Policy:
        number = raw.get(self.dialect.number_field)
        body = {k: v for k, v in raw.items() if k != self.dialect.number_field or isinstance(v, int)}
        policy = self.dialect.policy({"rules": [], **body})
        if not self.dialect.rules_inline:
            policy = dataclasses.replace(policy, rules=rules)
        return dataclasses.replace(policy, number=number if isinstance(number, int) else None)

    def _with_rules(self, policy: Policy, rules: tuple[Rule, ...]) -> Policy:
        return dataclasses.replace(policy, rules=tuple(sorted(rules, key=lambda r: r.sort_key)))


def _exchange(rules: tuple[Rule, ...], have: Rule | None, want: Rule | None, step: str) -> tuple[Rule, ...]:
    left = list(rules)
    if have is not None:
        if have not in left:
            raise NotAtLink(step)
        left.remove(have)
    return tuple(left) if want is None else (*left, want)


def live_states(live: Live) -> dict[str, State]:
    """Every live unit of a scope by its id."""
    states: dict[str, State] = {p.id: p.policy for p in live.policies}
    states.update({r.id: r.rule for r in live.security_rules})
    return states


def link_of(unit: Unit, live: State, view: View) -> int | None:
    """How many of an existing unit's steps are done, told from its live state; None: it is at no link.

    Where several links look the same (a move changes no fingerprint) the lowest: the steps are looked at again when
    their turn comes.
    """
    if live is None:
        return len(unit.steps) if _ends_in_delete(unit) else None
    wanted = unit.precondition
    if wanted is None:
        return None
    state: State = live
    for k in range(len(unit.steps) + 1):
        state = live
        try:
            for step in reversed(unit.steps[:k]):
                state = view.backward(state, step)
        except NotAtLink:
            continue
        if view.fingerprint(state) == wanted.fingerprint:
            return k
    return None


def _ends_in_delete(unit: Unit) -> bool:
    last = unit.steps[-1]
    return last.op == "delete" and last.kind != "l7rule"


def created_chain(unit: Unit, view: View) -> tuple[State, ...]:
    """The states of a unit that the plan creates: nothing, then after each of its steps.

    Raises:
        NotAtLink: its steps do not fit each other (a damaged plan).
    """
    states: list[State] = [None]
    for step in unit.steps:
        states.append(view.forward(states[-1], step))
    return tuple(states)


def same_place(view: View, one: State, other: State) -> bool:
    """Would two units pass for the same object: equal names, or rules that are duplicates or equal in traffic?"""
    if isinstance(one, Policy) and isinstance(other, Policy):
        return one.name == other.name
    if isinstance(one, SecurityRule) and isinstance(other, SecurityRule):
        dialect = view.dialect
        return dialect.security_identity(one) == dialect.security_identity(other) or dialect.security_traffic(
            one
        ) == dialect.security_traffic(other)
    return False

"""One scope while it is written: its live state as last read, who is who in it, and what its units should be now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from reconciler.diagnostics import DiagnosticError
from reconciler.execution.late import in_slot
from reconciler.execution.outcome import Changed
from reconciler.execution.stale import Standing, check
from reconciler.execution.units import NotAtLink, State, UnitKey, View, live_states, same_place, unit_address, unit_key
from reconciler.model import address
from reconciler.model.calls import Provider
from reconciler.model.canonical import Json, is_position
from reconciler.model.live import ListenerFacts, Live, LivePolicy, ReadTerm, ScopeRef
from reconciler.planning.document import Plan, PlanScope, Step
from reconciler.records import dataclass, field

Verdict = Literal["done", "not_done", "changed"]


def scope_ref(scope: PlanScope) -> ScopeRef:
    """The scope as providers want it; its load balancer is told by its lane."""
    kind = scope.address.partition("/")[0]
    _, mark, balancer = scope.lane.partition(":load_balancer:")
    return ScopeRef(scope.address, kind, scope.id, balancer if mark else None)


@dataclass(slots=True)
class Scene:
    """The live side of one scope. ``states`` are the units as this run believes them to be, by live id."""

    provider: Provider
    ref: ScopeRef
    steps: tuple[Step, ...]
    unlisted: frozenset[str] = frozenset()
    live: Live | None = None
    made: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    reads: list[ReadTerm] = field(default_factory=list)
    rules_seen: dict[str, set[str]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    stale: Changed | None = None

    @classmethod
    def of(cls, provider: Provider, scope: PlanScope, plan: Plan) -> Scene:
        """The scene of one scope of a plan."""
        unlisted = frozenset(n.object_id for n in plan.unlisted if n.scope == scope.address)
        return cls(provider, scope_ref(scope), plan.steps_of(scope.address), unlisted)

    @property
    def view(self) -> View:
        """How states are compared here."""
        dialect, facts = self.provider.dialect, self.live.facts if self.live is not None else None
        return View(dialect, not isinstance(facts, ListenerFacts) or dialect.ordered_by_number(facts))

    async def read(self) -> Live:
        """Read the scope now.

        Raises:
            ProviderError: it could not be read.
            DiagnosticError: it could not be read, and the provider says why.
        """
        result = await self.provider.read([self.ref])
        self.reads.extend(result.reads)
        for failure in result.failures:
            raise DiagnosticError(failure.diagnostic)
        self.live = result.lives[0]
        return self.live

    def begin(self) -> Standing:
        """Hold the state just read against the plan; from here on the states of all units are known."""
        assert self.live is not None
        standing = check(self.steps, self.live, self.view, self.unlisted)
        self.states = live_states(self.live)
        self.rules_seen = {p.id: set(p.rule_ids) for p in self.live.policies}
        self.finished = set(standing.done)
        self._learn(standing.ids.items(), standing.done)
        return standing

    def _learn(self, ids: Iterable[tuple[UnitKey, str]], done: frozenset[str]) -> None:
        for policy in self._unique_names():
            self.names[address.policy(self.ref.address, policy.policy.name)] = policy.id
        for step in self.steps:
            for condition in step.preconditions:
                if condition.object_id is not None:
                    self.names[condition.address] = condition.object_id
        by_key = dict(ids)
        for step in self.steps:
            object_id = by_key.get(unit_key(step))
            if object_id is None:
                continue
            self.names[unit_address(step)] = object_id
            if step.op == "create" and step.kind != "l7rule":
                self.made[step.id] = object_id
            elif step.op == "create" and step.id in done:
                self._learn_rule(step, object_id)

    def _learn_rule(self, step: Step, policy_id: str) -> None:
        """The id of a rule that was created before this run: the one that is equal, now or after later steps."""
        later = [s for s in self.steps if s.kind == "l7rule" and _from(s.object_id) == step.id]
        wanted = [self.provider.dialect.rule(s.after) for s in (step, *later) if s.after is not None]
        policy = self.policy(policy_id)
        for rule, rule_id in policy.rules_with_ids if policy else ():
            if rule in wanted and rule_id not in self.made.values():
                self.made[step.id] = rule_id
                return

    def _unique_names(self) -> list[LivePolicy]:
        assert self.live is not None
        count: dict[str, int] = {}
        for p in self.live.policies:
            count[p.policy.name] = count.get(p.policy.name, 0) + 1
        return [p for p in self.live.policies if p.policy.name and count[p.policy.name] == 1]

    def policy(self, object_id: str) -> LivePolicy | None:
        """A live policy as last read."""
        assert self.live is not None
        return next((p for p in self.live.policies if p.id == object_id), None)

    # ------------------------------------------------------------------ names and ids
    def id_of(self, where: str) -> str | None:
        """The live id behind an address."""
        known = self.names.get(where)
        if known is not None:
            return known
        tail = where.rpartition("/policy/")[2]
        return address.decode(tail[1:]) if tail.startswith("@") else None

    def unit_id(self, step: Step) -> str | None:
        """The live id of the unit that a step writes; None: it is still to be made."""
        kind, key = unit_key(step)
        return key if kind == "live" else self.made.get(key)

    def order(self) -> tuple[str, ...]:
        """Ids of the policies as last read, by number."""
        assert self.live is not None
        return tuple(p.id for p in self.live.policies)

    # ------------------------------------------------------------------ did it take effect?
    def expected(self, step: Step) -> State:
        """The unit's state after a step, from what this run believes it to be now.

        Raises:
            NotAtLink: the unit is not where the step starts.
        """
        object_id = self.unit_id(step)
        return self.view.forward(self.states.get(object_id) if object_id else None, step)

    def judge(self, step: Step) -> tuple[Verdict, str | None]:
        """Did a step take effect, told from the state just read? With the id of the object that it made or wrote."""
        assert self.live is not None
        now = live_states(self.live)
        object_id = self.unit_id(step)
        try:
            expected = self.expected(step)
        except NotAtLink:
            return "changed", object_id
        if object_id is None:
            return self._judge_new(now, expected)
        have, believed = now.get(object_id), self.states.get(object_id)
        if self.view.same(have, expected):
            made = self._made_by(step, object_id)
            if self.view.same(have, believed) and not self._effective(step, object_id, made):
                return "not_done", object_id
            return "done", made
        return ("not_done" if self.view.same(have, believed) else "changed"), object_id

    def _judge_new(self, now: dict[str, State], expected: State) -> tuple[Verdict, str | None]:
        taken = {*self.states, *self.made.values()}
        fresh = [i for i, s in now.items() if i not in taken and same_place(self.view, s, expected)]
        equal = [i for i in fresh if self.view.same(now[i], expected)]
        if len(fresh) > 1:
            return "changed", fresh[0]
        if equal:
            return "done", equal[0]
        return ("changed", fresh[0]) if fresh else ("not_done", None)

    def _effective(self, step: Step, object_id: str, made: str | None) -> bool:
        """For a step that changes no state of its unit: is the policy in its slot, or out of ERROR?"""
        if step.role == "heal" and step.op == "update":
            return self.in_error(step, made) is None
        number: Json = (step.after or {}).get(self.provider.dialect.number_field)
        return is_position(number) and in_slot(number, self.order(), object_id, self.id_of)

    def _made_by(self, step: Step, unit_id: str) -> str | None:
        """The id of the object that a step wrote: for a created rule the one that was not there before."""
        if step.kind != "l7rule":
            return unit_id
        if step.op != "create":
            return self.rule_id(step)
        policy, wanted = self.policy(unit_id), self.provider.dialect.rule(step.after or {})
        known = set(self.made.values()) | self.rules_seen.get(unit_id, set())
        pairs = policy.rules_with_ids if policy else ()
        equal = [i for rule, i in pairs if rule == wanted]
        return next((i for i in equal if i not in known), equal[0] if equal else None)

    def rule_id(self, step: Step) -> str | None:
        """The live id of the object that a step names."""
        if isinstance(step.object_id, str):
            return step.object_id
        source = _from(step.object_id)
        return self.made.get(source) if source else None

    def done(self, step: Step, object_id: str | None) -> None:
        """A step took effect: the unit is in its next state from now on."""
        self.finished.add(step.id)
        try:
            expected = self.expected(step)
        except NotAtLink:
            expected = None
        if step.op == "create" and object_id is not None:
            self.made[step.id] = object_id
            if step.kind == "l7rule":
                self.rules_seen.setdefault(self.unit_id(step) or "", set()).add(object_id)
        unit = self.unit_id(step)
        if unit is None:
            return
        self.states[unit] = expected
        self.names[unit_address(step)] = unit
        name = (step.after or {}).get("name") if step.kind == "l7policy" else None
        if isinstance(name, str):
            self.names.setdefault(address.policy(self.ref.address, name), unit)

    def in_error(self, step: Step, object_id: str | None) -> str | None:
        """The words when the object that a step wrote is in ERROR as last read."""
        unit = self.unit_id(step) or object_id
        policy = self.policy(unit) if unit else None
        if policy is None:
            return None
        if step.kind == "l7policy":
            return "the policy is in status ERROR" if policy.status == "ERROR" else None
        statuses = dict(zip(policy.rule_ids, policy.rule_statuses, strict=False))
        return "the rule is in status ERROR" if statuses.get(object_id or "") == "ERROR" else None

    def others_changed(self, step: Step) -> Changed | None:
        """The first other unit with steps ahead that is no longer what this run believes it to be."""
        assert self.live is not None
        now, mine = live_states(self.live), self.unit_id(step)
        for other in self.steps:
            object_id = self.unit_id(other)
            if other.id in self.finished or object_id is None or object_id == mine:
                continue
            if not self.view.same(now.get(object_id), self.states.get(object_id)):
                return self.difference(other, "it was changed by somebody else meanwhile")
        return None

    def difference(self, step: Step, why: str) -> Changed:
        """A three-way diff of the unit that a step writes."""
        object_id = self.unit_id(step)
        live = live_states(self.live).get(object_id) if self.live is not None and object_id else None
        try:
            after = self.view.to_json(self.expected(step))
        except NotAtLink:
            after = None if step.after is None else dict(step.after)
        believed = self.states.get(object_id) if object_id else None
        return Changed(unit_address(step), object_id, why, self.view.to_json(believed), after, self.view.to_json(live))


def _from(value: Json) -> str | None:
    return str(value["$from"]["step"]) if isinstance(value, dict) and "$from" in value else None

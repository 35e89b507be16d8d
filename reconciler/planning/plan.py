"""From inputs to the Plan, in two phases: ``draft`` (what is created decides which quotas are read), ``finish``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from reconciler.diagnostics import Diagnostic, ordered
from reconciler.model.desired import ListenerDocument
from reconciler.model.live import Quotas, ReadTerm
from reconciler.planning.document import (
    DIAGNOSTIC,
    NOT_CHECKED,
    PROVEN,
    Blocked,
    Gap,
    Plan,
    PlanScope,
    Step,
    Summary,
    Verified,
)
from reconciler.planning.drafts import ScopeDraft, number_gaps, number_steps
from reconciler.planning.groups import plan_group
from reconciler.planning.guards import run_guards, scope_guards
from reconciler.planning.inputs import NO_QUOTAS, PlanInputs, ScopeInput
from reconciler.planning.listener import plan_listener
from reconciler.records import dataclass, field


@dataclass(slots=True)
class PlanDraft:
    """A plan before quotas are known. ``creates``: per provider document the kinds of objects that it creates."""

    inputs: PlanInputs
    drafts: list[ScopeDraft] = field(default_factory=list)

    @property
    def creates(self) -> Mapping[str, frozenset[str]]:
        """Provider document -> kinds (l7policy, l7rule, security_group_rule); providers without creates are absent."""
        found: dict[str, set[str]] = {}
        for draft in self.drafts:
            for step in draft.steps:
                if step.op == "create":
                    found.setdefault(draft.scope.provider, set()).add(step.kind)
        return {name: frozenset(kinds) for name, kinds in sorted(found.items())}


def draft(inputs: PlanInputs) -> PlanDraft:
    """Match, order and list the calls of every scope; nothing is numbered or verified yet."""
    blocked = {b.scope for b in inputs.blocked}
    found = PlanDraft(inputs)
    for scope in sorted(inputs.scopes, key=lambda s: s.document.address):
        if scope.document.address in blocked:
            continue
        make = plan_listener if isinstance(scope.document, ListenerDocument) else plan_group
        found.drafts.append(make(scope, inputs.options))
    return found


def finish(drafted: PlanDraft, quotas: Mapping[str, Quotas] | None = None) -> Plan:
    """Number the steps, encode the calls, replay every prefix, apply the guards, add everything up.

    ``quotas`` by provider document; their read terms join the plan's.
    """
    inputs, known = drafted.inputs, quotas or {}
    drafted.drafts = [_with_room(one, known.get(one.scope.provider, NO_QUOTAS), inputs) for one in drafted.drafts]
    builder = _Finish(inputs, known)
    for one in drafted.drafts:
        builder.scope(one)
    return builder.plan(drafted.drafts)


def _with_room(one: ScopeDraft, quotas: Quotas, inputs: PlanInputs) -> ScopeDraft:
    """Clones for a safe order need one more policy each for a while: without room for them, one call each has to do."""
    from reconciler.planning.quotas import lacks_room

    if one.splits and not one.blocked and lacks_room(one, quotas):
        return plan_listener(one.scope, inputs.options, split=False)
    return one


def plan(inputs: PlanInputs, quotas: Mapping[str, Quotas] | None = None) -> Plan:
    """Both phases at once, for callers that know the quotas, or that there are none."""
    return finish(draft(inputs), quotas)


@dataclass(slots=True)
class _Finish:
    inputs: PlanInputs
    quotas: Mapping[str, Quotas]
    steps: list[Step] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    planned: list[PlanScope] = field(default_factory=list)
    states: int = 0

    def scope(self, one: ScopeDraft) -> None:
        """One scope's steps, verified; or the diagnostics that block it."""
        scope = one.scope
        self.planned.append(_planned(scope))
        first = len(self.steps) + 1
        steps: tuple[Step, ...] = ()
        gaps: tuple[Gap, ...] = ()
        if not one.blocked and (one.steps or one.units):
            quotas = self.quotas.get(scope.provider, NO_QUOTAS)
            from reconciler.planning.proof import prove
            from reconciler.planning.quotas import fit

            fit(one, quotas)
            steps, gaps = number_steps(one, first), number_gaps(one, first)
            if not one.blocked:
                self.states += prove(one, steps, gaps, quotas)
        self.diagnostics += one.diagnostics
        if one.blocked:
            codes = sorted({d.code for d in one.diagnostics if d.is_error})
            reason = next(d.summary for d in one.diagnostics if d.is_error)
            self.blocked.append(Blocked(scope.document.address, DIAGNOSTIC, codes[0], reason))
            return
        self.steps += steps
        self.gaps += gaps
        self.blocked += scope_guards(one, gaps, self.inputs.options)

    def plan(self, drafts: list[ScopeDraft]) -> Plan:
        """The whole document."""
        inputs = self.inputs
        going = [d for d in drafts if not d.blocked]
        blocked = [*inputs.blocked, *self.blocked, *run_guards(going, inputs.options)]
        return Plan(
            tool_version=inputs.tool_version,
            today=inputs.options.today,
            source=inputs.source,
            providers=tuple(sorted((dict(p) for p in inputs.providers), key=lambda p: str(p.get("name")))),
            scopes=tuple(self.planned),
            steps=tuple(self.steps),
            unlisted=tuple(n for d in drafts for n in d.unlisted),
            left_open=tuple(n for d in drafts for n in d.left_open),
            ignored=tuple(n for d in drafts for n in d.ignored),
            cosmetic=tuple(n for d in drafts for n in d.cosmetic),
            blocked=tuple(sorted(dict.fromkeys(blocked), key=lambda b: (b.scope or "", b.kind, b.code, b.reason))),
            gaps=tuple(self.gaps),
            diagnostics=tuple(ordered([*inputs.diagnostics, *self.diagnostics])),
            reads=self._reads(),
            summary=_summary(going, len(self.steps)),
            verified=Verified(PROVEN, NOT_CHECKED, NOT_CHECKED, self.states),
            names=self._names(drafts),
        )

    def _names(self, drafts: list[ScopeDraft]) -> Mapping[str, str]:
        """The names of what the plan refers to by id."""
        if not self.inputs.names:
            return {}
        from reconciler.planning.naming import referred

        notes = (n.object for d in drafts for n in (*d.unlisted, *d.left_open, *d.ignored, *d.cosmetic))
        objects = (o for s in self.steps for o in (s.before, s.after) if o is not None)
        return referred(chain(objects, notes), self.inputs.names)

    def _reads(self) -> tuple[ReadTerm, ...]:
        extra = [t for name in sorted(self.quotas) for t in self.quotas[name].reads]
        return (*self.inputs.reads, *extra)


def _planned(scope: ScopeInput) -> PlanScope:
    live = scope.live
    reads: dict[str, int] = {}
    if isinstance(scope.document, ListenerDocument):
        reads = {"l7policy": len(live.policies), "l7rule": sum(len(p.policy.rules) for p in live.policies)}
    else:
        reads = {"security_group_rule": len(live.security_rules)}
    unknown = sum(live.unknown_fields.values())
    if unknown:
        reads["unknown_fields"] = unknown
    document = scope.document
    return PlanScope(document.address, scope.provider, live.scope.id, scope.lane, document.unlisted, reads)


def _summary(drafts: list[ScopeDraft], calls: int) -> Summary:
    count = {"create": 0, "update": 0, "delete": 0, "move": 0}
    for one in drafts:
        for what in one.units.values():
            count[what] += 1
    return Summary(**count, calls=calls)

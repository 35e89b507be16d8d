"""The run: lanes in parallel, strictly one call after another inside each, every step accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.execution.outcome import Changed, ScopeResult, StepResult
from reconciler.execution.scene import Scene
from reconciler.execution.sending import Sending, Terms
from reconciler.execution.stop import Stop
from reconciler.model.calls import Provider, ProviderError
from reconciler.model.live import ReadTerm
from reconciler.planning.document import Gap, Plan, PlanScope, Step
from reconciler.records import dataclass, field

_NAME = ("metadata", "name")
"""Where a document is pointed at as a whole."""

_WORDS = {
    "done": "is done", "failed": "failed", "unknown": "may or may not have happened", "not_tried": "was not tried",
}  # fmt: skip

Skipped = Mapping[str, str]
"""Scopes that must not be written: address -> why."""


@dataclass(slots=True)
class Execution:
    """What became of a plan, step by step, as far as it has come."""

    results: dict[str, StepResult] = field(default_factory=dict)
    scopes: dict[str, ScopeResult] = field(default_factory=dict)
    reads: list[ReadTerm] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def open_gaps(self, plan: Plan) -> tuple[Gap, ...]:
        """Gaps that are open now: begun, and not closed."""
        return tuple(
            gap for gap in plan.gaps if self.took_effect(gap.opened_by) and not self.took_effect(gap.closed_by)
        )

    def took_effect(self, step: str) -> bool:
        """Is the step's effect live?"""
        result = self.results.get(step)
        return result is not None and result.status == "done"

    def merged_reads(self) -> tuple[ReadTerm, ...]:
        """The read terms of all scopes, one a name."""
        calls: dict[str, int] = {}
        for term in self.reads:
            calls[term.name] = calls.get(term.name, 0) + term.calls
        return tuple(ReadTerm(name, f"{n} in all", n) for name, n in sorted(calls.items()))


async def run(
    plan: Plan,
    providers: Mapping[str, Provider],
    terms: Terms,
    *,
    parallelism: int = 8,
    stop: Stop | None = None,
    skipped: Skipped | None = None,
    stale: Mapping[str, tuple[Changed, ...]] | None = None,
    clocks: Mapping[str, Terms] | None = None,
) -> Execution:
    """Carry a plan out.

    ``providers`` are open and writable, by name. ``skipped`` scopes are not touched; ``stale`` ones are known to have
    changed since the plan. ``clocks`` gives providers
    terms of their own (an emulated cloud's time). Nothing is raised for what a provider does: every step of the plan
    has a result.
    """
    stop = stop or Stop()
    execution = Execution()
    lanes = _lanes(plan, execution, skipped or {}, stale or {})
    gate = asyncio.Semaphore(max(1, parallelism))
    runs = [
        Lane(
            plan, scopes, providers[scopes[0].provider], (clocks or {}).get(scopes[0].provider, terms), stop, execution
        )
        for scopes in lanes.values()
    ]

    async def one(lane: Lane) -> None:
        async with gate:
            await lane.run()

    tasks = [asyncio.ensure_future(one(lane)) for lane in runs]

    def end_at_once() -> None:
        for task in tasks:
            task.cancel()

    stop.on_second(end_at_once)
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for lane, end in zip(runs, ends, strict=True):
        lane.account(end if isinstance(end, BaseException) else None)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, (asyncio.CancelledError, DiagnosticError)):
            raise end
    return execution


def _lanes(
    plan: Plan, execution: Execution, skipped: Skipped, stale: Mapping[str, tuple[Changed, ...]]
) -> dict[str, list[PlanScope]]:
    """The scopes to write, by lane; those that must not be written get their results at once."""
    lanes: dict[str, list[PlanScope]] = {}
    for scope in plan.scopes:
        steps = plan.steps_of(scope.address)
        if not steps:
            continue
        if scope.address in skipped:
            _leave(execution, scope, steps, "blocked", skipped[scope.address])
        elif scope.address in stale:
            _stale_scope(execution, scope, steps, stale[scope.address])
        else:
            lanes.setdefault(scope.lane, []).append(scope)
    return lanes


@dataclass(slots=True)
class Lane:
    """All scopes of one load balancer, or one security group, one after another."""

    plan: Plan
    scopes: Sequence[PlanScope]
    provider: Provider
    terms: Terms
    stop: Stop
    execution: Execution
    sending: Sending | None = None
    scene: Scene | None = None

    async def run(self) -> None:
        """Write every scope, as far as it goes."""
        broken: str | None = None
        self.terms.tell("lane", lane=self.scopes[0].lane, scopes=len(self.scopes))
        for scope in self.scopes:
            steps = self.plan.steps_of(scope.address)
            if broken is not None:
                _leave(self.execution, scope, steps, "not_tried", broken)
            elif self.stop.asked:
                _leave(self.execution, scope, steps, "interrupted", "the run was asked to end")
            else:
                broken = await self._scope(scope, steps)

    async def _scope(self, scope: PlanScope, steps: tuple[Step, ...]) -> str | None:
        """Write one scope; why the lane must be given up, or None."""
        scene = self.scene = Scene.of(self.provider, scope, self.plan)
        try:
            settled = await self.stop.unless_asked(self.provider.settle(scope.lane, None, None))
            if settled is None:
                _leave(self.execution, scope, steps, "interrupted", "the run was asked to end")
                return None
            if settled.lane_error is not None:
                why = f"the load balancer is in ERROR: {settled.lane_error}"
                _leave(self.execution, scope, steps, "failed", why)
                return why
            await scene.read()
        except (ProviderError, DiagnosticError) as error:
            _leave(self.execution, scope, steps, "failed", f"it could not be read before its first write: {error}")
            self.execution.diagnostics.append(_unreadable(scope, error))
            return None
        finally:
            self.execution.reads.extend(scene.reads)
            scene.reads.clear()
        standing = scene.begin()
        if standing.changed:
            _stale_scope(self.execution, scope, steps, standing.changed)
            return None
        for step in steps:
            if step.id in standing.done:
                self._keep(StepResult(step, "done", already=True, object_id=scene.rule_id(step)))
        return await self._steps(scope, [s for s in steps if s.id not in standing.done], scene)

    async def _steps(self, scope: PlanScope, left: Sequence[Step], scene: Scene) -> str | None:
        for n, step in enumerate(left):
            if self.stop.asked and not self._in_gap(scope):
                _leave(self.execution, scope, left[n:], "interrupted", "the run was asked to end")
                return None
            if scene.stale is not None:
                _stale_scope(self.execution, scope, left[n:], (scene.stale,))
                return None
            self.sending = Sending(scene, step, self.terms, give_up=lambda: self.stop.asked and not self._in_gap(scope))
            try:
                result = await self.sending.run()
            finally:
                self.execution.reads.extend(scene.reads)
                scene.reads.clear()
            changed, lane_error, self.sending = self.sending.changed, self.sending.lane_error, None
            self._keep(result)
            if result.status != "done":
                word = {"failed": "failed", "unknown": "unknown"}.get(result.status, "changed")
                self._stopped(scope, left[n + 1 :], result, "changed" if changed else word, changed)
                return f"the load balancer is in ERROR: {lane_error}" if lane_error else None
            if lane_error is not None:
                why = f"the load balancer is in ERROR: {lane_error}"
                if left[n + 1 :]:
                    _leave(self.execution, scope, left[n + 1 :], "failed", why)
                else:
                    self._finish(scope, "done", "")
                self.execution.diagnostics.append(_lane_error(scope, lane_error))
                return why
        self._finish(scope, "done", "")
        return None

    def _in_gap(self, scope: PlanScope) -> bool:
        return any(g.scope == scope.address for g in self.execution.open_gaps(self.plan))

    def _stopped(
        self, scope: PlanScope, rest: Sequence[Step], result: StepResult, word: str, changed: Changed | None
    ) -> None:
        why = f"{result.step.id} ({result.step.address}) {_WORDS[result.status]}: {result.why}"
        _leave(self.execution, scope, rest, word, why, (changed,) if changed else ())
        if changed is not None:
            self.execution.diagnostics.append(_stale(changed))
        if result.code is not None and changed is None:
            self.execution.diagnostics.append(_failure(scope, result))

    def _keep(self, result: StepResult) -> None:
        self.execution.results[result.step.id] = result
        self.terms.tell(
            "result", id=result.step.id, address=result.step.address, op=result.step.op, status=result.status,
            already=result.already, words=result.words, why=result.why,
        )  # fmt: skip

    def _finish(self, scope: PlanScope, word: str, why: str, changed: tuple[Changed, ...] = ()) -> None:
        self.execution.scopes[scope.address] = ScopeResult(
            scope.address, scope.provider, scope.lane, word, why, changed
        )

    def account(self, end: BaseException | None) -> None:
        """Give every step that has no result yet an honest one: the lane was cut off, or its journal failed."""
        if isinstance(end, DiagnosticError):
            self.execution.diagnostics.extend(end.diagnostics)
        why = "the journal could not be written" if isinstance(end, DiagnosticError) else "the run was ended"
        if self.sending is not None and self.sending.step.id not in self.execution.results:
            self.execution.results[self.sending.step.id] = self.sending.cut_off(why)
        for scope in self.scopes:
            if scope.address not in self.execution.scopes:
                word = "failed" if isinstance(end, DiagnosticError) else "interrupted"
                _leave(self.execution, scope, self.plan.steps_of(scope.address), word, why)


def _leave(
    execution: Execution, scope: PlanScope, steps: Sequence[Step], word: str, why: str,
    changed: tuple[Changed, ...] = (),
) -> None:  # fmt: skip
    for step in steps:
        execution.results.setdefault(step.id, StepResult(step, "not_tried", why=why))
    execution.scopes[scope.address] = ScopeResult(scope.address, scope.provider, scope.lane, word, why, changed)


def _stale_scope(execution: Execution, scope: PlanScope, steps: Sequence[Step], changed: tuple[Changed, ...]) -> None:
    names = ", ".join(dict.fromkeys(c.address for c in changed))
    why = f"{len(changed)} object{'s' if len(changed) > 1 else ''} changed since the plan: {names}"
    _leave(execution, scope, steps, "changed", why, changed)
    execution.diagnostics.extend(_stale(c) for c in changed)


def _unreadable(scope: PlanScope, error: ProviderError | DiagnosticError) -> Diagnostic:
    if isinstance(error, DiagnosticError):
        return error.diagnostics[0]
    return Diagnostic(
        "APPLY-READ", "the scope could not be read before its first write", error.message,
        "nothing was written on it; run the command again", path=_NAME, address=scope.address,
    )  # fmt: skip


def _stale(changed: Changed) -> Diagnostic:
    return Diagnostic(
        "APPLY-CHANGED", f"{changed.address} changed since the plan: {changed.why}",
        "the plan was made for another state; nothing more is written on this scope",
        "make a new plan: it starts from what is live now", path=_NAME, address=changed.address,
    )  # fmt: skip


def _failure(scope: PlanScope, result: StepResult) -> Diagnostic:
    assert result.code is not None
    return Diagnostic(
        result.code, f"{result.step.id}, {result.step.op} {result.step.address}: {_WORDS[result.status]}: {result.why}",
        result.words or "", "later steps of the scope were not tried; run apply again once the cause is mended",
        path=_NAME, address=result.step.address,
    )  # fmt: skip


def _lane_error(scope: PlanScope, words: str) -> Diagnostic:
    return Diagnostic(
        "APPLY-LANE-ERROR", f"the load balancer of {scope.address} is in ERROR", words,
        "no further scope of this load balancer was written; heal it with the provider first", path=_NAME,
        address=scope.address,
    )  # fmt: skip

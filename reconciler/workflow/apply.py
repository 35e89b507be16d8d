"""Apply: plan (or take a saved plan), ask, write, and prove by a second plan that nothing is left."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.diagnostics import Diagnostic, DiagnosticError, ordered
from reconciler.execution.journal import FileJournal, Journal, NoJournal
from reconciler.execution.outcome import Changed, Outcome, ScopeResult, StepResult, Verification
from reconciler.execution.placed import PlacedScope
from reconciler.execution.run import Execution, run
from reconciler.execution.sending import Terms
from reconciler.execution.stop import Stop
from reconciler.model.calls import ProviderError
from reconciler.model.canonical import Json
from reconciler.planning.document import GUARD, REFUSE, Plan
from reconciler.records import dataclass
from reconciler.workflow import saved
from reconciler.workflow.connect import opened
from reconciler.workflow.observe import used_providers
from reconciler.workflow.opening import Opened
from reconciler.workflow.placing import placed_scopes
from reconciler.workflow.plan import Drawn, draw
from reconciler.workflow.results import (
    FAILED,
    INTERRUPTED,
    OK,
    PARTLY,
    REFUSED,
    TERMINATED,
    ApplyResult,
    worst,
)
from reconciler.workflow.settings import Settings
from reconciler.workflow.validate import load

if TYPE_CHECKING:
    from reconciler.manifests import Loaded

Approve = Callable[[Mapping[str, Json]], bool]


async def apply(
    settings: Settings, plan_file: Mapping[str, Json] | None = None, approve: Approve | None = None
) -> ApplyResult:
    """Bring the live state to what the manifests ask for (design 7).

    ``plan_file`` is a saved plan as parsed; then only what it says is done, and only as far as it still fits.
    ``approve`` is shown the plan before the first write; None means yes.
    """
    try:
        kept = saved.read(plan_file, settings.expect_digest) if plan_file is not None else None
        if kept is not None:
            settings = saved.settings_of(settings, kept)
        loaded = load(settings)
        if kept is not None:
            saved.same_manifests(kept, loaded.manifest_digest)
    except DiagnosticError as error:
        return ApplyResult(None, None, tuple(ordered(error.diagnostics)), REFUSED)
    async with opened(settings, used_providers(loaded), writable=True) as providers:
        drawn = await draw(settings, loaded, providers)
        if kept is None:
            drawn = await _when_quiet(settings, loaded, providers, drawn)
        admitted = saved.Admitted(drawn.plan, {}, {})
        try:
            if kept is not None:
                admitted = saved.admit(kept, drawn, providers, settings)
            elif settings.expect_digest is not None:
                saved.expected(drawn.plan, settings.expect_digest)
        except DiagnosticError as error:
            problems = ordered([*drawn.plan.diagnostics, *error.diagnostics])
            return ApplyResult((kept or drawn.plan).to_json(), None, tuple(problems), worst([*drawn.codes, REFUSED]))
        return await _approved(settings, loaded, providers, drawn, admitted, approve)


async def _when_quiet(settings: Settings, loaded: Loaded, providers: Opened, drawn: Drawn) -> Drawn:
    """What an unfinished run left in flight ends first: a plan of a state that is about to pass would be stale."""
    moving = {(s.provider, s.lane) for s in drawn.seen.scopes if not getattr(s.live.facts, "settled", True)}
    if not moving:
        return drawn
    for name, lane in sorted(moving):
        with contextlib.suppress(ProviderError):  # whatever it is, the lane's begin tells it
            await providers.providers[name].settle(lane, None, None)
    return await draw(settings, loaded, providers)


async def _approved(
    settings: Settings, loaded: Loaded, providers: Opened, drawn: Drawn, admitted: saved.Admitted,
    approve: Approve | None,
) -> ApplyResult:  # fmt: skip
    plan = admitted.plan
    blocked = {b.scope: b for b in drawn.plan.blocked}
    codes = set(drawn.codes)
    if any(b.kind in (GUARD, REFUSE) for b in drawn.plan.blocked):
        codes.add(REFUSED)
    document = plan.to_json()
    left_out = {**admitted.left_out, **{b.scope: b.reason for b in drawn.plan.blocked if b.scope is not None}}
    steps = [s for s in plan.steps if s.scope not in left_out]
    if None in blocked or not steps:
        record = _record(settings, drawn, plan, left_out)
        return ApplyResult(document, None, drawn.plan.diagnostics, worst([*codes, OK]), record.to_json())
    if approve is not None and not approve(document):
        problem = Diagnostic("APPLY-NOT-APPROVED", "the plan was not approved", "nothing was sent")
        return ApplyResult(document, None, (*plan.diagnostics, problem), worst([*codes, REFUSED]))
    return await Run(settings, loaded, providers, plan, left_out, admitted.stale, codes, drawn).carry_out(document)


@dataclass(slots=True)
class Run:
    """One run that was approved."""

    settings: Settings
    loaded: Loaded
    providers: Opened
    plan: Plan
    left_out: Mapping[str, str]
    stale: Mapping[str, tuple[Changed, ...]]
    codes: set[int]
    drawn: Drawn
    again: Drawn | None = None  # the plan after the last write

    async def carry_out(self, document: Mapping[str, Json]) -> ApplyResult:
        """Write, verify, tell."""
        settings = self.settings
        started = settings.clock.now()
        name = run_id(started, settings.random)
        try:
            journal: Journal = (
                FileJournal(settings.directory, name, settings.clock) if settings.journal else NoJournal()
            )
            journal.write("run", {"run": name, "plan_digest": document["digest"], "steps": len(self.plan.steps)})
        except DiagnosticError as error:
            problems = tuple(ordered([*self.plan.diagnostics, *error.diagnostics]))
            return ApplyResult(document, None, problems, worst([*self.codes, FAILED]))
        stop = Stop()
        with stop.listening():
            execution = await self._execute(journal, stop)
            verification = await self._verify(execution, stop)
        outcome = self._outcome(name, str(document["digest"]), started, execution, verification, stop, journal)
        self._close(journal, outcome)
        codes = self.codes | set(self._exits(outcome))
        diagnostics = tuple(ordered(map(self.loaded.spans.locate, [*self.plan.diagnostics, *outcome.diagnostics])))
        return ApplyResult(document, outcome.to_json(), diagnostics, worst([*codes, OK]))

    async def _execute(self, journal: Journal, stop: Stop) -> Execution:
        settings = self.settings
        random = settings.random or _random()

        def terms(name: str) -> Terms:
            clock = self.providers.clocks[name]
            return Terms(clock, journal, random, settings.wait, settings.tell)

        names = sorted(self.providers.providers)
        return await run(
            self.plan, self.providers.providers, Terms(settings.clock, journal, random, settings.wait, settings.tell),
            parallelism=settings.parallelism or 8, stop=stop, skipped=self.left_out, stale=self.stale,
            clocks={name: terms(name) for name in names},
        )  # fmt: skip

    async def _verify(self, execution: Execution, stop: Stop) -> Verification:
        """The second plan: empty for every scope that was written."""
        if self.settings.no_verify:
            return Verification("skipped", "--no-verify")
        wanted = {s.scope for s in self.plan.steps if s.scope not in self.left_out}
        if any(execution.results[s.id].status != "done" for s in self.plan.steps if s.scope in wanted):
            return Verification("skipped", "not every step is done")
        self.settings.tell("verify", scopes=len(wanted))
        try:
            drawn = await stop.unless_asked(draw(self.settings, self.loaded, self.providers))
        except (ProviderError, DiagnosticError) as error:
            return Verification("failed", str(error))
        if drawn is None:
            return Verification("skipped", "the run was asked to end")
        self.again = drawn
        execution.reads.extend(dataclasses.replace(t, name=f"verify: {t.name}") for t in drawn.plan.reads)
        blocked = {b.scope: b for b in drawn.plan.blocked if b.scope in wanted}
        unseen = [f"{scope}: {b.code}: {b.reason}" for scope, b in blocked.items() if b.kind not in (GUARD, REFUSE)]
        if unseen:
            return Verification("failed", "a scope could not be planned again", tuple(unseen))
        left = [f"{s.op} {s.address}: {s.reason}".rstrip(": ") for s in drawn.plan.steps if s.scope in wanted]
        if left:
            return Verification("not_empty", f"{len(left)} steps are left", tuple(left))
        return Verification("empty")

    def _outcome(
        self, name: str, digest: str, started: float, execution: Execution, verification: Verification, stop: Stop,
        journal: Journal,
    ) -> Outcome:  # fmt: skip
        diagnostics = list(execution.diagnostics)
        if verification.status in ("not_empty", "failed"):
            detail = "\n".join(verification.steps)
            what = "the plan after the last write is not empty"
            if verification.status == "failed":
                what = f"the plan after the last write could not be made: {verification.why}"
            diagnostics.append(Diagnostic("APPLY-NOT-EMPTY", what, detail, "run plan and look at what it shows"))
        outcome = Outcome(
            run=name,
            tool_version=__version__,
            plan_digest=digest,
            started_at=started,
            finished_at=self.settings.clock.now(),
            steps=tuple(execution.results[s.id] for s in self.plan.steps),
            scopes=tuple(execution.scopes[s.address] for s in self.plan.scopes if s.address in execution.scopes),
            open_gaps=execution.open_gaps(self.plan),
            diagnostics=tuple(ordered(map(self.loaded.spans.locate, diagnostics))),
            reads=execution.merged_reads(),
            verification=verification,
            interrupted=stop.signal,
            journal=journal.path,
            placed=tuple(self._placed(execution)),
            source=plan_source(self.plan),
        )
        return outcome if outcome.result == "done" else dataclasses.replace(outcome, go_on=self._command())

    def _placed(self, execution: Execution) -> list[PlacedScope]:
        """What stands as wanted: proven by the second plan where there is one, else by the first and its done steps."""
        results = [execution.results[s.id] for s in self.plan.steps]
        undone = [r.step for r in results if r.status != "done"]
        unclear = frozenset(r.step.scope for r in results if r.status == "unknown")
        done = {r.step.address for r in results if r.status == "done"}
        undone += [s for s in self.drawn.plan.steps if s.address not in done]  # of a saved plan's scope: changed since
        found = {p.scope: p for p in placed_scopes(self.drawn.draft.drafts, undone, unclear)}
        if self.again is not None:
            found |= {p.scope: p for p in placed_scopes(self.again.draft.drafts, self.again.plan.steps)}
        return [found[scope] for scope in sorted(found)]

    def _command(self) -> tuple[str, ...]:
        """What to type to go on: a new plan starts from what is live now."""
        settings = self.settings
        words = ["reconcile", "apply", *settings.paths]
        if settings.directory != ".":
            words += ["-C", settings.directory]
        for flag, values in (("--target", settings.target), ("--exclude", settings.exclude)):
            for value in values:
                words += [flag, value]
        if settings.shard is not None:
            words += ["--shard", str(settings.shard)]
        for value in sorted(settings.allow):
            words += ["--allow", value]
        if settings.max_deletes is not None:
            words += ["--max-deletes", str(settings.max_deletes)]
        if settings.replace_cosmetic:
            words.append("--replace-cosmetic")
        return (*words, *settings.repeat)

    def _close(self, journal: Journal, outcome: Outcome) -> None:
        # Every write has its lines already; what a full disk may lose here is the last line.
        with contextlib.suppress(DiagnosticError):
            journal.write("end", {"result": outcome.result, "summary": outcome.summary()})
        journal.close()

    def _exits(self, outcome: Outcome) -> list[int]:
        """The exit codes of design 10 that this outcome calls for."""
        codes: list[int] = []
        if outcome.interrupted is not None:
            codes.append(INTERRUPTED if outcome.interrupted == "SIGINT" else TERMINATED)
        tried = [s for s in outcome.steps if s.step.scope not in self.left_out]
        incomplete = [s for s in tried if s.status != "done"]
        if incomplete and outcome.wrote:
            codes.append(PARTLY)
        elif any(s.status in ("failed", "unknown") for s in incomplete):
            codes.append(FAILED)
        if any(s.result in ("failed", "unknown") for s in outcome.scopes) and not outcome.wrote:
            codes.append(FAILED)
        if any(s.result == "changed" for s in outcome.scopes):
            codes.append(REFUSED)
        if any(d.code in ("APPLY-DENIED", "APPLY-JOURNAL", "AUTH-DENIED") for d in outcome.diagnostics):
            codes.append(FAILED)
        if outcome.verification.status in ("not_empty", "failed"):
            codes.append(FAILED)
        return codes


def _record(settings: Settings, drawn: Drawn, plan: Plan, left_out: Mapping[str, str]) -> Outcome:
    """The outcome of a run that had nothing to try: every planned step is left, and what stands as wanted is told."""
    now = settings.clock.now()
    why = "a guard stopped the run before anything was sent"
    undone = dict.fromkeys([*plan.steps, *drawn.plan.steps])
    return Outcome(
        run=run_id(now, settings.random),
        tool_version=__version__,
        plan_digest=str(plan.to_json()["digest"]),
        started_at=now,
        finished_at=now,
        steps=tuple(StepResult(s, "not_tried", why=left_out.get(s.scope, why)) for s in plan.steps),
        scopes=tuple(
            ScopeResult(s.address, s.provider, s.lane, "blocked", left_out.get(s.address, why))
            for s in plan.scopes
            if plan.steps_of(s.address)
        ),
        diagnostics=drawn.plan.diagnostics,
        reads=drawn.plan.reads,
        verification=Verification("skipped", "nothing was written"),
        placed=tuple(placed_scopes(drawn.draft.drafts, list(undone))),
        source=plan_source(plan),
    )


def plan_source(plan: Plan) -> Mapping[str, Json]:
    """The plan's ``source``, for its outcome."""
    return plan.source.to_json()


def run_id(now: float, random: Callable[[], float] | None) -> str:
    """``<UTC time>-<6 hex digits>``: sorts by time, never the same twice."""
    tail = os.urandom(3).hex() if random is None else f"{int(random() * 0xFFFFFF):06x}"
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{tail}"


def _random() -> Callable[[], float]:
    import random

    return random.random

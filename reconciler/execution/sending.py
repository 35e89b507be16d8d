"""One step, from its late encoding to a settled end: sent, answered, judged against the live state where no answer
can be trusted, and sent again only where it provably did nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.diagnostics import DiagnosticError
from reconciler.execution.journal import Journal
from reconciler.execution.late import Gone, in_slot, resolved, slot
from reconciler.execution.outcome import Changed, Status, StepResult
from reconciler.execution.scene import Scene
from reconciler.model.calls import (
    Call,
    Clock,
    Denied,
    Immutable,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Refused,
    Reply,
    Settled,
)
from reconciler.model.canonical import Json, is_position
from reconciler.model.live import ReadTerm
from reconciler.planning.document import Step
from reconciler.records import dataclass, field

ATTEMPTS = 3
"""How often a write is sent at most after answers that were lost and provably did nothing."""

Tell = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is bounded by: ``wait`` seconds for one step to get unlocked and settled."""

    clock: Clock
    journal: Journal
    random: Callable[[], float]
    wait: float = 600.0
    tell: Tell = field(default=lambda *a, **k: None)


@dataclass(slots=True)
class Sending:
    """One step on its way. ``result`` can be asked for at any time: a run that ends at once tells what it knows."""

    scene: Scene
    step: Step
    terms: Terms
    sent: int = 0
    in_flight: bool = False
    wrote: bool = False
    started: float | None = None
    words: str | None = None
    request_ids: list[str] = field(default_factory=list)
    changed: Changed | None = None
    lane_error: str | None = None
    give_up: Callable[[], bool] = field(default=lambda: False)
    last: StepResult | None = None

    async def run(self) -> StepResult:
        """Carry the step out. Never raises a ProviderError: what happened is in the result.

        Raises:
            DiagnosticError: APPLY-JOURNAL; then nothing was sent after the last line that is stored.
        """
        deadline = self.terms.clock.now() + self.terms.wait
        locked = 0
        while True:
            try:
                call = await self._encode()
            except _InPlace:
                return self.result("done", already=True)
            except Gone as gone:
                return self._changed(gone.why)
            except ProviderError as error:
                return self._failed("APPLY-READ", error, "the list of policies could not be read")
            try:
                end = await self._once(call)
            except _Again as again:
                if again.locked:
                    locked += 1
                    if self.give_up():
                        return self.result("not_tried", why="the run was asked to end while it was locked")
                    if self.terms.clock.now() >= deadline:
                        return self._failed("APPLY-LOCKED", again.error, "it was still locked after the longest wait")
                    await self.terms.clock.sleep(min(10.0, 2.0 ** min(locked, 3)) * (0.5 + self.terms.random() / 2))
                elif self.sent >= ATTEMPTS:
                    return self._failed("APPLY-LOST", again.error, f"sent {self.sent} times without effect")
                continue
            return end

    async def _once(self, call: Call) -> StepResult:
        """Send once and judge what came back; raises :class:`_Again` when it may be sent again."""
        provider, lane = self.scene.provider, self.step.lane
        if self.started is None:
            self.started = self.terms.clock.now()
        self._note("intent", {"attempt": self.sent + 1, "call": call.to_json()})
        self.in_flight, self.sent = True, self.sent + 1
        try:
            reply = await provider.send(call)
        except OutcomeUnknown as error:
            self._heard(error)
            return await self._look(error, "lost")
        except Immutable as error:
            self._heard(error)
            self.in_flight, self.sent = False, self.sent - 1
            return await self._look(error, "locked")
        except Refused as error:
            self._heard(error)
            self.in_flight = False
            return await self._refused(error)
        except ProviderError as error:
            self._heard(error)
            self.in_flight = False
            return self._failed("APPLY-REFUSED", error, "the call could not be sent")
        if reply.request_id:
            self.request_ids.append(reply.request_id)
        try:
            settled = await provider.settle(lane, call, reply)
        except ProviderError as error:
            self._heard(error)
            return await self._look(error, "lost")
        return await self._settled(reply, settled)

    async def _settled(self, reply: Reply, settled: Settled) -> StepResult:
        self.in_flight = False
        self.lane_error = settled.lane_error
        if settled.request_id:
            self.request_ids.append(settled.request_id)
        object_id = settled.object_id or reply.object_id or self.scene.rule_id(self.step)
        if settled.error is None and settled.status != "ERROR" and object_id is not None:
            self.wrote = True
            self.scene.done(self.step, object_id)
            return self.result("done", object_id=object_id)
        self.words = settled.error or self.words
        trouble = settled.error or ("the object is in status ERROR" if settled.status == "ERROR" else None)
        return await self._look(ProviderError(trouble or "the answer names no object"), "error" if trouble else "lost")

    async def _refused(self, error: Refused) -> StepResult:
        step = self.step
        if isinstance(error, NotFound) and step.op == "delete":
            self.wrote = self.sent > 1
            self.scene.done(step, self.scene.rule_id(step))
            return self.result("done", already=not self.wrote, object_id=self.scene.rule_id(step))
        if isinstance(error, Denied):
            return self._failed("APPLY-DENIED", error, "the credentials do not reach that far")
        if isinstance(error, QuotaExceeded):
            return self._failed("APPLY-QUOTA", error, "the provider's quota has no room")
        if step.op == "create" and (error.status == 409 or error.existing_id is not None):
            return await self._look(error, "duplicate")
        if isinstance(error, NotFound):
            return self._failed("APPLY-GONE", error, "the object, or its parent, is gone")
        return self._failed("APPLY-REFUSED", error, "the provider refused the call")

    async def _look(self, error: ProviderError, why: str) -> StepResult:
        """Wait until the lane is settled, read the scope, and decide from what is live.

        ``why``: ``lost`` (sent, no trustworthy answer), ``locked`` (not done, somebody else is at work), ``duplicate``
        (something equal exists, says the provider) or ``error`` (done, and it went wrong).
        """
        scene, step = self.scene, self.step
        try:
            settled = await scene.provider.settle(step.lane, None, None)
            await scene.read()
        except (ProviderError, DiagnosticError) as trouble:
            if why == "locked":
                return self._failed("APPLY-LOCKED", error, f"it is locked, and looking again failed: {trouble}")
            if why == "duplicate":
                return self._failed("APPLY-REFUSED", error, f"and the scope could not be read: {trouble}")
            return self._unknown(error, f"the scope could not be read afterwards: {trouble}")
        self.in_flight = False
        self.lane_error = settled.lane_error or self.lane_error
        verdict, object_id = scene.judge(step)
        self._note("judged", {"why": why, "verdict": verdict, "object_id": object_id})
        if verdict == "done":
            self.wrote = self.wrote or why in ("lost", "error")
            wrong = scene.in_error(step, object_id)
            scene.done(step, object_id)
            scene.stale = scene.others_changed(step)
            if wrong is not None:
                return self._failed("APPLY-ERROR-STATUS", error, wrong, object_id)
            return self.result("done", already=why in ("locked", "duplicate") and not self.wrote, object_id=object_id)
        if verdict == "changed":
            return self._changed("it was changed by somebody else meanwhile")
        if (other := scene.others_changed(step)) is not None:
            self.changed = other
            return self.result("not_tried" if not self.sent else "failed", code="APPLY-CHANGED", why=other.why)
        if why == "duplicate":
            return self._failed("APPLY-DUPLICATE", error, "the provider holds a duplicate that is not equal")
        if why == "error":
            return self._failed("APPLY-TASK", error, "the provider took the call and could not carry it out")
        raise _Again(error, locked=why == "locked")

    # ------------------------------------------------------------------ the call
    async def _encode(self) -> Call:
        step, scene = self.step, self.scene
        after = step.after
        number = scene.provider.dialect.number_field
        if step.kind == "l7policy" and after is not None and is_position(after.get(number)):
            order = await scene.provider.order(scene.ref.id)
            scene.reads.append(ReadTerm("order", "one list of policies directly before a position is sent", 1))
            own = scene.unit_id(step) if step.op != "create" else None
            if step.op == "move" and own is not None and in_slot(after[number], order, own, scene.id_of):
                scene.done(step, own)
                raise _InPlace
            after = {**after, number: slot(after[number], order, own, scene.id_of)}
        return scene.provider.encoder.encode(
            step.op, step.kind, self._id(step.object_id), self._parent(), self._plain(step.before), self._plain(after)
        )

    def _id(self, value: Json) -> Json:
        return resolved(value, lambda s: self.scene.made[s])

    def _parent(self) -> Json:
        return self._id(self.step.parent_id)

    def _plain(self, value: Mapping[str, Json] | None) -> dict[str, Json] | None:
        return None if value is None else {k: self._id(v) for k, v in value.items()}

    # ------------------------------------------------------------------ what became of it
    def result(self, status: Status, *, already: bool = False, object_id: str | None = None, code: str | None = None,
               why: str = "") -> StepResult:  # fmt: skip
        """The step's result, as known now."""
        end = None if self.started is None else self.terms.clock.now() - self.started
        known = object_id or self.scene.rule_id(self.step)
        result = StepResult(
            self.step, status, already, self.sent, self.wrote, known, tuple(dict.fromkeys(self.request_ids)),
            self.words if status != "done" else None, code, why, self.started, end,
        )  # fmt: skip
        self.last = result
        self._note("outcome", {"status": status, "already": already, "object_id": known, "words": result.words,
                               "why": why})  # fmt: skip
        return result

    def cut_off(self, why: str) -> StepResult:
        """The result of a step that was ended from outside: a second signal, or a journal that cannot be written."""
        if self.last is not None:
            return self.last
        words = {"words": self.words, "sent": self.sent, "wrote": self.wrote, "started_at": self.started}
        if self.in_flight:
            why = f"{why} while the call was on its way"
            return StepResult(self.step, "unknown", code="APPLY-INTERRUPTED", why=why, **words)  # type: ignore[arg-type]
        return StepResult(self.step, "not_tried", why=why, **words)  # type: ignore[arg-type]

    def _failed(self, code: str, error: ProviderError, why: str, object_id: str | None = None) -> StepResult:
        self._heard(error)
        return self.result("failed", code=code, why=why, object_id=object_id)

    def _unknown(self, error: ProviderError, why: str) -> StepResult:
        self._heard(error)
        return self.result("unknown", code="APPLY-UNKNOWN", why=why)

    def _changed(self, why: str) -> StepResult:
        self.changed = self.scene.difference(self.step, why)
        if self.in_flight:
            return self.result("unknown", code="APPLY-UNKNOWN", why=why)
        return self.result("failed" if self.sent else "not_tried", code="APPLY-CHANGED", why=why)

    def _heard(self, error: ProviderError) -> None:
        self.words = error.message
        if error.request_id:
            self.request_ids.append(error.request_id)

    def _note(self, event: str, facts: Mapping[str, object]) -> None:
        self.terms.tell("step", id=self.step.id, address=self.step.address, op=self.step.op, what=event)
        who = {"step": self.step.id, "address": self.step.address, "op": self.step.op}
        self.terms.journal.write(event, {**who, **facts})


class _Again(Exception):
    """Provably not done: it may be sent again. ``locked``: somebody else's change is in the way."""

    def __init__(self, error: ProviderError, *, locked: bool) -> None:
        super().__init__(error.message)
        self.error = error
        self.locked = locked


class _InPlace(Exception):
    """The policy stands in its slot already: there is nothing to send."""

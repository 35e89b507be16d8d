"""The Outcome as a document: what became of every step, in frozen data and JSON (``schemas/outcome.schema.json``).

Status of a step: ``done`` (its effect is live: sent by this run, or found there already), ``failed`` (the provider
refused it, it changed nothing or ended in ERROR), ``unknown`` (it was sent and nobody can tell whether it took effect),
``not_tried``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from reconciler.diagnostics import Diagnostic
from reconciler.execution.placed import PlacedScope
from reconciler.model.canonical import Json
from reconciler.model.live import ReadTerm
from reconciler.planning.document import Gap, Step, diagnostic_to_json
from reconciler.records import dataclass, field

FORMAT_VERSION = 1

Status = Literal["done", "failed", "unknown", "not_tried"]


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step.

    ``already``: its effect was live before this run could send it. ``sent``: how many times it went out. ``wrote``:
    a write of this run took effect. ``object_id`` is the live id (a create's new one). ``words`` are the provider's
    own, redacted. ``why`` says in ours why it is not done. ``seconds`` runs from the first send to settled.
    """

    step: Step
    status: Status
    already: bool = False
    sent: int = 0
    wrote: bool = False
    object_id: str | None = None
    request_ids: tuple[str, ...] = ()
    words: str | None = None
    code: str | None = None
    why: str = ""
    started_at: float | None = None
    seconds: float | None = None

    def to_json(self) -> dict[str, Json]:
        """As in ``steps``."""
        step = self.step
        return {
            "id": step.id,
            "op": step.op,
            "kind": step.kind,
            "address": step.address,
            "scope": step.scope,
            "lane": step.lane,
            "provider": step.provider,
            "status": self.status,
            "already": self.already,
            "sent": self.sent,
            "object_id": self.object_id,
            "request_ids": list(self.request_ids),
            "words": self.words,
            "code": self.code,
            "why": self.why,
            "started_at": None if self.started_at is None else timestamp(self.started_at),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Changed:
    """An object that is not what the plan was made for: planned before, planned after, and what is live now.

    ``before`` is None when the plan expects nothing there, ``live`` when nothing is there; ``fingerprint`` is that of
    the state before, which a plan may know better than its fields. ``why`` says what differs in one line.
    """

    address: str
    object_id: str | None
    why: str
    before: Mapping[str, Json] | None = field(default=None, hash=False)
    after: Mapping[str, Json] | None = field(default=None, hash=False)
    live: Mapping[str, Json] | None = field(default=None, hash=False)
    fingerprint: str | None = None

    def to_json(self) -> dict[str, Json]:
        """As in ``changed`` of a scope."""
        return {
            "address": self.address,
            "object_id": self.object_id,
            "why": self.why,
            "before": None if self.before is None else dict(self.before),
            "after": None if self.after is None else dict(self.after),
            "live": None if self.live is None else dict(self.live),
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class ScopeResult:
    """What became of one scope: ``done``, ``failed``, ``unknown``, ``changed`` (since the plan), ``interrupted``,
    ``not_tried`` (its lane was given up) or ``blocked`` (before anything was sent)."""

    address: str
    provider: str
    lane: str
    result: str
    why: str = ""
    changed: tuple[Changed, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As in ``scopes``."""
        return {
            "address": self.address,
            "provider": self.provider,
            "lane": self.lane,
            "result": self.result,
            "why": self.why,
            "changed": [c.to_json() for c in self.changed],
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """The plan made after the last write: ``empty``, ``not_empty``, ``failed`` (could not be made) or ``skipped``.

    ``steps`` names what is left, one line each.
    """

    status: str
    why: str = ""
    steps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As in ``verification``."""
        return {"status": self.status, "why": self.why, "steps": list(self.steps)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a run did, did not do, or cannot tell.

    ``placed`` is what stood as wanted at its end, also in scopes that needed no step. ``source`` is the plan's.
    """

    run: str
    tool_version: str
    plan_digest: str
    started_at: float
    finished_at: float
    steps: tuple[StepResult, ...] = ()
    scopes: tuple[ScopeResult, ...] = ()
    open_gaps: tuple[Gap, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    reads: tuple[ReadTerm, ...] = ()
    verification: Verification = field(default_factory=lambda: Verification("skipped"))
    interrupted: str | None = None  # SIGINT | SIGTERM
    journal: str | None = None  # relative to -C
    placed: tuple[PlacedScope, ...] = ()
    source: Mapping[str, Json] | None = field(default=None, hash=False)
    go_on: tuple[str, ...] = ()  # argv of the command that goes on from here; empty: nothing is left to do

    @property
    def wrote(self) -> bool:
        """True when at least one write of this run took effect."""
        return any(s.wrote for s in self.steps)

    @property
    def complete(self) -> bool:
        """True when every step is done."""
        return all(s.status == "done" for s in self.steps)

    @property
    def result(self) -> str:
        """``done``, ``partly`` (something took effect, something did not), ``failed`` or ``not_tried``."""
        if self.complete and self.verification.status in ("empty", "skipped"):
            return "done"
        if self.complete:
            return "failed"
        if self.wrote:
            return "partly"
        return "failed" if any(s.status in ("failed", "unknown") for s in self.steps) else "not_tried"

    def to_json(self) -> dict[str, Json]:
        """The document of ``schemas/outcome.schema.json``."""
        return {
            "format_version": FORMAT_VERSION,
            "kind": "Outcome",
            "tool_version": self.tool_version,
            "run": self.run,
            "plan_digest": self.plan_digest,
            "started_at": timestamp(self.started_at),
            "finished_at": timestamp(self.finished_at),
            "result": self.result,
            "interrupted": self.interrupted,
            "summary": self.summary(),
            "scopes": [s.to_json() for s in self.scopes],
            "steps": [s.to_json() for s in self.steps],
            "open_gaps": [g.to_json() for g in self.open_gaps],
            "verification": self.verification.to_json(),
            "continue": list(self.go_on) or None,
            "diagnostics": [diagnostic_to_json(d) for d in self.diagnostics],
            "reads": {
                "terms": [{"name": t.name, "formula": t.formula, "calls": t.calls} for t in self.reads],
                "calls": sum(t.calls for t in self.reads),
            },
            "journal": self.journal,
            "placed": [p.to_json() for p in self.placed],
            **({} if self.source is None else {"source": dict(self.source)}),
        }

    def summary(self) -> dict[str, int]:
        """Steps by status, those found done already, and how many writes went out."""
        count = {s: sum(1 for r in self.steps if r.status == s) for s in ("done", "failed", "unknown", "not_tried")}
        return {
            "steps": len(self.steps),
            **count,
            "already": sum(1 for r in self.steps if r.already),
            "sent": sum(r.sent for r in self.steps),
        }

"""The Plan as a document: frozen data, its JSON form (``schemas/plan.schema.json``) and its digest.

The JSON form holds no secrets and no clock reading; equal input gives equal bytes. Values that are not known yet are
``$from`` and ``$position`` objects, never strings.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic
from reconciler.model.calls import Call
from reconciler.model.canonical import Json, digest
from reconciler.model.live import ReadTerm
from reconciler.records import dataclass
from reconciler.records import field as attribute

FORMAT_VERSION = 1
"""Raised whenever a reader of the older form would misunderstand a plan."""

PROVEN = "proven"
NOT_CHECKED = "not checked"

GUARD = "guard"
DIAGNOSTIC = "diagnostic"
REFUSE = "refuse"
UNREAD = "unread"
BLOCK_KINDS = (DIAGNOSTIC, UNREAD, GUARD, REFUSE)
"""Why a scope is blocked. ``diagnostic`` and ``unread`` scopes have no steps, the others show them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field of a step: its value before and after; None stands for absent (the default)."""

    field: str
    before: Json = attribute(hash=False)
    after: Json = attribute(hash=False)

    def to_json(self) -> dict[str, Json]:
        """As in ``changed`` of a step."""
        return {"field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must still be true of a live unit before it is written: its fingerprint; both None means absent.

    A neighbour of a slot is named by id with ``fingerprint`` None: it must exist, whatever it holds.
    """

    address: str
    object_id: str | None
    fingerprint: str | None

    def to_json(self) -> dict[str, Json]:
        """As in ``preconditions`` of a step."""
        return {"address": self.address, "object_id": self.object_id, "fingerprint": self.fingerprint}


@dataclass(frozen=True, slots=True)
class Step:
    """One call on one object.

    ``object_id`` and ``parent_id`` are an id, None or a ``$from``. ``before``/``after`` are the whole object of the
    step's kind in normal form, directly before and after the step. ``gap`` is the address of the object whose gap is
    open after (or closed by) this step, else None. ``needs`` are the direct predecessors, here one: the step before it
    in its scope. The steps of a scope are a chain, so all that a step needs in the end are all earlier steps of the
    scope; naming only the next one keeps a plan's size linear.
    """

    id: str
    op: str  # create | update | delete | move
    kind: str  # l7policy | l7rule | security_group_rule
    address: str
    object_id: Json = attribute(hash=False)
    parent_id: Json = attribute(hash=False)
    provider: str
    scope: str
    lane: str
    before: Mapping[str, Json] | None = attribute(hash=False)
    after: Mapping[str, Json] | None = attribute(hash=False)
    call: Call
    role: str = "none"  # none | guard | arm | clone | heal
    replaces: str | None = None
    changed: tuple[Change, ...] = ()
    needs: tuple[str, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    gap: str | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The step as the plan's JSON has it."""
        return {
            "id": self.id,
            "op": self.op,
            "kind": self.kind,
            "address": self.address,
            "object_id": self.object_id,
            "parent_id": self.parent_id,
            "provider": self.provider,
            "scope": self.scope,
            "lane": self.lane,
            "role": self.role,
            "replaces": self.replaces,
            "before": None if self.before is None else dict(self.before),
            "after": None if self.after is None else dict(self.after),
            "changed": [c.to_json() for c in self.changed],
            "call": self.call.to_json(),
            "needs": list(self.needs),
            "preconditions": [p.to_json() for p in self.preconditions],
            "gap": self.gap,
            "reason": self.reason,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class PlanScope:
    """A scope that was planned: the document's address, the live id, and how many objects were read of each kind."""

    address: str
    provider: str
    id: str
    lane: str
    unlisted: str
    reads: Mapping[str, int] = attribute(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Json]:
        """As in ``scopes``."""
        return {
            "address": self.address,
            "provider": self.provider,
            "id": self.id,
            "lane": self.lane,
            "unlisted": self.unlisted,
            "reads": dict(self.reads),
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """An object that is absent, or does not serve, between two calls.

    ``opened_by``/``closed_by`` are step ids; ``falls_to`` names who serves its requests meanwhile (addresses in order
    of evaluation, then ``default``; for a security rule ``closed``).
    """

    object: str
    scope: str
    opened_by: str
    closed_by: str
    falls_to: tuple[str, ...]
    why: str

    def to_json(self) -> dict[str, Json]:
        """As in ``gaps``."""
        return {
            "object": self.object,
            "scope": self.scope,
            "opened_by": self.opened_by,
            "closed_by": self.closed_by,
            "falls_to": list(self.falls_to),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Blocked:
    """A scope (None: the whole run) that must not be written, and why. ``kind`` is one of :data:`BLOCK_KINDS`.

    ``allow`` is what to pass to let it through (``gap=ADDRESS`` for ``--allow``, ``N`` for ``--max-deletes``).
    """

    scope: str | None
    kind: str
    code: str
    reason: str
    allow: str | None = None

    def to_json(self) -> dict[str, Json]:
        """As in ``blocked``."""
        return {
            "scope": self.scope,
            "kind": self.kind,
            "code": self.code,
            "reason": self.reason,
            "allow": self.allow,
        }


@dataclass(frozen=True, slots=True)
class Note:
    """A live object that the plan leaves as it is: one entry of ``unlisted``, ``left_open``, ``ignored``, ``cosmetic``.

    ``object`` is the live object in normal form; ``changed`` the fields that differ and are left (ignored, cosmetic);
    ``related`` the addresses that it stands before (unlisted), or covers or overlaps (left_open).
    """

    address: str
    scope: str
    kind: str
    object_id: str
    object: Mapping[str, Json] = attribute(hash=False)
    reason: str = ""
    changed: tuple[Change, ...] = ()
    related: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As in the list that it belongs to."""
        return {
            "address": self.address,
            "scope": self.scope,
            "kind": self.kind,
            "object_id": self.object_id,
            "object": dict(self.object),
            "reason": self.reason,
            "changed": [c.to_json() for c in self.changed],
            "related": list(self.related),
        }


@dataclass(frozen=True, slots=True)
class Source:
    """Where the plan came from: what ``apply --plan`` reads again and compares.

    ``live``: digest and moment of the snapshot that stood for the clouds; None: they were asked themselves.
    """

    manifest_digest: str
    commit: str | None = None
    paths: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shard: str | None = None
    live: Mapping[str, str] | None = attribute(default=None, hash=False)

    def to_json(self) -> dict[str, Json]:
        """As in ``source``; ``shard`` only where the plan is that of a part (``I/N``), ``live`` only of a snapshot."""
        return {
            "manifest_digest": self.manifest_digest,
            "commit": self.commit,
            "paths": list(self.paths),
            "target": list(self.target),
            "exclude": list(self.exclude),
            **({"shard": self.shard} if self.shard is not None else {}),
            **({"live": dict(self.live)} if self.live is not None else {}),
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """Objects by what happens to them (a policy with its rules is one), and the number of writes."""

    create: int = 0
    update: int = 0
    delete: int = 0
    move: int = 0
    calls: int = 0

    def to_json(self) -> dict[str, Json]:
        """As in ``summary``."""
        return {
            "create": self.create,
            "update": self.update,
            "delete": self.delete,
            "move": self.move,
            "calls": self.calls,
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """What has been proven of every state that the plan passes through, and how many states those are."""

    constraints: str = NOT_CHECKED
    routing: str = NOT_CHECKED
    exposure: str = NOT_CHECKED
    states: int = 0

    def to_json(self) -> dict[str, Json]:
        """As in ``verified``."""
        return {
            "constraints": self.constraints,
            "routing": self.routing,
            "exposure": self.exposure,
            "states": self.states,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that ``apply`` does, and everything that it deliberately does not do.

    ``names``: what the cloud calls the pools, listeners and groups that the plan refers to by id. For people only.
    """

    tool_version: str
    today: str
    source: Source
    providers: tuple[Mapping[str, Json], ...] = attribute(default=(), hash=False)
    scopes: tuple[PlanScope, ...] = ()
    steps: tuple[Step, ...] = ()
    unlisted: tuple[Note, ...] = ()
    left_open: tuple[Note, ...] = ()
    ignored: tuple[Note, ...] = ()
    cosmetic: tuple[Note, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    gaps: tuple[Gap, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    reads: tuple[ReadTerm, ...] = ()
    summary: Summary = attribute(default_factory=Summary)
    verified: Verified = attribute(default_factory=Verified)
    names: Mapping[str, str] = attribute(default_factory=dict, hash=False)

    @property
    def empty(self) -> bool:
        """True when there is nothing to write."""
        return not self.steps

    def steps_of(self, scope: str) -> tuple[Step, ...]:
        """The steps of one scope in execution order."""
        return tuple(s for s in self.steps if s.scope == scope)

    def to_json(self) -> dict[str, Json]:
        """The document of ``schemas/plan.schema.json``, with its digest."""
        body: dict[str, Json] = {
            "format_version": FORMAT_VERSION,
            "kind": "Plan",
            "tool_version": self.tool_version,
            "today": self.today,
            "providers": [dict(p) for p in self.providers],
            "source": self.source.to_json(),
            "scopes": [s.to_json() for s in self.scopes],
            "steps": [s.to_json() for s in self.steps],
            "unlisted": [n.to_json() for n in self.unlisted],
            "left_open": [n.to_json() for n in self.left_open],
            "ignored": [n.to_json() for n in self.ignored],
            "cosmetic": [n.to_json() for n in self.cosmetic],
            "blocked": [b.to_json() for b in self.blocked],
            "gaps": [g.to_json() for g in self.gaps],
            "diagnostics": [diagnostic_to_json(d) for d in self.diagnostics],
            "reads": {
                "terms": [{"name": t.name, "formula": t.formula, "calls": t.calls} for t in self.reads],
                "calls": sum(t.calls for t in self.reads),
            },
            "summary": self.summary.to_json(),
            "verified": self.verified.to_json(),
        }
        if self.names:
            body["names"] = dict(sorted(self.names.items()))
        body["digest"] = digest(body)
        return body


def diagnostic_to_json(d: Diagnostic) -> dict[str, Json]:
    """A diagnostic as the plan holds it."""
    return {
        "code": d.code,
        "severity": d.severity.value,
        "summary": d.summary,
        "detail": d.detail,
        "hint": d.hint,
        "address": d.address,
        "path": list(d.path),
        "file": d.span.file if d.span else None,
        "line": d.span.line if d.span else None,
        "column": d.span.column if d.span else None,
    }

"""Steps before they have ids: what is done to what, in order, with references to earlier drafts as list indexes."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic
from reconciler.model.address import scope_of
from reconciler.model.canonical import Json, from_step
from reconciler.model.objects import Policy, SecurityRule
from reconciler.planning.changes import changed
from reconciler.planning.document import Gap, Note, Precondition, Step
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.records import dataclass, field

ObjectId = str | int | None
"""A live id, the index of the draft that makes the object, or None (not made yet)."""


@dataclass(slots=True)
class Draft:
    """One call on one object; see :class:`reconciler.planning.document.Step`."""

    op: str
    kind: str
    address: str
    object_id: ObjectId
    parent_id: ObjectId
    before: Mapping[str, Json] | None
    after: Mapping[str, Json] | None
    role: str = "none"
    replaces: str | None = None
    preconditions: tuple[Precondition, ...] = ()
    gap: str | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class DraftGap:
    """A gap by draft indexes."""

    object: str
    opened_by: int
    closed_by: int
    falls_to: tuple[str, ...]
    why: str


@dataclass(slots=True)
class Outcome:
    """What the scope must be in the end, for the replay.

    ``policies`` or ``rules``: the listed ones in listed order, ignored fields as they are live; ``untouched``: live ids
    that no call may name; ``pairs``: live id -> the policy that it becomes, None where it goes; ``addresses``: address
    -> live id; ``pins``: name -> pinned number; ``unordered``: names that take no part in the listed order.
    """

    policies: tuple[Policy, ...] = ()
    rules: tuple[SecurityRule, ...] = ()
    untouched: frozenset[str] = frozenset()
    pairs: Mapping[str, Policy | None] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, int] = field(default_factory=dict)
    unordered: frozenset[str] = frozenset()


@dataclass(slots=True)
class ScopeDraft:
    """Everything that planning one scope gives.

    ``units``: what happens to each object that is written (create, update, delete, move), for the summary.
    ``deleted``: live objects that will not exist afterwards. ``replaced``: live objects that are deleted and made anew
    or taken over by a clone. ``emptied``: what the plan empties, in words. ``protected``: deleted or replaced live
    objects that ``protect`` names. ``refused``: unlisted ones under ``unlisted: refuse``. ``splits``: how many
    policies were replaced by a clone for a safe order alone: without room for these, one call each has to do.
    ``until``: the last day of the ``ignore`` entry behind each note in ``ignored``, by live id (absent: none).
    """

    scope: ScopeInput
    options: Options
    steps: list[Draft] = field(default_factory=list)
    gaps: list[DraftGap] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    unlisted: list[Note] = field(default_factory=list)
    left_open: list[Note] = field(default_factory=list)
    ignored: list[Note] = field(default_factory=list)
    cosmetic: list[Note] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    protected: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    until: dict[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    splits: int = 0

    @property
    def blocked(self) -> bool:
        """An error diagnostic: nothing is planned for this scope."""
        return any(d.is_error for d in self.diagnostics)

    def add(self, draft: Draft) -> int:
        """Append a step; its index stands for the id of what it makes."""
        self.steps.append(draft)
        return len(self.steps) - 1


def number_steps(draft: ScopeDraft, first: int) -> tuple[Step, ...]:
    """The scope's steps with ids from ``s<first>`` on, references filled in, calls encoded, fields compared."""
    scope = draft.scope
    done: list[Step] = []
    names = [f"s{first + i}" for i in range(len(draft.steps))]

    def reference(value: ObjectId) -> Json:
        return from_step(names[value]) if isinstance(value, int) else value

    for name, step in zip(names, draft.steps, strict=True):
        object_id, parent_id = reference(step.object_id), reference(step.parent_id)
        try:
            call = scope.encoder.encode(step.op, step.kind, object_id, parent_id, step.before, step.after)
        except ValueError as error:
            draft.diagnostics.append(_no_call(step, str(error)))
            return ()
        done.append(
            Step(
                id=name,
                op=step.op,
                kind=step.kind,
                address=step.address,
                object_id=object_id,
                parent_id=parent_id,
                provider=scope.provider,
                scope=scope.document.address,
                lane=scope.lane,
                before=step.before,
                after=step.after,
                call=call,
                role=step.role,
                replaces=step.replaces,
                changed=changed(step.before, step.after),
                needs=(done[-1].id,) if done else (),
                preconditions=step.preconditions,
                gap=step.gap,
                reason=step.reason,
                warnings=step.warnings,
            )
        )
    return tuple(done)


def _no_call(step: Draft, why: str) -> Diagnostic:
    return Diagnostic(
        "PLAN-NO-CALL",
        f"the provider has no single call for this change of {step.address}",
        why,
        "list the field with a value of its own, or give the policy another name, so that it is made anew",
        address=scope_of(step.address),
    )


def number_gaps(draft: ScopeDraft, first: int) -> tuple[Gap, ...]:
    """The scope's gaps with step ids."""
    address = draft.scope.document.address
    return tuple(
        Gap(g.object, address, f"s{first + g.opened_by}", f"s{first + g.closed_by}", g.falls_to, g.why)
        for g in draft.gaps
    )

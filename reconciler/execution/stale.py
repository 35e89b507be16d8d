"""The stale check of one scope: what is live now against what the plan was made for, object by object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.execution.outcome import Changed
from reconciler.execution.units import (
    NotAtLink,
    State,
    Unit,
    UnitKey,
    View,
    created_chain,
    link_of,
    live_states,
    same_place,
    units_of,
)
from reconciler.model.canonical import Json
from reconciler.model.live import Live
from reconciler.planning.document import Step
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a scope stands: the steps that are done already, and the live id of every unit that exists.

    ``changed`` is not empty when the scope must not be written.
    """

    done: frozenset[str] = frozenset()
    ids: Mapping[UnitKey, str] = field(default_factory=dict, hash=False)
    changed: tuple[Changed, ...] = ()


def check(steps: Sequence[Step], live: Live, view: View, unlisted: frozenset[str] = frozenset()) -> Standing:
    """Hold the live state of a scope against the chains of all its units.

    ``unlisted`` are ids that the plan has seen and leaves alone: none of them can be what the plan creates.
    """
    states = live_states(live)
    units = units_of(steps)
    known = unlisted | {p.object_id for s in steps for p in s.preconditions if p.object_id is not None}
    known |= {key for kind, key in (u.key for u in units) if kind == "live"}
    done: set[str] = set()
    ids: dict[UnitKey, str] = {}
    changed: list[Changed] = []
    for unit in units:
        if unit.key[0] == "live":
            link, found = _existing(unit, states, view)
        else:
            link, found = _created(unit, {i: s for i, s in states.items() if i not in known}, view)
        if isinstance(found, Changed):
            changed.append(found)
            continue
        done |= {s.id for s in unit.steps[:link]}
        if found is not None:
            ids[unit.key] = found
    done |= _moves_before(steps, done, view)
    left = [s for s in steps if s.id not in done]
    changed += _neighbours_gone(left, states)
    if not changed and view.number_field is not None:
        changed += _numbers_taken(left, live, view)
    return Standing(frozenset(done), ids, tuple(changed))


def _moves_before(steps: Sequence[Step], done: set[str], view: View) -> set[str]:
    """Moves of an index leave no trace in a fingerprint; those that stand before a step that is done were done, too."""
    if view.dialect.number_field == "priority":
        return set()
    last = max((n for n, s in enumerate(steps) if s.id in done), default=0)
    return {s.id for s in steps[:last] if s.op == "move"}


def _existing(unit: Unit, states: Mapping[str, State], view: View) -> tuple[int, str | Changed | None]:
    object_id = unit.key[1]
    live = states.get(object_id)
    link = link_of(unit, live, view)
    if link is not None:
        return link, object_id if live is not None else None
    why = "it is gone" if live is None else "it is neither what the plan found nor a state between its steps"
    return 0, _changed(unit, object_id, live, why, view)


def _created(unit: Unit, fresh: Mapping[str, State], view: View) -> tuple[int, str | Changed | None]:
    try:
        chain = created_chain(unit, view)
    except NotAtLink:
        return 0, _changed(unit, None, None, "its steps do not fit each other", view)
    here = {i: s for i, s in fresh.items() if any(same_place(view, s, c) for c in chain)}
    if not here:
        return 0, None
    if len(here) > 1:
        first = sorted(here)[0]
        why = f"{len(here)} objects in its place have appeared: {', '.join(sorted(here))}"
        return 0, _changed(unit, first, here[first], why, view)
    ((object_id, live),) = here.items()
    for link, state in enumerate(chain):
        if state is not None and view.same(live, state):
            return link, object_id
    return 0, _changed(unit, object_id, live, "an object in its place has appeared, and it differs", view)


def _changed(unit: Unit, object_id: str | None, live: State, why: str, view: View) -> Changed:
    condition = unit.precondition
    first, last = unit.steps[0], unit.steps[-1]
    return Changed(
        unit.address,
        object_id,
        why,
        before=first.before if first.kind != "l7rule" else None,
        after=_wanted(unit, live, view) if last.op != "delete" or last.kind == "l7rule" else None,
        live=view.to_json(live),
        fingerprint=condition.fingerprint if condition else None,
    )


def _wanted(unit: Unit, live: State, view: View) -> Mapping[str, Json] | None:
    if unit.key[0] == "new":
        try:
            return view.to_json(created_chain(unit, view)[-1])
        except NotAtLink:
            return unit.steps[-1].after
    policies = [s for s in unit.steps if s.kind != "l7rule"]
    if policies:
        return policies[-1].after
    return {"rules": [dict(s.after) for s in unit.steps if s.after is not None]}


def _neighbours_gone(left: Sequence[Step], states: Mapping[str, State]) -> list[Changed]:
    gone = {
        p.object_id: p.address
        for s in left
        for p in s.preconditions
        if p.fingerprint is None and p.object_id is not None and p.object_id not in states
    }
    return [Changed(address, object_id, "a neighbour of a slot is gone") for object_id, address in gone.items()]


def _numbers_taken(left: Sequence[Step], live: Live, view: View) -> list[Changed]:
    """Replay who holds which number: a step that wants one which somebody else holds then cannot be sent."""
    field_name = view.dialect.number_field
    holder: dict[int, str] = {p.policy.number: p.id for p in live.policies if p.policy.number is not None}
    by_id = {p.id: p for p in live.policies}
    numbers: dict[str, int] = {i: n for n, i in holder.items()}
    changed: list[Changed] = []
    for step in left:
        if step.kind != "l7policy":
            continue
        me = step.object_id if isinstance(step.object_id, str) else f"new {step.id}"
        number = (step.after or {}).get(field_name)
        if number != numbers.get(me) and isinstance(number, int):
            other = by_id.get(holder.get(number, ""))
            if other is not None and other.id != me:
                why = f"{field_name} {number}, which {step.id} wants, is taken by {other.policy.name or other.id!r}"
                now = view.to_json(other.policy)
                changed.append(Changed(step.address, other.id, why, step.before, step.after, now))
        old = numbers.pop(me, None)
        if old is not None and holder.get(old) == me:
            del holder[old]
        if isinstance(number, int):
            numbers[me], holder[number] = number, me
    return changed

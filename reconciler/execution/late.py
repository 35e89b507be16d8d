"""Late encoding: what a step's ``$from`` and ``$position`` stand for is only known directly before its call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.model.canonical import Json, is_from, is_position


class Gone(Exception):
    """A neighbour of a slot is gone, or the slot is no longer there; ``why`` says which."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def resolved(value: Json, made: Callable[[str], str]) -> Json:
    """``value`` with every ``$from`` replaced by the id that the named step made."""
    if is_from(value):
        return made(str(value["$from"]["step"]))
    if isinstance(value, Mapping):
        return {k: resolved(v, made) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(v, made) for v in value]
    return value


def slot(
    value: Mapping[str, Json], order: Sequence[str], own_id: str | None, id_of: Callable[[str], str | None]
) -> int:
    """The position to send for a ``$position`` object, from the order that is live now.

    ``order`` are the ids of all policies of the listener; ``own_id`` is the policy that moves (None: a new one), and
    is not counted.

    Raises:
        Gone: a neighbour is not there, or no longer stands directly before its successor.
    """
    assert is_position(value)
    wanted = value["$position"]
    rest = [i for i in order if i != own_id]
    places = {object_id: n for n, object_id in enumerate(rest, 1)}
    after, before = (None if a is None else _place(a, id_of(a), places) for a in (wanted["after"], wanted["before"]))
    first = 0 if after is None else after
    if before is None:
        if first != len(rest):
            raise Gone(f"{wanted['after'] or 'the start of the list'} is no longer the last policy")
    elif before != first + 1:
        raise Gone(f"{wanted['after'] or 'the start of the list'} no longer stands directly before {wanted['before']}")
    return first + 1


def _place(address: str, object_id: str | None, places: Mapping[str, int]) -> int:
    if object_id is None or object_id not in places:
        raise Gone(f"the neighbour {address} is gone")
    return places[object_id]


def in_slot(value: Mapping[str, Json], order: Sequence[str], own_id: str, id_of: Callable[[str], str | None]) -> bool:
    """Does the policy stand in its slot already?"""
    if own_id not in order:
        return False
    try:
        return slot(value, order, own_id, id_of) == list(order).index(own_id) + 1
    except Gone:
        return False

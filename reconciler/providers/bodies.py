"""Helpers that both codecs share: differences of step objects, and checks of what a call names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.model.calls import Call, PathSegment
from reconciler.model.canonical import Json, is_from, is_position

Defaults = Callable[[str], Mapping[str, Json]]


def differing(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """Fields that are not equal, absent ones counted, in the order of ``after``, then those that go."""
    changed = [name for name in after if name not in before or before[name] != after[name]]
    return changed + [name for name in before if name not in after]


def complete(name: str, before: Json, after: Json, defaults: Defaults) -> Json:
    """A nested object in full: what ``after`` says, and the default for everything else that has one.

    Whether an API merges or replaces nested objects does not matter then. A field that only ``before`` has and that
    has no default is emptied (lists, nested objects).

    Raises:
        ValueError: a plain field would have to be taken back and has no default.
    """
    if not isinstance(after, Mapping):
        return after
    old = before if isinstance(before, Mapping) else {}
    out: dict[str, Json] = {key: value for key, value in known(defaults, name).items() if value is not None}
    for key, value in after.items():
        out[key] = complete(key, old.get(key), value, defaults)
    for key in old:
        if key not in out:
            out[key] = taken_back(key, old[key], known(defaults, name), defaults)
    return out


def taken_back(key: str, before: Json, own: Mapping[str, Json], defaults: Defaults) -> Json:
    """What to send for a field that is to be absent: its default.

    Raises:
        ValueError: it has none.
    """
    if isinstance(before, Mapping):
        return complete(key, before, {}, defaults)
    if own.get(key) is not None:
        return own[key]
    if isinstance(before, list | tuple):
        return []
    raise ValueError(f"the API has no way to take back {key!r}")


def known(defaults: Defaults, name: str) -> Mapping[str, Json]:
    """The defaults of a kind or nested object; none for those that have none."""
    try:
        return defaults(name)
    except KeyError:
        return {}


def identifier(value: Json, what: str) -> PathSegment:
    """An id for a path: a text, or a ``$from`` object.

    Raises:
        ValueError: neither.
    """
    if is_from(value) or (isinstance(value, str) and value):
        found: PathSegment = value
        return found
    raise ValueError(f"no id of the {what}")


def resolved(call: Call) -> list[str | int]:
    """The path of a call that can be sent.

    Raises:
        ValueError: a ``$from`` or ``$position`` is left in its path or body.
    """
    path: list[str | int] = []
    for segment in call.path:
        if not isinstance(segment, str | int):
            raise ValueError("the call still names the result of another step")
        path.append(segment)
    if _open(call.body):
        raise ValueError("the call still holds a value that is not known yet")
    return path


def _open(value: Json) -> bool:
    if isinstance(value, Mapping):
        return is_from(value) or is_position(value) or any(_open(item) for item in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_open(item) for item in value)
    return False

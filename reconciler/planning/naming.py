"""Names for the ids that a plan holds: people know pools, listeners and groups by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.canonical import Json

_REFERENCES = ("redirect_pool_id", "redirect_listener_id", "remote_group_id", "remote_address_group_id")
_LISTS = {"redirect_pools_config": "pool_id"}


def referred(objects: Iterable[Mapping[str, Json]], names: Mapping[str, str]) -> dict[str, str]:
    """Of ``names`` (id -> name) those whose ids the objects (in normal form) refer to."""
    found: dict[str, str] = {}
    for item in objects:
        for key in _REFERENCES:
            _take(item.get(key), names, found)
        for key, inner in _LISTS.items():
            for part in item.get(key) or ():
                _take(part.get(inner), names, found)
    return found


def _take(id: Json, names: Mapping[str, str], found: dict[str, str]) -> None:
    if isinstance(id, str) and id in names:
        found[id] = names[id]

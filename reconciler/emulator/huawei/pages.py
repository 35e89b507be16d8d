"""Filters and pages of list calls (huawei.md 1.6)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from reconciler.emulator.huawei.errors import ApiError
from reconciler.emulator.huawei.scope import Scope
from reconciler.emulator.store import Object

MAX_LIMIT = 2000


def as_text(value: Any) -> str:
    """A JSON scalar as a query string writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _values(value: Any) -> Iterable[str]:
    """What a filter may be equal to: the scalar, or anything in the list (``{id: ...}`` counts as its id)."""
    if isinstance(value, list):
        for item in value:
            yield from (as_text(inner) for inner in item.values()) if isinstance(item, dict) else (as_text(item),)
    elif isinstance(value, dict):
        yield as_text(value.get("enable"))
    else:
        yield as_text(value)


def _passes(value: Any, wanted: set[str]) -> bool:
    return value in wanted if type(value) is str else not wanted.isdisjoint(_values(value))


def select(
    scope: Scope,
    objects: Sequence[Object],
    filters: Collection[str],
    fields: dict[str, Callable[[Object], Any]] | None = None,
) -> list[Object]:
    """The objects that pass every filter of the query: OR within a key, AND between keys, exact comparison.

    ``fields`` says where a filter looks when it is not the field of its own name.
    """
    wanted: dict[str, set[str]] = {}
    for key, value in scope.request.query:
        if key in filters:
            wanted.setdefault(key, set()).add(value.lower() if value.lower() in ("true", "false") else value)
    kept = list(objects)
    for key, values in wanted.items():
        look = (fields or {}).get(key)
        if look is None and key == "provisioning_status":
            look = scope.status
        kept = [item for item in kept if _passes(look(item) if look else item.get(key), values)]
    return kept


def page(
    scope: Scope,
    key: str,
    objects: list[Object],
    view: Callable[[Object], Object],
    *,
    bad: Callable[[str], ApiError],
    reverse_allowed: bool = True,
    always_info: bool = True,
) -> dict[str, Any]:
    """One page of ``objects`` under ``key``, with ``page_info``. ``bad`` makes the refusal of a wrong parameter."""
    limit_text, marker = scope.request.value("limit"), scope.request.value("marker")
    reverse = (scope.request.value("page_reverse") or "false").lower() == "true" and reverse_allowed
    limit = _limit(limit_text, bad)
    if reverse_allowed and limit_text is None and (marker is not None or reverse):
        raise bad("marker and page_reverse must be used together with limit.")
    if scope.ctx.options.page_cap is not None:
        limit = min(limit, scope.ctx.options.page_cap)
    start, end = 0, len(objects)
    if marker is not None and (marker or reverse_allowed):
        place = next((number for number, item in enumerate(objects) if item["id"] == marker), None)
        if place is None:
            raise bad(f"Invalid input for 'marker': {marker!r} is not the id of a record.")
        start, end = (0, place) if reverse else (place + 1, end)
    shown = objects[max(start, end - limit) : end] if reverse else objects[start : min(end, start + limit)]
    more = bool(marker) if reverse else start + limit < end
    info: dict[str, Any] = {"previous_marker": shown[0]["id"] if shown else None, "current_count": len(shown)}
    if shown and (more or scope.options.next_marker_on_last_page):
        info["next_marker"] = shown[-1]["id"]
    body: dict[str, Any] = {key: [view(item) for item in shown], "request_id": scope.ctx.request_id}
    if always_info or limit_text is not None or marker is not None or more:
        body["page_info"] = info
    return body


def _limit(text: str | None, bad: Callable[[str], ApiError]) -> int:
    if text is None:
        return MAX_LIMIT
    if not (text.isascii() and text.isdigit()) or int(text) > MAX_LIMIT:
        raise bad(f"Invalid input for 'limit': {text!r} is not an integer from 0 to {MAX_LIMIT}.")
    # Not documented: zero is read as "no limit given".
    return int(text) or MAX_LIMIT

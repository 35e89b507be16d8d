"""Neutron's lists: filters, sorting, pages and links that keep the filters (openstack.md 5, 'Listing')."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack.cloud import Cloud
from reconciler.emulator.openstack.collation import collated
from reconciler.emulator.openstack.errors import bad_request, neutron
from reconciler.emulator.store import Object

_SKIPPED = ("fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse")
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
Convert = Callable[[Any], Any]


def page(
    cloud: Cloud,
    request: Request,
    found: Sequence[Object],
    key: str,
    filters: Mapping[str, Convert | None],
    sort_keys: Sequence[str],
    view: Callable[[Object], Object],
) -> Reply:
    """One page of ``found`` under ``key``. ``filters`` maps names to conversions of the text (None: name is ignored).

    Raises ``ApiError`` 400 for what the server does not know; an unknown marker means the first page.
    """
    items = _filtered(cloud, request, found, filters)
    limit = _limit(cloud, request)
    for name, ascending in reversed([*_sorts(request, sort_keys), ("id", True)]):
        items.sort(key=lambda item: _sortable(item.get(name)), reverse=not ascending)
    backwards = (request.value("page_reverse") or "").lower() == "true"
    items = _cut(items, limit, request.value("marker"), backwards)
    wanted = [name for name in request.values("fields") if name]
    shown = [select(view(item), wanted) for item in items]
    body: Object = {key: shown}
    links = _links(cloud, request, [item["id"] for item in items], limit, backwards)
    if links:
        body[f"{key}_links"] = links
    return json_reply(200, body)


def select(body: Object, wanted: Sequence[str]) -> Object:
    """Only the fields that ``fields=`` names; all of them when it names none."""
    return {name: value for name, value in body.items() if name in wanted} if wanted else body


def _filtered(
    cloud: Cloud, request: Request, found: Sequence[Object], filters: Mapping[str, Convert | None]
) -> list[Object]:
    names = [name for name in dict.fromkeys(name for name, _ in request.query) if name not in _SKIPPED]
    unknown = [name for name in names if name not in filters and not (name in _TAGS and "tags" in filters)]
    if unknown:
        raise bad_request(f"{unknown} is invalid attribute for filtering")
    items = list(found)
    for name in names:
        values = request.values(name)
        if name in _TAGS:
            items = [item for item in items if _tags_fit(item, name, values)]
            continue
        convert = filters[name]
        if convert is None:
            continue
        wanted = [_comparable(convert(value)) for value in values]
        if name == "remote_ip_prefix":
            # Of all filters this one does not find null by null.
            wanted = [value for value in wanted if value is not None]
        items = [item for item in items if _comparable(item.get(name)) in wanted]
    return items


def _tags_fit(item: Object, name: str, values: Sequence[str]) -> bool:
    tags = [_comparable(tag) for value in values for tag in value.split(",") if tag]
    has = {_comparable(tag) for tag in item.get("tags", ())}
    if not tags:
        return True
    everything, anything = all(tag in has for tag in tags), any(tag in has for tag in tags)
    return {"tags": everything, "tags-any": anything, "not-tags": not everything, "not-tags-any": not anything}[name]


def _comparable(value: Any) -> Any:
    return collated(value, True) if isinstance(value, str) else value


def _limit(cloud: Cloud, request: Request) -> int:
    """The page size; 0: everything. Raises ``ApiError`` 400."""
    text = request.value("limit")
    try:
        limit = int(text) if text is not None else 0
    except ValueError:
        limit = -1
    if limit < 0:
        message = f"Bad limit request: Limit must be an integer 0 or greater and not '{text}'."
        raise neutron(400, "BadRequest", message)
    most = cloud.options.neutron_page_maximum
    cap = cloud.ctx.options.page_cap
    if cap is not None:
        most = cap if most < 0 else min(most, cap)
    return (min(most, limit) or most) if most > 0 else limit


def _sorts(request: Request, known: Sequence[str]) -> list[tuple[str, bool]]:
    keys = [name for name in request.values("sort_key") if name]
    directions = [name for name in request.values("sort_dir") if name]
    if len(keys) != len(directions):
        raise bad_request("The number of sort_keys and sort_dirs must be same")
    absent = [name for name in keys if name not in known]
    if absent:
        raise bad_request(f"{absent} is invalid attribute for sort_keys")
    wrong = [name for name in directions if name not in ("asc", "desc")]
    if wrong:
        raise bad_request(f"{wrong} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
    return [(key, direction == "asc") for key, direction in zip(keys, directions, strict=True)]


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    return (1, collated(value, True) if isinstance(value, str) else value)


def _cut(items: list[Object], limit: int, marker: str | None, backwards: bool) -> list[Object]:
    if not limit:
        return items
    place = next((number for number, item in enumerate(items) if item["id"] == marker), None)
    if backwards:
        end = len(items) if place is None else place
        return items[max(end - limit, 0) : end]
    start = 0 if place is None else place + 1
    return items[start : start + limit]


def _links(cloud: Cloud, request: Request, ids: Sequence[str], limit: int, backwards: bool) -> list[Object]:
    if not limit:
        return []
    links: list[Object] = []
    base = f"{cloud.base}{request.raw_path}"
    kept = [(name, value) for name, value in request.query if name != "marker"]
    short = len(ids) < limit
    if not (short and not backwards):
        query = [(name, value) for name, value in kept if name != "page_reverse"]
        links.append({"rel": "next", "href": f"{base}?{urlencode([*query, *_marker(ids[-1:])])}"})
    if not (short and backwards):
        query = [(name, value) for name, value in kept if name != "page_reverse"]
        href = urlencode([*query, *_marker(ids[:1]), ("page_reverse", "True")])
        links.append({"rel": "previous", "href": f"{base}?{href}"})
    return links


def _marker(ids: Sequence[str]) -> list[tuple[str, str]]:
    return [("marker", id) for id in ids]

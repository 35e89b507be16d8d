"""Octavia's lists: filters, sorting, pages, selected fields, and links that lose the filters (openstack.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack.cloud import Cloud
from reconciler.emulator.openstack.collation import collated, equals
from reconciler.emulator.openstack.errors import ApiError, fault, forbidden, plain
from reconciler.emulator.store import Object

_AUXILIARY = ("limit", "marker", "sort", "sort_key", "sort_dir", "fields", "page_reverse")
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
RELATIONS = frozenset({"listener", "redirect_pool", "l7rules", "l7policy", "load_balancer", "default_pool", "vip"})
"""Names that the server takes for filters and then cannot compare."""
_DEFAULT_ORDER = ("created_at", "id")


def check_query(cloud: Cloud, request: Request) -> None:
    """What is checked of the query of any GET before its path is looked at. Raises ``ApiError`` 400."""
    _limit(cloud, request)
    _order(request)


def owner_filter(cloud: Cloud, request: Request) -> str | None:
    """The project whose objects a list shows; None: all. Raises ``ApiError`` 403 for a foreign project."""
    wanted = request.value("project_id")
    if cloud.caller.admin:
        return wanted
    if wanted is not None and wanted != cloud.project:
        raise forbidden()
    return cloud.project


def page(
    cloud: Cloud,
    request: Request,
    found: Sequence[Object],
    columns: Mapping[str, str],
    key: str,
    view: Callable[[Object], Object],
) -> Reply:
    """One page of ``found`` under ``key``. ``columns`` maps the names of filters to stored fields.

    Raises ``ApiError`` 400 for an unknown filter, sort key or marker.
    """
    items = _filtered(cloud, request, found, columns)
    orders = _order(request)
    orders += [(name, False) for name in _DEFAULT_ORDER if name not in [known for known, _ in orders]]
    sorted_items = list(items)
    for name, descending in reversed(orders):
        column = columns.get(name, name)
        if name not in columns and name not in _DEFAULT_ORDER:
            raise fault(400, f"Supplied sort key '{name}' is not valid.")
        sorted_items.sort(key=lambda item: _sortable(item.get(column), cloud), reverse=descending)
    limit = _limit(cloud, request)
    marker = request.value("marker")
    backwards = marker is not None and request.value("page_reverse") == "True"
    if marker is not None:
        sorted_items = _after(cloud, sorted_items, found, marker, orders, columns, backwards)
    if limit is not None:
        # Backwards, too, the server takes from the front of what remains.
        sorted_items = sorted_items[:limit]
    wanted = request.values("fields")
    shown = [select(view(item), wanted) for item in sorted_items]
    links = _links(cloud, request, [item["id"] for item in sorted_items], limit)
    return json_reply(200, {key: shown, f"{key}_links": links})


def select(body: Object, wanted: Sequence[str]) -> Object:
    """Only the fields that ``fields=`` names; all of them when it names none."""
    return {name: value for name, value in body.items() if name in wanted} if wanted else body


def _filtered(cloud: Cloud, request: Request, found: Sequence[Object], columns: Mapping[str, str]) -> list[Object]:
    general = cloud.options.collation == "general"
    items = list(found)
    for name in dict.fromkeys(name for name, _ in request.query):
        if name in _AUXILIARY:
            continue
        values = request.values(name)
        if name in _TAGS:
            tags = [collated(tag, general) for value in values for tag in value.split(",")]
            items = [item for item in items if _tags_fit(item, name, tags, general)]
        elif name in RELATIONS and name not in columns:
            raise fault(500, "Mapped instance expected for relationship comparison to object.")
        elif name not in columns:
            raise fault(400, "One or more arguments are either duplicate or invalid")
        elif len(values) > 1:
            raise ApiError(500, fault(500, "(pymysql.err.ProgrammingError) a filter was given twice").body)
        else:
            column = columns[name]
            items = [item for item in items if equals(item.get(column), values[0], general)]
    return items


def _tags_fit(item: Object, name: str, tags: Sequence[str], general: bool) -> bool:
    has = {collated(tag, general) for tag in item.get("tags", ())}
    everything, anything = all(tag in has for tag in tags), any(tag in has for tag in tags)
    return {"tags": everything, "tags-any": anything, "not-tags": not everything, "not-tags-any": not anything}[name]


def _order(request: Request) -> list[tuple[str, bool]]:
    """Sort keys and whether each goes down. Raises ``ApiError`` 400."""
    sort, keys = request.value("sort"), request.value("sort_key")
    if sort:
        parts = [part.split(":") for part in sort.split(",")]
        for part in parts:
            if len(part) > 2:
                raise plain(400, f"Supplied sort key '{part}' is not valid.")
        return [(part[0], _direction(part[1]) if len(part) == 2 else False) for part in parts]
    if not keys:
        return []
    names = keys.split(",")
    given = request.value("sort_dir")
    directions = given.split(",") if given else []
    directions += ["asc"] * (len(names) - len(directions))
    return [(name, _direction(direction)) for name, direction in zip(names, directions, strict=False)]


def _direction(text: str) -> bool:
    if text.lower() not in ("asc", "desc"):
        raise plain(400, f"Supplied sort direction '{text.lower()}' is not valid.")
    return text.lower() == "desc"


def _limit(cloud: Cloud, request: Request) -> int | None:
    """The page size; None: everything. Raises ``ApiError`` 400."""
    most = cloud.options.octavia_page_maximum
    if cloud.ctx.options.page_cap is not None:
        most = min(most, cloud.ctx.options.page_cap)
    text = request.value("limit")
    if text is None:
        return most
    try:
        limit = None if text == "infinite" else int(text)
    except ValueError as error:
        raise plain(400, f"Supplied pagination limit '{text}' is not valid.") from error
    return None if limit is None or limit < 1 else min(limit, most)


def _sortable(value: Any, cloud: Cloud) -> tuple[int, Any]:
    """Null stands before everything; text is compared as the database does."""
    if value is None:
        return (0, 0)
    if isinstance(value, int | float):
        return (1, value)
    return (1, collated(str(value), cloud.options.collation == "general"))


def _after(
    cloud: Cloud,
    items: Sequence[Object],
    found: Sequence[Object],
    marker: str,
    orders: Sequence[tuple[str, bool]],
    columns: Mapping[str, str],
    backwards: bool,
) -> list[Object]:
    """What follows the marker, which need not be among the filtered ones (but must exist)."""
    start = next((item for item in found if item["id"] == marker), None)
    if start is None:
        raise fault(400, f"Supplied pagination marker '{marker}' is not valid.")

    def follows(item: Object) -> bool:
        for name, descending in orders:
            column = columns.get(name, name)
            one, other = _sortable(item.get(column), cloud), _sortable(start.get(column), cloud)
            if one != other:
                return (one > other) != (descending != backwards)
        return False

    return [item for item in items if follows(item)]


def _links(cloud: Cloud, request: Request, ids: Sequence[str], limit: int | None) -> list[Object]:
    """``next`` for every full page, ``previous`` behind a marker: without the filters that were asked for."""
    if not ids:
        return []
    if cloud.options.link_base:
        base = cloud.options.link_base.rstrip("/") + request.raw_path.removeprefix("/load-balancer")
    else:
        base = cloud.base + request.raw_path
    kept = [f"limit={limit}"]
    kept += [f"{name}={request.value(name)}" for name in ("sort", "sort_key") if request.value(name)]
    links: list[Object] = []
    if request.value("marker") is not None:
        href = "&".join([*kept, f"marker={ids[0]}", "page_reverse=True"])
        links.append({"href": f"{base}?{href}", "rel": "previous"})
    if limit is None or len(ids) >= limit:
        href = "&".join([*kept, f"marker={ids[-1]}"])
        links.append({"href": f"{base}?{href}", "rel": "next"})
    return links

"""``limit`` and ``offset`` in, ``count`` and ``results`` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.emulator.front import Context
from reconciler.emulator.gcore.errors import invalid
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object


def page(
    ctx: Context, request: Request, items: Sequence[Object], view: Callable[[Object], Object], default: int
) -> Reply:
    """One page of ``items``, each shown by ``view``; ``default`` is the page size when no ``limit`` is sent.

    Raises ``ApiError`` 400 for a ``limit`` below 1 or an ``offset`` below 0.
    """
    limit = _number(request, "limit", 1, default)
    offset = _number(request, "offset", 0, 0)
    limit = min(limit, ctx.options.gcore.page_maximum)
    if ctx.options.page_cap is not None:
        limit = min(limit, ctx.options.page_cap)
    results = [view(item) for item in items[offset : offset + limit]]
    return json_reply(200, {"count": len(items), "results": results})


def _number(request: Request, key: str, minimum: int, default: int) -> int:
    text = request.value(key)
    if text is None:
        return default
    if not text.isascii() or not text.lstrip("-").isdigit() or len(text) > 18:
        raise invalid({key: ["Input should be a valid integer"]})
    if int(text) < minimum:
        raise invalid({key: [f"Input should be greater than or equal to {minimum}"]})
    return int(text)

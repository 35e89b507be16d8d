"""Key-value tags (``tags_v2``) of load balancers and security groups.

Stored as ``_tags``: key -> [value, read_only].
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from reconciler.emulator.gcore.errors import invalid
from reconciler.emulator.http import Request
from reconciler.emulator.store import Object


def stored(tags: Mapping[str, str]) -> dict[str, list[object]]:
    """A map of user tags as it is stored."""
    return {key: [value, False] for key, value in tags.items()}


def view(body: Object) -> list[Object]:
    """The tags of an object as the API shows them."""
    return [{"key": key, "value": value, "read_only": fixed} for key, (value, fixed) in body["_tags"].items()]


def merged(body: Object, patch: Mapping[str, str | None] | None) -> dict[str, list[object]]:
    """The stored tags after a merge patch (RFC 7386): null deletes one, a null patch all; read-only ones stay."""
    old: dict[str, list[object]] = body["_tags"]
    if patch is None:
        return {key: tag for key, tag in old.items() if tag[1]}
    result = dict(old)
    for key, value in patch.items():
        if key in old and old[key][1]:
            continue
        if value is None:
            result.pop(key, None)
        else:
            result[key] = [value, False]
    return result


def filtered(request: Request, items: Sequence[Object]) -> list[Object]:
    """The objects that carry every ``tag_key`` and every pair of ``tag_key_value`` (old: ``metadata_k``, ``_kv``).

    Raises ``ApiError`` 400 for pairs that are not a JSON object of strings.
    """
    keys = [*request.values("tag_key"), *request.values("metadata_k")]
    pairs: dict[str, str] = {}
    for name in ("tag_key_value", "metadata_kv"):
        for text in request.values(name):
            pairs.update(_pairs(name, text))
    return [
        item
        for item in items
        if all(key in item["_tags"] for key in keys)
        and all(key in item["_tags"] and item["_tags"][key][0] == value for key, value in pairs.items())
    ]


def _pairs(name: str, text: str) -> dict[str, str]:
    try:
        pairs = json.loads(text)
    except ValueError:
        pairs = None
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        raise invalid({name: ["Input should be a JSON object of strings"]})
    return pairs

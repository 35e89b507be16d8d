"""A plan with names beside the ids that it refers to: ``shop-canary (768e9e8c-...)``. Calls stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOTES = ("unlisted", "left_open", "ignored", "cosmetic")


def named(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan as people read it; the plan itself where it has no names. The id stands last: no name can hide it."""
    names = plan.get("names")
    if not names:
        return plan
    shown = {id: f"{name} ({id})" for id, name in names.items()}
    steps = [
        {**step, **{key: _object(step[key], shown) for key in ("before", "after")}, "changed": _changes(step, shown)}
        for step in plan["steps"]
    ]
    notes = {
        kind: [{**n, "object": _object(n["object"], shown), "changed": _changes(n, shown)} for n in plan[kind]]
        for kind in _NOTES
    }
    return {**plan, "steps": steps, **notes}


def _changes(item: Mapping[str, Any], shown: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {**change, **{side: _value(change["field"], change[side], shown) for side in ("before", "after")}}
        for change in item["changed"]
    ]


def _object(item: Any, shown: Mapping[str, str]) -> Any:
    if not isinstance(item, Mapping):
        return item
    return {key: _value(key, value, shown) for key, value in item.items()}


def _value(key: str, value: Any, shown: Mapping[str, str]) -> Any:
    """Only in fields that hold ids: a text that happens to be one stays as it is."""
    if isinstance(value, str):
        return shown.get(value, value) if key.endswith("_id") else value
    if isinstance(value, list):
        return [_object(part, shown) for part in value]
    return _object(value, shown)

"""A plan with names beside the ids that it refers to: ``shop-canary (768e9e8c-...)``. Calls stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_NOTES = ("unlisted", "left_open", "ignored", "cosmetic")


def named(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan as people read it; the plan itself where it has no names. The id stands last: no name can hide it."""
    names = plan.get("names")
    if not names:
        return plan
    shown = shown_for(names)
    steps = [
        {
            **step,
            **{key: named_object(step[key], shown) for key in ("before", "after")},
            "changed": named_changes(step, shown),
        }
        for step in plan["steps"]
    ]
    return {**plan, "steps": steps, **named_notes(plan, _NOTES, shown)}


def shown_for(names: Mapping[str, str]) -> dict[str, str]:
    """What is shown for each id."""
    return {id: f"{name} ({id})" for id, name in names.items()}


def named_changes(item: Mapping[str, Any], shown: Mapping[str, str]) -> list[dict[str, Any]]:
    """``changed`` of a step or a note; ``shown``: id -> what is shown for it."""
    return [
        {**change, **{side: named_value(change["field"], change[side], shown) for side in ("before", "after")}}
        for change in item["changed"]
    ]


def named_notes(
    document: Mapping[str, Any], kinds: Iterable[str], shown: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """The notes of a document (unlisted, ignored ...) by kind."""
    return {
        kind: [
            {**note, "object": named_object(note["object"], shown), "changed": named_changes(note, shown)}
            for note in document[kind]
        ]
        for kind in kinds
    }


def named_object(item: Any, shown: Mapping[str, str]) -> Any:
    """An object in normal form; anything else stays as it is."""
    if not isinstance(item, Mapping):
        return item
    return {key: named_value(key, value, shown) for key, value in item.items()}


def named_value(key: str, value: Any, shown: Mapping[str, str]) -> Any:
    """The value of a field. Only in fields that hold ids: a text that happens to be one stays as it is."""
    if isinstance(value, str):
        return shown.get(value, value) if key.endswith("_id") else value
    if isinstance(value, list):
        return [named_object(part, shown) for part in value]
    return named_object(value, shown)

"""A drift document with names beside the ids that it refers to, as :mod:`reconciler.reports.plan_names` has plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.reports.plan_names import named_notes, named_object, named_value, shown_for

_STATES = ("wanted", "live")
_NOTES = ("ignored", "cosmetic")


def named(drift: Mapping[str, Any]) -> Mapping[str, Any]:
    """The drift as people read it; the document itself where it has no names."""
    names = drift.get("names")
    if not names:
        return drift
    shown = shown_for(names)
    findings = [
        {**finding, "fields": _fields(finding, shown), **{key: named_object(finding[key], shown) for key in _STATES}}
        for finding in drift["findings"]
    ]
    return {**drift, "findings": findings, **named_notes(drift, _NOTES, shown)}


def _fields(finding: Mapping[str, Any], shown: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {**field, **{side: named_value(field["field"], field[side], shown) for side in _STATES}}
        for field in finding["fields"]
    ]

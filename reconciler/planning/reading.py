"""A plan's JSON back into data; see :func:`reconciler.planning.document.load`, which judges the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.model.calls import Call
from reconciler.model.canonical import Json
from reconciler.model.live import ReadTerm
from reconciler.planning.document import (
    Blocked,
    Change,
    Gap,
    Note,
    Plan,
    PlanScope,
    Precondition,
    Source,
    Step,
    Summary,
    Verified,
)


def read(doc: Mapping[str, Any]) -> Plan:
    """The Plan of a document whose digest and version fit.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it has another structure.
    """
    source = doc["source"]
    return Plan(
        tool_version=_text(doc["tool_version"]),
        today=_text(doc["today"]),
        source=Source(
            _text(source["manifest_digest"]),
            source["commit"],
            tuple(source["paths"]),
            tuple(source["target"]),
            tuple(source["exclude"]),
        ),
        providers=tuple(dict(p) for p in doc["providers"]),
        scopes=tuple(
            PlanScope(s["address"], s["provider"], s["id"], s["lane"], s["unlisted"], dict(s["reads"]))
            for s in doc["scopes"]
        ),
        steps=tuple(_step(s) for s in doc["steps"]),
        unlisted=_notes(doc["unlisted"]),
        left_open=_notes(doc["left_open"]),
        ignored=_notes(doc["ignored"]),
        cosmetic=_notes(doc["cosmetic"]),
        blocked=tuple(Blocked(b["scope"], b["kind"], b["code"], b["reason"], b["allow"]) for b in doc["blocked"]),
        gaps=tuple(
            Gap(g["object"], g["scope"], g["opened_by"], g["closed_by"], tuple(g["falls_to"]), g["why"])
            for g in doc["gaps"]
        ),
        diagnostics=tuple(_diagnostic(d) for d in doc["diagnostics"]),
        reads=tuple(ReadTerm(t["name"], t["formula"], t["calls"]) for t in doc["reads"]["terms"]),
        summary=Summary(**doc["summary"]),
        verified=Verified(**doc["verified"]),
    )


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, found {value!r}")
    return value


def _step(s: Mapping[str, Any]) -> Step:
    call = s["call"]
    for name in ("id", "op", "kind", "address", "provider", "scope", "lane", "role"):
        _text(s[name])
    return Step(
        id=s["id"],
        op=s["op"],
        kind=s["kind"],
        address=s["address"],
        object_id=s["object_id"],
        parent_id=s["parent_id"],
        provider=s["provider"],
        scope=s["scope"],
        lane=s["lane"],
        before=None if s["before"] is None else dict(s["before"]),
        after=None if s["after"] is None else dict(s["after"]),
        call=Call(_text(call["service"]), _text(call["method"]), tuple(call["path"]), call["body"]),
        role=s["role"],
        replaces=s["replaces"],
        changed=_changes(s["changed"]),
        needs=tuple(s["needs"]),
        preconditions=tuple(
            Precondition(_text(p["address"]), p["object_id"], p["fingerprint"]) for p in s["preconditions"]
        ),
        gap=s["gap"],
        reason=s["reason"],
        warnings=tuple(s["warnings"]),
    )


def _changes(changes: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    return tuple(Change(c["field"], c["before"], c["after"]) for c in changes)


def _notes(notes: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    return tuple(
        Note(
            n["address"],
            n["scope"],
            n["kind"],
            n["object_id"],
            dict(n["object"]),
            n["reason"],
            _changes(n["changed"]),
            tuple(n["related"]),
        )
        for n in notes
    )


def _diagnostic(d: Mapping[str, Any]) -> Diagnostic:
    span = None if d["file"] is None else Span(d["file"], d["line"], d["column"])
    return Diagnostic(
        code=d["code"],
        summary=d["summary"],
        detail=d["detail"],
        hint=d["hint"],
        severity=Severity(d["severity"]),
        address=d["address"],
        path=tuple(d["path"]),
        span=span,
    )

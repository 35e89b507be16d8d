"""A plan's JSON back into data, judged: its digest fits, and every key and type is this format's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity, Span
from reconciler.model.calls import Call
from reconciler.model.canonical import Json, digest
from reconciler.model.live import ReadTerm
from reconciler.planning.document import (
    FORMAT_VERSION,
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


def load(document: Json) -> Plan:
    """Read a plan back from parsed JSON.

    The digest must fit, and every key and type must be this format's own (the result gives the same JSON again).

    Raises:
        DiagnosticError: PLAN-FORMAT (not a plan), PLAN-VERSION (another format), PLAN-DIGEST (altered since).
    """
    if not isinstance(document, Mapping) or document.get("kind") != "Plan":
        raise _refused("PLAN-FORMAT", "this file is not a plan", "it has no `kind: Plan`")
    if document.get("format_version") != FORMAT_VERSION:
        raise _refused(
            "PLAN-VERSION",
            f"the plan has format version {document.get('format_version')!r}",
            f"this version of reconcile reads format version {FORMAT_VERSION}",
        )
    body = {k: v for k, v in document.items() if k != "digest"}
    if document.get("digest") != digest(body):
        raise _refused("PLAN-DIGEST", "the plan's digest does not fit its content", "the file was altered or cut off")
    try:
        plan = _read(document)
        same = plan.to_json() == document
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _refused("PLAN-FORMAT", "the plan's structure is not this format's", str(error)) from None
    if not same:
        raise _refused("PLAN-FORMAT", "the plan's structure is not this format's", "it has keys or types of its own")
    return plan


def _refused(code: str, summary: str, detail: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(code, summary, detail, "make a new plan with `reconcile plan --json-into FILE`"))


def _read(doc: Mapping[str, Any]) -> Plan:
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
            _shard(source.get("shard")),
            source.get("live"),
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
        names={_text(key): _text(name) for key, name in doc.get("names", {}).items()},
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


def _shard(text: Any) -> str | None:
    """Part ``I/N``, or None; anything else is a ValueError."""
    if text is None:
        return None
    from reconciler.model.shard import parse

    return str(parse(_text(text)))


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

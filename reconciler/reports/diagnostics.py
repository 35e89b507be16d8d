"""Diagnostics for people (with the source line and a caret) and as JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.reports.text import Painter
from reconciler.visible import inert, visible

Source = Callable[[str, int], str | None]
"""The text of line ``n`` (from 1) of a file, or None where it cannot be had (stdin, gone)."""
_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
FORMAT_VERSION = 1


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic, as in the ``diagnostics`` of a plan."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "hint": diagnostic.hint,
        "address": diagnostic.address,
        "path": list(diagnostic.path),
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
    }


def from_json(item: Mapping[str, Any]) -> Diagnostic:
    """A diagnostic of a document that its schema accepts."""
    span = Span(item["file"], item["line"] or 1, item["column"] or 1) if item["file"] else None
    return Diagnostic(
        code=item["code"],
        summary=item["summary"],
        detail=item["detail"],
        hint=item["hint"],
        severity=Severity(item["severity"]),
        address=item["address"],
        path=tuple(item["path"]),
        span=span,
    )


def document(
    diagnostics: Iterable[Diagnostic], exit_code: int, kind: str = "Diagnostics", /, **more: Any
) -> dict[str, Any]:
    """The JSON document of a command that has no document of its own, or could not make it."""
    found = [to_json(d) for d in diagnostics]
    return {"format_version": FORMAT_VERSION, "kind": kind, "exit_code": exit_code, **more, "diagnostics": found}


def document_text(content: dict[str, Any]) -> str:
    """A document as indented JSON."""
    return inert(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def render(
    diagnostics: Sequence[Diagnostic],
    *,
    source: Source | None = None,
    color: bool = False,
    width: int = 100,
    ascii_only: bool = False,
) -> str:
    """All diagnostics as text, in the order given, with a count at the end; empty for none."""
    if not diagnostics:
        return ""
    paint = Painter(color, ascii_only)
    blocks = ["\n".join(_one(d, source, paint, width, ascii_only)) for d in diagnostics]
    return "\n\n".join(blocks) + "\n\n" + paint(count(diagnostics), "1") + "\n"


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``."""
    parts = []
    for severity in Severity:
        number = sum(d.severity is severity for d in diagnostics)
        if number:
            parts.append(f"{number:,} {severity}{'' if number == 1 else 's'}")
    return ", ".join(parts)


def _one(diagnostic: Diagnostic, source: Source | None, paint: Painter, width: int, ascii_only: bool) -> Iterator[str]:
    span = diagnostic.span
    where = f"{span}: " if span else f"{diagnostic.address}: " if diagnostic.address else ""
    code = paint(f"{diagnostic.severity}[{diagnostic.code}]", _COLORS[diagnostic.severity])
    yield f"{paint(where, '1')}{code}: {paint(diagnostic.summary, '1')}"
    line = source(span.file, span.line) if source and span else None
    if span and line is not None:
        yield from _excerpt(span, line, paint, width, ascii_only, _COLORS[diagnostic.severity])
    if span and diagnostic.address:
        yield f"  in {paint(diagnostic.address)}"
    if diagnostic.detail:
        yield from (f"  {paint(part)}" for part in diagnostic.detail.splitlines())
    if diagnostic.hint:
        yield from (f"  {'fix: ' if n == 0 else '     '}{paint(part)}"
                    for n, part in enumerate(diagnostic.hint.splitlines()))  # fmt: skip


def _excerpt(span: Span, line: str, paint: Painter, width: int, ascii_only: bool, color: str) -> Iterator[str]:
    """The source line, cut around the place, and carets under it."""
    number = str(span.line)
    room = max(40, width - len(number) - 6)
    column = min(span.column - 1, len(line))
    start = 0 if len(line) <= room or column < room * 2 // 3 else column - room // 3
    shown = line[start : start + room]
    before = shown[: column - start]
    marked = shown[column - start : column - start + max(1, span.width)]
    lead = "..." if start else ""
    gutter = " " * len(number)
    yield f"  {number} | {lead}{paint(shown)}{'...' if start + room < len(line) else ''}"
    carets = "^" * max(1, _columns(marked, ascii_only))
    yield f"  {gutter} | {' ' * (len(lead) + _columns(before, ascii_only))}{paint(carets, color)}"


def _columns(text: str, ascii_only: bool) -> int:
    """How many terminal columns the escaped text takes."""
    safe = visible(text, ascii_only=ascii_only)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in safe)

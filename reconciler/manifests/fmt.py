"""Puts manifests in order without touching anything else: comments, blank lines, quotes and styles stay.

Two edits only: an unquoted number where the schema wants a text gets quotes, and the fields of a mapping get their
one order. Lines are moved as they are (a comment goes with the field below it), so nothing is reflowed; every result
is read again and compared with the data before, and a document that would change is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.manifests import envelope, rearrange, schemas
from reconciler.manifests.parsed import Memo, Parsed
from reconciler.manifests.reading import documents
from reconciler.manifests.refusals import QUOTE_HINT, refusals
from reconciler.manifests.source import Source
from reconciler.manifests.source import read as read_source

_SCHEMA_OF = {"Provider": "provider", "Listener": "listener", "SecurityGroup": "security_group"}


def format_text(text: str, name: str) -> str:
    """The text in order; equal to ``text`` when nothing is to be done.

    Args:
        text: a whole file.
        name: the file's name, for diagnostics.

    Raises:
        DiagnosticError: the file has YAML errors (all of them); nothing is formatted then.
    """
    source, parsed = _read(text, name)
    ours = [p for p in parsed if envelope.is_ours(p.data)]
    if not ours:
        return text
    edited = _quote_numbers(text, ours)
    source, parsed = _read(edited, name)
    lines = source.text.splitlines(keepends=True)
    open_end = not lines[-1].endswith("\n")
    lines[-1] += "\n" if open_end else ""
    for document in parsed:
        if envelope.is_ours(document.data):
            rearrange.document(lines, document.data, document.marks)
    result = "".join(lines)
    if open_end and not envelope.is_ours(parsed[-1].data):
        result = result[:-1]
    try:
        _, after = _read(result, name)
    except DiagnosticError:
        return edited
    return result if [p.data for p in after] == [p.data for p in parsed] else edited


def _read(text: str, name: str) -> tuple[Source, list[Parsed]]:
    source = read_source(name, text.encode("utf-8", "surrogatepass"))
    parsed = list(documents(source, Memo()))
    problems: list[Diagnostic] = [d for d in source.problems if d.is_error]
    for document in parsed:
        if not document.readable or envelope.is_ours(document.data):
            problems += document.problems
    if problems:
        raise DiagnosticError(problems)
    return source, parsed


# ---------------------------------------------------------------------- quotes
def _quote_numbers(text: str, ours: list[Parsed]) -> str:
    """Quotes around every number that stands where the schema wants a text."""
    edits: list[tuple[int, int, int]] = []
    for parsed in ours:
        for diagnostic in _type_errors(parsed, ours):
            span = parsed.marks.span(parsed.data, diagnostic.path)
            if span is not None:
                edits.append((span.line, span.column, span.width))
    if not edits:
        return text
    lines = re.split(r"(?<=\n)", text)
    for line, column, width in sorted(set(edits), reverse=True):
        row = lines[line - 1]
        start = column - 1 + (line == 1 and row.startswith("\ufeff"))
        lines[line - 1] = f'{row[:start]}"{row[start : start + width]}"{row[start + width :]}'
    return "".join(lines)


def _type_errors(parsed: Parsed, ours: list[Parsed]) -> Iterator[Diagnostic]:
    kind = _SCHEMA_OF.get(str(parsed.data.get("kind")))
    if kind is None:
        return
    candidates = _candidates(kind, parsed.data, ours)
    found = min((refusals(parsed.data, name, None) for name in candidates), key=len)
    for diagnostic in found:
        if diagnostic.code == "SCHEMA-TYPE" and diagnostic.hint.startswith(QUOTE_HINT):
            yield diagnostic


def _candidates(kind: str, data: Mapping[str, Any], ours: list[Parsed]) -> list[str]:
    """The schema of the document's provider type where the file tells it, else all of its kind."""
    every = [n for n in schemas.names() if n.startswith(f"{kind}.")]
    spec = data.get("spec")
    if not isinstance(spec, Mapping):
        return every
    type_ = spec.get("type") if kind == "provider" else _type_of(spec.get("provider"), ours)
    return [f"{kind}.{type_}"] if f"{kind}.{type_}" in every else every


def _type_of(provider: Any, ours: list[Parsed]) -> Any:
    for data in (p.data for p in ours if p.data.get("kind") == "Provider"):
        metadata, spec = data.get("metadata"), data.get("spec")
        if isinstance(metadata, Mapping) and isinstance(spec, Mapping) and metadata.get("name") == provider:
            return spec.get("type")
    return None

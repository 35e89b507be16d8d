"""Diagnostics as SARIF 2.1.0, for code scanning: one run, a rule for every code that occurs, one result each.

What GitHub makes of it: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/
sarif-support-for-code-scanning. Section numbers below are those of the OASIS standard.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from reconciler import __version__
from reconciler.codes import CodePage, pages
from reconciler.diagnostics import Diagnostic
from reconciler.visible import inert, visible

Locate = Callable[[str], str | None]
"""A file as a span names it -> its path from the root of the repository, with ``/``; None: it is no file there."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""The base of every path: GitHub and most viewers take it for the root of the repository."""


def render(diagnostics: Sequence[Diagnostic], exit_code: int, locate: Locate) -> str:
    """The SARIF log; equal diagnostics give equal bytes, wherever the checkout stands."""
    codes = sorted({d.code for d in diagnostics})
    known = pages()
    marks = fingerprints(diagnostics, locate)
    results = [
        _result(d, codes.index(d.code), locate(d.span.file) if d.span else None, mark)
        for d, mark in zip(diagnostics, marks, strict=True)
    ]
    run = {
        "tool": {
            "driver": {
                "name": "reconcile",
                "semanticVersion": __version__,
                "rules": [_rule(code, known.get(code)) for code in codes],
            }
        },
        "invocations": [{"executionSuccessful": exit_code in (0, 2, 3, 4), "exitCode": exit_code}],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return inert(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def fingerprints(diagnostics: Iterable[Diagnostic], locate: Locate) -> list[str]:
    """For each diagnostic a mark that stays when lines move: of the code, the file, the object and the field.

    List indexes are left out, since they move with their neighbours; of equal ones the second gets ``:2``.
    """
    seen: Counter[str] = Counter()
    marks = []
    for d in diagnostics:
        fields = [part for part in d.path if isinstance(part, str)]
        file = (locate(d.span.file) or d.span.file) if d.span else None
        content = json.dumps([d.code, file, d.address, fields, d.summary], ensure_ascii=False)
        mark = sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[mark] += 1
        marks.append(f"{mark}:{seen[mark]}")
    return marks


def message(diagnostic: Diagnostic) -> str:
    """What is wrong, why, and how to mend it: a line each, with nothing that acts."""
    parts = [diagnostic.summary, *diagnostic.detail.splitlines()]
    parts += [f"{'' if n else 'fix: '}{line}" for n, line in enumerate(diagnostic.hint.splitlines())]
    return "\n".join(visible(part) for part in parts)


def _rule(code: str, page: CodePage | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    if page is None:  # a document of a plug-in, or of another version
        return rule
    example = f"\n\nRight is:\n\n```yaml\n{page.example.strip()}\n```" if page.example.strip() else ""
    return rule | {
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.why},
        "help": {
            "text": f"{page.why}\n\nHow to fix it: {page.fix}\n\nSource: {page.source}",
            "markdown": f"{page.why}\n\n**How to fix it:** {page.fix}{example}\n\nSource: {page.source}",
        },
        "properties": {"tags": [code.partition("-")[0]]},
    }


def _result(diagnostic: Diagnostic, rule: int, uri: str | None, mark: str) -> dict[str, Any]:
    text = message(diagnostic).replace("](", "] (")  # 3.11.6: [words](place) in a message would be a link
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": str(diagnostic.severity),
        "message": {"text": text},
        "partialFingerprints": {"primaryLocationLineHash": mark, "reconcilerDiagnostic/v1": mark},
    }
    location: dict[str, Any] = {}
    if uri is not None:
        location["physicalLocation"] = {"artifactLocation": _artifact(uri), "region": _region(diagnostic)}
    if diagnostic.address:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(diagnostic.address), "kind": "object"}]
    return result | ({"locations": [location]} if location else {})


def _artifact(uri: str) -> Mapping[str, str]:
    """3.4: a path from the root; one that leads out of it has no base."""
    from urllib.parse import quote

    quoted = quote(uri, safe="/-._~", errors="surrogateescape")
    if uri.startswith("/"):
        return {"uri": f"file://{quoted}"}
    return {"uri": quoted} if uri.startswith("../") else {"uri": quoted, "uriBaseId": ROOT}


def _region(diagnostic: Diagnostic) -> Mapping[str, int]:
    span = diagnostic.span
    assert span is not None
    return {
        "startLine": max(1, span.line),
        "startColumn": max(1, span.column),
        "endColumn": max(1, span.column) + max(1, span.width),
    }

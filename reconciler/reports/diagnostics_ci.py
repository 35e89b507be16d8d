"""Diagnostics for CI systems: GitHub's workflow commands (annotations), GitLab's Code Quality report."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.reports.diagnostics_sarif import Locate, fingerprints, message
from reconciler.visible import inert, visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}
_RANK = tuple(Severity)


def github(diagnostics: Sequence[Diagnostic], locate: Locate) -> str:
    """One workflow command a line, errors first: GitHub shows ten of each kind a step.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message;
    the escaping is that of the actions toolkit (packages/core/src/command.ts).
    """
    ranked = sorted(diagnostics, key=lambda d: _RANK.index(d.severity))
    return "".join(f"{_command(d, locate)}\n" for d in ranked)


def _command(diagnostic: Diagnostic, locate: Locate) -> str:
    span = diagnostic.span
    place = locate(span.file) if span else None
    properties: dict[str, str] = {}
    if span and place is not None:
        properties |= {"file": place, "line": str(span.line), "col": str(span.column)}
        properties["endColumn"] = str(span.column + max(1, span.width))
    properties["title"] = f"{diagnostic.code}: {diagnostic.address}" if diagnostic.address else diagnostic.code
    told = ",".join(f"{name}={_property(visible(text))}" for name, text in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {told}::{_data(message(diagnostic))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def gitlab(diagnostics: Sequence[Diagnostic], locate: Locate) -> str:
    """A Code Quality report; what stands in no file is told of the repository's root, which GitLab takes for a path.

    Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    """
    marks = fingerprints(diagnostics, locate)
    report = [
        {
            "description": message(diagnostic),
            "check_name": diagnostic.code,
            "fingerprint": mark,
            "severity": _SEVERITIES[diagnostic.severity],
            "location": {
                "path": (locate(diagnostic.span.file) if diagnostic.span else None) or ".",
                "lines": {"begin": max(1, diagnostic.span.line) if diagnostic.span else 1},
            },
        }
        for diagnostic, mark in zip(diagnostics, marks, strict=True)
    ]
    return inert(json.dumps(report, indent=2, ensure_ascii=False)) + "\n"

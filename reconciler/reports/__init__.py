"""Reports: the JSON documents (Plan, Drift, Outcome) as text, JSON, markdown or HTML. Reads nothing but them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.visible import inert

if TYPE_CHECKING:
    from reconciler.reports.lines import Report

FORMATS = ("text", "json", "markdown", "html")
"""What ``render`` knows."""


def render(
    document: Mapping[str, Any],
    format: str,
    *,
    color: bool = False,
    width: int = 100,
    budget: int | None = 60_000,
    full: bool = False,
    ascii_only: bool = False,
    diagnostics: bool = True,
) -> str:
    """A Plan, Drift or Outcome document in one of ``FORMATS``; ends with a newline.

    ``color`` and ``ascii_only`` concern text; ``width`` (columns) is how long a value may get before it is cut, unless
    ``full``; ``budget`` (bytes) concerns markdown; ``diagnostics`` False leaves the document's diagnostics out.

    Raises:
        ValueError: an unknown format, or a document of another kind.
    """
    if format == "json":
        return inert(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
    if document.get("kind") == "Plan":
        from reconciler.reports import plan_names

        limit = None if full else max(40, width)
        document = plan_names.named(document if diagnostics else {**document, "diagnostics": []})
    if document.get("kind") == "Plan" and format == "markdown":
        from reconciler.reports import plan_markdown

        return plan_markdown.render(document, limit=limit, budget=budget, full=full)
    if document.get("kind") == "Plan" and format == "html":
        from reconciler.reports import plan_html

        return plan_html.render(document, full=full)
    if document.get("kind") == "Drift":
        from reconciler.reports import drift_names

        document = drift_names.named(document)
    report = _reporter(str(document.get("kind")))(document, full=full, limit=max(40, width), diagnostics=diagnostics)
    if format == "text":
        from reconciler.reports import text

        return text.render(report, color=color, ascii_only=ascii_only)
    if format == "markdown":
        from reconciler.reports import markdown

        return markdown.render(report, budget=budget)
    if format == "html":
        from reconciler.reports import html

        return html.render(report)
    raise ValueError(f"{format!r} is no format: {', '.join(FORMATS)}")


def _reporter(kind: str) -> Callable[..., Report]:
    if kind == "Plan":
        from reconciler.reports import plan

        return plan.report
    if kind == "Drift":
        from reconciler.reports import drift

        return drift.report
    if kind == "Outcome":
        from reconciler.reports import outcome

        return outcome.report
    raise ValueError(f"{kind!r} is no kind of document that is rendered: Plan, Drift, Outcome")

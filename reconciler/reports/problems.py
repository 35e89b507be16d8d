"""Diagnostics inside a Plan or Outcome document, as lines: one for the problem, one for how to fix it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports.lines import ASIDE, DANGER, MAIN, Line


def lines(diagnostics: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Errors first; within a severity as the document has them."""
    rank = {"error": 0, "warning": 1}
    for item in sorted(diagnostics, key=lambda d: rank.get(d["severity"], 2)):
        where = f"{item['file']}:{item['line']}:{item['column']}: " if item["file"] else ""
        if not where and item["address"]:
            where = f"{item['address']}: "
        error = item["severity"] == "error"
        yield Line(
            "!" if item["severity"] in rank else " ",
            f"{where}{item['severity']}[{item['code']}]: {item['summary']}",
            weight=DANGER if error else MAIN,
        )
        for key in ("detail", "hint"):
            if item[key]:
                yield Line(" ", f"{'fix: ' if key == 'hint' else ''}{item[key]}", 1, weight=ASIDE)

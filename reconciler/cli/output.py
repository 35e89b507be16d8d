"""A document in the format that was asked for, for where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.cli.console import Console


def rendered(
    console: Console, document: Mapping[str, Any], *, full: bool, diagnostics: bool, format: str | None = None
) -> str:
    """A Plan or Outcome in ``format`` (default: the command's); no colour in files."""
    from reconciler.reports import render

    return render(
        document,
        format or console.format,
        color=console.out is None and console.color(console.stdout),
        width=console.width(console.stdout),
        full=full,
        ascii_only=console.out is None and console.ascii_only(console.stdout),
        diagnostics=diagnostics or (format or console.format) != "text",
    )

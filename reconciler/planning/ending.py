"""``ignore`` entries whose last day has come or is near: what they hide becomes drift again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.desired import Ignore, ScopeDocument

DAYS = 14
"""So many days before its end an entry is warned of."""


def ending(document: ScopeDocument, today: str) -> Iterator[Diagnostic]:
    """A note for every entry that has expired, a warning for every one that expires within :data:`DAYS` days."""
    for entry in document.ignore:
        if entry.until is None:
            continue
        left = (date.fromisoformat(entry.until) - date.fromisoformat(today)).days
        if left < 0:
            yield _expired(document, entry)
        elif left <= DAYS:
            yield _near(document, entry, left)


def _expired(document: ScopeDocument, entry: Ignore) -> Diagnostic:
    return Diagnostic(
        "DRIFT-IGNORE-EXPIRED",
        f"the `ignore` entry for {entry.pattern!r} expired on {entry.until}",
        f"what it hid is drift again{_reason(entry)}",
        "take the entry away, or give it a later day",
        Severity.NOTE,
        document.address,
        (*entry.path, "until"),
    )


def _near(document: ScopeDocument, entry: Ignore, left: int) -> Diagnostic:
    when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    return Diagnostic(
        "DRIFT-IGNORE-ENDS",
        f"the `ignore` entry for {entry.pattern!r} ends {when}",
        f"its last day is {entry.until}; what it hides is drift after that{_reason(entry)}",
        "list what is live, put the cloud right, or give the entry a later day",
        Severity.WARNING,
        document.address,
        (*entry.path, "until"),
    )


def _reason(entry: Ignore) -> str:
    return f" (its reason: {entry.reason})" if entry.reason else ""

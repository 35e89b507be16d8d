"""Whether a snapshot may stand for the clouds: who made it, when, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import __version__
from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity
from reconciler.model.canonical import Json
from reconciler.workflow.snapshot_document import Snapshot

SKEW = 300.0
"""Seconds by which the clock that took a snapshot may be ahead of ours."""
OLD = 86_400.0
"""Seconds after which the age of a snapshot is a warning instead of a note."""
AGAIN = "take a new snapshot with `reconcile snapshot`, where there are credentials"


def taken(document: Mapping[str, Json], now: float, max_age: float | None) -> Snapshot:
    """A document that its schema accepts, as a snapshot that a plan may be made from.

    ``now``: seconds since the epoch; ``max_age``: seconds, None: any.

    Raises:
        DiagnosticError: SNAPSHOT-TOOL-VERSION; SNAPSHOT-FUTURE, SNAPSHOT-OLD (see :func:`is_stale`).
    """
    snapshot = Snapshot(document)
    made_by = str(document["tool_version"])
    if made_by.partition(".")[0] != __version__.partition(".")[0]:
        raise _refused("SNAPSHOT-TOOL-VERSION", f"the snapshot was made by version {made_by}",
                       f"this is version {__version__}: another major version may see live objects differently",
                       "use one major version of reconcile for both")  # fmt: skip
    try:
        age = now - snapshot.taken_at
    except ValueError:
        raise _refused("SNAPSHOT-FUTURE", "nobody can tell how old the snapshot is",
                       f"its taken_at is no time: {document['taken_at']!r}", AGAIN) from None  # fmt: skip
    if age < -SKEW:
        raise _refused("SNAPSHOT-FUTURE", "the snapshot was taken in the future",
                       f"it says {document['taken_at']}, {spell(-age)} from now: one of the two clocks is wrong",
                       "set the clocks")  # fmt: skip
    if max_age is not None and age > max_age:
        raise _refused("SNAPSHOT-OLD", f"the snapshot is older than {spell(max_age)}",
                       f"it was taken at {document['taken_at']}, {spell(age)} ago", AGAIN)  # fmt: skip
    return snapshot


def is_stale(error: DiagnosticError) -> bool:
    """Was a snapshot refused for its age (a guard: exit code 4), not for what it is (3)?"""
    return any(d.code in ("SNAPSHOT-OLD", "SNAPSHOT-FUTURE") for d in error.diagnostics)


def _refused(code: str, summary: str, detail: str, hint: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(code, summary, detail, hint))


def spell(seconds: float) -> str:
    """A duration in its largest fitting unit, rounded down: ``40 seconds``, ``5 minutes``, ``26 hours``, ``3 days``."""
    for size, unit, least in ((86_400, "day", 2), (3_600, "hour", 1), (60, "minute", 1)):
        if seconds >= size * least:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    number = max(0, int(seconds))
    return f"{number} second{'' if number == 1 else 's'}"


def age_note(snapshot: Snapshot, now: float) -> Diagnostic:
    """What every plan from a snapshot says: of which moment it speaks."""
    age = max(0.0, now - snapshot.taken_at)
    return Diagnostic(
        "SNAPSHOT-AGE",
        f"live state of {snapshot.document['taken_at']}, {spell(age)} old",
        "this is planned from a snapshot: what changed in the clouds since then is not seen",
        AGAIN if age > OLD else "apply reads everything again before it writes",
        Severity.WARNING if age > OLD else Severity.NOTE,
    )

"""What the workflows give back: data for the command line to show, and the exit code that it ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model.canonical import Json
from reconciler.records import dataclass, field

OK, FAILED, DRIFTED, INVALID, REFUSED, PARTLY, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 5, 130, 143
_ORDER = (INTERRUPTED, TERMINATED, PARTLY, FAILED, INVALID, REFUSED, DRIFTED, OK)


def worst(codes: Sequence[int]) -> int:
    """The code that wins where several hold (design 10)."""
    return min(codes, key=_ORDER.index, default=OK)


@dataclass(frozen=True, slots=True)
class ValidateResult:
    """All diagnostics of all files, located and sorted; ``exit_code`` is 3 if one is an error, else 0."""

    diagnostics: tuple[Diagnostic, ...]
    exit_code: int
    files: int = 0
    documents: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class PlanResult:
    """``document`` is the Plan's JSON (None: it could not be made at all).

    ``exit_code``: 0 (with or without changes), 1 if a scope could not be read, 3 on an error diagnostic, 4 for an
    endpoint that is not trusted. ``diagnostics`` are located and sorted; the document holds those of live facts.
    """

    document: Mapping[str, Json] | None
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """``plan`` is what was shown and approved; ``outcome`` is None when nothing was to be tried.

    ``record`` is the outcome document of a run that had nothing to try: what stands as wanted, for ``drift --since``.
    """

    plan: Mapping[str, Json] | None
    outcome: Mapping[str, Json] | None
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int
    record: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class DriftResult:
    """``document`` is the Drift document's JSON.

    ``exit_code``: 1 if a scope could not be read, 3 on an error diagnostic, 4 for an endpoint that is not trusted, 2
    if a finding alarms, else 0. ``diagnostics`` are located and sorted.
    """

    document: Mapping[str, Json]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int


@dataclass(frozen=True, slots=True)
class Imported:
    """One imported document: plain data, ready for the writer.

    ``notes`` are comments with live ids, by the path of the line that they end. ``folder`` is the live name of the
    listener's load balancer (None: unknown, or a security group).
    """

    document: Mapping[str, Json]
    notes: Mapping[tuple[str | int, ...], str]
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """``notes`` say what was left out and why."""

    imported: tuple[Imported, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int
    notes: tuple[str, ...] = field(default=())

    @property
    def documents(self) -> tuple[Mapping[str, Json], ...]:
        """The documents alone."""
        return tuple(i.document for i in self.imported)

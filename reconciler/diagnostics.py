"""One type for everything that the user is told: what is wrong, where, why, and how to mend it.

Functions that can find several problems return or yield all of them; they raise only when nothing can go on. A
problem is described first by *where it stands in a document* (``address`` of the document and ``path`` inside its
``spec``); the room that holds the marks (manifests) turns that into a ``span`` later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from reconciler.records import dataclass

Path = tuple[str | int, ...]
"""Keys and list indexes from the document's root, e.g. ``("spec", "policies", 3, "rules", 0, "value")``."""


class Severity(StrEnum):
    """How much a diagnostic matters: an error blocks its scope, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: 1-based line and column (columns count characters), and the width to underline."""

    file: str
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem, told once.

    ``code`` is stable and has a page in ``reconcile explain``; ``summary`` is one line; ``detail`` says why with the
    values at hand; ``hint`` says how to fix it; ``address`` names the object; ``path`` is the place inside the
    document that ``address`` belongs to; ``on_key`` asks for the span of the key instead of the value.
    """

    code: str
    summary: str
    detail: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR
    address: str | None = None
    path: Path = ()
    span: Span | None = None
    on_key: bool = False

    @property
    def is_error(self) -> bool:
        """True when this diagnostic blocks the scope that it belongs to."""
        return self.severity is Severity.ERROR


class DiagnosticError(Exception):
    """Nothing can go on: carries every diagnostic found so far (at least one error)."""

    def __init__(self, diagnostics: Sequence[Diagnostic] | Diagnostic) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        super().__init__("; ".join(f"{d.code}: {d.summary}" for d in self.diagnostics))


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics in the order in which they are shown: by file, line and column, then code; equal ones once."""
    return sorted(
        dict.fromkeys(diagnostics),
        key=lambda d: (
            d.span is None,
            (d.span.file, d.span.line, d.span.column) if d.span else ("", 0, 0),
            d.address or "",
            d.code,
            d.summary,
            d.detail,
        ),
    )


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known word, or an empty string when none is near (case is ignored)."""
    from difflib import get_close_matches

    by_fold: dict[str, str] = {}
    for word in known:
        by_fold.setdefault(word.casefold(), word)
    near = get_close_matches(wrong.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f"did you mean {by_fold[near[0]]!r}?" if near else ""

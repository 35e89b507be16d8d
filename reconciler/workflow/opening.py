"""What opening the providers of a run gave, whoever opened them: the network, or a snapshot."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic
from reconciler.model.calls import Clock, Provider
from reconciler.records import dataclass, field


@dataclass(slots=True)
class Opened:
    """Open providers by name, and why the others could not be opened.

    ``unknown`` are those of the others that nobody can tell about (their documents may be right); ``notes`` say what
    all of them rest on.
    """

    providers: dict[str, Provider] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    refused: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    codes: set[int] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    notes: tuple[Diagnostic, ...] = ()

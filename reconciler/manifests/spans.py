"""Where a document's parts stand in the files: the side table beside Desired."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic, Path, Span
from reconciler.manifests.marks import Marks
from reconciler.manifests.source import Source
from reconciler.model.address import scope_of
from reconciler.records import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(slots=True)
class SpanTable:
    """Spans by document address (``listener/<name>``, ``security_group/<name>``, ``provider/<name>``) and path."""

    _documents: dict[str, tuple[Any, Marks]] = field(default_factory=dict)
    _sources: dict[str, Source] = field(default_factory=dict)

    def add(self, address: str, data: Any, marks: Marks) -> None:
        """Register a document; the first one of an address stays."""
        self._documents.setdefault(address, (data, marks))

    def add_source(self, source: Source) -> None:
        """Register a file's text, for :meth:`line`."""
        self._sources[source.name] = source

    def span(self, address: str, path: Path = (), on_key: bool = False) -> Span | None:
        """The span of what stands at ``path`` in the document that ``address`` belongs to, or of its nearest parent.

        ``address`` may be the document's own or that of an object in it. None when no such document was read.
        """
        found = self._documents.get(address) or self._documents.get(scope_of(address))
        return None if found is None else found[1].span(found[0], path, on_key)

    def locate(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with its span; unchanged when it has one already or its document was not read here."""
        if diagnostic.span is not None or diagnostic.address is None:
            return diagnostic
        span = self.span(diagnostic.address, diagnostic.path, diagnostic.on_key)
        return diagnostic if span is None else replace(diagnostic, span=span)

    def line(self, span: Span) -> str | None:
        """The source line of a span, for a caret below it; None when the file was not read here."""
        source = self._sources.get(span.file)
        return None if source is None else source.line(span.line)

    def lines(self, diagnostics: list[Diagnostic]) -> Mapping[tuple[str, int], str]:
        """Source lines by file and line number for diagnostics; lines that may show a credential are left out."""
        found: dict[tuple[str, int], str] = {}
        for d in diagnostics:
            if d.span is not None and d.code not in SECRET_CODES:
                line = self.line(d.span)
                if line is not None:
                    found[d.span.file, d.span.line] = line
        for d in diagnostics:
            if d.span is not None and d.code in SECRET_CODES:
                found.pop((d.span.file, d.span.line), None)
        return found


SECRET_CODES = frozenset({"SCHEMA-LITERAL-CREDENTIAL"})
"""Diagnostics whose source line must never be shown: it holds a credential."""

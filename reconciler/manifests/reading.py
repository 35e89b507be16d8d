"""A file's documents: read plainly as far as that goes, completely from there on."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifests.parsed import Memo, Parsed
from reconciler.manifests.plain import PlainReader
from reconciler.manifests.source import Source


def documents(source: Source, memo: Memo) -> Iterator[Parsed]:
    """Every document of a file, empty ones left out. ``source.problems`` are not repeated here."""
    plain = PlainReader(source.name, source.text, memo)
    for parsed in plain.documents():
        yield _judge_lines(parsed, source)
    if plain.offset < len(source.text):
        from reconciler.manifests import stream  # here: PyYAML takes as long to load as all of ours

        for parsed in stream.documents(source, memo, plain.offset, plain.line):
            yield _judge_lines(parsed, source)


def _judge_lines(parsed: Parsed, source: Source) -> Parsed:
    """A document with bytes that were replaced is told once and not judged further."""
    first, last = parsed.lines
    bad = [line for line in source.bad_lines if first <= line <= last]
    if not bad or (not parsed.readable and not any(d.span and d.span.line in bad for d in parsed.problems)):
        return parsed
    return Parsed(parsed.data, parsed.marks, parsed.lines, (), parsed.poisoned, readable=False)

"""The complete reader of a file's documents: a syntax error costs one document, never its neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml import events as yaml_events

from reconciler.diagnostics import Diagnostic, Span
from reconciler.manifests.builder import DocumentBuilder
from reconciler.manifests.marks import Marks
from reconciler.manifests.parsed import Memo, Parsed
from reconciler.manifests.source import Source

_CParser: Any = getattr(yaml.cyaml, "CParser", None) if yaml.__with_libyaml__ else None
"""libyaml's parser; without it PyYAML's own, five to eight times slower, does the same."""

_MARKER = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


def documents(source: Source, memo: Memo, offset: int = 0, line: int = 0) -> Iterator[Parsed]:
    """Every document of a file from an offset and its line on, empty ones left out. ``source.problems`` stay there."""
    text, first_line = source.text[offset:], line
    while True:
        reader = _Reader(source.name, text, first_line, memo)
        yield from reader.documents()
        if reader.resume_line is None:
            return
        rest = _from_marker(text, reader.resume_line - first_line)
        if rest is None:
            return
        text, skipped = rest
        first_line += skipped


class _Reader:
    """Reads documents until the end or the first syntax error; then ``resume_line`` tells where to look on."""

    def __init__(self, name: str, text: str, first_line: int, memo: Memo) -> None:
        self._name, self._text, self._first_line, self._memo = name, text, first_line, memo
        self.resume_line: int | None = None

    def documents(self) -> Iterator[Parsed]:
        parser: Any = parser_of(self._text)
        get: Callable[[], Any] = parser.get_event
        start_line = resume = self._first_line
        builder = DocumentBuilder(self._name, self._memo)
        try:
            while True:
                event = get()
                if event.__class__ is yaml_events.StreamEndEvent:
                    return
                if event.__class__ is not yaml_events.DocumentStartEvent:
                    continue
                start, end = event.start_mark, event.end_mark
                assert start is not None
                assert end is not None
                start_line = start.line + self._first_line
                resume = end.line + self._first_line + 1
                builder = DocumentBuilder(self._name, self._memo)
                data = builder.build(get)
                if len(builder.marks.places):
                    yield self._parsed(builder, data, start_line)
        except yaml.YAMLError as error:
            problem = _syntax_problem(self._name, self._text, error)
            self.resume_line = max(resume, self._first_line + 1)
            yield self._broken(builder, problem, start_line)
        finally:
            parser.dispose()

    def _parsed(self, builder: DocumentBuilder, data: Any, start_line: int) -> Parsed:
        marks = builder.marks
        self._shift(marks)
        last = builder.end_line + self._first_line + 1
        return Parsed(
            data,
            marks,
            (start_line + 1, last),
            tuple(self._moved(d) for d in builder.problems),
            frozenset(builder.poisoned),
        )

    def _broken(self, builder: DocumentBuilder, problem: Diagnostic, start_line: int) -> Parsed:
        too_deep = [d for d in builder.problems if d.code == "YAML-DEPTH"]
        problems = tuple(self._moved(d) for d in (too_deep or [problem]))
        line = problems[0].span.line if problems[0].span else start_line + 1
        return Parsed(None, Marks(self._name), (start_line + 1, line), problems, readable=False)

    def _shift(self, marks: Marks) -> None:
        if self._first_line:
            offset = self._first_line << 32
            for node, place in enumerate(marks.places):
                marks.places[node] = place + offset

    def _moved(self, diagnostic: Diagnostic) -> Diagnostic:
        span = diagnostic.span
        if span is None or not self._first_line:
            return diagnostic
        from reconciler.records import replace

        return replace(diagnostic, span=Span(span.file, span.line + self._first_line, span.column, span.width))


def parser_of(text: str) -> Any:
    """A parser with ``get_event`` and ``dispose``; marks count lines and characters of ``text``."""
    if _CParser is not None:
        return _CParser(text)
    from yaml.loader import SafeLoader

    return SafeLoader(text)


def _from_marker(text: str, line: int) -> tuple[str, int] | None:
    """The text from the first ``---`` on a line >= ``line`` (0-based), and how many lines were skipped."""
    at = 0
    for _ in range(line):
        at = text.find("\n", at) + 1
        if at == 0:
            return None
    found = _MARKER.search(text, at)
    if found is None:
        return None
    return text[found.start() :], text.count("\n", 0, found.start())


_TAB_HINT = "indent with blanks"


def _syntax_problem(name: str, text: str, error: Exception) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    context_mark = getattr(error, "context_mark", None)
    context = str(getattr(error, "context", None) or "")
    problem = str(getattr(error, "problem", None) or error)
    if "invalid Unicode character escape" in problem and mark is not None:
        return _syntax(
            name,
            "YAML-QUOTE",
            "this escape is not a character",
            r"JSON writes characters such as emoji as two escapes (\ud83c\udf89); to YAML each is one by itself.",
            r'write the character itself, or as one escape: "\U0001f389"',
            mark,
        )
    if "quoted scalar" in context and context_mark is not None:
        return _syntax(
            name,
            "YAML-QUOTE",
            "this quote is not closed, or the text in it is not valid",
            f"{context}: {problem}",
            "close the quote; a ' inside '...' is written ''",
            context_mark,
        )
    if "flow" in context and context_mark is not None:
        return _syntax(
            name,
            "YAML-BRACKET",
            "this bracket is not closed, or a comma is missing in it",
            f"{context}: {problem}",
            "close it, or separate the entries by commas",
            _open_bracket(text) or context_mark,
        )
    if mark is None:
        return Diagnostic("YAML-SYNTAX", problem, context, span=Span(name, 1, 1))
    tab = _tab_in_indent(text, mark.line)
    if tab is not None:
        return Diagnostic(
            "YAML-TAB",
            "a tab is used for indentation",
            "YAML indents with blanks only.",
            _TAB_HINT,
            span=Span(name, mark.line + 1, tab + 1),
        )
    quote = _quote_that_swallowed_lines(text, mark)
    if quote is not None:
        return _syntax(
            name,
            "YAML-QUOTE",
            "this quote is closed on a later line, where nothing may follow it",
            f"It ends on line {mark.line + 1}. {context}: {problem}".rstrip(": "),
            "close the quote on this line",
            quote,
        )
    dash = _dash_without_blank(text, mark.line)
    if dash is not None:
        return Diagnostic(
            "YAML-SYNTAX",
            "a blank is missing behind this dash",
            "A dash begins an entry of a list when a blank follows it.",
            "write '- '",
            span=Span(name, mark.line, dash + 1),
        )
    if "could not find expected ':'" in problem and context_mark is not None:
        return _syntax(
            name,
            "YAML-SYNTAX",
            "a ':' is missing behind this key",
            f"{context}: {problem}",
            "write 'key: value' (with a blank), or indent the text of a value",
            context_mark,
        )
    return _syntax(name, "YAML-SYNTAX", problem, context, _HINTS.get(problem, _DEFAULT_HINT), mark)


_DEFAULT_HINT = "compare the indentation with the lines above; put values with : # { [ * & ! % @ ` in quotes"
_HINTS = {
    "mapping values are not allowed in this context": (
        "a second ': ' in one line must be in quotes, and entries of one mapping must be indented alike"
    ),
    "found character that cannot start any token": "put the value in quotes: @ ` % and tabs cannot start a value",
}


def _syntax(name: str, code: str, summary: str, detail: str, hint: str, mark: Any) -> Diagnostic:
    return Diagnostic(code, summary, detail, hint, span=Span(name, mark.line + 1, mark.column + 1))


def _tab_in_indent(text: str, line: int) -> int | None:
    """Column (0-based) of a tab before the first visible character of a line (0-based)."""
    content = text.split("\n", line + 1)[line : line + 1]
    indent = re.match(r"[ \-?:]*\t", content[0]) if content else None
    return indent.end() - 1 if indent else None


def _open_bracket(text: str) -> Any | None:
    """Where the innermost bracket stands that is open at the first syntax error."""
    marks: list[Any] = []
    try:
        for event in yaml.parse(text, Loader=_CParser or yaml.SafeLoader):
            if isinstance(event, yaml_events.CollectionStartEvent) and event.flow_style:
                marks.append(event.start_mark)
            elif isinstance(event, yaml_events.CollectionEndEvent) and marks:
                marks.pop()
    except yaml.YAMLError:
        pass
    return marks[-1] if marks else None


def _quote_that_swallowed_lines(text: str, mark: Any) -> Any | None:
    """Where the quoted text began that ended in front of a syntax error, if that was on an earlier line."""
    last = None
    try:
        for event in yaml.parse(text, Loader=_CParser or yaml.SafeLoader):
            if isinstance(event, yaml_events.ScalarEvent):
                last = event
    except yaml.YAMLError:
        pass
    if last is None or last.style not in ("'", '"') or last.start_mark is None or last.end_mark is None:
        return None
    return last.start_mark if last.start_mark.line < last.end_mark.line == mark.line else None


def _dash_without_blank(text: str, line: int) -> int | None:
    """Column (0-based) of a dash right in front of a key, on the line above a syntax error (0-based)."""
    above = text.split("\n", line)[line - 1 : line] if line else []
    found = re.match(r" *(-)[A-Za-z_]+:", above[0]) if above else None
    return found.start(1) if found else None

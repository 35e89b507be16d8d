"""Reports for a comment on a merge request: fenced diff blocks, and a byte budget that never cuts danger.

All values stand inside fences, where markdown has one special thing only: a line that closes the fence. The fence is
therefore longer than any run of backticks in the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.reports.lines import DANGER, Line, Report, Section
from reconciler.reports.visible import visible

BUDGET = 60_000
"""Bytes that a report may take unless told otherwise: GitHub cuts comments at 65,536 characters."""


def escape(text: str) -> str:
    """The one escape function of this renderer, for text inside a fence: one line, nothing that acts."""
    return visible(text)


def render(report: Report, *, budget: int | None = BUDGET) -> str:
    """The whole report, cut to ``budget`` bytes of UTF-8 where that is possible without cutting danger.

    Details go first, from the end; deletions, gaps, blocked scopes and created security group rules never. What was
    cut is counted in the report.
    """
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", _raw(report))), default=0))
    whole = _assemble(report, report.sections, fence, 0)
    if budget is None or len(whole.encode()) <= budget:
        return whole
    kept, cut = _cut(report, len(whole.encode()) - budget + 120)
    return _assemble(report, kept, fence, cut)


def _raw(report: Report) -> str:
    parts = [report.summary, *(line.text + line.tail for line in report.closing)]
    for section in report.sections:
        parts += [section.title, section.subject, section.note, *(line.text + line.tail for line in section.lines)]
    return "\n".join(parts)


def _assemble(report: Report, sections: Sequence[Section], fence: str, cut: int) -> str:
    out = [f"### {report.title}", "", f"{fence}diff", f"# {escape(report.summary)}", fence, ""]
    for section in sections:
        out += _section(section, fence)
    if cut:
        out += [f"> {cut:,} lines of detail are left out here; the JSON document has them all.", ""]
    if report.closing:
        out += [f"{fence}text", *(_line(line) for line in report.closing), fence, ""]
    return "\n".join(out)


def _section(section: Section, fence: str) -> Iterator[str]:
    if section.title:
        yield f"#### {section.title}"
        yield ""
    yield f"{fence}diff"
    if section.subject:
        yield f"@@ {escape(section.subject)} @@" + (f" {escape(section.note)}" if section.note else "")
    yield from (_line(line) for line in section.lines)
    yield fence
    yield ""


def _line(line: Line) -> str:
    text = f"{line.symbol or ' '} {'  ' * line.depth}{escape(line.text)}"
    return text + (f"  [{escape(line.tail)}]" if line.tail else "")


def _cut(report: Report, excess: int) -> tuple[list[Section], int]:
    """Leave out lines until ``excess`` bytes are gone: the lightest first, from the end of the report."""
    candidates = [
        (line.weight, s, n)
        for s, section in enumerate(report.sections)
        for n, line in enumerate(section.lines)
        if line.weight != DANGER
    ]
    gone: set[tuple[int, int]] = set()
    for _, s, n in sorted(candidates, reverse=True):
        if excess <= 0:
            break
        gone.add((s, n))
        excess -= len(_line(report.sections[s].lines[n]).encode()) + 1
    kept = [
        Section(section.title, lines, section.subject, section.note)
        for s, section in enumerate(report.sections)
        if (lines := tuple(line for n, line in enumerate(section.lines) if (s, n) not in gone))
    ]
    return kept, len(gone)

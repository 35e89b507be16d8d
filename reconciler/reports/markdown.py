"""Reports for a comment on a merge request: fenced diff blocks, and a byte budget that never cuts danger.

All values stand inside fences, where markdown has one special thing only: a line that closes the fence. The fence is
therefore longer than any run of backticks in it. Neither GitHub nor GitLab looks for mentions, references or commands
inside of fences and ``<code>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from reconciler.records import replace
from reconciler.reports.lines import DANGER, Line, Report, Section
from reconciler.visible import visible

BUDGET = 60_000
"""Bytes that a report may take unless told otherwise: GitHub cuts comments at 65,536 characters."""
_LONGEST_RUN = 40
"""Backticks in a row that a value keeps; more are counted, so that no value can make the fence eat the budget."""


def escape(text: str) -> str:
    """The one escape function of this renderer, for text inside a fence: one line, nothing that acts."""
    text = visible(text)
    if "`" * (_LONGEST_RUN + 1) not in text:
        return text
    return re.sub("`" * _LONGEST_RUN + "`+", lambda run: f"({len(run[0]):,} backticks)", text)


def code(text: str) -> str:
    """A value outside of a fence: an HTML ``<code>`` element, in which nothing of it is markdown, HTML or a mention.

    Only inside a block of HTML (``<summary>``): elsewhere markdown would still look for emphasis and links in it.
    """
    from html import escape as entities

    return f"<code>{entities(visible(text))}</code>"


def fence_of(lines: Iterable[str]) -> str:
    """Backticks that close before none of the lines do."""
    longest = max((len(run) for line in lines if "```" in line for run in re.findall("`+", line)), default=0)
    return "`" * max(3, 1 + longest)


def render(report: Report, *, budget: int | None = BUDGET) -> str:
    """The whole report, cut to ``budget`` bytes of UTF-8.

    Details go first, from the end. Deletions, gaps, blocked scopes and created security group rules go only where they
    alone do not fit, and then the first lines say so. What was cut is counted in the report.
    """
    fence = fence_of(_raw(report))
    whole = _assemble(report, report.sections, fence, 0)
    if budget is None or len(whole.encode()) <= budget:
        return whole
    kept, cut = _cut(report, len(whole.encode()) - budget + 120)
    shorter = _assemble(report, kept, fence, cut)
    if len(shorter.encode()) <= budget:
        return shorter
    room = budget - len(_assemble(report, (), fence, 1, 1, 1).encode()) - 40
    kept, left, total = _first_dangers(report, fence, room)
    return _assemble(report, kept, fence, cut, left, total)


def _first_dangers(report: Report, fence: str, room: int) -> tuple[list[Section], int, int]:
    """The dangerous lines that fit, from the start; how many do not, and how many there are."""
    kept: list[Section] = []
    left = total = 0
    for section in report.sections:
        room -= sum(len(line.encode()) + 1 for line in _section(replace(section, lines=()), fence))
        lines: list[Line] = []
        for line in section.lines:
            if line.weight != DANGER:
                continue
            total += 1
            room -= len(line_text(line).encode()) + 1
            if room >= 0:
                lines.append(line)
            else:
                left += 1
        if lines:
            kept.append(replace(section, lines=tuple(lines)))
    return kept, left, total


def _raw(report: Report) -> Iterator[str]:
    yield escape(report.summary)
    yield from map(line_text, report.closing)
    for section in report.sections:
        yield from (escape(section.title), escape(section.subject), escape(section.note))
        yield from map(line_text, section.lines)


def _assemble(report: Report, sections: Sequence[Section], fence: str, cut: int, left: int = 0, total: int = 0) -> str:
    out = [f"### {report.title}", "", f"{fence}diff", f"# {escape(report.summary)}", fence, ""]
    if left:
        out += ["> [!CAUTION]", f"> **{left:,} of the {total:,} lines that must be seen do not fit here.** "
                "Do not judge by this comment alone: the JSON document has them all.", ""]  # fmt: skip
    for section in sections:
        out += _section(section, fence)
    if cut:
        out += [f"> {cut:,} lines of detail are left out here; the JSON document has them all.", ""]
    if report.closing:
        out += [f"{fence}text", *(line_text(line) for line in report.closing), fence, ""]
    return "\n".join(out)


def _section(section: Section, fence: str) -> Iterator[str]:
    if section.title:
        yield f"#### {section.title}"
        yield ""
    yield f"{fence}diff"
    if section.subject:
        yield f"@@ {escape(section.subject)} @@" + (f" {escape(section.note)}" if section.note else "")
    yield from (line_text(line) for line in section.lines)
    yield fence
    yield ""


def line_text(line: Line) -> str:
    """A line as it stands in a fence."""
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
        excess -= len(line_text(report.sections[s].lines[n]).encode()) + 1
    kept = [
        Section(section.title, lines, section.subject, section.note)
        for s, section in enumerate(report.sections)
        if (lines := tuple(line for n, line in enumerate(section.lines) if (s, n) not in gone))
    ]
    return kept, len(gone)

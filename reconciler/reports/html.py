"""Reports as one self-contained HTML file: no script, nothing loaded from anywhere, every value escaped."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.reports.lines import Line, Report, Section
from reconciler.reports.page import escape, page

_CLASSES = {"+": "create", "~": "update", "-": "delete", ">": "move", "!": "danger"}
_STYLE = """\
section > ul, main > ul { list-style: none; margin: 0; padding: .4rem 0; border: 1px solid var(--line);
  border-radius: 8px; font: 13px/1.5 ui-monospace, SFMono-Regular, "DejaVu Sans Mono", monospace; }
main > ul { margin-top: 2rem; background: var(--soft); }
li { white-space: pre-wrap; overflow-wrap: anywhere; padding: .08rem .9rem; border-left: 4px solid transparent; }
.create { border-color: var(--mark-add); color: var(--add); } .update { border-color: var(--mark-mod); }
.delete { border-color: var(--mark-del); color: var(--del); } .move { border-color: var(--mark-move); }
.danger { border-color: var(--mark-del); background: var(--del-soft); color: var(--del); font-weight: 600; }
@media print { li { break-inside: avoid; } }
"""


def render(report: Report) -> str:
    """The whole page."""
    body = [f"<h1>{escape(report.summary)}</h1>"]
    body += [part for section in report.sections for part in _section(section)]
    if report.closing:
        body += ["<ul>", *map(_line, report.closing), "</ul>"]
    return page(report.title, _STYLE, "\n".join(body))


def _section(section: Section) -> Iterator[str]:
    title = ": ".join(escape(part) for part in (section.title, section.subject) if part)
    note = f" <small>({escape(section.note)})</small>" if section.note else ""
    yield f"<section>\n<h2>{title}{note}</h2>\n<ul>"
    yield from (_line(line) for line in section.lines)
    yield "</ul>\n</section>"


def _line(line: Line) -> str:
    kind = _CLASSES.get(line.symbol, "")
    tail = f' <span class="tail">[{escape(line.tail)}]</span>' if line.tail else ""
    head = "  " * line.depth + (line.symbol if line.symbol.strip() else " ") + " "
    return f'<li class="{kind}">{escape(head)}{escape(line.text)}{tail}</li>'

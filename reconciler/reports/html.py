"""Reports as one self-contained HTML file: no script, nothing loaded from anywhere, every value escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape as _entities

from reconciler.reports.lines import Line, Report, Section
from reconciler.reports.visible import visible

_CLASSES = {"+": "create", "~": "update", "-": "delete", ">": "move", "!": "danger"}
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .3rem; overflow-wrap: anywhere; }
h2 small, .tail { font-weight: normal; opacity: .65; }
ul { list-style: none; margin: 0; padding: 0; font-family: ui-monospace, monospace; font-size: 13px; }
li { white-space: pre-wrap; overflow-wrap: anywhere; padding: .05rem .4rem; border-left: 3px solid transparent; }
.create { border-color: #1a7f37; } .update { border-color: #bf8700; } .delete { border-color: #cf222e; }
.move { border-color: #0969da; } .danger { border-color: #cf222e; background: #cf222e22; font-weight: 600; }
"""


def escape(text: str) -> str:
    """The one escape function of this renderer: safe in text and in quoted attributes."""
    return _entities(visible(text), quote=True)


def render(report: Report) -> str:
    """The whole page."""
    body = "\n".join(part for section in report.sections for part in _section(section))
    closing = "\n".join(_line(line) for line in report.closing)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(report.title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<h1>{escape(report.summary)}</h1>
{body}
<ul>
{closing}
</ul>
</body>
</html>
"""


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

"""Reports for a terminal or a log: symbols carry the meaning, colour only repeats it."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.reports.lines import Line, Report
from reconciler.visible import visible

_COLORS = {"+": "32", "~": "33", "-": "31", ">": "36", "!": "1;31"}
_BOLD, _DIM = "1", "2"


def escape(text: str, *, ascii_only: bool = False) -> str:
    """The one escape function of this renderer: no character acts on the terminal."""
    return visible(text, ascii_only=ascii_only)


class Painter:
    """Wraps text into colour codes, or not."""

    def __init__(self, color: bool, ascii_only: bool) -> None:
        self._color, self._ascii = color, ascii_only

    def __call__(self, text: str, code: str | None = None) -> str:
        """Escaped text, coloured where colour is on."""
        safe = escape(text, ascii_only=self._ascii)
        return f"\x1b[{code}m{safe}\x1b[0m" if self._color and code and safe else safe


def render(report: Report, *, color: bool = False, ascii_only: bool = False) -> str:
    """The whole report; ends with a newline."""
    paint = Painter(color, ascii_only)
    out: list[str] = []
    for section in report.sections:
        title = ": ".join(part for part in (paint(section.title, _BOLD), paint(section.subject, _BOLD)) if part)
        out.append(title + (f" {paint(f'({section.note})', _DIM)}" if section.note else ""))
        out.extend(_lines(section.lines, paint))
        out.append("")
    out.append(paint(report.summary, _BOLD))
    out.extend(_lines(report.closing, paint))
    return "\n".join(out) + "\n"


def _lines(lines: tuple[Line, ...], paint: Painter) -> Iterator[str]:
    for line in lines:
        code = _COLORS.get(line.symbol)
        head = f"{'  ' * line.depth}{paint(line.symbol, code)} " if line.symbol.strip() else "  " * (line.depth + 1)
        if not line.symbol.strip() and line.depth == 0:
            head = ""
        yield (head + paint(line.text, code) + (f"  {paint(f'[{line.tail}]', _DIM)}" if line.tail else "")).rstrip()

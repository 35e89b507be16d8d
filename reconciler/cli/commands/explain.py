"""Print why a diagnostic code exists and how to fix what it complains about; without a code, list all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.cli import flags
from reconciler.cli.console import Console, failed
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from reconciler.codes import CodePage

EXAMPLES = ("reconcile explain HW-R61", "reconcile explain", "reconcile explain CLI-FLAG --format json")


def configure(parser: Parser) -> None:
    """One code, or none."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="such as HW-R61; without one every code is listed")
    flags.output(parser, ("text", "json"), files=False)


def run(args: Any, console: Console) -> int:
    """0, or 3 for a code that does not exist."""
    from reconciler.codes import pages

    known = pages()
    if args.code is None:
        width = max(map(len, known))
        text = "".join(f"{code:<{width}}  {page.title}\n" for code, page in known.items())
        return console.finish([], 0, text, "Codes", codes=[_data(page) for page in known.values()])
    page = known.get(args.code) or known.get(args.code.upper())
    if page is None:
        family = args.code.upper().partition("-")[0]
        alike = [code for code in known if code.startswith(f"{family}-")]
        near = did_you_mean(args.code, alike or known)
        hint = near or (f"codes that begin so: {', '.join(alike)}" if alike else "reconcile explain lists all codes")
        return failed(console, Diagnostic("CLI-CODE", f"there is no code {args.code!r}", "", hint))
    return console.finish([], 0, page_text(page), "Code", **_data(page))


def page_text(page: CodePage) -> str:
    """A page as text, in lines of at most 100 columns (the example stays as it is)."""
    parts = [f"{page.code}: {page.title}", _filled(page.why), _filled(f"How to fix it: {page.fix}")]
    if page.example.strip():
        parts.append("Right is:\n" + "\n".join(f"    {line}".rstrip() for line in page.example.strip().splitlines()))
    parts.append(_filled(f"Source: {page.source}"))
    return "\n\n".join(parts) + "\n"


def _filled(text: str) -> str:
    from textwrap import fill

    return "\n".join(fill(line, 100, break_long_words=False) for line in text.strip().splitlines())


def _data(page: CodePage) -> dict[str, str]:
    return {name: getattr(page, name) for name in ("code", "title", "why", "fix", "source", "example")}

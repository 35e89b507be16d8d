"""Print a saved plan, outcome or drift document in any format. Reads the file only; no cloud is asked.

The formats sarif, github and gitlab give the diagnostics that the document holds, and nothing else of it.
"""

from __future__ import annotations

from reconciler.cli import flags
from reconciler.cli.console import DIAGNOSTIC_FORMATS, Console
from reconciler.cli.parser import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXAMPLES = (
    "reconcile show plan.json",
    "reconcile show plan.json --full",
    "reconcile show plan.json --format markdown --out comment.md",
    "reconcile show outcome.json --format html --out outcome.html",
    "reconcile show drift.json",
    "reconcile show plan.json --format sarif --out plan.sarif",
)


def configure(parser: Parser) -> None:
    """A file."""
    parser.add_argument("file", metavar="FILE", help="what --json-into of plan, apply or drift has written")
    flags.directory(parser)
    parser.flag("--full", action="store_true", help="name every object by itself, with ids and calls; cut no value")
    flags.output(parser, ("text", "json", "markdown", "html", *DIAGNOSTIC_FORMATS), files=False)


def run(args: Any, console: Console) -> int:
    """0, or 3 for a file that is none of these documents. A plan that was altered is shown with a warning."""
    from reconciler.cli.output import rendered
    from reconciler.manifests.documents import read

    found = read(console.path(args.file), shown=args.file)
    console.report(found.warnings)
    if console.format in DIAGNOSTIC_FORMATS:
        from reconciler.reports.diagnostics import from_json

        console.product(console.diagnostics_text(map(from_json, found.document["diagnostics"]), 0))
        return 0
    console.product(rendered(console, found.document, full=args.full, diagnostics=True))
    return 0

"""Print a saved plan or outcome in any format. Reads the file only; no cloud is asked."""

from __future__ import annotations

from typing import Any

from reconciler.cli import flags
from reconciler.cli.console import Console
from reconciler.cli.files import read_document
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic, Severity

EXAMPLES = (
    "reconcile show plan.json",
    "reconcile show plan.json --full",
    "reconcile show plan.json --format markdown --out comment.md",
    "reconcile show outcome.json --format html --out outcome.html",
)


def configure(parser: Parser) -> None:
    """A file."""
    parser.add_argument("file", metavar="FILE", help="what --json-into of plan or apply has written")
    flags.directory(parser)
    parser.flag("--full", action="store_true", help="name every object by itself, with ids and calls; cut no value")
    flags.output(parser, ("text", "json", "markdown", "html"), files=False)


def run(args: Any, console: Console) -> int:
    """0, or 3 for a file that is neither a plan nor an outcome. A plan that was altered is shown with a warning."""
    from reconciler.cli.output import rendered
    from reconciler.model.canonical import digest

    document = read_document(args.file, console.path(args.file), ("Plan", "Outcome"))
    if document["kind"] == "Plan":
        content = {key: value for key, value in document.items() if key != "digest"}
        if digest(content) != document["digest"]:
            console.report([
                Diagnostic(
                    "CLI-ALTERED",
                    f"{args.file!r} was altered after it was made",
                    "its digest does not fit its content",
                    "make a new plan; apply refuses this one",
                    Severity.WARNING,
                )
            ])  # fmt: skip
    console.product(rendered(console, document, full=args.full, diagnostics=True))
    return 0

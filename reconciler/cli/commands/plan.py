"""Show what would change, without changing it. Needs read rights only; its transport cannot write."""

from __future__ import annotations

from typing import Any

from reconciler.cli import exits, flags
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser

EXAMPLES = (
    "reconcile plan manifests/",
    "reconcile plan manifests/ --json-into plan.json",
    "reconcile plan manifests/ --format markdown --out comment.md",
    "reconcile plan manifests/ --json-into plan.json --format html --out plan.html --annotations github",
    "reconcile plan manifests/ --detailed-exitcode",
    "reconcile plan manifests/ --emulator cloud.yaml",
    "reconcile plan manifests/ --live live.json --live-max-age 24h",
)


def configure(parser: Parser) -> None:
    """Manifests, run, plan and output."""
    flags.paths(parser)
    flags.selection(parser)
    flags.run(parser)
    flags.live(parser)
    flags.planning(parser)
    flags.consent(parser)
    parser.flag("--detailed-exitcode", action="store_true", help="exit 2 instead of 0 when there are changes")
    flags.output(parser, ("text", "json", "markdown", "html"))
    flags.ci_annotations(parser)
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """0 with or without changes (2 with changes and ``--detailed-exitcode``), 1, 3 or 4."""
    import asyncio

    from reconciler.cli.output import rendered
    from reconciler.cli.session import session
    from reconciler.workflow.plan import make_plan

    with session(args, console) as run:
        result = asyncio.run(make_plan(run.settings))
    if result.document is None:
        return console.finish(result.diagnostics, result.exit_code)
    (console.annotate if console.format == "json" else console.report)(result.diagnostics)
    console.product(rendered(console, result.document, full=args.full, diagnostics=False), result.document)
    changes = args.detailed_exitcode and bool(result.document["steps"])
    return exits.worst(result.exit_code, exits.CHANGES if changes else exits.OK)

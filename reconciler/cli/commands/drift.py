"""Show where live state is not what the manifests say, and why. Needs read rights only; its transport cannot write.

Finds what is changed, missing, not listed, or broken by the cloud's own word. On a schedule, the exit code tells: 2 is
drift, 1 that something could not be read, 0 that all is as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.cli import exits, flags, values
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser

EXAMPLES = (
    "reconcile drift manifests/",
    "reconcile drift manifests/ --since outcome.json --json-into drift.json",
    "reconcile drift manifests/ --baseline yesterday.json --json-into today.json",
    "reconcile drift manifests/ --format markdown --out drift.md --metrics drift.prom",
)


def configure(parser: Parser) -> None:
    """Manifests, run, what is known already, output and notification."""
    flags.paths(parser)
    flags.selection(parser)
    flags.run(parser)
    flags.live(parser)
    group = parser.add_argument_group("drift")
    parser.flag("--since", metavar="FILE", repeat=True, group=group,
                help="what `apply --json-into` wrote: tells edited outside from not applied yet (repeat)")  # fmt: skip
    parser.flag("--baseline", metavar="FILE", group=group,
                help="an earlier drift document: what it knows does not alarm again")  # fmt: skip
    parser.flag("--metrics", metavar="FILE", group=group, help="write OpenMetrics to FILE, for a textfile collector")
    parser.flag("--today", metavar="DATE", type=values.day, group=group,
                help="the date that `until` is compared with (default: today, UTC)")  # fmt: skip
    parser.flag("--full", action="store_true", group=group, help="name every object by itself; cut no value")
    flags.output(parser, ("text", "json", "markdown", "html"))
    flags.ci_annotations(parser)
    flags.notify(parser)
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """0 if nothing alarms, 2 for drift, 1 if a scope could not be read or a file not be written, 3, or 4."""
    import asyncio

    from reconciler.publishing.webhook import hook_of

    hook = hook_of(args.notify, args.notify_format)
    file, console.json_into = console.json_into, None  # of an earlier run: a mistake must not take its place
    baseline, since = _known(console, args.baseline, args.since)
    from reconciler.cli.session import session
    from reconciler.workflow.drift import make_drift

    with session(args, console) as run:
        result = asyncio.run(make_drift(run.settings, since, baseline))
    (console.annotate if console.format == "json" else console.report)(result.diagnostics)
    code = exits.worst(result.exit_code, _write(args, console, file, result.document))
    if hook is not None:
        from reconciler.publishing.webhook import notify

        problem = notify(result.document, hook, environ=console.environ)
        if problem is not None:  # nobody heard of it; what was found stays found
            console.report([problem])
    return code


def _known(
    console: Console, baseline: str | None, since: Sequence[str]
) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    """The baseline and the outcomes; raises ``DiagnosticError`` with all that is wrong with any of them."""
    from reconciler.diagnostics import Diagnostic, DiagnosticError

    found: list[Mapping[str, Any]] = []
    problems: list[Diagnostic] = []
    wanted = [*([(baseline, "Drift")] if baseline is not None else []), *((shown, "Outcome") for shown in since)]
    for shown, kind in wanted:
        try:
            found.append(_read(console, shown, kind))
        except DiagnosticError as error:
            problems += error.diagnostics
    if problems:
        raise DiagnosticError(tuple(dict.fromkeys(problems)))
    return (found[0], found[1:]) if baseline is not None else (None, found)


def _read(console: Console, shown: str, kind: str) -> Mapping[str, Any]:
    from reconciler.manifests.documents import read

    found = read(console.path(shown), shown=shown, kinds=(kind,))
    console.report(found.warnings)
    return found.document


def _write(args: Any, console: Console, file: str | None, document: Mapping[str, Any]) -> int:
    """Every file for itself: one that cannot be written does not keep what was found from the others."""
    from reconciler.cli.files import Stopped, replace_text
    from reconciler.cli.output import rendered

    def metrics() -> None:
        from reconciler.reports.metrics import render

        replace_text("--metrics", console.path(args.metrics), render(document))

    def json_into() -> None:
        from reconciler.reports.diagnostics import document_text

        # Beside and renamed: it may be the very file that the next run reads as its baseline.
        replace_text("--json-into", console.path(file or ""), document_text(dict(document)))

    def product() -> None:
        console.product(rendered(console, document, full=args.full, diagnostics=False))

    code = exits.OK
    for wanted, write in ((args.metrics, metrics), (file, json_into), (True, product)):
        try:
            if wanted is not None:
                write()
        except Stopped as stopped:
            console.report([stopped.diagnostic])
            code = exits.worst(code, stopped.code)
    return code

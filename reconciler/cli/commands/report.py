"""Make a static site from the documents of many runs: a page for the fleet, one for each scope, with history.

Reads what --json-into of plan, apply and drift has written: files, or directories that are searched for *.json. The
artifacts of a pipeline are the history; there is no database, and no cloud is asked. What cannot be read is told, and
the site is made of the rest. The same documents give the same bytes; pages of an earlier run are replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reconciler.cli import exits, flags, values
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity

if TYPE_CHECKING:
    from reconciler.cli.site import Published, Source
    from reconciler.reports.site import History

EXAMPLES = (
    "reconcile report --html site/ runs/",
    "reconcile report --html site/ drift.json outcome.json plan.json",
    "reconcile report --html site/ runs/ --stale-after 6h",
)


def configure(parser: Parser) -> None:
    """Documents, and where the site goes."""
    parser.add_argument("documents", nargs="+", metavar="RUN.json",
                        help="plan, drift and outcome documents, or directories that hold them")  # fmt: skip
    flags.directory(parser)
    parser.flag("--html", metavar="DIR", required=True, help="the site's directory; made if need be")
    parser.flag("--stale-after", metavar="D", type=values.positive_duration, default=172_800.0,
                help="how much older than the newest check a scope's own may be before it is called out (default: "
                "48h)")  # fmt: skip
    flags.output(parser, ("text", "json"))


def run(args: Any, console: Console) -> int:
    """0; 3 if a document could not be read (the site holds the others); 1 if the site cannot be written."""
    from reconciler.cli.files import Stopped
    from reconciler.cli.site import check_place, place, publish, sources
    from reconciler.reports.site import History, pages

    check_place(args.html, console.path(args.html))
    found, problems = sources(args.documents, console.directory)
    history = History()
    problems += _read(found, history)
    if not history.documents:
        if not any(d.is_error for d in problems):  # else those tell why
            problems.append(_empty(args.documents, len(found)))
        return console.finish(problems, exits.INVALID, "", "Site", **_counts(history, None))
    missing = [f"{d.summary}: {d.detail}" if d.detail else d.summary for d in problems if d.is_error]
    made = pages(history, stale_after=args.stale_after, problems=missing)
    try:
        with place(args.html, console.path(args.html)):
            done = publish(args.html, console.path(args.html), made)
    except Stopped as stopped:
        code = exits.worst(stopped.code, _code(problems))
        return console.finish([*problems, stopped.diagnostic], code, "", "Site", **_counts(history, None))
    return console.finish(problems, _code(problems), _told(args.html, history, done), "Site", **_counts(history, done))


def _read(found: Sequence[Source], history: History) -> list[Diagnostic]:
    """Every document into the history, one at a time."""
    from reconciler.manifests.documents import PUBLISHED_BYTES, read
    from reconciler.records import replace

    problems: list[Diagnostic] = []
    for source in found:
        try:
            foreign = read(source.path, shown=source.shown, limit=PUBLISHED_BYTES, refuse_altered=True)
            problems += history.add(source.shown, foreign.document)
        except DiagnosticError as error:
            for d in error.diagnostics:  # a directory may hold other JSON beside the documents: told, no error
                other = d.code == "DOC-KIND" and not source.named
                problems.append(replace(d, severity=Severity.WARNING) if other else d)
    return problems


def _code(problems: Sequence[Diagnostic]) -> int:
    return exits.INVALID if any(d.is_error for d in problems) else exits.OK


def _told(shown: str, history: History, done: Published) -> str:
    import os

    from reconciler.visible import visible

    documents = sum(history.documents.values())
    removed = f", {done.removed:,} removed" if done.removed else ""
    made = f"{_plural(done.pages - 1, 'scope')} from {_plural(documents, 'document')}"
    page = visible(os.path.join(shown, "index.html"))
    return f"{page}: {made} ({done.written:,} of {done.pages:,} pages written{removed})\n"


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _counts(history: History, done: Published | None) -> dict[str, Any]:
    from reconciler.cli.site import Published

    count = done or Published(0, 0, 0)
    return {
        "documents": dict(sorted(history.documents.items())),
        "pages": {"all": count.pages, "written": count.written, "removed": count.removed},
    }


def _empty(given: Sequence[str], files: int) -> Diagnostic:
    said = ", ".join(repr(name) for name in given[:5]) + (" ..." if len(given) > 5 else "")
    return Diagnostic(
        "SITE-EMPTY",
        f"there is no document to make a site of in {said}",
        f"{files:,} {'file was' if files == 1 else 'files were'} looked at; nothing was written",
        "give what --json-into of plan, apply or drift has written, or a directory that holds such files",
    )

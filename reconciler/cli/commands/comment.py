"""Put plans, outcomes and drift on a pull or merge request: one comment a unit, edited in place.

Reads the documents that --json-into has written, holds them against their schemas, renders them itself, and talks to
GitHub (GITHUB_TOKEN, GITHUB_REPOSITORY) or GitLab (GITLAB_TOKEN, CI_PROJECT_ID) alone. When there is nothing to do,
the comment is folded to one line; where there is none, none is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.cli import exits, flags, values
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser, UsageError
from reconciler.diagnostics import Diagnostic

EXAMPLES = (
    "reconcile comment --github plan.json",
    "reconcile comment --github --summary --unit shop --unit web shop.json web.json",
    "reconcile comment --gitlab plan.json --delete-empty",
    "reconcile comment --summary drift.json",
)


def configure(parser: Parser) -> None:
    """Documents, where to, and how."""
    parser.add_argument("files", nargs="+", metavar="RUN.json", help="from --json-into of plan, apply, drift")
    group = parser.add_argument_group("where to")
    parser.flag("--github", action="store_true", group=group, help="a comment on the pull request of this run")
    parser.flag("--gitlab", action="store_true", group=group, help="a note on the merge request of this job")
    parser.flag("--summary", action="store_true", group=group,
                help="the summary page of this step of GitHub Actions")  # fmt: skip
    parser.flag("--number", metavar="N", type=values.positive, group=group,
                help="the pull or merge request (default: the one that the CI run is for)")  # fmt: skip
    group = parser.add_argument_group("the comment")
    parser.flag("--unit", metavar="NAME", repeat=True, group=group,
                help="whose a document is; once a document, in their order (default: by its paths)")  # fmt: skip
    parser.flag("--always", action="store_true", group=group, help="also where there is nothing to do and no comment")
    parser.flag("--delete-empty", action="store_true", group=group,
                help="when there is nothing to do, delete the comment instead of folding it")  # fmt: skip
    parser.flag("--timeout", metavar="D", type=values.positive_duration, default=30.0, group=group,
                help="how long one answer may take: 30s, 2m (default: 30s)")  # fmt: skip
    flags.directory(parser)
    flags.output(parser, ("text", "json"))
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """0, 1 where something could not be published, 3 for documents and settings that cannot be used."""
    _check(args)
    from reconciler.publishing import comments

    items = _items(args, console)
    # told before anything is written: a wrong setting publishes nothing
    forge = comments.github if args.github else comments.gitlab if args.gitlab else None
    listen = _listener(console)
    pull = forge(console.environ, args.number, timeout=args.timeout, listen=listen) if forge else None
    found: list[Diagnostic] = []
    if args.summary:
        found += comments.summary(items, console.environ, pull[0].note if pull is not None else "")
    done: Sequence[Any] = ()
    if pull is not None:
        import asyncio

        options = comments.Options(args.always, args.delete_empty)
        published = asyncio.run(comments.publish(*pull, items, options, console.environ, listen))
        done = published.done
        found += published.diagnostics
    code = exits.FAILED if any(d.is_error for d in found) else exits.OK
    rows = [
        {"file": file, "unit": item.unit.name, "kind": item.unit.kind, "empty": item.unit.empty, "line": item.unit.line,
         "action": did.action if did else None, "url": did.url if did else None}
        for file, item, did in zip(args.files, items, done or [None] * len(items), strict=True)
    ]  # fmt: skip
    text = "".join(_row(row) for row in rows if row["action"])
    return console.finish(found, code, text, "Comments", comments=rows)


def _listener(console: Console) -> Any:
    if not console.verbose and not console.log_format:
        return None
    from reconciler.cli.logs import listener

    return listener(console.stderr, console.log_format or "text", console.verbose, console.color(console.stderr))


def _check(args: Any) -> None:
    if args.github and args.gitlab:
        problem = Diagnostic("CLI-VALUE", "--github and --gitlab exclude each other", "a run is one of either",
                             "give one of them")  # fmt: skip
        raise UsageError(problem)
    if not (args.github or args.gitlab or args.summary):
        problem = Diagnostic("CLI-MISSING", "comment needs --github, --gitlab or --summary", "",
                             "reconcile comment --help shows how it is used")  # fmt: skip
        raise UsageError(problem)
    if args.unit and len(args.unit) != len(args.files):
        problem = Diagnostic("CLI-VALUE", f"{len(args.files)} documents and {len(args.unit)} --unit were given",
                             "each document is for one unit", "give --unit once a document, or never")  # fmt: skip
        raise UsageError(problem)


def _items(args: Any, console: Console) -> list[Any]:
    """The documents, checked as a stranger's, each with its unit and its renderer."""
    from reconciler.manifests.documents import PUBLISHED_BYTES, read
    from reconciler.publishing.comments import Item
    from reconciler.publishing.units import check_apart, unit_of

    items = []
    for place, file in enumerate(args.files):
        found = read(console.path(file), shown=file, limit=PUBLISHED_BYTES, refuse_altered=True)
        unit = unit_of(found.document, args.unit[place] if args.unit else None)
        items.append(Item(unit, _renderer(found.document)))
    check_apart([item.unit for item in items], args.files)
    return items


def _renderer(document: Mapping[str, Any]) -> Any:
    def render(budget: int) -> str:
        from reconciler.reports import render

        return render(document, "markdown", budget=budget)

    return render


def _row(row: Mapping[str, Any]) -> str:
    from reconciler.visible import visible

    link = f"  {row['url']}" if row["url"] else ""
    return f"{row['action']:<10}{visible(row['unit'])}: {row['line']}{link}\n"

"""Write what is live into a file, so that others can plan without credentials: `plan --live FILE`.

Takes the listeners and security groups that the manifests name, and every name that they may refer to. Reads only; the
file holds no credentials. For pull requests from forks: the trusted side takes it, the untrusted side plans from it.
"""

from __future__ import annotations

from typing import Any

from reconciler.cli import flags
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser

EXAMPLES = (
    "reconcile snapshot manifests/ --out live.json",
    "reconcile snapshot manifests/ --all-of huawei-prod --out live.json",
    "reconcile snapshot manifests/ --target 'listener/shop-*' --out live.json",
    "reconcile plan manifests/ --live live.json",
)


def configure(parser: Parser) -> None:
    """Manifests, run and output."""
    flags.paths(parser)
    flags.selection(parser)
    parser.flag("--all-of", metavar="PROVIDER", repeat=True,
                help="also every listener and group that this Provider document shows; repeatable")  # fmt: skip
    flags.run(parser)
    flags.output(parser, ("json",), files=False)
    parser.set_defaults(format="text")  # of what goes wrong: the product is JSON, asked for or not
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """0; 1 if something could not be read (the rest is written); 3 for manifests or names that are wrong; 4."""
    import asyncio

    from reconciler.cli.session import session
    from reconciler.workflow.snapshot import take

    with session(args, console) as run:
        result = asyncio.run(take(run.settings, tuple(args.all_of)))
    if result.document is None:
        console.out = None  # a file of before stays what it was
        return console.finish(result.diagnostics, result.exit_code)
    console.report(result.diagnostics)
    _write(console, result.document)
    summary = result.document["summary"]
    left = f"; {summary['failures']} not read" if summary["failures"] else ""
    console.say(f"snapshot of {result.document['taken_at']}: {summary['scopes']:,} scopes with "
                f"{summary['policies']:,} policies and {summary['security_group_rules']:,} security group rules, "
                f"{result.document['reads']['calls']:,} calls{left}")  # fmt: skip
    return result.exit_code


def _write(console: Console, document: Any) -> None:
    """To stdout; or beside the file and renamed, so that nobody ever reads half of one."""
    from reconciler.cli.files import replace_text
    from reconciler.reports.diagnostics import document_text

    text = document_text(document)
    if console.out is None:
        console.write(text)
    else:
        replace_text("--out", console.path(console.out), text)

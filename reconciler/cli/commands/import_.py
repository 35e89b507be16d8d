"""Write manifests for what is live: listeners with their policies, security groups with their rules.

The manifests hold no defaults, name pools and listeners, and list policies in the order of evaluation; the plan that
follows is empty. The provider is a Provider document, looked up like those of a plan. Reads only.
"""

from __future__ import annotations

import json
from typing import Any

from reconciler.cli import flags
from reconciler.cli.console import Console, failed
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic

EXAMPLES = (
    "reconcile import --provider huawei-prod --listener shop-https",
    "reconcile import --provider gcore-prod --security-group web --out web.yaml",
    "reconcile import --provider huawei-prod --all --out everything.yaml",
)


def configure(parser: Parser) -> None:
    """What to import."""
    parser.add_argument("paths", nargs="*", metavar="PATH", default=None,
                        help="where the Provider document is, besides providers.yaml and providers/")  # fmt: skip
    flags.directory(parser)
    group = parser.add_argument_group("what is imported")
    parser.flag("--provider", metavar="NAME", required=True, group=group, help="name of a Provider document")
    for flag, noun in (("listener", "listener"), ("security-group", "security group")):
        parser.flag(f"--{flag}", metavar="NAME", repeat=True, group=group, help=f"a {noun} by name; repeatable")
        parser.flag(f"--{flag}-id", metavar="ID", repeat=True, group=group, help=f"a {noun} by id; repeatable")
    parser.flag("--all", action="store_true", group=group, help="everything that the provider shows")
    flags.run(parser)
    flags.output(parser, ("yaml", "text", "json"))
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """0; 1 if something could not be read; 3 for names that are not there."""
    import asyncio

    from reconciler.cli.session import session
    from reconciler.manifests.writer import dump
    from reconciler.model.desired import Reference
    from reconciler.workflow.importing import import_live

    what = [Reference("listener", name=name) for name in args.listener]
    what += [Reference("listener", id=live) for live in args.listener_id]
    what += [Reference("security_group", name=name) for name in args.security_group]
    what += [Reference("security_group", id=live) for live in args.security_group_id]
    if bool(what) == args.all:
        said = "--all stands beside names" if args.all else "nothing was named"
        return failed(console, Diagnostic("CLI-IMPORT", f"import does not know what to import: {said}", "",
                                          "name a --listener or a --security-group, or give --all"))  # fmt: skip
    with session(args, console, default_paths=()) as run:
        result = asyncio.run(import_live(run.settings, args.provider, what))
    documents = [dict(document) for document in result.documents]
    text = dump(documents) if documents else ""
    if console.format != "json":
        for note in result.notes:
            console.say(f"note: {json.dumps(note, ensure_ascii=False)[1:-1]}")
    return console.finish(result.diagnostics, result.exit_code, text, "Import",
                          documents=documents, notes=list(result.notes))  # fmt: skip

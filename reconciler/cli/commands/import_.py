"""Write manifests for what is live, or bring the manifests that there are up to what is live (--merge).

The manifests hold no defaults, name pools and listeners, and list policies in the order of evaluation; the plan that
follows is empty. The provider is a Provider document, looked up like those of a plan. Clouds are only read.

--into DIR writes one file a document (PROVIDER/LOAD_BALANCER/LISTENER.yaml, PROVIDER/security_groups/GROUP.yaml); run
again, it renews what nobody edited. --merge edits manifests in place: only what changed live is written anew, comments,
order, quotes and blank lines stay.
"""

from __future__ import annotations

from typing import Any

from reconciler.cli import flags, values
from reconciler.cli.console import Console, failed
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic

EXAMPLES = (
    "reconcile import --provider huawei-prod --listener shop-https",
    "reconcile import --provider gcore-prod --security-group web --out web.yaml",
    "reconcile import --provider huawei-prod --all --into manifests/",
    "reconcile import --merge manifests/ --target listener/shop --diff",
    "reconcile import --merge manifests/ --adopt-unlisted",
)


def configure(parser: Parser) -> None:
    """What to import, and where to."""
    parser.add_argument("paths", nargs="*", metavar="PATH", default=None,
                        help="where the Provider document is, besides providers.yaml and providers/; "
                             "with --merge: the manifests (default: the directory itself)")  # fmt: skip
    flags.selection(parser)
    group = parser.add_argument_group("what is imported")
    parser.flag("--provider", metavar="NAME", group=group, help="name of a Provider document (not with --merge)")
    for flag, noun in (("listener", "listener"), ("security-group", "security group")):
        parser.flag(f"--{flag}", metavar="NAME", repeat=True, group=group, help=f"a {noun} by name; repeatable")
        parser.flag(f"--{flag}-id", metavar="ID", repeat=True, group=group, help=f"a {noun} by id; repeatable")
    parser.flag("--all", action="store_true", group=group, help="everything that the provider shows")
    group = parser.add_argument_group("where to")
    parser.flag("--into", metavar="DIR", group=group,
                help="one file a document below DIR; files that somebody edited are left alone")  # fmt: skip
    parser.flag("--no-ids", action="store_true", group=group, help="no comments with live ids")
    parser.flag("--merge", action="store_true", group=group,
                help="edit manifests in place until the plan for them is empty")  # fmt: skip
    parser.flag("--adopt-unlisted", action="store_true", group=group,
                help="with --merge: also list what `unlisted: keep` leaves alone")  # fmt: skip
    parser.flag("--diff", action="store_true", group=group,
                help="with --merge: print what would change, write nothing; exit 2 if there is something")  # fmt: skip
    parser.flag("--today", metavar="DATE", type=values.day, group=group,
                help="with --merge: the date that `until` is compared with (default: today, UTC)")  # fmt: skip
    flags.run(parser)
    flags.output(parser, ("yaml", "text", "json"))
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """0; 1 if something could not be read or written; 3 for names that are not there; with --merge also 2 and 4."""
    from reconciler.model.desired import Reference

    what = [Reference("listener", name=name) for name in args.listener]
    what += [Reference("listener", id=live) for live in args.listener_id]
    what += [Reference("security_group", name=name) for name in args.security_group]
    what += [Reference("security_group", id=live) for live in args.security_group_id]
    problem = _merge_problem(args, bool(what)) if args.merge else _import_problem(args, bool(what))
    if problem is not None:
        return failed(console, problem)
    if args.merge:
        from reconciler.cli.adopting import merge

        return merge(args, console)
    if args.into is not None:
        from reconciler.cli.importing import import_into

        return import_into(args, console, what)
    return _print(args, console, what)


def _import_problem(args: Any, named: bool) -> Diagnostic | None:
    for flag in ("adopt_unlisted", "diff"):
        if getattr(args, flag):
            return _wrong(f"--{flag.replace('_', '-')} belongs to --merge", "", "add --merge, or leave it out")
    if args.provider is None:
        return Diagnostic("CLI-MISSING", "import needs --provider, or --merge", "", "name a Provider document")
    if named == args.all:
        said = "--all stands beside names" if args.all else "nothing was named"
        return _wrong(f"import does not know what to import: {said}", "",
                      "name a --listener or a --security-group, or give --all")  # fmt: skip
    return None


def _merge_problem(args: Any, named: bool) -> Diagnostic | None:
    if named or args.all or args.provider is not None:
        return _wrong("--merge takes what is listed in the manifests: no --provider, names or --all", "",
                      "choose documents with --target and --exclude")  # fmt: skip
    if args.into is not None:
        return _wrong("--merge edits files where they are: no --into", "", "give the files or directories as PATH")
    if "-" in (args.paths or ()):
        return _wrong("--merge edits files: standard input is none", "", "name a file or a directory")
    return None


def _wrong(summary: str, detail: str, hint: str) -> Diagnostic:
    return Diagnostic("CLI-IMPORT", summary, detail, hint)


def _print(args: Any, console: Console, what: Any) -> int:
    import asyncio

    from reconciler.cli.session import session
    from reconciler.manifests.writer import dump
    from reconciler.visible import visible
    from reconciler.workflow.importing import import_live

    with session(args, console, default_paths=()) as run:
        result = asyncio.run(import_live(run.settings, args.provider, what))
    documents = [dict(i.document) for i in result.imported]
    text = "---\n".join(dump([i.document], [] if args.no_ids else [i.notes]) for i in result.imported)
    if console.format != "json":
        for note in result.notes:
            console.say(f"note: {visible(note)}")
    return console.finish(result.diagnostics, result.exit_code, text, "Import",
                          documents=documents, notes=list(result.notes))  # fmt: skip

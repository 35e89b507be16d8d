"""``import --into`` on the command line: files that were written, renewed, or left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reconciler.cli import exits
from reconciler.cli.console import Console

if TYPE_CHECKING:
    from reconciler.model.desired import Reference


def import_into(args: Any, console: Console, what: Sequence[Reference]) -> int:
    """0; 1 unread or unwritten; 3 for names that are not there; 4 if a file that was edited is left alone."""
    import asyncio

    from reconciler.cli.session import session
    from reconciler.model.plugin import plugin
    from reconciler.visible import visible
    from reconciler.workflow.importing import find_provider, import_live
    from reconciler.workflow.layout import LaidOut, lay_out

    with session(args, console, default_paths=()) as run:
        result = asyncio.run(import_live(run.settings, args.provider, what))
        done = LaidOut()
        spec, _ = find_provider(run.settings, args.provider) if result.imported else (None, [])
        if spec is not None:
            whole = args.all and not (args.target or args.exclude or args.shard) and result.exit_code == exits.OK
            done = lay_out(result.imported, directory=console.directory, into=args.into,
                           schema=plugin(spec.type).schema, with_ids=not args.no_ids, complete=whole)  # fmt: skip
    notes = [*result.notes, *done.notes]
    if console.format != "json":
        for note in notes:
            console.say(f"note: {visible(note)}")
    lines = [f"{what:<10}{visible(name)}\n" for name, what in done.files if what != "unchanged"]
    same = sum(1 for _, what in done.files if what == "unchanged")
    lines += [f"{same} {'file' if same == 1 else 'files'} unchanged\n"] if same else []
    code = exits.worst(result.exit_code, done.exit_code)
    return console.finish([*result.diagnostics, *done.diagnostics], code, "".join(lines), "Import",
                          files=[{"file": name, "what": what} for name, what in done.files], notes=notes)  # fmt: skip

"""``import --merge`` on the command line: a diff, or files that are rewritten and what they say from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.cli import exits
from reconciler.cli.console import Console

if TYPE_CHECKING:
    from reconciler.workflow.merging.merge import MergeResult

_SIGNS = {"changed": "~", "added": "+", "removed": "-", "moved": ">"}


def merge(args: Any, console: Console) -> int:
    """0; 2 with ``--diff`` and something to do; 1 unread or unwritten; 3 bad manifests; 4 what no manifest can say."""
    import asyncio

    from reconciler.cli.session import session
    from reconciler.visible import visible
    from reconciler.workflow.merging.merge import merge_live, write_files

    with session(args, console) as run:
        result = asyncio.run(merge_live(run.settings, adopt_unlisted=args.adopt_unlisted))
    written = [] if args.diff else write_files(result)
    code = exits.worst(result.exit_code, exits.CHANGES if args.diff and result.files else exits.OK)
    if console.format != "json":
        for note in result.notes:
            console.say(f"note: {visible(note)}")
    text = _diffs(result) if args.diff else _text(result, written)
    return console.finish(
        result.diagnostics, code, text, "Merge",
        changes=[{"scope": s, **c.to_json()} for s, changes in sorted(result.changes.items()) for c in changes],
        files=[f.name for f in result.files], written=written, notes=result.notes,
        unchanged=sorted(result.unchanged),
    )  # fmt: skip


def _diffs(result: MergeResult) -> str:
    from reconciler.cli.diffs import unified

    return "".join(unified(f.name, _decoded(f.before), _decoded(f.after)) for f in result.files)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _text(result: MergeResult, written: list[str]) -> str:
    """What the manifests say from now on, by scope, and the files."""
    from reconciler.visible import visible

    lines: list[str] = []
    for scope, changes in sorted(result.changes.items()):
        lines.append(scope)
        for change in changes:
            tail = change.address.removeprefix(f"{scope}/")
            fields = f": {', '.join(change.fields)}" if change.fields else ""
            lines.append(f"  {_SIGNS[change.what]} {tail}{fields}")
    count = len(written)
    if count:
        lines.append(f"{count} {'file' if count == 1 else 'files'} rewritten: {', '.join(written)}")
    elif not result.files and not any(d.is_error for d in result.diagnostics):
        lines.append("nothing to adopt: the manifests say what is live")
    return "".join(f"{visible(line)}\n" for line in lines)

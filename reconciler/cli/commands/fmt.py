"""Rewrite manifests in one style, in place. Comments, blank lines and quotes stay; the data never changes.

Standard input (-) is written to standard output. Documents that are not reconcile's are left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.cli import exits, flags
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic

if TYPE_CHECKING:
    from reconciler.manifests.files import Found

EXAMPLES = (
    "reconcile fmt manifests/",
    "reconcile fmt manifests/ --check",
    "reconcile fmt manifests/ --diff",
    "cat shop.yaml | reconcile fmt -",
)


def configure(parser: Parser) -> None:
    """Manifests, and whether they are written."""
    flags.paths(parser)
    flags.directory(parser)
    parser.flag("--check", action="store_true", help="write nothing; exit 2 if a file is not in order")
    parser.flag("--diff", action="store_true", help="write nothing; print what would change")
    flags.output(parser, ("text", "json"))


def run(args: Any, console: Console) -> int:
    """0; 2 with ``--check`` or ``--diff`` and something to do; 1 if a file cannot be written; 3 for bad YAML."""
    from reconciler.cli.diffs import unified
    from reconciler.manifests.files import find

    paths = args.paths or ["."]
    found, problems = find(paths, console.directory, console.stdin_stream() if "-" in paths else None)
    keep = args.check or args.diff
    changed: list[str] = []
    texts: list[str] = []
    failed = False
    for file in found:
        before, after, trouble = _formatted(file)
        problems += trouble
        if args.diff and before != after:
            texts.append(unified(file.name, before, after))
        elif file.raw is not None and not keep and not trouble:
            texts.append(after)
        if before == after:
            continue
        changed.append(file.name)
        if not keep and file.raw is None:
            trouble = _write(file, before, after)
            problems += trouble
            failed = failed or bool(trouble)
        if not args.diff and file.raw is None:
            texts.append(f"{file.name}\n")
    invalid = exits.INVALID if any(d.is_error for d in problems) and not failed else exits.OK
    code = exits.worst(exits.FAILED if failed else exits.OK, invalid, exits.CHANGES if keep and changed else exits.OK)
    return console.finish(problems, code, "".join(texts), "Formatting", changed=changed)


def _formatted(file: Found) -> tuple[str, str, list[Diagnostic]]:
    """Text before and after; equal, with diagnostics, where the file cannot be read."""
    from reconciler.cli.files import reason
    from reconciler.diagnostics import DiagnosticError, Span
    from reconciler.manifests.fmt import format_text

    try:
        before = file.read().decode("utf-8", "surrogateescape")
    except OSError as error:
        return "", "", [
            Diagnostic("CLI-FMT", f"{file.name} cannot be read", reason(error), span=Span(file.name, 1, 1))
        ]  # fmt: skip
    try:
        return before, format_text(before, file.name), []
    except DiagnosticError as error:
        return before, before, list(error.diagnostics)


def _write(file: Found, before: str, text: str) -> list[Diagnostic]:
    """Replace the file, unless somebody else changed it in the meantime."""
    from reconciler.cli.files import reason
    from reconciler.diagnostics import Span
    from reconciler.manifests.rewriting import ChangedOnDisk, replace_file

    old, new = (t.encode("utf-8", "surrogateescape") for t in (before, text))
    try:
        replace_file(file.path, old, new)
    except ChangedOnDisk:
        why = "it was changed while it was read"
    except OSError as error:
        why = reason(error)
    else:
        return []
    return [Diagnostic("CLI-FMT", f"{file.name} cannot be written", why, span=Span(file.name, 1, 1))]

"""Rewrite manifests in one style, in place. Comments, blank lines and quotes stay; the data never changes.

Standard input (-) is written to standard output. Documents that are not reconcile's are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
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
            texts.append(_diff(file.name, before, after))
        elif file.raw is not None and not keep and not trouble:
            texts.append(after)
        if before == after:
            continue
        changed.append(file.name)
        if not keep and file.raw is None:
            trouble = _write(file, after)
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


def _write(file: Found, text: str) -> list[Diagnostic]:
    """Write beside and rename, so that a file is either the old or the new one; its mode stays."""
    import contextlib
    import os

    from reconciler.cli.files import reason
    from reconciler.diagnostics import Span

    path = os.path.realpath(file.path)
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "xb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
            os.fchmod(stream.fileno(), os.stat(path).st_mode & 0o7777)
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        return [Diagnostic("CLI-FMT", f"{file.name} cannot be written", reason(error), span=Span(file.name, 1, 1))]
    return []


def _diff(name: str, before: str, after: str) -> str:
    from difflib import unified_diff

    lines: Sequence[str] = list(
        unified_diff(before.splitlines(True), after.splitlines(True), name, name, lineterm="\n")
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

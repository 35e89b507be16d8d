"""Check manifests against the schemas and against every rule of their clouds. No cloud is asked.

For CI: SARIF 2.1.0 (code scanning), GitHub's workflow commands and GitLab's Code Quality report; their paths start at
the root of the repository, whatever -C says.
"""

from __future__ import annotations

from reconciler.cli import flags
from reconciler.cli.console import DIAGNOSTIC_FORMATS, Console
from reconciler.cli.parser import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXAMPLES = (
    "reconcile validate manifests/",
    "reconcile validate shop.yaml providers.yaml --format json",
    "reconcile validate manifests/ --format sarif --out reconcile.sarif",
    "reconcile validate manifests/ --annotations github",
    "cat shop.yaml | reconcile validate - providers.yaml",
)


def configure(parser: Parser) -> None:
    """Manifests and output."""
    flags.paths(parser)
    flags.selection(parser)
    flags.output(parser, ("text", "json", *DIAGNOSTIC_FORMATS))
    flags.ci_annotations(parser)


def run(args: Any, console: Console) -> int:
    """0, or 3 if one of the diagnostics is an error."""
    from reconciler.cli.options import settings
    from reconciler.workflow.validate import validate

    result = validate(settings(args, console, tuple(args.paths or (".",))))
    counts = {"files": result.files, "documents": result.documents, "skipped": result.skipped}
    text = ""
    if result.exit_code == 0 and not console.quiet:
        skipped = f"; {_plural(result.skipped, 'other document')} skipped" if result.skipped else ""
        text = f"valid: {_plural(result.documents, 'document')} in {_plural(result.files, 'file')}{skipped}\n"
    return console.finish(result.diagnostics, result.exit_code, text, "Validation", **counts)


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"

"""What each provider type can do: limits, rule types, fields, hosts, rights, variables. Asks the code, no cloud.

Types of other distributions that are installed are told, too.
"""

from __future__ import annotations

from reconciler.cli import exits, flags
from reconciler.cli.console import Console
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXAMPLES = (
    "reconcile providers",
    "reconcile providers huawei --format json",
    "reconcile providers --format markdown --out providers.md",
)


def configure(parser: Parser) -> None:
    """Types, or none for all."""
    parser.add_argument("types", nargs="*", metavar="TYPE", help="such as huawei (default: all that are installed)")
    flags.output(parser, ("text", "json", "markdown"), files=False)


def run(args: Any, console: Console) -> int:
    """0; 3 for a type that is not installed; 1 if an installed one cannot be loaded."""
    from reconciler.model.plugin import plugin_types
    from reconciler.reports import capabilities

    known = plugin_types()
    unknown = [type_ for type_ in args.types if type_ not in known]
    if unknown:
        return console.finish([_unknown(type_, known) for type_ in dict.fromkeys(unknown)], exits.INVALID)
    found, problems = _found(tuple(dict.fromkeys(args.types)) or known)
    code = exits.FAILED if problems else exits.OK
    if console.format == "json":
        return console.finish(problems, code, kind="Providers", providers=found)
    console.report(problems)
    document = {"providers": found}
    if console.format == "markdown":
        console.product(capabilities.markdown(document))
    else:
        plain = console.out is None and console.ascii_only(console.stdout)
        console.product(capabilities.text(document, width=console.width(console.stdout), ascii_only=plain))
    return code


def _found(types: tuple[str, ...]) -> tuple[list[dict[str, Any]], list[Diagnostic]]:
    """What each type can do, and a diagnostic for each that cannot be asked."""
    from reconciler.model.plugin import plugin
    from reconciler.workflow.capabilities import capabilities

    found: list[dict[str, Any]] = []
    problems: list[Diagnostic] = []
    for type_ in types:
        try:
            found.append(capabilities(plugin(type_)))
        except Exception as error:  # code of another distribution: whatever it raises, the others are told
            problems.append(
                Diagnostic(
                    "CLI-PROVIDER-TYPE",
                    f"the provider type {type_!r} is installed and cannot be used",
                    f"{type(error).__name__}: {error}",
                    "repair or remove the distribution that ships it",
                )
            )
    return found, problems


def _unknown(type_: str, known: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        "CLI-PROVIDER-TYPE",
        f"there is no provider type {type_!r}",
        f"installed: {', '.join(known)}",
        did_you_mean(type_, known) or "reconcile providers lists them",
    )

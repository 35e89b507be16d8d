"""Print a JSON Schema (2020-12), for editors and other tools; without a name, list them."""

from __future__ import annotations

from typing import Any

from reconciler.cli import flags
from reconciler.cli.console import Console, failed
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic, did_you_mean

EXAMPLES = ("reconcile schema", "reconcile schema listener.huawei", "reconcile schema plan --out plan.schema.json")


def configure(parser: Parser) -> None:
    """One schema's name, or none."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="such as plan; without one the names are listed")
    flags.output(parser, ("text", "json"), files=False)


def run(args: Any, console: Console) -> int:
    """0, or 3 for a schema that does not exist."""
    from reconciler.manifests import schemas

    names = schemas.names()
    if args.name is None:
        rows = [(name, schemas.schema(name)) for name in names]
        width = max((len(name) for name in names), default=0)
        text = "".join(f"{name:<{width}}  {schema.get('title', '')}\n" for name, schema in rows)
        listed = [{"name": name, "title": schema.get("title", ""), "id": schema.get("$id")} for name, schema in rows]
        return console.finish([], 0, text, "Schemas", schemas=listed)
    name = args.name.removesuffix(".schema.json")
    if name not in names:
        near = did_you_mean(name, names)
        return failed(
            console,
            Diagnostic("CLI-SCHEMA", f"there is no schema {args.name!r}", f"schemas: {', '.join(names)}",
                       near or "reconcile schema lists them"),
        )  # fmt: skip
    console.product(schemas.text(name))
    return 0

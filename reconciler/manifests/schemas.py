"""The published JSON Schemas: where they are, and the validators that are compiled from them.

The files decide: what ``reconcile schema`` prints is what manifests are judged by. Two keywords are ours, and other
validators ignore them: ``x-code`` (the code of the diagnostic for a refusal: a string for every keyword beside it
except ``type``, or a mapping from keyword to code, and for ``required`` also from field to code) and ``x-message``
(the refusal in words).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_SUFFIX = ".schema.json"
UNIONS = ("provider", "listener", "security_group")
"""Schemas for editors that do not know the provider's type: the union of one schema a type."""


@cache
def directory() -> Path:
    """The directory of the schemas: beside the package's code in a wheel, beside the package in a checkout.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "schemas", package.parent / "schemas"):
        if (candidate / f"listener.huawei{_SUFFIX}").is_file():
            return candidate
    raise FileNotFoundError(f"the schemas are missing from this installation: no schemas/ beside {package}")


def names() -> tuple[str, ...]:
    """Names of all published schemas, sorted: ``listener``, ``listener.gcore``, ``plan`` ..."""
    return tuple(sorted(p.name.removesuffix(_SUFFIX) for p in directory().glob(f"*{_SUFFIX}")))


def text(name: str) -> str:
    """One schema as it is published.

    Raises:
        KeyError: there is no schema of this name.
    """
    if name not in names():
        raise KeyError(name)
    return (directory() / f"{name}{_SUFFIX}").read_text("utf-8")


@cache
def schema(name: str) -> Mapping[str, Any]:
    """One schema, parsed. Raises ``KeyError`` as :func:`text`."""
    path = directory() / f"{name}{_SUFFIX}"
    if not path.is_file():
        raise KeyError(name)
    found: Mapping[str, Any] = json.loads(path.read_bytes())
    return found


@cache
def part(name: str, definition: str) -> Mapping[str, Any]:
    """A schema for one definition of ``name``, e.g. ``policy``: the same rules for a smaller piece."""
    whole = schema(name)
    return {"$schema": whole["$schema"], "$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}


@cache
def verdict(name: str, definition: str | None = None) -> Any:
    """A compiled validator with ``is_valid``: two orders of magnitude faster than the one that words refusals."""
    import jsonschema_rs

    return jsonschema_rs.validator_for(dict(schema(name) if definition is None else part(name, definition)))


@cache
def wording(name: str, definition: str | None = None) -> Any:
    """A validator with ``iter_errors`` for what :func:`verdict` refused."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(name) if definition is None else part(name, definition))


def union(name: str) -> dict[str, Any]:
    """The union of the schemas of one kind, each embedded with its own ``$id`` (editors need no second file)."""
    types = [n for n in names() if n.startswith(f"{name}.")]
    members = {n.partition(".")[2]: schema(n) for n in types}
    first = members[next(iter(members))]
    return {
        "$schema": first["$schema"],
        "$id": f"{first['$id'].rpartition(':')[0]}:{name}",
        "title": first["title"].partition(":")[0],
        "description": f"A {first['title'].partition(':')[0]} document of any provider type.",
        "anyOf": [{"$ref": f"#/$defs/{type_}"} for type_ in members],
        "$defs": members,
        "examples": [example for member in members.values() for example in member["examples"]],
    }


def write_unions() -> None:
    """Write the union files of a checkout again, after one of their parts was changed (a test compares them)."""
    root = Path(__file__).resolve().parent.parent.parent / "schemas"
    for name in UNIONS:
        (root / f"{name}{_SUFFIX}").write_text(json.dumps(union(name), indent=2, ensure_ascii=False) + "\n", "utf-8")

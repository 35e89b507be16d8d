"""The published JSON Schemas: where they are, and the validators that are compiled from them.

The files decide: what ``reconcile schema`` prints is what manifests are judged by. Two keywords are ours, and other
validators ignore them: ``x-code`` (the code of the diagnostic for a refusal: a string for every keyword beside it
except ``type``, or a mapping from keyword to code, and for ``required`` also from field to code) and ``x-message``
(the refusal in words).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import cache

from reconciler.manifests.verdict import Judge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SUFFIX = ".schema.json"
UNIONS = ("provider", "listener", "security_group")
"""Schemas for editors that do not know the provider's type: the union of one schema a type."""


@cache
def directory() -> str:
    """The directory of the schemas: beside the package's code in a wheel, beside the package in a checkout.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    for parent in (package, os.path.dirname(package)):
        candidate = os.path.join(parent, "schemas")
        if os.path.isfile(os.path.join(candidate, f"listener.huawei{_SUFFIX}")):
            return candidate
    raise FileNotFoundError(f"the schemas are missing from this installation: no schemas/ beside {package}")


def names() -> tuple[str, ...]:
    """Names of all published schemas, sorted: ``listener``, ``listener.gcore``, ``plan`` ..."""
    return tuple(sorted(n.removesuffix(_SUFFIX) for n in os.listdir(directory()) if n.endswith(_SUFFIX)))


def text(name: str) -> str:
    """One schema as it is published.

    Raises:
        KeyError: there is no schema of this name.
    """
    if name not in names():
        raise KeyError(name)
    with open(_path(name), encoding="utf-8") as file:
        return file.read()


def _path(name: str) -> str:
    return os.path.join(directory(), f"{name}{_SUFFIX}")


@cache
def schema(name: str) -> Mapping[str, Any]:
    """One schema, parsed. Raises ``KeyError`` as :func:`text`."""
    try:
        with open(_path(name), "rb") as file:
            found: Mapping[str, Any] = json.loads(file.read())
    except FileNotFoundError:
        raise KeyError(name) from None
    return found


@cache
def part(name: str, definition: str) -> Mapping[str, Any]:
    """A schema for one definition of ``name``, e.g. ``policy``: the same rules for a smaller piece."""
    whole = schema(name)
    return {"$schema": whole["$schema"], "$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}


_small = Judge(budget=20_000)


def accepts(name: str, document: Mapping[str, Any]) -> bool:
    """Does the document fit the schema? Small ones are judged without loading the validator that large ones need."""
    return ("jsonschema_rs" not in sys.modules and _small.accepts(schema(name), document)) or bool(
        verdict(name).is_valid(document)
    )


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
    for name in UNIONS:
        with open(_path(name), "w", encoding="utf-8") as file:
            file.write(json.dumps(union(name), indent=2, ensure_ascii=False) + "\n")

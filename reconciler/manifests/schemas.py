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
    from importlib.resources.abc import Traversable
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


def published() -> tuple[str, ...]:
    """Names of the schemas that come with this project, sorted: ``listener``, ``listener.gcore``, ``plan`` ..."""
    return tuple(sorted(n.removesuffix(_SUFFIX) for n in os.listdir(directory()) if n.endswith(_SUFFIX)))


def names() -> tuple[str, ...]:
    """Names of all schemas, sorted: the published ones and those of plug-ins (``listener.acme``)."""
    return tuple(sorted({*published(), *_of_plugins()}))


def text(name: str) -> str:
    """One schema as it is published.

    Raises:
        KeyError: there is no schema of this name.
    """
    return _read(name).decode("utf-8")


def _path(name: str) -> str:
    return os.path.join(directory(), f"{name}{_SUFFIX}")


def _read(name: str) -> bytes:
    try:
        with open(_path(name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return _of_plugins()[name].read_bytes()


@cache
def _of_plugins() -> Mapping[str, Traversable]:
    """The schemas that plug-ins ship: resources of the package that ``Plugin.schemas`` names, for its own stem only."""
    from importlib.resources import files

    from reconciler.model.plugin import shipped

    found: dict[str, Traversable] = {}
    for plugin in shipped():
        for resource in files(plugin.schemas).iterdir() if plugin.schemas is not None else ():
            name = resource.name.removesuffix(_SUFFIX)
            if name.partition(".")[0] in UNIONS and name.partition(".")[2] == plugin.schema:
                found[name] = resource
    return found


@cache
def schema(name: str) -> Mapping[str, Any]:
    """One schema, parsed. Raises ``KeyError`` as :func:`text`."""
    found: Mapping[str, Any] = json.loads(_read(name))
    return found


@cache
def part(name: str, definition: str) -> Mapping[str, Any]:
    """A schema for one definition of ``name``, e.g. ``policy``: the same rules for a smaller piece."""
    whole = schema(name)
    return {"$schema": whole["$schema"], "$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}


_small = Judge(budget=3_000)
"""A document with ten policies takes a thousand units."""


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
    types = [n for n in published() if n.startswith(f"{name}.")]
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

"""Reads a seed file: YAML with the scalars of YAML 1.2, so that an id never turns into a number or a date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.emulator.seed import SeedError

DEPTH = 100
"""Levels of nesting; a seed needs ten. libyaml builds trees by recursion that nothing else bounds."""


def load_seed(path: str | Path) -> Mapping[str, Any]:
    """The one document of a seed file. Raises ``OSError``, and ``SeedError`` for what is not a seed's YAML."""
    import yaml

    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(fast):  # type: ignore[misc]  # libyaml's where there is one: ten times as fast
        """Safe loader without YAML 1.1's dates, octals, sexagesimals and yes/no."""

    Loader.yaml_implicit_resolvers = {}
    for tag, pattern, first in (
        ("bool", r"(?:true|True|TRUE|false|False|FALSE)", "tTfF"),
        ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
        ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
        ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^{pattern}$"), list(first))

    def mapping(loader: Any, node: Any, deep: bool = False) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # Keys are names and ids: the text as written, whatever it looks like.
            key = key_node.value if isinstance(key_node.value, str) else None
            line = key_node.start_mark.line + 1
            if key is None or key == "<<":
                raise SeedError([f"{path}:{line}: a key must be a plain string"])
            if key in result:
                raise SeedError([f"{path}:{line}: the key {key!r} is given twice"])
            result[key] = loader.construct_object(value_node, deep=True)
        return result

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    raw = Path(path).read_bytes()
    try:
        depth = 0
        for event in yaml.parse(raw, Loader=fast):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH:
                what = "nested deeper than any seed needs; look for a bracket that is not closed"
                raise SeedError([f"{path}: {what}"])
        documents = list(yaml.load_all(raw, Loader=Loader))
    except yaml.YAMLError as error:
        raise SeedError([f"{path}: {error}"]) from error
    documents = [document for document in documents if document is not None]
    if len(documents) != 1 or not isinstance(documents[0], Mapping):
        raise SeedError([f"{path}: a seed is one YAML document, a mapping"])
    return documents[0]

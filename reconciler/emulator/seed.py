"""Seeds: what a cloud holds before the first request.

::

    apiVersion: reconciler.emulator/v1
    kind: Cloud
    huawei:
      0123456789abcdef0123456789abcdef:        # a project
        loadbalancers: [{name: shop}]
        listeners: [{name: shop-https, loadbalancer: shop, protocol: HTTPS, protocol_port: 443}]
        l7policies:
          - {name: a, listener: shop-https, action: REDIRECT_TO_POOL, redirect_pool: web, rules: [...]}
    gcore:
      1/1: {...}                               # project/region

Under each account stand the API's own reply objects beneath their list keys. Any field may be missing: the front
fills in what the API would answer. An ``id`` that is missing follows from the list key and the name, so that two
runs give the same ids; a name that is used again in the same list counts on (``name``, ``name#2`` ...), an object
without a name takes its place in the list.

References: wherever the API wants an id in ``X_id``, ``X`` may give the name of a seeded object instead
(``listener: shop-https`` for ``listener_id``, ``redirect_pool: web`` for ``redirect_pool_id``, ``pool: web`` in
``redirect_pools_config``, ``remote_group: web`` for ``remote_group_id``). Both at once, a name that two objects
bear, and an id or a name that nothing in the account has are mistakes. All mistakes are reported together.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reconciler.emulator.ids import stable_uuid

API_VERSION = "reconciler.emulator/v1"


class SeedError(ValueError):
    """A seed with mistakes, or one that does not belong to the stored state. ``problems`` has one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems[0] if len(problems) == 1 else "\n".join(["the seed has mistakes:", *problems]))
        self.problems = tuple(problems)


class SeedAccount:
    """One account of a seed while it is loaded: ids, names and references, mistakes collected in ``problems``."""

    def __init__(self, cloud: str, account: str, data: Any, problems: list[str]) -> None:
        self.cloud, self.account, self.problems = cloud, account, problems
        self.where = f"{cloud}.{account}"
        self._data: dict[str, Any] = {}
        self._ids: dict[str, set[str]] = {}
        self._names: dict[str, dict[str, list[str]]] = {}
        if data is None:
            return
        if not isinstance(data, Mapping):
            self.problem(self.where, "must be a mapping of list keys")
            return
        self._data = dict(data)

    def problem(self, path: str, text: str) -> None:
        """Note a mistake at ``path`` (such as ``huawei.P.listeners[0].protocol``)."""
        self.problems.append(f"{path}: {text}")

    def check_list_keys(self, allowed: Sequence[str]) -> None:
        """Every key of the account that is not in ``allowed`` is a mistake."""
        for key in self._data:
            if key not in allowed:
                self.problem(f"{self.where}.{key}", f"unknown key; known are {', '.join(sorted(allowed))}")

    def value(self, key: str) -> Any:
        """The raw value under ``key`` of the account, or None."""
        return self._data.get(key)

    def objects(self, list_key: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects under a list key as (path, copy with its id); registers their ids and names.

        Call it once for every list key before the first ``reference``.
        """
        return list(self.adopt(list_key, f"{self.where}.{list_key}", self._data.get(list_key)))

    def adopt(self, kind: str, path: str, items: Any, *, parent: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Give ids to the mappings of a list (also a nested one, with ``parent`` to tell equal names apart)."""
        if items is None:
            return
        if not isinstance(items, Sequence) or isinstance(items, str):
            self.problem(path, "must be a list")
            return
        seen: dict[str, int] = {}
        for place, item in enumerate(items):
            here = f"{path}[{place}]"
            if not isinstance(item, Mapping):
                self.problem(here, "must be a mapping")
                continue
            name = item.get("name")
            if name is not None and not isinstance(name, str):
                self.problem(f"{here}.name", f"must be a string: quote it ('{name}')")
                continue
            label = name if isinstance(name, str) and name else f"[{place}]"
            seen[label] = seen.get(label, 0) + 1
            if seen[label] > 1:
                label = f"{label}#{seen[label]}"
            id = item.get("id")
            if id is None:
                id = stable_uuid("seed", self.cloud, self.account, kind, parent, label)
            elif not isinstance(id, str) or not id:
                self.problem(f"{here}.id", "must be a string")
                continue
            if id in self._ids.setdefault(kind, set()):
                self.problem(f"{here}.id", f"{id} is used twice among {kind}")
            self._ids[kind].add(id)
            if isinstance(name, str):
                self._names.setdefault(kind, {}).setdefault(name, []).append(id)
            yield here, {**item, "id": id}

    def check_fields(self, path: str, item: Mapping[str, Any], allowed: Collection[str]) -> None:
        """Every field of an object that is not in ``allowed`` is a mistake."""
        for key in item:
            if key not in allowed:
                self.problem(f"{path}.{key}", "unknown field")

    def reference(
        self, path: str, item: dict[str, Any], field: str, kind: str, *, required: bool = False
    ) -> str | None:
        """Resolve ``field`` (``X_id``) or its alternative ``X`` (a name) among the objects of ``kind``.

        Removes ``X`` from ``item``, sets ``X_id`` and returns the id; None when neither is given or on a mistake.
        """
        alternative = field.removesuffix("_id")
        name = item.pop(alternative, None)
        id = item.get(field)
        if name is not None and id is not None:
            self.problem(f"{path}.{alternative}", f"give either {alternative} or {field}, not both")
            return None
        if name is not None:
            found = self._names.get(kind, {}).get(name, []) if isinstance(name, str) else []
            if len(found) != 1:
                text = (
                    f"{len(found)} of {kind} are named {name!r}: give {field}"
                    if found
                    else (f"nothing in {kind} is named {name!r}")
                )
                self.problem(f"{path}.{alternative}", text)
                return None
            item[field] = found[0]
            return found[0]
        if id is None:
            if required:
                self.problem(path, f"needs {alternative} (a name) or {field}")
            return None
        if not isinstance(id, str) or id not in self._ids.get(kind, set()):
            self.problem(f"{path}.{field}", f"nothing in {kind} has the id {id!r}")
            return None
        return id


def digest(seed: Mapping[str, Any]) -> str:
    """The hex SHA-256 of a seed's canonical JSON. Raises ``SeedError`` for values JSON cannot hold."""
    try:
        text = json.dumps(seed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        said = 'write the character itself, or as one escape such as "\\U0001f389"'
        raise SeedError([f"the seed holds half a character (a JSON escape such as \\ud83c): {said}"]) from error
    except (TypeError, ValueError) as error:
        raise SeedError([f"the seed is not plain JSON data: {error}"]) from error


def accounts(seed: Mapping[str, Any], clouds: Sequence[str], problems: list[str]) -> Iterator[SeedAccount]:
    """The accounts of a seed, its envelope checked; mistakes go to ``problems``."""
    if seed.get("apiVersion") != API_VERSION:
        problems.append(f"apiVersion: must be {API_VERSION}, not {seed.get('apiVersion')!r}")
    if seed.get("kind") != "Cloud":
        problems.append(f"kind: must be Cloud, not {seed.get('kind')!r}")
    for key, value in seed.items():
        if key in ("apiVersion", "kind", "metadata"):
            continue
        if key not in clouds:
            problems.append(f"{key}: unknown key; known are {', '.join(['apiVersion', 'kind', 'metadata', *clouds])}")
        elif value is not None and not isinstance(value, Mapping):
            problems.append(f"{key}: must be a mapping of accounts")
        else:
            for account, data in (value or {}).items():
                yield SeedAccount(key, str(account), copy.deepcopy(data), problems)

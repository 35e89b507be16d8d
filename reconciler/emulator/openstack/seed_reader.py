"""What reading any kind of seeded object needs: its items, its checks, its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.openstack.cloud import Cloud, Kind
from reconciler.emulator.openstack.errors import ApiError
from reconciler.emulator.openstack.types import Field
from reconciler.emulator.seed import SeedAccount
from reconciler.emulator.store import Object

LISTS: tuple[str, ...] = (
    "loadbalancers", "listeners", "pools", "l7policies", "security_groups", "security_group_rules", "ports",
)  # fmt: skip
SHOWN = frozenset({"id", "project_id", "tenant_id"})
"""Fields of a pasted reply that the account itself decides."""
_STATUSES = ("ACTIVE", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE")


class SeedReader:
    """One project while it is loaded: ``items`` holds its objects by list key as (path, object with id)."""

    def __init__(self, seed: SeedAccount, cloud: Cloud) -> None:
        self.seed, self.cloud = seed, cloud
        self.items: dict[str, list[tuple[str, Object]]] = {key: seed.objects(key) for key in LISTS}

    def fits(self, path: str, item: Mapping[str, Any], table: Mapping[str, Field]) -> bool:
        """Check the given fields of an object; mistakes go to the seed's problems."""
        fine = True
        for name, field in table.items():
            value = item.get(name)
            if value is None:
                continue
            try:
                field.check(value)
            except (ValueError, TypeError) as error:
                self.seed.problem(f"{path}.{name}", str(error))
                fine = False
            except ApiError as error:
                self.seed.problem(f"{path}.{name}", str(next(iter(error.body.values()))))
                fine = False
        if item.get("provisioning_status", "ACTIVE") not in _STATUSES:
            self.seed.problem(f"{path}.provisioning_status", f"must be one of {', '.join(_STATUSES)}")
            fine = False
        return fine

    def owner(self, path: str, item: Object, kind: Kind, field: str, pasted: str) -> str | None:
        """The load balancer or listener an object stands on; the only one there is when it does not say.

        ``pasted`` is where a reply of the API says it (``loadbalancers: [{id: ...}]``).
        """
        told = item.get(pasted)
        silent = item.get(field) is None and f"{field}_id" not in item
        if silent and isinstance(told, list) and len(told) == 1 and isinstance(told[0], Mapping):
            item[f"{field}_id"] = told[0].get("id")
        if item.get(field) is not None or item.get(f"{field}_id") is not None:
            return self.seed.reference(path, item, f"{field}_id", kind)
        known = [other["id"] for _, other in self.items[kind]]
        if len(known) == 1:
            return str(known[0])
        self.seed.problem(path, f"needs {field} (a name) or {field}_id")
        return None


def text(value: Any) -> Any:
    """Any string. Raises ``ValueError``."""
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def given(item: Mapping[str, Any], names: set[str]) -> Object:
    """What a seeded object says of these fields, in a fixed order."""
    return {name: item[name] for name in sorted(names - SHOWN) if item.get(name) is not None}


def plain(stored: Mapping[str, Any]) -> set[str]:
    """The stored fields that the API shows."""
    return {name for name in stored if not name.startswith("_")}

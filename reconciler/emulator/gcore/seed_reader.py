"""What reading any kind of seeded object needs: its items, its checks, its owner, its tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.gcore import tags
from reconciler.emulator.gcore.account import Account, Kind
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.seed import SeedAccount
from reconciler.emulator.store import Object

LISTS: Mapping[str, Kind] = {
    "loadbalancers": "loadbalancers",
    "load_balancers": "loadbalancers",
    "listeners": "listeners",
    "lblisteners": "listeners",
    "pools": "pools",
    "lbpools": "pools",
    "l7policies": "l7policies",
    "securitygroups": "securitygroups",
    "security_groups": "securitygroups",
}
"""List keys of a seed (the API's paths and its SDK do not spell them alike) and the kinds they hold."""

SHOWN = frozenset({"id", "project_id", "region", "region_id", "task_id", "creator_task_id"})
"""Fields of a pasted reply that the account itself decides."""
TIMES = frozenset({"created_at", "updated_at"})
_STATUSES = ("ACTIVE", "DELETED", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE")


class SeedReader:
    """One account while it is loaded: ``items`` holds its objects by kind as (path, object with id)."""

    def __init__(self, seed: SeedAccount, acc: Account) -> None:
        self.seed, self.acc = seed, acc
        self.items: dict[str, list[tuple[str, Object]]] = {kind: [] for kind in LISTS.values()}
        for key, kind in LISTS.items():
            self.items[kind] += seed.adopt(kind, f"{seed.where}.{key}", seed.value(key))

    def fits(self, path: str, item: Mapping[str, Any], table: Mapping[str, Field]) -> bool:
        """Check the given fields of an object; mistakes go to the seed's problems."""
        fine = True
        for name, field in table.items():
            value = item.get(name)
            reason = field.check(value) if value is not None else None
            if reason is not None:
                self.seed.problem(f"{path}.{name}", reason)
                fine = False
        if item.get("provisioning_status", "ACTIVE") not in _STATUSES:
            self.seed.problem(f"{path}.provisioning_status", f"must be one of {', '.join(_STATUSES)}")
            fine = False
        return fine

    def owner(self, path: str, item: Object, kind: Kind, field: str) -> str | None:
        """The load balancer or listener an object stands on; the only one there is when it does not say."""
        if item.get(field) is not None or item.get(f"{field}_id") is not None:
            return self.seed.reference(path, item, f"{field}_id", kind)
        known = [other for _, other in self.items[kind]]
        if kind == "loadbalancers":
            listed = ids(item.get("loadbalancers"))
            holders = [other for other in known if other["id"] in listed or item["id"] in ids(other.get("listeners"))]
            known = holders or known
        if len(known) == 1:
            return str(known[0]["id"])
        self.seed.problem(path, f"needs {field} (a name) or {field}_id")
        return None

    def tags(self, path: str, item: Mapping[str, Any]) -> dict[str, list[object]]:
        """Tags as the API shows them (``tags_v2``) or as it takes them (``tags``)."""
        result = tags.stored(item.get("tags") or {})
        for place, tag in enumerate(item.get("tags_v2") or []):
            if not isinstance(tag, Mapping) or not isinstance(tag.get("key"), str):
                self.seed.problem(f"{path}.tags_v2[{place}]", "must have key, value and read_only")
            else:
                result[tag["key"]] = [str(tag.get("value", "")), bool(tag.get("read_only", False))]
        return result


def ids(entries: Any) -> list[Any]:
    """The ids of a pasted list such as ``listeners: [{id: ...}]``."""
    return [entry.get("id") for entry in entries or [] if isinstance(entry, Mapping)]


def text(value: Any) -> str | None:
    """Any string: a name that the API once accepted may not fit today's pattern."""
    return None if isinstance(value, str) else "must be a string"


def string_map(value: Any) -> str | None:
    """A mapping of strings to strings."""
    fine = isinstance(value, Mapping) and all(isinstance(entry, str) for pair in value.items() for entry in pair)
    return None if fine else "must map strings to strings"

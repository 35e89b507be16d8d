"""One project in one region: what the handlers of this front see of the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast

from reconciler.emulator.front import Context
from reconciler.emulator.gcore.errors import ApiError, invalid, not_found
from reconciler.emulator.gcore.fields import uuid
from reconciler.emulator.gcore.options import GcoreOptions
from reconciler.emulator.http import Request
from reconciler.emulator.store import Object

CLOUD = "gcore"
CLIENT = "*"
"""The store's account of what belongs to the client as a whole: tasks, which have no project in their path."""

Kind: TypeAlias = Literal[
    "loadbalancers", "listeners", "pools", "l7policies", "l7rules", "securitygroups", "securitygrouprules"
]
_WORDS: Mapping[str, str] = {
    "loadbalancers": "Load balancer",
    "listeners": "Listener",
    "pools": "Pool",
    "l7policies": "L7 policy",
    "l7rules": "L7 rule",
    "securitygroups": "Security group",
    "securitygrouprules": "Security group rule",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a running task shows on an object: its id as ``task_id``, and PENDING_* (None: not yet)."""

    task_id: str
    status: str | None


@dataclass(slots=True)
class Account:
    """A project and region during one request. ``now`` is in seconds since the epoch.

    Objects that are read are read-only; fields whose name begins with ``_`` are the emulator's own and never shown.
    """

    ctx: Context
    project_id: int
    region_id: int
    now: float
    locks: dict[str, str] = field(default_factory=dict)
    """Locked load balancers and the tasks that hold them, whether that shows or not."""
    marks: dict[str, Mark] = field(default_factory=dict)
    _positions: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The account's name in store and seed."""
        return f"{self.project_id}/{self.region_id}"

    @property
    def options(self) -> GcoreOptions:
        """The front's switches."""
        return self.ctx.options.gcore

    @property
    def scope(self) -> Object:
        """The three fields that every object of the account carries."""
        return {"project_id": self.project_id, "region": self.region_name, "region_id": self.region_id}

    @property
    def region_name(self) -> str:
        """The region's display name: the seed's, or one made of the id."""
        return str(self.ctx.store.meta_get(region_key(self.region_id), f"Region {self.region_id}"))

    def find(self, kind: Kind, id: str) -> Object | None:
        """The object, or None."""
        return self.ctx.store.get(CLOUD, self.key, kind, id)

    def get(self, kind: Kind, id: str) -> Object:
        """The object. Raises ``ApiError`` 404."""
        found = self.find(kind, id)
        if found is None:
            raise not_found(_WORDS[kind], id)
        return found

    def refer(self, kind: Kind, field: str, id: str) -> Object:
        """The object that a body's field names. Raises ``ApiError`` 400 for what is no id at all, else 404."""
        found = self.find(kind, id)
        if found is None and (reason := uuid(id)) is not None:
            raise invalid({field: [reason]})
        return self.get(kind, id)

    def all(self, kind: Kind) -> list[Object]:
        """All objects of a kind in creation order."""
        return self.ctx.store.list(CLOUD, self.key, kind)

    def where(self, kind: Kind, name: str, value: object) -> list[Object]:
        """The objects of a kind whose stored field has a value, in creation order."""
        return self.ctx.store.find(CLOUD, self.key, kind, name, value)

    def put(self, kind: Kind, body: Object) -> None:
        """Store a new or changed object."""
        self.ctx.store.put(CLOUD, self.key, kind, cast(str, body["id"]), body)

    def change(self, kind: Kind, id: str, **changes: Any) -> None:
        """Store an object with some fields changed; nothing happens when it is gone."""
        found = self.find(kind, id)
        if found is not None:
            self.put(kind, {**found, **changes})

    def drop(self, kind: Kind, id: str) -> None:
        """Remove an object, if it is there."""
        self.ctx.store.delete(CLOUD, self.key, kind, id)

    def positions(self, listener_id: str) -> Mapping[str, int]:
        """The positions (from 1) of a listener's policies by id."""
        known = self._positions.get(listener_id)
        if known is None:
            listener = self.find("listeners", listener_id)
            order = listener["_order"] if listener is not None else []
            known = {id: number for number, id in enumerate(order, 1)}
            self._positions[listener_id] = known
        return known

    def status(self, body: Object) -> Object:
        """``provisioning_status``, ``operating_status`` and ``task_id`` of an object as they show now."""
        shown = body["provisioning_status"]
        mark = self.marks.get(body["id"])
        if mark is not None and mark.status is not None:
            shown = mark.status
        elif body.get("_settles_at", 0.0) > self.now:
            shown = "PENDING_UPDATE"
        return {
            "provisioning_status": shown,
            "operating_status": body["operating_status"],
            "task_id": mark.task_id if mark is not None else None,
        }


def region_key(region_id: int) -> str:
    """Where the store keeps the display name of a region."""
    return f"gcore:region:{region_id}"


def read_body(request: Request) -> Any:
    """The JSON body. Raises ``ApiError`` 400 for what is not JSON, and for half a surrogate pair in a string."""
    try:
        body = request.json()
        if b"\\u" in request.body:
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"Validation Error: the body is not valid JSON: {error!r}") from error
    return body


def query_flag(request: Request, key: str) -> bool | None:
    """A boolean query parameter, or None. Raises ``ApiError`` 400."""
    text = request.value(key)
    if text is None:
        return None
    if text.lower() not in ("true", "false", "1", "0"):
        raise invalid({key: ["Input should be a valid boolean"]})
    return text.lower() in ("true", "1")


def zoned(seconds: float) -> str:
    """``2026-02-03T04:05:06+0000``: the form of ``created_at`` and ``updated_at``."""
    return _zoned(int(seconds))


@lru_cache(maxsize=64)
def _zoned(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def naive(seconds: float) -> str:
    """``2026-02-03T04:05:06``: the form of a task's times, in UTC without saying so."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")

"""One request inside one project: store access and the clock in the forms that the resource modules need."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.front import Context
from reconciler.emulator.http import Request
from reconciler.emulator.huawei.errors import ApiError, missing
from reconciler.emulator.huawei.options import HuaweiOptions
from reconciler.emulator.store import Object, Objects

CLOUD = "huawei"


@dataclass(slots=True)
class Scope:
    """A request, its project and the store. Objects are in reply shape; keys with a leading ``_`` are internal."""

    ctx: Context
    request: Request
    project: str

    @property
    def options(self) -> HuaweiOptions:
        """The switches of this front."""
        return self.ctx.options.huawei

    @property
    def now(self) -> str:
        """The time as ELB and VPC write it."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.ctx.now))

    def get(self, kind: str, id: object) -> Object | None:
        """An object of the project, or None (also for an id that is not a string)."""
        return self.ctx.store.get(CLOUD, self.project, kind, id) if isinstance(id, str) else None

    def need(self, kind: str, id: object) -> Object:
        """An ELB object of the project, or 404 ELB.8904."""
        found = self.get(kind, id)
        if found is None:
            raise missing(kind, id)
        return found

    def all(self, kind: str) -> Objects:
        """All objects of a kind in creation order."""
        return self.ctx.store.list(CLOUD, self.project, kind)

    def find(self, kind: str, field: str, value: Any) -> Objects:
        """Objects of a kind whose field has the value, in creation order."""
        return self.ctx.store.find(CLOUD, self.project, kind, field, value)

    def count(self, kind: str) -> int:
        """How many objects of a kind the project has."""
        return self.ctx.store.count(CLOUD, self.project, kind)

    def put(self, kind: str, body: Object) -> Object:
        """Create or replace an object by its ``id``."""
        self.ctx.store.put(CLOUD, self.project, kind, body["id"], body)
        return body

    def delete(self, kind: str, id: str) -> None:
        """Remove an object that exists."""
        self.ctx.store.delete(CLOUD, self.project, kind, id)

    def json(self) -> dict[str, Any]:
        """The request body as an object. 400 ELB.0002 when empty, ELB.8902 when it is not a JSON object."""
        if not self.request.body.strip():
            raise ApiError(400, "ELB.0002", "The request body is null or empty.")
        try:
            body = self.request.json()
        except ValueError:
            raise ApiError(400, "ELB.8902", "The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise ApiError(400, "ELB.8902", "The request body must be a JSON object.")
        return body

    def envelope(self, key: str) -> dict[str, Any]:
        """The object under ``key`` of the request body."""
        inner = self.json().get(key)
        if not isinstance(inner, dict):
            raise ApiError(400, "ELB.8902", f"Invalid input for '{key}': an object is required.")
        return inner

    def pending(self, status: str) -> dict[str, Any]:
        """Internal keys of an object that stays in ``status`` for a while; empty when it is ready at once."""
        seconds = self.options.pending_seconds + self.ctx.effects.hold
        return {"_pending": status, "_ready_at": self.ctx.now + seconds} if seconds else {}

    def status(self, body: Object) -> str:
        """The provisioning_status of an object at this moment."""
        if body.get("_ready_at", 0) > self.ctx.now:
            return str(body["_pending"])
        return str(body["provisioning_status"])


def public(body: Object) -> Object:
    """An object without its internal keys."""
    return {key: value for key, value in body.items() if key[0] != "_"}

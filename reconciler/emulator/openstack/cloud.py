"""One request's view of the cloud: who calls, and the stored objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from reconciler.emulator.front import Context
from reconciler.emulator.http import Request
from reconciler.emulator.openstack.options import OpenStackOptions
from reconciler.emulator.store import Object

CLOUD = "openstack"
_ACCOUNT = "cloud"
"""All objects of all projects stand on one shelf: an administrator and a foreign token meet the same ids."""
PROJECTS_KEY = "openstack:projects"
"""Where the store keeps the seeded projects: id to name. With any of them, no other project exists."""

Kind: TypeAlias = Literal[
    "loadbalancers",
    "listeners",
    "pools",
    "l7policies",
    "l7rules",
    "members",
    "security_groups",
    "security_group_rules",
    "ports",
    "tokens",
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token speaks for. ``project`` None: a token without a project."""

    project: str | None
    roles: frozenset[str]

    @property
    def admin(self) -> bool:
        """May see and change everything."""
        return "admin" in self.roles


NOBODY = Caller(None, frozenset())


class Cloud:
    """The stored objects and the caller, for one request."""

    def __init__(self, ctx: Context, caller: Caller = NOBODY, base: str = "http://localhost") -> None:
        self.ctx, self.caller, self.base = ctx, caller, base

    @property
    def options(self) -> OpenStackOptions:
        """The switches of this front."""
        return self.ctx.options.openstack

    @property
    def now(self) -> float:
        """The effective time in seconds."""
        return self.ctx.now

    @property
    def project(self) -> str:
        """The caller's project; empty for a token without one."""
        return self.caller.project or ""

    def find(self, kind: Kind, id: str) -> Object | None:
        """The object, or None."""
        return self.ctx.store.get(CLOUD, _ACCOUNT, kind, id)

    def must(self, kind: Kind, id: str) -> Object:
        """The object, which is known to be there."""
        found = self.find(kind, id)
        if found is None:
            raise LookupError(f"{kind} {id}")
        return found

    def all(self, kind: Kind) -> list[Object]:
        """All objects of a kind in creation order."""
        return self.ctx.store.list(CLOUD, _ACCOUNT, kind)

    def where(self, kind: Kind, name: str, value: object) -> list[Object]:
        """The objects of a kind whose stored field has a value, in creation order."""
        return self.ctx.store.find(CLOUD, _ACCOUNT, kind, name, value)

    def put(self, kind: Kind, body: Object) -> None:
        """Store a new or changed object."""
        self.ctx.store.put(CLOUD, _ACCOUNT, kind, body["id"], body)

    def change(self, kind: Kind, id: str, **changes: Any) -> None:
        """Store an object with some fields changed; nothing happens when it is gone."""
        found = self.find(kind, id)
        if found is not None:
            self.put(kind, {**found, **changes})

    def drop(self, kind: Kind, id: str) -> None:
        """Remove an object, if it is there."""
        self.ctx.store.delete(CLOUD, _ACCOUNT, kind, id)


def projects(ctx: Context) -> Mapping[str, str]:
    """The seeded projects: id to name."""
    found: Mapping[str, str] = ctx.store.meta_get(PROJECTS_KEY, {})
    return found


def base_of(request: Request) -> str:
    """Scheme and host as the client sees them."""
    return f"{request.headers.get('x-forwarded-proto', 'http')}://{request.host or 'localhost'}"


def read_json(request: Request) -> Any:
    """The body as JSON. Raises ``ValueError`` for what is none, and for half a surrogate pair in a string."""
    try:
        body = request.json()
        if b"\\u" in request.body:
            json.dumps(body, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return body


def moment(seconds: float) -> str:
    """``2026-02-03T04:05:06``: Octavia's times, in UTC without saying so."""
    return _moment(int(seconds))


@lru_cache(maxsize=64)
def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def zulu(seconds: float) -> str:
    """``2026-02-03T04:05:06Z``: Neutron's times."""
    return _moment(int(seconds)) + "Z"


def shown(body: Mapping[str, Any]) -> Object:
    """The fields of a stored object that the API shows; a name or description that is null shows as empty."""
    fields = {name: value for name, value in body.items() if not name.startswith("_")}
    return {**fields, **{name: "" for name in ("name", "description") if name in fields and fields[name] is None}}

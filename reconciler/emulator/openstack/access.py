"""Octavia's objects for a caller: not found, forbidden, or there."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.emulator.openstack.cloud import Cloud, Kind
from reconciler.emulator.openstack.errors import forbidden, octavia_missing
from reconciler.emulator.store import Object

_NAMES: Mapping[Kind, str] = {
    "loadbalancers": "Load Balancer",
    "listeners": "Listener",
    "pools": "Pool",
    "l7policies": "L7 Policy",
    "l7rules": "L7 Rule",
}
_WRITERS = frozenset({"admin", "load-balancer_admin", "load-balancer_member", "member"})
_READERS = _WRITERS | {"reader", "load-balancer_observer", "load-balancer_global_observer"}


def get(cloud: Cloud, kind: Kind, id: str) -> Object:
    """An object by its id, whoever owns it; capital letters in the id do not matter to the database.

    Raises ``ApiError`` 404.
    """
    found = cloud.find(kind, id) or cloud.find(kind, id.lower())
    if found is None:
        raise octavia_missing(_NAMES[kind], id)
    return found


def readable(cloud: Cloud, kind: Kind, id: str) -> Object:
    """An object that the caller may see. Raises ``ApiError`` 404 and 403."""
    found = get(cloud, kind, id)
    check_owner(cloud, found["project_id"], write=False)
    return found


def check_owner(cloud: Cloud, project: str, *, write: bool) -> None:
    """May the caller do this in that project? Raises ``ApiError`` 403."""
    roles = _WRITERS if write else _READERS
    if not cloud.caller.roles & roles or (project != cloud.project and not cloud.caller.admin):
        raise forbidden()

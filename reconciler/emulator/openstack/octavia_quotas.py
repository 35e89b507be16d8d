"""Octavia's quotas: limits without usage, 403 when one is met (openstack.md 3, 'Quotas')."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import access
from reconciler.emulator.openstack.cloud import Cloud, Kind
from reconciler.emulator.openstack.errors import fault, forbidden, octavia_missing
from reconciler.emulator.openstack.types import Field, body_of, number
from reconciler.emulator.store import Object

UNLIMITED = -1
KINDS: Mapping[str, tuple[str, Kind | None]] = {
    "loadbalancer": ("Load Balancer", "loadbalancers"),
    "listener": ("Listener", "listeners"),
    "member": ("Member", None),
    "pool": ("Pool", "pools"),
    "healthmonitor": ("Health Monitor", None),
    "l7policy": ("L7 Policy", "l7policies"),
    "l7rule": ("L7 Rule", "l7rules"),
}
"""Quota names, the words of the refusal, and what is counted (what the emulator does not keep is not)."""
_SHOWN_TWICE = {"load_balancer": "loadbalancer", "health_monitor": "healthmonitor"}
_LIMIT = Field(number(UNLIMITED, 2147483647))
_PUT = dict.fromkeys((*KINDS, *_SHOWN_TWICE), _LIMIT)


def quota_key(project: str) -> str:
    """Where the store keeps a project's own limits."""
    return f"openstack:octavia-quota:{project}"


def limits(cloud: Cloud, project: str) -> dict[str, int]:
    """The limits of a project by quota name; -1: unlimited."""
    own = cloud.ctx.store.meta_get(quota_key(project), {})
    defaults = cloud.options.octavia_quotas
    result = {name: own.get(name) for name in KINDS}
    return {name: defaults.get(name, UNLIMITED) if limit is None else limit for name, limit in result.items()}


def take(cloud: Cloud, name: str, project: str) -> None:
    """Count one object more, or 403 when that is too many. Raises ``ApiError``.

    The server keeps a count of its own; only where that is zero it looks what there is.
    """
    words, kind = KINDS[name]
    if kind is None:
        return
    limit = limits(cloud, project)[name]
    counted = cloud.ctx.store.meta_get(_count_key(project, name), 0) or len(cloud.where(kind, "project_id", project))
    if limit != UNLIMITED and counted >= limit:
        raise fault(403, f"Quota has been met for resources: {words}")
    cloud.ctx.store.meta_set(_count_key(project, name), counted + 1)


def give_back(cloud: Cloud, name: str, project: str) -> None:
    """Count one object less."""
    counted = cloud.ctx.store.meta_get(_count_key(project, name), 0)
    if counted:
        cloud.ctx.store.meta_set(_count_key(project, name), counted - 1)


def _count_key(project: str, name: str) -> str:
    return f"openstack:octavia-used:{project}:{name}"


def list_quotas(cloud: Cloud, request: Request) -> Reply:
    """GET the quotas of the projects that have some of their own: of all for an administrator."""
    meta = cloud.ctx.store.meta_get("openstack:octavia-quotas", [])
    shown = [project for project in meta if cloud.caller.admin or project == cloud.project]
    return json_reply(200, {"quotas": [_view(cloud, project) for project in shown], "quotas_links": []})


def get_quota(cloud: Cloud, request: Request, project: str) -> Reply:
    """GET the limits of one project; nothing says how much is used."""
    access.check_owner(cloud, project, write=False)
    return json_reply(200, {"quota": _view(cloud, project)})


def get_defaults(cloud: Cloud, request: Request, project: str | None = None) -> Reply:
    """GET the limits of a project without any of its own."""
    access.check_owner(cloud, project or "", write=False)
    defaults = {name: cloud.options.octavia_quotas.get(name, UNLIMITED) for name in KINDS}
    return json_reply(200, {"quota": _shown(project, defaults)})


def put_quota(cloud: Cloud, request: Request, project: str) -> Reply:
    """PUT limits: for administrators. 202."""
    body = body_of(request, "quota", "quotas", _PUT)
    _check_admin(cloud)
    given = {_SHOWN_TWICE.get(name, name): value for name, value in body.items()}
    store_own(cloud, project, given)
    return json_reply(202, {"quota": _view(cloud, project)})


def delete_quota(cloud: Cloud, request: Request, project: str) -> Reply:
    """DELETE a project's own limits: for administrators. 202."""
    _check_admin(cloud)
    if cloud.ctx.store.meta_get(quota_key(project)) is None:
        raise octavia_missing("Quotas", project)
    cloud.ctx.store.meta_set(quota_key(project), {})
    return Reply(202)


def store_own(cloud: Cloud, project: str, given: Mapping[str, int | None]) -> None:
    """Set some of a project's own limits; null goes back to the default."""
    own = cloud.ctx.store.meta_get(quota_key(project), {})
    cloud.ctx.store.meta_set(quota_key(project), {**own, **given})
    listed = cloud.ctx.store.meta_get("openstack:octavia-quotas", [])
    if project not in listed:
        cloud.ctx.store.meta_set("openstack:octavia-quotas", [*listed, project])


def _check_admin(cloud: Cloud) -> None:
    if not cloud.caller.admin:
        raise forbidden()


def _view(cloud: Cloud, project: str) -> Object:
    return _shown(project, limits(cloud, project))


def _shown(project: str | None, found: Mapping[str, int]) -> Object:
    twice = {name: found[other] for name, other in _SHOWN_TWICE.items()}
    return {"project_id": project, **found, **twice, "tenant_id": project}

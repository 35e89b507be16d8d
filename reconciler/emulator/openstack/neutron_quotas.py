"""Neutron's quotas, with usage: 409 when one would be exceeded (openstack.md 5, 'Quotas')."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack.cloud import Cloud, Kind
from reconciler.emulator.openstack.errors import bad_request, neutron
from reconciler.emulator.openstack.neutron_bodies import read_body

_COUNTED: Mapping[str, Kind] = {
    "security_group": "security_groups",
    "security_group_rule": "security_group_rules",
}
_OTHERS = {"network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "rbac_policy": 10}
UNLIMITED = -1


def quota_key(project: str) -> str:
    """Where the store keeps a project's own limits."""
    return f"openstack:neutron-quota:{project}"


def limits(cloud: Cloud, project: str) -> dict[str, int]:
    """The limits of a project by resource; -1: unlimited."""
    options = cloud.options
    defaults = {
        **_OTHERS,
        "security_group": options.security_group_quota,
        "security_group_rule": options.security_group_rule_quota,
    }
    own = cloud.ctx.store.meta_get(quota_key(project), {})
    return {name: own.get(name, limit) for name, limit in defaults.items()}


def used(cloud: Cloud, project: str, name: str) -> int:
    """How many objects a project has of what a quota counts."""
    kind = _COUNTED.get(name)
    return len(cloud.where(kind, "project_id", project)) if kind is not None else 0


def refuse_full(cloud: Cloud, project: str, **wanted: int) -> None:
    """409 when so many objects more would be too many. Raises ``ApiError``."""
    known = limits(cloud, project)
    over = [
        name
        for name, count in wanted.items()
        if known[name] != UNLIMITED and used(cloud, project, name) + count > known[name]
    ]
    if over:
        raise neutron(409, "OverQuota", f"Quota exceeded for resources: {over}.")


def get_quota(cloud: Cloud, request: Request, project: str) -> Reply:
    """GET the limits of a project."""
    _check_reader(cloud, project)
    return json_reply(200, {"quota": limits(cloud, project)})


def get_details(cloud: Cloud, request: Request, project: str) -> Reply:
    """GET limits and usage of a project."""
    _check_reader(cloud, project)
    details = {
        name: {"limit": limit, "used": used(cloud, project, name), "reserved": 0}
        for name, limit in limits(cloud, project).items()
    }
    return json_reply(200, {"quota": details})


def put_quota(cloud: Cloud, request: Request, project: str) -> Reply:
    """PUT limits: for administrators."""
    _check_admin(cloud, "update_quota")
    body = read_body(request)
    given = body.get("quota") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise bad_request("Unable to find 'quota' in request body")
    wanted = _checked(given)
    for name, limit in wanted.items():
        there = used(cloud, project, name)
        if UNLIMITED != limit < there:
            text = f"Quota limit {limit} for {name} must be greater than or equal to already used {there}"
            raise bad_request(text)
    store_own(cloud, project, wanted)
    return json_reply(200, {"quota": limits(cloud, project)})


def delete_quota(cloud: Cloud, request: Request, project: str) -> Reply:
    """DELETE a project's own limits: for administrators."""
    _check_admin(cloud, "delete_quota")
    cloud.ctx.store.meta_set(quota_key(project), {})
    return Reply(204)


def store_own(cloud: Cloud, project: str, given: Mapping[str, int]) -> None:
    """Set some of a project's own limits."""
    own = cloud.ctx.store.meta_get(quota_key(project), {})
    cloud.ctx.store.meta_set(quota_key(project), {**own, **given})


def _checked(given: Mapping[str, Any]) -> dict[str, int]:
    known = (*_OTHERS, *_COUNTED)
    unknown = [name for name in given if name not in known]
    if unknown:
        raise bad_request(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    result = {}
    for name, value in given.items():
        try:
            result[name] = int(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise bad_request(f"Invalid input for {name}. Reason: '{value}' is not an integer.") from error
        if not -1 <= result[name] <= 2147483647:
            raise bad_request(f"Invalid input for {name}. Reason: '{value}' must be in the range -1 to 2147483647.")
    return result


def _check_reader(cloud: Cloud, project: str) -> None:
    if project != cloud.project:
        _check_admin(cloud, "get_quota")


def _check_admin(cloud: Cloud, rule: str) -> None:
    if not cloud.caller.admin:
        raise neutron(403, "PolicyNotAuthorized", f"rule:{rule} is disallowed by policy")

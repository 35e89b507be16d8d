"""Tags of security groups: paths of their own, no part of the group's body (openstack.md 5, 'Group')."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import revisions
from reconciler.emulator.openstack.cloud import Cloud
from reconciler.emulator.openstack.errors import ApiError, neutron, neutron_failure
from reconciler.emulator.openstack.neutron_bodies import read_body
from reconciler.emulator.openstack.security_groups import own

_MOST = 50
_LONGEST = 255


def list_tags(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """GET the tags of a group."""
    return json_reply(200, {"tags": own(cloud, group_id)["tags"]})


def replace_tags(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """PUT all tags at once; without any body the server fails."""
    if not request.body:
        raise neutron_failure()
    tags = _tags(read_body(request))
    _store(cloud, group_id, tags)
    return json_reply(200, {"tags": tags})


def add_tags(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """POST further tags; those that are there already do not matter."""
    tags = _tags(read_body(request))
    _store(cloud, group_id, [*own(cloud, group_id)["tags"], *tags])
    return json_reply(200, {"tags": tags})


def delete_tags(cloud: Cloud, request: Request, group_id: str) -> Reply:
    """DELETE all tags."""
    _store(cloud, group_id, [])
    return Reply(204)


def _as_in_path(tag: str) -> str:
    """The server takes the bytes of a path for Latin-1: of other characters than ASCII it keeps something else."""
    return tag.encode().decode("latin-1")


def has_tag(cloud: Cloud, request: Request, group_id: str, tag: str) -> Reply:
    """GET one tag: 204 when it is there."""
    tag = _as_in_path(tag)
    _check(tag)
    if tag not in own(cloud, group_id)["tags"]:
        raise _missing(tag)
    return Reply(204)


def add_tag(cloud: Cloud, request: Request, group_id: str, tag: str) -> Reply:
    """PUT one tag."""
    tag = _as_in_path(tag)
    _check(tag)
    _store(cloud, group_id, [*own(cloud, group_id)["tags"], tag])
    return json_reply(201, None)


def delete_tag(cloud: Cloud, request: Request, group_id: str, tag: str) -> Reply:
    """DELETE one tag."""
    tag = _as_in_path(tag)
    _check(tag)
    tags = own(cloud, group_id)["tags"]
    revisions.check_writer(cloud, "delete_security_group:tags")
    if tag not in tags:
        raise _missing(tag)
    _store(cloud, group_id, [other for other in tags if other != tag])
    return Reply(204)


def _store(cloud: Cloud, group_id: str, tags: list[str]) -> None:
    group = own(cloud, group_id)
    revisions.check_writer(cloud, "update_security_group:tags")
    unique = list(dict.fromkeys(tags))
    if len(unique) > _MOST:
        text = f"Bad security_groups request: The number of tags exceed the per-resource limit of {_MOST}."
        raise neutron(400, "BadRequest", text)
    if set(unique) != set(group["tags"]):
        cloud.put("security_groups", {**group, "tags": unique})
        revisions.bump(cloud, group["id"])


def _tags(body: Any) -> list[str]:
    if not isinstance(body, dict) or "tags" not in body:
        raise _invalid("Invalid tags body")
    tags = body["tags"]
    if not isinstance(tags, list):
        raise _invalid(f"'{tags}' is not a list")
    seen = []
    for tag in tags:
        if tag in seen:
            raise _invalid(f"Duplicate items in the list: '{tag}'")
        seen.append(tag)
    for tag in tags:
        _check(tag)
    return tags


def _check(tag: Any) -> None:
    if not isinstance(tag, str):
        raise _invalid(f"'{tag}' is not a valid string")
    if len(tag) > _LONGEST:
        raise _invalid(f"'{tag}' exceeds maximum length of {_LONGEST}")


def _invalid(text: str) -> ApiError:
    return neutron(400, "InvalidInput", f"Invalid input for operation: {text}.")


def _missing(tag: str) -> ApiError:
    return neutron(404, "TagNotFound", f"Tag {tag} could not be found.")

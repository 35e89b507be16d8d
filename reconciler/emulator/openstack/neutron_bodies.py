"""How Neutron reads a body: attributes with conversions, checks and defaults, in a fixed order (openstack.md 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.http import Request
from reconciler.emulator.openstack.cloud import Cloud, read_json
from reconciler.emulator.openstack.errors import bad_request, neutron, neutron_failure
from reconciler.emulator.store import Object


class _Absent:
    """Marks an attribute without a default."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. ``check`` converts a value; it raises ``ValueError`` with a reason, or ``ApiError``."""

    check: Callable[[Any], Any] = lambda value: value
    post: bool = True
    put: bool = False
    default: Any = ABSENT


def string(longest: int) -> Callable[[Any], Any]:
    """A string of at most so many characters."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError(f"'{value}' is not a valid string")
        if len(value) > longest:
            raise ValueError(f"'{value}' exceeds maximum length of {longest}")
        return value

    return check


def one_of(*values: str) -> Callable[[Any], Any]:
    """One of some strings, exactly."""

    def check(value: Any) -> Any:
        if value not in values:
            raise ValueError(f"{value} is not in valid_values")
        return value

    return check


def flag(value: Any) -> Any:
    """A boolean, 0 or 1, or a word for one. Raises ``ApiError`` 400."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    text = f"Invalid input for operation: '{value}' cannot be converted to boolean."
    raise neutron(400, "InvalidInput", text)


def read_body(request: Request) -> Any:
    """The body as JSON, or None without one. Raises ``ApiError`` 400."""
    if not request.body:
        return None
    try:
        body = read_json(request)
    except ValueError as error:
        text = "Malformed request body: Cannot understand JSON."
        raise neutron(400, "MalformedRequestBody", text) from error
    return body


def parse(
    cloud: Cloud, request: Request, resource: str, table: Mapping[str, Attribute], *, create: bool
) -> tuple[list[Object], bool]:
    """The converted resources of a body, and whether it is a bulk. Raises ``ApiError`` 400."""
    body = read_body(request)
    if not create and isinstance(body, list):
        raise neutron_failure()
    if not create and not isinstance(body, dict):
        raise neutron(400, "BadRequest", f"Bad body request: Invalid format: {request.body!r}.")
    if not body:
        raise bad_request("Resource body required")
    if not isinstance(body, dict):
        raise bad_request("Body contains invalid data")
    plural = f"{resource}s"
    if plural in body:
        if not body[plural]:
            raise bad_request("Resources required")
        return [_bulk_item(cloud, item, resource, table, create=create) for item in _items(body[plural])], True
    return [_resource(cloud, body.get(resource), resource, table, create=create)], False


def _items(value: Any) -> list[Any]:
    if isinstance(value, str | list | dict):
        return list(value)
    raise bad_request("Body contains invalid data")


def _bulk_item(cloud: Cloud, item: Any, resource: str, table: Mapping[str, Attribute], *, create: bool) -> Object:
    if not isinstance(item, dict | list | str):
        raise bad_request("Body contains invalid data")
    inner = item[resource] if isinstance(item, dict) and resource in item else item
    try:
        return _read(cloud, inner, resource, table, create=create)
    except TypeError as error:
        raise bad_request("Body contains invalid data") from error


def _resource(cloud: Cloud, value: Any, resource: str, table: Mapping[str, Attribute], *, create: bool) -> Object:
    """One resource; what the conversions of the server fail on is a 500, but in a bulk a 400."""
    try:
        return _read(cloud, value, resource, table, create=create)
    except TypeError as error:
        raise neutron_failure() from error


def _read(cloud: Cloud, value: Any, resource: str, table: Mapping[str, Attribute], *, create: bool) -> Object:
    if value is None:
        raise bad_request(f"Unable to find '{resource}' in request body")
    if not isinstance(value, dict):
        raise bad_request(f"Object '{resource}' contains invalid data")
    result: Object = dict(value)
    _own_project(cloud, result, create=create)
    unknown = [name for name in result if name not in table]
    if unknown:
        raise bad_request(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    if create:
        _fill(result, table)
    else:
        for name, attribute in table.items():
            if name in result and not attribute.put:
                raise bad_request(f"Cannot update read-only attribute {name}")
    for name, attribute in table.items():
        if name in result:
            try:
                result[name] = attribute.check(result[name])
            except ValueError as error:
                raise bad_request(f"Invalid input for {name}. Reason: {error}.") from error
    return result


def _fill(result: Object, table: Mapping[str, Attribute]) -> None:
    for name, attribute in table.items():
        if not attribute.post:
            if name in result:
                raise bad_request(f"Attribute '{name}' not allowed in POST")
        elif name not in result:
            if attribute.default is ABSENT:
                raise bad_request(f"Failed to parse request. Required attribute '{name}' not specified")
            result[name] = attribute.default


def _own_project(cloud: Cloud, result: Object, *, create: bool) -> None:
    """The project is the caller's; naming another one is for administrators."""
    for name, other in (("project_id", "tenant_id"), ("tenant_id", "project_id")):
        if name in result and other not in result:
            result[other] = result[name]
    named = result.get("project_id", cloud.project)
    if (named != cloud.project or result.get("tenant_id", named) != named) and not cloud.caller.admin:
        text = "other than the authenticated project in request is not allowed for the current user."
        raise bad_request(f"Specifying 'project_id' {text}")
    if create and "project_id" not in result:
        result["project_id"] = result["tenant_id"] = cloud.project

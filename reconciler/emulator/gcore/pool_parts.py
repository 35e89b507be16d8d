"""Members and health monitors of a pool: their fields, and how a new list takes over the ids of an old one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from reconciler.emulator.gcore import fields
from reconciler.emulator.gcore.account import Account
from reconciler.emulator.gcore.errors import conflict, invalid
from reconciler.emulator.gcore.fields import Field
from reconciler.emulator.store import Object

_METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_WEB_TYPES = ("HTTP", "HTTPS")


def _address(value: Any) -> str | None:
    try:
        return None if isinstance(value, str) and ip_address(value) else "Input should be a valid IP address"
    except ValueError:
        return "Input should be a valid IP address"


_COUNT = fields.integer(1, 10)
_SECONDS = fields.integer(1, 86400)
MONITOR_TABLE: Mapping[str, Field] = {
    "type": Field(fields.one_of("HTTP", "HTTPS", "K8S", "PING", "TCP", "TLS-HELLO", "UDP-CONNECT"), required=True),
    "delay": Field(_SECONDS, required=True),
    "max_retries": Field(_COUNT, required=True),
    "timeout": Field(_SECONDS, required=True),
    "admin_state_up": Field(fields.boolean),
    "domain_name": Field(fields.string(1, 255), nullable=True),
    "expected_codes": Field(fields.string(1, 255), nullable=True),
    "http_method": Field(fields.one_of(*_METHODS), nullable=True),
    "http_version": Field(fields.one_of("1.0", "1.1"), nullable=True),
    "max_retries_down": Field(_COUNT),
    "url_path": Field(fields.string(1, 255), nullable=True),
}
MONITOR = fields.record(MONITOR_TABLE)
MONITOR_UPDATE = fields.record({**MONITOR_TABLE, "type": Field(MONITOR_TABLE["type"].check)})
MEMBER_UPDATE_TABLE: Mapping[str, Field] = {
    "admin_state_up": Field(fields.boolean),
    "backup": Field(fields.boolean),
    "monitor_address": Field(_address, nullable=True),
    "monitor_port": Field(fields.integer(1, 65535), nullable=True),
    "weight": Field(fields.integer(1, 256)),
}
MEMBER_TABLE: Mapping[str, Field] = {
    "address": Field(_address, required=True),
    "protocol_port": Field(fields.integer(1, 65535), required=True),
    "instance_id": Field(fields.uuid, nullable=True),
    "subnet_id": Field(fields.uuid, nullable=True),
    **MEMBER_UPDATE_TABLE,
}
MEMBER = fields.record(MEMBER_TABLE)


def monitor(acc: Account, body: Mapping[str, Any] | None, old: Object | None) -> Object | None:
    """The stored health monitor that a complete body describes; it keeps the id and type of the old one.

    Raises ``ApiError`` 400.
    """
    if body is None:
        return None
    kind = body.get("type") or (old["type"] if old is not None else None)
    if kind is None:
        raise invalid({"healthmonitor": ["type: Field required"]})
    if old is not None and kind != old["type"]:
        raise invalid({"healthmonitor": ["type: the type of a health monitor cannot be changed"]})
    if body["timeout"] >= body["delay"]:
        raise invalid({"healthmonitor": ["timeout: must be less than the delay"]})
    web = kind in _WEB_TYPES
    return {
        "id": old["id"] if old is not None else acc.ctx.new_id(),
        "type": kind,
        "delay": body["delay"],
        "timeout": body["timeout"],
        "max_retries": body["max_retries"],
        "max_retries_down": body.get("max_retries_down", 3),
        "admin_state_up": body.get("admin_state_up", True),
        "domain_name": body.get("domain_name"),
        "expected_codes": body.get("expected_codes") or ("200" if web else None),
        "http_method": body.get("http_method") or ("GET" if web else None),
        "http_version": body.get("http_version"),
        "url_path": body.get("url_path") or ("/" if web else None),
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
    }


def members(acc: Account, bodies: Sequence[Mapping[str, Any]], old: Sequence[Object]) -> list[Object]:
    """The stored members of a complete list; one of the same address and port keeps its id.

    Raises ``ApiError`` 409 when an address and port come twice.
    """
    known = {(member["address"], member["protocol_port"]): member["id"] for member in old}
    result: list[Object] = []
    seen: set[tuple[str, int]] = set()
    for body in bodies:
        place = (body["address"], body["protocol_port"])
        if place in seen:
            raise conflict(f"Member {place[0]}:{place[1]} is given twice")
        seen.add(place)
        result.append(new_member(known.get(place) or acc.ctx.new_id(), body))
    return result


def new_member(member_id: str, body: Mapping[str, Any]) -> Object:
    """A member as it is stored."""
    return {
        "id": member_id,
        "address": body["address"],
        "protocol_port": body["protocol_port"],
        "weight": body.get("weight", 1),
        "admin_state_up": body.get("admin_state_up", True),
        "backup": body.get("backup", False),
        "monitor_address": body.get("monitor_address"),
        "monitor_port": body.get("monitor_port"),
        "subnet_id": body.get("subnet_id"),
        "operating_status": "ONLINE",
        "provisioning_status": "ACTIVE",
    }


def member_view(member: Object) -> Object:
    """A member as the API shows it."""
    return dict(member)

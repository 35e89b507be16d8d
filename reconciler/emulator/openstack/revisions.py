"""Revision numbers of groups, what may change them, and ``If-Match`` (openstack.md 5)."""

from __future__ import annotations

import re

from reconciler.emulator.http import Request
from reconciler.emulator.openstack.cloud import Cloud, zulu
from reconciler.emulator.openstack.errors import neutron, neutron_failure
from reconciler.emulator.store import Object

_WRITERS = frozenset({"admin", "member", "load-balancer_member"})
_ETAG = re.compile(r'\s*(?:W/)?"?([^",]*)"?\s*')


def constraint(request: Request) -> int | None:
    """The revision number of ``If-Match``; other etags are ignored. Raises ``ApiError`` 400."""
    found: int | None = None
    for part in request.headers.get("if-match", "").split(","):
        etag = _ETAG.fullmatch(part)
        name, equals, value = (etag[1] if etag else part).partition("=")
        if name != "revision_number" or not equals:
            continue
        if found is not None:
            raise _bad_match("Multiple revision_number etags are not supported")
        try:
            found = int(value)
        except ValueError as error:
            raise _bad_match("Revision number etag must be in the format of revision_number=<int>") from error
    return found


def _bad_match(text: str) -> Exception:
    return neutron(400, "BadRequest", f"Bad if-match request: {text}.")


def refuse_constraint(request: Request) -> None:
    """A creation cannot be constrained: the server fails. Raises ``ApiError`` 500."""
    if constraint(request) is not None:
        raise neutron_failure()


def hold(expected: int | None, target: Object) -> None:
    """The object must still have the revision. Raises ``ApiError`` 412."""
    if expected is not None and target["revision_number"] != expected:
        text = f"Constrained to {expected}, but current revision is {target['revision_number']}"
        raise neutron(412, "RevisionNumberConstraintFailed", text)


def bump(cloud: Cloud, group_id: str) -> None:
    """A change of a group or of its rules."""
    group = cloud.must("security_groups", group_id)
    number = group["revision_number"] + 1
    cloud.put("security_groups", {**group, "revision_number": number, "updated_at": zulu(cloud.now)})


def may_write(cloud: Cloud) -> bool:
    """Whether the caller's roles are more than those of a reader."""
    return bool(cloud.caller.roles & _WRITERS)


def check_writer(cloud: Cloud, rule: str) -> None:
    """403 for a caller who may only read. Raises ``ApiError``."""
    if not may_write(cloud):
        raise neutron(403, "PolicyNotAuthorized", f"rule:{rule} is disallowed by policy")

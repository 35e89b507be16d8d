"""Fine-grained permissions: a switch takes some away, and the services refuse by name (huawei.md 1.4)."""

from __future__ import annotations

from reconciler.emulator.huawei.errors import ApiError, Service

_RESOURCES = {"security-groups": "securityGroups", "security-group-rules": "securityGroupRules"}
_VERBS = {"POST": "create", "DELETE": "delete"}


def permission(service: Service, method: str, pattern: tuple[str, ...]) -> str:
    """The permission that a route needs, such as ``elb:l7policies:list`` or ``vpc:securityGroupRules:create``.

    ``pattern`` is the route below the service's prefix, with ``*`` for ids.
    """
    resource, single = pattern[0], pattern[-1] == "*" or pattern[-1] in ("statuses", "details")
    if "rules" in pattern:
        resource = "l7rules"
    if pattern[-1] == "batch-create":
        resource = "security-group-rules"
    vpc = service != "elb"
    if method == "GET":
        verb = "get" if single or pattern == ("quotas",) else "list"
    elif method == "PUT" or pattern[-1] == "batch-update-priority":
        verb = "update" if vpc else "put"
    elif "batch-delete" in pattern or pattern[-1] == "delete-cascade":
        verb = "delete"
    else:
        verb = _VERBS[method]
    return f"{'vpc' if vpc else 'elb'}:{_RESOURCES.get(resource, resource)}:{verb}"


def check(service: Service, name: str, denied: frozenset[str]) -> None:
    """403 when the permission is among the denied ones."""
    if name not in denied:
        return
    if service == "elb":
        raise ApiError(403, "ELB.9802", f"{name} is not obtained")
    raise ApiError(403, "VPC.2701", f"Policy doesn't allow {name} to be performed.")

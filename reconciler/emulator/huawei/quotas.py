"""ELB quotas (huawei.md 2.2): limits, and what is used of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei.errors import invalid
from reconciler.emulator.huawei.scope import Scope

ELB_DEFAULTS: Mapping[str, int] = {
    "loadbalancer": 50,
    "listener": 100,
    "l7policy": 500,
    "condition_per_policy": 10,
    "pool": 500,
    "member": 500,
    "healthmonitor": 500,
    "members_per_pool": 1000,
    "listeners_per_pool": 50,
    "listeners_per_loadbalancer": 50,
    "pools_per_l7policy": 5,
    "l7policies_per_listener": 100,
    "certificate": 120,
    "ipgroup": 50,
    "ipgroup_bindings": 50,
    "ipgroup_max_length": 300,
    "ipgroups_per_listener": 1,
    "security_policy": 50,
    "free_instance_members_per_pool": 50,
    "free_instance_listeners_per_loadbalancer": 10,
}
_COUNTED = {"loadbalancer": "loadbalancer", "listener": "listener", "l7policy": "l7policy", "pool": "pool"}


def elb_limit(scope: Scope, key: str) -> int:
    """The limit of a quota key; -1 is unlimited. A seed's quota of the project goes before the switches."""
    seeded = scope.get("quota", "elb")
    if seeded is not None and key in seeded:
        return int(seeded[key])
    return scope.options.elb_quotas.get(key, ELB_DEFAULTS[key])


def quota(scope: Scope) -> dict[str, Any]:
    """``GET /elb/quotas``."""
    return {"project_id": scope.project, **{key: elb_limit(scope, key) for key in ELB_DEFAULTS}}


def details(scope: Scope) -> list[dict[str, Any]]:
    """``GET /elb/quotas/details``, for the keys asked for or for all."""
    wanted = scope.request.values("quota_key") or list(ELB_DEFAULTS)
    for key in wanted:
        if key not in ELB_DEFAULTS:
            raise invalid(f"Invalid input for 'quota_key': {key!r} is no quota.")
    return [
        {
            "quota_key": key,
            "quota_limit": elb_limit(scope, key),
            "used": scope.count(_COUNTED[key]) if key in _COUNTED else 0,
            "unit": "count",
        }
        for key in ELB_DEFAULTS
        if key in wanted
    ]

"""What a policy does with a request: the fields that belong to its action (huawei.md 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import action_checks, checks
from reconciler.emulator.huawei.errors import invalid
from reconciler.emulator.huawei.pools import policy_pools
from reconciler.emulator.huawei.quotas import elb_limit
from reconciler.emulator.huawei.scope import Scope
from reconciler.emulator.store import Object

NOTHING: Mapping[str, Any] = {
    "redirect_pool_id": None,
    "redirect_pools_config": [],
    "redirect_pools_sticky_session_config": None,
    "redirect_pools_extend_config": None,
    "redirect_listener_id": None,
    "redirect_url_config": None,
    "fixed_response_config": None,
}


def target_fields(
    scope: Scope, raw: Mapping[str, Any], action: str, listener: Mapping[str, Any], old: Object | None
) -> dict[str, Any]:
    """The target fields of a policy after a create (``old`` None) or an update, in reply shape."""
    _check_foreign(raw, action)
    result = {key: old[key] for key in NOTHING} if old is not None else dict(NOTHING)
    if action == "REDIRECT_TO_POOL":
        result.update(_pools(scope, raw, listener, old))
    elif action == "REDIRECT_TO_LISTENER":
        result["redirect_listener_id"] = _listener(scope, raw, listener, old)
    elif action == "REDIRECT_TO_URL":
        config = checks.inner(raw, "redirect_url_config")
        if config is not None:
            result["redirect_url_config"] = action_checks.url_config(config, listener)
        elif old is None:
            raise invalid("Invalid input for 'redirect_url_config': REDIRECT_TO_URL requires it.")
    else:
        config = checks.inner(raw, "fixed_response_config")
        if config is not None:
            result["fixed_response_config"] = action_checks.fixed_response(config, listener)
        elif old is None:
            raise invalid("Invalid input for 'fixed_response_config': FIXED_RESPONSE requires it.")
    return result


def _check_foreign(raw: Mapping[str, Any], action: str) -> None:
    """Targets that the action must not come with (HW-R08, R10, R13, R30, R40)."""
    errors = {
        "redirect_listener_id": ("REDIRECT_TO_POOL",),
        "redirect_pool_id": ("REDIRECT_TO_LISTENER",),
        "redirect_pools_config": ("REDIRECT_TO_LISTENER", "REDIRECT_TO_URL"),
        "redirect_url_config": ("REDIRECT_TO_POOL", "REDIRECT_TO_LISTENER", "FIXED_RESPONSE"),
        "fixed_response_config": ("REDIRECT_TO_POOL", "REDIRECT_TO_LISTENER", "REDIRECT_TO_URL"),
    }
    for key, actions in errors.items():
        if action in actions and raw.get(key) not in (None, []):
            raise invalid(f"Invalid input for '{key}': it cannot be given when action is {action}.")


def _listener(scope: Scope, raw: Mapping[str, Any], listener: Mapping[str, Any], old: Object | None) -> str:
    """HW-R07, R09."""
    if "redirect_listener_id" not in raw and old is not None:
        return str(old["redirect_listener_id"])
    id = raw.get("redirect_listener_id")
    if not id:
        raise invalid("Invalid input for 'redirect_listener_id': REDIRECT_TO_LISTENER requires it.")
    target = scope.need("listener", id)
    if target["protocol"] not in ("HTTPS", "TERMINATED_HTTPS"):
        raise invalid(f"Invalid input for 'redirect_listener_id': listener {id} is not an HTTPS listener.")
    if target["_loadbalancer_id"] != listener["_loadbalancer_id"]:
        raise invalid(f"Invalid input for 'redirect_listener_id': listener {id} is on another load balancer.")
    return str(id)


def _pools(scope: Scope, raw: Mapping[str, Any], listener: Mapping[str, Any], old: Object | None) -> dict[str, Any]:
    """HW-R11 to R15; ``redirect_pools_config`` wins over ``redirect_pool_id``."""
    result: dict[str, Any] = {}
    entries = _entries(scope, raw, listener)
    if entries:
        single = len(entries) == 1 and scope.options.mirror_pools
        result["redirect_pools_config"] = entries
        result["redirect_pool_id"] = entries[0]["pool_id"] if single else None
    elif old is None or "redirect_pool_id" in raw:
        id = raw.get("redirect_pool_id")
        if not id:
            raise invalid("Invalid input for 'redirect_pool_id': REDIRECT_TO_POOL requires a pool.")
        result["redirect_pool_id"] = scope.need("pool", id)["id"]
        result["redirect_pools_config"] = [{"pool_id": id, "weight": 1}] if scope.options.mirror_pools else []
    elif entries is not None and not old["redirect_pool_id"]:
        raise invalid("Invalid input for 'redirect_pools_config': REDIRECT_TO_POOL requires a pool.")
    if result:
        before = policy_pools(old) if old is not None else []
        _check_pools(scope, [id for id in policy_pools(result) if id not in before], listener, update=old is not None)
    sticky, extend = "redirect_pools_sticky_session_config", "redirect_pools_extend_config"
    if old is None or raw.get(sticky) is not None:
        result[sticky] = action_checks.sticky_session(checks.inner(raw, sticky))
    if old is None or raw.get(extend) is not None:
        result[extend] = action_checks.extend_config(checks.inner(raw, extend), listener)
    return result


def _entries(scope: Scope, raw: Mapping[str, Any], listener: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    given = checks.array(raw, "redirect_pools_config")
    if not given:
        return given
    if not listener["enhance_l7policy_enable"]:
        raise invalid("Invalid input for 'redirect_pools_config': it needs enhance_l7policy_enable of the listener.")
    limit = elb_limit(scope, "pools_per_l7policy")
    if limit != -1 and len(given) > limit:
        raise invalid(f"Invalid input for 'redirect_pools_config': at most {limit} pools are allowed.")
    result: list[dict[str, Any]] = []
    for entry in given:
        if not isinstance(entry, dict):
            raise invalid("Invalid input for 'redirect_pools_config': every element is an object.")
        checks.known(entry, ("pool_id", "weight"))
        id = checks.text(entry, "pool_id", low=1)
        if id is None:
            raise invalid("Invalid input for 'redirect_pools_config': pool_id is required.")
        weight = checks.integer(entry, "weight", 0, 100, textual=True)
        result.append({"pool_id": scope.need("pool", id)["id"], "weight": 1 if weight is None else weight})
    if len({entry["pool_id"] for entry in result}) < len(result):
        raise invalid("Invalid input for 'redirect_pools_config': a pool is given twice.")
    return result


def _check_pools(scope: Scope, ids: list[str], listener: Mapping[str, Any], *, update: bool) -> None:
    """Which pools a policy may be given: of the same load balancer, and HW-R12."""
    for id in ids:
        owner = scope.need("pool", id)["_loadbalancer_id"]
        if owner not in (None, listener["_loadbalancer_id"]):
            raise invalid(f"pool {id} belongs to another load balancer than the listener.")
        if update and scope.options.default_pool_as_target == "refused_on_update":
            default = scope.find("listener", "default_pool_id", id)
            if default:
                raise invalid(f"pool {id} is the default pool of listener {default[0]['id']}.")
        if not scope.options.pool_shared_between_listeners:
            for policy in scope.all("l7policy"):
                if policy["listener_id"] != listener["id"] and id in policy_pools(policy):
                    raise invalid(f"pool {id} is used by a l7policy of another listener.")

"""L7 policies (huawei.md 2.4): list, create, get, update, delete and the batch of priorities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks, rules, targets
from reconciler.emulator.huawei.errors import ApiError, conflict, invalid, over_quota
from reconciler.emulator.huawei.listeners import is_dedicated
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.quotas import elb_limit
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.store import Object

KIND = "l7policy"
ACTIONS = ("REDIRECT_TO_POOL", "REDIRECT_TO_LISTENER", "REDIRECT_TO_URL", "FIXED_RESPONSE")
HIGHEST_NUMBER = 10000

FILTERS = frozenset(
    {
        "id", "name", "description", "admin_state_up", "listener_id", "position", "action", "redirect_url",
        "redirect_pool_id", "redirect_listener_id", "provisioning_status", "priority", "enterprise_project_id",
    }
)  # fmt: skip
_BOTH = (
    "admin_state_up", "description", "name", "priority", "redirect_listener_id", "redirect_pool_id",
    "redirect_pools_config", "redirect_pools_sticky_session_config", "redirect_pools_extend_config",
    "redirect_url_config", "fixed_response_config", "rules",
)  # fmt: skip
_CREATE_ONLY = ("action", "listener_id", "position", "project_id", "redirect_url", "id")


def _priority(scope: Scope, body: Object) -> int | None:
    """The number that a reply shows: without advanced forwarding 1 or null (contradiction C12)."""
    if body["priority"] is None and scope.options.priority_without_advanced == "one":
        return 1
    return body["priority"]  # type: ignore[no-any-return]


def view(scope: Scope, body: Object, *, all_rules: bool = False) -> Object:
    """The policy as a reply shows it: rules by id only, whole ones with ``all_rules``."""
    shown = public(body)
    shown["priority"] = _priority(scope, body)
    shown["provisioning_status"] = scope.status(body)
    if all_rules:
        shown["rules"] = [rules.view(scope, item) for item in scope.find(rules.KIND, "_l7policy_id", body["id"])]
    return shown


def listing(scope: Scope) -> dict[str, Any]:
    """``GET /elb/l7policies``."""
    asked = (scope.request.value("display_all_rules") or "").lower() == "true"
    whole = asked and scope.options.display_all_rules
    found = select(scope, scope.all(KIND), FILTERS, {"priority": lambda item: _priority(scope, item)})
    return page(scope, "l7policies", found, lambda item: view(scope, item, all_rules=whole), bad=invalid)


def _check_listener(action: str, listener: Mapping[str, Any]) -> None:
    """HW-R01, R03, R04 and what advanced forwarding is needed for."""
    protocol = listener["protocol"]
    if protocol not in ("HTTP", "HTTPS", "TERMINATED_HTTPS"):
        raise invalid(f"L7 policies need a listener of HTTP or HTTPS, not {protocol}.")
    if action == "REDIRECT_TO_LISTENER" and protocol != "HTTP":
        raise invalid(f"REDIRECT_TO_LISTENER needs a listener of HTTP, not {protocol}.")
    if action in ("REDIRECT_TO_URL", "FIXED_RESPONSE") and not listener["enhance_l7policy_enable"]:
        raise invalid(f"Invalid input for 'action': {action} needs enhance_l7policy_enable of the listener.")


def _check_quota(scope: Scope, siblings: list[Object]) -> None:
    for key, used in (("l7policy", scope.count(KIND)), ("l7policies_per_listener", len(siblings))):
        limit = elb_limit(scope, key)
        if limit != -1 and used >= limit:
            raise over_quota(key, scope.options)


def create(scope: Scope) -> Object:
    """``POST /elb/l7policies``."""
    raw = scope.envelope(KIND)
    checks.known(raw, (*_BOTH, *(key for key in _CREATE_ONLY if key != "id")))
    listener_id = checks.text(raw, "listener_id", low=1)
    if listener_id is None:
        raise invalid("Invalid input for 'listener_id': it is required.")
    action = str(checks.choice(raw, "action", ACTIONS, required=True))
    listener = scope.need("listener", listener_id)
    _check_quota(scope, scope.find(KIND, "listener_id", listener_id))
    body = {**new_policy(scope, raw, action, listener), **scope.pending("PENDING_CREATE")}
    given = checks.array(raw, "rules")
    return rules.replace_all(scope, scope.put(KIND, body), listener, given) if given else scope.put(KIND, body)


def new_policy(scope: Scope, raw: Mapping[str, Any], action: str, listener: Mapping[str, Any]) -> Object:
    """A policy without rules in stored form, from the fields of a create (also for seeds); not stored yet."""
    _check_listener(action, listener)
    checks.only_true(raw)
    checks.text(raw, "redirect_url", low=1)
    siblings = scope.find(KIND, "listener_id", listener["id"])
    return {
        "id": scope.ctx.new_id(),
        "name": checks.text(raw, "name") or "",
        "description": checks.text(raw, "description") or "",
        "admin_state_up": True,
        "project_id": scope.project,
        "listener_id": listener["id"],
        "action": action,
        "position": checks.integer(raw, "position", 1, 100) or 100,
        "priority": _new_priority(scope, raw, action, listener, siblings),
        **targets.target_fields(scope, raw, action, listener, None),
        "redirect_url": None,
        "rules": [],
        "provisioning_status": "ACTIVE",
        "created_at": scope.now,
        "updated_at": scope.now,
        "enterprise_project_id": listener["enterprise_project_id"],
        "_match": None,
    }


def _new_priority(
    scope: Scope, raw: Mapping[str, Any], action: str, listener: Mapping[str, Any], siblings: list[Object]
) -> int | None:
    """HW-R21 to R27."""
    if not listener["enhance_l7policy_enable"]:
        if raw.get("priority") is not None:
            raise invalid("Invalid input for 'priority': it needs enhance_l7policy_enable of the listener.")
        return None
    number = _number(scope, raw, action)
    if number is None and action == "REDIRECT_TO_LISTENER":
        number = 0
    if number is None:
        number = max((item["priority"] or 0 for item in siblings), default=0) + 1
        if number > HIGHEST_NUMBER:
            raise invalid(f"Invalid input for 'priority': the next free number is above {HIGHEST_NUMBER}.")
    _check_free(scope, number, siblings)
    return number


def _number(scope: Scope, raw: Mapping[str, Any], action: str) -> int | None:
    if action != "REDIRECT_TO_LISTENER":
        return checks.integer(raw, "priority", 1, HIGHEST_NUMBER)
    return checks.integer(
        raw, "priority", 0, 0 if scope.options.redirect_listener_priority_zero_only else HIGHEST_NUMBER
    )


def _check_free(scope: Scope, number: int, others: list[Object]) -> None:
    taken = next((item for item in others if item["priority"] == number), None)
    if taken is not None:
        raise _taken(scope, f"The priority {number} is already used by l7policy {taken['id']} of the listener.")


def _taken(scope: Scope, message: str) -> ApiError:
    return conflict(message) if scope.options.priority_conflict_status == 409 else invalid(message)


def _changed_priority(scope: Scope, raw: Mapping[str, Any], old: Object, listener: Mapping[str, Any]) -> int | None:
    if raw.get("priority") is None:
        return old["priority"]  # type: ignore[no-any-return]
    if not listener["enhance_l7policy_enable"]:
        # The stored or default number is let through: the official Terraform provider sends it each time.
        if raw["priority"] not in (1, old["priority"]):
            raise invalid("Invalid input for 'priority': it needs enhance_l7policy_enable of the listener.")
        return old["priority"]  # type: ignore[no-any-return]
    number = _number(scope, raw, old["action"])
    assert number is not None
    siblings = scope.find(KIND, "listener_id", old["listener_id"])
    _check_free(scope, number, [item for item in siblings if item["id"] != old["id"]])
    return number


def update(scope: Scope, id: str) -> Object:
    """``PUT /elb/l7policies/{id}``: partial; ``rules`` replaces all rules."""
    old = scope.need(KIND, id)
    raw = scope.envelope(KIND)
    checks.known(raw, _BOTH, _CREATE_ONLY)
    listener = scope.need("listener", old["listener_id"])
    checks.only_true(raw)
    name, description = checks.text(raw, "name"), checks.text(raw, "description")
    new = {
        **old,
        "name": old["name"] if name is None else name,
        "description": old["description"] if description is None else description,
        "priority": _changed_priority(scope, raw, old, listener),
        **targets.target_fields(scope, raw, old["action"], listener, old),
        "updated_at": scope.now,
        **scope.pending("PENDING_UPDATE"),
    }
    given = checks.array(raw, "rules")
    scope.put(KIND, new)
    return new if given is None else rules.replace_all(scope, new, listener, given)


def delete(scope: Scope, id: str) -> None:
    """``DELETE /elb/l7policies/{id}``: its rules go with it (HW-R81)."""
    scope.need(KIND, id)
    for rule in scope.find(rules.KIND, "_l7policy_id", id):
        scope.delete(rules.KIND, rule["id"])
    scope.delete(KIND, id)


def batch_update_priority(scope: Scope) -> None:
    """``POST /elb/l7policies/batch-update-priority``: all or nothing, judged on the final numbers."""
    raw = scope.json()
    entries = raw.get("l7policies")
    if not isinstance(entries, list) or not entries:
        raise invalid("Invalid input for 'l7policies': a list is required.")
    wanted: dict[str, int] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise invalid("Invalid input for 'l7policies': every element is an object.")
        checks.known(entry, ("id", "priority"))
        id = checks.text(entry, "id", low=1, high=36)
        number = checks.integer(entry, "priority", 1, HIGHEST_NUMBER)
        if id is None or number is None or id in wanted:
            raise invalid("Invalid input for 'l7policies': every element needs its own id and a priority.")
        wanted[id] = number
    listeners: dict[str, None] = {}
    for id, number in wanted.items():
        policy = scope.need(KIND, id)
        listener = scope.need("listener", policy["listener_id"])
        if policy["action"] != "REDIRECT_TO_POOL":
            raise invalid(f"l7policy {id}: only REDIRECT_TO_POOL policies can be updated in a batch.")
        if not listener["enhance_l7policy_enable"] or not is_dedicated(scope, listener):
            raise invalid(f"l7policy {id}: its listener has no priorities.")
        listeners[policy["listener_id"]] = None
        scope.put(KIND, {**policy, "priority": number, "updated_at": scope.now})
    for listener_id in listeners:
        numbers = [item["priority"] for item in scope.find(KIND, "listener_id", listener_id)]
        if len(set(numbers)) < len(numbers):
            raise _taken(scope, f"Two l7policies of listener {listener_id} would have the same priority.")

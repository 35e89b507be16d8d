"""L7 rules (huawei.md 2.5) and what a change of them does to their policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks
from reconciler.emulator.huawei.errors import conflict, invalid, missing
from reconciler.emulator.huawei.pages import page, select
from reconciler.emulator.huawei.quotas import elb_limit
from reconciler.emulator.huawei.rule_checks import check_rule, check_siblings, match_set
from reconciler.emulator.huawei.scope import Scope, public
from reconciler.emulator.store import Object

KIND = "l7rule"

FILTERS = frozenset(
    {
        "id", "compare_type", "provisioning_status", "invert", "admin_state_up", "value", "key", "type",
        "enterprise_project_id",
    }
)  # fmt: skip
_UPDATABLE = ("admin_state_up", "compare_type", "invert", "key", "value", "conditions")


def view(scope: Scope, body: Object) -> Object:
    """The rule as a reply shows it; it does not name its policy."""
    shown = public(body)
    shown["provisioning_status"] = scope.status(body)
    return shown


def listing(scope: Scope, policy_id: str | None) -> dict[str, Any]:
    """``GET /elb/l7policies/{id}/rules``, or of all policies (``policy_id`` None)."""
    looks = {"enterprise_project_id": lambda item: "0", "l7policy_id": lambda item: item["_l7policy_id"]}
    if policy_id is None:
        found = select(scope, scope.all(KIND), FILTERS | {"l7policy_id"}, looks)
    else:
        scope.need("l7policy", policy_id)
        found = select(scope, scope.find(KIND, "_l7policy_id", policy_id), FILTERS, looks)
    return page(scope, "rules", found, lambda item: view(scope, item), bad=invalid)


def need(scope: Scope, policy_id: str, id: str) -> Object:
    """A rule of a policy, or 404 ELB.8904 for the policy or the rule."""
    scope.need("l7policy", policy_id)
    found = scope.get(KIND, id)
    if found is None or found["_l7policy_id"] != policy_id:
        raise missing("rule", id)
    return found


def new_rule(scope: Scope, policy_id: str, body: Mapping[str, Any]) -> Object:
    """A checked rule in stored form with a new id (also for seeds); not stored yet."""
    return {
        "id": scope.ctx.new_id(),
        **body,
        "project_id": scope.project,
        "provisioning_status": "ACTIVE",
        "created_at": scope.now,
        "updated_at": scope.now,
        "_l7policy_id": policy_id,
    }


def _policy_and_listener(scope: Scope, policy_id: str) -> tuple[Object, Object]:
    policy = scope.need("l7policy", policy_id)
    return policy, scope.need("listener", policy["listener_id"])


def create(scope: Scope, policy_id: str) -> Object:
    """``POST /elb/l7policies/{id}/rules``."""
    policy, listener = _policy_and_listener(scope, policy_id)
    raw = scope.envelope("rule")
    if policy["action"] == "REDIRECT_TO_LISTENER":
        raise invalid("A REDIRECT_TO_LISTENER policy cannot have rules.")
    body = check_rule(raw, advanced=listener["enhance_l7policy_enable"], options=scope.options)
    rule = scope.put(KIND, {**new_rule(scope, policy_id, body), **scope.pending("PENDING_CREATE")})
    refresh(scope, policy)
    return rule


def update(scope: Scope, policy_id: str, id: str) -> Object:
    """``PUT``: partial; the rule keeps its id."""
    policy, listener = _policy_and_listener(scope, policy_id)
    old = need(scope, policy_id, id)
    raw = scope.envelope("rule")
    checks.known(raw, _UPDATABLE, ("type", "project_id", "id"))
    merged = {key: old[key] for key in ("type", "compare_type", "key", "value", "conditions")}
    merged.update({key: value for key, value in raw.items() if value is not None})
    body = check_rule(merged, advanced=listener["enhance_l7policy_enable"], options=scope.options)
    new = scope.put(KIND, {**old, **body, "updated_at": scope.now, **scope.pending("PENDING_UPDATE")})
    refresh(scope, policy)
    return new


def delete(scope: Scope, policy_id: str, id: str) -> None:
    """``DELETE``."""
    need(scope, policy_id, id)
    scope.delete(KIND, id)
    refresh(scope, scope.need("l7policy", policy_id))


def replace_all(scope: Scope, policy: Object, listener: Mapping[str, Any], given: list[Any]) -> Object:
    """Give a policy these rules instead of the ones it has; all get new ids (HW-R63)."""
    if given and policy["action"] == "REDIRECT_TO_LISTENER":
        raise invalid("Invalid input for 'rules': a REDIRECT_TO_LISTENER policy cannot have rules.")
    bodies = [check_rule(raw, advanced=listener["enhance_l7policy_enable"], options=scope.options) for raw in given]
    for rule in scope.find(KIND, "_l7policy_id", policy["id"]):
        scope.delete(KIND, rule["id"])
    for body in bodies:
        scope.put(KIND, {**new_rule(scope, policy["id"], body), **scope.pending("PENDING_CREATE")})
    return refresh(scope, policy)


def refresh(scope: Scope, policy: Object) -> Object:
    """Check a policy's rules together and bring its list of ids, its match set and its status up to date.

    HW-R79: a policy whose match set becomes that of another policy of the listener goes to ERROR and stays there.
    """
    rules = scope.find(KIND, "_l7policy_id", policy["id"])
    check_siblings(rules, elb_limit(scope, "condition_per_policy"), scope.options)
    text = match_set(rules)
    match = None if text is None else f"{policy['listener_id']}\n{text}"
    status = policy["provisioning_status"]
    if match is not None and match != policy["_match"]:
        twins = [item for item in scope.find("l7policy", "_match", match) if item["id"] != policy["id"]]
        if twins and scope.options.duplicate_match_set == "conflict":
            raise conflict(f"l7policy {twins[0]['id']} of the listener has the same rules.")
        if twins:
            status = "ERROR"
    return scope.put(
        "l7policy",
        {
            **policy,
            "rules": [{"id": rule["id"]} for rule in rules],
            "provisioning_status": status,
            "updated_at": scope.now,
            "_match": match,
        },
    )

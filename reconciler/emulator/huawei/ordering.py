"""Numbers of policies: what advanced forwarding makes of a list that the cloud had sorted itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator.huawei.scope import Scope

_CLASSES = {"EQUAL_TO": 0, "STARTS_WITH": 1, "REGEX": 2}


def automatic_order(
    policies: Sequence[Mapping[str, Any]], rules_of: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[str]:
    """Policy ids in the order of HW-R28: EQUAL_TO, STARTS_WITH, REGEX; longer paths first; then creation order."""

    def rank(policy: Mapping[str, Any]) -> tuple[int, int]:
        for rule in rules_of[policy["id"]]:
            if rule["type"] == "PATH":
                return _CLASSES[rule["compare_type"]], -len(rule["value"])
        return _CLASSES["STARTS_WITH"], -1

    return [policy["id"] for policy in sorted(policies, key=rank)]


def number_policies(scope: Scope, listener_id: str) -> None:
    """Give 1..n in HW-R28 order when advanced forwarding comes on; undocumented (HW-R29).

    The first REDIRECT_TO_LISTENER policy gets 0, its default.
    """
    policies = scope.find("l7policy", "listener_id", listener_id)
    redirects = [item for item in policies if item["action"] == "REDIRECT_TO_LISTENER"]
    others = [item for item in policies if item["action"] != "REDIRECT_TO_LISTENER"]
    rules_of = {item["id"]: scope.find("l7rule", "_l7policy_id", item["id"]) for item in others}
    ordered = [item["id"] for item in redirects] + automatic_order(others, rules_of)
    for number, id in enumerate(ordered, start=0 if redirects else 1):
        scope.put("l7policy", {**scope.need("l7policy", id), "priority": number})

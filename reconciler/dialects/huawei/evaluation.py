"""The order in which Huawei evaluates policies."""

from __future__ import annotations

from reconciler.model.objects import Policy, Rule

_PATH_RANK = {"EQUAL_TO": 0, "STARTS_WITH": 1, "REGEX": 2}


def evaluation_class(policy: Policy) -> int:
    """REDIRECT_TO_LISTENER comes before everything else, whatever the numbers say (HW-R05)."""
    return 0 if policy.action == "REDIRECT_TO_LISTENER" else 1


def evaluation_key(policy: Policy) -> tuple[object, ...]:
    """The automatic order without advanced forwarding (HW-R28).

    Policies with a domain come before those without; exact paths before prefixes before regular expressions; longer
    before shorter. A policy without a path counts as prefix ``/``. Policies of different domains never compete, so
    that their mutual order has no meaning. Equal keys: the order is not documented.
    """
    host: Rule | None = None
    path: Rule | None = None
    for rule in policy.rules:
        if rule.type == "HOST_NAME":
            host = rule
        elif rule.type == "PATH":
            path = rule
    rank, length = (1, 1) if path is None else (_PATH_RANK.get(path.compare_type, 3), len(path.value or ""))
    return (evaluation_class(policy), 0 if host is not None else 1, rank, -length)


def domain(policy: Policy) -> str | None:
    """The domain that a policy is about; None: any."""
    for rule in policy.rules:
        if rule.type == "HOST_NAME":
            return rule.value or (rule.conditions[0].value if rule.conditions else None)
    return None

"""Which handler answers which path and method. ``*`` stands for one segment and is passed to the handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from reconciler.emulator.gcore import (
    listeners,
    loadbalancers,
    policies,
    pool_routes,
    pools,
    quotas,
    rules,
    security_groups,
    security_legacy,
    security_rules,
    statuses,
    task_routes,
)
from reconciler.emulator.gcore.tasks import Effect
from reconciler.emulator.http import Reply

Methods: TypeAlias = Mapping[str, Callable[..., Reply]]
"""Handlers by method: ``(account, request, *segments)``, or without project and region ``(context, request, ...)``."""

SCOPED: Mapping[tuple[str, str], Mapping[tuple[str, ...], Methods]] = {
    ("v1", "loadbalancers"): {
        (): {"GET": loadbalancers.list_balancers, "POST": loadbalancers.create_balancer},
        ("status",): {"GET": statuses.list_statuses},
        ("pools", "*", "members"): {
            "GET": pool_routes.list_members,
            "POST": pool_routes.create_member,
            "PUT": pool_routes.replace_members,
        },
        ("pools", "*", "members", "*"): {
            "GET": pool_routes.get_member,
            "PATCH": pool_routes.update_member,
            "DELETE": pool_routes.delete_member,
        },
        ("*",): {
            "GET": loadbalancers.get_balancer,
            "PATCH": loadbalancers.update_balancer,
            "DELETE": loadbalancers.delete_balancer,
        },
        ("*", "status"): {"GET": statuses.get_status},
        ("*", "resize"): {"POST": loadbalancers.resize_balancer},
        ("*", "failover"): {"POST": loadbalancers.failover_balancer},
    },
    ("v2", "loadbalancers"): {("*",): {"PATCH": loadbalancers.update_balancer_later}},
    ("v1", "lblisteners"): {
        (): {"GET": listeners.list_listeners, "POST": listeners.create_listener},
        ("*",): {"GET": listeners.get_listener, "DELETE": listeners.delete_listener},
    },
    ("v2", "lblisteners"): {("*",): {"PATCH": listeners.update_listener}},
    ("v1", "lbpools"): {
        (): {"GET": pools.list_pools, "POST": pools.create_pool},
        ("*",): {"GET": pools.get_pool, "DELETE": pools.delete_pool},
        ("*", "healthmonitor"): {
            "GET": pool_routes.get_monitor,
            "POST": pool_routes.create_monitor,
            "PATCH": pool_routes.update_monitor,
            "DELETE": pool_routes.delete_monitor,
        },
    },
    ("v2", "lbpools"): {("*",): {"PATCH": pools.update_pool}},
    ("v1", "l7policies"): {
        (): {"GET": policies.list_policies, "POST": policies.create_policy},
        ("*",): {
            "GET": policies.get_policy,
            "PATCH": policies.update_policy,
            "PUT": policies.update_policy,
            "DELETE": policies.delete_policy,
        },
        ("*", "rules"): {"GET": rules.list_rules, "POST": rules.create_rule},
        ("*", "rules", "*"): {"GET": rules.get_rule, "PUT": rules.replace_rule, "DELETE": rules.delete_rule},
    },
    ("v1", "securitygroups"): {
        (): {"GET": security_groups.list_groups, "POST": security_legacy.create_group},
        ("*",): {
            "GET": security_groups.get_group,
            "PATCH": security_legacy.update_group,
            "DELETE": security_groups.delete_group,
        },
        ("*", "copy"): {"POST": security_groups.copy_group},
        ("*", "revert"): {"POST": security_groups.revert_group},
        ("*", "rules"): {"POST": security_rules.create_rule_now},
        ("*", "metadata"): {
            "GET": security_legacy.list_metadata,
            "POST": security_legacy.add_metadata,
            "PUT": security_legacy.replace_metadata,
        },
        ("*", "metadata_item"): {"GET": security_legacy.get_item, "DELETE": security_legacy.delete_item},
    },
    ("v1", "securitygrouprules"): {
        ("*",): {"PUT": security_rules.replace_rule_now, "DELETE": security_rules.delete_rule_now},
    },
    ("v2", "security_groups"): {
        (): {"POST": security_groups.create_group},
        ("*",): {"PATCH": security_groups.update_group},
        ("*", "rules"): {"POST": security_rules.create_rule},
        ("*", "rules", "*"): {"DELETE": security_rules.delete_rule},
    },
}
"""By version and collection; project and region stand between these and the rest of the path."""

CLIENT_WIDE: Mapping[tuple[str, str], Mapping[tuple[str, ...], Methods]] = {
    ("v1", "tasks"): {
        (): {"GET": task_routes.list_tasks},
        ("active",): {"GET": task_routes.list_active},
        ("acknowledge_all",): {"POST": task_routes.acknowledge_all},
        ("*",): {"GET": task_routes.get_task},
        ("*", "acknowledge"): {"POST": task_routes.acknowledge},
    },
    ("v2", "client_quotas"): {(): {"GET": quotas.get_all}},
    ("v2", "regional_quotas"): {("*", "*"): {"GET": quotas.get_regional}},
    ("v2", "global_quotas"): {("*",): {"GET": quotas.get_global}},
}

EFFECTS: Mapping[str, Effect] = {
    **loadbalancers.EFFECTS,
    **listeners.EFFECTS,
    **pools.EFFECTS,
    **policies.EFFECTS,
    **rules.EFFECTS,
    **security_groups.EFFECTS,
    **security_rules.EFFECTS,
}
"""What the tasks of each type do."""


def find(table: Mapping[tuple[str, ...], Methods], rest: tuple[str, ...]) -> tuple[Methods, tuple[str, ...]] | None:
    """The methods of the first pattern that fits ``rest``, and the segments under its ``*``."""
    for pattern, methods in table.items():
        if len(pattern) == len(rest) and all(part in ("*", word) for part, word in zip(pattern, rest, strict=True)):
            return methods, tuple(word for part, word in zip(pattern, rest, strict=True) if part == "*")
    return None

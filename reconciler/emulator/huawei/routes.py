"""Which path and method of the ELB and VPC services is answered by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reconciler.emulator.huawei import listeners as ls
from reconciler.emulator.huawei import loadbalancers as lb
from reconciler.emulator.huawei import older_groups as og
from reconciler.emulator.huawei import policies as po
from reconciler.emulator.huawei import pools as pl
from reconciler.emulator.huawei import quotas as qu
from reconciler.emulator.huawei import rules as ru
from reconciler.emulator.huawei import security_groups as sg
from reconciler.emulator.huawei import security_rules as sr
from reconciler.emulator.huawei.scope import Scope

Answer: TypeAlias = tuple[int, dict[str, Any] | None]
Handler: TypeAlias = Callable[..., Answer]
Table: TypeAlias = Mapping[tuple[str, ...], Mapping[str, Handler]]
"""Path below the service's prefix (``*``: any segment) -> method -> handler"""


def created(key: str, make: Callable[..., Any], view: Callable[..., Any], status: int = 201) -> Handler:
    """Answers with the view of what ``make`` made."""
    return lambda scope, *ids: (status, {key: view(scope, make(scope, *ids))})


def shown(key: str, find: Callable[..., Any], view: Callable[..., Any]) -> Handler:
    """Answers with the view of what ``find`` found or changed."""
    return lambda scope, *ids: (200, {key: view(scope, find(scope, *ids))})


def gone(remove: Callable[..., None], **flags: bool) -> Handler:
    """Answers 204 without a body."""

    def handler(scope: Scope, *ids: str) -> Answer:
        remove(scope, *ids, **flags)
        return 204, None

    return handler


def _batch_priority(scope: Scope) -> Answer:
    po.batch_update_priority(scope)
    return 202, {}


def _need(kind: str) -> Callable[[Scope, str], Any]:
    return lambda scope, id: scope.need(kind, id)


def _resource(module: Any, plural: str, key: str) -> dict[tuple[str, ...], dict[str, Handler]]:
    """The five usual routes of an ELB resource whose module has listing, create, update, delete and view."""
    return {
        (plural,): {"GET": lambda s: (200, module.listing(s)), "POST": created(key, module.create, module.view)},
        (plural, "*"): {
            "GET": shown(key, _need(module.KIND), module.view),
            "PUT": shown(key, module.update, module.view),
            "DELETE": gone(module.delete),
        },
    }


ELB: Table = {
    **_resource(lb, "loadbalancers", "loadbalancer"),
    **_resource(ls, "listeners", "listener"),
    **_resource(pl, "pools", "pool"),
    **_resource(po, "l7policies", "l7policy"),
    ("loadbalancers", "*", "statuses"): {"GET": lambda s, id: (200, {"statuses": lb.statuses(s, id)})},
    ("loadbalancers", "*", "force-elb"): {"DELETE": gone(lb.delete, force=True)},
    ("loadbalancers", "*", "delete-cascade"): {"POST": gone(lb.delete, force=True)},
    ("listeners", "*", "force"): {"DELETE": gone(ls.delete, force=True)},
    ("listeners", "batch-delete"): {"POST": lambda s: (200, ls.batch_delete(s))},
    ("pools", "*", "delete-cascade"): {"DELETE": gone(pl.delete, cascade=True)},
    ("pools", "batch-delete"): {"POST": lambda s: (200, pl.batch_delete(s))},
    ("l7policies", "batch-update-priority"): {"POST": _batch_priority},
    ("l7policies", "rules"): {"GET": lambda s: (200, ru.listing(s, None))},
    ("l7policies", "*", "rules"): {
        "GET": lambda s, id: (200, ru.listing(s, id)),
        "POST": created("rule", ru.create, ru.view),
    },
    ("l7policies", "*", "rules", "*"): {
        "GET": shown("rule", ru.need, ru.view),
        "PUT": shown("rule", ru.update, ru.view),
        "DELETE": gone(ru.delete),
    },
    ("quotas",): {"GET": lambda s: (200, {"quota": qu.quota(s)})},
    ("quotas", "details"): {"GET": lambda s: (200, {"quotas": qu.details(s)})},
}

VPC: Table = {
    ("security-groups",): {
        "GET": lambda s: (200, sg.listing(s)),
        "POST": created("security_group", sg.create, sg.view),
    },
    ("security-groups", "*"): {
        "GET": shown("security_group", sg.need, sg.view),
        "PUT": shown("security_group", sg.update, sg.view),
        "DELETE": gone(sg.delete),
    },
    ("security-groups", "*", "security-group-rules", "batch-create"): {
        "POST": lambda s, id: (201, {"security_group_rules": [sr.view(s, rule) for rule in sr.batch_create(s, id)]}),
    },
    ("security-group-rules",): {
        "GET": lambda s: (200, sr.listing(s)),
        "POST": created("security_group_rule", sr.create, sr.view),
    },
    ("security-group-rules", "*"): {
        "GET": shown("security_group_rule", sr.need, sr.view),
        "DELETE": gone(sr.delete),
    },
    ("quotas",): {"GET": lambda s: (200, {"quota": sr.vpc_limits(s)})},
}


V1: Table = {
    ("security-groups",): {
        "GET": lambda s: (200, og.v1_groups(s)),
        "POST": created("security_group", og.create_group, og.v1_group, 200),
    },
    ("security-groups", "*"): {"GET": shown("security_group", sg.need, og.v1_group), "DELETE": gone(sg.delete)},
    ("security-group-rules",): {
        "GET": lambda s: (200, og.v1_rules(s)),
        "POST": created("security_group_rule", og.create_rule, og.v1_rule, 200),
    },
    ("security-group-rules", "*"): {
        "GET": shown("security_group_rule", sr.need, og.v1_rule),
        "DELETE": gone(sr.delete),
    },
}

NEUTRON: Table = {
    ("security-groups",): {
        "GET": lambda s: (200, og.neutron_groups(s)),
        "POST": created("security_group", og.create_group, og.neutron_group),
    },
    ("security-groups", "*"): {
        "GET": shown("security_group", sg.need, og.neutron_group),
        "PUT": shown("security_group", sg.update, og.neutron_group),
        "DELETE": gone(sg.delete),
    },
    ("security-group-rules",): {
        "GET": lambda s: (200, og.neutron_rules(s)),
        "POST": created("security_group_rule", og.create_rule, og.neutron_rule),
    },
    ("security-group-rules", "*"): {
        "GET": shown("security_group_rule", sr.need, og.neutron_rule),
        "DELETE": gone(sr.delete),
    },
}

TAGS: Table = {
    ("security-groups", "tags"): {"GET": lambda s: (200, og.all_tags(s))},
    ("security-groups", "*", "tags"): {"GET": lambda s, id: (200, og.tags(s, id)), "POST": gone(og.add_tag)},
    ("security-groups", "*", "tags", "action"): {"POST": gone(og.change_tags)},
    ("security-groups", "*", "tags", "*"): {"DELETE": gone(og.delete_tag)},
}

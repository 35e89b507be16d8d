"""The asynchronous half of Octavia: what locks a load balancer, and what happens when a change is through.

Nothing runs in between: a change stores when it will be through, and the first later request carries it out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from reconciler.emulator.openstack.cloud import Cloud, Kind, moment
from reconciler.emulator.openstack.errors import immutable
from reconciler.emulator.openstack.rule_values import KEYLESS_TYPES
from reconciler.emulator.store import Object

BUSY_KEY = "openstack:busy"
"""Where the store lists the load balancers with a change under way."""
Operation: TypeAlias = Literal["create", "update", "delete"]
_SHOWS_ONLINE = ("l7policies", "l7rules")
"""Kinds whose operating status follows from ``admin_state_up``; the others need a health manager."""


def lock(cloud: Cloud, balancer_id: str, listener_id: str | None = None, policy_id: str | None = None) -> None:
    """Take the lock of a load balancer; listener and policy show PENDING_UPDATE with it. Raises ``ApiError`` 409."""
    balancer = cloud.must("loadbalancers", balancer_id)
    if balancer["provisioning_status"] != "ACTIVE":
        raise immutable("Load Balancer", balancer_id)
    for kind, id in _around(balancer_id, listener_id, policy_id):
        cloud.change(kind, id, provisioning_status="PENDING_UPDATE", updated_at=moment(cloud.now))


def begin(
    cloud: Cloud,
    balancer_id: str,
    operation: Operation,
    kind: Kind,
    id: str,
    listener_id: str | None = None,
    policy_id: str | None = None,
) -> None:
    """Note what is under way under the lock, and when it will be through."""
    options = cloud.options
    seconds = {
        "create": options.create_seconds,
        "update": options.update_seconds,
        "delete": options.delete_seconds,
    }[operation]
    name = f"{operation} {kind}"
    change = {
        "due": None if name in options.stuck_changes else cloud.now + max(seconds, cloud.ctx.effects.hold),
        "operation": operation,
        "kind": kind,
        "id": id,
        "listener": listener_id,
        "policy": policy_id,
        "fails": name in options.failing_changes or cloud.ctx.effects.fail,
    }
    cloud.change("loadbalancers", balancer_id, _change=change)
    busy = cloud.ctx.store.meta_get(BUSY_KEY, [])
    cloud.ctx.store.meta_set(BUSY_KEY, [*busy, balancer_id])


Remove: TypeAlias = Callable[[Cloud, str], None]


def advance(cloud: Cloud, removers: dict[str, Remove]) -> None:
    """Carry out every change that is through by now; ``removers`` say how the objects of a kind go."""
    busy = cloud.ctx.store.meta_get(BUSY_KEY, [])
    if not busy:
        return
    due = []
    for id in busy:
        balancer = cloud.find("loadbalancers", id)
        change = balancer.get("_change") if balancer is not None else None
        if change is not None and change["due"] is not None and change["due"] <= cloud.now:
            due.append((change["due"], id))
    if not due:
        return
    for _, id in sorted(due):
        _finish(cloud, cloud.must("loadbalancers", id), removers)
    through = {id for _, id in due}
    cloud.ctx.store.meta_set(BUSY_KEY, [id for id in busy if id not in through])


def _finish(cloud: Cloud, balancer: Object, removers: dict[str, Remove]) -> None:
    change = balancer["_change"]
    now = moment(change["due"])
    cloud.put("loadbalancers", {**balancer, "_change": None})
    kind, id = change["kind"], change["id"]
    for other, other_id in _around(balancer["id"], change["listener"], change["policy"]):
        cloud.change(other, other_id, provisioning_status="ACTIVE", updated_at=now)
    target = cloud.find(kind, id)
    if target is None:
        return
    if change["fails"]:
        _fail_listeners(cloud, balancer["id"], kind, change["listener"])
        cloud.put(kind, {**target, "provisioning_status": "ERROR", "updated_at": now, **_forgotten(kind, target)})
    elif change["operation"] == "delete":
        removers[kind](cloud, id)
    else:
        ready = {"provisioning_status": "ACTIVE", "updated_at": now, **_operating(kind, target)}
        cloud.put(kind, {**target, **ready, **_forgotten(kind, target)})


def _fail_listeners(cloud: Cloud, balancer_id: str, kind: Kind, own: str | None) -> None:
    """A change of a policy or rule that fails leaves the load balancer's other listeners in ERROR."""
    if kind in _SHOWS_ONLINE:
        for listener in cloud.where("listeners", "_load_balancer", balancer_id):
            if listener["id"] != own:
                cloud.change("listeners", listener["id"], provisioning_status="ERROR")


def _operating(kind: Kind, target: Object) -> Object:
    if kind not in _SHOWS_ONLINE:
        return {}
    return {"operating_status": "ONLINE" if target["admin_state_up"] else "OFFLINE"}


def _forgotten(kind: Kind, target: Object) -> Object:
    """A key that a rule's type does not use was answered at first; any later change clears it."""
    return {"key": None} if kind == "l7rules" and target["type"] in KEYLESS_TYPES else {}


def _around(balancer_id: str, listener_id: str | None, policy_id: str | None) -> list[tuple[Kind, str]]:
    """What is locked around a changed object."""
    found: list[tuple[Kind, str]] = [("loadbalancers", balancer_id)]
    if listener_id is not None:
        found.append(("listeners", listener_id))
    if policy_id is not None:
        found.append(("l7policies", policy_id))
    return found

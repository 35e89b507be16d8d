"""The status trees of load balancers: gcore.md 2.5. L7 policies are not part of them."""

from __future__ import annotations

from reconciler.emulator.gcore import paging, tags
from reconciler.emulator.gcore.account import Account
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.store import Object


def list_statuses(acc: Account, request: Request) -> Reply:
    """GET the status trees of all load balancers."""
    found = acc.all("loadbalancers")
    return paging.page(acc.ctx, request, found, lambda item: status_tree(acc, item), acc.options.page_limit)


def get_status(acc: Account, request: Request, balancer_id: str) -> Reply:
    """GET the status tree of one load balancer."""
    return json_reply(200, status_tree(acc, acc.get("loadbalancers", balancer_id)))


def status_tree(acc: Account, balancer: Object) -> Object:
    """Load balancer, listeners, their pools, members and monitors; L7 policies are not part of it."""
    on_it = acc.where("listeners", "load_balancer_id", balancer["id"])
    return {
        **_status_node(acc, balancer),
        "tags": tags.view(balancer),
        "listeners": [
            {**_status_node(acc, item), "pools": [_pool_status(acc, pool) for pool in _pools_of(acc, item)]}
            for item in on_it
        ],
    }


def _status_node(acc: Account, item: Object) -> Object:
    status = acc.status(item)
    return {
        "id": item["id"],
        "name": item["name"],
        "operating_status": status["operating_status"],
        "provisioning_status": status["provisioning_status"],
    }


def _pools_of(acc: Account, listener: Object) -> list[Object]:
    ids = [listener["_default_pool"]] + [
        policy["redirect_pool_id"] for policy in acc.where("l7policies", "listener_id", listener["id"])
    ]
    found = (acc.find("pools", id) for id in dict.fromkeys(ids) if id is not None)
    return [pool for pool in found if pool is not None]


def _pool_status(acc: Account, pool: Object) -> Object:
    names = ("id", "operating_status", "provisioning_status")
    monitor = pool["healthmonitor"]
    return {
        **_status_node(acc, pool),
        "health_monitor": {name: monitor[name] for name in (*names, "type")} if monitor is not None else None,
        "members": [
            {name: member[name] for name in (*names, "address", "protocol_port")} for member in pool["members"]
        ],
    }

"""Octavia's paths: which handler answers what, and what its router refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import (
    access,
    balancers,
    listeners,
    lists,
    octavia_quotas,
    policies,
    pools,
    rules,
    settle,
)
from reconciler.emulator.openstack.cloud import Cloud
from reconciler.emulator.openstack.errors import fault, invalid_input, plain

Handler: TypeAlias = Callable[..., Reply]
Methods: TypeAlias = Mapping[str, Handler]

_COLLECTIONS: Mapping[str, tuple[Methods, Methods, str]] = {
    "loadbalancers": (
        {"GET": balancers.list_balancers, "POST": balancers.create_balancer},
        {"GET": balancers.get_balancer, "PUT": balancers.update_balancer, "DELETE": balancers.delete_balancer},
        "load_balancer",
    ),
    "listeners": (
        {"GET": listeners.list_listeners, "POST": listeners.create_listener},
        {"GET": listeners.get_listener, "PUT": listeners.update_listener, "DELETE": listeners.delete_listener},
        "listener_",
    ),
    "pools": (
        {"GET": pools.list_pools, "POST": pools.create_pool},
        {"GET": pools.get_pool, "PUT": pools.update_pool, "DELETE": pools.delete_pool},
        "pool_",
    ),
    "l7policies": (
        {"GET": policies.list_policies, "POST": policies.create_policy},
        {"GET": policies.get_policy, "PUT": policies.update_policy, "DELETE": policies.delete_policy},
        "l7policy_",
    ),
    "quotas": (
        {"GET": octavia_quotas.list_quotas},
        {
            "GET": octavia_quotas.get_quota,
            "PUT": octavia_quotas.put_quota,
            "DELETE": octavia_quotas.delete_quota,
        },
        "quotas",
    ),
}
_RULES: tuple[Methods, Methods, str] = (
    {"GET": rules.list_rules, "POST": rules.create_rule},
    {"GET": rules.get_rule, "PUT": rules.update_rule, "DELETE": rules.delete_rule},
    "rule_",
)
REMOVERS: dict[str, settle.Remove] = {
    "loadbalancers": balancers.remove,
    "listeners": listeners.remove,
    "pools": pools.remove,
    "l7policies": policies.remove,
    "l7rules": rules.remove,
}
"""How objects go once their deletion is through."""

_VERSIONS = 31


def versions(cloud: Cloud) -> Reply:
    """The version document; it needs no token."""
    href = f"{cloud.base}/load-balancer/v2"
    entries = [
        {
            "id": f"v2.{minor}",
            "status": "CURRENT" if minor == _VERSIONS - 1 else "SUPPORTED",
            "updated": "2025-02-26T00:00:00Z",
            "links": [{"href": href, "rel": "self"}],
        }
        for minor in range(_VERSIONS)
    ]
    return json_reply(200, {"versions": entries})


def answer(cloud: Cloud, request: Request, words: tuple[str, ...]) -> Reply:
    """Answer a request below ``/load-balancer``. Raises ``ApiError``."""
    settle.advance(cloud, REMOVERS)
    if words in (("v2",), ("v2.0",), ("v2", "lbaas"), ("v2.0", "lbaas")) and request.method == "GET":
        return json_reply(200, "v2")
    if len(words) > 2 and words[0] in ("v2", "v2.0") and words[1] == "lbaas" and words[2] in _COLLECTIONS:
        return _collection(cloud, request, words[2], words[3:])
    cloud.ctx.unknown_route()
    raise plain(404)


def _collection(cloud: Cloud, request: Request, name: str, rest: tuple[str, ...]) -> Reply:
    if name == "l7policies" and len(rest) > 1 and rest[1] == "rules":
        if cloud.find("l7policies", rest[0]) is None and cloud.find("l7policies", rest[0].lower()) is None:
            raise plain(404, f"L7Policy {rest[0]} not found.", "Bad Request")
        return _dispatch(cloud, request, _RULES, rest[2:], (rest[0],))
    if name == "l7policies" and len(rest) > 1 and request.method == "GET":
        access.readable(cloud, "l7policies", rest[0])  # a policy that is missing is told before what is asked of it
    if name == "loadbalancers" and rest[1:] in (("status",), ("statuses",)):
        _check_method(request, ("GET",))
        lists.check_query(cloud, request)
        return balancers.get_status(cloud, request, rest[0])
    if name == "quotas" and rest and rest[-1] in ("default", "defaults") and len(rest) < 3:
        _check_method(request, ("GET",))
        return octavia_quotas.get_defaults(cloud, request, *rest[:-1])
    return _dispatch(cloud, request, _COLLECTIONS[name], rest, ())


def _dispatch(
    cloud: Cloud,
    request: Request,
    handlers: tuple[Methods, Methods, str],
    rest: tuple[str, ...],
    before: tuple[str, ...],
) -> Reply:
    collection, item, argument = handlers
    if len(rest) > 1:
        cloud.ctx.unknown_route()
        raise plain(404)
    _check_method(request, {*collection, *item})
    if request.method == "GET":
        lists.check_query(cloud, request)
    if not rest:
        if request.method not in collection:
            raise fault(400, 'Missing argument: "id"')
        return collection[request.method](cloud, request, *before)
    if request.method not in item:
        text = "Error: Base.__init__() takes 1 positional argument but 2 were given"
        raise invalid_input(argument, rest[0], f"unable to convert to the body's type. {text}")
    return item[request.method](cloud, request, *before, rest[0])


def _check_method(request: Request, known: set[str] | tuple[str, ...]) -> None:
    if request.method not in known:
        raise plain(405)

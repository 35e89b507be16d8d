"""Neutron's paths: which handler answers what, and what its router refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import neutron_quotas, security_groups, security_rules, security_tags
from reconciler.emulator.openstack.cloud import Cloud
from reconciler.emulator.openstack.errors import ApiError, neutron

Handler: TypeAlias = Callable[..., Reply]

_COLLECTIONS: Mapping[str, tuple[Mapping[str, Handler], Mapping[str, Handler]]] = {
    "security-groups": (
        {"GET": security_groups.list_groups, "POST": security_groups.create_group},
        {
            "GET": security_groups.get_group,
            "PUT": security_groups.update_group,
            "DELETE": security_groups.delete_group,
        },
    ),
    "security-group-rules": (
        {"GET": security_rules.list_rules, "POST": security_rules.create_rule},
        {
            "GET": security_rules.get_rule,
            "PUT": security_rules.update_rule,
            "DELETE": security_rules.delete_rule,
        },
    ),
}
_TAGS: Mapping[str, Handler] = {
    "GET": security_tags.list_tags,
    "PUT": security_tags.replace_tags,
    "POST": security_tags.add_tags,
    "DELETE": security_tags.delete_tags,
}
_TAG: Mapping[str, Handler] = {
    "GET": security_tags.has_tag,
    "PUT": security_tags.add_tag,
    "DELETE": security_tags.delete_tag,
}
_QUOTA: Mapping[str, Handler] = {
    "GET": neutron_quotas.get_quota,
    "PUT": neutron_quotas.put_quota,
    "DELETE": neutron_quotas.delete_quota,
}


def versions(cloud: Cloud) -> Reply:
    """The version document; it needs no token."""
    links = [{"rel": "self", "href": f"{cloud.base}/network/v2.0/"}]
    return json_reply(200, {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})


def answer(cloud: Cloud, request: Request, words: tuple[str, ...]) -> Reply:
    """Answer a request below ``/network``. Raises ``ApiError``."""
    if words == ("v2.0",) and request.method == "GET":
        return json_reply(200, {"resources": [_resource(cloud, name) for name in _COLLECTIONS]})
    if len(words) > 1 and words[0] == "v2.0":
        name = words[1].removesuffix(".json")
        rest = tuple(word.removesuffix(".json") for word in words[2:])
        if name in _COLLECTIONS:
            return _collection(cloud, request, name, rest)
        if name == "quotas" and len(rest) == 1:
            return _call(_QUOTA, cloud, request, rest[0])
        if name == "quotas" and len(rest) == 2 and rest[1] == "details":
            return _call({"GET": neutron_quotas.get_details}, cloud, request, rest[0])
    cloud.ctx.unknown_route()
    raise _nothing()


def _collection(cloud: Cloud, request: Request, name: str, rest: tuple[str, ...]) -> Reply:
    whole, item = _COLLECTIONS[name]
    if not rest and request.method in item and request.method not in whole:
        # The router takes the missing id for an id, which is looked for first.
        return item[request.method](cloud, request, "None")
    if not rest:
        return _call(whole, cloud, request)
    if len(rest) == 1:
        return _call(item, cloud, request, rest[0])
    if name == "security-groups" and rest[1] == "tags" and len(rest) < 4:
        return _call(_TAGS if len(rest) == 2 else _TAG, cloud, request, rest[0], *rest[2:])
    cloud.ctx.unknown_route()
    raise _nothing()


def _call(handlers: Mapping[str, Handler], cloud: Cloud, request: Request, *ids: str) -> Reply:
    handler = handlers.get(request.method)
    if handler is None:
        text = "The server could not comply with the request since it is either malformed or otherwise incorrect."
        raise neutron(405, "HTTPMethodNotAllowed", text)
    return handler(cloud, request, *ids)


def _nothing() -> ApiError:
    return neutron(404, "HTTPNotFound", "The resource could not be found.")


def _resource(cloud: Cloud, collection: str) -> Mapping[str, object]:
    plural = collection.replace("-", "_")
    links = [{"rel": "self", "href": f"{cloud.base}/network/v2.0/{collection}"}]
    return {"name": plural.removesuffix("s"), "collection": plural, "links": links}

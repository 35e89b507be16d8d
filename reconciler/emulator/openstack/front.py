"""The door of the OpenStack front: which service a path belongs to, the token, and errors in the service's own form."""

from __future__ import annotations

from reconciler.emulator.front import Context, Refused
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.openstack import identity, network, octavia, seeding
from reconciler.emulator.openstack.cloud import Cloud, base_of
from reconciler.emulator.openstack.errors import ApiError, by_status
from reconciler.emulator.seed import SeedAccount


class OpenStackFront:
    """Answers ``/identity/...``, ``/load-balancer/...`` and ``/network/...``."""

    cloud = "openstack"

    def handle(self, request: Request, ctx: Context) -> Reply:
        """Answer one request. Raises ``Refused``."""
        try:
            return _numbered(_answer(request, ctx), ctx)
        except ApiError as error:
            raise Refused(_reply(error, ctx, request.segments[0])) from error

    def refuse(self, request: Request, ctx: Context, status: int) -> Reply:
        """The error of a fault rule in the form of the service that was asked."""
        service = request.segments[0]
        return _reply(by_status(service, status, f"{base_of(request)}/identity/v3"), ctx, service)

    def seed(self, ctx: Context, account: SeedAccount) -> None:
        """Store the objects of one seeded project."""
        seeding.load(ctx, account)


def _answer(request: Request, ctx: Context) -> Reply:
    base = base_of(request)
    service, words = request.segments[0], request.segments[1:]
    if service == "identity":
        return identity.answer(Cloud(ctx, base=base), request, words)
    if not words and request.method == "GET":
        cloud = Cloud(ctx, base=base)
        return octavia.versions(cloud) if service == "load-balancer" else network.versions(cloud)
    cloud = Cloud(ctx, identity.caller_of(ctx, request, f"{base}/identity/v3"), base)
    answer = octavia.answer if service == "load-balancer" else network.answer
    return answer(cloud, request, words)


def _reply(error: ApiError, ctx: Context, service: str) -> Reply:
    reply = json_reply(error.status, error.body, error.headers)
    # A token that Octavia refuses is refused before anything gives the request a number.
    return reply if (service, error.status) == ("load-balancer", 401) else _numbered(reply, ctx)


def _numbered(reply: Reply, ctx: Context) -> Reply:
    """The reply with the number of its request."""
    number = ctx.request_id
    text = f"req-{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"
    return Reply(reply.status, {**reply.headers, "x-openstack-request-id": text}, reply.body)

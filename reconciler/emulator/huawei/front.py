"""The Huawei front: authentication, project check and the frame of every reply."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.emulator.front import Context, Refused
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.huawei import iam, permissions
from reconciler.emulator.huawei.auth import Identity, authenticate
from reconciler.emulator.huawei.errors import ApiError, Service, injected, no_such_api, render
from reconciler.emulator.huawei.routes import ELB, NEUTRON, TAGS, V1, VPC, Handler, Table
from reconciler.emulator.huawei.scope import CLOUD, Scope
from reconciler.emulator.seed import SeedAccount

_IAM_ROUTES = {
    ("auth", "tokens"): ("POST",),
    ("projects",): ("GET",),
    ("auth", "domains"): ("GET",),
    ("auth", "catalog"): ("GET",),
}
_OLD_KINDS = ("security-groups", "security-group-rules")


class Place(NamedTuple):
    """Where a path leads: the service that answers, its routes, the project named, and the path below."""

    service: Service
    table: Table
    project: str | None
    tail: tuple[str, ...]


def locate(request: Request) -> Place:
    """Tell the services apart by path alone: they may share a host."""
    segments = request.segments
    version = segments[0] if segments else ""
    if version == "v3" and segments[1:2] in (("auth",), ("projects",)):
        return Place("iam", {}, None, segments[1:])
    if version == "v3" and segments[2:3] == ("elb",):
        return Place("elb", ELB, segments[1], segments[3:])
    if version == "v3" and segments[2:3] == ("vpc",):
        return Place("vpc", VPC, segments[1], segments[3:])
    if version == "v2.0" and segments[1:2] and segments[1] in _OLD_KINDS:
        return Place("neutron", NEUTRON, None, segments[1:])
    if version in ("v1", "v2.0") and segments[2:3] and segments[2] in _OLD_KINDS:
        return Place("vpc_v1", V1 if version == "v1" else TAGS, segments[1], segments[2:])
    return Place("gateway", {}, None, segments)


class HuaweiFront:
    """Huawei's ELB v3, VPC v3 and IAM under one host."""

    cloud = CLOUD

    def handle(self, request: Request, ctx: Context) -> Reply:
        """Answer a request; a refusal undoes what it had written."""
        place = locate(request)
        service = place.service
        try:
            if service == "iam":
                return self._iam(request, ctx)
            pattern, handler, ids = self._route(place, request, ctx)
            identity = authenticate(request, ctx)
            project = place.project or _implied_project(identity, request, ctx)
            _check_project(service, project, identity, request, ctx)
            needed = permissions.permission(service, request.method, pattern)
            permissions.check(service, needed, ctx.options.huawei.denied_permissions)
            return self._run(service, Scope(ctx, request, project), handler, ids)
        except ApiError as error:
            raise Refused(render(service, _in_words_of(service, error), ctx.request_id)) from error

    def refuse(self, request: Request, ctx: Context, status: int) -> Reply:
        """What the service would answer with ``status``."""
        service = locate(request).service
        return render(service, _in_words_of(service, injected(service, status)), ctx.request_id)

    def seed(self, ctx: Context, account: SeedAccount) -> None:
        """Load one project of a seed."""
        from reconciler.emulator.huawei.seeding import seed_project

        seed_project(ctx, account)

    def _run(self, service: Service, scope: Scope, handler: Handler, ids: tuple[str, ...]) -> Reply:
        dry = service == "vpc" and scope.request.method in ("POST", "PUT") and _is_dry_run(scope)
        status, body = handler(scope, *ids)
        headers = {"x-request-id": scope.ctx.request_id}
        if dry:
            text = "Request validation has been passed with dry run..."
            answer = {"error_code": "SYS.0202", "error_msg": text, "request_id": scope.ctx.request_id}
            raise Refused(json_reply(202, answer, headers))
        if body is None:
            return Reply(status, headers)
        if service in ("elb", "vpc"):
            body = {**body, "request_id": scope.ctx.request_id}
        return json_reply(status, body, headers)

    def _route(self, place: Place, request: Request, ctx: Context) -> tuple[tuple[str, ...], Handler, tuple[str, ...]]:
        tail, table = place.tail, place.table
        keys = [tail]
        if len(tail) > 1:
            keys.append((tail[0], "*", *tail[2:]))
        if len(tail) > 3:
            keys.append((tail[0], "*", tail[2], "*", *tail[4:]))
        found = next(((key, table[key]) for key in keys if key in table), None)
        if found is None or not _offered(found[0], ctx):
            ctx.unknown_route()
            raise _refused_path(ctx, known=False)
        key, methods = found
        if request.method not in methods:
            ctx.unknown_route()
            raise _refused_path(ctx, known=True)
        ids = tuple(part for part, mark in zip(tail, key, strict=True) if mark == "*")
        return key, methods[request.method], ids

    def _iam(self, request: Request, ctx: Context) -> Reply:
        tail = request.segments[1:]
        if request.method not in _IAM_ROUTES.get(tail, ()):
            ctx.unknown_route()
            raise _refused_path(ctx, known=tail in _IAM_ROUTES)
        if tail == ("auth", "tokens"):
            return iam.create_token(request, ctx)
        identity = authenticate(request, ctx)
        if tail == ("projects",):
            body = iam.projects(request, ctx)
        elif tail == ("auth", "domains"):
            body = iam.domains()
        else:
            body = {"catalog": iam.catalog(request, identity.project)}
        return json_reply(200, body, {"x-request-id": ctx.request_id})


def _implied_project(identity: Identity, request: Request, ctx: Context) -> str:
    """The project of a path that names none: the token's, the header's, or the only one there is."""
    accounts = ctx.store.accounts(CLOUD)
    project = identity.project or request.headers.get("x-project-id")
    if project is None and len(accounts) == 1:
        project = accounts[0]
    if project is None:
        raise ApiError(400, "BadRequest", "The project is not known: send X-Project-Id or a token of the project.")
    return project


def _offered(key: tuple[str, ...], ctx: Context) -> bool:
    """Is a route that only some clouds have switched on here?"""
    if key == ("l7policies", "rules"):
        return ctx.options.huawei.rules_listing
    if key[-1] == "batch-create":
        return ctx.options.huawei.batch_security_rules
    return True


def _refused_path(ctx: Context, *, known: bool) -> ApiError:
    if known and ctx.options.huawei.wrong_method_status == 405:
        return injected("gateway", 405)
    return no_such_api()


def _is_dry_run(scope: Scope) -> bool:
    flag = scope.json().get("dry_run")
    if flag is not None and not isinstance(flag, bool):
        raise ApiError(400, "VPC.9901", "Invalid input for 'dry_run': a boolean is required.")
    return bool(flag)


def _check_project(service: Service, project: str, identity: Identity, request: Request, ctx: Context) -> None:
    """The project of the URL must be the caller's."""
    wrong = identity.project not in (None, project)
    wrong = wrong or request.headers.get("x-project-id", project) != project
    accounts = ctx.store.accounts(CLOUD) if ctx.options.verify_signatures else []
    if wrong or (accounts and project not in accounts and ctx.store.meta_get("seed") is not None):
        text = f"The project of the URL ({project}) is not the project of the token or key."
        raise ApiError(400, "VPC.0007", text) if service != "elb" else ApiError(403, "ELB.8903", text)


_NEUTRON_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "PolicyNotAuthorized",
    404: "SecurityGroupNotFound",
    409: "SecurityGroupInUse",
}


def _in_words_of(service: Service, error: ApiError) -> ApiError:
    """The field readers speak for ELB, the security groups for VPC v3; other services have other words."""
    if service == "neutron" and not error.gateway:
        kind = _NEUTRON_TYPES.get(error.status, "HTTPInternalServerError")
        if error.code == "VPC.9905":
            kind = "OverQuota"
        elif "already exists" in error.message:
            kind = "SecurityGroupRuleExists"
        elif error.status == 404 and error.message.startswith("Security_group_rule"):
            kind = "SecurityGroupRuleNotFound"
        return ApiError(error.status, kind, error.message)
    if service in ("vpc", "vpc_v1") and error.code in ("ELB.8902", "ELB.0002"):
        return ApiError(error.status, "VPC.9901", error.message)
    return error

"""The Huawei front: routes, authentication, project check and the frame of every reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reconciler.emulator.front import Context, Refused
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.huawei import iam
from reconciler.emulator.huawei import listeners as ls
from reconciler.emulator.huawei import loadbalancers as lb
from reconciler.emulator.huawei import policies as po
from reconciler.emulator.huawei import pools as pl
from reconciler.emulator.huawei import quotas as qu
from reconciler.emulator.huawei import rules as ru
from reconciler.emulator.huawei import security_groups as sg
from reconciler.emulator.huawei import security_rules as sr
from reconciler.emulator.huawei.auth import Identity, authenticate
from reconciler.emulator.huawei.errors import ApiError, Service, injected, no_such_api, render
from reconciler.emulator.huawei.scope import CLOUD, Scope
from reconciler.emulator.seed import SeedAccount

Answer: TypeAlias = tuple[int, dict[str, Any] | None]
Handler: TypeAlias = Callable[..., Answer]


def _created(key: str, make: Callable[..., Any], view: Callable[..., Any]) -> Handler:
    return lambda scope, *ids: (201, {key: view(scope, make(scope, *ids))})


def _shown(key: str, find: Callable[..., Any], view: Callable[..., Any]) -> Handler:
    return lambda scope, *ids: (200, {key: view(scope, find(scope, *ids))})


def _gone(remove: Callable[..., None], **flags: bool) -> Handler:
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
        (plural,): {"GET": lambda s: (200, module.listing(s)), "POST": _created(key, module.create, module.view)},
        (plural, "*"): {
            "GET": _shown(key, _need(module.KIND), module.view),
            "PUT": _shown(key, module.update, module.view),
            "DELETE": _gone(module.delete),
        },
    }


ELB: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
    **_resource(lb, "loadbalancers", "loadbalancer"),
    **_resource(ls, "listeners", "listener"),
    **_resource(pl, "pools", "pool"),
    **_resource(po, "l7policies", "l7policy"),
    ("loadbalancers", "*", "statuses"): {"GET": lambda s, id: (200, {"statuses": lb.statuses(s, id)})},
    ("loadbalancers", "*", "force-elb"): {"DELETE": _gone(lb.delete, force=True)},
    ("loadbalancers", "*", "delete-cascade"): {"POST": _gone(lb.delete, force=True)},
    ("listeners", "*", "force"): {"DELETE": _gone(ls.delete, force=True)},
    ("listeners", "batch-delete"): {"POST": lambda s: (200, ls.batch_delete(s))},
    ("pools", "*", "delete-cascade"): {"DELETE": _gone(pl.delete, cascade=True)},
    ("pools", "batch-delete"): {"POST": lambda s: (200, pl.batch_delete(s))},
    ("l7policies", "batch-update-priority"): {"POST": _batch_priority},
    ("l7policies", "rules"): {"GET": lambda s: (200, ru.listing(s, None))},
    ("l7policies", "*", "rules"): {
        "GET": lambda s, id: (200, ru.listing(s, id)),
        "POST": _created("rule", ru.create, ru.view),
    },
    ("l7policies", "*", "rules", "*"): {
        "GET": _shown("rule", ru.need, ru.view),
        "PUT": _shown("rule", ru.update, ru.view),
        "DELETE": _gone(ru.delete),
    },
    ("quotas",): {"GET": lambda s: (200, {"quota": qu.quota(s)})},
    ("quotas", "details"): {"GET": lambda s: (200, {"quotas": qu.details(s)})},
}

VPC: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
    ("security-groups",): {
        "GET": lambda s: (200, sg.listing(s)),
        "POST": _created("security_group", sg.create, sg.view),
    },
    ("security-groups", "*"): {
        "GET": _shown("security_group", sg.need, sg.view),
        "PUT": _shown("security_group", sg.update, sg.view),
        "DELETE": _gone(sg.delete),
    },
    ("security-groups", "*", "security-group-rules", "batch-create"): {
        "POST": lambda s, id: (201, {"security_group_rules": [sr.view(s, rule) for rule in sr.batch_create(s, id)]}),
    },
    ("security-group-rules",): {
        "GET": lambda s: (200, sr.listing(s)),
        "POST": _created("security_group_rule", sr.create, sr.view),
    },
    ("security-group-rules", "*"): {
        "GET": _shown("security_group_rule", sr.need, sr.view),
        "DELETE": _gone(sr.delete),
    },
    ("quotas",): {"GET": lambda s: (200, {"quota": sr.vpc_limits(s)})},
}

_TABLES: Mapping[str, Mapping[tuple[str, ...], Mapping[str, Handler]]] = {"elb": ELB, "vpc": VPC}
_IAM_ROUTES = {
    ("auth", "tokens"): ("POST",),
    ("projects",): ("GET",),
    ("auth", "domains"): ("GET",),
    ("auth", "catalog"): ("GET",),
}


class HuaweiFront:
    """Huawei's ELB v3, VPC v3 and IAM under one host."""

    cloud = CLOUD

    def handle(self, request: Request, ctx: Context) -> Reply:
        """Answer a request; a refusal undoes what it had written."""
        service = service_of(request)
        try:
            if service == "iam":
                return self._iam(request, ctx)
            handler, ids = self._route(service, request, ctx)
            identity = authenticate(request, ctx)
            project = request.segments[1]
            _check_project(service, project, identity, request, ctx)
            return self._run(Scope(ctx, request, project), handler, ids)
        except ApiError as error:
            raise Refused(render(service, _in_words_of(service, error), ctx.request_id)) from error

    def refuse(self, request: Request, ctx: Context, status: int) -> Reply:
        """What the service would answer with ``status``."""
        service = service_of(request)
        return render(service, injected(service, status), ctx.request_id)

    def seed(self, ctx: Context, account: SeedAccount) -> None:
        """Load one project of a seed."""
        from reconciler.emulator.huawei.seeding import seed_project

        seed_project(ctx, account)

    def _run(self, scope: Scope, handler: Handler, ids: tuple[str, ...]) -> Reply:
        dry = service_of(scope.request) == "vpc" and scope.request.method in ("POST", "PUT") and _is_dry_run(scope)
        status, body = handler(scope, *ids)
        headers = {"x-request-id": scope.ctx.request_id}
        if dry:
            text = "Request validation has been passed with dry run..."
            answer = {"error_code": "SYS.0202", "error_msg": text, "request_id": scope.ctx.request_id}
            raise Refused(json_reply(202, answer, headers))
        if body is None:
            return Reply(status, headers)
        return json_reply(status, {**body, "request_id": scope.ctx.request_id}, headers)

    def _route(self, service: Service, request: Request, ctx: Context) -> tuple[Handler, tuple[str, ...]]:
        tail = request.segments[3:]
        keys = [tail]
        if len(tail) > 1:
            keys.append((tail[0], "*", *tail[2:]))
        if len(tail) > 3:
            keys.append((tail[0], "*", tail[2], "*", *tail[4:]))
        table = _TABLES.get(service, {})
        found = next(((key, table[key]) for key in keys if key in table), None)
        if found is None or not _offered(found[0], ctx):
            ctx.unknown_route()
            raise _refused_path(ctx, known=False)
        key, methods = found
        if request.method not in methods:
            ctx.unknown_route()
            raise _refused_path(ctx, known=True)
        return methods[request.method], tuple(part for part, mark in zip(tail, key, strict=True) if mark == "*")

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


def service_of(request: Request) -> Service:
    """Which service a path belongs to."""
    segments = request.segments
    if segments[:1] == ("v3",) and segments[1:2] in (("auth",), ("projects",)):
        return "iam"
    if segments[:1] == ("v3",) and segments[2:3] == ("elb",):
        return "elb"
    if segments[:1] == ("v3",) and segments[2:3] == ("vpc",):
        return "vpc"
    return "gateway"


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
        raise ApiError(400, "VPC.0007", text) if service == "vpc" else ApiError(403, "ELB.8903", text)


def _in_words_of(service: Service, error: ApiError) -> ApiError:
    """The field readers speak for ELB; the VPC service says the same under its own code."""
    if service == "vpc" and error.code in ("ELB.8902", "ELB.0002"):
        return ApiError(error.status, "VPC.9901", error.message)
    return error

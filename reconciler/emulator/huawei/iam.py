"""The calls of IAM that clients of ELB and VPC make (huawei.md 1.2)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.front import Context
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.huawei.auth import TOKEN_SHELF
from reconciler.emulator.huawei.errors import ApiError
from reconciler.emulator.huawei.scope import CLOUD
from reconciler.emulator.ids import stable_hex

DOMAIN_NAME = "emulator"


def domain_id() -> str:
    """The one account that everything belongs to."""
    return stable_hex("domain", DOMAIN_NAME)


def project_info(ctx: Context, project: str) -> dict[str, Any]:
    """A project as IAM describes it; a seed may give its name."""
    seeded = ctx.store.get(CLOUD, project, "project", project) or {}
    return {"id": project, "name": seeded.get("name"), "domain_id": domain_id(), "enabled": True}


def find_projects(ctx: Context, name: str | None) -> list[dict[str, Any]]:
    """The projects of a name. Projects without a seeded name bear every name; with no project at all one is made up."""
    known = [project_info(ctx, project) for project in ctx.store.accounts(CLOUD)]
    if name is None:
        return [{**item, "name": item["name"] or item["id"]} for item in known]
    named = [item for item in known if item["name"] == name]
    if named or known:
        return named or [{**item, "name": name} for item in known if item["name"] is None]
    return [{"id": stable_hex("project", name), "name": name, "domain_id": domain_id(), "enabled": True}]


def projects(request: Request, ctx: Context) -> dict[str, Any]:
    """``GET /v3/projects``."""
    return {"projects": find_projects(ctx, request.value("name")), "links": {"next": None, "previous": None}}


def domains() -> dict[str, Any]:
    """``GET /v3/auth/domains``."""
    return {"domains": [{"id": domain_id(), "name": DOMAIN_NAME, "enabled": True}], "links": {"next": None}}


def catalog(request: Request, project: str | None) -> list[dict[str, Any]]:
    """The services and where they are: all on the host that was asked."""
    scheme = request.headers.get("x-forwarded-proto", "http")
    base = f"{scheme}://{request.host}"
    suffix = f"/{project}" if project else ""
    urls = {"elb": f"{base}/v3{suffix}", "vpc": f"{base}/v3{suffix}", "iam": f"{base}/v3"}
    return [
        {
            "id": stable_hex("service", kind),
            "name": kind,
            "type": kind,
            "endpoints": [
                {"id": stable_hex("endpoint", kind), "interface": "public", "region": "*", "region_id": "*", "url": url}
            ],
        }
        for kind, url in urls.items()
    ]


def _part(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _scope(ctx: Context, scope: Any) -> tuple[str | None, dict[str, Any]]:
    """The project of a token (None: the domain) and its part of the token body."""
    domain = {"id": domain_id(), "name": DOMAIN_NAME}
    project = _part(scope, "project")
    if project is None:
        return None, {"domain": domain}
    id, name = _part(project, "id"), _part(project, "name")
    if id is not None:
        found = [info for info in find_projects(ctx, None) if info["id"] == id] or (
            [] if ctx.store.accounts(CLOUD) else [{"id": str(id), "name": str(id)}]
        )
    else:
        found = find_projects(ctx, str(name)) if name else []
    if len(found) != 1:
        raise ApiError(401, "IAM.0101", "The project of the scope could not be found.")
    return found[0]["id"], {"project": {"id": found[0]["id"], "name": found[0]["name"], "domain": domain}}


def create_token(request: Request, ctx: Context) -> Reply:
    """``POST /v3/auth/tokens``: password only. The token is in the header ``X-Subject-Token``."""
    try:
        body = request.json()
    except ValueError:
        raise ApiError(400, "IAM.0011", "Request body is invalid.") from None
    identity = _part(body, "auth", "identity")
    user = _part(identity, "password", "user")
    name, password = _part(user, "name"), _part(user, "password")
    if _part(identity, "methods") != ["password"] or not isinstance(name, str) or not isinstance(password, str):
        raise ApiError(400, "IAM.0011", "Request body is invalid.")
    known = ctx.options.users
    if (known or ctx.options.verify_signatures) and known.get(name) != password:
        raise ApiError(401, "IAM.0101", "The username or password is wrong.")
    scope = _part(body, "auth", "scope")
    if scope is not None and len([key for key in ("project", "domain") if _part(scope, key) is not None]) != 1:
        raise ApiError(400, "IAM.0011", "Exactly one of project and domain is required in scope.")
    project, scoped = _scope(ctx, scope)
    token = "MII" + "".join(stable_hex("token", ctx.new_id(), part) for part in range(4))
    expires = ctx.now + ctx.options.huawei.token_lifetime
    ctx.store.put(*TOKEN_SHELF, token, {"id": token, "project": project, "expires": expires})
    answer: dict[str, Any] = {
        "methods": ["password"],
        "issued_at": _time(ctx.now),
        "expires_at": _time(expires),
        **scoped,
        "user": {
            "id": stable_hex("user", name),
            "name": name,
            "password_expires_at": "",
            "domain": {"id": domain_id(), "name": DOMAIN_NAME},
        },
        "roles": [{"id": "0", "name": "te_admin"}],
        "catalog": [] if (request.value("nocatalog") or "").lower() == "true" else catalog(request, project),
    }
    return json_reply(201, {"token": answer}, {"x-subject-token": token, "x-request-id": ctx.request_id})


def _time(seconds: float) -> str:
    whole = int(seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((seconds - whole) * 1e6):06d}Z"

"""Keystone v3: tokens for a password or an application credential, and the versions (openstack.md 2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.emulator.front import Context
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.ids import stable_hex
from reconciler.emulator.openstack.cloud import NOBODY, Caller, Cloud, projects, read_json
from reconciler.emulator.openstack.errors import (
    UNAUTHENTICATED,
    keystone,
    malformed,
    unauthorized,
    unknown_url,
)
from reconciler.emulator.store import Object

_DOMAIN = {"id": "default", "name": "Default"}
_VERSION: Mapping[str, Any] = {
    "id": "v3.14",
    "status": "stable",
    "updated": "2020-04-07T00:00:00Z",
    "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
}


def answer(cloud: Cloud, request: Request, words: tuple[str, ...]) -> Reply:
    """Answer a request below ``/identity``. Raises ``ApiError``."""
    version = {**_VERSION, "links": [{"rel": "self", "href": f"{cloud.base}/identity/v3/"}]}
    if not words and request.method in ("GET", "HEAD"):
        return json_reply(300, {"versions": {"values": [version]}})
    if words == ("v3",) and request.method in ("GET", "HEAD"):
        return json_reply(200, {"version": version})
    if words == ("v3", "auth", "tokens"):
        if request.method == "POST":
            return _create_token(cloud, request)
        if request.method in ("GET", "HEAD", "DELETE"):
            return _existing_token(cloud, request)
        raise keystone(405, "The method is not allowed for the requested URL.")
    cloud.ctx.unknown_route()
    raise unknown_url()


def caller_of(ctx: Context, request: Request, auth_url: str) -> Caller:
    """Who an ``X-Auth-Token`` speaks for. Raises ``ApiError`` 401 for one that is missing, unknown or expired."""
    token = request.headers.get("x-auth-token", "")
    found = Cloud(ctx).find("tokens", token) if token else None
    if found is None or found["expires"] <= ctx.now:
        raise unauthorized(auth_url)
    return Caller(found["project"], frozenset(found["roles"]))


def _create_token(cloud: Cloud, request: Request) -> Reply:
    try:
        body = read_json(request) if request.body.strip() else {}
    except ValueError as error:
        raise malformed("Expecting to find valid JSON in request body.") from error
    if not isinstance(body, Mapping) or "auth" not in body:
        raise malformed("Expecting to find auth in request body.")
    auth = _mapping(body["auth"], "auth")
    if "identity" not in auth:
        raise keystone(400, "'identity' is a required property")
    identity = _mapping(auth["identity"], "identity")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not all(isinstance(method, str) for method in methods):
        raise keystone(400, "Invalid input for field 'identity': 'methods' is a required property")
    if methods == ["password"]:
        user = _password_user(cloud, identity)
        scope = auth.get("scope")
    elif methods == ["application_credential"]:
        if "scope" in auth:
            text = "Application credentials cannot request a scope."
            raise keystone(401, f"Error authenticating with application credential: {text}")
        user, scope = _credential_user(cloud, identity), None
    elif set(methods) <= {"password", "application_credential"}:
        raise keystone(401, UNAUTHENTICATED)
    else:
        raise keystone(401, "Attempted to authenticate with an unsupported method.")
    project = _project(cloud, scope)
    return _issue(cloud, user, project, methods)


def _password_user(cloud: Cloud, identity: Mapping[str, Any]) -> str:
    if "password" not in identity:
        raise malformed("Expecting to find password in identity.")
    user = _mapping(_mapping(identity["password"], "password").get("user"), "user")
    name, password = user.get("name") or user.get("id"), user.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        raise malformed("Expecting to find user and password in identity.")
    if "id" not in user and not isinstance(user.get("domain"), Mapping):
        raise malformed("Expecting to find domain in user.")
    options = cloud.ctx.options
    if (options.users or options.verify_signatures) and options.users.get(name) != password:
        raise keystone(401, UNAUTHENTICATED)
    return name


def _credential_user(cloud: Cloud, identity: Mapping[str, Any]) -> str:
    if "application_credential" not in identity:
        raise malformed("Expecting to find application_credential in identity.")
    credential = _mapping(identity["application_credential"], "application_credential")
    id, secret = credential.get("id") or credential.get("name"), credential.get("secret")
    if not isinstance(id, str) or not isinstance(secret, str):
        raise malformed("Expecting to find id and secret in application_credential.")
    known = cloud.options.application_credentials
    if known or cloud.ctx.options.verify_signatures:
        if id not in known:
            raise keystone(404, f"Could not find Application Credential: {id}.")
        if known[id] != secret:
            raise keystone(401, UNAUTHENTICATED)
    return f"application credential {id}"


def _project(cloud: Cloud, scope: Any) -> tuple[str, str] | None:
    """Id and name of the project a token is for; without a scope the user's default project, if there is only one."""
    known = projects(cloud.ctx)
    if scope is None:
        if len(known) == 1:
            return next(iter(known.items()))
        return None if known else (stable_hex("openstack project", "default"), "default")
    if scope == "unscoped":
        return None
    wanted = _mapping(scope, "scope").get("project")
    if wanted is None:
        # A domain or the whole system: nobody here has a role there.
        raise keystone(401, UNAUTHENTICATED)
    id, name = _mapping(wanted, "project").get("id"), _mapping(wanted, "project").get("name")
    if isinstance(id, str):
        if known and id not in known:
            raise keystone(401, UNAUTHENTICATED)
        return id, known.get(id, id)
    if not isinstance(name, str):
        raise malformed("Expecting to find name or id in project.")
    if not isinstance(_mapping(wanted, "project").get("domain"), Mapping):
        raise malformed("Expecting to find domain in project.")
    if not known:
        return stable_hex("openstack project", name), name
    found = [(id, given) for id, given in known.items() if given == name]
    if not found and len(known) == 1 and next(iter(known.items()))[0] == next(iter(known.items()))[1]:
        # One project without a name of its own bears every name.
        return next(iter(known)), name
    if len(found) != 1:
        raise keystone(401, UNAUTHENTICATED)
    return found[0]


def _issue(cloud: Cloud, user: str, project: tuple[str, str] | None, methods: list[str]) -> Reply:
    token = "gAAAAA" + "".join(stable_hex("openstack token", cloud.ctx.new_id(), part) for part in range(5))
    roles = cloud.options.user_roles.get(user, cloud.options.default_roles).split("+")
    expires = cloud.now + cloud.options.token_seconds
    stored: Object = {
        "id": token,
        "project": project[0] if project else None,
        "project_name": project[1] if project else None,
        "roles": [role for role in roles if role],
        "user": user,
        "methods": methods,
        "issued": cloud.now,
        "expires": expires,
    }
    for old in cloud.all("tokens"):
        if old["expires"] + cloud.options.token_seconds < cloud.now:
            cloud.drop("tokens", old["id"])
    cloud.put("tokens", stored)
    return json_reply(201, {"token": _view(cloud, stored)}, {"x-subject-token": token, "vary": "X-Auth-Token"})


def _existing_token(cloud: Cloud, request: Request) -> Reply:
    """GET what a token says, DELETE it: with a token of one's own."""
    if caller_of(cloud.ctx, request, f"{cloud.base}/identity/v3") == NOBODY:
        raise keystone(401, UNAUTHENTICATED)
    token = request.headers.get("x-subject-token", "")
    found = cloud.find("tokens", token) if token else None
    if found is None or found["expires"] <= cloud.now:
        raise keystone(404, "Could not find token.")
    if request.method == "DELETE":
        cloud.drop("tokens", token)
        return Reply(204)
    return json_reply(200, {"token": _view(cloud, found)}, {"x-subject-token": token, "vary": "X-Auth-Token"})


def _view(cloud: Cloud, token: Object) -> Object:
    user = {"domain": _DOMAIN, "id": stable_hex("user", token["user"]), "name": token["user"]}
    body: Object = {
        "methods": token["methods"],
        "user": {**user, "password_expires_at": None},
        "audit_ids": [stable_hex("audit", token["id"])[:22]],
        "expires_at": _time(token["expires"]),
        "issued_at": _time(token["issued"]),
    }
    if token["project"] is None:
        return body
    return {
        **body,
        "project": {"domain": _DOMAIN, "id": token["project"], "name": token["project_name"]},
        "is_domain": False,
        "roles": [{"id": stable_hex("role", role), "name": role} for role in token["roles"]],
        "catalog": _catalog(cloud),
    }


def _catalog(cloud: Cloud) -> list[Object]:
    """The three services, all on the host that was asked."""
    versioned = cloud.options.catalog_versions == "present"
    urls = {
        ("load-balancer", "octavia"): "/load-balancer" + ("/v2" if versioned else ""),
        ("network", "neutron"): "/network" + ("/v2.0" if versioned else ""),
        ("identity", "keystone"): "/identity/v3",
    }
    return [
        {
            "endpoints": [
                {
                    "id": stable_hex("endpoint", kind, interface),
                    "interface": interface,
                    "region_id": cloud.options.region,
                    "url": cloud.base + path,
                    "region": cloud.options.region,
                }
                for interface in ("public", "internal", "admin")
            ],
            "id": stable_hex("service", kind),
            "type": kind,
            "name": name,
        }
        for (kind, name), path in urls.items()
    ]


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise keystone(400, f"Invalid input for field '{name}': {value!r} is not of type 'object'")
    return value


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")

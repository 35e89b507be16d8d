"""An OpenStack Provider document as settings: how to log in, which region and interface, which endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection
from reconciler.providers.credentials import Source, provider_address
from reconciler.providers.hosts import Endpoint, TrustedHosts, parse_endpoint
from reconciler.providers.openstack.config import CloudConfig, ConfigProblem, load

SERVICES = ("load-balancer", "network")
"""The services that are used, by their types in the catalog."""

INTERFACES = ("public", "internal", "admin")
EMULATED = "https://openstack.emulated.invalid"
"""Where the embedded emulator is the cloud: nothing is read from the user's own configuration then, and endpoints (once
they are checked), region and interface of the manifest are those of the cloud that is imitated.
"""

_VERSION = re.compile(r"/v\d+(?:\.\d+)?(?:/lbaas)?/?$")
_HINT = (
    "set OS_CLOUD (or spec.cloud) to an entry of clouds.yaml, or OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, "
    "OS_PROJECT_NAME and their domains"
)
_SECRETS = frozenset({"password", "token", "application_credential_secret", "passcode"})
_DUMMIES = {"username": "emulated", "password": "emulated", "user_domain_id": "default"}


class CatalogHosts(TrustedHosts):
    """The host of the ``auth_url``, and those that the catalog names once there is one."""

    __slots__ = ("catalog",)

    catalog: set[tuple[str, int | None]]

    @classmethod
    def around(cls, own: tuple[str, ...], environ: Mapping[str, str]) -> CatalogHosts:
        """``own`` hosts, and those of RECONCILE_TRUSTED_HOSTS."""
        found = cls(own, TrustedHosts.of((), environ).further)
        object.__setattr__(found, "catalog", set())
        return found

    def trusts(self, endpoint: Endpoint) -> bool:
        """Also a host and port that the catalog named."""
        return (endpoint.host, endpoint.port) in self.catalog or TrustedHosts.trusts(self, endpoint)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a connection needs. ``identity`` is the body of the login; ``endpoints`` override the catalog's."""

    name: str
    auth_url: Endpoint
    identity: Mapping[str, Json] = field(hash=False, repr=False)
    secrets: tuple[str, ...] = field(hash=False, repr=False)
    region: str | None
    interface: str
    endpoints: Mapping[str, Endpoint] = field(hash=False)
    hosts: CatalogHosts = field(hash=False)
    ca_file: str | None = None


def settings(spec: ProviderSpec, connection: Connection) -> Settings:
    """Read a Provider document and the configuration that it points to.

    Raises:
        DiagnosticError: no cloud is configured, its configuration cannot be used, or credentials are missing.
        UntrustedEndpoint: an endpoint of the manifest that the credentials do not belong to.
    """
    address, document = provider_address(spec.name), spec.spec
    source = Source(spec, connection)
    given = source.given()
    cloud = _emulated() if connection.dummy_credentials else _configured(spec, connection, address)
    _refuse_unsupported(cloud, address)
    named = _named_endpoints(document, address)
    auth, auth_type = _login(cloud, given)
    told = auth.get("auth_url")
    configured = parse_endpoint(told, ("spec",), address) if told else None
    auth_url = named.get("identity", configured)
    if auth_url is None:
        raise source.missing("neither clouds.yaml nor OS_AUTH_URL tells where Keystone is", _HINT)
    overrides = {service: e for service in SERVICES if (e := _override_endpoint(cloud, service, address)) is not None}
    own = {endpoint.host for endpoint in (configured, *overrides.values()) if endpoint is not None}
    hosts = CatalogHosts.around(tuple(sorted(own)), connection.environ)
    for endpoint in (auth_url, *overrides.values(), *named.values()):
        hosts.check(endpoint)
    if connection.dummy_credentials:
        auth_url, named = configured or auth_url, {}
    identity = _identity(source, auth, auth_type, _project(document))
    return Settings(
        spec.name, stripped(auth_url), identity, _secrets(auth), _text(document, "region", cloud.rest, "region_name"),
        _interface(document, cloud.rest), {**overrides, **{s: named[s] for s in SERVICES if s in named}}, hosts,
        _ca_file(document, cloud.rest),
    )  # fmt: skip


def stripped(endpoint: Endpoint) -> Endpoint:
    """The endpoint without the version that some clouds put at its end (``/v3``, ``/v2.0``)."""
    return Endpoint(endpoint.scheme, endpoint.host, endpoint.port, _VERSION.sub("", endpoint.prefix))


def _configured(spec: ProviderSpec, connection: Connection, address: str) -> CloudConfig:
    cloud = spec.spec.get("cloud")
    try:
        return load(cloud if isinstance(cloud, str) else None, connection.environ, connection.directory)
    except ConfigProblem as problem:
        hint = "see `openstack --os-cloud NAME token issue`: the same files and variables are read here"
        raise DiagnosticError(
            Diagnostic("AUTH-CLOUD", f"provider {spec.name!r}: {problem}", hint=hint, path=("spec",), address=address)
        ) from None


def _login(cloud: CloudConfig, given: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """What to log in with, and how (``""``: told by what there is). A secret of the manifest replaces all others."""
    if not given.keys() & _SECRETS:
        return {**cloud.auth, **given}, str(cloud.rest.get("auth_type") or "")
    return {**{k: v for k, v in cloud.auth.items() if k not in _SECRETS}, **given}, ""


def _emulated() -> CloudConfig:
    overrides = {f"{s.replace('-', '_')}_endpoint_override": f"{EMULATED}/{s}" for s in SERVICES}
    return CloudConfig("emulated", {"auth_url": f"{EMULATED}/identity/v3", **_DUMMIES}, overrides)


def _project(document: Mapping[str, Json]) -> dict[str, str]:
    return {key: str(document[key]) for key in ("project_id", "project_name") if document.get(key)}


def _named_endpoints(document: Mapping[str, Json], address: str) -> dict[str, Endpoint]:
    given = document.get("endpoints")
    found: dict[str, Endpoint] = {}
    for service, text in given.items() if isinstance(given, Mapping) else ():
        endpoint = parse_endpoint(str(text), ("spec", "endpoints", service), address)
        found[service] = endpoint if service == "identity" else stripped(endpoint)
    return found


def _override_endpoint(cloud: CloudConfig, service: str, address: str) -> Endpoint | None:
    text = cloud.rest.get(f"{service.replace('-', '_')}_endpoint_override")
    return stripped(parse_endpoint(text, ("spec", "cloud"), address)) if isinstance(text, str) and text else None


def _refuse_unsupported(cloud: CloudConfig, address: str) -> None:
    """Options of clouds.yaml that would change how TLS works, and that our own transport does not follow."""
    rest = cloud.rest
    off = rest.get("verify") in (False, "False", "false", "0") or str(rest.get("insecure", "")).lower() in ("true", "1")
    what = "switches TLS verification off" if off else "names a client certificate" if rest.get("cert") else ""
    if what:
        hint = "name the authority instead: cacert in clouds.yaml, OS_CACERT, or spec.ca_file"
        problem = f"the configured cloud {what}, which reconcile does not do"
        raise DiagnosticError(Diagnostic("AUTH-CLOUD", problem, hint=hint, path=("spec",), address=address))


def _interface(document: Mapping[str, Json], rest: Mapping[str, Json]) -> str:
    told = str(document.get("interface") or rest.get("interface") or rest.get("endpoint_type") or "public")
    return told.removesuffix("URL")


def _ca_file(document: Mapping[str, Json], rest: Mapping[str, Json]) -> str | None:
    found = document.get("ca_file") or rest.get("cacert")
    return found if isinstance(found, str) else None


def _text(document: Mapping[str, Json], name: str, rest: Mapping[str, Json], other: str) -> str | None:
    found = document.get(name) or rest.get(other)
    return found if isinstance(found, str) and found else None


def _secrets(auth: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(value for name, value in auth.items() if name in _SECRETS)


# ------------------------------------------------------------------------------------------------ the login
def _identity(source: Source, auth: Mapping[str, str], auth_type: str, project: dict[str, str]) -> dict[str, Json]:
    """The body of ``POST /v3/auth/tokens`` (openstack.md 2): application credential, token, or password."""
    kind = auth_type.removeprefix("v3")
    if kind not in ("", "password", "token", "applicationcredential"):
        raise source.incomplete(
            f"auth_type {auth_type} is not supported", "use password, token or v3applicationcredential"
        )
    secret = auth.get("application_credential_secret")
    if kind == "applicationcredential" or (secret and kind != "token"):
        return {"auth": {"identity": _application_credential(source, auth, secret)}}
    scope = _scope(source, auth, project)
    if kind == "token" or ("token" in auth and "password" not in auth):
        if "token" not in auth:
            raise source.incomplete("auth_type token without a token", "set OS_TOKEN")
        return {"auth": {"identity": {"methods": ["token"], "token": {"id": auth["token"]}}, **scope}}
    if "password" not in auth or not (auth.get("username") or auth.get("user_id")):
        raise source.missing("there is no user and password, token or application credential", _HINT)
    user = {**_user(auth), "password": auth["password"]}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, **scope}}


def _application_credential(source: Source, auth: Mapping[str, str], secret: str | None) -> dict[str, Json]:
    """No scope goes with it: the project is the one it was made in."""
    named = auth.get("application_credential_name")
    identified = auth.get("application_credential_id")
    if not secret or not (identified or (named and (auth.get("username") or auth.get("user_id")))):
        hint = "set OS_APPLICATION_CREDENTIAL_ID and OS_APPLICATION_CREDENTIAL_SECRET"
        raise source.incomplete("an application credential has an id (or a name and its user) and a secret", hint)
    who: dict[str, Json] = {"id": identified} if identified else {"name": named, "user": _user(auth)}
    return {"methods": ["application_credential"], "application_credential": {**who, "secret": secret}}


def _user(auth: Mapping[str, str]) -> dict[str, Json]:
    if auth.get("user_id"):
        return {"id": auth["user_id"]}
    return {"name": auth["username"], "domain": _domain(auth, "user")}


def _domain(auth: Mapping[str, str], whose: str) -> dict[str, Json]:
    for name in (f"{whose}_domain", "domain", "default_domain"):
        if auth.get(f"{name}_id"):
            return {"id": auth[f"{name}_id"]}
        if auth.get(f"{name}_name"):
            return {"name": auth[f"{name}_name"]}
    return {"id": auth.get("default_domain") or "default"}


def _scope(source: Source, auth: Mapping[str, str], project: dict[str, str]) -> dict[str, Json]:
    """The project that the token is for; none: the user's default project, if Keystone knows one."""
    if auth.get("trust_id") or auth.get("system_scope"):
        raise source.incomplete("a trust or the system is no scope for load balancers", "name a project")
    own = project or {k: v for k, v in auth.items() if k.startswith(("project_", "tenant_"))}
    identified = own.get("project_id") or own.get("tenant_id")
    if identified:
        return {"scope": {"project": {"id": identified}}}
    named = own.get("project_name") or own.get("tenant_name")
    return {"scope": {"project": {"name": named, "domain": _domain(auth, "project")}}} if named else {}

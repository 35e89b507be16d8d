"""A Gcore Provider document as settings: endpoint, project, region and the API key."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection
from reconciler.providers.credentials import Source, provider_address
from reconciler.providers.gcore import HOSTS
from reconciler.providers.hosts import Endpoint, TrustedHosts, parse_endpoint
from reconciler.records import dataclass, field

DEFAULT_ENDPOINT = "https://api.gcore.com"
VARIABLES: Mapping[str, tuple[str, ...]] = {
    "api_key": ("GCORE_API_KEY",),
    "project_id": ("GCORE_CLOUD_PROJECT_ID",),
    "region_id": ("GCORE_CLOUD_REGION_ID",),
    "endpoint": ("GCORE_BASE_URL",),
}
"""The variables of the cloud's SDK."""

_DUMMY = "1$e0000000000000000000000000000000000000000000000000000000000000001"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a connection needs."""

    name: str
    project_id: int
    region_id: int
    endpoint: Endpoint
    hosts: TrustedHosts = field(hash=False)
    api_key: str = field(default="", repr=False)


def settings(spec: ProviderSpec, connection: Connection) -> Settings:
    """Read a Provider document. Project and region come from it, else from the SDK's own variables.

    ``endpoints.api``, else ``GCORE_BASE_URL``; one that ends in ``/cloud``, as the Terraform
    provider wants it, means the same.

    Raises:
        DiagnosticError: no project or region, an endpoint that is none, no API key.
        UntrustedEndpoint: an endpoint that the key does not belong to.
    """
    environ, address = connection.environ, provider_address(spec.name)
    endpoint = _endpoint(spec, _variable(environ, "endpoint"), address)
    hosts = TrustedHosts.of(HOSTS, environ)
    hosts.check(endpoint)
    project = _number(spec, "project_id", _variable(environ, "project_id"), address)
    region = _number(spec, "region_id", _variable(environ, "region_id"), address)
    return Settings(spec.name, project, region, endpoint, hosts, _api_key(spec, connection))


def _variable(environ: Mapping[str, str], place: str) -> str:
    return next((environ[name] for name in VARIABLES[place] if environ.get(name)), "")


def _endpoint(spec: ProviderSpec, variable: str, address: str) -> Endpoint:
    endpoints = spec.spec.get("endpoints")
    given = endpoints.get("api") if isinstance(endpoints, Mapping) else None
    text = given if isinstance(given, str) else variable or DEFAULT_ENDPOINT
    found = parse_endpoint(text, ("spec", "endpoints", "api"), address)
    return Endpoint(found.scheme, found.host, found.port, found.prefix.removesuffix("/cloud"))


def _number(spec: ProviderSpec, name: str, variable: str, address: str) -> int:
    value = spec.spec.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is None and variable.isdigit():
        return int(variable)
    problem = f"provider {spec.name!r} has no {name}"
    hint = f"set spec.{name} (or GCORE_CLOUD_{name.upper()}) to the number that the Gcore portal shows"
    raise DiagnosticError(Diagnostic("CONN-REGION", problem, hint=hint, path=("spec",), address=address))


def _api_key(spec: ProviderSpec, connection: Connection) -> str:
    source = Source(spec, connection)
    found = source.given()
    if not found and not spec.spec.get("credentials"):
        found = source.variables({"api_key": VARIABLES["api_key"]})
    if "api_key" in found:
        return found["api_key"]
    if connection.dummy_credentials:
        return _DUMMY
    raise source.missing(
        "neither spec.credentials.api_key nor GCORE_API_KEY is set",
        "set GCORE_API_KEY (in single quotes: the key holds a $), or spec.credentials.api_key",
    )

"""A Huawei Provider document as settings: endpoints, region, project and credentials."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection
from reconciler.providers.credentials import Source, provider_address
from reconciler.providers.hosts import Endpoint, TrustedHosts, parse_endpoint
from reconciler.providers.huawei import HOSTS
from reconciler.records import dataclass, field

SERVICES = ("elb", "vpc", "iam")

_EU_REGIONS = frozenset({"eu-west-101"})
"""Regions of the European cloud, whose hosts end in ``.eu``."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "access_key": ("HUAWEICLOUD_SDK_AK", "HW_ACCESS_KEY"),
    "secret_key": ("HUAWEICLOUD_SDK_SK", "HW_SECRET_KEY"),
    "security_token": ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "HW_SECURITY_TOKEN"),
    "token": ("HW_AUTH_TOKEN",),
    "username": ("HW_USER_NAME",),
    "password": ("HW_USER_PASSWORD",),
    "domain": ("HW_DOMAIN_NAME",),
}
"""The cloud's own variables: of its SDK first, then of its Terraform provider."""

OTC_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "access_key": ("OS_ACCESS_KEY",),
    "secret_key": ("OS_SECRET_KEY",),
    "security_token": ("OS_SECURITY_TOKEN",),
    "token": ("OS_AUTH_TOKEN", "OS_TOKEN"),
    "username": ("OS_USERNAME",),
    "password": ("OS_PASSWORD",),
    "domain": ("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"),
}
"""Variables of Open Telekom Cloud's Terraform provider: read only where every endpoint is one of that cloud, because
elsewhere they belong to some OpenStack."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "region": ("HW_REGION_NAME", "HUAWEICLOUD_SDK_REGION"),
    "project_id": ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"),
    "project_name": ("HW_PROJECT_NAME",),
}
"""Variables for what a Provider document may leave out; the first one that is set counts."""

_DUMMIES = {"access_key": "EMULATORACCESSKEY000", "secret_key": "emulatorsecretkeyemulatorsecretkey000000"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a connection needs. ``credentials`` is complete for one way: key, token, or password."""

    name: str
    region: str | None
    project_id: str | None
    project_name: str | None
    endpoints: Mapping[str, Endpoint] = field(hash=False)
    hosts: TrustedHosts = field(hash=False)
    credentials: Mapping[str, str] = field(hash=False, repr=False)


def settings(spec: ProviderSpec, connection: Connection) -> Settings:
    """Read a Provider document.

    Raises:
        DiagnosticError: an endpoint that is none, no region, credentials that are missing or incomplete.
        UntrustedEndpoint: an endpoint that the credentials do not belong to.
    """
    environ = connection.environ
    document = spec.spec
    region = _text(document.get("region")) or _variable(environ, "region")
    endpoints = _endpoints(spec, region)
    hosts = TrustedHosts.of(HOSTS, environ)
    for endpoint in endpoints.values():
        hosts.check(endpoint)
    otc = all(endpoint.host.endswith(".otc.t-systems.com") for endpoint in endpoints.values())
    project_id = _text(document.get("project_id"))
    project_name: str | None = None
    if not project_id:
        project_id = _variable(environ, "project_id")
        project_name = _variable(environ, "project_name")
        if otc and not project_id:
            project_id = environ.get("OS_PROJECT_ID") or environ.get("OS_TENANT_ID") or None
            project_name = project_name or environ.get("OS_PROJECT_NAME") or environ.get("OS_TENANT_NAME") or None
    credentials = _credentials(spec, connection, otc)
    return Settings(
        spec.name, region or None, project_id, project_name or region or None, endpoints, hosts, credentials
    )


def _variable(environ: Mapping[str, str], place: str) -> str | None:
    return next((environ[name] for name in PLACES[place] if environ.get(name)), None)


def _endpoints(spec: ProviderSpec, region: str | None) -> dict[str, Endpoint]:
    address = provider_address(spec.name)
    given = spec.spec.get("endpoints")
    given = given if isinstance(given, Mapping) else {}
    found: dict[str, Endpoint] = {}
    for service in SERVICES:
        text = given.get(service)
        if isinstance(text, str):
            found[service] = parse_endpoint(text, ("spec", "endpoints", service), address)
            continue
        if not region:
            problem = f"provider {spec.name!r} has no region, and no endpoint for {service}"
            hint = "set spec.region (or HW_REGION_NAME)"
            raise DiagnosticError(Diagnostic("CONN-REGION", problem, hint=hint, path=("spec",), address=address))
        domain = "myhuaweicloud.eu" if region in _EU_REGIONS else "myhuaweicloud.com"
        found[service] = parse_endpoint(f"https://{service}.{region}.{domain}", ("spec", "region"), address)
    return found


def _credentials(spec: ProviderSpec, connection: Connection, otc: bool) -> dict[str, str]:
    source = Source(spec, connection)
    found = source.given()
    if not found and not spec.spec.get("credentials"):
        found = source.variables(VARIABLES)
        if not found and otc:
            found = source.variables(OTC_VARIABLES)
    ways = (("access_key", "secret_key"), ("token",), ("username", "password", "domain"))
    for way in ways:
        if all(name in found for name in way):
            return {name: found[name] for name in (*way, "security_token") if name in found}
    if connection.dummy_credentials:
        return dict(_DUMMIES)
    hint = "set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (or HW_ACCESS_KEY and HW_SECRET_KEY), or spec.credentials"
    if not found:
        raise source.missing("neither spec.credentials nor the cloud's own variables are set", hint)
    present = ", ".join(sorted(found))
    raise source.incomplete(
        f"{present} alone is not enough: access_key + secret_key, or token, or username + password + domain", hint
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

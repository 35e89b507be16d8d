"""Logging in to Keystone v3: one token a run, a new one after a 401; and the catalog that comes with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.model.canonical import Json
from reconciler.providers.answers import Answer
from reconciler.providers.credentials import provider_address
from reconciler.providers.hosts import Endpoint, parse_endpoint
from reconciler.providers.http import Http, NoAuth, Outgoing
from reconciler.providers.live import Raw, objects_in, text_of
from reconciler.providers.openstack.settings import Settings, stripped

TOKEN_PATH = ("v3", "auth", "tokens")


@dataclass(frozen=True, slots=True)
class Grant:
    """A token with the project that it is for, and the catalog."""

    token: str = field(repr=False)
    project_id: str
    catalog: tuple[Raw, ...] = field(hash=False)


@dataclass(slots=True)
class Keystone:
    """Puts the token on requests and knows where the services are. Fulfils :class:`reconciler.providers.http.Auth`."""

    http: Http
    settings: Settings
    logins: int = 0
    _grant: Grant | None = None
    _endpoints: dict[str, Endpoint] = field(default_factory=dict)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def grant(self) -> Grant:
        """The token of this run; the first call logs in.

        Raises:
            ProviderError: Keystone refused, or did not answer.
        """
        return self._grant if self._grant is not None else await self._renewed(None)

    @property
    def project_id(self) -> str | None:
        """The project of the token; None before the login."""
        return self._grant.project_id if self._grant is not None else None

    async def headers(self, request: Outgoing) -> dict[str, str]:
        """``X-Auth-Token``."""
        return {"x-auth-token": (await self.grant()).token}

    async def renew(self, used: Mapping[str, str]) -> bool:
        """After a 401: a new token, unless somebody renewed it meanwhile."""
        if self._grant is None or used.get("x-auth-token") == self._grant.token:
            await self._renewed(self._grant)
        return True

    async def endpoint(self, service: str) -> Endpoint:
        """Where a service answers: the configured endpoint, else the catalog's for interface and region.

        Raises:
            ProviderError: the login failed, or the endpoint may not be trusted.
            DiagnosticError: CONN-CATALOG, the catalog has no such endpoint, or several.
        """
        known = self._endpoints.get(service)
        if known is None:
            grant = await self.grant()
            known = self.settings.endpoints.get(service) or self._in_catalog(service, grant.catalog)
            self.settings.hosts.check(known)
            self._endpoints[service] = known
        return known

    # ---------------------------------------------------------------------------------------------- inside
    async def _renewed(self, old: Grant | None) -> Grant:
        """One login at a time; whoever waited for it uses its token."""
        async with self._busy:
            if self._grant is old or self._grant is None:
                self._grant = await self._login()
                self._trust(self._grant.catalog)
            return self._grant

    async def _login(self) -> Grant:
        self.logins += 1
        answer = await self.http.request(
            self.settings.auth_url, "POST", TOKEN_PATH, auth=NoAuth(), body=self.settings.identity, login=True
        )
        token = answer.headers.get("x-subject-token", "")
        if not token or not token.isascii() or not token.isprintable():
            raise answer.broken("the answer has no usable X-Subject-Token")
        self.http.redactor.add(token)
        told = answer.object("token")
        return Grant(token, _project_of(told, answer), tuple(objects_in(told.get("catalog"))))

    def _trust(self, catalog: tuple[Raw, ...]) -> None:
        """Credentials belong to the hosts of the catalog that Keystone itself gives out (P10)."""
        for entry in catalog:
            for one in objects_in(entry.get("endpoints")):
                if entry.get("type") in ("load-balancer", "network") and (found := _parsed(one)) is not None:
                    self.settings.hosts.catalog.add((found.host, found.port))

    def _in_catalog(self, service: str, catalog: tuple[Raw, ...]) -> Endpoint:
        settings = self.settings
        offered = [e for s in catalog if s.get("type") == service for e in objects_in(s.get("endpoints"))]
        suited = [e for e in offered if text_of(e.get("interface")).removesuffix("URL") == settings.interface]
        if settings.region is not None:
            suited = [e for e in suited if settings.region in (e.get("region_id"), e.get("region"))]
        urls = {found for e in suited if (found := _parsed(e)) is not None}
        if len(urls) == 1:
            return stripped(urls.pop())
        shown = sorted({f"{e.get('interface')} in {e.get('region_id') or e.get('region')}" for e in offered})
        where = f"interface {settings.interface}" + (f", region {settings.region}" if settings.region else "")
        raise DiagnosticError(
            Diagnostic(
                "CONN-CATALOG",
                f"the catalog has {'several endpoints' if urls else 'no usable endpoint'} of type {service} ({where})",
                f"it offers: {', '.join(shown) or 'none of that type'}",
                "set spec.region or OS_REGION_NAME" if urls else "check region and interface, or name spec.endpoints",
                address=provider_address(settings.name), path=("spec",),
            )
        )  # fmt: skip


def _project_of(token: Raw, answer: Answer) -> str:
    project: Json = token.get("project")
    found = text_of(project.get("id")) if isinstance(project, dict) else ""
    if not found:
        raise answer.broken("the token is for no project: name one (OS_PROJECT_NAME, or project_name in clouds.yaml)")
    return found


def _parsed(endpoint: Raw) -> Endpoint | None:
    """The URL of a catalog's entry; None for one that is none."""
    try:
        return parse_endpoint(text_of(endpoint.get("url")))
    except DiagnosticError:
        return None

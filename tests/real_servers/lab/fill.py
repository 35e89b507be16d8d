"""Fill the lab's Keystone: roles, projects, users, and a catalog of three regions."""

from __future__ import annotations

from typing import Any

import httpx

from tests.real_servers.lab.places import PAGES_REGION, PASSWORD, REGION, VERSIONED_REGION, Places

_ROLES = ("admin", "member", "reader", "service", "load-balancer_member", "load-balancer_admin", "load-balancer_observer")
USERS = {
    # user and project of the same name, but for the last one: roles
    "service": ("service", ("admin", "service")),
    "demo": ("demo", ("member", "reader", "load-balancer_member")),
    "differential": ("differential", ("member", "reader", "load-balancer_member")),
    "tight": ("tight", ("member", "reader", "load-balancer_member")),
    "observer": ("demo", ("reader",)),
}


def fill(places: Places) -> None:
    """Make everything that is not there yet; admin exists since the bootstrap."""
    keystone = places.url("keystone") + "/v3"
    with httpx.Client(timeout=60, trust_env=False) as http:
        identity = {"methods": ["password"], "password": {
            "user": {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}}}  # fmt: skip
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        answer = http.post(f"{keystone}/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
        http.headers["X-Auth-Token"] = answer.raise_for_status().headers["X-Subject-Token"]
        _accounts(http, keystone)
        _catalog(http, keystone, places)


def _ensure(http: httpx.Client, base: str, kind: str, one: str, find: tuple[str, ...], **fields: Any) -> str:
    listed = http.get(f"{base}/{kind}").raise_for_status().json()[kind]
    found = [o["id"] for o in listed if all(o.get(k) == fields[k] for k in find)]
    return str(found[0] if found else http.post(f"{base}/{kind}", json={one: fields}).raise_for_status().json()[one]["id"])


def _accounts(http: httpx.Client, url: str) -> None:
    roles = {name: _ensure(http, url, "roles", "role", ("name",), name=name) for name in _ROLES}
    for name, (project, given) in USERS.items():
        place = _ensure(http, url, "projects", "project", ("name",), name=project, domain_id="default")
        user = _ensure(http, url, "users", "user", ("name",), name=name, domain_id="default", password=PASSWORD)
        for role in given:
            http.put(f"{url}/projects/{place}/users/{user}/roles/{roles[role]}").raise_for_status()


def _catalog(http: httpx.Client, url: str, places: Places) -> None:
    octavia, neutron = places.url("octavia"), places.url("neutron")
    urls = {
        REGION: (octavia, neutron),
        PAGES_REGION: (places.url("octavia-pages"), neutron),
        VERSIONED_REGION: (f"{octavia}/v2.0", f"{neutron}/v2.0/"),
    }
    load_balancer = _ensure(http, url, "services", "service", ("type",), type="load-balancer", name="octavia")
    network = _ensure(http, url, "services", "service", ("type",), type="network", name="neutron")
    for region, (balancers, networks) in urls.items():
        if http.get(f"{url}/regions/{region}").status_code == 404:
            http.post(f"{url}/regions", json={"region": {"id": region}}).raise_for_status()
        for service, target in ((load_balancer, balancers), (network, networks)):
            for interface in ("public", "internal"):
                _ensure(http, url, "endpoints", "endpoint", ("service_id", "region_id", "interface"),
                        service_id=service, region_id=region, interface=interface, url=target)  # fmt: skip

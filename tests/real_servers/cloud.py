"""A plain client of the real servers: makes what tests start from, changes things as a second writer, and looks.

Knows nothing of the product. Every write waits until the load balancer is settled, unless told otherwise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.real_servers.lab import Lab

POOLS = ("a", "b", "c")
SUBNET = "22222222-2222-2222-2222-222222222222"
PATIENCE = 600.0
WORDS = ("type", "compare_type", "value", "key", "invert")


@dataclass(frozen=True)
class Balancer:
    """A load balancer with HTTP listeners (names and ids; mostly one, ``web``) and the pools ``a``, ``b`` and ``c``."""

    id: str
    name: str
    listeners: dict[str, str]
    pools: dict[str, str]

    @property
    def listener(self) -> str:
        """The id of the first listener."""
        return next(iter(self.listeners.values()))


@dataclass(frozen=True)
class Group:
    """A security group."""

    id: str
    name: str


class Cloud:
    """The servers as one user sees them."""

    def __init__(self, lab: Lab, user: str = "demo") -> None:
        self.lab = lab
        self._http = httpx.Client(timeout=900, trust_env=False)
        self._environ = lab.environ(user)
        self._login()

    def _login(self) -> None:
        environ = self._environ
        identity = {"methods": ["password"], "password": {"user": {
            "name": environ["OS_USERNAME"], "domain": {"id": "default"}, "password": environ["OS_PASSWORD"]}}}  # fmt: skip
        scope = {"project": {"name": environ["OS_PROJECT_NAME"], "domain": {"id": "default"}}}
        answer = self._http.post(environ["OS_AUTH_URL"] + "/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
        answer.raise_for_status()
        self._http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        token = answer.json()["token"]
        self.user_id, self.project_id = token["user"]["id"], token["project"]["id"]

    def close(self) -> None:
        self._http.close()

    # ------------------------------------------------------------------ requests
    def request(self, method: str, service: str, path: str, body: Any = None) -> httpx.Response:
        """Any request: ``service`` octavia, neutron or keystone; the path without its version."""
        version = {"octavia": "/v2/lbaas", "neutron": "/v2.0", "keystone": "/v3"}[service]
        return self._http.request(method, self.lab.places.url(service) + version + path, json=body)

    def ask(self, method: str, service: str, path: str, body: Any = None) -> Any:
        """A request that has to succeed; its parsed answer."""
        answer = self.request(method, service, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def status(self, load_balancer: str) -> str:
        return str(self.ask("GET", "octavia", f"/loadbalancers/{load_balancer}")["loadbalancer"]["provisioning_status"])

    def settle(self, load_balancer: str) -> None:
        """Wait until a load balancer is ACTIVE; fails when it is in ERROR, or stays pending."""
        end = time.monotonic() + PATIENCE
        while (now := self.status(load_balancer)) != "ACTIVE":
            assert now != "ERROR", f"load balancer {load_balancer} is in ERROR"
            assert time.monotonic() < end, f"load balancer {load_balancer} stays {now}"
            time.sleep(0.1)

    def write(self, load_balancer: str, method: str, path: str, body: Any = None) -> Any:
        """A write below a load balancer, repeated while somebody else's locks it, then settled."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.request(method, "octavia", path, body)
            if answer.status_code != 409 or "immutable" not in answer.text:
                break
            assert time.monotonic() < end, "the load balancer is never free"
            time.sleep(0.05)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        self.settle(load_balancer)
        return answer.json() if answer.content else None

    # ------------------------------------------------------------------ what tests start from
    def balancer(self, name: str, policies: Iterable[dict[str, Any]] = (), **more: Any) -> Balancer:
        """A new load balancer with everything below it, made by one call, and settled."""
        made = self.begin_balancer(name, policies, **more)
        self.settle(made.id)
        return made

    def begin_balancer(self, name: str, policies: Iterable[dict[str, Any]] = (), *,
                       listeners: Mapping[str, Iterable[dict[str, Any]]] | None = None) -> Balancer:  # fmt: skip
        """The same, not waited for. ``policies``: as in manifests (``redirect_pool`` is a name)."""
        wanted = listeners or {"web": policies}
        pools = [{"name": p, "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN"} for p in POOLS]
        body = {"name": name, "vip_subnet_id": SUBNET, "pools": pools, "listeners": [
            {"name": n, "protocol": "HTTP", "protocol_port": 80 + k, "l7policies": [_nested(p) for p in held]}
            for k, (n, held) in enumerate(wanted.items())]}  # fmt: skip
        made = self.ask("POST", "octavia", "/loadbalancers", {"loadbalancer": body})["loadbalancer"]
        return self._known(made["id"], name, wanted)

    def find(self, name: str) -> Balancer | None:
        """A load balancer that an earlier test made with one listener ``web``, if it is ACTIVE."""
        found = self.ask("GET", "octavia", f"/loadbalancers?name={name}&provisioning_status=ACTIVE")["loadbalancers"]
        return self._known(found[0]["id"], name, ("web",)) if found else None

    def _known(self, identity: str, name: str, listeners: Iterable[str]) -> Balancer:
        ids = {kind: {o["name"]: o["id"] for o in self.ask("GET", "octavia", f"/{kind}?loadbalancer_id={identity}")[kind]}
               for kind in ("listeners", "pools")}  # fmt: skip
        return Balancer(identity, name, {n: ids["listeners"][n] for n in listeners}, ids["pools"])

    def policy(self, balancer: Balancer, policy: dict[str, Any], position: int | None = None) -> str:
        """A policy of somebody else's, as in manifests; returns its id."""
        body = {k: v for k, v in _nested(policy).items() if k not in ("rules", "redirect_pool")}
        if "redirect_pool" in policy:
            body["redirect_pool_id"] = balancer.pools[policy["redirect_pool"]]
        if position is not None:
            body["position"] = position
        made = self.write(balancer.id, "POST", "/l7policies", {"l7policy": {"listener_id": balancer.listener, **body}})
        for rule in policy["rules"]:
            self.write(balancer.id, "POST", f"/l7policies/{made['l7policy']['id']}/rules", {"rule": rule})
        return str(made["l7policy"]["id"])

    def group(self, name: str, rules: Iterable[dict[str, Any]] = ()) -> Group:
        """A new security group that admits what ``rules`` say, and any egress."""
        made = self.ask("POST", "neutron", "/security-groups", {"security_group": {"name": name}})["security_group"]
        for rule in rules:
            self.admit(made["id"], rule)
        return Group(made["id"], name)

    def admit(self, group: str, rule: dict[str, Any]) -> str:
        """One more rule; returns its id."""
        body = {"security_group_rule": {"security_group_id": group, **rule}}
        return str(self.ask("POST", "neutron", "/security-group-rules", body)["security_group_rule"]["id"])

    # ------------------------------------------------------------------ what is there
    def policies(self, balancer: Balancer, listener: str | None = None) -> list[dict[str, Any]]:
        """A listener's policies by position, as the API answers them, with their rules' values sorted."""
        identity = balancer.listeners[listener] if listener else balancer.listener
        found: list[dict[str, Any]] = self.ask("GET", "octavia", f"/l7policies?listener_id={identity}")["l7policies"]
        for policy in sorted(found, key=lambda p: p["position"]):
            rules = self.ask("GET", "octavia", f"/l7policies/{policy['id']}/rules")["rules"]
            policy["rules"] = sorted(({k: r[k] for k in WORDS if r.get(k)} for r in rules), key=json.dumps)
        return sorted(found, key=lambda p: p["position"])

    def names(self, balancer: Balancer, listener: str | None = None) -> list[str]:
        return [p["name"] for p in self.policies(balancer, listener)]

    def rules(self, group: Group) -> list[dict[str, Any]]:
        """The group's ingress rules, sorted by value."""
        found = self.ask("GET", "neutron", f"/security-groups/{group.id}")["security_group"]["security_group_rules"]
        return sorted((r for r in found if r["direction"] == "ingress"), key=_traffic)

    def traffic(self, group: Group) -> list[tuple[str, str, str]]:
        """What the group admits: (protocol, first port, prefix)."""
        return [_traffic(r) for r in self.rules(group)]


def _traffic(rule: dict[str, Any]) -> tuple[str, str, str]:
    return str(rule["protocol"]), str(rule["port_range_min"]), str(rule["remote_ip_prefix"])


def _nested(policy: dict[str, Any]) -> dict[str, Any]:
    """A policy of a manifest as part of the single call that makes a load balancer."""
    made = dict(policy)
    if "redirect_pool" in made:
        made["redirect_pool"] = {"name": made["redirect_pool"]}
    return made

"""The contract kit: one world a provider on the in-process emulator, driven through the real workflows.

A :class:`World` holds a cloud, a directory with manifests, and a wire that counts, loses, kills and meddles.
"""

import asyncio
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import make_request
from reconciler.emulator.openstack.options import OpenStackOptions
from reconciler.emulator.options import GcoreOptions, HuaweiOptions, Options
from reconciler.emulator.wire import EmulatorTransport
from reconciler.workflow.apply import apply
from reconciler.workflow.clocks import VirtualClock
from reconciler.workflow.drift import make_drift
from reconciler.workflow.importing import import_live
from reconciler.workflow.plan import make_plan
from reconciler.workflow.settings import Settings

PROJECT = "0123456789abcdef0123456789abcdef"


class Killed(BaseException):
    """The process image is gone: nothing that was going to happen happens."""


class Wire(httpx.AsyncBaseTransport):
    """Between the product and the cloud: counts requests, and does to write ``n`` (from 1) what ``plan`` says.

    ``acts``: write number -> ``kill-before``, ``kill-after``, ``lose`` (done, no answer), ``lose-before`` (not done, no
    answer), or a function that is called before it.
    """

    def __init__(self, emulator: Emulator, clock: VirtualClock) -> None:
        self._inner = EmulatorTransport(emulator, sleep=clock.sleep)
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.acts: dict[int, Any] = {}
        self.every: Any = None
        self.writes = 0
        self.dead = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise Killed
        await asyncio.sleep(0)
        path = request.url.raw_path.decode()
        self.requests.append((request.method, path))
        self.headers.append(dict(request.headers))
        if self.every is not None:
            answer = self.every(request, len(self.requests))
            if answer is not None:
                return answer
        if request.method == "GET" or path.endswith("/auth/tokens"):
            return await self._inner.handle_async_request(request)
        self.writes += 1
        act = self.acts.get(self.writes)
        if act == "kill-before":
            self.dead = True
            raise Killed
        if act == "lose-before":
            raise httpx.ReadError("the connection was closed", request=request)
        if callable(act):
            act()
        response = await self._inner.handle_async_request(request)
        if act == "kill-after":
            self.dead = True
            raise Killed
        if act == "lose":
            raise httpx.ReadError("the connection was closed", request=request)
        return response

    @property
    def sent(self) -> list[tuple[str, str]]:
        """The writes, in order."""
        return [(m, p) for m, p in self.requests if m != "GET" and not p.endswith("/auth/tokens")]

    @property
    def reads(self) -> int:
        """How many requests were reads."""
        return len(self.requests) - len(self.sent)

    async def aclose(self) -> None:
        pass


@dataclass
class World:
    """One cloud with one load balancer, one listener ``web`` and one security group ``web``."""

    flavour: "Flavour"
    directory: Path
    policies: list[dict] = field(default_factory=list)
    rules: list[dict] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    state: Path | None = None

    def __post_init__(self) -> None:
        self.clock = VirtualClock(1_767_225_600.0)
        self.emulator = Emulator(
            self.flavour.seed(self.policies, self.rules, self.more), now=self.clock.now,
            options=self.flavour.options(self.options), faults=self.faults, state=self.state,
        )  # fmt: skip
        (self.directory / "providers.yaml").write_text(json.dumps(self.flavour.provider))
        self.wire = Wire(self.emulator, self.clock)

    # ------------------------------------------------------------------ manifests
    def listener(self, policies: list[dict], *, unlisted: str = "delete", **more: Any) -> None:
        """Write the listener's document."""
        spec = {"provider": "cloud", "unlisted": unlisted, "policies": policies, **more}
        self.write("listener.yaml", {"kind": "Listener", "metadata": {"name": "web"}, "spec": spec})

    def group(self, rules: list[dict], *, unlisted: str = "delete", **more: Any) -> None:
        """Write the group's document."""
        spec = {"provider": "cloud", "unlisted": unlisted, "directions": ["ingress"], "rules": rules, **more}
        self.write("group.yaml", {"kind": "SecurityGroup", "metadata": {"name": "web"}, "spec": spec})

    def write(self, name: str, document: dict) -> None:
        folder = self.directory / "manifests"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps({"apiVersion": "reconciler/v1", **document}))

    # ------------------------------------------------------------------ runs
    def settings(self, **more: Any) -> Settings:
        wire = more.pop("wire", None) or self.new_wire()
        base: dict[str, Any] = {
            "directory": str(self.directory), "paths": ("manifests",), "environ": {}, "today": "2026-01-01",
            "wire_for": lambda spec: wire, "clock": self.clock, "random": lambda: 0.5,
        }  # fmt: skip
        return Settings(**{**base, **more})

    def new_wire(self) -> Wire:
        self.wire = Wire(self.emulator, self.clock)
        return self.wire

    def plan(self, **more: Any):
        return asyncio.run(make_plan(self.settings(**more)))

    def apply(self, plan: dict | None = None, approve: Any = None, **more: Any):
        if plan is not None:
            more.setdefault("paths", ())
        shutil.rmtree(self.directory / ".reconcile", ignore_errors=True)  # nothing may depend on it
        return asyncio.run(apply(self.settings(**more), plan, approve))

    def drift(self, since: Any = (), baseline: dict | None = None, **more: Any):
        return asyncio.run(make_drift(self.settings(**more), since, baseline))

    def import_(self, **more: Any):
        return asyncio.run(import_live(self.settings(paths=(), **more), "cloud"))

    # ------------------------------------------------------------------ what is live
    def live(self) -> list[dict]:
        """The listener's policies by number, in the API's words, rules as sorted (type, compare, value) with keys."""
        return self.flavour.live(self.emulator)

    def names(self) -> list[str]:
        return [p["name"] for p in self.live()]

    def live_rules(self) -> list[tuple]:
        return self.flavour.live_rules(self.emulator)


class Flavour:
    """What differs between providers: their documents, seeds, and stores."""

    name: str
    provider: dict

    def options(self, given: dict) -> Options:
        raise NotImplementedError

    def seed(self, policies: list[dict], rules: list[dict], more: dict) -> dict:
        raise NotImplementedError

    def policy(self, name: str, rules: list[dict], *, pool: str | None = None, url: str | None = None) -> dict:
        raise NotImplementedError

    def rule(self, port: int, prefix: str = "10.0.0.0/8", **more: Any) -> dict:
        raise NotImplementedError

    number: str

    def live(self, emulator: Emulator) -> list[dict]:
        """Policies of listener ``web`` by number, with ``rules`` as sorted objects."""
        policies = self.policies_of(emulator, self.id_of(emulator, "listener", "web"))
        policies.sort(key=lambda p: p[self.number])
        words = ("type", "compare_type", "value", "key", "conditions", "invert")
        for policy in policies:
            found = [{k: r[k] for k in words if r.get(k)} for r in self.rules_of(emulator, policy["id"])]
            policy["rules"] = sorted(found, key=json.dumps)
        return policies

    def id_of(self, emulator: Emulator, kind: str, name: str) -> str:
        raise NotImplementedError

    def policies_of(self, emulator: Emulator, listener: str) -> list[dict]:
        raise NotImplementedError

    def rules_of(self, emulator: Emulator, policy_id: str) -> list[dict]:
        raise NotImplementedError

    def live_rules(self, emulator: Emulator) -> list[tuple]:
        """Ingress rules of group ``web`` as (protocol, port, prefix)."""
        raise NotImplementedError


def ask(emulator: Emulator, method: str, path: str, body: Any = None) -> Any:
    """A request of somebody else's, past the wire."""
    credentials = {"authorization": "apikey somebody", "x-auth-token": "somebody"}
    if path.startswith(("/load-balancer/", "/network/")):
        user = {"name": "somebody", "domain": {"id": "default"}, "password": "secret"}
        login = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
        answer = emulator.handle(make_request("POST", "/identity/v3/auth/tokens", headers={}, json_body=login))
        credentials = {"x-auth-token": {k.lower(): v for k, v in answer.headers.items()}["x-subject-token"]}
    reply = emulator.handle(make_request(method, path, headers=credentials, json_body=body))
    assert reply.status < 300, (method, path, reply.status, reply.body)
    return json.loads(reply.body) if reply.body else None


def rule(path: str, compare: str = "STARTS_WITH") -> dict:
    return {"type": "PATH", "compare_type": compare, "value": path}


def host(name: str) -> dict:
    return {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": name}


class Huawei(Flavour):
    name = "huawei"
    number = "priority"
    provider = {"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "cloud"},
                "spec": {"type": "huawei", "region": "cn-north-4", "project_id": PROJECT}}  # fmt: skip

    def options(self, given: dict) -> Options:
        return Options(huawei=HuaweiOptions(**{"default_security_rules": False, **given}))

    def seed(self, policies: list[dict], rules: list[dict], more: dict) -> dict:
        listed = []
        for n, policy in enumerate(policies, 1):
            listed.append({"listener": "web", "priority": 100 * n, **policy})
        account = {
            "loadbalancers": [{"name": "lb"}],
            "listeners": [
                {"name": "web", "loadbalancer": "lb", "protocol": "HTTP", "protocol_port": 80,
                 "enhance_l7policy_enable": True},
                {"name": "tls", "loadbalancer": "lb", "protocol": "HTTPS", "protocol_port": 443,
                 "enhance_l7policy_enable": True},
            ],
            "pools": [{"name": n, "loadbalancer": "lb", "protocol": "HTTP"} for n in ("a", "b", "c")],
            "security_groups": [{"name": "web"}],
            "l7policies": listed,
            "security_group_rules": [{"security_group": "web", **r} for r in rules],
        }  # fmt: skip
        for key, extra in more.items():
            account[key] = [*account.get(key, []), *extra]
        return {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "huawei": {PROJECT: account}}

    def policy(self, name: str, rules: list[dict], *, pool: str | None = None, url: str | None = None) -> dict:
        if url is None:
            return {"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool": pool or "a", "rules": rules}
        target = {"status_code": "302", "host": url, "protocol": "HTTPS", "port": "443", "path": "${path}",
                  "query": "${query}"}  # fmt: skip
        return {"name": name, "action": "REDIRECT_TO_URL", "redirect_url_config": target, "rules": rules}

    def rule(self, port: int, prefix: str = "10.0.0.0/8", **more: Any) -> dict:
        return {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "multiport": str(port),
                "remote_ip_prefix": prefix, "priority": 1, "action": "allow", **more}  # fmt: skip

    def id_of(self, emulator: Emulator, kind: str, name: str) -> str:
        path = {"listener": "elb/listeners", "pool": "elb/pools", "l7policy": "elb/l7policies",
                "security_group": "vpc/security-groups"}[kind]  # fmt: skip
        found = ask(emulator, "GET", f"/v3/{PROJECT}/{path}?limit=1000")
        objects = next(v for v in found.values() if isinstance(v, list))
        return next(o["id"] for o in objects if o["name"] == name)

    def policies_of(self, emulator: Emulator, listener: str) -> list[dict]:
        return ask(emulator, "GET", f"/v3/{PROJECT}/elb/l7policies?limit=2000&listener_id={listener}")["l7policies"]

    def rules_of(self, emulator: Emulator, policy_id: str) -> list[dict]:
        return ask(emulator, "GET", f"/v3/{PROJECT}/elb/l7policies/{policy_id}/rules")["rules"]

    def live_rules(self, emulator: Emulator) -> list[tuple]:
        group = self.id_of(emulator, "security_group", "web")
        found = ask(emulator, "GET", f"/v3/{PROJECT}/vpc/security-groups/{group}")["security_group"]
        return sorted((r["protocol"], str(r["multiport"]), r["remote_ip_prefix"])
                      for r in found["security_group_rules"] if r["direction"] == "ingress" and r["remote_ip_prefix"])  # fmt: skip


class Gcore(Flavour):
    name = "gcore"
    number = "position"
    provider = {"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "cloud"},
                "spec": {"type": "gcore", "project_id": 1, "region_id": 1}}  # fmt: skip

    def options(self, given: dict) -> Options:
        return Options(gcore=GcoreOptions(**given))

    def seed(self, policies: list[dict], rules: list[dict], more: dict) -> dict:
        account = {
            "loadbalancers": [{"name": "lb"}],
            "listeners": [{"name": "web", "load_balancer": "lb", "protocol": "HTTP", "protocol_port": 80}],
            "pools": [{"name": n, "load_balancer": "lb", "protocol": "HTTP"} for n in ("a", "b", "c")],
            "security_groups": [{"name": "web", "security_group_rules": rules}],
            "l7policies": [{"listener": "web", "position": n, **p} for n, p in enumerate(policies, 1)],
        }  # fmt: skip
        for key, extra in more.items():
            account[key] = [*account.get(key, []), *extra]
        return {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "gcore": {"1/1": account}}

    def policy(self, name: str, rules: list[dict], *, pool: str | None = None, url: str | None = None) -> dict:
        if url is None:
            return {"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool": pool or "a", "rules": rules}
        return {"name": name, "action": "REDIRECT_TO_URL", "redirect_url": f"https://{url}/", "rules": rules}

    def rule(self, port: int, prefix: str = "10.0.0.0/8", **more: Any) -> dict:
        return {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": port,
                "port_range_max": port, "remote_ip_prefix": prefix, **more}  # fmt: skip

    def id_of(self, emulator: Emulator, kind: str, name: str) -> str:
        path = {"listener": "lblisteners", "pool": "lbpools", "l7policy": "l7policies",
                "security_group": "securitygroups"}[kind]  # fmt: skip
        found = ask(emulator, "GET", f"/cloud/v1/{path}/1/1?limit=1000")["results"]
        return next(o["id"] for o in found if o["name"] == name)

    def policies_of(self, emulator: Emulator, listener: str) -> list[dict]:
        found = ask(emulator, "GET", "/cloud/v1/l7policies/1/1?limit=1000")["results"]
        return [p for p in found if p["listener_id"] == listener]

    def rules_of(self, emulator: Emulator, policy_id: str) -> list[dict]:
        return ask(emulator, "GET", f"/cloud/v1/l7policies/1/1/{policy_id}/rules?limit=1000")["results"]

    def live_rules(self, emulator: Emulator) -> list[tuple]:
        found = ask(emulator, "GET", f"/cloud/v1/securitygroups/1/1/{self.id_of(emulator, 'security_group', 'web')}")
        return sorted((r["protocol"], str(r["port_range_min"]), r["remote_ip_prefix"])
                      for r in found["security_group_rules"] if r["direction"] == "ingress" and r["remote_ip_prefix"])  # fmt: skip


class OpenStack(Gcore):
    """Octavia and Neutron: the bodies of Gcore's policies and rules, other endpoints, a token."""

    name = "openstack"
    provider = {"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "cloud"},
                "spec": {"type": "openstack", "cloud": "prod"}}  # fmt: skip

    def options(self, given: dict) -> Options:
        return Options(openstack=OpenStackOptions(**given))

    def seed(self, policies: list[dict], rules: list[dict], more: dict) -> dict:
        account = super().seed(policies, rules, more)["gcore"]["1/1"]
        return {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "openstack": {PROJECT: account}}

    def live(self, emulator: Emulator) -> list[dict]:
        """In order of evaluation: redirects before pools, by position inside each."""
        return sorted(super().live(emulator), key=lambda p: p["action"] == "REDIRECT_TO_POOL")

    def _ask(self, emulator: Emulator, path: str) -> list[dict]:
        return next(v for v in ask(emulator, "GET", path).values() if isinstance(v, list))

    def id_of(self, emulator: Emulator, kind: str, name: str) -> str:
        path = {"listener": "load-balancer/v2/lbaas/listeners", "pool": "load-balancer/v2/lbaas/pools",
                "l7policy": "load-balancer/v2/lbaas/l7policies", "security_group": "network/v2.0/security-groups"}[kind]  # fmt: skip
        return next(o["id"] for o in self._ask(emulator, f"/{path}") if o["name"] == name)

    def policies_of(self, emulator: Emulator, listener: str) -> list[dict]:
        found = self._ask(emulator, f"/load-balancer/v2/lbaas/l7policies?listener_id={listener}")
        return [p for p in found if p["provisioning_status"] != "PENDING_DELETE"]

    def rules_of(self, emulator: Emulator, policy_id: str) -> list[dict]:
        found = self._ask(emulator, f"/load-balancer/v2/lbaas/l7policies/{policy_id}/rules")
        return [r for r in found if r["provisioning_status"] != "PENDING_DELETE"]

    def live_rules(self, emulator: Emulator) -> list[tuple]:
        group = self.id_of(emulator, "security_group", "web")
        found = self._ask(emulator, f"/network/v2.0/security-group-rules?security_group_id={group}")
        return sorted((r["protocol"], str(r["port_range_min"]), r["remote_ip_prefix"])
                      for r in found if r["direction"] == "ingress" and r["remote_ip_prefix"])  # fmt: skip


FLAVOURS = {f.name: f for f in (Huawei(), Gcore(), OpenStack())}

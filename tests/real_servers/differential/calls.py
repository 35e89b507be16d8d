"""Calls with names in place of ids, and the two sides that answer them.

A name is written ``$name$``; each side puts its own id there, and takes the ids out of its answers again.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Faults
from reconciler.emulator.http import make_request
from reconciler.emulator.options import OpenStackOptions, Options

NAME = re.compile(r"\$([a-z][a-z0-9]*)\$")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PREFIX = {"octavia": "/v2/lbaas", "neutron": "/v2.0"}
SETTLED = ("ACTIVE", "ERROR")
CALLERS = ("user", "admin", "reader")
"""Who calls: a member of the project, the cloud's administrator, one who may only read in the project."""
PATIENCE = 120.0


@dataclass(frozen=True)
class Call:
    """One request. ``makes`` is the name of what it creates, ``locks`` the load balancer it would lock."""

    service: str
    method: str
    path: str
    body: Any = None
    raw: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    makes: str | None = None
    finds: str | None = None
    """The name of the only item of the list that is the answer."""
    locks: str | None = None
    caller: str = "user"
    loose: bool = False
    """The items of the answer depend on the order of random ids: their number is compared, not which they are."""
    wait: bool = True
    """Let the load balancer settle after this call, before the next one."""

    def names(self) -> set[str]:
        """The names the call uses."""
        return set(NAME.findall(json.dumps([self.path, self.body, self.raw])))

    def told(self) -> dict[str, Any]:
        """The call for a report: only what is not the default."""
        told = {"service": self.service, "method": self.method, "path": self.path}
        for name in ("body", "raw", "makes"):
            if getattr(self, name) is not None:
                told[name] = getattr(self, name)
        return {**told, **({"headers": dict(self.headers)} if self.headers else {}),
                **({"caller": self.caller} if self.caller != "user" else {}),
                **({} if self.wait else {"wait": False})}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What came back, with names in place of ids. ``body`` is None when there is none."""

    status: int
    body: Any


class Side(Protocol):
    """One of the two clouds."""

    ids: dict[str, str]

    def send(self, call: Call) -> Answer:
        """Answer a call; remembers the id of what it makes."""
        ...

    def settle(self, balancer: str) -> str:
        """Wait until a load balancer is settled; its status."""
        ...

    def status(self, balancer: str) -> str:
        """The status of a load balancer as it is now."""
        ...


def resolved(text: str, ids: Mapping[str, str]) -> str:
    """``text`` with ids in place of names; a name without an id stays what it is."""
    return NAME.sub(lambda found: ids.get(found[1], found[0]), text)


@dataclass
class Named:
    """Ids by name, and what the two sides have in common."""

    bases: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)

    def target(self, call: Call) -> str:
        return PREFIX[call.service] + resolved(call.path, self.ids)

    def content(self, call: Call) -> bytes:
        if call.raw is not None:
            return resolved(call.raw, self.ids).encode()
        return b"" if call.body is None else resolved(json.dumps(call.body), self.ids).encode()

    def answer(self, call: Call, status: int, text: str) -> Answer:
        """Learn the new id, then take ids and addresses out."""
        try:
            body = json.loads(text) if text.strip() else None
        except ValueError:
            body = text
        if call.makes is not None and status == 201 and isinstance(body, dict):
            inner = next(iter(body.values()))
            if isinstance(inner, list):
                for number, item in enumerate(inner):
                    self.ids[f"{call.makes}{number}"] = item["id"]
            else:
                self.ids[call.makes] = inner["id"]
        if call.finds is not None and isinstance(body, dict):
            (found,) = next(iter(body.values()))
            self.ids[call.finds] = found["id"]
        return Answer(status, self._unnamed(body))

    def _unnamed(self, value: Any) -> Any:
        if isinstance(value, str):
            for service, base in self.bases.items():
                value = value.replace(base, f"<{service}>")
            back = {id: name for name, id in self.ids.items()}
            return UUID.sub(lambda found: f"${back[found[0]]}$" if found[0] in back else "<uuid>", value)
        if isinstance(value, list):
            return [self._unnamed(item) for item in value]
        if isinstance(value, dict):
            return {self._unnamed(key): self._unnamed(item) for key, item in value.items()}
        return value


class Real(Named):
    """The real servers. ``login`` gives a new token for one of CALLERS."""

    def __init__(self, urls: Mapping[str, str], login: Callable[[str], str]) -> None:
        super().__init__({name: urls[name] for name in PREFIX})
        self._http = httpx.Client(timeout=240, trust_env=False)
        self._login = login
        self._tokens = {caller: login(caller) for caller in CALLERS}

    def send(self, call: Call) -> Answer:
        """Send the call as it is; once more with a new token when the old one has expired."""
        answer = self._send(call)
        if answer.status_code == 401:
            self._tokens[call.caller] = self._login(call.caller)
            answer = self._send(call)
        return self.answer(call, answer.status_code, answer.text)

    def _send(self, call: Call) -> httpx.Response:
        headers = {"X-Auth-Token": self._tokens[call.caller], "Content-Type": "application/json", **dict(call.headers)}
        url = self.bases[call.service] + self.target(call)
        return self._http.request(call.method, url, headers=headers, content=self.content(call))

    def status(self, balancer: str) -> str:
        """Ask the load balancer."""
        found = self.send(Call("octavia", "GET", f"/loadbalancers/${balancer}$"))
        return str(found.body["loadbalancer"]["provisioning_status"])

    def settle(self, balancer: str) -> str:
        """Poll until it is ACTIVE or in ERROR."""
        end = time.monotonic() + PATIENCE
        while (status := self.status(balancer)) not in SETTLED:
            if time.monotonic() > end:
                raise TimeoutError(f"load balancer {self.ids[balancer]} stays {status}")
            time.sleep(0.05)
        return status

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class Emulated(Named):
    """The emulator, in the same process, with a clock of its own."""

    LONGEST = 30.0

    def __init__(self, project: str) -> None:
        super().__init__({"octavia": "http://emulated/load-balancer", "neutron": "http://emulated/network"})
        self.now = 1.8e9
        seed = {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", "openstack": {project: {}}}
        cloud = OpenStackOptions(user_roles={"admin": "admin", "reader": "reader"}, token_seconds=1e9)
        self._emulator = Emulator(seed, now=lambda: self.now, options=Options(openstack=cloud))
        self._tokens = {caller: self._login(caller, project) for caller in CALLERS}

    def _login(self, user: str, project: str) -> str:
        identity = {"methods": ["password"], "password": {"user": {"name": user, "domain": {"id": "default"}, "password": "x"}}}
        body = {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}
        reply = self._emulator.handle(make_request("POST", "/identity/v3/auth/tokens", json_body=body))
        assert reply.status == 201, reply.body
        return reply.headers["x-subject-token"]

    def send(self, call: Call) -> Answer:
        """Handle the call; every call takes a moment."""
        self.now += 0.01
        headers = {"X-Auth-Token": self._tokens[call.caller], "Content-Type": "application/json",
                   "Host": "emulated", **dict(call.headers)}  # fmt: skip
        mount = {"octavia": "/load-balancer", "neutron": "/network"}[call.service]
        # A client of HTTP escapes what may not stand in a URL; the other side has one.
        target = str(httpx.URL("http://emulated" + mount + self.target(call)).raw_path, "ascii")
        request = make_request(call.method, target, headers=headers, body=self.content(call))
        reply = self._emulator.handle(request)
        return self.answer(call, reply.status, reply.body.decode())

    def fail(self, failing: bool) -> None:
        """From now on, let what is started fail, or no longer."""
        rules = [f"{method} /load-balancer/* fail" for method in ("POST", "PUT", "DELETE")] if failing else []
        self._emulator.faults = Faults(rules)

    def status(self, balancer: str) -> str:
        """Ask the load balancer."""
        found = self.send(Call("octavia", "GET", f"/loadbalancers/${balancer}$"))
        return str(found.body["loadbalancer"]["provisioning_status"])

    def settle(self, balancer: str) -> str:
        """Let the time pass that any change takes."""
        self.now += self.LONGEST
        return self.status(balancer)

    def close(self) -> None:
        """Forget everything."""
        self._emulator.close()

"""A project of one's own on the real servers: what a run makes stands there, and is taken away at the end."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

ROLES = ("member", "reader", "load-balancer_member")


@dataclass(frozen=True)
class Servers:
    """Where the servers are, who administers them, and how changes of one load balancer are made to fail (or None)."""

    urls: Mapping[str, str]
    admin: str
    password: str
    fail: Callable[[str, bool], None] | None = None


class Project:
    """A new project with a user who may do in it what members may, and one who may read."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._http = httpx.Client(base_url=servers.urls["keystone"] + "/v3", timeout=60, trust_env=False)
        self._http.headers["X-Auth-Token"] = self._token(servers.admin, servers.password, "admin")
        self._name, self._secret = f"differential-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        self.id = self._made("projects", "project", {"name": self._name, "domain_id": "default"})
        roles = {role["name"]: role["id"] for role in self._http.get("/roles").json()["roles"]}
        self._users = []
        for user, given in ((self._name, ROLES), (f"{self._name}-reader", ("reader",))):
            body = {"name": user, "domain_id": "default", "password": self._secret}
            self._users.append(self._made("users", "user", body))
            for role in given:
                path = f"/projects/{self.id}/users/{self._users[-1]}/roles/{roles[role]}"
                self._http.put(path).raise_for_status()

    def login(self, caller: str) -> str:
        """A token for ``user`` or ``reader`` in this project, or for ``admin``."""
        if caller == "admin":
            return self._token(self._servers.admin, self._servers.password, "admin")
        return self._token(self._name + ("-reader" if caller == "reader" else ""), self._secret, self._name)

    def close(self) -> None:
        """Delete user and project."""
        self._http.headers["X-Auth-Token"] = self.login("admin")
        for user in self._users:
            self._http.delete(f"/users/{user}")
        self._http.delete(f"/projects/{self.id}")
        self._http.close()

    def _made(self, path: str, key: str, body: Any) -> str:
        answer = self._http.post(f"/{path}", json={key: body})
        answer.raise_for_status()
        return str(answer.json()[key]["id"])

    def _token(self, user: str, password: str, project: str) -> str:
        domain = {"id": "default"}
        identity = {"methods": ["password"], "password": {"user": {"name": user, "domain": domain, "password": password}}}
        scope = {"project": {"name": project, "domain": domain}}
        answer = self._http.post("/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
        answer.raise_for_status()
        return answer.headers["X-Subject-Token"]

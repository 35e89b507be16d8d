"""One directory of manifests for one load balancer, and ``reconcile`` run in it as its users run it: as a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.real_servers.cloud import Balancer, Cloud, Group

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300
"""Seconds after which a run is given up."""
PROVIDER = {"apiVersion": "reconciler/v1", "kind": "Provider", "metadata": {"name": "cloud"}, "spec": {"type": "openstack"}}


@dataclass(frozen=True)
class Ran:
    """What a run of ``reconcile`` left: exit code, streams, and the JSON document if one was asked for."""

    code: int
    out: str
    err: str
    document: dict[str, Any]

    def good(self) -> Ran:
        """Itself, if it succeeded."""
        assert self.code == 0, self.told()
        return self

    def told(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


@dataclass
class World:
    """Manifests in ``directory``; ``environ`` is what the process gets beside the machine's own."""

    cloud: Cloud
    directory: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.environ = {**self.cloud.lab.environ(), **self.environ}
        self.provider()

    # ------------------------------------------------------------------ manifests
    def provider(self, **spec: Any) -> None:
        """The Provider document; by default everything comes from OS_*."""
        (self.directory / "providers.yaml").write_text(json.dumps({**PROVIDER, "spec": {"type": "openstack", **spec}}))

    def listener(self, balancer: Balancer, policies: Sequence[dict[str, Any]], *, name: str | None = None,
                 unlisted: str = "delete", **more: Any) -> str:  # fmt: skip
        """The document of a load balancer's listener (the first one); returns the scope's address."""
        listener = name or next(iter(balancer.listeners))
        document = f"{balancer.name}-{listener}" if name else balancer.name
        spec = {"provider": "cloud", "load_balancer": balancer.name, "listener": listener, "unlisted": unlisted,
                "policies": list(policies), **more}  # fmt: skip
        self.write(f"{document}.yaml", {"kind": "Listener", "metadata": {"name": document}, "spec": spec})
        return f"listener/{document}"

    def group(self, group: Group, rules: Sequence[dict[str, Any]], *, unlisted: str = "delete", **more: Any) -> str:
        """The document of a security group's ingress rules; returns the scope's address."""
        spec = {"provider": "cloud", "security_group": group.name, "directions": ["ingress"], "unlisted": unlisted,
                "rules": list(rules), **more}  # fmt: skip
        self.write(f"{group.name}.yaml", {"kind": "SecurityGroup", "metadata": {"name": group.name}, "spec": spec})
        return f"security_group/{group.name}"

    def write(self, name: str, document: dict[str, Any]) -> None:
        folder = self.directory / "manifests"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps({"apiVersion": "reconciler/v1", **document}, indent=1))

    # ------------------------------------------------------------------ runs
    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "reconciler.cli", "-C", str(self.directory), *words]

    def environment(self) -> dict[str, str]:
        """The process's environment: nothing of the machine's own clouds, proxies or settings of ours."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "RECONCILE_")) and "proxy" not in k.lower()}
        home = {"HOME": str(self.directory), "XDG_CONFIG_HOME": str(self.directory / ".config")}
        return {**kept, **home, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **self.environ}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A run that is not waited for, in a process group of its own."""
        return subprocess.Popen(self.command(*words), cwd=self.directory, env=self.environment(), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)  # fmt: skip

    def run(self, *words: str, timeout: float = LIMIT) -> Ran:
        """Any command to its end; the JSON document of plan, apply and drift is read as well."""
        into = self.directory / "document.json"
        into.unlink(missing_ok=True)
        more = ("--json-into", str(into)) if words[0] in ("plan", "apply", "drift") else ()
        done = subprocess.run(self.command(*words, *more), cwd=self.directory, env=self.environment(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)  # fmt: skip
        document = json.loads(into.read_text()) if into.exists() else {}
        return Ran(done.returncode, done.stdout, done.stderr, document)

    def plan(self, *words: str, paths: Sequence[str] = ("manifests",)) -> Ran:
        return self.run("plan", *words, *paths)

    def apply(self, *words: str, paths: Sequence[str] = ("manifests",)) -> Ran:
        """Approved in advance, and with no trace of earlier runs but the cloud."""
        shutil.rmtree(self.directory / ".reconcile", ignore_errors=True)
        return self.run("apply", "--auto-approve", *words, *paths)

    def nothing_is_left_to_do(self) -> None:
        """The plan is empty, and says so by its exit code too."""
        second = self.plan("--detailed-exitcode")
        assert second.document.get("steps") == [], second.told()
        assert second.code == 0, second.told()


def to_pool(name: str, pool: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy that sends to a pool."""
    return {"name": name, "action": "REDIRECT_TO_POOL", "redirect_pool": pool, "rules": list(rules), **more}


def path(value: str, compare: str = "STARTS_WITH") -> dict[str, Any]:
    return {"type": "PATH", "compare_type": compare, "value": value}


def to_url(name: str, url: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy that redirects."""
    return {"name": name, "action": "REDIRECT_TO_URL", "redirect_url": url, "rules": list(rules), **more}


def host(value: str) -> dict[str, Any]:
    return {"type": "HOST_NAME", "compare_type": "EQUAL_TO", "value": value}


def tcp(port: int, prefix: str = "10.0.0.0/8", **more: Any) -> dict[str, Any]:
    """A security group rule that admits one port."""
    return {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": port,
            "port_range_max": port, "remote_ip_prefix": prefix, **more}  # fmt: skip

"""A lab from nothing to answering servers, and back."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.real_servers.lab import configure, fill, install, processes
from tests.real_servers.lab.places import PASSWORD, REGION, SERVICES, Places


class Request(NamedTuple):
    """A request that a service has answered: when it came, and from what kind of client."""

    service: str
    at: float
    method: str
    path: str
    status: int
    agent: str


class Lab:
    """Octavia, Neutron and Keystone on loopback. ``up`` is idempotent; ``down`` stops what this object started."""

    def __init__(self, places: Places | None = None) -> None:
        self.places = places or Places.of_environment()
        self.started: list[str] = []

    # ------------------------------------------------------------------ life
    def up(self) -> Lab:
        """Install, create and start whatever is missing, and wait until all answer.

        Raises:
            LabError: something does not work; the text ends with the log's last lines.
        """
        self.places.make()
        with self._alone():
            install.binaries(self.places)
            install.packages(self.places)
            configure.write(self.places)
            if not self.places.control.exists():
                self.control()
            self._note("mariadb", processes.mariadb(self.places))
            self._schemas()
            for name in ("octavia", "neutron", "keystone"):
                self._note(name, processes.service(self.places, name))
            self._ready()
        return self

    def _ready(self) -> None:
        processes.wait(self.places, "keystone", self.places.url("keystone") + "/v3")
        if not self.places.done("filled").exists():
            fill.fill(self.places)
            self.places.done("filled").touch()
        for name in ("octavia", "neutron"):
            processes.wait(self.places, name, self.places.url(name) + "/")

    def down(self, *, everything: bool = False) -> None:
        """Stop what this object started (``everything``: what anybody started in this home)."""
        for name in ("octavia-pages", "keystone-short", *reversed(SERVICES)):
            if everything or name in self.started:
                processes.stop(self.places, name)
        self.started.clear()

    def wipe(self) -> None:
        """Stop all of this home, and drop its data; the installed packages stay."""
        self.down(everything=True)
        for name in ("mysql", "state", "conf", "log", "run"):
            shutil.rmtree(self.places.home / name, ignore_errors=True)
        self.places.__dict__.pop("ports", None)

    def running(self) -> dict[str, int | None]:
        """Pids by service; None: it does not run."""
        return {name: processes.alive(self.places, name) for name in SERVICES}

    def _note(self, name: str, started: bool) -> None:
        if started and name not in self.started:
            self.started.append(name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with open(self.places.home / "run" / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _schemas(self) -> None:
        """Each project's own migrations, side by side."""
        if self.places.done("schemas").exists():
            return
        from concurrent.futures import ThreadPoolExecutor

        print("lab: creating the schemas", flush=True)
        tools, conf = self.places.venv / "bin", self.places.conf
        upgrades: list[list[str | Path]] = [
            [tools / "octavia-db-manage", "--config-file", conf("octavia.conf"), "upgrade", "head"],
            [tools / "neutron-db-manage", "--config-file", conf("neutron.conf"), "upgrade", "heads"],
            [tools / "keystone-manage", "--config-file", conf("keystone.conf"), "db_sync"],
        ]
        with ThreadPoolExecutor(3) as pool:
            jobs = [pool.submit(install.run, command, self.places.log(f"schema-{n}.log")) for n, command in enumerate(upgrades)]
            for job in jobs:
                job.result()
        self._bootstrap()
        self.places.done("schemas").touch()

    def _bootstrap(self) -> None:
        import grp
        import os

        manage: list[str | Path] = [self.places.venv / "bin" / "keystone-manage", "--config-file", self.places.conf("keystone.conf")]
        log = self.places.log("bootstrap.log")
        owner = ["--keystone-user", processes.user(), "--keystone-group", grp.getgrgid(os.getegid()).gr_name]
        for step in ("fernet_setup", "credential_setup"):
            install.run([*manage, step, *owner], log)
        url = self.places.url("keystone") + "/v3"
        install.run([*manage, "bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", REGION,
                     "--bootstrap-public-url", url, "--bootstrap-internal-url", url], log)  # fmt: skip

    # ------------------------------------------------------------------ what tests turn
    def control(self, load_balancer: str = "default", *, delay: float = 0.0, fail: bool = False,
                fail_at: tuple[int, ...] = (), record: Path | None = None) -> None:  # fmt: skip
        """How long a change of a load balancer takes (id; default: every other one), and whether it fails.

        ``fail_at``: only these changes fail, counted from 1, from now on. ``record``: a directory for the
        configurations that its amphora would get, one file each, whose names sort by time.
        """
        try:
            told: dict[str, Any] = json.loads(self.places.control.read_text())
        except (OSError, ValueError):
            told = {}
        told[load_balancer] = {"delay": delay, "fail": fail, "fail_at": list(fail_at), "since": uuid.uuid4().hex}
        if record is not None:
            told[load_balancer]["record"] = str(record)
        new = self.places.control.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(self.places.control)

    def environ(self, user: str = "demo", project: str | None = None, region: str = REGION) -> dict[str, str]:
        """The OS_* variables of a user (see ``fill.USERS``)."""
        return {
            "OS_AUTH_URL": self.places.url("keystone") + "/v3", "OS_USERNAME": user, "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": project or fill.USERS.get(user, (user,))[0], "OS_USER_DOMAIN_ID": "default",
            "OS_PROJECT_DOMAIN_ID": "default", "OS_REGION_NAME": region, "OS_IDENTITY_API_VERSION": "3",
        }  # fmt: skip

    @contextlib.contextmanager
    def short_tokens(self, seconds: int) -> Iterator[str]:
        """A second Keystone of the same users and keys whose tokens live so long; gives its auth_url."""
        config = self.places.home / "conf" / "short" / "keystone.conf"
        configure.keystone(self.places, config, seconds, "-short")
        url = self.places.url("keystone-short") + "/v3"
        self._note("keystone-short", processes.service(self.places, "keystone-short", "keystone", config))
        try:
            processes.wait(self.places, "keystone-short", url)
            yield url
        finally:
            processes.stop(self.places, "keystone-short")

    def small_pages(self) -> None:
        """Start the Octavia API of PAGES_REGION, which has no worker: reads only."""
        self._note("octavia-pages", processes.service(self.places, "octavia-pages", "octavia-api"))
        processes.wait(self.places, "octavia-pages", self.places.url("octavia-pages") + "/")

    def requests(self, since: float, agent: str = "") -> list[Request]:
        """What the services answered since a time (seconds of the epoch) to clients whose User-Agent has ``agent``."""
        found = []
        for name in ("keystone", "keystone-short", "octavia", "octavia-pages", "neutron"):
            file = self.places.access(name)
            for line in file.read_text("utf-8").splitlines() if file.exists() else ():
                request = Request(name, *json.loads(line))
                if request.at >= since and agent in request.agent:
                    found.append(request)
        return sorted(found, key=lambda request: request.at)


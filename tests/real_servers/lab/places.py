"""Where a lab lives: its home directory, its ports, and the environment variables that choose them."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICES = ("mariadb", "keystone", "octavia", "neutron")
PASSWORD = "lab-password"
REGION = "RegionOne"
PAGES_REGION = "RegionSmallPages"
"""Its Octavia is a second API process on the same database whose pages hold at most PAGE objects."""
VERSIONED_REGION = "RegionVersioned"
"""The same servers as in REGION; the catalog's URLs end in a version."""
PAGE = 3


@dataclass(frozen=True)
class Places:
    """Directories, files and ports of one lab. Everything it writes is under ``home``."""

    home: Path

    @classmethod
    def of_environment(cls) -> Places:
        """RECONCILE_LAB_HOME, else ``reconciler-lab`` in the user's cache directory."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(Path(os.environ.get("RECONCILE_LAB_HOME") or cache / "reconciler-lab").absolute())

    def make(self) -> None:
        """Create the directories; only this user may read them."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        for name in ("run", "log", "conf", "state", "state/neutron/lock"):
            (self.home / name).mkdir(parents=True, exist_ok=True)

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def control(self) -> Path:
        return self.home / "state" / "control.json"

    def log(self, name: str) -> Path:
        return self.home / "log" / name

    def access(self, name: str) -> Path:
        """The requests that a service has answered."""
        return self.home / "log" / f"{name}.access"

    def conf(self, name: str) -> Path:
        return self.home / "conf" / name

    def done(self, name: str) -> Path:
        """A file that says that something need not be done again."""
        return self.home / "state" / f"{name}.done"

    @cached_property
    def ports(self) -> dict[str, int]:
        """Ports by service: free ones are chosen once, below those that systems hand out for outgoing connections."""
        file = self.home / "state" / "ports.json"
        if file.exists():
            found: dict[str, int] = json.loads(file.read_text())
            return found
        wanted = (*SERVICES, "octavia-pages", "keystone-short")
        free = _free_ports(len(wanted))
        chosen = {name: int(os.environ.get(f"RECONCILE_LAB_{name.upper().replace('-', '_')}_PORT") or port)
                  for name, port in zip(wanted, free, strict=True)}  # fmt: skip
        file.write_text(json.dumps(chosen))
        return chosen

    def url(self, name: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[name]}"


def _free_ports(count: int) -> list[int]:
    found = []
    for port in range(21_000 + os.getpid() % 900 * 10, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports between 21000 and 32000")

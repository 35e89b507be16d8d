"""Install what a lab needs: MariaDB's and HAProxy's binaries from Debian, the OpenStack services from the index."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.real_servers.lab.places import HERE, Places

BINARIES = {"mariadbd": "mariadb-server-core", "mariadb-install-db": "mariadb-server-core",
            "my_print_defaults": "mariadb-client-core", "haproxy": "haproxy",
            "chromium": "chromium"}  # fmt: skip
"""The browser opens the reports with hostile values (tests/unit/reports/test_browser.py)."""
PACKAGES = ("octavia", "neutron", "keystone", "waitress", "PyMySQL", "python-memcached",
            "openstacksdk", "python-openstackclient", "python-octaviaclient")  # fmt: skip
"""The services, what serves them, and the official clients; constraints.txt has every version."""
TRIES = 4


class LabError(Exception):
    """The lab could not be brought up; the text says what, and ends with the last lines of the log."""


def binary(name: str) -> str | None:
    """The full path of a program; administrators' directories are looked through also if PATH lacks them."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def run(command: list[str | Path], log: Path, *, tries: int = 1, env: dict[str, str] | None = None) -> None:
    """Run a command, its output into ``log``; repeat it after a failure, waiting longer each time.

    Raises:
        LabError: it failed every time.
    """
    for attempt in range(1, tries + 1):
        with open(log, "ab") as out:
            code = subprocess.run([str(w) for w in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                  env={**os.environ, **(env or {})}).returncode  # fmt: skip
        if code == 0:
            return
        if attempt < tries:
            time.sleep(5 * attempt)
    words = " ".join(str(word) for word in command[:4])
    raise LabError(f"{words} ... failed with {code}:\n{tail(log)}")


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def binaries(places: Places) -> None:
    """Debian's packages, no system service started.

    Raises:
        LabError: something is missing and cannot be installed (root is needed, once).
    """
    missing = sorted({package for name, package in BINARIES.items() if binary(name) is None})
    if not missing:
        return
    if os.geteuid() != 0 or binary("apt-get") is None:
        raise LabError(f"the lab needs {', '.join(missing)}: install them, or run once as root on Debian")
    print(f"lab: installing {', '.join(missing)}", flush=True)
    env = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    run(["apt-get", "-o", "Acquire::Retries=3", "update"], places.log("apt.log"), tries=TRIES, env=env)
    command: list[str | Path] = ["apt-get", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120", "install", "-y",
                                 "--no-install-recommends", *missing]  # fmt: skip
    run(command, places.log("apt.log"), tries=TRIES, env=env)


def packages(places: Places) -> None:
    """A virtual environment of the lab's own with all of constraints.txt's versions, and our driver in it.

    Raises:
        LabError: no Python 3.11 to 3.13, or the packages cannot be installed.
    """
    constraints = HERE / "constraints.txt"
    want = hashlib.sha256(constraints.read_bytes() + " ".join(PACKAGES).encode()).hexdigest()
    stamp = places.venv / "lab.stamp"
    if not stamp.exists() or stamp.read_text() != want:
        print("lab: installing the services", flush=True)
        shutil.rmtree(places.venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", places.venv], places.log("pip.log"))
        pip: list[str | Path] = [places.python, "-m", "pip", "install", "--quiet", "--prefer-binary", "--retries", "5",
                                 "-c", constraints, *PACKAGES]  # fmt: skip
        run(pip, places.log("pip.log"), tries=TRIES)
        stamp.write_text(want)
    _driver(places)


def _driver(places: Places) -> None:
    """Our amphora driver, found by Octavia through its entry point."""
    site = next((places.venv / "lib").glob("python3*/site-packages"))
    shutil.copy(HERE / "driver" / "lab_amphora_driver.py", site)
    about = site / "lab_amphora_driver-1.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-amphora-driver\nVersion: 1\n")
    points = "[octavia.amphora.drivers]\nlab_amphora_driver = lab_amphora_driver:LabAmphoraDriver\n"
    (about / "entry_points.txt").write_text(points)

"""Start, find and stop the lab's processes: each has a pid file, and is only touched while it is still that process."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.real_servers.lab.install import LabError, binary, tail
from tests.real_servers.lab.places import HERE, Places


def pid_file(places: Places, name: str) -> Path:
    return places.home / "run" / f"{name}.pid"


def alive(places: Places, name: str) -> int | None:
    """The pid of a service that runs; None if its pid file names nothing, or a process that is not of this lab."""
    try:
        pid = int(pid_file(places, name).read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return pid if str(places.home).encode() in words and state != "Z" else None


def start(places: Places, name: str, command: list[str | Path], env: dict[str, str]) -> bool:
    """Start a service unless it runs; True if it was started."""
    if alive(places, name):
        return False
    with open(places.log(f"{name}.out"), "ab") as out:
        child = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore", **env},
        )  # fmt: skip
    pid_file(places, name).write_text(str(child.pid))
    _children[child.pid] = child
    return True


_children: dict[int, subprocess.Popen[bytes]] = {}


def stop(places: Places, name: str, patience: float = 15.0) -> None:
    """End a service of this lab, firmly if it does not listen."""
    pid = alive(places, name)
    if pid is not None:
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            os.kill(pid, number)
            end = time.monotonic() + seconds
            while _runs(pid) and time.monotonic() < end:
                time.sleep(0.05)
            if not _runs(pid):
                break
    pid_file(places, name).unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    child = _children.get(pid)
    if child is not None:
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait(places: Places, name: str, url: str, seconds: float = 120.0) -> None:
    """Until a service answers anything but an error of its own.

    Raises:
        LabError: it ended, or never answered.
    """
    import httpx

    end = time.monotonic() + seconds
    with httpx.Client(trust_env=False, timeout=10) as http:
        while time.monotonic() < end:
            try:
                if http.get(url).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            if not alive(places, name):
                raise LabError(f"{name} ended:\n{tail(places.log(f'{name}.out'))}")
            time.sleep(0.2)
    raise LabError(f"{name} does not answer at {url}:\n{tail(places.log(f'{name}.out'))}")


def mariadb(places: Places) -> bool:
    """The database server, its directory made if need be; True if it was started.

    Raises:
        LabError: it did not come up.
    """
    data = places.home / "mysql"
    account = f"--user={user()}"
    if not (data / "mysql").is_dir():
        command = [binary("mariadb-install-db") or "mariadb-install-db", "--no-defaults", account, f"--datadir={data}",
                   "--auth-root-authentication-method=normal", "--skip-test-db"]  # fmt: skip
        with open(places.log("mariadb-install.log"), "wb") as out:
            if subprocess.run(command, stdout=out, stderr=out).returncode:
                raise LabError(f"mariadb-install-db failed:\n{tail(places.log('mariadb-install.log'))}")
    made = start(places, "mariadb", [
        binary("mariadbd") or "mariadbd", "--no-defaults", account, f"--datadir={data}", "--bind-address=127.0.0.1",
        f"--port={places.ports['mariadb']}", f"--socket={_socket(places)}", f"--pid-file={places.home}/run/mariadbd.own",
        f"--init-file={places.conf('init.sql')}", "--innodb-buffer-pool-size=128M", "--innodb-flush-log-at-trx-commit=0",
        "--character-set-server=utf8mb3", "--max-connections=300", "--skip-name-resolve",
    ], {})  # fmt: skip
    _wait_for_database(places)
    return made


def _wait_for_database(places: Places) -> None:
    probe = ("import pymysql,sys\nfor n in ('octavia','neutron','keystone'):\n"
             f" pymysql.connect(host='127.0.0.1',port={places.ports['mariadb']},user=n,password=sys.argv[1],database=n)")  # fmt: skip
    from tests.real_servers.lab.places import PASSWORD

    for _ in range(150):
        if subprocess.run([str(places.python), "-c", probe, PASSWORD], capture_output=True).returncode == 0:
            return
        if not alive(places, "mariadb"):
            break
        time.sleep(0.2)
    raise LabError(f"the database did not come up:\n{tail(places.log('mariadb.out'))}")


def _socket(places: Places) -> Path:
    """Systems limit a socket's path to about 100 characters."""
    socket = places.home / "run" / "mysql.sock"
    return socket if len(str(socket)) < 100 else Path(tempfile.gettempdir()) / f"lab-{os.getuid()}-{places.ports['mariadb']}.sock"


def user() -> str:
    """Who runs this: the servers run as the same user, root too."""
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def service(places: Places, name: str, kind: str | None = None, config: Path | None = None) -> bool:
    """One of the APIs; True if it was started. ``kind``: what serve.py calls it; ``config``: its configuration file."""
    kind = kind or name
    file = config or places.conf(f"{name}.conf")
    env = {"LAB_ACCESS": str(places.access(name))}
    if kind.startswith("octavia"):
        env |= {"OCTAVIA_CONF": str(file), "LAB_CONTROL": str(places.control)}
    elif kind == "neutron":
        env |= {"OS_NEUTRON_CONFIG_DIR": str(file.parent), "OS_NEUTRON_CONFIG_FILES": file.name}
    else:
        env |= {"OS_KEYSTONE_CONFIG_DIR": str(file.parent), "OS_KEYSTONE_CONFIG_FILES": file.name}
    return start(places, name, [places.python, HERE / "serve.py", kind, str(places.ports[name])], env)

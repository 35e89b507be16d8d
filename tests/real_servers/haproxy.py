"""Debian's HAProxy on loopback, with the configurations that Octavia rendered for its amphorae.

Frontends (ACLs, order of rules, actions) are left as they are; only what ties them to an amphora is changed: they
listen on a free port of 127.0.0.1, and each pool's backend answers 200 with the pool's name in place of its members.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.real_servers.lab.install import binary

_SECTION = re.compile(r"(global|defaults|peers|frontend|backend|cache|resolvers)\b")
_HEAD = ("global", "    maxconn 100", "defaults", "    mode http", "    timeout connect 2s", "    timeout server 5s",
         "    timeout client 5s")  # fmt: skip


class Asked(NamedTuple):
    """A request: path with query, Host, and further headers."""

    path: str
    host: str
    headers: tuple[tuple[str, str], ...] = ()


def adapt(config: str, port: int, names: Mapping[str, str]) -> str:
    """The amphora's configuration for this machine. ``names``: what each pool's id is called in answers."""
    out, keep = list(_HEAD), False
    for line in config.splitlines():
        if _SECTION.match(line):
            keep = line.startswith("frontend")
        if not keep or not line.strip() or line.strip().startswith(("#", "maxconn")):
            continue
        out.append(f"    bind 127.0.0.1:{port}" if line.strip().startswith("bind ") else line)
    for backend in re.findall(r"^backend (\S+)", config, re.M):
        answer = names[backend.split(":")[0]]
        out += [f"backend {backend}", f'    http-request return status 200 content-type text/plain string "{answer}"']
    return "\n".join(out) + "\n"


@contextlib.contextmanager
def running(config: str, directory: Path) -> Iterator[int]:
    """HAProxy with a configuration that has PORT where its port goes; gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = directory / "haproxy.cfg"
    file.write_text(config.replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    with open(directory / "haproxy.log", "wb") as log:
        child = subprocess.Popen([binary("haproxy") or "haproxy", "-db", "-f", str(file)], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 15
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert child.poll() is None, (directory / "haproxy.log").read_text() + file.read_text()
            assert time.monotonic() < end, "haproxy does not listen"
            time.sleep(0.02)
        yield port
    finally:
        child.terminate()
        child.wait(10)


def answers(config: str, names: Mapping[str, str], requests: Sequence[Asked], directory: Path) -> dict[Asked, str]:
    """What HAProxy does with each request: the pool's name, or status and Location."""
    found = {}
    with running(adapt(config, 0, names), directory) as port:
        for request in requests:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            link.putrequest("GET", request.path, skip_host=True)
            for name, value in (("Host", request.host), *request.headers):
                link.putheader(name, value)
            link.endheaders()
            reply = link.getresponse()
            body = reply.read().decode()
            found[request] = body if reply.status == 200 else f"{reply.status} {reply.headers.get('Location', '')}".strip()
            link.close()
    return found

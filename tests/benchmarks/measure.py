"""Measuring child processes: CPU (user and system) and peak memory of exactly that child."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300
"""Seconds after which a child is given up."""


class Cost(NamedTuple):
    """What a child took: seconds of CPU, MiB at its peak; ``code`` and ``out`` are what it gave."""

    cpu: float
    peak: float
    code: int
    out: str


def environ() -> dict[str, str]:
    """The environment of children: the checkout importable, byte code kept, no flags from outside."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RECONCILE_") and k != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "RECONCILE_TRUSTED_HOSTS": "127.0.0.1",
        "HUAWEICLOUD_SDK_AK": "A" * 20, "HUAWEICLOUD_SDK_SK": "S" * 40, "NO_PROXY": "127.0.0.1",
    }  # fmt: skip


def cost(*command: str | Path, cwd: str | Path = ROOT) -> Cost:
    """Run a command to its end and account for it alone."""
    read, write = os.pipe()
    child = subprocess.Popen([str(word) for word in command], stdout=write, stderr=subprocess.STDOUT, cwd=cwd, env=environ())
    os.close(write)
    with open(read, encoding="utf-8", errors="replace") as stream:
        out = stream.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, child.returncode, out)


def ratio(ours: Callable[[], Cost], yardstick: Callable[[], Cost], rounds: int) -> tuple[float, float, float]:
    """Median of paired CPU ratios, in turn; and the medians of both."""
    ours(), yardstick()  # byte code and file cache
    pairs = [(ours(), yardstick()) for _ in range(rounds)]
    for made, base in pairs:
        assert made.code == base.code == 0, made.out + base.out
    return (
        median(made.cpu / base.cpu for made, base in pairs),
        median(made.cpu for made, _ in pairs),
        median(base.cpu for _, base in pairs),
    )


def python(*words: str | Path) -> Sequence[str | Path]:
    """A command for this interpreter."""
    return (sys.executable, *words)


def reconcile(*words: str | Path) -> Sequence[str | Path]:
    """A command for ``reconcile``, started as its console script starts it."""
    start = "import sys; from reconciler.cli.main import run; sys.exit(run())"
    return (sys.executable, "-c", start, *words)


@contextlib.contextmanager
def pages(rules: int) -> Iterator[int]:
    """A page server with so many rules, in a process of its own; gives its port."""
    child = subprocess.Popen(
        python("-m", "tests.benchmarks.server", str(rules)), stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environ()
    )
    try:
        assert child.stdout is not None
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait(10)


def log(port: int) -> list[str]:
    """The reads since the last call."""
    import json
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/-/log", timeout=10) as answer:
        found: list[str] = json.loads(answer.read())
    return found

"""What a command does not need is not loaded: the start of short commands is nothing but imports."""

import subprocess
import sys

import pytest
from benchmarks import data

COSTLY = {
    "asyncio", "dataclasses", "datetime", "deepdiff", "hashlib", "httpx", "inspect", "ipaddress", "jsonschema", "jsonschema_rs",
    "pathlib", "rich", "structlog", "typing", "urllib", "yaml",
}  # fmt: skip


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["validate", "small.yaml"]], ids=lambda c: c[0])
def test_a_short_command_loads_nothing_costly(tmp_path, command):
    (tmp_path / "small.yaml").write_text(data.manifests(5), "utf-8")
    script = (
        "import os, sys\nbefore = set(sys.modules)\nfrom reconciler.cli.main import main\n"
        "code = main(sys.argv[1:], sys.stdin, sys.stdout, sys.stderr, os.environ)\n"
        f"print(code, sorted({COSTLY!r} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], cwd=tmp_path, capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": "/usr/bin"})  # fmt: skip
    assert done.stdout.rstrip().rpartition("\n")[2] == "0 []", done.stderr

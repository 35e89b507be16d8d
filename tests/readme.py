"""Runs the README: every ``console`` block, command by command, and compares what it prints with what stands there.

``python tests/readme.py`` writes the outputs anew; the test fails when they differ.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b"), "<run>"),
    (re.compile(r"\[(s\d+)( \d+\.\d s)\]"), r"[\1 <time>]"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?(?:Z|\+0000)"), "<time>"),
    (re.compile(r"Python 3\.\d+\.\S+"), "<python>"),
)


class Step(NamedTuple):
    """A command of the README and what stands below it."""

    command: str
    output: str


def steps(block: str) -> Iterator[Step]:
    """The commands of one block (lines that begin with ``$ ``), each with its output."""
    command, output = "", []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield Step(command, "\n".join(output))
            command, output = line[2:], []
        else:
            output.append(line)
    if command:
        yield Step(command, "\n".join(output))


def blocks(text: str) -> list[list[Step]]:
    """All console blocks."""
    return [list(steps(match[1])) for match in _BLOCK.finditer(text)]


def same(text: str) -> str:
    """``text`` without what differs from run to run."""
    for pattern, stand_in in _VARYING:
        text = pattern.sub(stand_in, text)
    return text


def sandbox(directory: Path) -> dict[str, str]:
    """A place to run in: the examples, and a ``reconcile`` in front of PATH. Returns the environment."""
    shutil.copytree(ROOT / "examples", directory / "examples", ignore=shutil.ignore_patterns(".emulator", ".reconcile"))
    (directory / "bin").mkdir()
    script = directory / "bin" / "reconcile"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler.cli "$@"\n')
    script.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RECONCILE_")}
    path = f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "RECONCILE_TODAY": "2026-01-15", "NO_COLOR": "1"}


def run(step: Step, directory: Path, environ: dict[str, str]) -> str:
    """What a command prints on both streams."""
    made = subprocess.run(
        ["bash", "-c", f"{step.command} 2>&1"], cwd=directory, env=environ, capture_output=True, text=True, timeout=120
    )
    return made.stdout.rstrip("\n")


def rights(name: str) -> str:
    """The rows of the table of least rights of one provider type."""
    from reconciler.model.plugin import plugin

    rows = []
    for kind, said in (("read", "`plan`, `import`"), ("write", "`apply`, besides those")):
        listed = ", ".join(f"`{right}`" if ":" in right else right for right in plugin(name).permissions[kind])
        rows.append(f"| {said} | {listed} |\n")
    return "".join(rows)


_RIGHTS = re.compile(r"(<!-- rights (\w+) -->\n\|[^\n]*\n\|-[^\n]*\n)(?:\|[^\n]*\n)*")


def regenerate(text: str) -> str:
    """The README with the outputs of its commands and the rights of its providers as they are now."""
    text = _RIGHTS.sub(lambda match: match[1] + rights(match[2]), text)
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        environ = sandbox(directory)

        def again(match: re.Match[str]) -> str:
            lines = []
            for step in steps(match[1]):
                output = run(step, directory, environ)
                lines.append(f"$ {step.command}\n{output}\n" if output else f"$ {step.command}\n")
            return f"```console\n{''.join(lines)}```"

        return _BLOCK.sub(again, text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    README.write_text(regenerate(README.read_text("utf-8")), "utf-8")

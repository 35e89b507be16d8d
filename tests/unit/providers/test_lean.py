"""httpx is loaded without its command line, and nothing of it is missing."""

import subprocess
import sys

import pytest


def _run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_the_transport_does_not_load_a_command_line():
    assert _run("import sys, reconciler.providers.http; print({'click', 'rich', 'pygments'} & set(sys.modules))") == "set()"


def test_httpx_is_the_one_that_everybody_else_gets():
    script = "from reconciler.network.lean import httpx as ours; import httpx; print(ours is httpx, callable(httpx.AsyncClient))"
    assert _run(script) == "True True"


def test_who_wants_the_command_line_later_still_gets_it():
    pytest.importorskip("click")
    assert _run("import reconciler.providers.http, httpx._main; print(httpx._main.main.name)") == "main"


def test_an_httpx_that_is_loaded_already_stays():
    assert _run("import httpx, sys; before = httpx; from reconciler.network.lean import httpx; print(before is httpx)") == "True"

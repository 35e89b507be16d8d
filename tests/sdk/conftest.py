"""The official SDKs against the emulator over a real socket: one server a test, in a thread, on 127.0.0.1."""

import contextlib
import threading
import time
from dataclasses import dataclass

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import make_server


@dataclass
class Served:
    """A running emulator: its base URL (no slash at the end) and the emulator itself."""

    url: str
    emulator: Emulator


@contextlib.contextmanager
def serving(emulator):
    """Serve ``emulator`` on a free port of 127.0.0.1 until the block ends."""
    server = make_server(emulator)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert thread.is_alive(), "the emulator's server did not start"
        assert time.monotonic() < deadline, "the emulator's server did not start in time"
        threading.Event().wait(0.005)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}", emulator)
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the emulator's server did not stop"


@pytest.fixture
def serve():
    """A function that serves an ``Emulator(...)`` built from its arguments and returns ``Served``."""
    with contextlib.ExitStack() as stack:

        def start(seed=None, **kwargs):
            emulator = Emulator(seed, **kwargs)
            stack.callback(emulator.close)
            return stack.enter_context(serving(emulator))

        yield start


@pytest.fixture(scope="session", autouse=True)
def _scratch_home(tmp_path_factory):
    """The Huawei SDK writes below the home directory: give it one of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        yield

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


class VirtualClock:
    """Seconds since the epoch that pass only when somebody sleeps."""

    def __init__(self):
        self.now = 1_780_000_000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    async def sleep_async(self, seconds):
        self.now += seconds


@dataclass
class GcoreCloud:
    """A served emulator, its clock, and a strict official client whose waits move that clock."""

    url: str
    emulator: Emulator
    clock: VirtualClock
    client: object


GCORE_SEED = {
    "apiVersion": "reconciler.emulator/v1",
    "kind": "Cloud",
    "gcore": {
        "1/1": {
            "region": "Luxembourg-2",
            "loadbalancers": [{"name": "shop"}],
            "listeners": [
                {"id": "3e1d2c4b-5a69-4788-8c9d-0b1a2c3d4e5f", "name": "web", "protocol": "HTTP"},
                {"name": "raw", "protocol": "TCP", "protocol_port": 5432},
            ],
            "pools": [
                {
                    "id": "11111111-1111-4111-8111-111111111111",
                    "name": "blue",
                    "members": [{"address": "10.0.0.1", "protocol_port": 80}],
                    "healthmonitor": {"type": "HTTP", "delay": 10, "timeout": 5, "max_retries": 3},
                }
            ],
        },
    },
}


@pytest.fixture
def gcore_cloud(serve, monkeypatch):
    """A function that serves a Gcore cloud (by default one load balancer, two listeners, one pool)."""
    import gcore
    from gcore import _base_client, _resource

    clock = VirtualClock()
    monkeypatch.setattr(_resource.SyncAPIResource, "_sleep", lambda self, seconds: clock.sleep(seconds))
    monkeypatch.setattr(_resource.AsyncAPIResource, "_sleep", lambda self, seconds: clock.sleep_async(seconds))
    monkeypatch.setattr(_base_client.time, "sleep", clock.sleep)

    def start(seed=GCORE_SEED, *, max_retries=0, **kwargs):
        served = serve(seed, now=clock, **kwargs)
        client = gcore.Gcore(
            api_key="1234$abcdef",
            base_url=served.url,
            cloud_project_id=1,
            cloud_region_id=1,
            polling_interval_seconds=1,
            polling_timeout_seconds=600,
            max_retries=max_retries,
            _strict_response_validation=True,
        )
        return GcoreCloud(served.url, served.emulator, clock, client)

    return start


PROJECT = "0123456789abcdef0123456789abcdef"
ACCESS_KEY, SECRET_KEY = "AKEXAMPLE0000000001", "SKexampleSKexampleSKexampleSKexample0001"


@dataclass
class Huawei:
    """Huawei's SDK clients (``E``, ``V`` are their modules) and the emulator they talk to."""

    elb: object
    vpc: object
    E: object
    V: object
    served: Served
    project: str

    def refusal(self, call, *args):
        """The status and code of a call that must be refused; the SDK must have read the request id."""
        from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

        with pytest.raises(ServiceResponseException) as caught:
            call(*args)
        assert caught.value.request_id
        assert caught.value.error_msg
        return caught.value.status_code, caught.value.error_code


@pytest.fixture
def huawei(serve):
    """A function that serves a seeded project with signature checking on and returns ``Huawei``."""
    pytest.importorskip("huaweicloudsdkcore")

    def start(project_data=None, *, secret=SECRET_KEY, options=None, faults=(), **kwargs):
        import huaweicloudsdkelb.v3 as E
        import huaweicloudsdkvpc.v3 as V
        from huaweicloudsdkcore.auth.credentials import BasicCredentials
        from huaweicloudsdkcore.http.http_config import HttpConfig

        from reconciler.emulator.options import Options

        options = options or Options(verify_signatures=True, credentials={ACCESS_KEY: SECRET_KEY})
        seed = {
            "apiVersion": "reconciler.emulator/v1",
            "kind": "Cloud",
            "huawei": {PROJECT: project_data or {}},
        }
        served = serve(seed, options=options, faults=faults, **kwargs)
        cred = BasicCredentials(ACCESS_KEY, secret, PROJECT)
        http = HttpConfig(retry_times=0)

        def build(client):
            return client.new_builder().with_credentials(cred).with_http_config(http).with_endpoint(served.url).build()

        return Huawei(build(E.ElbClient), build(V.VpcClient), E, V, served, PROJECT)

    return start

"""Real sockets on loopback: connections are reused, proxies and certificate authorities work, trouble is told."""

import asyncio
import base64
import contextlib
import ssl
import subprocess

import httpx
import pytest
from unit.providers.worlds import Clock, connection

from reconciler.diagnostics import DiagnosticError
from reconciler.model.calls import OutcomeUnknown, Unreachable
from reconciler.model.desired import ProviderSpec
from reconciler.network.routes import no_proxy
from reconciler.providers.failures import diagnostic
from reconciler.providers.hosts import Endpoint, TrustedHosts
from reconciler.providers.http import NoAuth
from reconciler.providers.huawei.client import HuaweiDialogue
from reconciler.providers.network import Network
from reconciler.providers.pool import PoolTransport
from reconciler.providers.session import open_http

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n" + b'{"a":1}'


class Server:
    """A scripted HTTP/1.1 server: remembers connections and requests (head and body as one text)."""

    def __init__(self, answer=OK):
        self.answer = answer
        self.connections = 0
        self.requests = []

    async def serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.requests.append(head)
                answer = self.answer(head) if callable(self.answer) else self.answer
                if head.startswith("CONNECT"):
                    await self.tunnel(head, reader, writer)
                    return
                writer.write(answer or b"")
                await writer.drain()
                if not answer or b"Connection: close" in answer:
                    break
        writer.close()

    async def tunnel(self, head, reader, writer):
        host, port = head.split()[1].rsplit(":", 1)
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source, sink):
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
                sink.close()

        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    @contextlib.asynccontextmanager
    async def running(self, **tls):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, **tls)
        async with server:
            yield server.sockets[0].getsockname()[1]


def client(port, spec=None, environ=None, scheme="http", host="127.0.0.1", timeout=5.0):
    one = ProviderSpec("p", "huawei", spec or {})
    http = open_http(
        one, connection(Clock(), environ or {}, writable=True, timeout=timeout), dialogue=HuaweiDialogue(), secrets=(),
        hosts=TrustedHosts(("127.0.0.1", "localhost")),
    )  # fmt: skip
    return http, Endpoint(scheme, host, port)


def asked(server, body, tls=None, **fields):
    async def go():
        async with server.running(**({} if tls is None else {"ssl": tls})) as port:
            http, endpoint = client(port, **fields)
            try:
                return await body(http, endpoint)
            finally:
                await http.aclose()

    return asyncio.run(go())


async def get(http, endpoint):
    return (await http.request(endpoint, "GET", ("x",), auth=NoAuth())).body


def test_one_connection_serves_requests_in_a_row():
    server = Server()

    async def body(http, endpoint):
        for _ in range(20):
            assert await get(http, endpoint) == {"a": 1}

    asked(server, body)
    assert (server.connections, len(server.requests)) == (1, 20)


def test_there_are_no_more_connections_than_requests_in_flight():
    server = Server()

    async def body(http, endpoint):
        for _ in range(3):
            await asyncio.gather(*(get(http, endpoint) for _ in range(40)))

    asked(server, body, spec={"limits": {"concurrency": 4}})
    assert len(server.requests) == 120
    assert server.connections <= 4


def test_a_connection_that_the_server_closed_is_replaced():
    server = Server(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))

    async def body(http, endpoint):
        for _ in range(3):
            await get(http, endpoint)

    asked(server, body)
    assert server.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nxxxxx",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    ],
    ids=["closed", "garbage", "cut short", "chunk cut short", "not gzip", "endless header"],
)
def test_half_an_answer_is_no_answer(answer):
    async def read(http, endpoint):
        with pytest.raises(Unreachable):
            await get(http, endpoint)

    async def write(http, endpoint):
        with pytest.raises(OutcomeUnknown):
            await http.request(endpoint, "POST", ("x",), auth=NoAuth(), body={})

    server = Server(answer)
    asked(server, read)
    assert len(server.requests) == 4
    server = Server(answer)
    asked(server, write)
    assert len(server.requests) == 1


def test_a_server_that_says_nothing_is_given_up():
    async def silent(http, endpoint):
        with pytest.raises(OutcomeUnknown, match=r"no answer after 0\.05 s"):
            await http.request(endpoint, "POST", ("x",), auth=NoAuth())

    server = Server()

    async def serve(reader, writer):
        await reader.read()

    server.serve = serve
    asked(server, silent, timeout=0.05)


def test_an_answer_that_drips_is_given_up_in_total():
    async def serve(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)

    async def dripped(http, endpoint):
        with pytest.raises(OutcomeUnknown, match="no whole answer"):
            await http.request(endpoint, "POST", ("x",), auth=NoAuth())

    server = Server()
    server.serve = serve
    asked(server, dripped, timeout=0.1)


def test_nobody_there_is_a_clear_error():
    async def go():
        http, endpoint = client(1)
        with pytest.raises(Unreachable, match=r"GET /x to 127\.0\.0\.1:1"):
            await get(http, endpoint)

    asyncio.run(go())


# ------------------------------------------------------------------------------------------------ proxies
def test_plain_http_to_loopback_goes_through_a_proxy_on_loopback():
    proxy = Server()

    async def go():
        async with proxy.running() as port:
            http, endpoint = client(1, environ={"HTTP_PROXY": f"http://us%40er:canary-pw@127.0.0.1:{port}"})
            assert await get(http, endpoint) == {"a": 1}
            await http.aclose()

    asyncio.run(go())
    (head,) = proxy.requests
    assert head.startswith("GET http://127.0.0.1:1/x HTTP/1.1")
    assert base64.b64encode(b"us@er:canary-pw").decode() in head


def test_a_proxys_password_is_in_no_message():
    async def go():
        http, endpoint = client(1, environ={"HTTP_PROXY": "http://user:canary-pw@127.0.0.1:1"})
        with pytest.raises(Unreachable) as error:
            await get(http, endpoint)
        return str(error.value)

    assert "canary" not in asyncio.run(go())


def test_https_is_tunnelled_and_the_proxy_sees_no_credentials(authority):
    cloud, proxy = Server(), Server()

    async def go():
        async with cloud.running(ssl=authority.server) as port, proxy.running() as proxy_port:
            environ = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy_port}", "SSL_CERT_FILE": authority.ca}
            http, endpoint = client(port, environ=environ, scheme="https", host="localhost")
            assert await get(http, endpoint) == {"a": 1}
            await http.aclose()
            return port

    port = asyncio.run(go())
    assert proxy.requests[0].startswith(f"CONNECT localhost:{port} HTTP/1.1")
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    ("rules", "host", "port", "direct"),
    [
        ("", "a.example", 443, False),
        ("*", "a.example", 443, True),
        ("a.example", "a.example", 443, True),
        ("example", "a.example", 443, True),
        (".example", "a.example", 443, True),
        ("*.example", "a.example", 443, True),
        ("ample", "a.example", 443, False),
        ("b.example, A.EXAMPLE", "a.example", 443, True),
        ("a.example:443", "a.example", 443, True),
        ("a.example:8443", "a.example", 443, False),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("::1", "::1", 443, True),
    ],
)
def test_no_proxy_is_understood(rules, host, port, direct):
    assert no_proxy(rules, host, port) is direct


def test_credentials_for_loopback_are_not_shown_to_a_proxy_elsewhere():
    environ = {"HTTP_PROXY": "http://proxy.example:3128", "ALL_PROXY": "http://proxy.example:3128"}
    network = Network(environ, ".", None, "provider/p")
    assert network.proxy(("http", "127.0.0.1", 8080)) is None
    assert network.proxy(("https", "api.gcore.com", None)) == "http://proxy.example:3128"


def test_a_proxy_that_is_none_is_a_diagnostic():
    with pytest.raises(DiagnosticError, match="CONN-PROXY") as error:
        Network({"https_proxy": "socks5://user:canary@x"}, ".", None, "p").proxy(("https", "a.example", None))
    assert "canary" not in str(error.value)


# ------------------------------------------------------------------------------------------------ certificates
class Authority:
    """A certificate authority of the test and a server certificate for localhost."""

    def __init__(self, directory):
        self.ca, key, leaf = (str(directory / name) for name in ("ca.pem", "key.pem", "leaf.pem"))
        run = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
               "-keyout", key, "-out", leaf]  # fmt: skip
        subprocess.run(run, check=True, capture_output=True)
        (directory / "ca.pem").write_bytes((directory / "leaf.pem").read_bytes())
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(leaf, key)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    try:
        return Authority(tmp_path_factory.mktemp("tls"))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the openssl command to make a certificate")


def test_an_unknown_authority_is_refused_at_once_with_the_way_to_trust_it(authority):
    async def body(http, endpoint):
        with pytest.raises(Unreachable, match=r"(?i)certificate") as refused:
            await get(http, endpoint)
        assert "attempts" not in refused.value.message  # no repetition mends a certificate
        told = diagnostic(refused.value)
        assert told.code == "CONN-TLS"
        assert "spec.ca_file" in told.hint

    server = Server()
    asked(server, body, tls=authority.server, scheme="https", host="localhost")
    assert server.requests == []


@pytest.mark.parametrize("how", ["spec", "environment"])
def test_an_authority_of_ones_own_is_trusted(authority, how):
    fields = {"spec": {"ca_file": authority.ca}} if how == "spec" else {"environ": {"SSL_CERT_FILE": authority.ca}}
    assert asked(Server(), get, tls=authority.server, scheme="https", host="localhost", **fields) == {"a": 1}


def test_a_name_that_is_not_the_certificates_is_refused(authority):
    async def body(http, endpoint):
        with pytest.raises(Unreachable, match=r"(?i)certificate|hostname|mismatch"):
            await get(http, endpoint)

    fields = {"spec": {"ca_file": authority.ca}, "scheme": "https", "host": "127.0.0.1"}
    asked(Server(), body, tls=authority.server, **fields)


# ------------------------------------------------------------------------------------------------ the pool alone
def test_a_cancelled_request_does_not_poison_the_pool():
    made = []

    class One(httpx.AsyncBaseTransport):
        def __init__(self):
            self.closed = False

        async def handle_async_request(self, request):
            if request.url.path == "/slow":
                await asyncio.sleep(60)
            return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

        async def aclose(self):
            self.closed = True

    async def go():
        pool = PoolTransport(lambda origin: made.append(One()) or made[-1])
        slow = asyncio.create_task(pool.handle_async_request(httpx.Request("GET", "https://a.example/slow")))
        await asyncio.sleep(0)
        slow.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await slow
        response = await pool.handle_async_request(httpx.Request("GET", "https://a.example/"))
        await response.aread()
        await pool.handle_async_request(httpx.Request("GET", "https://a.example/"))
        await pool.aclose()

    asyncio.run(go())
    assert [one.closed for one in made] == [True, False]  # the one in use is closed when its answer is read


def test_when_one_idle_connection_was_dropped_without_a_word_the_repeat_meets_a_fresh_one():
    made = []

    class One(httpx.AsyncBaseTransport):
        dropped = False

        async def handle_async_request(self, request):
            if self.dropped:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async def go():
        pool = PoolTransport(lambda origin: made.append(One()) or made[-1])
        request = httpx.Request("GET", "https://a.example/")
        for answer in [await pool.handle_async_request(request) for _ in range(3)]:  # three at once, then idle
            await answer.aread()
            await answer.aclose()
        for one in made:
            one.dropped = True
        with pytest.raises(httpx.RemoteProtocolError):
            await pool.handle_async_request(request)
        await pool.handle_async_request(request)

    asyncio.run(go())
    assert len(made) == 4

"""The client: what is repeated and how long, what is not, and that nothing tells a secret."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import traceback

import httpx
import pytest
from unit.publishing import forges
from unit.publishing.conftest import example
from unit.publishing.forges import ACTIONS, LOST, Answer

from reconciler.diagnostics import DiagnosticError
from reconciler.publishing.client import ATTEMPTS, Client, Failed, Limited, Twice, Unknown
from reconciler.publishing.urls import Target, parse, shown

LIMITED = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


def send(server, clock, *, method="GET", twice=Twice.HARMLESS, budget=300.0, path="/x", **options):
    async def run():
        client = Client({}, clock, budget=budget, **options)
        try:
            target = parse(server.url + path, "a test")
            return await client.send(method, target, {"a": 1} if method != "GET" else None, twice=twice)
        finally:
            await client.aclose()

    return asyncio.run(run())


# ---------------------------------------------------------------------- repeats
@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (Answer(429, None, {"retry-after": "7"}), 7, 8),
        (Answer(403, LIMITED, {"retry-after": "60"}), 60, 61),
        (Answer(403, LIMITED), 60, 60),
        (Answer(403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000090"}), 90, 91),
        (Answer(429, "Retry later", {"ratelimit-remaining": "0", "ratelimit-reset": "1800000030"}), 30, 31),
        (Answer(503), 0.5, 1),
    ],
)
def test_a_read_waits_as_long_as_it_is_told_to_and_is_sent_again(hook, clock, answer, least, most):
    hook.faults += [("GET", "/x", answer)]
    assert send(hook, clock).status == 200
    assert len(hook.log) == 2
    assert least <= clock.waits[0] <= most


def test_a_rate_limit_does_not_make_a_creation_be_repeated_twice(hook, clock):
    """A request that was turned away for its rate did nothing: also a creation may be sent again."""
    hook.faults += [("POST", "/x", Answer(429, None, {"retry-after": "1"}))]
    assert send(hook, clock, method="POST", twice=Twice.NEVER).status == 200
    assert len(hook.log) == 2


def test_a_pause_that_is_longer_than_the_run_may_take_is_told_at_once(hook, clock):
    hook.faults += [("GET", "/x", Answer(429, None, {"retry-after": "3600"}))]
    with pytest.raises(Limited) as caught:
        send(hook, clock, budget=60)
    assert "longer pause than this run takes (60 s)" in caught.value.words
    assert not clock.waits


def test_a_server_that_fails_forever_is_given_up(hook, clock):
    hook.faults += [("GET", "/x", Answer(500, {"message": "boom"}))] * 99
    with pytest.raises(Failed) as caught:
        send(hook, clock)
    assert len(hook.log) == ATTEMPTS
    assert "answers 500: boom (4 attempts)" in caught.value.words


@pytest.mark.parametrize("fault", [LOST, Answer(500), Answer(502, "<html>bad gateway</html>")])
def test_a_creation_whose_fate_nobody_knows_is_not_repeated(hook, clock, fault):
    hook.faults += [("POST", "/x", fault)]
    with pytest.raises(Unknown):
        send(hook, clock, method="POST", twice=Twice.NEVER)
    assert len(hook.log) == 1


def test_a_message_is_repeated_when_the_server_says_that_it_failed_but_not_when_the_answer_is_lost(hook, clock):
    hook.faults += [("POST", "/x", Answer(500))]
    assert send(hook, clock, method="POST", twice=Twice.AFTER_5XX).status == 200
    hook.faults += [("POST", "/x", LOST)]
    with pytest.raises(Unknown):
        send(hook, clock, method="POST", twice=Twice.AFTER_5XX)


def test_what_never_left_is_sent_again_whatever_it_is(clock):
    """Nobody listens: no connection, so that even a creation risks nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        async def run():
            await Client({}, clock).send("POST", Target("http", "127.0.0.1", port, "/x"), {}, twice=Twice.NEVER)

        with pytest.raises(Failed) as caught:
            asyncio.run(run())
    assert not isinstance(caught.value, Unknown)
    assert len(clock.waits) == ATTEMPTS - 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(hook, clock, status):
    hook.faults += [("GET", "/x", Answer(status, None, {"location": hook.url + "/elsewhere"}))]
    with pytest.raises(Failed, match="redirects are never followed"):
        send(hook, clock)
    assert len(hook.log) == 1


def test_an_answer_that_trickles_in_is_bounded_as_a_whole(clock):
    """Each byte comes in time, the answer never does."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def trickle():
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    connection.recv(4096)
                    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
                        connection.sendall(bytes([byte]))
                        if stop.wait(0.1):
                            return
                except OSError:
                    continue

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()

    async def run():
        client = Client({}, clock, timeout=0.4)
        await client.send("POST", Target("http", "127.0.0.1", server.getsockname()[1], "/"), {}, twice=Twice.NEVER)

    with pytest.raises(Unknown, match="no whole answer within 0.8 s"):
        asyncio.run(run())
    stop.set()
    server.close()
    thread.join(2)


def test_an_answer_without_end_is_cut(clock, monkeypatch):
    monkeypatch.setattr("reconciler.publishing.client.MAX_ANSWER", 1024 * 1024)
    sent = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):
            nonlocal sent
            while True:
                sent += 65536
                yield b"x" * 65536

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            return httpx.Response(200, stream=Endless())

    async def run():
        await Client({}, clock, wire=Wire()).send("POST", parse("https://a.example", "x"), {}, twice=Twice.NEVER)

    with pytest.raises(Failed, match="larger than 1 MiB"):
        asyncio.run(run())
    assert sent < 2 * 1024 * 1024


# ---------------------------------------------------------------------- a comment is never created twice
def test_a_lost_answer_to_a_creation_makes_no_second_comment(github, actions, documents, reconcile):
    create = github.of_issue

    def created_and_lost(asked, number, who):
        answer = create(asked, number, who)
        if asked.method == "POST":
            github.of_issue = create
            return Answer(502, {"message": "Server Error"})  # made, and the answer says otherwise
        return answer

    github.of_issue = created_and_lost
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("created")
    assert len(github.comments) == 1


def test_a_creation_that_did_not_arrive_is_repeated_after_a_look(github, actions, documents, reconcile):
    github.faults += [("POST", "/comments", Answer(502))]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.out.startswith("created")
    assert len(github.comments) == 1
    assert len(github.asked("GET", "/comments")) == 3


def test_a_creation_whose_answer_is_lost_is_found_again(github, actions, documents, reconcile):
    github.faults += [("POST", "/comments", LOST)]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.out.startswith("created")
    assert "issuecomment-1001" in run.out
    assert len(github.comments) == 1
    assert len(github.asked("POST", "/comments")) == 1


def test_a_creation_that_is_lost_twice_is_told_as_unknown(github, actions, documents, reconcile):
    github.faults += [("POST", "/comments", Answer(502))] * 2
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.code == 1
    assert "error[PUB-UNKNOWN]" in run.err


def test_a_secondary_rate_limit_while_commenting_is_waited_for(github, actions, documents, reconcile, clock):
    github.faults += [("POST", "/comments", Answer(403, LIMITED, {"retry-after": "61"}))]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.out.startswith("created")
    assert 61 <= sum(clock.waits) < 63


def test_a_rate_limit_for_an_hour_is_told(github, actions, documents, reconcile):
    github.faults += [("GET", "/comments", Answer(403, {"message": "API rate limit exceeded"},
                                                  {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800003600"}))]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.code == 1
    assert "error[PUB-RATE]" in run.err


@pytest.mark.parametrize("body", ["<html>", "[]", '{"id": "x"}', "null", "[" * 100_000])
def test_an_answer_that_makes_no_sense_is_one_diagnostic(github, actions, documents, reconcile, body):
    github.faults += [("POST", "/comments", Answer(201, body))]
    run = reconcile("comment", "--github", *documents(plan=example("plan")), environ=actions())
    assert run.code == 1
    assert run.err.count("error[") == 1
    assert "error[PUB-UNREACHABLE]" in run.err


# ---------------------------------------------------------------------- secrets
def test_a_server_that_repeats_the_token_does_not_get_it_printed(github, actions, documents, reconcile):
    github.faults += [("GET", "/pulls", Answer(404, {"message": f"no {ACTIONS} and Bearer {ACTIONS}"}))]
    run = reconcile("comment", "--github", "-vv", *documents(plan=example("plan")), environ=actions())
    assert ACTIONS not in run.err + run.out
    assert "***" in run.err


def test_no_error_and_nothing_that_led_to_it_holds_the_token(hook, clock, caplog):
    """httpx's own exceptions hold the request with its headers: none of them may be a cause or a context."""
    caplog.set_level(logging.DEBUG)
    hook.faults += [("POST", "/x", LOST)]
    with pytest.raises(Unknown) as caught:
        send(hook, clock, method="POST", twice=Twice.NEVER, headers={"authorization": f"Bearer {ACTIONS}"}, secrets=(ACTIONS,))
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert ACTIONS not in repr(error) + str(error) + repr(vars(error))
    assert ACTIONS not in "".join(traceback.format_exception(error))
    assert ACTIONS not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "ftp://example.com/x", "example.com/x", "https://", "https:///x", "https://user@example.com/k3y",
        "https://user:k3y@example.com/", "https://exa mple.com/k3y", "https://example.com/k3y#f", "https://example.com/k3y\n",
        "https://example.com:99999/k3y", "https://[::1/k3y", "https://ex\u0430mple.com/k3y", "https://example.com\\@evil.com/k3y",
        "javascript:alert(1)", "https://-x.com/k3y", "file:///etc/passwd", "https://example.com/k3y\u202e", "",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_and_never_repeated(url):
    with pytest.raises(DiagnosticError) as caught:
        parse(url, "--notify (RECONCILE_NOTIFY)")
    [problem] = caught.value.diagnostics
    assert problem.code == "PUB-URL"
    assert "k3y" not in str(problem)
    assert "--notify" in problem.summary


@pytest.mark.parametrize("url", ["http://localhost:8080/a", "http://127.0.0.1/a", "http://[::1]:9/a", "https://EXAMPLE.com./a?b=c"])
def test_addresses_that_can(url):
    target = parse(url, "x")
    assert target.path == "/a"
    assert "/a" not in str(target) + repr(target)
    assert target.host in ("localhost", "127.0.0.1", "::1", "example.com")


@pytest.mark.parametrize("url", ["javascript:x", "https://a/)](b", "https://a/<b>", "https://a b", "https://\u202e", "", None, "https://a/" + "x" * 500])
def test_a_link_that_could_act_is_not_shown(url):
    assert shown(url) is None


# ---------------------------------------------------------------------- proxies and trust
def test_a_proxy_is_used_and_its_password_never_told(clock):
    """The proxy answers the CONNECT with 407: its address holds a password, and the diagnostic does not."""
    asked = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    environ = {"HTTPS_PROXY": f"http://me:pr0xy-secret@127.0.0.1:{server.getsockname()[1]}"}

    async def run():
        client = Client(environ, clock)
        await client.send("POST", parse("https://hooks.example.com/services/k3y", "x"), {}, twice=Twice.NEVER)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(2)
    assert asked[0].startswith(b"CONNECT hooks.example.com:443 ")
    assert "407" in caught.value.words
    assert "pr0xy-secret" not in caught.value.words
    assert "k3y" not in caught.value.words


def test_a_proxy_that_is_none_is_told(clock):
    async def run():
        await Client({"https_proxy": "socks5://x"}, clock).send("GET", parse("https://a.example", "x"))

    with pytest.raises(DiagnosticError) as caught:
        asyncio.run(run())
    assert caught.value.diagnostics[0].code == "CONN-PROXY"


def test_ssl_cert_file_decides_whom_to_trust(clock, tmp_path):
    """A server whose certificate only our own authority has signed: refused without SSL_CERT_FILE, taken with it."""
    import subprocess

    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
         "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("no openssl")
    server = forges.Hook()
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.httpd.socket = context.wrap_socket(server.httpd.socket, server_side=True)
        server.httpd.handle_error = lambda *_: None
        target = Target("https", "localhost", server.httpd.server_port, "/x")

        async def run(environ):
            client = Client(environ, clock)
            try:
                return await client.send("GET", target)
            finally:
                await client.aclose()

        with pytest.raises(Failed, match="certificate"):
            asyncio.run(run({}))
        assert asyncio.run(run({"SSL_CERT_FILE": str(cert)})).status == 200
    finally:
        server.close()

"""The one transport: what is repeated, what is refused, what broken and hostile answers become."""

import asyncio
import gzip
import json

import httpx
import pytest
from unit.providers.worlds import Clock, connection

from reconciler.model.calls import (
    Denied,
    NotFound,
    OutcomeUnknown,
    Refused,
    Unreachable,
    UntrustedEndpoint,
    WriteRefused,
)
from reconciler.model.desired import ProviderSpec
from reconciler.network.pauses import retry_after
from reconciler.providers import answers
from reconciler.providers.hosts import Endpoint, TrustedHosts
from reconciler.providers.http import READ_ATTEMPTS, THROTTLE_ATTEMPTS, NoAuth
from reconciler.providers.huawei.client import HuaweiDialogue
from reconciler.providers.limiter import Limiter
from reconciler.providers.session import open_http, shared_limiter

HERE = Endpoint("https", "api.example.com")
IAM = Endpoint("https", "iam.example.com")
SPEC = ProviderSpec("p", "huawei", {})


class Stub:
    """Answers one request after the other; remembers all."""

    def __init__(self, *answers, clock=None, **fields):
        self.answers = list(answers)
        self.requests = []
        self.clock = clock or Clock()
        self.fields = {"writable": True, **fields}

    def handle(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else httpx.Response(answer[0], **answer[1])

    def send(self, method="GET", endpoint=HERE, path=("v1", "things"), spec=SPEC, secrets=(), **request):
        async def go():
            http = open_http(
                spec, connection(self.clock, wire=httpx.MockTransport(self.handle), **self.fields),
                hosts=TrustedHosts(("*.example.com",)), dialogue=HuaweiDialogue(), secrets=secrets,
                token=(IAM, b"/v3/auth/tokens"),
            )  # fmt: skip
            return await http.request(endpoint, method, path, auth=NoAuth(), **request)

        return asyncio.run(go())


def ok(body=None):
    return (200, {"json": {} if body is None else body})


TROUBLES = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadError(""),
    httpx.ReadTimeout(""),
    httpx.RemoteProtocolError("Server disconnected"),
    (500, {"json": {"error_msg": "broken", "error_code": "ELB.8906"}}),
    (503, {"text": "<html>busy</html>"}),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_get_is_repeated_after_trouble(trouble):
    stub = Stub(trouble, trouble, ok({"a": 1}))
    assert stub.send().body == {"a": 1}
    assert len(stub.requests) == 3
    assert stub.clock.waits[0] < stub.clock.waits[1]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_get_gives_up_after_a_bounded_number_of_attempts(trouble):
    stub = Stub(trouble)
    with pytest.raises(Unreachable, match=rf"GET /v1/things.*\({READ_ATTEMPTS} attempts\)"):
        stub.send()
    assert len(stub.requests) == READ_ATTEMPTS


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_write_is_sent_once_and_its_outcome_is_unknown(method, trouble):
    stub = Stub(trouble, ok())
    with pytest.raises(OutcomeUnknown) as unknown:
        stub.send(method, body={"a": 1})
    assert len(stub.requests) == 1
    assert unknown.value.request == f"{method} /v1/things"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_429_is_repeated_for_every_method_and_its_wait_is_kept(method):
    stub = Stub((429, {"headers": {"Retry-After": "7"}}), ok({"a": 1}))
    assert stub.send(method).body == {"a": 1}
    assert len(stub.requests) == 2
    assert sum(stub.clock.waits) >= 7


def test_a_429_may_name_a_date():
    clock = Clock(1_750_000_000.0)
    stub = Stub((429, {"headers": {"Retry-After": "Sun, 15 Jun 2025 15:07:20 GMT"}}), ok(), clock=clock)
    stub.send()
    assert 40 <= sum(clock.waits) <= 60


def test_429s_without_end_are_a_refusal():
    stub = Stub((429, {"json": {"error_code": "APIGW.0308", "error_msg": "over ratelimit"}}))
    with pytest.raises(Refused, match="APIGW.0308: over ratelimit"):
        stub.send("POST")
    assert len(stub.requests) == THROTTLE_ATTEMPTS


def test_an_endless_retry_after_is_bounded():
    stub = Stub((429, {"headers": {"Retry-After": "1e99"}}), ok())
    stub.send()
    assert sum(stub.clock.waits) <= 400


def test_refusals_carry_code_words_and_request_id():
    stub = Stub((404, {"json": {"error_code": "ELB.8904", "error_msg": "l7policy x could not be found.",
                                "request_id": "abc-123"}}))  # fmt: skip
    with pytest.raises(NotFound) as refused:
        stub.send("DELETE")
    error = refused.value
    assert (error.status, error.code, error.request_id, error.request) == (404, "ELB.8904", "abc-123", "DELETE /v1/things")
    assert "l7policy x could not be found." in error.message


def test_the_request_id_may_stand_in_a_header():
    with pytest.raises(Refused) as refused:
        Stub((400, {"headers": {"X-Request-Id": "h-1"}, "text": "no"})).send("POST")
    assert refused.value.request_id == "h-1"


# ------------------------------------------------------------------------------------------------ broken answers
DEEP = "[" * 100_000 + "]" * 100_000
BROKEN = {
    "HTML": (200, {"html": "<html><body>Welcome to the hotel</body></html>"}),
    "truncated": (200, {"content": b'{"a": [1, 2'}),
    "too deep": (200, {"content": DEEP.encode()}),
    "a number without end": (200, {"content": b'{"a": ' + b"9" * 5000 + b"}"}),
    "NaN": (200, {"content": b'{"a": NaN}'}),
    "not UTF-8": (200, {"content": b'{"a": "\xff"}'}),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_is_no_json_is_a_clear_error(answer, method):
    stub = Stub(answer)
    with pytest.raises(Unreachable if method == "GET" else OutcomeUnknown, match="the answer is") as error:
        stub.send(method)
    assert error.value.code == "CONN-ANSWER"
    assert len(str(error.value)) < 300
    assert len(stub.requests) == 1


def test_an_error_page_of_a_gateway_is_not_repeated_to_the_user():
    with pytest.raises(Refused) as refused:
        Stub((403, {"html": "<html>" + "blocked " * 10_000})).send("POST")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("body", [[], {}, {"things": None}, {"things": {}}, {"things": [1]}, "x", 5])
def test_a_body_of_the_wrong_shape_is_a_clear_error(body):
    answer = Stub((200, {"json": body})).send()
    with pytest.raises(Unreachable, match="no list of objects 'things'"):
        answer.objects("things")


def test_a_body_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("reconciler.providers.http.MAX_BODY", 1000)
    with pytest.raises(Unreachable, match="larger than 1000 bytes"):
        Stub((200, {"content": b"x" * 1001})).send()
    packed = gzip.compress(json.dumps("x" * 100_000).encode())
    assert len(packed) < 1000
    with pytest.raises(Unreachable, match="larger than 1000 bytes"):
        Stub((200, {"content": packed, "headers": {"Content-Encoding": "gzip"}})).send()


def test_gzip_is_understood():
    packed = gzip.compress(b'{"a": 1}')
    assert Stub((200, {"content": packed, "headers": {"Content-Encoding": "gzip"}})).send().body == {"a": 1}


def test_garbage_that_claims_to_be_gzip_is_an_error():
    def garbage():  # from a stream, because httpx decodes other content at once
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"garbage"))

    with pytest.raises(Unreachable):
        Stub(garbage).send()


def test_redirects_are_never_followed():
    answer = (302, {"headers": {"Location": "https://evil.example.net/"}})
    stub = Stub(answer)
    with pytest.raises(Unreachable, match="redirects are never followed"):
        stub.send()
    assert len(stub.requests) == 1
    with pytest.raises(OutcomeUnknown, match="redirects are never followed"):
        Stub(answer).send("POST")


def test_control_characters_of_a_server_do_not_reach_the_terminal():
    with pytest.raises(Refused) as refused:
        Stub((400, {"json": {"error_msg": "a\x1b[31mred\x1b]0;title\x07\u202e", "error_code": "\x1b[0m"}})).send("POST")
    assert "\x1b" not in str(refused.value)
    assert "\u202e" not in str(refused.value)


# ------------------------------------------------------------------------------------------------ the gate
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "PROPFIND"])
def test_a_reading_transport_passes_nothing_but_get(method):
    stub = Stub(ok(), writable=False)
    with pytest.raises(WriteRefused):
        stub.send(method)
    assert stub.requests == []


def test_a_reading_transport_passes_the_token_call_and_only_that():
    stub = Stub((201, {"json": {}}), writable=False)
    token = ("v3", "auth", "tokens")
    stub.send("POST", IAM, token, query=[("nocatalog", "true")])
    assert len(stub.requests) == 1
    for endpoint, method, path in [
        (HERE, "POST", token),
        (IAM, "PUT", token),
        (IAM, "DELETE", token),
        (IAM, "POST", (*token, "x")),
        (IAM, "POST", ("v3", "auth", "tokens ")),
        (IAM, "POST", ("v3", "projects")),
        (IAM, "POST", ("v3", "auth", "tokens/../../projects")),
        (Endpoint("https", "iam.example.com", 8443), "POST", token),
        (Endpoint("https", "iam.example.com", None, "/x"), "POST", token),
    ]:
        with pytest.raises(WriteRefused):
            stub.send(method, endpoint, path)
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("https", "example.net"),
        Endpoint("https", "example.com"),
        Endpoint("https", "api.example.com.evil.net"),
        Endpoint("https", "evilexample.com"),
        Endpoint("http", "api.example.com"),
        Endpoint("https", "127.0.0.1"),
    ],
    ids=lambda e: e.url,
)
def test_a_foreign_host_receives_nothing(endpoint):
    stub = Stub(ok())
    with pytest.raises(UntrustedEndpoint):
        stub.send("GET", endpoint)
    assert stub.requests == []


# ------------------------------------------------------------------------------------------------ secrets
CANARY = "c4nary/+secret="


@pytest.mark.parametrize(
    "leak",
    [
        CANARY,
        "https://user:pass%77ord@proxy.example/",
        "authorization: SDK-HMAC-SHA256 Access=AKCANARY, SignedHeaders=host, Signature=" + "ab" * 32,
        "X-Auth-Token: MIIcanaryCANARYcanary",
        "Set-Cookie: session=canarysession",
        "Authorization: APIKey 12$canarycanary",
        '{"password": "canary-password"}',
        "c4nary%2F%2Bsecret%3D",
    ],
)
def test_what_a_server_repeats_of_our_credentials_is_hidden(leak):
    for answer in [
        (400, {"json": {"error_msg": f"bad {leak} here", "error_code": leak, "request_id": leak}}),
        (500, {"json": {"error_msg": f"bad {leak} here"}}),
        (401, {"text": f"bad {leak} here"}),
        httpx.ConnectError(f"cannot reach {leak}"),
    ]:
        with pytest.raises((Refused, Denied, OutcomeUnknown)) as error:
            Stub(answer).send("POST", secrets=[CANARY])
        shown = f"{error.value} {error.value.code} {error.value.request_id}".lower()
        for word in ("canary", "c4nary", "pass%77ord", "ab" * 32):
            assert word not in shown


def test_the_caller_is_told_of_requests_without_headers_or_queries():
    seen = []
    stub = Stub(ok(), on_event=lambda name, facts: seen.append((name, facts)))
    stub.send(query=[("a", "b")])
    ((name, facts),) = seen
    assert name == "request"
    assert set(facts) == {"method", "host", "path", "status", "seconds"}
    assert (facts["path"], facts["status"]) == ("/v1/things", 200)


# ------------------------------------------------------------------------------------------------ speed
def test_the_configured_rate_is_kept():
    clock = Clock()
    spec = ProviderSpec("p", "huawei", {"limits": {"requests_per_second": 4}})

    async def go():
        http = open_http(
            spec, connection(clock, wire=httpx.MockTransport(lambda r: httpx.Response(200, json={}))),
            hosts=TrustedHosts(("*.example.com",)), dialogue=HuaweiDialogue(), secrets=(),
        )  # fmt: skip
        for _ in range(21):
            await http.request(HERE, "GET", ("x",), auth=NoAuth())

    begun = clock.now()
    asyncio.run(go())
    assert 4.9 <= clock.now() - begun <= 5.1


def test_no_more_requests_are_in_flight_than_allowed():
    spec = ProviderSpec("p", "huawei", {"limits": {"concurrency": 3}})
    flying, most = 0, 0

    async def handle(request):
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        flying -= 1
        return httpx.Response(200, json={})

    async def go():
        http = open_http(
            spec, connection(wire=httpx.MockTransport(handle)), hosts=TrustedHosts(("*.example.com",)),
            dialogue=HuaweiDialogue(), secrets=(),
        )  # fmt: skip
        await asyncio.gather(*(http.request(HERE, "GET", ("x",), auth=NoAuth()) for _ in range(20)))

    asyncio.run(go())
    assert most == 3


def test_path_segments_cannot_leave_their_place():
    stub = Stub(ok())
    stub.send(path=("v1", "../../admin", "a?b#c", "\u00e9 /"))
    assert stub.requests[0].url.raw_path == b"/v1/..%2F..%2Fadmin/a%3Fb%23c/%C3%A9%20%2F"


def test_no_text_of_ours_needs_more_than_the_bound():
    assert answers.MAX_BODY >= 55 * 1024 * 1024


def test_a_429_halves_the_rate_once_for_requests_that_flew_together_and_it_grows_again():
    clock = Clock()
    limiter = Limiter(clock, lambda: 0.0, ceiling=40.0)

    async def go():
        started = [await limiter.acquire() for _ in range(5)]
        clock.time += 1
        for one in started:
            limiter.throttled(one, 3.0)
        assert limiter.rate == 20.0
        begun = clock.now()
        await limiter.acquire()
        assert clock.now() - begun >= 3.0
        for _ in range(400):
            limiter.succeeded()
        assert 30 < limiter.rate < 40
        for _ in range(2000):
            limiter.succeeded()
        assert limiter.rate == 40.0

    asyncio.run(go())


def test_the_first_429_starts_from_the_rate_that_was_measured():
    clock = Clock()
    limiter = Limiter(clock, lambda: 0.0)

    async def go():
        for _ in range(100):
            started = await limiter.acquire()
            clock.time += 0.05
        limiter.throttled(started, 0.0)
        assert 9 <= limiter.rate <= 11

    asyncio.run(go())


def test_providers_of_one_run_share_the_limit_of_a_host():
    async def go():
        one = connection(Clock())
        first = shared_limiter("h", one, lambda: 0.0, 10.0)
        assert shared_limiter("h", one, lambda: 0.0, 5.0) is first
        assert first.rate == 5.0
        assert shared_limiter("i", one, lambda: 0.0, None) is not first

    asyncio.run(go())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0.5", 0.5), ("-3", 0), ("nan", None), ("soon", None), ("", None), (None, None), ("1e99", 300),
     ("Sun, 15 Jun 2025 15:06:50 GMT", 10), ("Sun, 15 Jun 2020 15:06:50 GMT", 0)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after(value, 1_750_000_000.0) == seconds

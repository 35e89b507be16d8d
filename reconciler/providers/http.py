"""The one transport: limits, repeats, clear errors. Every request of every provider goes through :class:`Http`.

Repeats (design 7): a GET after a connection error, a timeout or a 5xx; any method after a 429; and any method once
after a 401 that a new token may cure (a 401 says that nothing was done). Everything else about a write is raised as
what it is: ``Refused`` and its kin when the API said no, ``OutcomeUnknown`` when nobody knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import random as _random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol
from urllib.parse import quote

from reconciler.model.calls import Clock, OutcomeUnknown, ProviderError, Unreachable
from reconciler.model.canonical import Json, canonical
from reconciler.network import bounded
from reconciler.network.lean import httpx
from reconciler.network.pauses import LONGEST_WAIT, backoff, retry_after
from reconciler.network.redaction import Redactor
from reconciler.providers.answers import MAX_BODY, Answer, BrokenAnswer, Dialogue, Words, parse, parse_error
from reconciler.providers.hosts import Endpoint
from reconciler.providers.limiter import Limiter

READ_ATTEMPTS = 4
"""How often a GET is sent at most when connections fail or the server does."""
THROTTLE_ATTEMPTS = 8
"""How often any request is sent at most when the answer is 429."""

USER_AGENT = "reconciler"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will stand on the wire, for signing. ``query`` is encoded and sorted."""

    method: str
    endpoint: Endpoint
    path: str
    query: str
    body: bytes


class Auth(Protocol):
    """Puts credentials on requests."""

    async def headers(self, request: Outgoing) -> Mapping[str, str]:
        """The headers that make this request ours, made anew for each attempt."""
        ...

    async def renew(self, used: Mapping[str, str]) -> bool:
        """After a 401 to a request with those headers: is it worth another try, with new credentials?"""
        ...


class NoAuth:
    """For the call that gets a token: it carries its credentials in the body."""

    async def headers(self, request: Outgoing) -> Mapping[str, str]:
        """None."""
        return {}

    async def renew(self, used: Mapping[str, str]) -> bool:
        """Never."""
        return False


class _Lost(Exception):
    """No answer, or not a whole one. ``distrusted``: the server's certificate, which no repetition mends."""

    distrusted = False


@dataclass(slots=True)
class _Raw:
    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(slots=True)
class Http:
    """Sends requests over ``wire`` (a :class:`~reconciler.providers.guard.Guard`)."""

    wire: httpx.AsyncBaseTransport
    clock: Clock
    dialogue: Dialogue
    redactor: Redactor
    limiter_of: Callable[[Endpoint], Limiter]
    timeout: float = 30.0
    concurrency: int = 8
    random: Callable[[], float] = _random.random
    on_event: Callable[[str, dict[str, object]], None] | None = None
    calls: int = 0
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.concurrency)

    async def request(
        self,
        endpoint: Endpoint,
        method: str,
        path: Sequence[str | int],
        *,
        auth: Auth,
        query: Sequence[tuple[str, str]] = (),
        body: Json = None,
        login: bool = False,
    ) -> Answer:
        """Send one request and give back its accepted answer.

        ``path`` segments are percent-encoded one by one. ``login`` marks the call that gets a token: it changes
        nothing, so that its failure is ``Unreachable``; it is not repeated, and it takes no place of its own, because
        a request that needs the token holds one meanwhile.

        Raises:
            ProviderError: see the module's text. Messages are redacted.
        """
        outgoing = Outgoing(
            method, endpoint,
            endpoint.prefix + "".join("/" + quote(str(segment), safe="~") for segment in path),
            "&".join(sorted_pairs(query)),
            b"" if body is None else canonical(body),
        )  # fmt: skip
        limiter = self.limiter_of(endpoint)
        is_write = method != "GET" and not login
        self.calls += 1
        failures = throttled = 0
        renewed = False
        while True:
            async with contextlib.nullcontext() if login else self._slots:
                started = await limiter.acquire()
                headers = await auth.headers(outgoing)
                result = await self._attempt(outgoing, headers)
            if isinstance(result, _Raw) and result.status == 429 and throttled + 1 < THROTTLE_ATTEMPTS:
                throttled += 1
                limiter.throttled(started, self._throttle(result, throttled))
                continue
            if isinstance(result, _Raw) and result.status < 500:
                limiter.succeeded()
                if result.status == 401 and not renewed and await auth.renew(headers):
                    renewed = True
                    continue
                return self._accepted(outgoing, result, is_write)
            failures += 1
            final = isinstance(result, _Lost) and result.distrusted
            if method != "GET" or failures >= READ_ATTEMPTS or final:
                self._fail(outgoing, result, is_write, failures)
            await self.clock.sleep(self._pause(result, failures))

    def _throttle(self, result: _Raw, turn: int) -> float:
        """Seconds to wait after a 429: as long as it asks for, or growing with every turn."""
        asked = retry_after(result.headers.get("retry-after"), self.clock.now())
        grown = backoff(turn, 1.0, 60.0, self.random)
        return grown if asked is None else min(asked + grown / 4, LONGEST_WAIT)

    def _pause(self, result: _Raw | _Lost, failures: int) -> float:
        pause = backoff(failures, 0.5, 8.0, self.random)
        if isinstance(result, _Raw):
            asked = retry_after(result.headers.get("retry-after"), self.clock.now())
            return max(pause, min(asked or 0.0, 60.0))
        return pause

    async def _attempt(self, outgoing: Outgoing, headers: Mapping[str, str]) -> _Raw | _Lost:
        """One exchange: the answer, or why there is none."""
        endpoint = outgoing.endpoint
        target = outgoing.path + (f"?{outgoing.query}" if outgoing.query else "")
        url = httpx.URL(scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, raw_path=target.encode())
        fields = {
            "host": endpoint.netloc, "user-agent": USER_AGENT, "accept": "application/json",
            "accept-encoding": "gzip", **headers,
        }  # fmt: skip
        content = outgoing.body or None
        if content is not None:
            fields.setdefault("content-type", "application/json")
        request = httpx.Request(
            outgoing.method, url, headers=fields, content=content,
            extensions={"timeout": {
                "connect": min(self.timeout, 10.0), "read": self.timeout, "write": self.timeout, "pool": self.timeout,
            }},
        )  # fmt: skip
        begun = self.clock.now()
        result: _Raw | _Lost
        try:
            async with asyncio.timeout(2 * self.timeout):
                result = await self._exchange(request)
        except TimeoutError:
            result = _Lost(f"no whole answer within {2 * self.timeout:g} s")
        except httpx.TimeoutException as error:
            result = _Lost(f"{_TIMEOUTS.get(type(error).__name__, 'timeout')} after {self.timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, EOFError) as error:
            result = _Lost(self.redactor.clean(_network_words(error), 200))
            result.distrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        if self.on_event is not None:
            status = result.status if isinstance(result, _Raw) else None
            self.on_event(
                "request",
                {"method": outgoing.method, "host": endpoint.netloc, "path": outgoing.path, "status": status,
                 "seconds": round(self.clock.now() - begun, 3)},
            )  # fmt: skip
        return result

    async def _exchange(self, request: httpx.Request) -> _Raw:
        response = await self.wire.handle_async_request(request)
        response.request = request
        body = await bounded.read(response, MAX_BODY, f"{MAX_BODY} bytes")
        return _Raw(response.status_code, response.headers, body)

    def _accepted(self, outgoing: Outgoing, raw: _Raw, is_write: bool) -> Answer:
        words = f"{outgoing.method} {outgoing.path}"
        if not 200 <= raw.status < 300:
            self._refuse(outgoing, raw, is_write)
        try:
            body = parse(raw.body, raw.headers.get("content-type", ""))
        except BrokenAnswer as broken:
            failure = OutcomeUnknown if is_write else Unreachable
            raise failure(f"{words}: {broken}", status=raw.status, request=words, code="CONN-ANSWER") from None
        said = self.dialogue.words(raw.status, raw.headers, body)
        return Answer(raw.status, raw.headers, body, words, self._request_id(said))

    def _refuse(self, outgoing: Outgoing, raw: _Raw, is_write: bool) -> NoReturn:
        """A final answer that is not 2xx and below 500."""
        request = f"{outgoing.method} {outgoing.path}"
        said = self.dialogue.words(raw.status, raw.headers, parse_error(raw.body))
        message = self.redactor.clean(said.message) or "no reason given"
        kind: type[ProviderError]
        advice = ""
        if raw.status < 400:
            kind = OutcomeUnknown if is_write else Unreachable
            message = "the answer is a redirect, and redirects are never followed"
        elif raw.status == 408:
            kind = OutcomeUnknown if is_write else Unreachable
        else:
            kind, advice = self.dialogue.refusal(raw.status, said, outgoing.method, outgoing.path)
        code = self.redactor.clean(said.code, 80) if said.code else None
        raise kind(
            f"{request}: {raw.status}{f' {code}' if code else ''}: {message}{f' ({advice})' if advice else ''}",
            status=raw.status, code=code, request=request,
            request_id=self._request_id(said),
        )  # fmt: skip

    def _fail(self, outgoing: Outgoing, result: _Raw | _Lost, is_write: bool, attempts: int) -> NoReturn:
        """No answer that can be trusted, and no more tries."""
        request = f"{outgoing.method} {outgoing.path}"
        kind = OutcomeUnknown if is_write else Unreachable
        tries = f" ({attempts} attempts)" if attempts > 1 else ""
        if isinstance(result, _Lost):
            code = "CONN-TLS" if result.distrusted else None
            raise kind(f"{request} to {outgoing.endpoint.netloc}: {result}{tries}", request=request, code=code)
        said = self.dialogue.words(result.status, result.headers, parse_error(result.body))
        code = self.redactor.clean(said.code, 80) if said.code else None
        raise kind(
            f"{request}: {result.status}{f' {code}' if code else ''}: "
            f"{self.redactor.clean(said.message) or 'the server failed'}{tries}",
            status=result.status, code=code, request=request,
            request_id=self._request_id(said),
        )  # fmt: skip

    def _request_id(self, said: Words) -> str | None:
        return self.redactor.clean(said.request_id, 80) if said.request_id else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self.wire.aclose()


_TIMEOUTS = {"ConnectTimeout": "no connection", "ReadTimeout": "no answer", "WriteTimeout": "the request did not leave"}


def _network_words(error: BaseException) -> str:
    said = str(error).strip()
    return said if said else type(error).__name__


def sorted_pairs(query: Sequence[tuple[str, str]]) -> list[str]:
    """``key=value`` pairs, percent-encoded, by key and then value: the order in which they are signed and sent."""
    return [f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(query)]

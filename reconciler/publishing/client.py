"""A small HTTP client for what is published: bounded in time and size, follows no redirect, tells no secret.

Repeats: whatever the server turned away for its rate (429, GitHub's 403 of that kind) and whatever never left this
machine. After a lost answer or a 5xx only requests that may arrive twice are repeated; for the others nobody knows
what happened, and :class:`Unknown` says so.
"""

from __future__ import annotations

import asyncio
import json
import random as _random
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from reconciler.model.calls import Clock
from reconciler.network import bounded
from reconciler.network.lean import httpx
from reconciler.network.pauses import backoff, retry_after
from reconciler.network.redaction import Redactor
from reconciler.network.routes import Routes
from reconciler.publishing.urls import Target
from reconciler.records import dataclass, field

ATTEMPTS = 4
"""How often one request is sent at most."""
MAX_ANSWER = 128 * 1024 * 1024
"""Bytes: a page of 20 GitLab notes of a million characters, each written as \\uXXXX, still fits."""
_UNTOLD_PAUSE = 60.0
"""Seconds after a rate limit that names no time: GitHub asks for at least a minute."""


Listener = Callable[[str, Mapping[str, object]], None]
"""Is told ("request", method, host, path, status, seconds). Only clients whose paths are no secret have one."""


class Twice(StrEnum):
    """What a request may do if it arrives twice."""

    HARMLESS = "harmless"  # reads, edits and deletions of one object
    AFTER_5XX = "after a 5xx"  # a message: the server says that it failed, so it is sent again
    NEVER = "never"  # the creation of something


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer below 500, whole. ``headers`` have lower case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def limited(self) -> bool:
        """Turned away for too many requests: nothing was done."""
        if self.status == 429:
            return True
        if self.status != 403:
            return False
        words = self.body[:2000].decode("utf-8", "replace").lower()
        return (
            "retry-after" in self.headers
            or self.headers.get("x-ratelimit-remaining") == "0"
            or "secondary rate limit" in words
            or "abuse detection" in words
        )


class Failed(Exception):
    """A request that came to nothing, in words without secrets. ``status`` is None where there was no answer."""

    def __init__(self, words: str, status: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.status = status


class Limited(Failed):
    """The server asks for a longer pause than this run may take."""


class Unknown(Failed):
    """The request left and no trustworthy answer came: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """No answer. ``sent`` False: certainly nothing reached the server."""

    words: str
    sent: bool


class Client:
    """Sends requests with ``headers`` on each; ``budget`` is how many seconds one request may take with its repeats.

    ``wire`` stands in for the network. ``secrets`` are never told, in whatever form a server repeats them.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        timeout: float = 10.0,
        budget: float = 60.0,
        wire: httpx.AsyncBaseTransport | None = None,
        random: Callable[[], float] = _random.random,
        listen: Listener | None = None,
    ) -> None:
        self.clock = clock
        self.redactor = Redactor(secrets)
        self._headers = dict(headers or {})
        self._timeout, self._budget, self._random = timeout, budget, random
        self._wire, self._listen = wire, listen
        self._routes = None if wire is not None else Routes(environ, "", None, None)
        self._open: dict[tuple[str, str, int | None], httpx.AsyncBaseTransport] = {}

    async def send(self, method: str, target: Target, body: Any = None, *, twice: Twice = Twice.HARMLESS) -> Reply:
        """One request; ``body`` is sent as JSON. Any answer below 500 that is no rate limit is given back.

        Raises:
            Failed: no connection, 5xx, or a redirect; Limited, Unknown: see there.
            DiagnosticError: CONN-PROXY, CONN-CA-FILE.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        deadline = self.clock.now() + self._budget
        for attempt in range(1, ATTEMPTS + 1):
            begun = self.clock.now()
            result = await self._attempt(method, target, content)
            if self._listen is not None:
                self._listen("request", {"method": method, "host": target.netloc, "path": target.path,
                                         "status": getattr(result, "status", None),
                                         "seconds": round(self.clock.now() - begun, 3)})  # fmt: skip
            if isinstance(result, Reply) and 300 <= result.status < 400:
                raise Failed(
                    f"{target.netloc} answers {result.status}, a redirect, and redirects are never followed",
                    result.status,
                )
            if isinstance(result, Reply) and result.status < 500 and not result.limited:
                return result
            if not _may_repeat(result, twice):
                raise Unknown(self._told(target, result), getattr(result, "status", None))
            pause = self._pause(result, attempt)
            if attempt == ATTEMPTS or self.clock.now() + pause > deadline:
                raise self._given_up(target, result, attempt)
            await self.clock.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def said(self, reply: Reply) -> str:
        """The server's own words for a refusal, short and without secrets."""
        found = reply.json()
        if isinstance(found, dict):
            parts = [found.get("message"), found.get("error"), found.get("error_description"), found.get("errors")]
            text = "; ".join(p if isinstance(p, str) else json.dumps(p) for p in parts if p)
        else:
            text = reply.body[:2000].decode("utf-8", "replace")
        return self.redactor.clean(text, 300)

    async def aclose(self) -> None:
        """Close the connections."""
        for transport in self._open.values():
            await transport.aclose()
        self._open.clear()

    # ------------------------------------------------------------------ inside
    async def _attempt(self, method: str, target: Target, content: bytes | None) -> Reply | _Lost:
        """One exchange. What httpx raises holds the request with its secrets: nothing of it is kept."""
        try:
            async with asyncio.timeout(2 * self._timeout):
                return await self._exchange(self._request(method, target, content), target)
        except TimeoutError:
            return _Lost(f"no whole answer within {2 * self._timeout:g} s", True)
        except (httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            words = f"no connection within {self._timeout:g} s" if isinstance(error, httpx.TimeoutException) else ""
            return _Lost(words or f"no connection: {self._clean(error)}", False)
        except httpx.TimeoutException:
            return _Lost(f"no answer within {self._timeout:g} s", True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, EOFError) as error:
            return _Lost(self._clean(error), True)

    def _request(self, method: str, target: Target, content: bytes | None) -> httpx.Request:
        raw = (target.path or "/") + (f"?{target.query}" if target.query else "")
        url = httpx.URL(scheme=target.scheme, host=target.host, port=target.port, raw_path=raw.encode("ascii"))
        fields = {
            "host": target.netloc, "user-agent": "reconciler", "accept": "application/json",
            "accept-encoding": "gzip", **self._headers,
        }  # fmt: skip
        if content is not None:
            fields["content-type"] = "application/json; charset=utf-8"
        limits = {"connect": self._timeout, "read": self._timeout, "write": self._timeout, "pool": self._timeout}
        return httpx.Request(method, url, headers=fields, content=content, extensions={"timeout": limits})

    async def _exchange(self, request: httpx.Request, target: Target) -> Reply:
        response = await self._transport(target).handle_async_request(request)
        response.request = request
        body = await bounded.read(response, MAX_ANSWER, f"{MAX_ANSWER // 2**20} MiB")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body)

    def _transport(self, target: Target) -> httpx.AsyncBaseTransport:
        if self._wire is not None:
            return self._wire
        origin = (target.scheme, target.host, target.port)
        if origin not in self._open:
            assert self._routes is not None
            self._open[origin] = self._routes.connection(origin)
        return self._open[origin]

    def _pause(self, result: Reply | _Lost, attempt: int) -> float:
        """Seconds to wait: as long as the server asks for; else growing, and after an untold rate limit a minute."""
        grown = backoff(attempt, 1.0, 16.0, self._random)
        if isinstance(result, _Lost):
            return grown
        asked = retry_after(result.headers.get("retry-after"), self.clock.now())
        if asked is not None:
            return asked + grown / 4
        if not result.limited:
            return grown
        if result.headers.get("x-ratelimit-remaining", result.headers.get("ratelimit-remaining")) == "0":
            reset = result.headers.get("x-ratelimit-reset", result.headers.get("ratelimit-reset", ""))
            if reset.isdigit() and len(reset) < 12:
                return max(0.0, int(reset) - self.clock.now()) + grown / 4
        return _UNTOLD_PAUSE * 2.0 ** (attempt - 1)

    def _given_up(self, target: Target, result: Reply | _Lost, attempts: int) -> Failed:
        words = self._told(target, result)
        if isinstance(result, Reply) and result.limited:
            longest = f"{self._budget:.0f} s"
            return Limited(f"{words}; it wants a longer pause than this run takes ({longest})", result.status)
        tries = f" ({attempts} attempts)" if attempts > 1 else ""
        return Failed(words + tries, getattr(result, "status", None))

    def _told(self, target: Target, result: Reply | _Lost) -> str:
        if isinstance(result, _Lost):
            return f"{target.netloc}: {result.words}"
        said = self.said(result)
        return f"{target.netloc} answers {result.status}{f': {said}' if said else ''}"

    def _clean(self, error: BaseException) -> str:
        return self.redactor.clean(str(error).strip() or type(error).__name__, 200)


def _may_repeat(result: Reply | _Lost, twice: Twice) -> bool:
    """Does another attempt risk nothing worse than ``twice`` allows?"""
    if isinstance(result, _Lost):
        return not result.sent or twice is Twice.HARMLESS
    return result.status < 500 or twice is not Twice.NEVER

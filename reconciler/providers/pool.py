"""Connections: many pools of one connection each, instead of one pool of many (performance.md 1.5).

httpcore's pool walks all of its connections on every request and again for each idle one, so its cost grows with the
square of the concurrency. A free list over one-connection transports does not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from reconciler.network.lean import httpx
from reconciler.network.routes import Origin


class PoolTransport(httpx.AsyncBaseTransport):
    """Gives each request a connection of its own; the most recently used idle one first.

    How many are open at once is decided by the caller's concurrency limit. ``make`` builds a transport that holds at
    most one connection to an origin.
    """

    def __init__(self, make: Callable[[Origin], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._free: dict[Origin, list[httpx.AsyncBaseTransport]] = {}
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send on an idle connection, or on a new one.

        A connection with trouble is not used again, nor are those that idled beside it: what dropped one without a
        word (a gateway, a firewall) has dropped them too, and every repeat would meet the next of them.
        """
        url = request.url
        origin = (url.scheme, url.host, url.port)
        free = self._free.setdefault(origin, [])
        transport = free.pop() if free else self._make(origin)
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await transport.aclose()
            while free:
                await free.pop().aclose()
            raise
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("an asynchronous transport answered with a synchronous stream")
        response.stream = _Lent(stream, transport, self._give_back, origin)
        return response

    async def _give_back(self, origin: Origin, transport: httpx.AsyncBaseTransport, whole: bool) -> None:
        if whole and not self._closed:
            self._free[origin].append(transport)
        else:
            await transport.aclose()

    async def aclose(self) -> None:
        """Close the idle connections; those in use are closed when their answer is read."""
        self._closed = True
        for free in self._free.values():
            while free:
                await free.pop().aclose()


class _Lent(httpx.AsyncByteStream):
    """An answer's body; its connection is free again once it was read to its end and closed."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        transport: httpx.AsyncBaseTransport,
        give_back: Callable[[Origin, httpx.AsyncBaseTransport, bool], Awaitable[None]],
        origin: Origin,
    ) -> None:
        self._stream = stream
        self._transport = transport
        self._give_back = give_back
        self._origin = origin
        self._whole = False
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part
        self._whole = True

    async def aclose(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            await self._stream.aclose()
        finally:
            await self._give_back(self._origin, self._transport, self._whole)

"""An httpx transport that asks an emulator in the same process: no port, no thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import FaultError
from reconciler.emulator.http import header_items, make_request


class EmulatorTransport(httpx.AsyncBaseTransport):
    """Sends every request to ``emulator.handle``, whatever its host.

    ``sleep`` is awaited for latency and delays (seconds); a delay past the client's read timeout becomes
    ``httpx.ReadTimeout``, a lost answer ``httpx.ReadError``: in both cases the work is done.
    Raises ``FaultError`` when a fault rule needs a socket.
    """

    def __init__(self, emulator: Emulator, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        if emulator.faults.need_socket:
            rules = ", ".join(repr(rule) for rule in emulator.faults.need_socket)
            raise FaultError(f"there is no socket to reset in-process: {rules} needs the emulator's server")
        self._emulator = emulator
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer ``request`` from the emulator."""
        body = await request.aread()
        # The scheme that the client believes in, for replies that hold addresses; a proxy would say it the same way.
        headers = [("x-forwarded-proto", request.url.scheme), *request.headers.multi_items()]
        target = request.url.raw_path.decode("ascii")
        reply = self._emulator.handle(make_request(request.method, target, headers=headers, body=body))
        if reply.delay:
            limit = request.extensions.get("timeout", {}).get("read")
            if limit is not None and reply.delay > limit:
                await self._sleep(limit)
                raise httpx.ReadTimeout("the answer took too long", request=request)
            await self._sleep(reply.delay)
        if reply.lost:
            raise httpx.ReadError("the connection was closed before the answer", request=request)
        return httpx.Response(reply.status, headers=list(header_items(reply)), content=reply.body, request=request)

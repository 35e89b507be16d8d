"""The emulator as an HTTP server: an ASGI callable and a uvicorn around it.

Requests are handled one after the other in the event loop's thread, so nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import Reply, header_items, make_request

if TYPE_CHECKING:
    import uvicorn

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

TRANSPORT_KEY = "reconciler.emulator.transport"
"""Where the server of this module puts the connection's transport into the scope's extensions."""


class AnswerDropped(Exception):
    """Ends the ASGI call of an answer that a fault loses, where the server gives no access to the connection."""


def make_app(emulator: Emulator, latency: float = 0.0) -> App:
    """The ASGI callable. ``latency`` (seconds) is added to every answer."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        target = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        reply = emulator.handle(make_request(scope["method"], target, headers=headers, body=bytes(body)))
        if reply.delay + latency:
            await asyncio.sleep(reply.delay + latency)
        if reply.lost or reply.reset:
            await _drop(scope, reply, send)
            return
        await _answer(reply, send)

    return app


async def _answer(reply: Reply, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in header_items(reply)]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _drop(scope: Message, reply: Reply, send: Send) -> None:
    """Close or reset the connection instead of answering."""
    transport = scope.get("extensions", {}).get(TRANSPORT_KEY)
    if transport is None:
        # Any other ASGI server: announce more than is sent, then fail, which closes the connection half way.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        raise AnswerDropped("a fault rule drops this answer")
    if reply.reset:
        import socket

        sock = transport.get_extra_info("socket")
        if sock is not None:
            # Linger of zero seconds: the close sends a reset instead of an orderly end.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while not transport.is_closing():
        await asyncio.sleep(0)
    # The server learns of the closed connection in the next turns of the loop; only then may this call end.
    for _ in range(3):
        await asyncio.sleep(0)


def make_server(emulator: Emulator, host: str = "127.0.0.1", port: int = 0, latency: float = 0.0) -> uvicorn.Server:
    """A uvicorn server, not started yet; ``port`` 0 takes a free one. Raises ``ImportError`` without uvicorn."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    app = make_app(emulator, latency)

    class _Protocol(H11Protocol):
        """Hands the connection's transport to the application, so that a fault can close it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            async def bound(scope: Message, receive: Receive, send: Send) -> None:
                extensions = {**scope.get("extensions", {}), TRANSPORT_KEY: transport}
                await app({**scope, "extensions": extensions}, receive, send)

            super().connection_made(transport)
            self.app = bound

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_Protocol,
        loop="asyncio",
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="warning",
    )
    return uvicorn.Server(config)


def serve(emulator: Emulator, host: str = "127.0.0.1", port: int = 8080, latency: float = 0.0) -> None:
    """Serve until interrupted. ``latency`` in seconds is added to every answer."""
    make_server(emulator, host, port, latency).run()

"""A page server on loopback, in a process of its own: an emulated cloud whose answers to reads are kept as bytes.

``python -m tests.benchmarks.server RULES`` prints its port; ``GET /-/log`` gives the reads since the last such call.
"""

from __future__ import annotations

import asyncio
import json
import sys

from reconciler.emulator.app import Emulator
from reconciler.emulator.http import header_items, make_request
from tests.benchmarks.data import seed


class Pages:
    """Answers by request target; the emulated cloud is asked once for each."""

    def __init__(self, rules: int) -> None:
        self._cloud = Emulator(seed(rules))
        self._kept: dict[str, bytes] = {}
        self.log: list[str] = []

    def answer(self, method: str, target: str) -> bytes:
        """The whole HTTP answer."""
        if target == "/-/log":
            body = json.dumps(self.log).encode()
            self.log = []
            return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        self.log.append(target)
        if target not in self._kept:
            reply = self._cloud.handle(make_request(method, target, headers=[("host", "127.0.0.1")], body=b""))
            headers = "".join(f"{k}: {v}\r\n" for k, v in header_items(reply) if k.lower() != "content-length")
            head = f"HTTP/1.1 {reply.status} X\r\n{headers}content-length: {len(reply.body)}\r\n\r\n"
            self._kept[target] = head.encode("latin-1") + reply.body
        return self._kept[target]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: requests without bodies, one after the other."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
                writer.write(self.answer(method, target))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main(rules: int) -> None:
    """Serve until the process is ended."""
    pages = Pages(rules)
    server = await asyncio.start_server(pages.serve, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

"""The yardstick of a plan: log in and fetch the same URLs with bare asyncio streams, parse the JSON, nothing else.

``python bare.py FILE``: FILE holds JSON: ``login`` (port, path, body) and ``reads``, a list of (port, target).
"""

import asyncio
import json
import sys

AT_ONCE = 8


async def call(streams, head, body=b""):
    """One request on an open connection: the answer's head and its parsed body."""
    reader, writer = streams
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return answer.decode(), json.loads(await reader.readexactly(length))


async def fetch(reads, token):
    """One worker: a connection a port, one read after the other."""
    open_ones = {}
    for port, target in reads:
        if port not in open_ones:
            open_ones[port] = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        await call(open_ones[port], f"GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-auth-token: {token}\r\n\r\n")
    for _, writer in open_ones.values():
        writer.close()


async def main(work):
    """The login, then all reads, some at once."""
    port, path, body = work["login"]
    data = json.dumps(body).encode()
    streams = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    answer, _ = await call(streams, head, data)
    streams[1].close()
    token = next(line.split(":", 1)[1].strip() for line in answer.split("\r\n") if line.lower().startswith("x-subject-token"))
    reads = iter(work["reads"])
    await asyncio.gather(*(fetch(reads, token) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        asyncio.run(main(json.load(file)))

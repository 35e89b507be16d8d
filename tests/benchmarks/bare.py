"""The yardstick of a plan: fetch the same pages with bare asyncio streams, parse them, nothing else.

``python bare.py PORT FILE``: FILE holds the request targets as JSON.
"""

import asyncio
import json
import sys


async def main(port: int, targets: list[str]) -> None:
    """One connection, one page after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for target in targets:
        writer.write(f"GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        json.loads(await reader.readexactly(length))
    writer.close()


if __name__ == "__main__":
    with open(sys.argv[2]) as file:
        asyncio.run(main(int(sys.argv[1]), json.load(file)))

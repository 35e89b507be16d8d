"""Requests and replies as the emulator sees them: plain values, no framework, no sockets.

A server (``asgi.py``) and an in-process transport (``wire.py``) both translate to and from these two classes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, decoded.

    ``raw_path`` is the path as sent (percent-encoded), ``segments`` its non-empty parts decoded one by one,
    ``path`` the decoded parts joined again. ``headers`` have lower-case names. ``query`` keeps repeated keys and
    their order.
    """

    method: str
    raw_path: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = ""

    @property
    def path(self) -> str:
        """The decoded path; a slash inside a segment is not told apart here, use ``segments`` for routing."""
        return "/" + "/".join(self.segments)

    def values(self, key: str) -> list[str]:
        """Every value of the query parameter ``key``, in the order sent."""
        return [value for name, value in self.query if name == key]

    def value(self, key: str) -> str | None:
        """The last value of the query parameter ``key``, or None."""
        found = self.values(key)
        return found[-1] if found else None

    def json(self) -> Any:
        """The body as JSON. Raises ``ValueError`` (also for bytes that are not UTF-8)."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply, and what a fault does to it on its way.

    ``delay`` is in seconds, before the answer leaves. ``lost``: the work is done, but the answer never arrives.
    ``reset``: the connection is reset before the request was looked at (needs a socket).
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    lost: bool = False
    reset: bool = False

    def json(self) -> Any:
        """The body as JSON (for tests)."""
        return json.loads(self.body)


def make_request(
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    json_body: Any = None,
) -> Request:
    """Build a request from a request target (``/path?query``, percent-encoded) and headers of any case.

    ``json_body``, when not None, is serialised and replaces ``body``.
    """
    raw_path, _, query = target.partition("?")
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lowered = {name.lower(): value for name, value in pairs}
    if json_body is not None:
        body = json.dumps(json_body).encode()
        lowered.setdefault("content-type", "application/json")
    return Request(
        method=method.upper(),
        raw_path=raw_path,
        segments=tuple(unquote(part) for part in raw_path.split("/") if part),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=lowered,
        body=body,
        host=lowered.get("host", ""),
    )


def json_reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a JSON body (compact, UTF-8, keys in the order given)."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, {"content-type": "application/json", **(headers or {})}, text.encode())


def header_items(reply: Reply) -> Iterator[tuple[str, str]]:
    """The headers to send, with the length of the body."""
    yield from reply.headers.items()
    if reply.status != 204:
        yield "content-length", str(len(reply.body))

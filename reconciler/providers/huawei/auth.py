"""Who we are to Huawei Cloud: a signature with an access key (SDK-HMAC-SHA256), or a token."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from reconciler.model.calls import Clock
from reconciler.providers.http import Outgoing
from reconciler.records import dataclass, field

ALGORITHM = "SDK-HMAC-SHA256"
EARLY = 600.0
"""Seconds before its end at which a token is renewed."""


def sign(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, access_key: str, secret_key: str
) -> str:
    """The ``Authorization`` header of a request (huawei.md 1.3, vectors A and B).

    ``headers`` have lower-case names and hold ``host`` and ``x-sdk-date``; names with ``_`` are not signed. ``query``
    is encoded and sorted. ``path`` is percent-encoded; its canonical form always ends with a slash.
    """
    signed = sorted(name for name in headers if "_" not in name)
    uri = "/".join(quote(part, safe="~") for part in unquote(path).split("/"))
    canonical = "\n".join(
        (
            method.upper(),
            uri if uri.endswith("/") else uri + "/",
            query,
            "".join(f"{name}:{headers[name].strip()}\n" for name in signed),
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{headers['x-sdk-date']}\n{digest}"
    signature = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={';'.join(signed)}, Signature={signature}"


@dataclass(slots=True)
class KeyAuth:
    """Signs every request with an access key; ``security_token`` goes with temporary keys and is signed too."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    security_token: str | None = field(repr=False)
    clock: Clock
    project_id: str | None = None

    async def headers(self, request: Outgoing) -> dict[str, str]:
        """The signed headers, dated now."""
        date = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": request.endpoint.netloc, "x-sdk-date": date, "content-type": "application/json"}
        if self.project_id:
            headers["x-project-id"] = self.project_id
        if self.security_token:
            headers["x-security-token"] = self.security_token
        headers["authorization"] = sign(
            request.method, request.path, request.query, headers, request.body, self.access_key, self.secret_key
        )
        return headers

    async def renew(self, used: Mapping[str, str]) -> bool:
        """Never: a key that is refused stays refused."""
        return False


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it ends (seconds since the epoch; None: unknown)."""

    text: str = field(repr=False)
    expires: float | None = None
    project_id: str | None = None


@dataclass(slots=True)
class TokenAuth:
    """Sends a token; ``fetch`` gets a new one (None: the token was given, and cannot be renewed)."""

    clock: Clock
    token: Token | None = None
    fetch: Callable[[], Awaitable[Token]] | None = None
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def headers(self, request: Outgoing) -> dict[str, str]:
        """``X-Auth-Token``; a token near its end is renewed first."""
        token = self.token
        ends = token is None or (token.expires is not None and token.expires - EARLY <= self.clock.now())
        if self.fetch is not None and ends:
            token = await self._renewed(token)
        return {"x-auth-token": token.text if token is not None else ""}

    async def renew(self, used: Mapping[str, str]) -> bool:
        """After a 401: a new token, unless somebody renewed it meanwhile."""
        if self.fetch is None:
            return False
        if self.token is None or used.get("x-auth-token") == self.token.text:
            await self._renewed(self.token)
        return True

    async def _renewed(self, old: Token | None) -> Token:
        """One renewal at a time; whoever waited for it uses its token."""
        assert self.fetch is not None
        async with self._fetching:
            if self.token is None or self.token is old:
                self.token = await self.fetch()
            return self.token

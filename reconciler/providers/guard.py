"""The gate above the wire: nothing passes that is not allowed, whoever asks (P3, P10)."""

from __future__ import annotations

from reconciler.model.calls import WriteRefused
from reconciler.network.lean import httpx
from reconciler.providers.hosts import Endpoint, TrustedHosts


class Guard(httpx.AsyncBaseTransport):
    """Passes requests to trusted hosts only; without ``writable`` only GET, and POST to exactly the token path.

    ``token`` is the identity service's endpoint and the raw path of its token call (None: there is none).
    """

    def __init__(
        self,
        wire: httpx.AsyncBaseTransport,
        hosts: TrustedHosts,
        *,
        writable: bool,
        token: tuple[Endpoint, bytes] | None = None,
    ) -> None:
        self._wire = wire
        self._hosts = hosts
        self._writable = writable
        self._token = token
        self._trusted: set[tuple[str, str, int | None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, or refuse before a connection is opened.

        Raises:
            WriteRefused: this transport may only read.
            UntrustedEndpoint: the credentials in the request do not belong to that host.
        """
        url = request.url
        origin = (url.scheme, url.host, url.port)
        if origin not in self._trusted:
            self._hosts.check(Endpoint(*origin))
            self._trusted.add(origin)
        if not self._writable and request.method != "GET" and not self._is_token_call(request):
            words = f"{request.method} {url.path}"
            raise WriteRefused(f"refused to write while reading: {words}", request=words, code="CONN-READ-ONLY")
        return await self._wire.handle_async_request(request)

    def _is_token_call(self, request: httpx.Request) -> bool:
        if self._token is None or request.method != "POST":
            return False
        endpoint, path = self._token
        url = request.url
        here = (url.scheme, url.host, url.port)
        return here == (endpoint.scheme, endpoint.host, endpoint.port) and url.raw_path.partition(b"?")[0] == path

    async def aclose(self) -> None:
        """Close the wire."""
        await self._wire.aclose()

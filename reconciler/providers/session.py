"""Puts the pieces together: one :class:`Http` for a Provider document, and the speed limits shared in a run."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection
from reconciler.network.redaction import Redactor
from reconciler.providers.answers import Dialogue
from reconciler.providers.credentials import provider_address
from reconciler.providers.guard import Guard
from reconciler.providers.hosts import Endpoint, TrustedHosts
from reconciler.providers.http import Http
from reconciler.providers.limiter import Limiter
from reconciler.providers.network import Network

DEFAULT_CONCURRENCY = 8

T = TypeVar("T")

_LIMITERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, int], Limiter]] = WeakKeyDictionary()


def open_http(
    spec: ProviderSpec,
    connection: Connection,
    *,
    hosts: TrustedHosts,
    dialogue: Dialogue,
    secrets: Iterable[str],
    token: tuple[Endpoint, bytes] | None = None,
) -> Http:
    """The transport of one Provider document; no connection is opened yet.

    ``spec.limits`` (``requests_per_second``, ``concurrency``) and ``spec.ca_file`` are the document's own.

    Raises:
        DiagnosticError: a CA file that is none.
    """
    limits = spec.spec.get("limits")
    limits = limits if isinstance(limits, Mapping) else {}
    rate = limits.get("requests_per_second")
    ca_file = spec.spec.get("ca_file")
    wire = connection.wire
    if wire is None:
        ca_name = ca_file if isinstance(ca_file, str) else None
        network = Network(connection.environ, connection.directory, ca_name, provider_address(spec.name))
        wire = network.transport()
    chance = connection.random or random.random

    def limiter_of(endpoint: Endpoint) -> Limiter:
        return shared_limiter(endpoint.netloc, connection, chance, float(rate) if rate else None)

    return Http(
        Guard(wire, hosts, writable=connection.writable, token=token),
        connection.clock, dialogue, Redactor([*secrets, *_proxy_secrets(connection.environ)]), limiter_of,
        timeout=connection.timeout,
        concurrency=int(limits.get("concurrency") or connection.concurrency or DEFAULT_CONCURRENCY),
        random=chance, on_event=connection.on_event,
    )  # fmt: skip


def shared_limiter(host: str, connection: Connection, chance: Any, ceiling: float | None) -> Limiter:
    """The limiter of a host, one for all providers of a run (a run has one event loop and one clock)."""
    limiters = _LIMITERS.setdefault(asyncio.get_running_loop(), {})
    key = (host, id(connection.clock))
    limiter = limiters.get(key)
    if limiter is None:
        limiter = limiters[key] = Limiter(connection.clock, chance)
    limiter.lower_ceiling(ceiling)
    return limiter


async def all_of(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run jobs side by side; the first failure cancels the others and is raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _proxy_secrets(environ: Mapping[str, str]) -> list[str]:
    """User and password of a proxy's URL."""
    from urllib.parse import unquote, urlsplit

    found = []
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        for value in (environ.get(name, ""), environ.get(name.upper(), "")):
            try:
                parts = urlsplit(value if "://" in value else f"http://{value}")
                found += [unquote(part) for part in (parts.username, parts.password) if part]
            except ValueError:
                continue
    return found

"""Opening providers: credentials are looked up, endpoints checked, nothing is sent yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from reconciler.diagnostics import DiagnosticError
from reconciler.model.calls import ProviderError, UntrustedEndpoint
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection, plugin
from reconciler.providers.credentials import provider_address
from reconciler.providers.failures import diagnostic
from reconciler.workflow.opening import Opened
from reconciler.workflow.results import FAILED, INVALID, REFUSED
from reconciler.workflow.settings import Settings


@asynccontextmanager
async def opened(settings: Settings, specs: Iterable[ProviderSpec], *, writable: bool) -> AsyncIterator[Opened]:
    """Open the providers of a run; they are closed at the end, whatever happens.

    With ``settings.live`` they answer from the snapshot: no credential is looked for, and nothing can be written.
    """
    if settings.live is not None:
        from reconciler.workflow.snapshot_provider import opened_from

        if writable:
            raise ValueError("a snapshot takes no writes")
        yield opened_from(settings.live, specs, settings.clock)
        return
    found = Opened()
    try:
        for spec in specs:
            _open(settings, spec, writable, found)
        yield found
    finally:
        for provider in found.providers.values():
            await provider.aclose()


def _open(settings: Settings, spec: ProviderSpec, writable: bool, found: Opened) -> None:
    wire = settings.wire_for(spec) if settings.wire_for is not None else None
    clock = settings.clock if wire is None or settings.emulated_clock is None else settings.emulated_clock
    connection = Connection(
        clock=clock,
        environ=dict(settings.environ),
        directory=settings.directory,
        wire=wire,
        writable=writable,
        dummy_credentials=wire is not None,
        timeout=settings.timeout,
        concurrency=settings.parallelism,
        random=settings.random,
        on_event=None if settings.on_event is None else _events(settings, spec.name),
    )
    try:
        found.providers[spec.name] = plugin(spec.type).open(spec, connection)
        found.clocks[spec.name] = clock
    except DiagnosticError as error:
        found.refused[spec.name] = error.diagnostics
        found.codes.add(INVALID)
    except UntrustedEndpoint as error:
        found.refused[spec.name] = (diagnostic(error, provider_address(spec.name)),)
        found.codes.add(REFUSED)
    except ProviderError as error:
        found.refused[spec.name] = (diagnostic(error, provider_address(spec.name)),)
        found.codes.add(FAILED)


def _events(settings: Settings, name: str) -> Callable[[str, dict[str, object]], None]:
    def on_event(event: str, facts: dict[str, object]) -> None:
        settings.tell(event, provider=name, **facts)

    return on_event

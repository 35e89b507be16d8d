"""Waiting for a cloud: look, pause by a schedule, look again; in the injected clock's time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from reconciler.model.calls import Clock, ProviderError

T = TypeVar("T")


async def wait_until(
    clock: Clock, look: Callable[[], Awaitable[T | None]], pauses: Sequence[float], limit: float, late: ProviderError
) -> T:
    """What ``look`` finds, as soon as it is not None. The last of ``pauses`` (seconds) is repeated.

    Raises:
        ProviderError: ``late``, after ``limit`` seconds; or what ``look`` raised.
    """
    started = clock.now()
    for turn in range(1_000_000):
        found = await look()
        if found is not None:
            return found
        if clock.now() - started >= limit:
            break
        await clock.sleep(pauses[min(turn, len(pauses) - 1)])
    raise late

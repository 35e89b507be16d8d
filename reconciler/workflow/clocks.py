"""The two clocks: real time, and time that jumps over waits (an emulated cloud, and tests)."""

from __future__ import annotations

import time


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        import asyncio  # here: validate waits for nothing, and importing it takes as long as everything else

        await asyncio.sleep(seconds)


class VirtualClock:
    """Time that starts at ``start`` (None: now) and passes only when somebody sleeps.

    Sleepers of parallel lanes each push the time on; none of them ever waits less than it asked for.
    """

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Jump that far; other tasks get their turn."""
        import asyncio

        self._now += max(0.0, seconds)
        await asyncio.sleep(0)

"""How fast a host is asked: a token bucket whose rate is lowered by 429s and grows again slowly (AIMD)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from reconciler.model.calls import Clock

_SLOWEST = 0.2  # requests a second
_WINDOW = 10.0  # seconds over which the rate before the first 429 is measured


class Limiter:
    """The speed towards one host, shared by everyone who talks to it in this run.

    ``ceiling`` is the configured rate in requests a second (None: as fast as the answers come, until a 429).
    """

    def __init__(self, clock: Clock, random: Callable[[], float], ceiling: float | None = None) -> None:
        self.clock = clock
        self._random = random
        self._ceiling = ceiling
        self.rate: float | None = ceiling
        self._arrival = 0.0  # when the bucket would be full again, by the generic cell rate algorithm
        self._blocked_until = 0.0
        self._lowered = float("-inf")
        self._starts: deque[float] = deque(maxlen=512)

    def lower_ceiling(self, ceiling: float | None) -> None:
        """Another provider document talks to the same host: the smaller limit counts."""
        if ceiling is None:
            return
        self._ceiling = ceiling if self._ceiling is None else min(self._ceiling, ceiling)
        self.rate = self._ceiling if self.rate is None else min(self.rate, self._ceiling)

    async def acquire(self) -> float:
        """Wait for a turn; the time at which it was given."""
        while (wait := self._blocked_until - self.clock.now()) > 0:
            await self.clock.sleep(wait + self._random() * min(1.0, wait))
        now = self.clock.now()
        if self.rate is not None:
            spacing = 1.0 / self.rate
            burst = max(1.0, self.rate / 4)
            turn = max(now, self._arrival - (burst - 1) * spacing)
            self._arrival = max(self._arrival, now) + spacing
            if turn > now:
                await self.clock.sleep(turn - now)
                now = max(turn, self.clock.now())
        else:
            self._starts.append(now)
        return now

    def succeeded(self) -> None:
        """An answer that is no 429: one request a second more every second, up to the ceiling."""
        if self.rate is not None and self.rate != self._ceiling:
            self.rate += 1.0 / self.rate
            if self._ceiling is not None:
                self.rate = min(self.rate, self._ceiling)

    def throttled(self, started: float, wait: float) -> None:
        """A 429 to a request that began at ``started``: pause for ``wait`` seconds, then go at half the rate.

        Requests that were on their way together lower the rate once.
        """
        now = self.clock.now()
        self._blocked_until = max(self._blocked_until, now + wait)
        if started < self._lowered:
            return
        self._lowered = now
        self.rate = max(_SLOWEST, (self.rate if self.rate is not None else self._measured(now)) / 2)

    def _measured(self, now: float) -> float:
        recent = [start for start in self._starts if start > now - _WINDOW]
        if len(recent) < 2:
            return 1.0
        return len(recent) / max(now - recent[0], 1.0)

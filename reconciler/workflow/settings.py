"""Everything that a run may be told from outside: options, environment, time, and the wire below our transport."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from reconciler.records import dataclass, field
from reconciler.workflow.clocks import SystemClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    import httpx

    from reconciler.model.calls import Clock
    from reconciler.model.desired import ProviderSpec
    from reconciler.model.shard import Shard
    from reconciler.workflow.snapshot_document import Snapshot

Event = Callable[[str, Mapping[str, object]], None]
"""Progress: a name (``read``, ``plan``, ``step``, ``wait``, ``lane`` ...) and its facts, for a terminal or a log."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one run.

    ``directory`` is ``-C``; ``paths`` are as given (relative to it, or ``-``). ``shard`` is the part of the selected
    scopes that this run looks at (None: all). ``timeout`` (seconds) bounds one answer
    and ``wait`` (seconds) bounds one wait until something is settled or unlocked. ``parallelism`` is the number of
    lanes that are written at once and, per provider, of requests in flight (None: 8 lanes, the provider's own limit).
    ``today`` is an ISO date (default: the clock's UTC date). ``wire_for`` gives the httpx transport of an in-process
    cloud, or None for the network; providers with a wire run on ``emulated_clock`` (default: ``clock``) and with
    dummy credentials where none are set. ``repeat`` are further words of the command line that the command to go on
    needs again (such as ``--emulator SEED``). ``emulated`` says that every provider has one. ``allow`` holds
    ``gap=ADDRESS``, ``empty=ADDRESS``, ``protected=ADDRESS``. ``live`` stands for every cloud: nothing is asked, and no
    credential is looked for.
    """

    directory: str = "."
    paths: tuple[str, ...] = (".",)
    stdin: TextIO | BinaryIO | None = None
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shard: Shard | None = None
    parallelism: int | None = None
    timeout: float = 30.0
    wait: float = 600.0
    today: str | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    wire_for: Callable[[ProviderSpec], httpx.AsyncBaseTransport | None] | None = None
    live: Snapshot | None = None
    emulated: bool = False
    emulated_clock: Clock | None = None
    allow: frozenset[str] = frozenset()
    max_deletes: int | None = None
    replace_cosmetic: bool = False
    no_verify: bool = False
    expect_digest: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    random: Callable[[], float] | None = None
    journal: bool = True
    repeat: tuple[str, ...] = ()
    on_event: Event | None = None

    @property
    def date(self) -> str:
        """The ISO date that ``until`` is compared with."""
        from datetime import UTC, datetime

        return self.today or datetime.fromtimestamp(self.clock.now(), UTC).date().isoformat()

    def tell(self, name: str, **facts: object) -> None:
        """Report progress, if anybody listens."""
        if self.on_event is not None:
            self.on_event(name, facts)

"""What one cloud's front is to the emulator, and what it is given for each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reconciler.emulator.faults import Effects
from reconciler.emulator.http import Reply, Request
from reconciler.emulator.ids import stable_uuid
from reconciler.emulator.options import Options
from reconciler.emulator.seed import SeedAccount
from reconciler.emulator.store import Store


class Refused(Exception):
    """Raised by a front to answer with an error: everything written for this request is undone."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"refused with {reply.status}: {reply.body[:200]!r}")
        self.reply = reply


@dataclass(slots=True)
class Context:
    """One request's view of the emulator, inside the store's transaction.

    ``now`` is the effective time in seconds since the epoch: it never goes back, not even over a restart.
    ``request_id`` is 32 hex digits. ``effects.hold`` is how long what this request starts must stay unfinished,
    ``effects.fail`` that it must fail in the end.
    """

    store: Store
    now: float
    options: Options
    effects: Effects
    request_id: str
    unknown: bool = False

    def new_id(self) -> str:
        """A new uuid, from a counter in the store: the same requests give the same ids."""
        number = int(self.store.meta_get("id_counter", 0)) + 1
        self.store.meta_set("id_counter", number)
        return stable_uuid("id", number)

    def unknown_route(self) -> None:
        """Say that no route of the front fits: the emulator records the call in ``unknown``."""
        self.unknown = True


class Front(Protocol):
    """One cloud's API. A front keeps nothing between requests but what it puts into the store."""

    cloud: str

    def handle(self, request: Request, ctx: Context) -> Reply:
        """Answer a request. May raise ``Refused``."""
        ...

    def refuse(self, request: Request, ctx: Context, status: int) -> Reply:
        """The API's own error form for ``status``, for a fault rule."""
        ...

    def seed(self, ctx: Context, account: SeedAccount) -> None:
        """Put an account's seeded objects into the store, in full reply shape; mistakes go to its problems."""
        ...

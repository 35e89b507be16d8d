"""The emulator: a request in, a reply out. Synchronous, no threads; one instance handles one request at a time."""

from __future__ import annotations

import dataclasses
import importlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.emulator import seed as seeds
from reconciler.emulator.faults import Effects, Faults
from reconciler.emulator.front import Context, Front, Refused
from reconciler.emulator.http import Reply, Request, json_reply
from reconciler.emulator.ids import stable_hex
from reconciler.emulator.options import Options
from reconciler.emulator.store import Store

LOG_LENGTH = 200_000
"""How many calls ``Emulator.log`` may hold before its older half is forgotten."""

_LOGGER = logging.getLogger("reconciler.emulator")


class _Place(NamedTuple):
    cloud: str
    first_segments: tuple[str, ...]
    module: str
    name: str


FRONTS = (
    _Place("huawei", ("v3", "v2.0", "v1"), "reconciler.emulator.huawei.front", "HuaweiFront"),
    _Place("gcore", ("cloud",), "reconciler.emulator.gcore.front", "GcoreFront"),
    _Place(
        "openstack",
        ("identity", "load-balancer", "network"),
        "reconciler.emulator.openstack.front",
        "OpenStackFront",
    ),
)
"""Which front answers which paths. A further cloud is one more line."""


class Call(NamedTuple):
    """One handled request, as ``Emulator.log`` keeps it."""

    method: str
    path: str
    status: int


class Emulator:
    """Emulated clouds behind one ``handle``.

    ``seed``: a document as ``seed.py`` describes it. ``state``: an SQLite file that outlives the process; without
    it everything is forgotten at the end. A seed is loaded once: a state that was made from another seed is
    refused. ``now``: seconds since the epoch. ``faults``: rules of ``faults.py``.
    ``log`` has the calls handled (the newest of them, when there are very many), ``unknown`` those without a route.
    Raises ``SeedError``, ``FaultError`` and ``StateError``.
    """

    def __init__(
        self,
        seed: Mapping[str, Any] | None = None,
        *,
        state: str | Path | None = None,
        now: Callable[[], float] = time.time,
        options: Options | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        self.options = options if options is not None else Options()
        self.faults = Faults(faults)
        self.store = Store(state)
        self.log: list[Call] = []
        self.unknown: list[Call] = []
        self._now = now
        self._last = 0.0
        self._requests = 0
        self._fronts: dict[str, Front] = {}
        try:
            if seed is not None:
                self._load(seed)
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """Close the state file."""
        self.store.close()

    def time(self) -> float:
        """The effective time: ``now()``, but never before a time that was seen or stored."""
        self._last = max(self._last, float(self.store.meta_get("time", 0.0)), self._now())
        return self._last

    def handle(self, request: Request) -> Reply:
        """Answer one request; what it changed is committed before this returns."""
        self._requests += 1
        effects = Effects()
        if self.faults.rules and self.faults.match(request):
            with self.store.transaction():
                effects = self.faults.effects(request, self.store)
        if effects.reset:
            return Reply(0, reset=True)
        front = self._front_for(request)
        context: Context | None = None
        try:
            with self.store.transaction():
                context = self._context(effects)
                reply = self._answer(front, request, context)
                if self.store.dirty:
                    self.store.meta_set("time", context.now)
        except Refused as refused:
            reply = refused.reply
        unknown = front is None or (context is not None and context.unknown)
        self._record(Call(request.method, request.path, reply.status), unknown)
        delay = self.options.latency + effects.delay
        return dataclasses.replace(reply, delay=delay, lost=effects.lost) if delay or effects.lost else reply

    def _record(self, call: Call, unknown: bool) -> None:
        for entries in (self.log, self.unknown) if unknown else (self.log,):
            if len(entries) >= LOG_LENGTH:
                del entries[: LOG_LENGTH // 2]
            entries.append(call)
        if unknown:
            _LOGGER.warning("no emulated route: %s %r", call.method, call.path)

    def _answer(self, front: Front | None, request: Request, context: Context) -> Reply:
        if front is None:
            return json_reply(404, {"message": f"no emulated cloud answers {request.path}"})
        if context.effects.status is not None:
            return front.refuse(request, context, context.effects.status)
        return front.handle(request, context)

    def _context(self, effects: Effects) -> Context:
        number = stable_hex("request", self._requests, self.store.meta_get("id_counter", 0))
        return Context(self.store, self.time(), self.options, effects, number)

    def _front_for(self, request: Request) -> Front | None:
        first = request.segments[0] if request.segments else ""
        for place in FRONTS:
            if first in place.first_segments:
                return self._front(place)
        return None

    def _front(self, place: _Place) -> Front:
        front = self._fronts.get(place.cloud)
        if front is None:
            front = getattr(importlib.import_module(place.module), place.name)()
            self._fronts[place.cloud] = front
        return front

    def _load(self, seed: Mapping[str, Any]) -> None:
        digest = seeds.digest(seed)
        with self.store.transaction():
            stored = self.store.meta_get("seed")
            if stored == digest:
                return
            if stored is not None or not self.store.empty:
                raise seeds.SeedError(
                    ["the state file was made from another seed: delete the file to begin again, or leave out the seed"]
                )
            problems: list[str] = []
            places = {place.cloud: place for place in FRONTS}
            context = self._context(Effects())
            for account in seeds.accounts(seed, list(places), problems):
                self._front(places[account.cloud]).seed(context, account)
            if problems:
                raise seeds.SeedError(problems)
            self.store.meta_set("seed", digest)
            self.store.meta_set("time", context.now)

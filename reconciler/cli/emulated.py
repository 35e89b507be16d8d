"""Emulated clouds in this process: ``spec.emulator`` of a Provider, and ``--emulator SEED`` for all of them.

Gives the workflow a wire (an httpx transport) for each provider and a clock that jumps over waits. The emulator itself
is imported only when one is asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.cli.files import Stopped, reason
from reconciler.diagnostics import Diagnostic

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator.app import Emulator
    from reconciler.emulator.http import Reply, Request
    from reconciler.emulator.options import Options
    from reconciler.model.desired import ProviderSpec


class JumpingClock:
    """Time that starts now and passes only when somebody sleeps; never behind what an emulated cloud has seen."""

    def __init__(self) -> None:
        self._now = time.time()

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self._now

    def at_least(self, moment: float) -> None:
        """Go on to ``moment`` if it lies ahead: a stored cloud may have jumped further than the real time."""
        self._now = max(self._now, moment)

    async def sleep(self, seconds: float) -> None:
        """Jump that far; other tasks get their turn."""
        import asyncio

        self._now += max(0.0, seconds)
        await asyncio.sleep(0)


class Clouds:
    """The emulated clouds of one run; equal seed and state is one cloud, whatever providers speak to it.

    ``directory`` is ``-C``; ``paths`` are the manifests' (a seed is looked for in ``-C``, then beside the manifests);
    ``seed`` and ``state`` come from the command line and then stand for every provider.
    """

    def __init__(self, directory: str, paths: Sequence[str], seed: str | None, state: str | None) -> None:
        self.clock = JumpingClock()
        self._directory, self._paths = directory, tuple(paths)
        self._seed, self._state = seed, state
        self._clouds: dict[tuple[str | None, str | None], Emulator] = {}

    @property
    def for_all(self) -> bool:
        """True when the command line emulates every provider."""
        return self._seed is not None

    def wire_for(self, spec: ProviderSpec) -> httpx.AsyncBaseTransport | None:
        """The wire of one provider, or None where it is to reach the network.

        Raises:
            Stopped: the seed cannot be used, or the state lies where it may be deleted.
        """
        seed, state = self._seed, self._state
        if seed is None:
            asked = spec.spec.get("emulator")
            if not isinstance(asked, Mapping):
                return None
            seed, state = asked.get("seed"), asked.get("state")
        from reconciler.emulator.wire import EmulatorTransport

        return EmulatorTransport(self._cloud(seed, state), sleep=self.clock.sleep)

    def _cloud(self, seed: str | None, state: str | None) -> Emulator:
        base = self._directory if self._seed is not None else self._base(seed)
        key = (os.path.abspath(os.path.join(base, seed)) if seed else None,
               os.path.abspath(os.path.join(base, state)) if state else None)  # fmt: skip
        if key not in self._clouds:
            self._clouds[key] = open_cloud(key[0], key[1], clock=self.clock)
        return self._clouds[key]

    def _base(self, seed: str | None) -> str:
        """The directory that seed and state are relative to: ``-C``, or where the manifests are."""
        places = [self._directory]
        for path in self._paths:
            place = os.path.join(self._directory, path)
            places.append(place if os.path.isdir(place) else os.path.dirname(place))
        for place in places:
            if seed is None or os.path.isfile(os.path.join(place, seed)):
                return place
        return self._directory

    def close(self) -> None:
        """Close the state files."""
        for cloud in self._clouds.values():
            cloud.close()


def check_state(path: str) -> None:
    """Raise ``Stopped`` for a state file under ``.reconcile/``, which may be deleted at any time."""
    if ".reconcile" in os.path.abspath(path).split(os.sep):
        raise Stopped(
            Diagnostic(
                "CLI-STATE",
                f"an emulated cloud must not be kept under .reconcile/: {path!r}",
                ".reconcile/ holds journals only and may be deleted at any time; the cloud would be gone with it",
                "keep it elsewhere, such as .emulator/cloud.db",
            )
        )


def open_cloud(
    seed: str | None,
    state: str | None,
    *,
    clock: JumpingClock | None = None,
    faults: Sequence[str] = (),
    options: Options | None = None,
    tell: Callable[[str, str, int], None] | None = None,
) -> Emulator:
    """An emulator from a seed file and a state file (both may be absent).

    ``tell`` hears of every answer: method, path, status (0: a reset).

    Raises:
        Stopped: one of them cannot be used, or a fault rule cannot be understood; says what is wrong.
    """
    import sqlite3

    from reconciler.emulator.app import Emulator
    from reconciler.emulator.faults import FaultError
    from reconciler.emulator.seed import SeedError
    from reconciler.emulator.seed_file import load_seed

    try:
        data = load_seed(seed) if seed is not None else None
        if state is not None:
            check_state(state)
            os.makedirs(os.path.dirname(state) or ".", exist_ok=True)
        cloud = (Emulator if tell is None else _telling(tell))(
            data,
            state=state,
            now=clock.now if clock else time.time,
            options=options,
            faults=tuple(faults),
        )
    except SeedError as error:
        raise _unusable(f"the seed {seed!r} cannot be used", "\n".join(error.problems)) from None
    except FaultError as error:
        raise _unusable("a fault rule cannot be understood", str(error)) from None
    except OSError as error:
        raise _unusable(f"{error.filename or seed!r} cannot be used", reason(error)) from None
    except sqlite3.Error as error:
        raise _unusable(f"the state {state!r} cannot be used", str(error)) from None
    if clock is not None:
        clock.at_least(cloud.time())
    return cloud


def _telling(tell: Callable[[str, str, int], None]) -> type[Emulator]:
    """An emulator that reports every answer."""
    from reconciler.emulator.app import Emulator

    class Telling(Emulator):
        """Tells after each answer, whatever it was."""

        def handle(self, request: Request) -> Reply:
            """Answer one request and tell."""
            reply = super().handle(request)
            tell(request.method, request.path, reply.status)
            return reply

    return Telling


def _unusable(summary: str, detail: str) -> Stopped:
    return Stopped(
        Diagnostic("CLI-EMULATOR", summary, detail, "`reconcile explain CLI-EMULATOR` says what an emulator needs")
    )

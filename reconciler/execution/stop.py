"""Stopping in the middle: the first signal asks for a safe end, the second one ends at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Stop:
    """Whether, and why, the run has been asked to end."""

    def __init__(self) -> None:
        self.signal: str | None = None
        self.at_once = False
        self._on_first: list[Callable[[], object]] = []
        self._on_second: list[Callable[[], None]] = []

    @property
    def asked(self) -> bool:
        """True from the first signal on: nothing new is begun, begun gaps are closed."""
        return self.signal is not None

    def ask(self, name: str) -> None:
        """A signal came: the first is remembered; any further one ends the run at once."""
        if self.signal is None:
            self.signal = name
            for drop in self._on_first:
                drop()
            return
        self.at_once = True
        for act in self._on_second:
            act()

    async def unless_asked(self, waiting: Coroutine[Any, Any, T]) -> T | None:
        """What ``waiting`` gives; None when a signal comes (or came) first, and it is dropped. Only for reads."""
        if self.asked:
            waiting.close()
            return None
        task = asyncio.ensure_future(waiting)
        self._on_first.append(task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if self.asked and not self.at_once and not (current is not None and current.cancelling()):
                return None
            raise
        finally:
            self._on_first.remove(task.cancel)

    def on_second(self, act: Callable[[], None]) -> None:
        """What to do when a second signal comes."""
        self._on_second.append(act)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while inside (where the platform and thread allow it)."""
        loop = asyncio.get_running_loop()
        taken: list[signal.Signals] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.ask, number.name)
                taken.append(number)
            except (NotImplementedError, RuntimeError, ValueError):
                pass  # not the main thread, or no such thing here: the default behaviour stays
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)

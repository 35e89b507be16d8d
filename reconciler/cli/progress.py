"""Progress for people: one moving line on a terminal, by rich, which is imported only there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from reconciler.reports.visible import visible

Event = Callable[[str, Mapping[str, object]], None]


@contextmanager
def shown(stream: TextIO, color: bool) -> Iterator[tuple[Event, Callable[[], None]]]:
    """A listener for events that keeps one line up to date, and a function that takes the line away (for a prompt)."""
    from rich.console import Console
    from rich.text import Text

    status = Console(file=stream, no_color=not color, highlight=False).status(Text("working"), spinner="line")

    def listen(name: str, facts: Mapping[str, object]) -> None:
        status.update(Text(sentence(name, facts)))
        status.start()

    try:
        yield listen, status.stop
    finally:
        status.stop()


def sentence(name: str, facts: Mapping[str, object]) -> str:
    """An event on one line: its name and its facts."""
    said = " ".join(f"{key}={visible(str(value))}" for key, value in facts.items() if value not in (None, "", ()))
    return f"{name} {said}".strip()[:200]

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
        said = sentence(name, facts)
        if said:
            status.update(Text(said))
            status.start()

    try:
        yield listen, status.stop
    finally:
        status.stop()


_SENTENCES = {
    "lookup": "looking up names ({provider})",
    "read": "reading what is live ({provider})",
    "plan": "planning",
    "lane": "waiting for {lane} to be quiet",
    "step": "{id}: {op} {address}",
    "verify": "planning again, to prove that nothing is left",
}


def sentence(name: str, facts: Mapping[str, object]) -> str:
    """An event in words; empty for those that only logs tell (each request)."""
    known = {key: visible(str(value)) for key, value in facts.items()}
    try:
        return _SENTENCES.get(name, "").format(**known)[:200]
    except KeyError:
        return name

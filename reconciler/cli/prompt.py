"""Asking, on a terminal only; a signal while the question stands ends the run as it would anywhere else."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.cli.console import Console


def approved(console: Console, question: str) -> bool:
    """Put ``question`` on stderr and read one line: only ``yes`` is yes, the end of the input is no."""
    with _interruptible():  # from before the question is seen: a signal may answer it at once
        console.error_stream(question)
        answer = console.stdin.readline()
    if not answer.endswith("\n"):
        console.error_stream("\n")
    return answer.strip() == "yes"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the wait for an answer: an event loop would only note them."""
    from reconciler.cli.main import Terminated

    def terminate(number: int, frame: object) -> None:
        raise Terminated(143)

    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # not the main thread: signals are not ours
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])

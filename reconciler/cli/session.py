"""A run of a command that talks to clouds: its settings, its listeners, its emulated clouds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from reconciler.cli.console import Console
from reconciler.cli.options import settings
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.workflow.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """One run. ``pause`` takes the progress line away, before something is printed or asked."""

    settings: Settings
    pause: Callable[[], None]


@contextmanager
def session(args: Any, console: Console, *, default_paths: tuple[str, ...] = (".",)) -> Iterator[Session]:
    """The settings of a run, with progress or logs while it lasts; closes emulated clouds at its end."""
    import gc

    from reconciler.cli.emulated import Clouds

    # Nearly everything that a run makes lives to its end: looking through it again and again finds nothing.
    gc.set_threshold(1_000_000, 20, 100)
    paths = tuple(getattr(args, "paths", None) or default_paths)
    with ExitStack() as stack:
        clouds = Clouds(console.directory, paths, getattr(args, "emulator", None),
                        getattr(args, "emulator_state", None))  # fmt: skip
        stack.callback(clouds.close)
        listen, pause = _listener(console, stack)
        yield Session(settings(args, console, paths, clouds, listen), pause)


def _listener(
    console: Console, stack: ExitStack
) -> tuple[Callable[[str, Mapping[str, object]], None] | None, Callable[[], None]]:
    """Logs where they are asked for, progress on a terminal, nothing elsewhere."""
    if console.verbose or console.log_format:
        from reconciler.cli.logs import listener

        form = console.log_format or "text"
        return listener(console.stderr, form, console.verbose, console.color(console.stderr)), lambda: None
    if console.progress_wanted:
        from reconciler.cli.progress import shown

        return stack.enter_context(shown(console.stderr, console.color(console.stderr)))
    return None, lambda: None

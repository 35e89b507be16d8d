"""From a parsed command line to a run: the workflow's settings, its listeners, its emulated clouds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.cli.console import Console
from reconciler.cli.emulated import Clouds

if TYPE_CHECKING:
    from reconciler.workflow.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """One run. ``pause`` takes the progress line away, before something is printed or asked."""

    settings: Settings
    pause: Callable[[], None]


@contextmanager
def session(args: Any, console: Console, *, default_paths: tuple[str, ...] = (".",)) -> Iterator[Session]:
    """The settings of a run, with progress or logs while it lasts; closes emulated clouds at its end."""
    from reconciler.workflow.settings import Settings

    paths = tuple(getattr(args, "paths", None) or default_paths)
    with ExitStack() as stack:
        clouds = Clouds(console.directory, paths, getattr(args, "emulator", None),
                        getattr(args, "emulator_state", None))  # fmt: skip
        stack.callback(clouds.close)
        listen, pause = _listener(console, stack)
        yield Session(
            Settings(
                directory=console.directory,
                paths=paths,
                stdin=console.stdin_stream() if "-" in paths else None,
                target=tuple(getattr(args, "target", ())),
                exclude=tuple(getattr(args, "exclude", ())),
                parallelism=getattr(args, "parallelism", 8),
                timeout=getattr(args, "timeout", 30.0),
                today=getattr(args, "today", None),
                environ=console.environ,
                wire_for=clouds.wire_for,
                emulated=clouds.for_all,
                emulated_clock=clouds.clock,
                allow=frozenset(getattr(args, "allow", ())),
                max_deletes=getattr(args, "max_deletes", None),
                replace_cosmetic=getattr(args, "replace_cosmetic", False),
                no_verify=getattr(args, "no_verify", False),
                expect_digest=getattr(args, "expect_digest", None),
                on_event=listen,
            ),
            pause,
        )


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

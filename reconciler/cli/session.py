"""From a parsed command line to a run: the workflow's settings, its listeners, its emulated clouds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.cli.console import Console
from reconciler.records import dataclass

if TYPE_CHECKING:
    from reconciler.cli.emulated import Clouds
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
    gc.set_threshold(100_000, 20, 100)
    paths = tuple(getattr(args, "paths", None) or default_paths)
    with ExitStack() as stack:
        clouds = Clouds(console.directory, paths, getattr(args, "emulator", None),
                        getattr(args, "emulator_state", None))  # fmt: skip
        stack.callback(clouds.close)
        listen, pause = _listener(console, stack)
        yield Session(settings(args, console, paths, clouds, listen), pause)


def settings(
    args: Any,
    console: Console,
    paths: tuple[str, ...],
    clouds: Clouds | None = None,
    listen: Callable[[str, Mapping[str, object]], None] | None = None,
) -> Settings:
    """What the workflow is told; flags that the command does not have stand at their defaults."""
    from reconciler.workflow.settings import Settings

    told: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("parallelism", "timeout", "today", "max_deletes", "replace_cosmetic", "no_verify", "expect_digest")
        if hasattr(args, name)
    }
    if clouds is not None:
        told |= {"wire_for": clouds.wire_for, "emulated": clouds.for_all, "emulated_clock": clouds.clock}
    return Settings(
        directory=console.directory,
        paths=paths,
        stdin=console.stdin_stream() if "-" in paths else None,
        target=tuple(getattr(args, "target", ())),
        exclude=tuple(getattr(args, "exclude", ())),
        allow=frozenset(getattr(args, "allow", ())),
        environ=console.environ,
        repeat=_repeat(args),
        on_event=listen,
        **told,
    )


def _repeat(args: Any) -> tuple[str, ...]:
    """Words of this command line that the command to go on from an interrupted apply needs again."""
    words: list[str] = []
    for name in ("emulator", "emulator_state"):
        if getattr(args, name, None) is not None:
            words += [f"--{name.replace('_', '-')}", getattr(args, name)]
    return (*words, "--auto-approve") if getattr(args, "auto_approve", False) else tuple(words)


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

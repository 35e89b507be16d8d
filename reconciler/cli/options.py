"""From a parsed command line to the settings of the workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.cli.console import Console
    from reconciler.cli.emulated import Clouds
    from reconciler.workflow.settings import Settings


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
    if getattr(args, "live", None) is not None:
        from reconciler.cli.live import snapshot
        from reconciler.workflow.clocks import SystemClock

        told["live"] = snapshot(args, console, SystemClock())
    return Settings(
        directory=console.directory,
        paths=paths,
        stdin=console.stdin_stream() if "-" in paths else None,
        target=tuple(getattr(args, "target", ())),
        exclude=tuple(getattr(args, "exclude", ())),
        shard=getattr(args, "shard", None),
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

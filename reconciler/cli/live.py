"""``--live FILE``: a snapshot instead of the clouds, for jobs that have no credentials."""

from __future__ import annotations

from typing import Any

from reconciler.cli import exits
from reconciler.cli.console import Console
from reconciler.cli.files import Stopped
from reconciler.diagnostics import Diagnostic, DiagnosticError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.calls import Clock
    from reconciler.workflow.snapshot_document import Snapshot


def snapshot(args: Any, console: Console, clock: Clock) -> Snapshot:
    """The snapshot that ``--live`` names, if it is one, whole, and not older than ``--live-max-age``.

    Raises:
        Stopped: it stands beside ``--emulator`` (3), or is too old or from the future (4).
        DiagnosticError: the file cannot be read, or is no snapshot that this version reads (3).
    """
    for flag in ("emulator", "emulator_state"):
        if getattr(args, flag, None) is not None:
            raise Stopped(
                Diagnostic(
                    "CLI-LIVE",
                    f"--live and --{flag.replace('_', '-')} exclude each other",
                    "a snapshot stands for the clouds; nothing is asked, neither a cloud nor an emulated one",
                    "give one of them",
                )
            )
    from reconciler.manifests.documents import read
    from reconciler.workflow.snapshot_age import is_stale, taken

    found = read(console.path(args.live), shown=args.live, kinds=("Snapshot",), refuse_altered=True)
    try:
        return taken(found.document, clock.now(), args.live_max_age)
    except DiagnosticError as error:
        if is_stale(error):
            raise Stopped(error.diagnostics[0], exits.REFUSED) from None
        raise

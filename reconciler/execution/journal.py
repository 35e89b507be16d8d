"""The journal of a run: one JSON line before and after every write, synced to disk. For people; never read again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.execution.outcome import timestamp
from reconciler.model.calls import Clock


class Journal(Protocol):
    """Where intents and outcomes are put down."""

    path: str | None

    def write(self, event: str, facts: Mapping[str, object]) -> None:
        """Put one line down; it is on disk when this returns.

        Raises:
            DiagnosticError: APPLY-JOURNAL, the line could not be stored.
        """
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


class FileJournal:
    """``.reconcile/runs/<run id>.jsonl`` below ``directory``, readable by its owner only."""

    def __init__(self, directory: str, run: str, clock: Clock) -> None:
        self.path: str | None = f".reconcile/runs/{run}.jsonl"
        self._clock = clock
        folder = Path(directory, ".reconcile", "runs")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._file = os.open(folder / f"{run}.jsonl", flags, 0o600)
        except OSError as error:
            raise _unwritable(self.path, error) from None
        try:
            _sync_folder(folder)
        except OSError as error:
            os.close(self._file)
            raise _unwritable(self.path, error) from None

    def write(self, event: str, facts: Mapping[str, object]) -> None:
        """Append one line and sync it."""
        line = {"at": timestamp(self._clock.now()), "event": event, **facts}
        data = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class NoJournal:
    """Keeps nothing."""

    path: str | None = None

    def write(self, event: str, facts: Mapping[str, object]) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(path: str | None, error: OSError) -> DiagnosticError:
    return DiagnosticError(
        Diagnostic(
            "APPLY-JOURNAL",
            f"the journal {path} cannot be written: {error.strerror or error}",
            "every write is put down before it is sent, so nothing is sent without a journal",
            "make room, or give a directory that can be written with -C",
        )
    )

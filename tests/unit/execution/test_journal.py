"""The journal: on disk before a write, private, and a clear error where it cannot be kept."""

import json
import os
import stat

import pytest
from fakes import Clock

from reconciler.diagnostics import DiagnosticError
from reconciler.execution import journal as journals
from reconciler.execution.journal import FileJournal


def test_lines_are_appended_synced_and_private(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(journals.os, "fsync", lambda handle: synced.append(handle))
    journal = FileJournal(str(tmp_path), "20260101T000000Z-000001", Clock())
    journal.write("intent", {"step": "s1"})
    journal.write("outcome", {"step": "s1", "words": "ü\n"})
    journal.close()
    path = tmp_path / ".reconcile/runs/20260101T000000Z-000001.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["intent", "outcome"]
    assert lines[0]["at"] == "2026-01-01T00:00:00.000Z"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(synced) >= 3


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / ".reconcile").write_text("a file is in the way")
    with pytest.raises(DiagnosticError) as caught:
        FileJournal(str(tmp_path), "20260101T000000Z-000001", Clock())
    assert caught.value.diagnostics[0].code == "APPLY-JOURNAL"


def test_a_full_disk_is_a_clear_error(tmp_path, monkeypatch):
    journal = FileJournal(str(tmp_path), "20260101T000000Z-000001", Clock())

    def full(handle, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiagnosticError, match="No space left"):
        journal.write("intent", {})


def test_two_runs_never_share_a_journal(tmp_path):
    FileJournal(str(tmp_path), "20260101T000000Z-000001", Clock()).close()
    with pytest.raises(DiagnosticError):
        FileJournal(str(tmp_path), "20260101T000000Z-000001", Clock())

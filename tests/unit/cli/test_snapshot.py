"""The trusted and the untrusted job through the command line: snapshot, then plan --live without anything else."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.model.canonical import digest

ROOT = Path(__file__).resolve().parents[3]
CANARY = "CANARY-51f0c2"
SECRETS = {
    "GCORE_API_KEY": f"1${CANARY}", "HUAWEICLOUD_SDK_AK": CANARY, "HUAWEICLOUD_SDK_SK": CANARY, "OS_PASSWORD": CANARY,
    "HTTPS_PROXY": f"http://user:{CANARY}@127.0.0.1:1",
}  # fmt: skip


@pytest.fixture
def place(tmp_path) -> Path:
    ignore = shutil.ignore_patterns(".emulator", ".reconcile")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "q", ignore=ignore)
    return tmp_path / "q"


@pytest.fixture
def taken(reconcile, place) -> Path:
    run = reconcile("-C", str(place), "snapshot", "--out", "live.json")
    assert (run.code, run.out) == (0, "")
    assert re.fullmatch(r"snapshot of \S+Z: 4 scopes with 7 policies and 6 security group rules, \d+ calls\n", run.err)
    return place


def change(place: Path, **more: object) -> dict:
    """Other words in the file, with a digest that fits them."""
    document = {**json.loads((place / "live.json").read_text("utf-8")), **more}
    document["digest"] = digest({k: v for k, v in document.items() if k != "digest"})
    (place / "live.json").write_text(json.dumps(document), "utf-8")
    return document


def ago(**delta: float) -> str:
    moment = datetime.now(UTC) - timedelta(**delta)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_the_untrusted_job_plans_the_same_and_opens_no_connection(reconcile, taken, monkeypatch):
    online = reconcile("-C", str(taken), "plan", "--format", "json", "--today", "2026-01-15")
    shutil.rmtree(taken / ".emulator")
    (taken / "cloud.yaml").unlink()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        if name != "socket":
            monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    offline = reconcile("-C", str(taken), "plan", "--live", "live.json", "--format", "json", "--today", "2026-01-15",
                        environ=SECRETS)  # fmt: skip
    assert (online.code, offline.code) == (0, 0)
    one, two = json.loads(online.out), json.loads(offline.out)
    assert one["steps"] == two["steps"]
    assert one["providers"] == two["providers"]
    assert [d["code"] for d in two["diagnostics"]] == ["SNAPSHOT-AGE"]
    assert CANARY not in offline.out + offline.err
    assert not (taken / ".emulator").exists()


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_report_says_of_which_moment_it_speaks(reconcile, taken, form):
    moment = json.loads((taken / "live.json").read_text("utf-8"))["taken_at"]
    run = reconcile("-C", str(taken), "plan", "--live", "live.json", "--format", form)
    assert run.code == 0
    assert moment in run.out
    assert f"live state of {moment}, " in run.err
    reconcile("-C", str(taken), "plan", "--live", "live.json", "--json-into", "plan.json")
    shown = reconcile("-C", str(taken), "show", "plan.json", "--format", form)
    assert "SNAPSHOT-AGE" in shown.out


def test_stdout_gets_the_document_and_no_format_but_json_is_taken(reconcile, place):
    run = reconcile("-C", str(place), "snapshot")
    assert json.loads(run.out)["kind"] == "Snapshot"
    assert reconcile("-C", str(place), "snapshot", "--format", "markdown").code == 3
    run = reconcile("-C", str(place), "snapshot", "providers.yaml", "--format", "json")
    assert (run.code, run.err) == (3, "")
    assert [d["code"] for d in json.loads(run.out)["diagnostics"]] == ["SNAPSHOT-NOTHING"]


def test_a_snapshot_is_refused_by_its_age_with_4_and_for_what_it_is_with_3(reconcile, taken):
    def plan(*more: str) -> tuple[int, str]:
        run = reconcile("-C", str(taken), "plan", "--live", "live.json", *more)
        assert run.err.count("error[") <= 1
        assert "Traceback" not in run.err
        return run.code, run.err

    change(taken, taken_at=ago(hours=3))
    code, said = plan("--live-max-age", "2h")
    assert code == 4
    assert "error[SNAPSHOT-OLD]: the snapshot is older than 2 hours" in said
    assert "3 hours ago" in said
    assert plan("--live-max-age", "4h")[0] == 0
    assert "note[SNAPSHOT-AGE]" in plan()[1]
    change(taken, taken_at=ago(days=5))
    code, said = plan()
    assert (code, "warning[SNAPSHOT-AGE]" in said, "5 days old" in said) == (0, True, True)
    change(taken, taken_at=ago(hours=-1))
    code, said = plan()
    assert (code, "error[SNAPSHOT-FUTURE]" in said) == (4, True)
    change(taken, taken_at=ago(), tool_version="7.0.0")
    code, said = plan()
    assert (code, "error[SNAPSHOT-TOOL-VERSION]" in said) == (3, True)
    change(taken, format_version=2)
    code, said = plan()
    assert (code, "error[DOC-VERSION]" in said, "newer reconcile" in said) == (3, True, True)
    (taken / "live.json").write_bytes((taken / "live.json").read_bytes()[:-100])
    code, said = plan()
    assert (code, "error[DOC-JSON]" in said) == (3, True)
    os.unlink(taken / "live.json")
    code, said = plan()
    assert (code, "error[CLI-FILE]" in said) == (3, True)


def test_live_goes_with_nothing_that_would_be_a_second_answer(reconcile, taken):
    run = reconcile("-C", str(taken), "plan", "--live", "live.json", "--emulator", "cloud.yaml")
    assert (run.code, "error[CLI-LIVE]" in run.err) == (3, True)
    run = reconcile("-C", str(taken), "apply", "--live", "live.json", "--auto-approve")
    assert (run.code, "error[CLI-LIVE]" in run.err, "apply --plan" in run.err) == (3, True, True)
    run = reconcile("-C", str(taken), "plan", environ={"RECONCILE_LIVE": "live.json"})
    assert "SNAPSHOT-AGE" in run.err
    run = reconcile("-C", str(taken), "apply", environ={"RECONCILE_LIVE": "live.json"})
    assert "CLI-NO-TWIN" in run.err
    run = reconcile("-C", str(taken), "plan", "--live", "live.json", "--live-max-age", "soon")
    assert (run.code, "error[CLI-VALUE]" in run.err) == (3, True)


def test_a_reader_sees_the_old_file_or_the_new_one_and_its_mode_stays(reconcile, taken):
    file = taken / "live.json"
    file.chmod(0o640)
    before = file.read_bytes()
    run = reconcile("-C", str(taken), "snapshot", "--all-of", "nobody", "--target", "nothing", "--out", "live.json")
    assert run.code == 3
    assert file.read_bytes() == before
    assert reconcile("-C", str(taken), "snapshot", "--out", "live.json").code == 0
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in taken.iterdir() if "live" in p.name) == ["live.json"]


def test_a_place_that_cannot_be_written_is_told_in_words(reconcile, place):
    run = reconcile("-C", str(place), "snapshot", "--out", "/dev/full")
    assert (run.code, "error[CLI-OUT]" in run.err) == (1, True)
    run = reconcile("-C", str(place), "snapshot", "--out", "no/such/live.json")
    assert (run.code, "error[CLI-OUT]" in run.err) == (3, True)


def test_what_could_not_be_read_ends_with_1_and_the_rest_is_written(reconcile, place):
    listing = (place / "providers.yaml").read_text("utf-8")
    (place / "providers.yaml").write_text(
        re.sub(r"(?s)(name: gcore.*?)\n  emulator:[^\n]*", r"\1", listing), "utf-8"
    )
    run = reconcile("-C", str(place), "snapshot", "--out", "live.json")
    assert (run.code, "error[AUTH-MISSING]" in run.err) == (3, True)
    document = json.loads((place / "live.json").read_text("utf-8"))
    assert document["failures"] == [
        {"provider": "gcore", "kind": None, "id": None, "address": None, "code": "AUTH-MISSING"}
    ]
    run = reconcile("-C", str(place), "plan", "--live", "live.json", "--format", "json")
    plan = json.loads(run.out)
    assert run.code == 1
    assert {b["code"] for b in plan["blocked"]} == {"SNAPSHOT-UNREAD"}
    assert {s["provider"] for s in plan["steps"]} == {"huawei"}


def test_hostile_words_of_a_snapshot_are_shown_as_words(reconcile, taken):
    evil = "\u202e</details><script>alert(1)</script>\x1b[31m`|\n# x"
    document = json.loads((taken / "live.json").read_text("utf-8"))
    providers = document["providers"]
    for scope in providers[0]["scopes"]:
        scope["diagnostics"] = [{"code": evil, "severity": "error", "summary": evil, "detail": evil, "hint": evil, "tail": ""}]
    providers[1]["name"] = evil
    failures = [{"provider": "huawei", "kind": None, "id": None, "address": evil, "code": evil}]
    change(taken, providers=providers, failures=failures)
    for form in ("text", "markdown", "html"):
        run = reconcile("-C", str(taken), "plan", "--live", "live.json", "--format", form)
        assert run.code == 1
        for raw in ("\x1b", "\u202e"):
            assert raw not in run.out + run.err
        assert form != "html" or "<script" not in run.out
    change(taken, tool_version=f"9{evil}")
    run = reconcile("-C", str(taken), "plan", "--live", "live.json")
    assert run.code == 3
    assert "\x1b" not in run.err


def test_drift_is_told_from_a_snapshot_too(reconcile, taken):
    shutil.rmtree(taken / ".emulator")
    (taken / "cloud.yaml").unlink()
    run = reconcile("-C", str(taken), "drift", "--live", "live.json", "--format", "json")
    drift = json.loads(run.out)
    assert (run.code, drift["result"]) == (2, "drift")
    assert drift["checked_at"] == drift["source"]["live"]["taken_at"]
    change(taken, taken_at=ago(hours=3))
    run = reconcile("-C", str(taken), "drift", "--live", "live.json", "--live-max-age", "1h")
    assert (run.code, "error[SNAPSHOT-OLD]" in run.err) == (4, True)

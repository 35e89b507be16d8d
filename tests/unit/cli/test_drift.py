"""`reconcile drift` through the command line, on the embedded emulator: exit codes, files, and what goes wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reconciler.publishing import webhook

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def place(tmp_path) -> Path:
    ignore = shutil.ignore_patterns(".emulator", ".reconcile")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "q", ignore=ignore)
    return tmp_path / "q"


@pytest.fixture
def drift(reconcile, place):
    return lambda *words, **more: reconcile("-C", str(place), "drift", *words, **more)


def document(place, name="d.json"):
    return json.loads((place / name).read_text("utf-8"))


def test_drift_is_2_and_none_after_an_apply_is_0(drift, reconcile, place):
    run = drift("--json-into", "d.json")
    assert (run.code, run.err) == (2, "")
    found = document(place)
    assert found["result"] == "drift"
    assert found["summary"]["findings"] == 10
    assert found["summary"]["scopes"] == 4
    assert {f["cause"] for f in found["findings"]} == {"unknown"}
    assert reconcile("-C", str(place), "apply", "--auto-approve", "--json-into", "o.json").code == 0
    run = drift("--since", "o.json", "--json-into", "d.json")
    assert run.code == 0
    assert document(place)["result"] == "clean"
    assert [f["kept"] for f in document(place)["findings"]] == [True]


def test_stdout_is_the_same_document_as_the_file_in_json_format(drift, place):
    run = drift("--format", "json", "--json-into", "d.json")
    assert json.loads(run.out) == document(place)
    assert run.err == ""


def test_what_the_baseline_knows_does_not_alarm_again_and_the_file_may_be_the_baseline_itself(drift, place):
    assert drift("--json-into", "d.json").code == 2
    run = drift("--baseline", "d.json", "--json-into", "d.json")
    assert run.code == 0
    found = document(place)
    assert found["summary"]["alarms"] == 0
    assert found["summary"]["known"] == found["summary"]["findings"] == 10
    assert found["baseline"] == {"checked_at": found["baseline"]["checked_at"], "findings": 10, "gone": 0}


def newer(place):
    text = document(place)
    (place / "newer.json").write_text(json.dumps({**text, "format_version": 2}))
    (place / "broken.json").write_text(json.dumps(text)[:500])
    (place / "shape.json").write_text(json.dumps({**text, "findings": "none"}))
    (place / "empty.json").write_text("")


@pytest.mark.parametrize(("flag", "file", "code"), [
    ("--baseline", "missing.json", "CLI-FILE"), ("--baseline", "broken.json", "DOC-JSON"),
    ("--baseline", "empty.json", "DOC-JSON"), ("--baseline", "newer.json", "DOC-VERSION"),
    ("--baseline", "shape.json", "DOC-SCHEMA"), ("--baseline", "plan.json", "DOC-KIND"),
    ("--baseline", ".", "CLI-FILE"), ("--since", "missing.json", "CLI-FILE"), ("--since", "plan.json", "DOC-KIND"),
    ("--since", "d.json", "DOC-KIND"), ("--since", "shop.yaml", "DOC-JSON"),
])  # fmt: skip
def test_a_file_that_cannot_be_compared_with_is_one_clear_mistake(drift, reconcile, place, flag, file, code):
    assert drift("--json-into", "d.json").code == 2
    assert reconcile("-C", str(place), "plan", "--json-into", "plan.json").code == 0
    newer(place)
    before = (place / "d.json").read_text()
    run = drift(flag, file, "--json-into", "d.json")
    assert (run.code, run.out) == (3, "")
    assert run.err.count("error[") == 1
    assert f"error[{code}]" in run.err
    assert file in run.err
    assert (place / "d.json").read_text() == before


def test_metrics_are_written_besides(drift, place):
    assert drift("--metrics", "m.prom").code == 2
    text = (place / "m.prom").read_text("utf-8")
    assert text.endswith("# EOF\n")
    assert [p.name for p in place.iterdir() if ".tmp" in p.name] == []


@pytest.mark.parametrize("flag", ["--metrics", "--json-into", "--out"])
def test_a_place_that_cannot_be_written_is_told_before_any_cloud_is_asked(drift, place, monkeypatch, flag):
    monkeypatch.setattr("reconciler.workflow.drift.observe", None)
    run = drift(flag, "no/such/folder/file")
    assert (run.code, run.out) == (3, "")
    assert f"error[CLI-OUT]: {flag}: 'no/such/folder/file' cannot be written" in run.err


@pytest.mark.parametrize("flag", ["--metrics", "--json-into"])
def test_a_full_disk_loses_that_file_and_nothing_else(drift, place, flag):
    other = {"--metrics": ("--json-into", "d.json"), "--json-into": ("--metrics", "m.prom")}[flag]
    run = drift(flag, "/dev/full", *other)
    assert run.code == 1
    assert "Drift: 9 findings" in run.out
    assert run.err.count("error[CLI-OUT]") == 1
    assert "No space left on device" in run.err
    assert (place / other[1]).stat().st_size > 100


def test_a_notification_that_fails_is_told_and_the_exit_code_stays_that_of_the_drift(drift, monkeypatch):
    from reconciler.diagnostics import Diagnostic

    seen = []

    def failing(document, hook, **more):
        seen.append(document["summary"]["alarms"])
        return Diagnostic("PUB-NOTIFY", "hooks.example.com did not take the notification")

    monkeypatch.setattr(webhook, "notify", failing)
    run = drift("--notify", "https://hooks.example.com/secret-path", "-q")
    assert (run.code, seen) == (2, [9])
    assert "error[PUB-NOTIFY]" in run.err
    assert "secret-path" not in run.out + run.err


def test_a_wrong_webhook_address_is_told_before_any_cloud_is_asked(drift, monkeypatch):
    monkeypatch.setattr("reconciler.workflow.drift.observe", None)
    run = drift("--notify", "ftp://user:hunter2@example.com/x")
    assert run.code == 3
    assert "error[PUB-URL]" in run.err
    assert "hunter2" not in run.err


def test_ctrl_c_ends_with_130_and_leaves_the_files_of_before(drift, place, monkeypatch):
    (place / "d.json").write_text("before")

    async def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("reconciler.workflow.drift.observe", interrupted)
    run = drift("--json-into", "d.json", "--metrics", "m.prom")
    assert (run.code, run.out) == (130, "")
    assert (place / "d.json").read_text() == "before"
    assert not (place / "m.prom").exists()


def test_a_manifest_with_a_mistake_is_3_and_the_other_scopes_are_told(drift, place):
    text = (place / "www.yaml").read_text()
    assert "REJECT" in text
    (place / "www.yaml").write_text(text.replace("REJECT", "REJECTED"))
    run = drift("--json-into", "d.json")
    assert run.code == 3
    found = document(place)
    assert found["result"] == "unknown"
    assert [(u["scope"], u["unread"]) for u in found["unknown"]] == [("listener/www", False)]
    status = {s["address"]: s["status"] for s in found["scopes"]}
    assert status["listener/www"] == "unknown"
    assert status["listener/shop-https"] == "drift"


def test_a_selection_and_a_shard_look_at_their_part_only(drift, place):
    drift("--target", "listener/*", "--json-into", "d.json")
    assert [s["address"] for s in document(place)["scopes"]] == ["listener/shop-https", "listener/www"]
    scopes = []
    for n in (1, 2):
        drift("--shard", f"{n}/2", "--json-into", "d.json")
        assert document(place)["source"]["shard"] == f"{n}/2"
        scopes += [s["address"] for s in document(place)["scopes"]]
    assert len(scopes) == len(set(scopes)) == 4


def test_the_date_that_until_is_compared_with_is_an_input(drift, place):
    text = (place / "shop.yaml").read_text()
    entry = "  ignore: [{policy: checkout, fields: [redirect_pool_id, redirect_pools_config], reason: launch, until: 2026-12-31}]\n"
    (place / "shop.yaml").write_text(text.replace("  policies:\n", entry + "  policies:\n", 1))
    drift("--today", "2026-12-01", "--json-into", "d.json")
    found = document(place)
    assert [(n["address"], n["until"]) for n in found["ignored"]] == [("listener/shop-https/policy/checkout", "2026-12-31")]
    assert found["diagnostics"] == []
    run = drift("--today", "2026-12-20", "--json-into", "d.json")
    assert "warning[DRIFT-IGNORE-ENDS]" in run.err
    (warning,) = document(place)["diagnostics"]
    line = (place / "shop.yaml").read_text().splitlines()[warning["line"] - 1]
    assert line[warning["column"] - 1 :].startswith("2026-12-31")
    drift("--today", "2027-01-01", "--json-into", "d.json")
    found = document(place)
    assert [d["code"] for d in found["diagnostics"]] == ["DRIFT-IGNORE-EXPIRED"]
    (finding,) = [f for f in found["findings"] if f["address"].endswith("/checkout")]
    assert f"hidden until 2026-12-31 by the `ignore` entry at shop.yaml:{warning['line']}" in finding["why"]

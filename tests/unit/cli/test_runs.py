"""Whole runs of plan, apply, import, fmt and validate through the command line, on the embedded emulator."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith("RECONCILE_")} | {"PYTHONPATH": str(ROOT)}
CANARY = "canary-0f9a7c"


@pytest.fixture
def place(tmp_path) -> Path:
    ignore = shutil.ignore_patterns(".emulator", ".reconcile")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "q", ignore=ignore)
    return tmp_path / "q"


def test_plan_apply_plan_ends_with_nothing_to_do(reconcile, place):
    first = reconcile("-C", str(place), "plan", "--detailed-exitcode")
    assert first.code == 2
    assert first.err == ""
    done = reconcile("-C", str(place), "apply", "--auto-approve")
    assert done.code == 0
    assert "Apply: done" in done.out
    again = reconcile("-C", str(place), "plan", "--detailed-exitcode")
    assert again.code == 0
    assert "Plan: nothing to change." in again.out


def test_plan_is_0_with_changes_unless_asked(reconcile, place):
    assert reconcile("-C", str(place), "plan").code == 0


def test_in_json_format_stdout_is_one_document_and_nothing_else(reconcile, place):
    plan = reconcile("-C", str(place), "plan", "--format", "json")
    assert json.loads(plan.out)["kind"] == "Plan"
    done = reconcile("-C", str(place), "apply", "--auto-approve", "--format", "json")
    assert json.loads(done.out)["kind"] == "Outcome"
    again = reconcile("-C", str(place), "apply", "--auto-approve", "--format", "json")
    assert json.loads(again.out)["kind"] == "Outcome"
    assert json.loads(again.out)["steps"] == []
    assert plan.err + done.err + again.err == ""


def test_the_same_input_gives_the_same_bytes(reconcile, place):
    argv = ("-C", str(place), "plan", "--today", "2026-01-15", "--format", "json")
    assert reconcile(*argv).out == reconcile(*argv).out


def test_out_and_json_into_hold_the_product_and_the_document(reconcile, place):
    shown = reconcile("-C", str(place), "plan")
    run = reconcile("-C", str(place), "plan", "--out", "plan.txt", "--json-into", "plan.json")
    assert run.out == ""
    assert (place / "plan.txt").read_text("utf-8") == shown.out
    assert reconcile("-C", str(place), "show", "plan.json", "--format", "json").code == 0
    run = reconcile("-C", str(place), "apply", "--auto-approve", "--out", "done.txt", "--json-into", "done.json")
    assert (run.code, run.out) == (0, "")
    assert "Apply: done" in (place / "done.txt").read_text("utf-8")
    assert json.loads((place / "done.json").read_text("utf-8"))["kind"] == "Outcome"


def test_a_saved_plan_needs_nobody_to_ask_and_an_altered_one_sends_nothing(reconcile, place):
    reconcile("-C", str(place), "plan", "--json-into", "plan.json")
    plan = json.loads((place / "plan.json").read_text("utf-8"))
    before = (place / ".emulator/cloud.db").read_bytes()
    for altered in (
        {**plan, "steps": plan["steps"][:-1]},
        {**plan, "format_version": 2},
        {**plan, "kind": "Plane"},
        {**plan, "extra": 1},
        {key: value for key, value in plan.items() if key != "digest"},
    ):
        (place / "altered.json").write_text(json.dumps(altered), "utf-8")
        run = reconcile("-C", str(place), "apply", "--plan", "altered.json")
        assert run.code == 4, run.err
        assert "error[" in run.err
    assert (place / ".emulator/cloud.db").read_bytes() == before
    done = reconcile("-C", str(place), "apply", "--plan", "plan.json")
    assert done.code == 0, done.err
    assert "Apply: done" in done.out


def test_emulator_flag_runs_manifests_unedited_and_keeps_its_cloud_where_told(reconcile, place):
    providers = (place / "providers.yaml").read_text("utf-8")
    (place / "providers.yaml").write_text(
        "".join(row for row in providers.splitlines(True) if "emulator:" not in row), "utf-8"
    )
    argv = ("-C", str(place), "--emulator", "cloud.yaml", "--emulator-state", "kept/cloud.db")
    assert reconcile(*argv, "plan", "--detailed-exitcode").code == 2
    assert reconcile(*argv, "apply", "--auto-approve").code == 0
    assert reconcile(*argv, "plan", "--detailed-exitcode").code == 0
    assert (place / "kept/cloud.db").exists()
    assert reconcile("-C", str(place), "--emulator", "cloud.yaml", "plan", "--detailed-exitcode").code == 2


def test_a_seed_beside_the_manifests_is_found_from_elsewhere(reconcile, place):
    run = reconcile("-C", str(place.parent), "plan", "q", "--detailed-exitcode")
    assert run.code == 2, run.err
    assert (place / ".emulator/cloud.db").exists()


@pytest.mark.parametrize("state", [".reconcile/cloud.db", "x/../.reconcile/deep/cloud.db"])
def test_an_emulated_cloud_is_never_kept_where_it_may_be_deleted(reconcile, place, state):
    run = reconcile("-C", str(place), "plan", "--emulator", "cloud.yaml", "--emulator-state", state)
    assert run.code == 3
    assert "error[CLI-STATE]" in run.err


def test_a_seed_with_mistakes_is_told_in_words(reconcile, place):
    (place / "bad.yaml").write_text("apiVersion: reconciler.emulator/v1\nkind: Cloud\nhuawei: {p: {listners: []}}\n")
    run = reconcile("-C", str(place), "plan", "--emulator", "bad.yaml")
    assert run.code == 3
    assert "error[CLI-EMULATOR]" in run.err
    assert "listners" in run.err


def test_import_gives_manifests_whose_plan_is_empty(reconcile, place):
    reconcile("-C", str(place), "apply", "--auto-approve")
    for name in ("huawei", "gcore"):
        run = reconcile("-C", str(place), "import", "--provider", name, "--all", "--out", f"{name}.yaml")
        assert run.code == 0, run.err
        plan = reconcile("-C", str(place), "plan", f"{name}.yaml", "--detailed-exitcode")
        assert plan.code == 0, plan.out + plan.err
        assert "nothing to change" in plan.out


def test_import_of_nothing_or_of_everything_and_something_is_refused(reconcile, place):
    for extra in ((), ("--all", "--listener", "x")):
        run = reconcile("-C", str(place), "import", "--provider", "huawei", *extra)
        assert run.code == 3
        assert "error[CLI-IMPORT]" in run.err
    run = reconcile("-C", str(place), "import", "--provider", "huawei", "--listener", "shop-htps")
    assert run.code == 3
    assert "shop-https" in run.err


def test_validate_tells_every_mistake_with_its_line_and_exits_3(reconcile, place):
    text = (place / "shop.yaml").read_text("utf-8")
    (place / "shop.yaml").write_text(text.replace("unlisted: keep", "unlisted: kep"), "utf-8")
    run = reconcile("-C", str(place), "validate")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "unlisted: keep" in row)
    assert run.code == 3
    assert run.out == ""
    assert f"shop.yaml:{line}:" in run.err
    assert "^^^" in run.err
    document = json.loads(reconcile("-C", str(place), "validate", "--format", "json").out)
    assert document["exit_code"] == 3
    assert document["diagnostics"][0]["line"] == line


def test_manifests_may_come_from_standard_input(reconcile, place):
    text = "---\n".join((place / name).read_text("utf-8") for name in ("providers.yaml", "shop.yaml"))
    assert reconcile("-C", str(place.parent), "validate", "-", stdin=text).code == 0
    run = reconcile("-C", str(place.parent), "validate", "-", stdin=text.replace("FIXED_RESPONSE", "FIXED_RESPONS"))
    assert run.code == 3
    assert "| " in run.err


def test_fmt_writes_in_place_checks_and_shows(reconcile, place):
    reconcile("-C", str(place), "fmt")
    clean = {path: path.read_bytes() for path in place.glob("*.yaml")}
    assert reconcile("-C", str(place), "fmt", "--check") == (0, "", "")
    path = place / "shop.yaml"
    path.chmod(0o640)
    path.write_bytes(clean[path].replace(b'status_code: "403"', b"status_code: 403"))
    check = reconcile("-C", str(place), "fmt", "--check")
    assert (check.code, check.out) == (2, "shop.yaml\n")
    diff = reconcile("-C", str(place), "fmt", "--diff")
    assert diff.code == 2
    assert "-      fixed_response_config: {status_code: 403" in diff.out
    assert reconcile("-C", str(place), "fmt").out == "shop.yaml\n"
    assert path.read_bytes() == clean[path]
    assert path.stat().st_mode & 0o777 == 0o640
    assert {p.name for p in place.iterdir() if p.suffix == ".tmp"} == set()
    (place / "bad.yaml").write_text("apiVersion: reconciler/v1\nkind: [\n")
    run = reconcile("-C", str(place), "fmt")
    assert run.code == 3
    assert "bad.yaml:" in run.err


def test_fmt_of_standard_input_goes_to_standard_output(reconcile, place):
    text = (place / "shop.yaml").read_text("utf-8")
    run = reconcile("fmt", "-", stdin=text.replace('"403"', "403"))
    assert (run.code, run.err) == (0, "")
    assert 'status_code: "403"' in run.out


def test_logs_are_json_lines_when_asked_for(reconcile, place):
    run = reconcile("-C", str(place), "plan", "-vv", "--log-format", "json")
    entries = [json.loads(line) for line in run.err.splitlines()]
    assert {entry["event"] for entry in entries} >= {"read", "plan"}


def test_a_credential_appears_in_no_output(place):
    environ = {
        **ENVIRON, "HUAWEICLOUD_SDK_AK": f"{CANARY}-ak", "HUAWEICLOUD_SDK_SK": f"{CANARY}-sk", "GCORE_API_KEY": f"7${CANARY}",
    }  # fmt: skip
    for words in (
        "plan -vv --json-into p.json",
        "apply --auto-approve -vv --json-into o.json",
        "plan --full --out f.txt",
    ):
        run = subprocess.run(
            [sys.executable, "-m", "reconciler.cli", *words.split()],
            cwd=place,
            env=environ,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        assert CANARY not in run.stdout + run.stderr
    for path in place.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


# ---------------------------------------------------------------------- on a terminal
def _on_terminal(place: Path, answer: bytes | None, *words: str, interrupt: int | None = None) -> tuple[int, str]:
    """Run on a pseudo terminal; answer the question, or send a signal while it stands."""
    main, inner = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "reconciler.cli", *words], cwd=place, env={**ENVIRON, "TERM": "xterm"},
        stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
    )  # fmt: skip
    os.close(inner)
    seen = b""
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if not select.select([main], [], [], 1)[0]:
                continue
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
            if b"Only 'yes' is yes" in seen:
                if interrupt is not None:
                    child.send_signal(interrupt)
                    interrupt = None
                elif answer is not None:
                    os.write(main, answer)
                answer = None
        return child.wait(20), seen.decode("utf-8", "replace")
    finally:
        child.kill()
        os.close(main)


def test_on_a_terminal_apply_shows_asks_and_does_it(place):
    code, seen = _on_terminal(place, b"yes\n", "apply")
    assert code == 0, seen
    assert seen.index("to create") < seen.index("Only 'yes' is yes") < seen.index("Apply: done")


@pytest.mark.parametrize("answer", [b"no\n", b"y\n", b"\n", b"\x04"])
def test_any_other_answer_is_no_and_exit_code_4(place, answer):
    code, seen = _on_terminal(place, answer, "apply")
    assert code == 4, seen
    assert "Apply: done" not in seen


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_question_stands_ends_the_run(place, number, code):
    assert _on_terminal(place, None, "apply", interrupt=number)[0] == code
    assert not (place / ".reconcile").exists()


def test_progress_is_shown_on_a_terminal_only(place):
    _, seen = _on_terminal(place, None, "plan")
    assert "\x1b[" in seen
    run = subprocess.run([sys.executable, "-m", "reconciler.cli", "plan"], cwd=place, env=ENVIRON, capture_output=True)
    assert run.stderr == b""
    assert b"\x1b" not in run.stdout


@pytest.mark.parametrize("name", ["huawei", "gcore", "openstack"])
def test_every_example_is_carried_out_to_its_end_on_its_own_seed(name, tmp_path):
    import io
    import shutil
    from pathlib import Path

    from reconciler.cli.main import main

    here = tmp_path / name
    shutil.copytree(Path(__file__).parents[3] / "examples" / name, here, ignore=shutil.ignore_patterns(".*"))
    out, err = io.StringIO(), io.StringIO()
    argv = ["-C", str(here), "apply", "--emulator", "cloud.yaml", "--auto-approve"]
    code = main(argv, io.StringIO(), out, err, {"HW_PROD_AK": "a", "HW_PROD_SK": "b"})
    assert (code, "nothing is left to do" in out.getvalue()) == (0, True), err.getvalue()


def test_a_provider_that_does_not_answer_is_told_once_and_blocks_each_of_its_scopes(reconcile, tmp_path):
    import http.server
    import threading

    class Nobody(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    here = tmp_path / "huawei"
    shutil.copytree(ROOT / "examples" / "huawei", here, ignore=shutil.ignore_patterns(".*"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nobody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    endpoints = f"  endpoints: {{elb: '{url}', vpc: '{url}', iam: '{url}'}}\n"
    providers = here / "providers.yaml"
    providers.write_text(providers.read_text("utf-8").replace("  type: huawei\n", "  type: huawei\n" + endpoints, 1), "utf-8")
    environ = {"HW_PROD_AK": "a", "HW_PROD_SK": "b", "RECONCILE_TRUSTED_HOSTS": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    try:
        run = reconcile("-C", str(here), "plan", "--json-into", "plan.json", environ=environ)
    finally:
        server.shutdown()
    assert run.code == 1
    assert run.err.count("error[") == 1
    assert "providers.yaml:" in run.err
    blocked = json.loads((here / "plan.json").read_text("utf-8"))["blocked"]
    assert {(b["kind"], b["code"]) for b in blocked} == {("unread", "CONN-NOT-FOUND")}
    assert len({b["scope"] for b in blocked}) == 4

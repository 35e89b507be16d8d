"""Streams: the product on stdout, the rest on stderr; closed pipes, full disks, colour, source lines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.cli import main as entry
from reconciler.cli.console import Console
from reconciler.diagnostics import Diagnostic, Severity, Span

from .conftest import Stream

ROOT = Path(__file__).parents[3]
PLAN = ROOT / "tests/golden/reports/plan.json"
OUTCOME = ROOT / "tests/golden/reports/outcome.json"
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}
RECONCILE = (sys.executable, "-m", "reconciler.cli")


def console(environ=None, **streams) -> Console:
    return Console(
        streams.get("stdin", Stream()), streams.get("stdout", Stream()), streams.get("stderr", Stream()), environ or {}
    )


@pytest.mark.parametrize(
    ("when", "environ", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_the_flag_then_no_color_then_force_color_then_the_terminal(when, environ, terminal, expected):
    here = console(environ)
    here.color_when = when
    assert here.color(Stream(terminal=terminal)) is expected


def test_show_prints_a_plan_and_an_outcome_in_every_format(reconcile):
    for path in (PLAN, OUTCOME):
        text = reconcile("show", str(path))
        assert text.code == 0
        assert text.err == ""
        assert reconcile("show", str(path), "--format", "json").out == path.read_text("utf-8")
        assert reconcile("show", str(path), "--format", "markdown").out.startswith("### ")
        assert reconcile("show", str(path), "--format", "html").out.startswith("<!doctype html>")
        assert "\x1b[" in reconcile("show", str(path), "--color", "always").out


def test_an_altered_plan_is_shown_with_a_warning(reconcile, tmp_path):
    plan = json.loads(PLAN.read_text("utf-8"))
    plan["summary"]["create"] += 1
    (tmp_path / "p.json").write_text(json.dumps(plan))
    run = reconcile("show", str(tmp_path / "p.json"))
    assert run.code == 0
    assert "warning[DOC-ALTERED]" in run.err


@pytest.mark.parametrize(
    ("content", "code", "why"),
    [
        (b"", "DOC-JSON", "it is empty"),
        (b"{", "DOC-JSON", "cut off"),
        (b"{,", "DOC-JSON", "no JSON"),
        (b"\xff\xfe", "DOC-JSON", "not UTF-8: byte 1"),
        (b"[]", "DOC-JSON", "no JSON object"),
        (b"{}", "DOC-KIND", "no `kind`"),
        (b'{"kind": "Weather"}', "DOC-KIND", 'its kind is "Weather"'),
        (b'{"kind": "Plan"}', "DOC-VERSION", "`format_version` is null"),
        (b'{"kind": "Outcome", "format_version": 1}', "DOC-SCHEMA", "required"),
        (b'{"kind": "Plan", "format_version": 2}', "DOC-VERSION", "made by a newer reconcile"),
        (b"[" * 200_000, "DOC-JSON", "nested deeper than 64"),
        (b"1" * 10_000, "DOC-JSON", "digits"),
    ],
)
def test_what_is_no_document_is_refused_in_words(reconcile, tmp_path, content, code, why):
    (tmp_path / "x.json").write_bytes(content)
    run = reconcile("show", "-C", str(tmp_path), "x.json")
    assert run.code == 3
    assert f"error[{code}]" in run.err
    assert why in run.err
    run = reconcile("apply", "-C", str(tmp_path), "--plan", "x.json")
    assert run.code in (3, 4)
    assert "Traceback" not in run.err


def test_a_file_that_is_not_there_is_named(reconcile, tmp_path):
    run = reconcile("show", "-C", str(tmp_path), "x.json")
    assert run.code == 3
    assert "error[CLI-FILE]: 'x.json' cannot be read" in run.err


def test_out_gets_what_stdout_would_get_without_colour(reconcile, tmp_path):
    shown = reconcile("show", str(PLAN))
    run = reconcile("show", str(PLAN), "--out", str(tmp_path / "plan.txt"), "--color", "always")
    assert (run.code, run.out) == (0, "")
    assert (tmp_path / "plan.txt").read_text("utf-8") == shown.out


def test_relative_paths_start_in_the_directory_of_C(reconcile, tmp_path):
    (tmp_path / "p.json").write_bytes(PLAN.read_bytes())
    assert reconcile("-C", str(tmp_path), "show", "p.json", "--out", "o.txt").code == 0
    assert (tmp_path / "o.txt").exists()


def test_apply_where_nobody_can_be_asked_is_refused_before_anything_is_read(reconcile, tmp_path):
    run = reconcile("apply", "-C", str(tmp_path), "nothing-is-here")
    assert run.code == 4
    assert "error[CLI-NOBODY-TO-ASK]" in run.err
    assert "--auto-approve" in run.err


def test_diagnostics_show_the_line_of_the_file_and_of_standard_input(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"one\r\ntwo\r\nthree")
    here = console(stdin=Stream("first\nsecond\n"))
    here.directory = str(tmp_path)
    here.stdin_stream()
    here.report([
        Diagnostic("X-1", "s", span=Span("a.yaml", 2, 1, 3)),
        Diagnostic("X-2", "s", span=Span("-", 2, 1, 6)),
        Diagnostic("X-3", "s", span=Span("gone.yaml", 2, 1)),
        Diagnostic("X-4", "s", span=Span("a.yaml", 99, 1)),
    ])  # fmt: skip
    assert "  2 | two\n    | ^^^\n" in here.stderr.getvalue()
    assert "  2 | second\n    | ^^^^^^\n" in here.stderr.getvalue()


def test_quiet_leaves_errors_only():
    here = console()
    here.quiet = True
    here.report([Diagnostic("X-1", "careful", severity=Severity.WARNING), Diagnostic("X-2", "wrong")])
    assert "careful" not in here.stderr.getvalue()
    assert "wrong" in here.stderr.getvalue()


def test_an_unforeseen_failure_is_one_diagnostic_without_the_words_of_the_exception(reconcile, monkeypatch):
    from reconciler.cli.commands import version

    def fail(args, console):
        raise ValueError("Authorization: canary-secret")

    monkeypatch.setattr(version, "run", fail)
    for argv in (("version",), ("version", "-vv"), ("version", "--format", "json")):
        run = reconcile(*argv)
        assert run.code == 1
        assert "CLI-INTERNAL" in run.out + run.err
        assert "canary" not in run.out + run.err
        assert "Traceback" not in run.out + run.err


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (entry.Terminated(143), 143)])
def test_an_interrupt_has_its_own_exit_code(reconcile, monkeypatch, error, code):
    from reconciler.cli.commands import version

    def stop(args, console):
        raise error

    monkeypatch.setattr(version, "run", stop)
    assert reconcile("version").code == code


@pytest.mark.parametrize(("said", "code"), [("<class 'KeyboardInterrupt'>", 130), ("value: Terminated(143)", 143)])
def test_an_interrupt_that_a_module_in_another_language_has_wrapped_is_still_one(reconcile, monkeypatch, said, code):
    from reconciler.cli.commands import version

    class PanicException(BaseException):
        pass

    def stop(args, console):
        raise PanicException(said)

    monkeypatch.setattr(version, "run", stop)
    assert reconcile("version").code == code


# ---------------------------------------------------------------------- processes of their own
def test_a_reader_that_goes_away_is_no_error(tmp_path):
    for command in ("show " + str(PLAN), "--help", "explain"):
        shell = f"set -o pipefail; {sys.executable} -m reconciler.cli {command} | true"
        run = subprocess.run(["bash", "-c", shell], capture_output=True, env=ENVIRON, cwd=tmp_path)
        assert (run.returncode, run.stderr) == (0, b"")


def test_closed_streams_are_no_error(tmp_path):
    shell = f"{sys.executable} -m reconciler.cli show {PLAN} >&- 2>&- <&-"
    assert subprocess.run(["bash", "-c", shell], env=ENVIRON, cwd=tmp_path).returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_a_clear_error(tmp_path):
    with open("/dev/full", "w") as full:
        run = subprocess.run([*RECONCILE, "show", PLAN], stdout=full, stderr=subprocess.PIPE, env=ENVIRON, cwd=tmp_path)
    assert run.returncode == 1
    assert b"error[CLI-STDOUT]" in run.stderr
    run = subprocess.run([*RECONCILE, "show", PLAN, "--out", "/dev/full"], capture_output=True, env=ENVIRON)
    assert run.returncode == 1
    assert b"error[CLI-OUT]" in run.stderr


@pytest.mark.parametrize(
    "words", ["--help", "drift --help", "nope --format json", "plan --bogus --format json", "version --format json"]
)
def test_a_full_disk_is_told_on_stderr_whatever_was_asked(words):
    full = [sys.executable, "-m", "reconciler.cli", *words.split()]
    with open("/dev/full", "w") as stdout:
        run = subprocess.run(full, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("error[CLI-STDOUT]: standard output cannot be written")
    assert run.stderr.count("error[") == 1


def test_an_output_that_cannot_show_a_character_shows_its_escape(tmp_path):
    plan = json.loads(PLAN.read_text("utf-8"))
    plan["steps"][0]["reason"] = "grün"
    (tmp_path / "p.json").write_text(json.dumps(plan))
    run = subprocess.run(
        [*RECONCILE, "show", tmp_path / "p.json"], capture_output=True, env={**ENVIRON, "PYTHONIOENCODING": "ascii"}
    )
    assert run.returncode == 0
    assert b"because: gr\\xfcn" in run.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_emulator_serves_until_it_is_told_to_stop(tmp_path, number):
    import urllib.error
    import urllib.request

    pytest.importorskip("uvicorn")
    process = subprocess.Popen(
        [*RECONCILE, "emulator", "-v", "--port", "0", "--state", tmp_path / "cloud.db"],
        stderr=subprocess.PIPE, text=True, env=ENVIRON, cwd=tmp_path,
    )  # fmt: skip
    try:
        line = process.stderr.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        address = line.split()[-1]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/nothing", timeout=10)
        told = process.stderr.readline() + process.stderr.readline()
        assert "404 GET /nothing\n" in told  # -v tells every request, and the server what it has no route for
        process.send_signal(number)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.stderr.close()


def test_sigterm_ends_a_run_with_143(tmp_path):
    os.mkfifo(tmp_path / "p.json")
    process = subprocess.Popen([*RECONCILE, "show", "p.json"], env=ENVIRON, cwd=tmp_path, stderr=subprocess.PIPE)
    try:
        writer = None
        deadline = time.monotonic() + 30
        while writer is None and time.monotonic() < deadline:
            try:
                writer = os.open(tmp_path / "p.json", os.O_WRONLY | os.O_NONBLOCK)  # fails until it is read from
            except OSError:
                time.sleep(0.02)
        process.terminate()
        assert process.wait(10) == 143
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.stderr.close()
        if writer is not None:
            os.close(writer)


def test_progress_is_told_in_words_that_do_not_act():
    from reconciler.cli.progress import sentence

    assert sentence("read", {"provider": "p", "scopes": 2}) == "reading what is live (p)"
    assert sentence("step", {"id": "s1", "op": "create", "address": "a\x1b[2J{x}"}) == "s1: create a\\x1b[2J{x}"
    assert sentence("request", {"path": "/x"}) == ""
    assert sentence("read", {}) == "read"

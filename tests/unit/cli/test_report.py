"""`reconcile report`: what goes in, what is told of the rest, and what may happen to the directory."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from reconciler.cli import site as site_files
from reconciler.cli.files import Stopped
from reconciler.codes import pages as code_pages

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "reports"


@pytest.fixture
def here(tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    for kind in ("drift", "outcome", "plan"):
        (runs / f"{kind}.json").write_bytes((GOLDEN / f"{kind}.json").read_bytes())
    return tmp_path


def content(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def codes(run) -> list[tuple[str, str]]:
    return [(d["code"], d["severity"]) for d in json.loads(run.out)["diagnostics"]]


def test_documents_become_a_site(reconcile, here):
    run = reconcile("-C", str(here), "report", "--html", "out/site", "runs")
    assert (run.code, run.err) == (0, "")
    assert run.out == "out/site/index.html: 8 scopes from 3 documents (9 of 9 pages written)\n"
    made = content(here / "out" / "site")
    assert "index.html" in made
    assert len(made) == 9


def test_the_same_documents_give_the_same_bytes_wherever_they_go_and_nothing_is_written_twice(reconcile, here):
    files = [f"runs/{kind}.json" for kind in ("plan", "drift", "outcome")]
    assert reconcile("-C", str(here), "report", "--html", "a", "runs").code == 0
    assert reconcile("-C", str(here), "report", "--html", "b", *files).code == 0
    assert content(here / "a") == content(here / "b")
    again = reconcile("-C", str(here), "report", "--html", "a", "runs", "--format", "json")
    assert json.loads(again.out)["pages"] == {"all": 9, "written": 0, "removed": 0}


def test_each_bad_document_is_one_diagnostic_and_the_others_are_shown(reconcile, here, monkeypatch):
    runs = here / "runs"
    (runs / "cut.json").write_text('{"kind": "Drift", "scopes": [')
    (runs / "newer.json").write_text(
        (runs / "outcome.json").read_text().replace('"format_version": 1', '"format_version": 2')
    )
    (runs / "wrong.json").write_text(
        (runs / "outcome.json").read_text().replace('"result": "partly"', '"result": "fine"')
    )
    (runs / "altered.json").write_text(
        (runs / "plan.json").read_text().replace("examples/quickstart", "examples/other")
    )
    (runs / "weather.json").write_text('{"kind": "Weather"}')
    (runs / "again.json").write_bytes((runs / "drift.json").read_bytes())
    (runs / "nowhere.json").symlink_to("missing")
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "--format", "json")
    assert run.code == 3
    assert sorted(codes(run)) == [
        ("CLI-FILE", "error"), ("DOC-ALTERED", "error"), ("DOC-JSON", "error"), ("DOC-KIND", "warning"),
        ("DOC-SCHEMA", "error"), ("DOC-VERSION", "error"), ("SITE-DUPLICATE", "warning"),
    ]  # fmt: skip
    told = json.loads(run.out)
    assert told["documents"] == {"Drift": 1, "Outcome": 1, "Plan": 1}
    for d in told["diagnostics"]:
        assert "runs/" in d["summary"]
    fleet = (here / "site" / "index.html").read_text("utf-8")
    assert "Missing here: 5 documents that cannot be shown" in fleet
    assert "runs/cut.json" in fleet


def test_a_document_of_another_kind_that_was_named_itself_is_an_error(reconcile, here):
    (here / "weather.json").write_text('{"kind": "Weather"}')
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "weather.json", "--format", "json")
    assert (run.code, codes(run)) == (3, [("DOC-KIND", "error")])
    assert (here / "site" / "index.html").exists()


def test_a_document_that_is_too_large_is_left_out(reconcile, here, monkeypatch):
    monkeypatch.setattr("reconciler.manifests.documents.PUBLISHED_BYTES", 100_000)
    with open(here / "runs" / "huge.json", "wb") as stream:
        stream.truncate(200_000)
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "--format", "json")
    assert (run.code, codes(run)) == (3, [("DOC-SIZE", "error")])
    assert json.loads(run.out)["pages"]["all"] == 9


def test_a_path_that_is_given_twice_is_read_once(reconcile, here):
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "runs/../runs/drift.json", "runs/")
    assert (run.code, run.err) == (0, "")


def test_hidden_files_and_pipes_in_a_directory_are_passed_over(reconcile, here):
    (here / "runs" / ".cache").mkdir()
    (here / "runs" / ".cache" / "x.json").write_text("{")
    (here / "runs" / ".x.json").write_text("{")
    (here / "runs" / "log.txt").write_text("{")
    os.mkfifo(here / "runs" / "pipe.json")
    run = reconcile("-C", str(here), "report", "--html", "site", "runs")
    assert (run.code, run.err) == (0, "")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("report", "--html", "site"), "CLI-MISSING"),
        (("report", "runs"), "CLI-MISSING"),
        (("report", "--html", "site", "empty"), "SITE-EMPTY"),
        (("report", "--html", "runs/plan.json", "runs"), "SITE-PLACE"),
        (("report", "--html", "site", "runs", "--stale-after", "0s"), "CLI-VALUE"),
        (("report", "--html", "site", "runs", "--stale-after", "soon"), "CLI-VALUE"),
    ],
)
def test_a_mistake_is_one_diagnostic_and_nothing_is_written(reconcile, here, argv, code):
    (here / "empty").mkdir()
    run = reconcile("-C", str(here), *argv, "--format", "json")
    assert (run.code, codes(run)) == (3, [(code, "error")])
    assert not (here / "site").exists()


def test_a_site_is_never_made_empty(reconcile, here):
    assert reconcile("-C", str(here), "report", "--html", "site", "runs").code == 0
    before = content(here / "site")
    (here / "other").mkdir()
    (here / "other" / "cut.json").write_text("{")
    run = reconcile("-C", str(here), "report", "--html", "site", "other", "--format", "json")
    assert (run.code, codes(run)) == (3, [("DOC-JSON", "error")])
    assert content(here / "site") == before


# ---------------------------------------------------------------------- the directory
def test_pages_that_are_no_more_go_and_nothing_else_does(reconcile, here):
    assert reconcile("-C", str(here), "report", "--html", "site", "runs").code == 0
    site = here / "site"
    old = next((site / "scopes").glob("listener-ghost-*.html"))
    mine = {
        "CNAME": "x", "scopes/notes.html": "x", "scopes/listener-mine-0123456789abcdef.html": "<p>no page of ours</p>",
        "scopes/.keep": "", "other/index.html": old.read_text(), "scopes/.listener-a-0123456789abcdef.html.tmp": "not ours",
    }  # fmt: skip
    (site / "other").mkdir()
    for name, text in mine.items():
        (site / name).write_text(text)
    outside = here / "outside.html"
    outside.write_text(old.read_text())
    (site / "scopes" / "listener-link-0123456789abcdef.html").symlink_to(outside)
    run = reconcile("-C", str(here), "report", "--html", "site", "runs/drift.json", "--format", "json")
    assert json.loads(run.out)["pages"]["removed"] == 2
    assert not old.exists()
    for name, text in mine.items():
        assert (site / name).read_text() == text
    assert outside.exists()
    assert (site / "scopes" / "listener-link-0123456789abcdef.html").is_symlink()


@pytest.mark.parametrize("taken", ["index.html", "scopes", "link", "index-link"])
def test_a_place_that_holds_something_else_is_refused_untouched(reconcile, here, taken):
    site = here / "site"
    site.mkdir()
    elsewhere = here / "elsewhere"
    elsewhere.mkdir()
    if taken == "index.html":
        (site / "index.html").write_text("<h1>My own</h1>")
    elif taken == "scopes":
        (site / "scopes").write_text("a file")
    elif taken == "link":
        (site / "scopes").symlink_to(elsewhere)
    else:
        (site / "index.html").symlink_to(elsewhere / "page")
    before = content(here)
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "--format", "json")
    assert (run.code, codes(run)) == (3, [("SITE-PLACE", "error")])
    assert content(here) == before
    assert list(elsewhere.iterdir()) == []


def test_what_a_killed_run_had_begun_is_cleared_away(reconcile, here):
    assert reconcile("-C", str(here), "report", "--html", "site", "runs").code == 0
    before = content(here / "site")
    for half in (b"", b"<!doctype html>\n<ht", before["index.html"][:500]):
        (here / "site" / ".index.html.tmp").write_bytes(half)
        assert reconcile("-C", str(here), "report", "--html", "site", "runs").code == 0
        assert content(here / "site") == before


def test_at_every_point_where_a_run_may_be_killed_the_site_works(tmp_path):
    """The fleet page only ever links to pages that are there."""
    old = [("scopes/listener-a-0123456789abcdef.html", "old a"), ("scopes/listener-b-0123456789abcdef.html", "old b")]
    new = [("scopes/listener-b-0123456789abcdef.html", "new b"), ("scopes/listener-c-0123456789abcdef.html", "new c")]

    class Killed(BaseException):
        pass

    def build(pages, generation, stop):
        def made():
            for n, (name, text) in enumerate([*pages, ("index.html", generation)]):
                if n == stop:
                    raise Killed
                yield name, site_files.HEAD + text

        return site_files.publish("site", str(tmp_path), made())

    with site_files.place("site", str(tmp_path)):
        build(old, "old", None)
    for stop in (0, 1, 2, None):
        try:
            with site_files.place("site", str(tmp_path)):
                build(new, "new", stop)
        except Killed:
            pass
        have = content(tmp_path)
        generation = have["index.html"].decode().removeprefix(site_files.HEAD)
        assert {name for name, _ in (old if generation == "old" else new)} <= set(have)
        assert (generation == "new") == (stop is None)
    assert set(content(tmp_path)) == {"index.html", *(name for name, _ in new)}


def test_a_full_disk_is_told_and_the_earlier_site_still_stands(reconcile, here, monkeypatch):
    assert reconcile("-C", str(here), "report", "--html", "site", "runs/drift.json").code == 0
    before = content(here / "site")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(site_files.os, "replace", full)
    (here / "runs" / "cut.json").write_text("{")
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "--format", "json")
    assert run.code == 1
    assert sorted(codes(run)) == [("DOC-JSON", "error"), ("SITE-WRITE", "error")]
    assert content(here / "site") == before


def test_two_runs_never_write_one_site_at_once(reconcile, here):
    site = here / "site"
    with site_files.place("site", str(site)):
        run = reconcile("-C", str(here), "report", "--html", "site", "runs", "--format", "json")
    assert (run.code, codes(run)) == (1, [("SITE-BUSY", "error")])
    assert reconcile("-C", str(here), "report", "--html", "site", "runs").code == 0


def test_a_page_whose_place_is_taken_stops_the_run_before_the_fleet_page(tmp_path):
    taken = tmp_path / "scopes" / "listener-a-0123456789abcdef.html"
    taken.parent.mkdir()
    taken.write_text("mine")
    with pytest.raises(Stopped) as stopped, site_files.place("s", str(tmp_path)):
        site_files.publish("s", str(tmp_path), [("scopes/listener-a-0123456789abcdef.html", "x"), ("index.html", "y")])
    assert stopped.value.diagnostic.code == "SITE-PLACE"
    assert content(tmp_path) == {"scopes/listener-a-0123456789abcdef.html": b"mine"}


def test_a_directory_that_cannot_be_listed_is_told(reconcile, here, monkeypatch):
    real = os.scandir

    def scandir(path):
        if str(path).endswith("secret"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    (here / "runs" / "secret").mkdir()
    monkeypatch.setattr(os, "scandir", scandir)
    run = reconcile("-C", str(here), "report", "--html", "site", "runs", "--format", "json")
    assert (run.code, codes(run)) == (3, [("CLI-FILE", "error")])
    assert (here / "site" / "index.html").exists()


def test_every_code_of_the_site_has_a_page_and_every_page_is_named():
    import re

    root = Path(site_files.__file__).resolve().parents[1]
    used = {
        code for place in ("cli/site.py", "cli/commands/report.py", "reports/site/history.py")
        for code in re.findall(r'"(SITE-[A-Z]+)"', (root / place).read_text("utf-8"))
    }  # fmt: skip
    assert {code for code in code_pages() if code.startswith("SITE-")} == used

"""A plan that was reviewed is what runs, or nothing does: the digest on its way from the comment to the apply."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from reconciler.model.canonical import digest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def place(tmp_path) -> Path:
    ignore = shutil.ignore_patterns(".emulator", ".reconcile")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "q", ignore=ignore)
    return tmp_path / "q"


@pytest.fixture
def here(reconcile, place):
    def run(*argv, **named):
        return reconcile("-C", str(place), *argv, **named)

    return run


def planned(here, *argv) -> dict:
    run = here("plan", "--today", "2026-01-15", "--json-into", "plan.json", *argv)
    assert run.code == 0, run.err
    return run


def test_the_command_of_the_comment_carries_out_exactly_what_the_comment_shows(here, place):
    comment = planned(here, "--format", "markdown").out
    plan = json.loads((place / "plan.json").read_text("utf-8"))
    command = re.search("```sh\n(.*)\n```", comment)[1]
    assert plan["digest"] in command
    done = here(*shlex.split(command)[1:], "--json-into", "outcome.json")
    assert done.code == 0, done.err
    outcome = json.loads((place / "outcome.json").read_text("utf-8"))
    assert outcome["plan_digest"] == plan["digest"]
    assert here("plan", "--detailed-exitcode").code == 0


def test_an_uppercase_digest_is_the_same_digest(here, place):
    planned(here)
    plan = json.loads((place / "plan.json").read_text("utf-8"))
    assert here("apply", "--plan", "plan.json", "--expect-digest", plan["digest"].upper()).code == 0


def test_nothing_runs_with_another_digest_a_part_of_it_or_without_the_plan(here, place):
    planned(here)
    plan = json.loads((place / "plan.json").read_text("utf-8"))
    right = plan["digest"]
    for given, file, code, told in (
        ("0" * 64, "plan.json", 4, "APPLY-EXPECT-DIGEST"),
        (right[:12], "plan.json", 3, "CLI-VALUE"),
        (right + "0", "plan.json", 3, "CLI-VALUE"),
        (f"sha256:{right}", "plan.json", 3, "CLI-VALUE"),
        ("", "plan.json", 3, "CLI-VALUE"),
        (right, "absent.json", 3, "CLI-FILE"),
        (right, ".", 3, "CLI-FILE"),
    ):
        run = here("apply", "--plan", file, "--expect-digest", given)
        assert (run.code, f"error[{told}]" in run.err) == (code, True), (given, file, run.err)
    assert json.loads(here("plan", "--today", "2026-01-15", "--format", "json").out)["digest"] == right


def test_a_plan_that_was_changed_and_signed_again_is_not_the_one_that_was_reviewed(here, place):
    planned(here)
    plan = json.loads((place / "plan.json").read_text("utf-8"))
    plan["summary"]["delete"] = 0
    forged = {key: value for key, value in plan.items() if key != "digest"}
    for name, document, told in (
        ("altered.json", plan, "PLAN-DIGEST"),
        ("forged.json", {**forged, "digest": digest(forged)}, "APPLY-EXPECT-DIGEST"),
    ):
        (place / name).write_text(json.dumps(document), "utf-8")
        run = here("apply", "--plan", name, "--expect-digest", plan["digest"])
        assert run.code == 4
        assert f"error[{told}]" in run.err
    assert json.loads(here("plan", "--today", "2026-01-15", "--format", "json").out)["digest"] == plan["digest"]


def test_a_fresh_plan_is_held_against_the_digest_too(here, place):
    planned(here)
    run = here("apply", "--auto-approve", "--today", "2026-01-15", "--expect-digest", "0" * 64)
    assert run.code == 4
    assert "error[APPLY-EXPECT-DIGEST]" in run.err


def test_the_digest_of_a_review_does_not_come_from_the_environment(here, place):
    planned(here)
    run = here("apply", "--plan", "plan.json", environ={"RECONCILE_EXPECT_DIGEST": "0" * 64})
    assert run.code == 0
    assert "warning[CLI-NO-TWIN]" in run.err


def test_a_plan_of_a_newer_format_is_refused_and_named_as_newer(here, place):
    planned(here)
    plan = json.loads((place / "plan.json").read_text("utf-8"))
    (place / "newer.json").write_text(json.dumps({**plan, "format_version": 2}), "utf-8")
    run = here("apply", "--plan", "newer.json")
    assert run.code == 4
    assert "error[PLAN-VERSION]" in run.err
    shown = here("show", "newer.json")
    assert shown.code == 3
    assert "made by a newer reconcile" in shown.err

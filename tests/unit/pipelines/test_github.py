"""The GitHub workflows, played through on the emulator: fork review, publishing, apply, drift."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from unit.pipelines.actions import BRANCH, ELSEWHERE, REPOSITORY, TIP, Actions
from unit.pipelines.pipelines import ROOT, written
from unit.publishing import forges

from reconciler.cli.main import main

SECRET = "canary-5f1d0c"
DRIFT = {"matrix": {"shard": "1"}, "strategy": {"job-total": "1"}}


@pytest.fixture
def github():
    server = forges.GitHub()
    yield server
    server.close()


@pytest.fixture
def actions(tmp_path, github):
    made = Actions(tmp_path, github.url, forges.ACTIONS)
    made.secrets = {name: SECRET for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "GCORE_API_KEY")}
    return made


@pytest.fixture
def checkout(tmp_path):
    """Fresh working copies of one repository, on one emulated cloud."""
    cloud = tmp_path / "cloud"
    cloud.mkdir()

    def make(name: str, **changed: tuple[str, str]) -> Path:
        place = tmp_path / name
        shutil.copytree(ROOT / "examples" / "quickstart", place, ignore=shutil.ignore_patterns(".emulator", ".reconcile"))
        (place / ".emulator").symlink_to(cloud)
        for file, (old, new) in changed.items():
            path = place / f"{file}.yaml"
            text = path.read_text("utf-8")
            assert old in text
            path.write_text(text.replace(old, new), "utf-8")
        return place

    return make


def reconcile(*argv: str) -> int:
    import io

    return main(argv, io.StringIO(), io.StringIO(), io.StringIO(), {})


def follow_up(run: int, **more) -> dict:
    return {"workflow_run": {
        "id": run, "event": "pull_request", "conclusion": "success", "head_sha": forges.HEAD, "head_branch": "change",
        "head_repository": {"id": 5, "owner": {"login": "stranger"}}, "pull_requests": [], "workflow_id": 7,
        "run_number": run, "run_attempt": 1, **more,
    }}  # fmt: skip


@pytest.fixture
def reviewed(actions, checkout):
    """A snapshot was taken, and a stranger's pull request was reviewed without a secret."""
    taken = actions.start("reconcile-snapshot.yml", "schedule")
    assert actions.job(taken, "snapshot", checkout("snap")).ok
    fork = checkout("fork", shop=("name: old-blog", 'name: "old|`blog`<script>alert(1)</script>"'))
    run = actions.start("reconcile-review.yml", "pull_request", branch="change", head="stranger/shop")
    keep, actions.secrets = actions.secrets, {}
    job = actions.job(run, "plan", fork, {"pull_request": {"number": 17}})
    actions.secrets = keep
    return job


def test_a_fork_is_planned_without_secrets_and_published_by_the_trusted_half(actions, checkout, reviewed, github):
    assert reviewed.ok, reviewed.log
    assert actions.artifacts(reviewed.run) == ["reconcile-plan"]
    run = actions.start("reconcile-publish.yml", "workflow_run")
    job = actions.job(run, "comment", checkout("trusted"), follow_up(reviewed.run))
    assert job.ok, job.log
    (comment,) = github.comments.values()
    assert comment["number"] == 17
    assert "old|`blog`<script>alert(1)</script>" in comment["body"]  # inside a fence: see the next test of the renderer
    assert not [line for line in comment["body"].splitlines() if line.startswith("<script")]
    assert written(reviewed.temp / "plan.json")["digest"][:12] in comment["body"]
    again = actions.job(actions.start("reconcile-publish.yml", "workflow_run"), "comment", actions.home, follow_up(reviewed.run))
    assert again.ok
    assert len(github.comments) == 1
    assert SECRET not in reviewed.log + job.log + again.log + json.dumps(list(github.comments.values()))
    for path in (actions.home / "store").rglob("*.json"):
        assert SECRET not in path.read_text("utf-8")


def test_what_an_untrusted_run_forged_is_not_published(actions, checkout, reviewed, github):
    file = actions.home / "store" / str(reviewed.run) / "reconcile-plan" / "plan.json"
    plan = json.loads(file.read_text("utf-8"))
    trusted = checkout("trusted")
    forgeries = {
        "altered": json.dumps(plan | {"summary": {**plan["summary"], "calls": 0}}), "deep": "[" * 100_000,
        "another kind": '{"kind": "Cloud"}', "huge": " " * (65 << 20), "a link out": "",
    }  # fmt: skip
    for name, text in forgeries.items():
        file.unlink()
        if name == "a link out":
            file.symlink_to("/etc/hostname")
        else:
            file.write_text(text)
        run = actions.start("reconcile-publish.yml", "workflow_run")
        job = actions.job(run, "comment", trusted, follow_up(reviewed.run))
        assert not job.ok, name
        assert "Traceback" not in job.log
        assert "error[" in job.log
    assert not github.comments


def test_a_run_of_a_branch_or_one_that_never_ran_to_its_end_is_not_published(actions, github):
    for more in ({"event": "push"}, {"conclusion": "cancelled"}, {"conclusion": "action_required"}):
        run = actions.start("reconcile-publish.yml", "workflow_run")
        job = actions.job(run, "comment", actions.home, follow_up(1, **more))
        assert job.log == "skipped"
    assert not github.comments


def test_snapshots_of_pull_requests_are_never_taken_for_ours(actions, checkout):
    """A stranger's run on a branch called main uploads a snapshot of its own, newer than ours."""
    ours = actions.start("reconcile-snapshot.yml", "schedule")
    assert actions.job(ours, "snapshot", checkout("snap")).ok
    for event, branch, head, commit in (
        ("pull_request", BRANCH, "stranger/shop", TIP), ("pull_request", BRANCH, REPOSITORY, TIP),
        ("push", BRANCH, "stranger/shop", TIP), ("push", "other", REPOSITORY, TIP),
        # a tag that is called as the branch is, with files of its own
        ("push", BRANCH, REPOSITORY, ELSEWHERE), ("workflow_dispatch", BRANCH, REPOSITORY, ELSEWHERE),
    ):  # fmt: skip
        run = actions.start("reconcile-snapshot.yml", event, branch=branch, head=head, commit=commit)
        place = actions.home / "store" / str(run) / "reconcile-live"
        place.mkdir()
        (place / "live.json").write_text("{}")
    run = actions.start("reconcile-review.yml", "pull_request", branch="change", head="stranger/shop")
    job = actions.job(run, "plan", checkout("fork"), {"pull_request": {"number": 17}})
    assert job.ok, job.log
    assert f"from run {ours} of" in job.log


def test_an_artifact_that_cannot_be_fetched_is_an_error_and_no_older_one_takes_its_place(actions, checkout):
    runs = [actions.start("reconcile-snapshot.yml", "schedule") for _ in (1, 2)]
    for run in runs:
        assert actions.job(run, "snapshot", checkout(f"snap-{run}")).ok
    (actions.home / "store" / str(runs[1]) / "unreachable").touch()
    run = actions.start("reconcile-review.yml", "pull_request", branch="change", head="stranger/shop")
    job = actions.job(run, "plan", checkout("fork"), {"pull_request": {"number": 17}})
    assert (job.ok, job.steps["Plan"]) == (False, "skipped")
    assert "::error::fetching reconcile-live of run 101 failed: error connecting to api.github.com" in job.log


def test_a_pull_request_s_run_starts_no_snapshot_whatever_it_calls_itself(actions, checkout):
    for event, skipped in (("pull_request", True), ("push", False)):
        run = actions.start("reconcile-snapshot.yml", "workflow_run")
        job = actions.job(run, "snapshot", checkout(f"snap-{event}"), follow_up(1, event=event, head_branch=BRANCH))
        assert (job.ok, job.log == "skipped") == (True, skipped)


def test_a_tag_with_the_default_branch_s_name_is_not_planned_with_secrets(actions):
    run = actions.start("reconcile-apply.yml", "workflow_dispatch")
    job = actions.job(run, "plan", actions.home, ref_type="tag")
    assert job.log == "skipped"


def test_without_a_snapshot_the_review_says_what_to_do(actions, checkout):
    run = actions.start("reconcile-review.yml", "pull_request", branch="change", head="stranger/shop")
    job = actions.job(run, "plan", checkout("fork"), {"pull_request": {"number": 17}})
    assert not job.ok
    assert "run the workflow 'reconcile snapshot'" in job.log
    assert job.steps["Keep the plan"] == "failure"


def test_a_pull_request_with_mistakes_fails_its_check_and_style_is_looked_at_all_the_same(actions, checkout):
    fork = checkout("fork", shop=('status_code: "403"', "status_code: 403"))
    run = actions.start("reconcile-review.yml", "pull_request", branch="change", head="stranger/shop")
    job = actions.job(run, "validate", fork)
    assert (job.codes["Validate"], job.codes["Style"]) == (3, 2)
    assert "SCHEMA-TYPE" in job.log


def test_no_line_of_a_manifest_is_a_command_to_the_runner(actions, checkout):
    """GitHub obeys a line that begins with :: after blanks, and ##[ anywhere; a diff quotes lines as they are."""
    said = "description: |-\n        one\n        ::add-mask::main\n        ##[error]no"
    fork = checkout("fork", www=("    - {direction: ingress, ethertype: IPv4, protocol: icmp", f"""    - direction: ingress
      {said}
      ethertype: IPv4
      remote_ip_prefix:    192.0.2.0/24
    - {{direction: ingress, ethertype: IPv4, protocol: icmp"""))
    run = actions.start("reconcile-review.yml", "pull_request", branch="change", head="stranger/shop")
    job = actions.job(run, "validate", fork)
    assert job.codes["Style"] == 2
    stop = re.search("^::stop-commands::([0-9a-f]{32})\n(.*?)^::\\1::$", job.log, re.MULTILINE | re.DOTALL)
    assert stop
    assert "::add-mask::main" in stop[2]
    outside = job.log.replace(stop[0], "")
    assert not re.search(r"^\s*::(?!error|warning|notice)|##\[", outside, re.MULTILINE)
    assert len({stop[1], re.search("stop-commands::(.*)", actions.job(run, "validate", fork).log)[1]}) == 2


def test_what_was_approved_is_what_runs(actions, checkout):
    run = actions.start("reconcile-apply.yml", "push")
    plan = actions.job(run, "plan", checkout("merged"))
    assert plan.ok, plan.log
    assert plan.outputs["changes"] == "true"
    assert len(plan.outputs["digest"]) == 64
    assert "Plan" in (plan.temp / "summary").read_text("utf-8")
    apply = actions.job(run, "apply", checkout("merged-2"), needs={"plan": {"outputs": plan.outputs}})
    assert apply.ok, apply.log
    assert actions.artifacts(run) == ["reconcile-approved-plan", "reconcile-outcome"]
    second = actions.start("reconcile-apply.yml", "push")
    again = actions.job(second, "plan", checkout("merged-3"))
    assert (again.ok, again.outputs["changes"], actions.artifacts(second)) == (True, "", [])
    assert actions.job(second, "apply", checkout("merged-4"), needs={"plan": {"outputs": again.outputs}}).log == "skipped"


def test_a_plan_that_was_exchanged_after_the_approval_writes_nothing(actions, checkout):
    run = actions.start("reconcile-apply.yml", "push")
    plan = actions.job(run, "plan", checkout("merged"))
    other = checkout("other", shop=("weight: 90", "weight: 50"))
    assert reconcile("-C", str(other), "plan", "--json-into", "other.json") == 0
    shutil.copy(other / "other.json", actions.home / "store" / str(run) / "reconcile-approved-plan" / "plan.json")
    before = (actions.home / "cloud" / "cloud.db").read_bytes()
    apply = actions.job(run, "apply", checkout("merged-2"), needs={"plan": {"outputs": plan.outputs}})
    assert apply.codes["Apply"] == 4
    assert "APPLY-EXPECT-DIGEST" in apply.log
    assert (actions.home / "cloud" / "cloud.db").read_bytes() == before


def test_the_night_after_a_refused_apply_looks_as_if_there_had_been_none(actions, checkout):
    run = actions.start("reconcile-apply.yml", "push")
    plan = actions.job(run, "plan", checkout("merged"))
    outputs = {**plan.outputs, "digest": "0" * 64}
    apply = actions.job(run, "apply", checkout("merged-2"), needs={"plan": {"outputs": outputs}})
    assert (apply.codes["Apply"], apply.steps["Show what was done"]) == (4, "success")
    assert actions.artifacts(run) == ["reconcile-approved-plan"]
    night = actions.job(actions.start("reconcile-drift.yml", "schedule"), "drift", checkout("night"), **DRIFT)
    assert night.codes["Drift"] == 2  # drift was looked for, and there is some: nothing was applied yet


def test_a_plan_with_mistakes_ends_before_anybody_is_asked(actions, checkout):
    run = actions.start("reconcile-apply.yml", "push")
    job = actions.job(run, "plan", checkout("merged", shop=("redirect_pool: web-next", "redirect_pool: not-there")))
    assert (job.ok, job.codes["Plan"], job.outputs["changes"]) == (False, 3, "")
    assert "not-there" in (job.temp / "summary").read_text("utf-8")


def test_nights_alarm_once_know_who_changed_it_and_make_a_site(actions, checkout):
    run = actions.start("reconcile-apply.yml", "push")
    plan = actions.job(run, "plan", checkout("merged"))
    assert actions.job(run, "apply", checkout("merged-2"), needs={"plan": {"outputs": plan.outputs}}).ok

    def night(name):
        run = actions.start("reconcile-drift.yml", "schedule")
        return actions.job(run, "drift", checkout(name), **DRIFT)

    quiet = night("night-1")
    assert quiet.ok, quiet.log
    edited = checkout("by-hand", shop=("weight: 90", "weight: 60"))
    assert reconcile("-C", str(edited), "apply", "--auto-approve") == 0
    loud = night("night-2")
    assert (loud.ok, loud.codes["Drift"], loud.steps["Keep it"]) == (False, 2, "success")
    found = written(loud.temp / "drift" / "drift.json")
    assert [(f["cause"], f["what"]) for f in found["findings"] if f["alarm"]] == [("outside", "changed")], found["findings"]
    assert found["source"]["shard"] == "1/1"
    known = night("night-3")
    assert known.ok, known.log
    assert "# EOF" in (known.temp / "drift" / "drift.prom").read_text("utf-8")
    site = actions.job(known.run, "report", checkout("site"))
    assert site.ok, site.log
    page = actions.home / "store" / str(known.run) / "reconcile-site" / "index.html"
    assert "shop-https" in page.read_text("utf-8")


def test_a_document_that_cannot_be_read_is_told_and_the_site_of_the_others_is_kept(actions, checkout):
    for name in ("night-1", "night-2"):
        run = actions.start("reconcile-drift.yml", "schedule")
        actions.job(run, "drift", checkout(name), **DRIFT)
    (actions.home / "store" / "100" / "reconcile-drift-1-of-1" / "drift.json").write_text("cut o")
    site = actions.job(run, "report", checkout("site"))
    assert (site.codes["Make the site"], site.steps["Keep the site"]) == (3, "success")
    assert (actions.home / "store" / str(run) / "reconcile-site" / "index.html").is_file()

"""GitLab, Kubernetes and systemd: their scripts run for real, with our own command and stand-ins for what is around."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from unit.pipelines.actions import RECONCILE
from unit.pipelines.pipelines import CI, GITLAB, ROOT, SERVICE, containers, load, written

CURL = """#!{python}
import pathlib, shutil, sys, urllib.parse
words = sys.argv[1:]
assert words[words.index("--header") + 1] == "JOB-TOKEN: job-token"
url = urllib.parse.urlsplit(words[-1])
assert url.path.startswith("/api/v4/projects/42/jobs/artifacts/main/raw/"), url
kept = pathlib.Path("{kept}", urllib.parse.parse_qs(url.query)["job"][0], pathlib.PurePosixPath(url.path).name)
sys.exit(shutil.copy(kept, words[words.index("--output") + 1]) and 0 if kept.is_file() else 22)
"""


@pytest.fixture
def tools(tmp_path):
    """A directory for the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("reconcile", RECONCILE), ("curl", CURL.format(python=sys.executable, kept=tmp_path / "kept"))):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "python3").symlink_to(sys.executable)
    return folder


@pytest.fixture
def place(tmp_path):
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "q", ignore=shutil.ignore_patterns(".emulator", ".reconcile"))
    return tmp_path / "q"


@pytest.fixture
def gitlab(tmp_path, place, tools):
    """Runs a job's script as GitLab's shell does, and keeps what it leaves."""

    def run(name: str, **variables: str) -> subprocess.CompletedProcess:
        job = load(GITLAB)[name]
        environ = {
            "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path), "CI_JOB_TOKEN": "job-token", "CI_PROJECT_ID": "42",
            "CI_API_V4_URL": "https://gitlab.example.com/api/v4", "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_ID": "7",
            **{k: str(v) for k, v in job.get("variables", {}).items()}, **variables,
        }  # fmt: skip
        for part, check in (("script", True), ("after_script", False)):
            if part in job:
                ran = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(job[part])], cwd=place, env=environ,
                                     capture_output=True, text=True, timeout=120)  # fmt: skip
                done = ran if check else done  # noqa: F821
        kept = tmp_path / "kept" / name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for pattern in job.get("artifacts", {}).get("paths", []):
            for file in place.glob(pattern):
                shutil.copytree(file, kept / file.name) if file.is_dir() else shutil.copy(file, kept)
        return done

    return run


def test_gitlab_from_the_merge_request_to_the_site(gitlab, place, tmp_path):
    early = gitlab("review")
    assert (early.returncode, "there is no snapshot yet" in early.stdout) == (1, True)
    assert gitlab("snapshot").returncode == 0
    review = gitlab("review")
    assert review.returncode == 0, review.stderr
    assert (tmp_path / "kept" / "review" / "plan.json").is_file()
    assert gitlab("plan").returncode == 0
    (variable,) = (place / "plan.env").read_text().splitlines()
    name, _, digest = variable.partition("=")
    assert name == "PLAN_DIGEST"
    refused = gitlab("apply", PLAN_DIGEST="0" * 64)
    assert refused.returncode == 4
    assert not (place / "earlier" / "outcome.json").exists()  # the night would take it for the last apply's
    applied = gitlab("apply", PLAN_DIGEST=digest)
    assert applied.returncode == 0, applied.stderr
    assert written(place / "earlier" / "outcome.json")["kind"] == "Outcome"
    night = gitlab("drift")
    assert night.returncode == 0, night.stderr
    document = written(place / "drift-1.json")
    assert document["source"]["shard"] == "1/1"
    text = (place / "shop.yaml").read_text()
    (place / "shop.yaml").write_text(text.replace("weight: 90", "weight: 80"))
    assert gitlab("drift").returncode == 2
    assert gitlab("drift").returncode == 0
    site = gitlab("site")
    assert site.returncode == 0, site.stderr
    assert "shop-https" in (place / "site" / "index.html").read_text()


def test_gitlab_s_review_ends_as_its_plan_did_and_a_comment_that_failed_is_not_forgotten(gitlab, place):
    assert gitlab("snapshot").returncode == 0
    refused = {"GITLAB_TOKEN": "two words", "CI_MERGE_REQUEST_IID": "7"}  # no token: the comment fails before it is sent
    commented = gitlab("review", **refused)
    assert (commented.returncode, "PUB-ENV" in commented.stderr) == (3, True)
    text = (place / "shop.yaml").read_text()
    (place / "shop.yaml").write_text(text.replace("redirect_pool: web-next", "redirect_pool: somewhere"))
    both = gitlab("review", **refused)
    assert "PUB-ENV" in both.stderr
    plan = gitlab("review")
    assert both.returncode == plan.returncode != 0


def test_gitlab_parts_of_a_fleet_follow_from_its_own_variables(gitlab, place):
    for index in ("1", "2", "3"):
        assert gitlab("drift", CI_NODE_INDEX=index, CI_NODE_TOTAL="3").returncode in (0, 2)
    parts = [written(place / f"drift-{index}.json") for index in (1, 2, 3)]
    assert [part["source"]["shard"] for part in parts] == ["1/3", "2/3", "3/3"]
    assert len({s["address"] for part in parts for s in part["scopes"]}) == sum(len(part["scopes"]) for part in parts) == 4


def test_gitlab_installs_nothing_until_somebody_says_what(tmp_path, tools):
    script = "\n".join(load(GITLAB)[".reconcile"]["before_script"])
    run = subprocess.run(["bash", "-eo", "pipefail", "-c", script], env={"PATH": f"{tools}:/usr/bin:/bin", "CI_BUILDS_DIR": str(tmp_path)},
                         capture_output=True, text=True)  # fmt: skip
    assert (run.returncode, "set the CI/CD variable RECONCILER" in run.stdout) == (1, True)


def read_only(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


@pytest.fixture
def mounted(tmp_path, place):
    """Manifests as a ConfigMap's volume has them: links to a hidden directory that is exchanged as a whole."""
    folder = tmp_path / "manifests"
    data = folder / "..2026_01_01"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to("..2026_01_01")
    for name in ("providers", "shop", "www"):
        lines = (place / f"{name}.yaml").read_text().splitlines(keepends=True)
        (data / f"{name}.yaml").write_text("".join(line for line in lines if "emulator:" not in line))
        (folder / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")
    read_only(folder)
    yield folder
    for path in [folder, data]:
        path.chmod(0o755)


def pod(file: str, folder: Path, runs: Path, tools: Path, place: Path, **variables: str) -> int:
    (container,) = containers(load(CI / "kubernetes" / file))
    script = container["args"][0].replace("/manifests", str(folder)).replace("/runs", str(runs))
    given = {e["name"]: e["value"] for e in container.get("env", [])}
    environ = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": "/nonexistent", "RECONCILE_EMULATOR": str(place / "cloud.yaml"), **given, **variables}
    return subprocess.run([*container["command"], script], env=environ, capture_output=True, text=True, timeout=60).returncode


def test_the_cron_job_knows_its_last_night(mounted, tmp_path, tools, place):
    runs = tmp_path / "runs"
    runs.mkdir()
    assert pod("drift-cronjob.yaml", mounted, runs, tools, place) == 2
    (first,) = (runs / "nightly").iterdir()
    first.rename(first.with_name("20260101T000000Z.json"))
    assert pod("drift-cronjob.yaml", mounted, runs, tools, place) == 0
    assert len(list((runs / "nightly").iterdir())) == 2


def test_the_pods_of_the_fleet_look_at_everything_once(mounted, tmp_path, tools, place):
    runs = tmp_path / "runs"
    runs.mkdir()
    total = load(CI / "kubernetes" / "fleet-job.yaml")["spec"]["completions"]
    for index in (0, total - 1, total):
        code = pod("fleet-job.yaml", mounted, runs, tools, place, JOB_COMPLETION_INDEX=str(index))
        assert code == (3 if index == total else code)
        assert code in (0, 2, 3)
    found = sorted(written(path)["source"]["shard"] for path in (runs / "fleet").iterdir())
    assert found == [f"1/{total}", f"{total}/{total}"]


def test_the_service_keeps_what_it_knows_unless_it_could_not_look(tmp_path, tools, place):
    state = tmp_path / "state"
    state.mkdir()
    lines = dict(re.findall(r"(?m)^(Exec\w+)=(.*)$", SERVICE.read_text("utf-8")))

    def start() -> int:
        code = 0
        for name in ("ExecStartPre", "ExecStart", "ExecStopPost"):
            shell, flag, script = shlex.split(lines[name])
            script = script.replace("/usr/local/bin/reconcile", str(tools / "reconcile")).replace("/etc/reconcile/manifests", str(place))
            run = subprocess.run([shell, flag, script], env={"PATH": os.environ["PATH"], "STATE_DIRECTORY": str(state), "EXIT_STATUS": str(code)},
                                 capture_output=True, text=True, timeout=60)  # fmt: skip
            code = run.returncode if name == "ExecStart" else code
        return code

    assert start() == 2
    assert written(state / "known.json") == written(state / "drift.json")
    assert start() == 0
    known = (state / "known.json").read_bytes()
    (place / "cloud.yaml").write_text("kind: Broken\n")
    shutil.rmtree(place / ".emulator")
    assert start() not in (0, 2)
    assert (state / "known.json").read_bytes() == known

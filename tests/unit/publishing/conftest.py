"""Stub forges, the documents to publish, and runs of the command line against them."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from unit.publishing import forges

from reconciler.cli.main import main
from reconciler.model.canonical import digest

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "reports"


def example(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def signed(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan with the digest of its content."""
    content = {key: value for key, value in plan.items() if key != "digest"}
    return {**content, "digest": digest(content)}


def empty_plan() -> dict[str, Any]:
    """A plan with nothing to do and nothing to say."""
    plan = copy.deepcopy(example("plan"))
    plan |= {key: [] for key in ("steps", "unlisted", "left_open", "ignored", "cosmetic", "blocked", "gaps", "diagnostics")}
    plan["summary"] = dict.fromkeys(plan["summary"], 0)
    return signed(plan)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """No test waits: time passes by itself."""
    clock = forges.Clock()
    monkeypatch.setattr("reconciler.publishing.comments.SystemClock", lambda: clock)
    return clock


@pytest.fixture
def github():
    server = forges.GitHub()
    yield server
    server.close()


@pytest.fixture
def gitlab():
    server = forges.GitLab()
    yield server
    server.close()


@pytest.fixture
def hook():
    server = forges.Hook()
    yield server
    server.close()


@pytest.fixture
def documents(tmp_path):
    """Writes documents into files and gives their names back."""

    def write(**named: dict[str, Any]) -> list[str]:
        for name, document in named.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
        return [f"{name}.json" for name in named]

    return write


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def reconcile(tmp_path):
    def run(*argv: str, environ: dict[str, str] | None = None) -> Run:
        out, err = io.StringIO(), io.StringIO()
        code = main(["-C", str(tmp_path), *argv], io.StringIO(), out, err, environ or {})
        return Run(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def actions(tmp_path, github):
    """The environment of a pull request's run in GitHub Actions."""

    def make(token: str = forges.ACTIONS, head: str = forges.HEAD, number: int = 3, attempt: int = 1, **more: str) -> dict[str, str]:
        event = tmp_path / f"event-{head[:4]}.json"
        event.write_text(json.dumps({"action": "synchronize", "number": 17,
                                     "pull_request": {"number": 17, "head": {"sha": head}}}))  # fmt: skip
        return {
            "GITHUB_TOKEN": token, "GITHUB_REPOSITORY": "acme/shop", "GITHUB_API_URL": github.url,
            "GITHUB_EVENT_PATH": str(event), "GITHUB_REF": "refs/pull/17/merge", "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "99", "GITHUB_RUN_NUMBER": str(number), "GITHUB_RUN_ATTEMPT": str(attempt),
            "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/review.yaml@refs/pull/17/merge", **more,
        }  # fmt: skip

    return make


@pytest.fixture
def job(gitlab):
    """The environment of a merge request pipeline's job in GitLab."""

    def make(token: str = forges.GITLAB_TOKEN, head: str = forges.HEAD, pipeline: int = 30, **more: str) -> dict[str, str]:
        return {
            "GITLAB_TOKEN": token, "CI_API_V4_URL": f"{gitlab.url}/api/v4", "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_PROJECT_ID": "42", "CI_COMMIT_SHA": head,
            "CI_PIPELINE_ID": str(pipeline), "CI_JOB_URL": "https://gitlab.example.com/acme/shop/-/jobs/1", **more,
        }  # fmt: skip

    return make

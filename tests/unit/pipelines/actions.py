"""A very small GitHub Actions: runs a job's scripts with bash as a runner would, and keeps artifacts between runs.

It knows what our workflows use and refuses everything else: `run`, the five actions that are allowed, our own composite
actions, `${{ }}` in `env`, `with` and `if`. `gh` is a stand-in that reads the same store.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from unit.pipelines.pipelines import GITHUB, ROOT, load

REPOSITORY, BRANCH = "acme/shop", "main"
TIP, EARLIER, ELSEWHERE = "a" * 40, "b" * 40, "c" * 40
"""Commits: the newest of the default branch, one before it, one that is not on it."""
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

RECONCILE = f"""#!/bin/sh
PYTHONPATH={ROOT} exec {sys.executable} -m reconciler.cli "$@"
"""
GH = """#!{python}
import fnmatch, json, os, pathlib, shutil, sys
words, store = sys.argv[1:], pathlib.Path(os.environ["STORE"])
assert os.environ.get("GH_TOKEN"), "gh needs a token"
runs = json.loads((store / "runs.json").read_text())
if words[:3] == ["api", "--method", "GET"]:
    repos, owner, name, *rest = words[3].split("/")
    asked = dict(w.split("=", 1) for w in words[4:] if "=" in w)
    if rest[0] == "branches":
        answer = {{"name": rest[1], "commit": {{"sha": "{tip}"}}}}
    elif rest[0] == "compare":
        tip, commit = rest[1].split("...")
        assert tip == "{tip}"
        answer = {{"status": "behind" if commit == "{earlier}" else "diverged"}}
    elif rest[:2] == ["actions", "workflows"]:
        found = [r for r in runs if r["path"] == rest[2] and r["head_branch"] == asked["branch"]]
        answer = {{"total_count": len(found), "workflow_runs": found[::-1]}}
    else:
        kept = sorted(path.name for path in (store / rest[2]).iterdir())
        answer = {{"total_count": len(kept), "artifacts": [{{"name": name, "expired": False}} for name in kept]}}
    print(json.dumps(answer))
elif words[:2] == ["run", "download"]:
    if (store / words[2] / "unreachable").exists():
        sys.exit("error connecting to api.github.com")
    given = dict(zip(words[3::2], words[4::2]))
    assert set(given) == {{"--repo", "--pattern", "--dir"}}, given
    found = [a for a in (store / words[2]).glob("*") if fnmatch.fnmatch(a.name, given["--pattern"])]
    for artifact in found:
        shutil.copytree(artifact, pathlib.Path(given["--dir"], artifact.name))
    sys.exit(0 if found else "no artifact matches any of the names or patterns provided")
else:
    sys.exit(f"gh stand-in: {{words}}")
"""


class Job(NamedTuple):
    """What became of a job. ``steps``: name -> success, failure or skipped; ``failed``: exit codes by step."""

    ok: bool
    steps: dict[str, str]
    codes: dict[str, int]
    outputs: dict[str, str]
    log: str
    temp: Path
    run: int


class Actions:
    """A repository with its runs and artifacts below ``home``."""

    def __init__(self, home: Path, api: str, token: str) -> None:
        self.home, self.api, self.token = home, api, token
        self.runs: list[dict[str, Any]] = []
        self.secrets: dict[str, str] = {}
        (home / "store").mkdir()
        (home / "bin").mkdir()
        for name, text in (("reconcile", RECONCILE), ("gh", GH.format(python=sys.executable, tip=TIP, earlier=EARLIER))):
            path = home / "bin" / name
            path.write_text(text)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        (home / "bin" / "python3").symlink_to(sys.executable)

    def start(self, workflow: str, event: str, *, branch: str = BRANCH, head: str = REPOSITORY,
              commit: str = EARLIER) -> int:  # fmt: skip
        """A new run; its jobs are run one by one."""
        number = 100 + len(self.runs)
        self.runs.append({"id": number, "path": workflow, "event": event, "head_branch": branch,
                          "head_sha": commit, "head_repository": {"full_name": head}})  # fmt: skip
        (self.home / "store" / str(number)).mkdir()
        (self.home / "store" / "runs.json").write_text(json.dumps(self.runs))
        return number

    def job(self, run: int, name: str, workspace: Path, event: dict[str, Any] | None = None, **context: Any) -> Job:
        """Run one job of a run in ``workspace``; ``context`` is what `needs`, `matrix` and `strategy` hold."""
        started = self.runs[run - 100]
        event = {"repository": {"default_branch": BRANCH}, **(event or {})}
        temp = self.home / f"temp-{run}-{name}-{len(list(self.home.glob('temp-*')))}"
        temp.mkdir()
        (temp / "event.json").write_text(json.dumps(event))
        github = {"event": event, "token": self.token, "ref_name": started["head_branch"],
                  "ref_type": context.pop("ref_type", "branch")}
        machine = _Machine(self, run, workspace, temp, {
            "github": github, "runner": {"temp": str(temp)}, "secrets": self.secrets, "steps": {}, **context,
        })  # fmt: skip
        document = load(GITHUB / "workflows" / started["path"])
        return machine.work(document["jobs"][name])

    def artifacts(self, run: int) -> list[str]:
        return sorted(path.name for path in (self.home / "store" / str(run)).iterdir())


class _Machine:
    def __init__(self, actions: Actions, run: int, workspace: Path, temp: Path, context: dict[str, Any]) -> None:
        self.actions, self.run, self.workspace, self.temp, self.context = actions, run, workspace, temp, context
        self.steps: dict[str, str] = {}
        self.codes: dict[str, int] = {}
        self.log = ""

    def work(self, job: dict[str, Any]) -> Job:
        if "if" in job and not self.truth(job["if"], True):
            return Job(True, {}, {}, {}, "skipped", self.temp, self.run)
        ok = True
        for step in job["steps"]:
            name = step.get("name", step.get("uses", ""))
            if not self.truth(step.get("if", "${{ success() }}"), ok):
                self.steps[name] = "skipped"
                continue
            code = self.step(step)
            self.steps[name], self.codes[name] = ("failure" if code else "success"), code
            ok = ok and code == 0
        outputs = {k: self.value(v) for k, v in job.get("outputs", {}).items()}
        return Job(ok, self.steps, self.codes, outputs, self.log, self.temp, self.run)

    # ------------------------------------------------------------------ expressions
    def look(self, path: str) -> Any:
        found: Any = self.context
        for part in path.split("."):
            found = found.get(part, "") if isinstance(found, dict) else ""
        return found

    def operand(self, text: str) -> str:
        return text[1:-1] if text.startswith("'") else str(self.look(text))

    def truth(self, text: str, ok: bool) -> bool:
        inner = _EXPRESSION.fullmatch(text)
        assert inner, text
        results = []
        for term in inner[1].split(" && "):
            if term in ("success()", "!cancelled()"):
                results.append(ok or term != "success()")
                continue
            left, sign, right = re.fullmatch(r"(\S+) (==|!=) (\S+)", term).groups()
            results.append((self.operand(left) == self.operand(right)) == (sign == "=="))
        status = "success()" in inner[1] or "cancelled()" in inner[1]
        return all(results) and (status or ok)

    def value(self, text: Any) -> str:
        text = str(text).lower() if isinstance(text, bool) else str(text)
        return _EXPRESSION.sub(lambda m: str(self.look(m[1])), text)

    # ------------------------------------------------------------------ steps
    def step(self, step: dict[str, Any]) -> int:
        given = {k: self.value(v) for k, v in step.get("with", {}).items()}
        if "run" in step:
            return self.bash(step["run"], {k: self.value(v) for k, v in step.get("env", {}).items()}, step.get("id"))
        action = step["uses"].partition("@")[0]
        if action == "actions/checkout":
            assert given.get("persist-credentials") == "false"
            return 0
        if action == "./.github/actions/reconcile":
            return 0
        if action == "./.github/actions/reconcile-artifacts":
            return self.composite(load(GITHUB / "actions" / "reconcile-artifacts" / "action.yml"), given, step.get("id"))
        if action == "actions/upload-artifact":
            return self.upload(given)
        if action == "actions/download-artifact":
            return self.download(given)
        raise AssertionError(f"an action that is not allowed: {step['uses']}")

    def composite(self, action: dict[str, Any], given: dict[str, str], id_: str | None) -> int:
        defaults = {name: spec.get("default", "") for name, spec in action["inputs"].items()}
        assert set(given) <= set(defaults)
        outer = self.context
        github = {**outer["github"], "action_path": str(GITHUB / "actions" / "reconcile-artifacts")}
        self.context = {**outer, "inputs": {**defaults, **given}, "github": github, "steps": {}}
        codes = [self.bash(s["run"], {k: self.value(v) for k, v in s["env"].items()}, s.get("id"))
                 for s in action["runs"]["steps"]]  # fmt: skip
        outputs = {name: self.value(spec["value"]) for name, spec in action["outputs"].items()}
        self.context = outer
        if id_:
            self.context["steps"][id_] = {"outputs": outputs}
        return max(codes)

    def bash(self, script: str, env: dict[str, str], id_: str | None) -> int:
        assert "${{" not in script
        for name in ("output", "summary"):
            (self.temp / name).touch()
        (self.temp / "output").write_text("")
        whole = {
            "PATH": f"{self.actions.home / 'bin'}:{os.environ['PATH']}", "HOME": str(self.temp), "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(self.temp), "GITHUB_REPOSITORY": REPOSITORY, "STORE": str(self.actions.home / "store"),
            "GITHUB_OUTPUT": str(self.temp / "output"), "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"), "GITHUB_API_URL": self.actions.api,
            "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": str(self.run), "GITHUB_RUN_NUMBER": str(self.run),
            "GITHUB_RUN_ATTEMPT": "1", "GITHUB_REF": "refs/heads/main", "GITHUB_WORKFLOW_REF": "acme/shop/x.yml@refs/heads/main",
            **env,
        }  # fmt: skip
        ran = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script], env=whole,
                             cwd=self.workspace, capture_output=True, text=True, timeout=120)  # fmt: skip
        self.log += ran.stdout + ran.stderr
        lines = (self.temp / "output").read_text().splitlines()
        if id_:
            self.context["steps"][id_] = {"outputs": dict(line.split("=", 1) for line in lines)}
        return ran.returncode

    def upload(self, given: dict[str, str]) -> int:
        path, place = Path(given["path"]), self.actions.home / "store" / str(self.run) / given["name"]
        if not path.exists():
            return 1 if given["if-no-files-found"] == "error" else 0
        if path.is_dir():
            shutil.copytree(path, place)
        else:
            place.mkdir()
            shutil.copy(path, place)
        return 0

    def download(self, given: dict[str, str]) -> int:
        run = given.get("run-id", str(self.run))
        assert run == str(self.run) or given["github-token"] == self.actions.token
        store, into = self.actions.home / "store" / run, Path(given["path"])
        if "pattern" in given:
            for artifact in store.glob(given["pattern"]):
                shutil.copytree(artifact, into / artifact.name)
            return 0
        if not (store / given["name"]).is_dir():
            return 1
        shutil.copytree(store / given["name"], into)
        return 0

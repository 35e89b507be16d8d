"""What the pipeline files promise by how they are written: rights, pins, no injection, real flags, sound manifests."""

from __future__ import annotations

import configparser
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from unit.pipelines.pipelines import (
    ACTIONS,
    CI,
    GITHUB,
    GITLAB,
    HOOKS,
    KUBERNETES,
    ROOT,
    SERVICE,
    TIMER,
    WORKFLOWS,
    commands,
    containers,
    load,
    scripts,
    steps,
)

from reconciler.cli.main import main, parser_of, split
from reconciler.cli.overview import COMMANDS

SCRIPTS = list(scripts())
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(?: +# (\S+))?$", re.MULTILINE)
ALLOWED = {f"actions/{name}" for name in ("checkout", "setup-python", "upload-artifact", "download-artifact", "cache")}


# ---------------------------------------------------------------------- our own command lines
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.where)
def test_every_command_line_of_ours_is_understood(script):
    for words in commands(script.text):
        command, rest = split(words)
        assert command in COMMANDS, words
        parser_of(command)[0].parse(rest, {})


def test_the_pipelines_use_the_commands_that_they_are_for():
    used = {split(words)[0] for script in SCRIPTS for words in commands(script.text)}
    assert used >= {"validate", "fmt", "plan", "snapshot", "apply", "drift", "comment", "report"}
    texts = "\n".join(script.text for script in SCRIPTS)
    assert len(re.findall(r"reconcile (?:-C \S+ )?(?:" + "|".join(COMMANDS) + r")\b", texts)) <= sum(
        len(commands(script.text)) for script in SCRIPTS
    ) + texts.count("echo ")


@pytest.mark.parametrize("variable", sorted({
    name for path in (*WORKFLOWS, GITLAB, *KUBERNETES) for name in re.findall(r"\bRECONCILE_[A-Z_]+\b", path.read_text("utf-8"))
} - {"RECONCILE_NIGHT"}))  # fmt: skip
def test_every_variable_of_ours_is_the_twin_of_a_flag(variable):
    assert any(variable in parser_of(command)[0].twins for command in COMMANDS)


def test_every_script_is_sound_bash_or_sh():
    for script in SCRIPTS:
        shell = "sh" if script.where.endswith(".yaml") or script.where == "systemd" else "bash"
        run = subprocess.run([shell, "-n", "-c", script.text], capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, ""), script.where


# ---------------------------------------------------------------------- GitHub
@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda p: p.name if p.suffix == ".yml" else p.parent.name)
class TestGitHub:
    def test_actions_are_few_and_pinned_by_commit_with_their_version(self, path):
        for name, version in USES.findall(path.read_text("utf-8")):
            if name.startswith("./.github/actions/"):
                assert (GITHUB.parent / name / "action.yml").is_file()
                continue
            action, _, pin = name.partition("@")
            assert action in ALLOWED
            assert re.fullmatch(r"[0-9a-f]{40}", pin)
            assert re.fullmatch(r"v\d+\.\d+\.\d+", version)

    def test_no_expression_stands_in_a_script(self, path):
        for where, step in steps(load(path)):
            assert "${{" not in step.get("run", ""), where

    def test_rights_are_the_least_and_every_job_ends(self, path):
        document = load(path)
        if "jobs" not in document:
            return
        assert document["permissions"] == {}
        assert "concurrency" in document
        assert "pull_request_target" not in document["on"]
        for name, job in document["jobs"].items():
            assert job["timeout-minutes"] <= 120
            written = {right for right, level in job["permissions"].items() if level != "read"}
            assert written == ({"pull-requests"} if path.name == "reconcile-publish.yml" else set()), name
            for _, step in steps(document):
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False

    def test_secrets_are_given_to_single_steps_of_protected_environments_only(self, path):
        text = path.read_text("utf-8")
        document = load(path)
        for job in document.get("jobs", {}).values():
            for step in job["steps"]:
                if "secrets." in json.dumps(step):
                    assert "environment" in job
                    assert "run" in step
            assert "secrets." not in json.dumps({k: v for k, v in job.items() if k != "steps"})
        if path.name in ("reconcile-review.yml", "reconcile-publish.yml") or "jobs" not in document:
            assert "secrets." not in text


def test_same_action_same_commit_everywhere():
    pins = {found for path in (*WORKFLOWS, *ACTIONS) for found in USES.findall(path.read_text("utf-8")) if "@" in found[0]}
    assert len({name.partition("@")[0] for name, _ in pins}) == len(pins)


def test_no_file_of_the_repository_is_taken_for_a_module_of_python():
    """``python3 -c`` and ``-m`` import from the working directory first: a json.py among manifests would see secrets."""
    found = 0
    for path in (*WORKFLOWS, *ACTIONS, GITLAB):
        for words in re.findall(r"python3 (\S+)", path.read_text("utf-8")):
            assert words == "-I", path
            found += 1
    assert found >= 5


def test_the_trusted_half_never_checks_out_what_was_proposed():
    for path in WORKFLOWS:
        document = load(path)
        if "workflow_run" not in document["on"]:
            continue
        for _, step in steps(document):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["ref"] == "${{ github.event.repository.default_branch }}"
        for word in ("workflow_run.head_sha", "pull_request.head", "workflow_run.head_commit"):
            assert word not in path.read_text("utf-8")


def test_workflows_that_name_each_other_mean_each_other():
    names = {load(path)["name"] for path in WORKFLOWS}
    files = {path.name for path in WORKFLOWS}
    for path in WORKFLOWS:
        document = load(path)
        assert set((document["on"].get("workflow_run") or {}).get("workflows", ())) <= names
        for _, step in steps(document):
            if step.get("uses") == "./.github/actions/reconcile-artifacts":
                assert step["with"]["workflow"] in files


def test_nothing_is_installed_until_somebody_says_what(tmp_path):
    (script,) = [s for s in SCRIPTS if s.where == "reconcile/action.yml: Install reconcile"]
    calls = tmp_path / "bin"
    calls.mkdir()
    (calls / "python3").write_text('#!/bin/sh\nmkdir -p "$4/bin"\nfor n in pip reconcile; do\n'
                                   'printf \'#!/bin/sh\\necho "$0 $*" >> "$LOG"\\n\' > "$4/bin/$n"; chmod +x "$4/bin/$n"\ndone\n')  # fmt: skip
    (calls / "python3").chmod(0o755)
    requirements = tmp_path / "requirements.txt"

    def install(text):
        requirements.write_text(text)
        (tmp_path / "path").write_text("")
        environ = {"PATH": f"{calls}:/usr/bin:/bin", "REQUIREMENTS": str(requirements), "RUNNER_TEMP": str(tmp_path),
                   "GITHUB_PATH": str(tmp_path / "path"), "LOG": str(tmp_path / "log")}  # fmt: skip
        return subprocess.run(["bash", "-eo", "pipefail", "-c", script.text], env=environ, capture_output=True, text=True)

    shipped = (GITHUB / "actions" / "reconcile" / "requirements.txt").read_text("utf-8")
    refused = install(shipped)
    assert refused.returncode == 1
    assert "::error file=.github/actions/reconcile/requirements.txt::" in refused.stdout
    assert not (tmp_path / "log").exists()
    done = install(shipped + "./tools/reconciler-0.1.0-py3-none-any.whl\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--requirement" in (tmp_path / "log").read_text()
    assert "reconcile version" in (tmp_path / "log").read_text()
    assert (tmp_path / "path").read_text() == f"{tmp_path}/reconcile-bin\n"


# ---------------------------------------------------------------------- schemas of others
def test_workflows_actions_and_gitlab_fit_their_published_schemas():
    tool = Path(sys.executable).with_name("check-jsonschema")
    for schema, files in (("github-workflows", WORKFLOWS), ("github-actions", ACTIONS), ("gitlab-ci", [GITLAB])):
        words = [str(tool), "--builtin-schema", f"vendor.{schema}", *map(str, files)]
        run = subprocess.run(words, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


# ---------------------------------------------------------------------- GitLab
def test_gitlab_gives_credentials_to_jobs_of_environments_and_merge_requests_have_none():
    document = load(GITLAB)
    for name in ("validate", "review"):
        assert "environment" not in document[name]
        assert all("merge_request_event" in rule["if"] for rule in document[name]["rules"])
    for name in ("plan", "snapshot", "drift"):
        assert document[name]["environment"] == {"name": "reconcile-read", "action": "verify"}
    assert document["apply"]["environment"] == {"name": "reconcile-write"}
    assert document["apply"]["rules"][0]["when"] == "manual"
    assert document["apply"]["resource_group"]


def test_gitlab_artifacts_are_for_members_only():
    for name, job in load(GITLAB).items():
        if isinstance(job, dict) and "artifacts" in job:
            assert job["artifacts"]["access"] == "developer", name
            assert "expire_in" in job["artifacts"]


# ---------------------------------------------------------------------- Kubernetes
PODS = [path for path in KUBERNETES if containers(load(path))]


@pytest.mark.parametrize("path", PODS, ids=lambda p: p.name)
def test_pods_fit_the_strictest_profile(path):
    spec = load(path)["spec"]
    job = spec.get("jobTemplate", {}).get("spec", spec)
    pod = job["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == int(re.search(r"USER (\d+)", (ROOT / "Dockerfile").read_text())[1])
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["restartPolicy"] == "Never"
    assert job["activeDeadlineSeconds"]
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        names = {c["name"] for c in pod["containers"]}
        assert {rule["onExitCodes"]["containerName"] for rule in job["podFailurePolicy"]["rules"]} <= names


def test_the_fleet_s_shards_are_its_completions():
    job = load(CI / "kubernetes" / "fleet-job.yaml")["spec"]
    (env,) = [e for e in containers({"spec": job})[0]["env"] if e["name"] == "SHARDS"]
    assert (job["completionMode"], int(env["value"])) == ("Indexed", job["completions"])
    assert job["maxFailedIndexes"] == job["completions"]


def test_the_kustomization_names_every_file():
    document = load(CI / "kubernetes" / "kustomization.yaml")
    assert set(document["resources"]) == {path.name for path in KUBERNETES} - {"kustomization.yaml"}
    (config,) = document["configMapGenerator"]
    for path in PODS:
        assert f"name: {config['name']}" in path.read_text("utf-8")


# ---------------------------------------------------------------------- systemd, pre-commit
def unit(path):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read_string(path.read_text("utf-8"))
    return parser


def test_the_timer_starts_the_service_and_the_service_may_write_its_own_state_only():
    assert unit(TIMER)["Timer"]["OnCalendar"]
    assert TIMER.stem == SERVICE.stem
    service = unit(SERVICE)["Service"]
    assert service["Type"] == "oneshot"
    assert service["ProtectSystem"] == "strict"
    assert service["DynamicUser"] == "yes"
    assert service["StateDirectory"] == "reconcile"


def test_systemd_takes_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    for path in (SERVICE, TIMER):
        text = path.read_text("utf-8").replace("/usr/local/bin/reconcile", "/bin/true")
        (tmp_path / path.name).write_text(text)
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / SERVICE.name), str(tmp_path / TIMER.name)],
                         capture_output=True, text=True)  # fmt: skip
    about = [line for line in run.stderr.splitlines() if "reconcile" in line]
    assert not about


def test_hooks_are_commands_of_ours_for_yaml_files():
    hooks = {hook["id"]: hook for hook in load(HOOKS)}
    assert set(hooks) == {"reconcile-validate", "reconcile-fmt"}
    for hook in hooks.values():
        assert set(hook) == {"id", "name", "description", "entry", "language", "language_version", "types", "pass_filenames", "require_serial"}
        assert (hook["language"], hook["types"]) == ("python", ["yaml"])
    config = load(CI / "pre-commit" / ".pre-commit-config.yaml")
    assert {hook["id"] for hook in config["repos"][0]["hooks"]} == set(hooks)


def test_hooks_find_a_mistake_and_mend_the_style(tmp_path):
    for name in ("providers", "shop"):
        text = (ROOT / "examples" / "quickstart" / f"{name}.yaml").read_text("utf-8")
        (tmp_path / f"{name}.yaml").write_text(text.replace('status_code: "403"', "status_code: 403"))

    def hook(name):
        entry = {h["id"]: h["entry"] for h in load(HOOKS)}[name].split()[1:]
        return main(["-C", str(tmp_path), *entry], io.StringIO(), io.StringIO(), io.StringIO(), {})

    assert hook("reconcile-validate") == 3
    assert hook("reconcile-fmt") == 0
    assert (tmp_path / "shop.yaml").read_text() == (ROOT / "examples" / "quickstart" / "shop.yaml").read_text()
    assert hook("reconcile-validate") == 0

"""Diagnostics for CI systems on the command line: formats, annotations, paths from the repository's root."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reconciler.cli.places import locator

PLAN = Path(__file__).parents[2] / "golden" / "reports" / "plan.json"
BAD = """\
apiVersion: reconciler/v1
kind: Listener
metadata: {name: shop}
spec:
  provider: nowhere
  unlisted: sometimes
  policies: []
"""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "deploy" / "shop").mkdir(parents=True)
    (tmp_path / "deploy" / "shop" / "listener.yaml").write_text(BAD)
    return tmp_path


@pytest.mark.parametrize("form", ["sarif", "github", "gitlab"])
def test_validate_gives_the_format_on_stdout_and_words_on_stderr(reconcile, repository, form):
    run = reconcile("validate", "-C", str(repository / "deploy"), "--format", form)
    assert run.code == 3
    assert "deploy/shop/listener.yaml" in run.out
    assert "error[SCHEMA-ENUM]" in run.err
    assert "shop/listener.yaml:6:13" in run.err
    if form != "github":
        assert json.loads(run.out)


@pytest.mark.parametrize("form", ["sarif", "github", "gitlab"])
def test_a_mistake_of_the_command_line_is_told_in_words(reconcile, form):
    run = reconcile("validate", "--format", form, "--bogus")
    assert run.code == 3
    assert "error[CLI-FLAG]" in run.err


def test_sarif_goes_into_a_file_and_the_json_document_besides(reconcile, repository):
    run = reconcile("validate", "-C", str(repository), "--format", "sarif", "--out", "r.sarif", "--json-into", "v.json")
    assert run.code == 3
    assert run.out == ""
    assert json.loads((repository / "r.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((repository / "v.json").read_text())["kind"] == "Validation"


def test_annotations_stand_on_stderr_beside_the_words_and_only_if_asked_for(reconcile, repository):
    arguments = ("validate", "-C", str(repository))
    assert "::error" not in reconcile(*arguments, environ={"GITHUB_ACTIONS": "true"}).err
    for run in (
        reconcile(*arguments, "--annotations", "github"),
        reconcile(*arguments, environ={"RECONCILE_ANNOTATIONS": "github"}),
        reconcile(*arguments, "--annotations", "github", "--format", "json"),
    ):
        assert run.code == 3
        assert "\n::error file=deploy/shop/listener.yaml,line=6,col=13" in "\n" + run.err
        assert "::error" not in run.out


def test_show_gives_the_diagnostics_of_a_document(reconcile):
    for form, word in (("sarif", '"ruleId": "PLAN-REF-MISSING"'), ("gitlab", '"check_name": "PLAN-REF-MISSING"'),
                       ("github", "title=PLAN-REF-MISSING")):  # fmt: skip
        run = reconcile("show", str(PLAN), "--format", form)
        assert run.code == 0
        assert word in run.out
        assert "shop.yaml" in run.out


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_paths_start_at_the_checkout_the_repository_or_here(repository, variable, monkeypatch):
    deploy = str(repository / "deploy")
    assert locator(deploy, {})("shop/a.yaml") == "deploy/shop/a.yaml"
    assert locator(deploy, {variable: deploy})("./shop/a.yaml") == "shop/a.yaml"
    assert locator(deploy, {variable: "/elsewhere"})("shop/a.yaml") == "deploy/shop/a.yaml"
    assert locator(deploy, {variable: str(repository / "dep")})("a.yaml") == "deploy/a.yaml"
    assert locator(deploy, {})("../../out.yaml") == "../out.yaml"
    assert locator(deploy, {})("<stdin>") is None
    assert locator(deploy, {})(str(repository / "x.yaml")) == "x.yaml"
    os.rmdir(repository / ".git")
    monkeypatch.chdir(repository)
    assert locator(deploy, {})("shop/a.yaml").endswith("deploy/shop/a.yaml")

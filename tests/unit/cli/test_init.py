"""init: what it finds, what it writes, and that it neither overwrites nor repeats a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "examples" / "ci" / "init"
SECRETS = {"HUAWEICLOUD_SDK_AK": "AKcanary", "HUAWEICLOUD_SDK_SK": "SKcanary", "GCORE_API_KEY": "1$keycanary",
           "OS_PASSWORD": "passcanary", "OS_TOKEN": "tokencanary"}  # fmt: skip
HUAWEI = {"HW_REGION_NAME": "cn-north-4", "HUAWEICLOUD_SDK_PROJECT_ID": "0123456789abcdef0123456789abcdef"}
GCORE = {"GCORE_CLOUD_PROJECT_ID": "12345", "GCORE_CLOUD_REGION_ID": "76"}
OPENSTACK = {"OS_AUTH_URL": "https://keystone.example.com/v3", "OS_REGION_NAME": "RegionOne"}


@pytest.fixture
def init(reconcile, tmp_path):
    """Runs init in ``tmp_path`` with a home of its own; the JSON document comes back as well."""

    def run(*argv, **environ):
        home = {"HOME": str(tmp_path / "home")}
        done = reconcile("init", "-C", str(tmp_path), "--format", "json", *argv, environ={**home, **environ})
        return done.code, json.loads(done.out), done

    return run


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def specs(folder):
    import yaml

    found = list(yaml.safe_load_all((folder / "providers.yaml").read_text()))
    return {d["metadata"]["name"]: d["spec"] for d in found}


def test_every_cloud_of_the_environment_becomes_a_provider_and_validate_passes(init, reconcile, tmp_path):
    code, document, _ = init(**HUAWEI, **GCORE, **OPENSTACK, **SECRETS)
    assert (code, document["providers"], document["ci"]) == (0, ["gcore", "huawei", "openstack"], "none")
    assert specs(tmp_path) == {
        "gcore": {"type": "gcore", "project_id": 12345, "region_id": 76},
        "huawei": {"type": "huawei", "region": "cn-north-4", "project_id": HUAWEI["HUAWEICLOUD_SDK_PROJECT_ID"]},
        "openstack": {"type": "openstack", "region": "RegionOne"},
    }
    assert reconcile("validate", "-C", str(tmp_path)).code == 0


def test_no_credential_is_written_or_printed(init, tmp_path):
    _, _, done = init("--ci", "github", **HUAWEI, **GCORE, **OPENSTACK, **SECRETS)
    everything = done.out + done.err + "".join(c.decode() for c in tree(tmp_path).values())
    assert not [s for s in SECRETS.values() if s in everything]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_ci_files_are_those_of_the_examples_to_the_byte(init, tmp_path, ci):
    code, document, _ = init("--ci", ci, **HUAWEI)
    assert (code, document["ci"]) == (0, ci)
    written = tree(tmp_path)
    wanted = tree(TEMPLATES / ci)
    wanted = {name: text for name, text in wanted.items() if "__pycache__" not in name}
    assert wanted
    assert {name: written.get(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("environ", "make", "ci"),
    [
        ({"GITHUB_ACTIONS": "true"}, None, "github"),
        ({"GITLAB_CI": "true"}, None, "gitlab"),
        ({}, lambda d: (d / ".github").mkdir(), "github"),
        ({}, lambda d: (d / ".git").mkdir() or (d / ".git/config").write_text('[remote "origin"]\n\turl = git@github.com:o/r.git\n'), "github"),
        ({}, lambda d: (d / ".git").mkdir() or (d / ".git/config").write_text('[remote "origin"]\n\turl = https://me:pw@gitlab.example.com/o/r\n'), "gitlab"),
        ({}, lambda d: (d / ".git").mkdir() or (d / ".git/config").write_text('[remote "origin"]\n\turl = https://example.com/github/r\n'), "none"),
        ({}, None, "none"),
    ],
)  # fmt: skip
def test_whose_ci_runs_is_told_by_variables_folders_and_remotes(init, tmp_path, environ, make, ci):
    if make is not None:
        make(tmp_path)
    code, document, done = init(**HUAWEI, **environ)
    assert (code, document["ci"]) == (0, ci)
    assert "pw@" not in done.out


def test_a_second_init_changes_nothing(init, tmp_path):
    init("--ci", "gitlab", **HUAWEI)
    before = tree(tmp_path)
    code, document, _ = init("--ci", "gitlab", **HUAWEI)
    assert (code, {f["what"] for f in document["files"]}) == (0, {"unchanged"})
    assert tree(tmp_path) == before


def test_files_that_exist_are_named_and_left(init, tmp_path):
    (tmp_path / "providers.yaml").write_text("# mine\n")
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [mine]\n")
    code, document, _ = init("--ci", "gitlab", **HUAWEI)
    assert code == 4
    assert sorted((d["code"], d["file"]) for d in document["diagnostics"]) == [
        ("INIT-EXISTS", ".gitlab-ci.yml"), ("INIT-EXISTS", "providers.yaml")]  # fmt: skip
    assert (tmp_path / "providers.yaml").read_text() == "# mine\n"
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "stages: [mine]\n"


def test_ci_files_can_be_added_where_providers_are_there_already(init, tmp_path):
    (tmp_path / "providers.yaml").write_text("# mine\n")
    code, document, _ = init("--ci", "github")
    assert code == 0
    assert all(f["what"] == "written" for f in document["files"])


def test_nothing_found_is_one_diagnostic_and_no_file(init, tmp_path):
    code, document, _ = init()
    assert (code, [d["code"] for d in document["diagnostics"]]) == (3, ["INIT-NOTHING"])
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("argv", "environ", "codes"),
    [
        (("--provider", "huawei"), {}, ["INIT-MISSING"]),
        (("--provider", "gcore"), {}, ["INIT-MISSING", "INIT-MISSING"]),
        (("--provider", "gcore", "--project-id", "1", "--region-id", "seven"), {}, ["SCHEMA-TYPE"]),
        (("--provider", "huawei", "--region", "no such region!"), {}, ["SCHEMA-PATTERN"]),
        (("--provider", "huawei", "--region", "x", "--cloud", "prod"), {}, ["INIT-UNUSED"]),
        (("--provider", "huawei", "--provider", "gcore", "--name", "x"), {**HUAWEI, **GCORE}, ["INIT-UNUSED"]),
        (("--provider", "hauwei"), {}, ["CLI-VALUE"]),
        (("--name", "@odd", "--provider", "huawei"), HUAWEI, ["SCHEMA-PATTERN"]),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_written(init, tmp_path, argv, environ, codes):
    code, document, _ = init(*argv, **environ)
    assert (code, [d["code"] for d in document["diagnostics"]]) == (3, codes)
    assert tree(tmp_path) == {}


def test_every_cloud_of_clouds_yaml_becomes_a_provider_by_name_alone(init, tmp_path):
    (tmp_path / "clouds.yaml").write_text(
        "clouds:\n  prod:\n    auth: {auth_url: https://a.example.com, password: passcanary}\n  test: {}\n"
    )
    code, document, done = init()
    assert (code, document["providers"]) == (0, ["prod", "test"])
    assert specs(tmp_path) == {n: {"type": "openstack", "cloud": n} for n in ("prod", "test")}
    assert "passcanary" not in (tmp_path / "providers.yaml").read_text() + done.out
    (tmp_path / "providers.yaml").unlink()
    assert init(OS_CLOUD="test")[1]["providers"] == ["test"]


def test_a_broken_clouds_yaml_is_told_without_its_content(init, tmp_path):
    (tmp_path / "clouds.yaml").write_text("clouds: {prod: {auth: {password: passcanary\n")
    code, document, done = init("--provider", "openstack")
    assert (code, [d["code"] for d in document["diagnostics"]]) == (3, ["INIT-MISSING"])
    assert "passcanary" not in done.out


def test_a_directory_that_cannot_be_written_is_told(init, tmp_path):
    (tmp_path / ".github").write_text("a file where a folder should be\n")
    code, document, _ = init("--ci", "github", **HUAWEI)
    assert code == 1
    assert {d["code"] for d in document["diagnostics"]} == {"INIT-WRITE"}
    assert (tmp_path / "providers.yaml").exists()


def test_below_the_root_of_a_repository_it_says_where_ci_files_belong(reconcile, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    done = reconcile("init", "-C", str(tmp_path / "below"), "--ci", "gitlab", environ={**HUAWEI, "HOME": str(tmp_path)})
    assert done.code == 0
    assert "root of the repository" in done.out


def test_editors_find_the_schema_that_the_first_line_names(init, tmp_path):
    for argv, environ in (((), HUAWEI), ((), {**HUAWEI, **GCORE})):
        (tmp_path / "providers.yaml").unlink(missing_ok=True)
        init(*argv, **environ)
        first = (tmp_path / "providers.yaml").read_text().partition("\n")[0]
        assert first.startswith("# yaml-language-server: $schema=")
        schema = json.loads((tmp_path / first.rpartition("=")[2]).read_text())
        assert schema["$id"].startswith("urn:reconciler:schema:")


def test_nothing_is_asked_over_the_network(init, monkeypatch):
    import socket

    def refuse(*_):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert init("--ci", "github", **HUAWEI, **OPENSTACK)[0] == 0


def test_validate_counts_the_providers_that_init_has_written(reconcile, tmp_path):
    assert reconcile("-C", str(tmp_path), "init", "--provider", "huawei", "--region", "a", "--ci", "none").code == 0
    assert reconcile("-C", str(tmp_path), "validate").out == "valid: 1 document in 1 file\n"

"""Usage: mistakes are diagnostics with exit code 3, help has examples, the environment has twins."""

from __future__ import annotations

import argparse
import json

import pytest

from reconciler.cli.main import parser_of, split
from reconciler.cli.overview import COMMANDS, text
from reconciler.codes import pages

CONSENT = ("--allow", "--max-deletes", "--auto-approve", "--expect-digest", "--plan")


@pytest.mark.parametrize(
    ("argv", "code", "hint"),
    [
        ((), "CLI-COMMAND", "--help"),
        (("plna",), "CLI-COMMAND", "'plan'"),
        (("--color", "never"), "CLI-COMMAND", "--help"),
        (("-C", "/", "vlaidate"), "CLI-COMMAND", "'validate'"),
        (("plan", "--targte", "x"), "CLI-FLAG", "'--target'"),
        (("plan", "--json-inot=x"), "CLI-FLAG", "'--json-into'"),
        (("plan", "--auto-approve"), "CLI-FLAG", "--help"),
        (("plan", "--form", "json"), "CLI-FLAG", "'--format'"),
        (("plan", "--format", "jsn"), "CLI-VALUE", "'json'"),
        (("validate", "--format", "markdown"), "CLI-VALUE", "text"),
        (("plan", "--timeout", "30"), "CLI-VALUE", "--help"),
        (("plan", "--timeout", "0s"), "CLI-VALUE", "--help"),
        (("plan", "--timeout", "nan"), "CLI-VALUE", "--help"),
        (("plan", "--parallelism", "0"), "CLI-VALUE", "--help"),
        (("plan", "--parallelism", "-1"), "CLI-VALUE", "--help"),
        (("plan", "--today", "2026-02-30"), "CLI-VALUE", "--help"),
        (("plan", "--today", "tomorrow"), "CLI-VALUE", "--help"),
        (("plan", "--allow", "gaps=x"), "CLI-VALUE", "--help"),
        (("plan", "--allow", "gap="), "CLI-VALUE", "--help"),
        (("plan", "--max-deletes", "many"), "CLI-VALUE", "--help"),
        (("apply", "--expect-digest", "abc"), "CLI-VALUE", "--help"),
        (("plan", "--target"), "CLI-MISSING", "--help"),
        (("plan", "--quiet=1"), "CLI-VALUE", "alone"),
        (("show",), "CLI-MISSING", "--help"),
        (("show", "a", "b"), "CLI-EXTRA-ARGUMENT", "--help"),
        (("explain", "A", "B"), "CLI-EXTRA-ARGUMENT", "--help"),
        (("explain", "CLI-FLGA"), "CLI-CODE", "CLI-FLAG"),
        (("schema", "plna"), "CLI-SCHEMA", "plan"),
        (("-C", "/does/not/exist", "plan"), "CLI-DIRECTORY", "exists"),
        (("validate", "--out", "/does/not/exist/x"), "CLI-OUT", "written"),
        (("validate", "--json-into", "/"), "CLI-OUT", "written"),
        (("emulator", "--port", "70000"), "CLI-VALUE", "--help"),
        (("emulator", "--option", "huawei.nothing=1"), "CLI-VALUE", ""),
        (("emulator", "--option", "huawei.cookie_rules=7"), "CLI-VALUE", ""),
        (("emulator", "--seed", "/does/not/exist.yaml"), "CLI-EMULATOR", ""),
        (("emulator", "--fault", "GET"), "CLI-EMULATOR", ""),
        (("emulator", "--state", "/tmp/.reconcile/cloud.db"), "CLI-STATE", ".emulator"),
    ],
)
def test_a_usage_mistake_is_one_diagnostic_and_exit_code_3(reconcile, argv, code, hint):
    human = reconcile(*argv)
    assert human.code == 3
    assert human.out == ""
    assert f"error[{code}]" in human.err
    assert "1 error\n" in human.err
    assert hint in human.err
    assert "Traceback" not in human.err
    if "--format" not in " ".join(argv):
        machine = reconcile(*argv, environ={"RECONCILE_FORMAT": "json"})
        document = json.loads(machine.out)
        assert machine.code == document["exit_code"] == 3
        assert [d["code"] for d in document["diagnostics"]] == [code]


def test_json_is_answered_with_json_even_where_the_command_line_cannot_be_parsed(reconcile):
    run = reconcile("plan", "--nonsense", "--format", "json")
    assert json.loads(run.out)["diagnostics"][0]["code"] == "CLI-FLAG"
    assert run.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_that_its_own_parser_understands(reconcile, command):
    run = reconcile(command, "--help")
    assert run.code == 0
    assert run.err == ""
    assert "examples:\n" in run.out
    _, module = parser_of(command)
    assert len(module.EXAMPLES) >= 2
    for example in module.EXAMPLES:
        assert example in run.out
        import shlex

        for part in example.replace("&&", "|").split("|"):
            words = shlex.split(part)
            if words[0] != "reconcile":
                continue
            name, rest = split(words[1:])
            parser_of(name)[0].parse(rest, {})


def test_the_overview_names_every_command_and_only_flags_that_exist(reconcile):
    import re

    run = reconcile("--help")
    assert run == (0, text(), "")
    assert reconcile("-h").out == reconcile("plan", "-h").out.replace(reconcile("plan", "-h").out, text())
    known = {
        flag for command in COMMANDS for action in parser_of(command)[0]._actions for flag in action.option_strings
    }
    for flag in re.findall(r"(?<![\w-])--[a-z-]+", text()):
        assert flag in known, flag
    for command in COMMANDS:
        assert f"\n  {command} " in text()


def test_flags_may_stand_before_the_command():
    assert split(["-C", "dir", "--format=json", "-q", "plan", "x", "--full"]) == (
        "plan",
        ["-C", "dir", "--format=json", "-q", "x", "--full"],
    )


def test_every_flag_before_the_command_that_takes_a_value_is_known_as_such():
    from reconciler.cli.main import _WITH_VALUE

    for command in COMMANDS:
        for action in parser_of(command)[0]._actions:
            for flag in action.option_strings:
                assert (flag in _WITH_VALUE) == (action.nargs != 0), flag


def test_a_webhook_address_before_the_command_is_not_taken_for_a_command_and_never_repeated(reconcile):
    assert split(["--notify", "https://hooks.example/SECRET", "drift", "x"])[0] == "drift"
    for words in (["--notfy", "https://hooks.example/SECRET", "drift"], ["https://hooks.example/SECRET"]):
        for form in ([], ["--format", "json"]):
            run = reconcile(*words, *form)
            assert run.code == 3
            assert "SECRET" not in run.out + run.err


def test_a_flag_of_other_commands_is_not_mistaken_for_one_that_only_begins_alike(reconcile):
    assert "did you mean" not in reconcile("drift", "--allow", "gap=x").err
    assert "did you mean '--baseline'?" in reconcile("drift", "--basline", "x").err


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "drift", "snapshot", "fmt", "import"])
def test_an_empty_path_is_a_mistake_not_everything_that_there_is(command, reconcile, tmp_path):
    (tmp_path / "a.yaml").write_text("# nothing\n")
    more = {"import": ["--provider", "p", "--all"], "apply": ["--auto-approve"]}.get(command, [])
    run = reconcile("-C", str(tmp_path), command, "", *more)
    assert run.code == 3
    assert run.err.count("error[") == 1
    assert "error[PATH-MISSING]: a PATH is empty" in run.err


def test_import_refuses_a_path_that_is_not_there_although_the_provider_is_found_elsewhere(reconcile, tmp_path):
    spec = "{type: gcore, project_id: 1, region_id: 1}"
    (tmp_path / "providers.yaml").write_text(
        f"apiVersion: reconciler/v1\nkind: Provider\nmetadata: {{name: p}}\nspec: {spec}\n"
    )
    run = reconcile("-C", str(tmp_path), "import", "--provider", "p", "--all", "nowhere.yaml")
    assert (run.code, run.out) == (3, "")
    assert "error[PATH-MISSING]" in run.err


def test_a_provider_that_import_does_not_find_is_told_without_a_place_that_nobody_wrote(reconcile, tmp_path):
    run = reconcile("-C", str(tmp_path), "import", "--provider", "p", "--all")
    assert run.code == 3
    assert run.err.startswith("error[REF-PROVIDER]: there is no Provider document 'p'")
    assert "stdin" not in run.err
    assert "security_group/import" not in run.err


@pytest.mark.parametrize(
    "flags", [("--out", "x", "--json-into", "x"), ("--metrics", "x", "--json-into", "./x"), ("--out", "-")]
)
def test_outputs_that_would_overwrite_each_other_or_name_no_file_are_refused_before_any_work(
    flags, reconcile, tmp_path
):
    run = reconcile("-C", str(tmp_path), "drift", *flags)
    assert run.code == 3
    assert run.err.count("error[CLI-OUT]") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_environment_names_and_is_not_there_is_told_with_its_variable(reconcile, tmp_path):
    environ = {"RECONCILE_BASELINE": "nope.json", "RECONCILE_SINCE": "a.json,b.json", "RECONCILE_OUT": ""}
    run = reconcile("-C", str(tmp_path), "drift", environ=environ)
    assert run.code == 3
    assert run.err.count("error[CLI-FILE]") == 3
    assert run.err.count("RECONCILE_SINCE") == 2
    assert run.err.count("RECONCILE_BASELINE") == 1
    run = reconcile("-C", str(tmp_path), "drift", "--baseline", "other.json", environ=environ | {"RECONCILE_SINCE": ""})
    assert "RECONCILE" not in run.err
    run = reconcile("plan", environ={"RECONCILE_DIRECTORY": str(tmp_path / "no")})
    assert (run.code, run.err.count("RECONCILE_DIRECTORY")) == (3, 1)


def test_a_directory_that_cannot_be_listed_is_told_and_not_passed_over(reconcile, tmp_path, monkeypatch):
    import os

    (tmp_path / "locked").mkdir()
    (tmp_path / "p.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Provider\nmetadata: {name: p}\n"
        "spec: {type: gcore, project_id: 1, region_id: 1}\n"
    )
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    run = reconcile("-C", str(tmp_path), "validate")
    assert run.code == 3
    assert run.err.startswith("locked:1:1: error[PATH-UNREADABLE]: locked cannot be read: Permission denied")
    assert run.err.count("error[") == 1


def test_a_manifest_that_never_ends_is_a_mistake_not_an_endless_wait(reconcile, tmp_path, monkeypatch):
    from reconciler.manifests import files

    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    run = reconcile("validate", "/dev/zero")
    assert run.code == 3
    assert run.err.count("error[PATH-UNREADABLE]") == 1
    (tmp_path / "deep.yaml").write_text("[" * 100_000)  # minutes, were every bracket read
    monkeypatch.undo()
    run = reconcile("validate", str(tmp_path / "deep.yaml"))
    assert run.code == 3
    assert run.err.count("error[YAML-DEPTH]") == 1


def test_a_seed_of_endless_depth_is_told_like_any_other_bad_seed(reconcile, tmp_path):
    (tmp_path / "deep.yaml").write_text("[" * 3000)
    (tmp_path / "m.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Provider\nmetadata: {name: p}\n"
        "spec: {type: gcore, project_id: 1, region_id: 1}\n---\n"
        "apiVersion: reconciler/v1\nkind: SecurityGroup\nmetadata: {name: g}\n"
        "spec: {provider: p, directions: [ingress], unlisted: keep, rules: []}\n"
    )
    run = reconcile("-C", str(tmp_path), "plan", "m.yaml", "--emulator", "deep.yaml")
    assert run.code == 3
    assert "error[CLI-EMULATOR]" in run.err


def test_consent_has_no_environment_twin_and_a_variable_that_looks_like_one_is_pointed_out(reconcile):
    parser, _ = parser_of("apply")
    for flag in CONSENT:
        variable = "RECONCILE_" + flag.strip("-").replace("-", "_").upper()
        assert variable not in parser.twins
        run = reconcile("apply", environ={variable: "1"})
        assert run.code == 4
        assert f"warning[CLI-NO-TWIN]: the environment variable {variable} has no effect" in run.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_other_long_flag_has_an_environment_twin(command):
    parser, _ = parser_of(command)
    twinned = {flag for action in parser.twins.values() for flag in action.option_strings}
    for action in parser._actions:
        long = [flag for flag in action.option_strings if flag.startswith("--")]
        explained = action.help == argparse.SUPPRESS  # the command has it only to say why it has not
        if long and not explained and long[0] not in ("--help", "--fault", "--option", *CONSENT):
            assert long[0] in twinned


def test_the_command_line_wins_over_the_environment_and_lists_are_replaced():
    parser, _ = parser_of("plan")
    environ = {
        "RECONCILE_TARGET": "a,b c",
        "RECONCILE_TIMEOUT": "5s",
        "RECONCILE_QUIET": "yes",
        "RECONCILE_VERBOSE": "2",
    }
    args = parser.parse([], environ)
    assert (list(args.target), args.timeout, args.quiet, args.verbose) == (["a", "b", "c"], 5.0, True, 2)
    parser, _ = parser_of("plan")
    args = parser.parse(["--target", "z", "--timeout", "1m"], environ)
    assert (list(args.target), args.timeout) == (["z"], 60.0)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("RECONCILE_TIMEOUT", "5"), ("RECONCILE_FORMAT", "jsn"), ("RECONCILE_QUIET", "perhaps"), ("RECONCILE_TODAY", "x")],
)
def test_a_bad_twin_names_its_variable(reconcile, variable, value):
    run = reconcile("plan", environ={variable: value})
    assert run.code == 3
    assert f"error[CLI-ENV]: the environment variable {variable}" in run.err


def test_explain_prints_every_page_and_lists_them_all(reconcile):
    listed = reconcile("explain")
    assert listed.code == 0
    for code, page in pages().items():
        assert code in listed.out
        shown = reconcile("explain", code.lower())
        assert shown.code == 0
        assert shown.out.startswith(f"{code}: {page.title}")
        assert json.loads(reconcile("explain", code, "--format", "json").out)["fix"] == page.fix


def test_schemas_are_printed_as_they_are_published(reconcile):
    from pathlib import Path

    schemas = Path(__file__).parents[3] / "schemas"
    names = sorted(path.name.removesuffix(".schema.json") for path in schemas.glob("*.schema.json"))
    assert [line.split()[0] for line in reconcile("schema").out.splitlines()] == names
    for name in names:
        assert reconcile("schema", name).out == (schemas / f"{name}.schema.json").read_text("utf-8")


def test_version_is_the_package_version(reconcile):
    from reconciler import __version__

    assert reconcile("--version").out == f"reconcile {__version__}\n"
    assert json.loads(reconcile("version", "--format", "json").out)["version"] == __version__


@pytest.mark.parametrize(
    ("argv", "flag", "partner"),
    [
        (("plan", "--live-max-age", "1h"), "--live-max-age", "--live"),
        (("drift", "--notify-format=slack"), "--notify-format", "--notify"),
        (("apply", "--emulator-state", "x.db"), "--emulator-state", "--emulator"),
    ],
)
def test_a_flag_that_would_have_no_effect_names_the_one_that_it_belongs_to(reconcile, argv, flag, partner):
    run = reconcile(*argv)
    assert run.code == 3
    assert f"error[CLI-MISSING]: {flag} has no effect without {partner}\n" in run.err


def test_a_variable_for_all_commands_of_a_job_may_stand_where_it_has_no_effect(reconcile, tmp_path):
    run = reconcile("-C", str(tmp_path), "drift", environ={"RECONCILE_LIVE_MAX_AGE": "1h", "RECONCILE_NOTIFY_FORMAT": "json"})
    assert "CLI-MISSING" not in run.err

"""``reconcile completion``: scripts from the parsers, tried in a real bash; in zsh and fish where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.completion import words
from reconciler.cli.main import main, parser_of
from reconciler.cli.overview import COMMANDS

DRIVE = """
set -u
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
complete -p reconcile >/dev/null || exit 9
_reconcile reconcile "${COMP_WORDS[COMP_CWORD]}" ""
[ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts")
    for shell in ("bash", "zsh", "fish"):
        import io

        out = io.StringIO()
        assert main(["completion", shell], io.StringIO(), out, io.StringIO(), {}) == 0
        (folder / shell).write_text(out.getvalue())
    return folder


@pytest.fixture
def typed(scripts, tmp_path):
    """What bash offers for the last of some words; ``--flag=value`` is split as bash splits it."""

    def offers(*line: str) -> list[str]:
        run = subprocess.run(["bash", "-c", DRIVE, "bash", str(scripts / "bash"), "reconcile", *line],
                             capture_output=True, text=True, cwd=tmp_path, timeout=20)  # fmt: skip
        assert (run.returncode, run.stderr) == (0, ""), run.stderr
        return run.stdout.splitlines()

    return offers


def flags_of(command):
    return {n for a in parser_of(command)[0]._actions for n in a.option_strings if n.startswith("--")}


def test_bash_is_installed_here():
    assert shutil.which("bash"), "the tests of the bash script need bash"


def test_the_first_word_is_a_command(typed):
    assert typed("") == list(COMMANDS)
    assert typed("val") == ["validate"]
    assert set(typed("e")) == {name for name in COMMANDS if name.startswith("e")}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_of_every_command_is_offered_and_no_other(typed, command):
    assert set(typed(command, "--")) == flags_of(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_choice_is_offered(typed, command):
    for action in parser_of(command)[0]._actions:
        if action.choices and action.option_strings:
            flag = next(n for n in action.option_strings if n.startswith("--"))
            assert typed(command, flag, "") == [str(c) for c in action.choices]
            assert typed(command, flag, "=") == [str(c) for c in action.choices]
            first = str(next(iter(action.choices)))
            assert first in typed(command, flag, "=", first[:2])
        elif action.choices:
            assert typed(command, "") == [str(c) for c in action.choices]


def test_the_command_is_found_behind_flags_and_their_values(typed):
    assert "--detailed-exitcode" in typed("-C", "validate", "plan", "--det")
    assert typed("--format", "=", "json", "plan", "--detailed") == ["--detailed-exitcode"]
    assert typed("-q", "plan", "--detailed") == ["--detailed-exitcode"]
    assert typed("-C", "somewhere", "pl") == ["plan"]
    assert set(typed("--format", "")) >= {"text", "json", "markdown", "html", "yaml"}
    assert "--version" in typed("--v")


def test_files_and_directories_are_offered_where_they_belong(typed, tmp_path):
    (tmp_path / "a file.yaml").write_text("")
    (tmp_path / "a folder").mkdir()
    assert sorted(typed("plan", "a")) == ["a file.yaml", "a folder"]
    assert sorted(typed("plan", "--out", "a")) == ["a file.yaml", "a folder"]
    assert typed("plan", "-C", "a") == ["a folder"]
    assert typed("plan", "--shard", "a") == []
    assert typed("version", "a") == []


def test_codes_schemas_types_and_guards_are_offered(typed):
    assert typed("explain", "HW-R61") == ["HW-R61"]
    assert "listener.huawei" in typed("schema", "listener")
    assert typed("providers", "") == ["gcore", "huawei", "openstack"]
    assert typed("providers", "gcore", "h") == ["huawei"]
    assert typed("apply", "--allow", "") == ["gap=", "empty=", "protected="]


def test_nothing_that_is_typed_is_run(typed, tmp_path):
    for word in ("$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "*", "-$(touch pwned)"):
        typed(word)
        typed("plan", word)
        typed("plan", "--format", word)
        typed(word, "--")
    assert not (tmp_path / "pwned").exists()


def test_no_python_runs_when_a_key_is_pressed(scripts):
    for shell in ("bash", "zsh", "fish"):
        body = [line for line in (scripts / shell).read_text().splitlines() if not line.startswith("#")]
        assert not [line for line in body if "$(reconcile" in line or "(reconcile " in line or "python" in line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_sound_and_names_every_flag(scripts, shell):
    text = (scripts / shell).read_text()
    for command in words.commands():
        assert command.name in text
        for flag in command.flags:
            assert all(name.lstrip("-") in text for name in flag.names)
    if shutil.which(shell) is None:
        assert shell != "bash"
        pytest.skip(f"{shell} is not installed: its syntax is not checked")
    run = subprocess.run([shell, "-n", str(scripts / shell)], capture_output=True, text=True, timeout=20)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_offers_what_bash_offers(scripts, typed):
    def fish(line):
        code = f"source {scripts / 'fish'}; complete -C {line!r}"
        run = subprocess.run(["fish", "--no-config", "-c", code], capture_output=True, text=True, timeout=20)
        assert (run.returncode, run.stderr) == (0, "")
        return {row.partition("\t")[0] for row in run.stdout.splitlines()}

    assert fish("reconcile ") == set(COMMANDS)
    assert fish("reconcile -C . plan --det") == {"--detailed-exitcode"}
    assert fish("reconcile plan --format ") == set(typed("plan", "--format", ""))
    assert fish("reconcile plan --format=h") == {"--format=html"}
    assert fish("reconcile plan --") == flags_of("plan")
    assert fish("reconcile completion ") == {"bash", "zsh", "fish"}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_the_function(scripts, tmp_path):
    Path(tmp_path / "_reconcile").write_text((scripts / "zsh").read_text())
    code = "fpath=($1 $fpath); autoload -U compinit; compinit -u -D; print ${_comps[reconcile]}; autoload +X _reconcile"
    run = subprocess.run(["zsh", "-f", "-c", code, "zsh", str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert (run.returncode, run.stdout, run.stderr) == (0, "_reconcile\n", "")

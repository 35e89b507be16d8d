"""The project's own promises: floors, the catalogue of codes, packaging, the README."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import readme

import reconciler
from reconciler.codes import pages

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SOURCES = sorted((ROOT / "reconciler").rglob("*.py"))
_CODE = re.compile(r"[A-Z][A-Z0-9]*-[A-Z0-9]+(?:-[A-Z0-9]+)*")


def test_every_room_imports_only_from_floors_below_it():
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir=None))"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_emulator_and_the_product_share_no_module():
    for path in (ROOT / "reconciler" / "emulator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.startswith("reconciler"):
                    assert name.startswith("reconciler.emulator"), f"{path}: {name}"


def _codes_in_source() -> dict[str, str]:
    """Every string literal that is shaped like a code of a known family, and where it stands."""
    families = {code.partition("-")[0] for code in pages()}
    found: dict[str, str] = {}
    for path in SOURCES:
        if "emulator" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                if node.value.partition("-")[0] in families:
                    found.setdefault(node.value, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_every_code_that_the_source_names_has_a_page():
    missing = {code: place for code, place in _codes_in_source().items() if code not in pages()}
    assert not missing


def test_every_page_is_named_by_the_source_or_a_schema():
    schemas = "".join(path.read_text("utf-8") for path in (ROOT / "schemas").glob("*.json"))
    named = set(_codes_in_source()) | set(re.findall(_CODE, schemas))
    assert not sorted(set(pages()) - named)


@pytest.mark.parametrize("code", pages())
def test_every_page_says_what_why_how_and_where_it_comes_from(code):
    page = pages()[code]
    assert page.title.strip()
    assert "\n" not in page.title
    assert len(page.why) >= 15
    assert len(page.fix) > 5
    assert page.source.strip()


def test_one_version():
    assert PROJECT["project"]["version"] == reconciler.__version__


def test_every_dependency_has_a_reason_and_is_used():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    modules = {"pyyaml": "yaml", "jsonschema-rs": "jsonschema_rs", "ruamel.yaml": "ruamel"}
    imported = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    extras = PROJECT["project"]["optional-dependencies"]
    for dependency in [*PROJECT["project"]["dependencies"], *extras["emulator"]]:
        name = re.match(r"[A-Za-z0-9._-]+", dependency)[0]
        assert re.search(rf'"{re.escape(dependency)}",\s+# \S+', block), f"{name} has no reason"
        assert modules.get(name, name) in imported, f"{name} is not used"


def test_the_top_level_holds_what_it_should_and_nothing_else():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    assert top <= {
        ".ci", ".dockerignore", ".gitignore", ".pre-commit-hooks.yaml", "Dockerfile", "LICENSE", "README.md", "examples", "pyproject.toml",
        "reconciler", "schemas", "tests",
    }  # fmt: skip


def test_a_wheel_holds_the_schemas_the_code_pages_and_the_command(tmp_path):
    pytest.importorskip("hatchling")
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, capture_output=True,
        text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        for schema in (ROOT / "schemas").glob("*.json"):
            assert f"reconciler/schemas/{schema.name}" in names
        ci = ROOT / "examples" / "ci" / "init"
        for file in (f for f in ci.rglob("*") if f.is_file() and "__pycache__" not in f.parts):
            assert f"reconciler/ci/{file.relative_to(ci)}" in names
        for toml in (ROOT / "reconciler" / "codes").glob("*.toml"):
            assert f"reconciler/codes/{toml.name}" in names
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "reconcile = reconciler.cli.main:run" in wheel.read(entry).decode()
        assert not any(name.startswith("tests") for name in names)
        wheel.extractall(tmp_path / "installed")
    run = subprocess.run(
        [sys.executable, "-m", "reconciler.cli", "schema"], cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(tmp_path / "installed"), "PATH": ""},
    )  # fmt: skip
    assert "listener.huawei" in run.stdout
    run = subprocess.run(
        [sys.executable, "-m", "reconciler.cli", "init", "--provider", "huawei", "--region", "r", "--ci", "github"],
        cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path / "installed"), "PATH": ""},
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / ".github" / "workflows").is_dir()


# ---------------------------------------------------------------------- the README
@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("readme")
    return directory, readme.sandbox(directory)


def test_the_readme_shows_what_its_commands_print(place):
    directory, environ = place
    found = readme.blocks(README)
    assert sum(len(block) for block in found) >= 5
    for block in found:
        for step in block:
            assert readme.same(readme.run(step, directory, environ)) == readme.same(step.output), step.command


def test_the_first_command_of_the_readme_ends_with_an_empty_plan(place):
    directory, environ = place
    command = re.search(r"<!-- command 1 -->\n```sh\n(.*?)```", README, re.DOTALL)[1]
    lines = [line for line in command.splitlines() if ".venv/bin/reconcile" in line]
    assert len(lines) >= 3
    script = "set -eu\nrm -rf examples/quickstart/.emulator\n" + "\n".join(lines).replace(".venv/bin/reconcile", "reconcile")
    run = subprocess.run(["bash", "-c", script], cwd=directory, env=environ, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Apply: done" in run.stdout
    assert "Plan: nothing to change" in run.stdout.rpartition("Apply: done")[2]


def test_every_command_is_described_in_the_readme():
    from reconciler.cli.overview import COMMANDS

    for command in COMMANDS:
        assert f"`reconcile {command}" in README, command


def test_every_reconcile_line_of_the_readme_is_understood_by_its_parser():
    import shlex

    from reconciler.cli.main import parser_of, split

    count = 0
    fences = re.findall(r"^```(?:sh|yaml)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    lines = [line for fence in fences for line in fence.replace("\\\n", " ").splitlines()]
    inline = re.findall(r"`(reconcile [a-z]+(?: [^`]*)?)`", README)
    for line in [*lines, *inline]:
        for found in re.findall(r"(?:^|[\s/:])reconcile ([a-z-][^|&;#]*)", line):
            if "IMAGE" in line or "..." in found:
                continue
            name, rest = split(shlex.split(found.replace("$DIGEST", "0" * 64)))
            if name is None or "PATH" in rest or name.isupper():
                continue
            if rest or name != "reconcile":
                import contextlib

                from reconciler.cli.parser import UsageError

                with contextlib.suppress(UsageError) if "`" + "reconcile " + found + "`" in README and not rest else (
                    contextlib.nullcontext()
                ):
                    parser_of(name)[0].parse(rest, {})
            count += 1
    assert count > 20


def test_every_manifest_of_the_readme_is_valid(tmp_path):
    from reconciler import manifests

    fences = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    ours = [fence for fence in fences if "apiVersion: reconciler/v1" in fence]
    assert ours
    (tmp_path / "all.yaml").write_text("---\n".join(ours), "utf-8")
    loaded = manifests.load(["all.yaml"], directory=str(tmp_path), stdin=None)
    assert [f"{d.span}: {d.code}: {d.summary}" for d in loaded.diagnostics if d.is_error] == []


@pytest.mark.parametrize("name", ["huawei", "gcore", "openstack"])
def test_the_readme_lists_the_rights_that_each_provider_needs(name):
    assert readme.rights(name) in README


def test_the_readme_lists_every_exit_code():
    from reconciler.cli import exits

    for code in (c for c in exits.ORDER if c != exits.CHECK_FAILED):
        assert re.search(rf"^\| {code} \|", README, re.MULTILINE), code

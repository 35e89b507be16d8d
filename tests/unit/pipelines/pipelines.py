"""The ready pipelines as data, every script in them, and every command line of ours that a script holds."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[3]
CI = ROOT / "examples" / "ci"
GITHUB = CI / "init" / "github" / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
GITLAB = CI / "init" / "gitlab" / ".gitlab-ci.yml"
KUBERNETES = sorted((CI / "kubernetes").glob("*.yaml"))
SERVICE = CI / "systemd" / "reconcile-drift.service"
TIMER = CI / "systemd" / "reconcile-drift.timer"
HOOKS = ROOT / ".pre-commit-hooks.yaml"


class Loader(yaml.SafeLoader):
    """YAML without the word `on` as a boolean, as GitHub reads it."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def load(path: Path) -> Any:
    """One YAML document."""
    return yaml.load(path.read_text("utf-8"), Loader)


class Script(NamedTuple):
    """A script and where it stands."""

    where: str
    text: str


def scripts() -> Iterator[Script]:
    """Every script of every pipeline."""
    for path in (*WORKFLOWS, *ACTIONS):
        for where, step in steps(load(path)):
            if "run" in step:
                yield Script(f"{path.parent.name}/{path.name}: {where}", step["run"])
    for name, job in load(GITLAB).items():
        if isinstance(job, dict):
            for part in ("before_script", "script", "after_script"):
                if part in job:
                    yield Script(f"gitlab: {name} {part}", "\n".join(job[part]))
    for path in KUBERNETES:
        for container in containers(load(path)):
            yield Script(path.name, container["args"][0])
    for line in SERVICE.read_text("utf-8").splitlines():
        if re.match(r"Exec\w+=", line):
            yield Script("systemd", shlex.split(line.partition("=")[2])[2])
    for hook in load(HOOKS):
        yield Script(".pre-commit-hooks.yaml", hook["entry"])


def steps(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The steps of a workflow or of a composite action, with a name each."""
    if "jobs" not in document:
        for step in document["runs"]["steps"]:
            yield step.get("name", step.get("uses", "")), step
        return
    for name, job in document["jobs"].items():
        for step in job["steps"]:
            yield f"{name}: {step.get('name', step.get('uses', ''))}", step


def containers(document: Any) -> list[dict[str, Any]]:
    """The containers of a Job or CronJob; none of anything else."""
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template", {}).get("spec", {}).get("containers", [])


_OURS = re.compile(r'(?<![\w.{/-])(?:"[^"\n]*/reconcile"|[\w/$.-]*\breconcile)(?= +[a-z-])')
_SAMPLES = {"--shard": "1/2", "--expect-digest": "0" * 64, "--max-deletes": "10"}


def commands(script: str) -> list[list[str]]:
    """The arguments of every `reconcile ...` in a script; what the shell would fill in is a sample of its kind."""
    joined = re.sub(r"\\\n\s*", "", script)
    code = "\n".join(line for line in joined.splitlines() if not line.lstrip().startswith("#"))
    code = re.sub(r"(?:echo|printf) (\"[^\"]*\"|'[^']*')", "", code)
    found = []
    for match in _OURS.finditer(code):
        words = [w for w in _words(code[match.end() :]) if w not in ("${words[@]}", "$@")]
        for place, word in enumerate(words):
            if "$" in word:
                words[place] = _SAMPLES.get(words[place - 1] if place else "", "sample.json")
        found.append(words)
    return found


def _words(text: str) -> list[str]:
    """The words up to the end of a simple command: blanks and ends count outside of quotes and $( ) only."""
    words, word, quoted, depth = [], "", False, 0
    for place, character in enumerate(text):
        if character == '"' and depth == 0:
            quoted = not quoted
        elif not quoted and depth == 0 and character in ";|&\n)":
            break
        elif not quoted and depth == 0 and character == " ":
            words, word = ([*words, word] if word else words), ""
        else:
            depth += (character == "(" and (depth > 0 or text[place - 1] == "$")) - (character == ")" and depth > 0)
            word += character
    return [*words, word] if word else words


def written(path: Path) -> Any:
    """A JSON document that a flow has left."""
    return json.loads(path.read_text("utf-8"))

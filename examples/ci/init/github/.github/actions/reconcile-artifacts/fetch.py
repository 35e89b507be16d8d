"""Fetch artifacts of earlier runs of one workflow with GitHub's own command line, ``gh``.

Only runs of this repository's default branch count, and none that a pull request started: anybody may open one, from a
branch of any name, and have it upload an artifact of any name. A tag may have the branch's name: what was pushed or
started by hand counts only if its commit is on the branch. Runs that failed count, too: drift makes a run fail.

No artifact is no failure; one that is there and cannot be fetched is: an older one would be taken for the newest.
Environment: GH_TOKEN, GITHUB_REPOSITORY, DEFAULT_BRANCH, GITHUB_OUTPUT.
"""

import argparse
import fnmatch
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

OF_THE_BRANCH = ("schedule", "workflow_run")
"""GitHub starts these on the default branch alone, with that branch's own files."""
OF_A_REF = ("push", "workflow_dispatch")
"""These run the files of what was pushed or chosen: a branch or a tag."""


def gh(*arguments: str, doing: str) -> str:
    """What ``gh`` says; ends with an error where it fails."""
    words = ["gh", *arguments]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=600)
    if answer.returncode != 0:
        sys.exit(f"::error::{doing} failed: {' '.join(answer.stderr.split())}")
    return answer.stdout


def api(place: str, doing: str, **query: str) -> Any:
    """An answer of GitHub's API."""
    fields = [word for name, value in query.items() for word in ("-f", f"{name}={value}")]
    return json.loads(gh("api", "--method", "GET", place, *fields, doing=doing))


def candidates(repository: str, workflow: str, branch: str) -> list[dict[str, Any]]:
    """Finished runs that say that they are of the branch, newest first."""
    place = f"repos/{repository}/actions/workflows/{workflow}/runs"
    found = api(place, f"listing the runs of {workflow}", branch=branch, status="completed", per_page="100")
    ours = [r for r in found["workflow_runs"] if (r.get("head_repository") or {}).get("full_name") == repository]
    return [r for r in ours if r["event"] in OF_THE_BRANCH + OF_A_REF and r["head_branch"] == branch]


class Branch:
    """The default branch: is a commit on it?"""

    def __init__(self, repository: str, name: str) -> None:
        self.repository, self.name, self.tip = repository, name, ""

    def holds(self, commit: str) -> bool:
        """Compared by commits alone: a name may be a branch's and a tag's."""
        if not self.tip:
            place = f"repos/{self.repository}/branches/{quote(self.name, safe='')}"
            self.tip = api(place, f"looking for the branch {self.name}")["commit"]["sha"]
        if commit == self.tip:
            return True
        found = api(f"repos/{self.repository}/compare/{self.tip}...{commit}", "comparing commits", per_page="1")
        return found["status"] in ("behind", "identical")


def fetch(repository: str, run: int, pattern: str, into: Path) -> bool:
    """Has the run such artifacts? Then they are fetched."""
    found = api(f"repos/{repository}/actions/runs/{run}/artifacts", f"listing what run {run} kept", per_page="100")
    kept = [a["name"] for a in found["artifacts"] if not a.get("expired")]
    if not fnmatch.filter(kept, pattern):
        return False
    into.mkdir(parents=True)
    words = ("run", "download", str(run), "--repo", repository, "--pattern", pattern, "--dir", str(into))
    gh(*words, doing=f"fetching {pattern} of run {run}")
    return True


def main() -> None:
    """Fetch, and tell how many runs had something."""
    parser = argparse.ArgumentParser(description="fetch artifacts of earlier runs")
    for name in ("workflow", "pattern", "into"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--limit", type=int, default=1)
    args = parser.parse_args()
    repository = os.environ["GITHUB_REPOSITORY"]
    branch = Branch(repository, os.environ["DEFAULT_BRANCH"])
    found = 0
    for run in candidates(repository, args.workflow, branch.name):
        if found == args.limit:
            break
        if run["event"] in OF_A_REF and not branch.holds(run["head_sha"]):
            print(f"run {run['id']} of {args.workflow} is left alone: its commit is not on {branch.name}")
        elif fetch(repository, run["id"], args.pattern, Path(args.into, str(found + 1))):
            found += 1
            print(f"{args.into}/{found}: from run {run['id']} of {args.workflow}")
    if not found:
        print(f"no run of {args.workflow} on {branch.name} has an artifact {args.pattern}")
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as outputs:
        outputs.write(f"found={found}\n")


if __name__ == "__main__":
    main()

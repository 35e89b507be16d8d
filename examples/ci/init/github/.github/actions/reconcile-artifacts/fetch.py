"""Fetch artifacts of earlier runs of one workflow with GitHub's own command line, ``gh``.

Only runs of this repository's default branch count, and none that a pull request started: anybody may open one, from a
branch of any name, and have it upload an artifact of any name. Runs that failed count, too: drift makes a run fail.

Environment: GH_TOKEN, GITHUB_REPOSITORY, DEFAULT_BRANCH, GITHUB_OUTPUT.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

UNTRUSTED = ("pull_request", "pull_request_target", "pull_request_review", "merge_group", "issue_comment")


def run_ids(repository: str, workflow: str, branch: str) -> list[int]:
    """Finished runs, newest first."""
    place = f"repos/{repository}/actions/workflows/{workflow}/runs"
    asked = ["-f", f"branch={branch}", "-f", "status=completed", "-F", "per_page=100"]
    words = ["gh", "api", "--method", "GET", place, *asked]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if answer.returncode != 0:
        sys.exit(f"::error::the runs of {workflow} cannot be listed: {answer.stderr.strip()}")
    runs = json.loads(answer.stdout)["workflow_runs"]
    ours = [r for r in runs if (r.get("head_repository") or {}).get("full_name") == repository]
    return [r["id"] for r in ours if r["event"] not in UNTRUSTED and r["head_branch"] == branch]


def fetch(repository: str, run: int, pattern: str, into: Path) -> bool:
    """Has the run such artifacts, and were they fetched?"""
    into.mkdir(parents=True)
    words = ["gh", "run", "download", str(run), "--repo", repository, "--pattern", pattern, "--dir", str(into)]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=600)
    if answer.returncode == 0 and any(into.iterdir()):
        return True
    for leftover in sorted(into.rglob("*"), reverse=True):
        leftover.rmdir() if leftover.is_dir() else leftover.unlink()
    into.rmdir()
    return False


def main() -> None:
    """Fetch, and tell how many runs had something."""
    parser = argparse.ArgumentParser(description="fetch artifacts of earlier runs")
    for name in ("workflow", "pattern", "into"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--limit", type=int, default=1)
    args = parser.parse_args()
    repository, branch = os.environ["GITHUB_REPOSITORY"], os.environ["DEFAULT_BRANCH"]
    found = 0
    for run in run_ids(repository, args.workflow, branch):
        if found < args.limit and fetch(repository, run, args.pattern, Path(args.into, str(found + 1))):
            found += 1
            print(f"{args.into}/{found}: from run {run} of {args.workflow}")
    if not found:
        print(f"no run of {args.workflow} on {branch} has an artifact {args.pattern}")
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as outputs:
        outputs.write(f"found={found}\n")


if __name__ == "__main__":
    main()

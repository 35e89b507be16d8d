"""The CI run that publishes: its address, its place among other runs, and real time."""

from __future__ import annotations

import time
from collections.abc import Mapping

from reconciler.publishing.urls import shown
from reconciler.records import dataclass


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        import asyncio

        await asyncio.sleep(seconds)


def run_url(environ: Mapping[str, str]) -> str | None:
    """The page of the CI run, from GitHub's or GitLab's variables; None elsewhere, or if it is no plain address."""
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    if server and repository and run:
        return shown(f"{server}/{repository}/actions/runs/{run}")
    return shown(environ.get("CI_JOB_URL"))


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run stands among others: ``head`` is the commit of the pull request that it looked at.

    ``series`` names runs whose ``number`` rises with every new one (a workflow of GitHub's, a project's pipelines);
    ``attempt`` rises when one is run again.
    """

    head: str | None = None
    series: str | None = None
    number: int = 0
    attempt: int = 1

    def is_older_than(self, other: Run, head: str | None) -> bool:
        """Is it *known* that this run saw an older state than ``other``? ``head``: the pull request's newest commit.

        A run of the newest commit is never older than one of another commit. Else the numbers decide where both runs
        are of one series; a run that was started again may be the newer one, whatever its number.
        """
        if head is not None and self.head is not None and other.head is not None and self.head != other.head:
            if other.head == head:
                return True
            if self.head == head:
                return False
        if self.series is None or self.series != other.series:
            return False
        if self.number == other.number:
            return self.attempt < other.attempt
        return self.number < other.number and self.attempt == 1

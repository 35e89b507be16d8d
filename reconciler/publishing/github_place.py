"""Which pull request a run of GitHub Actions is for, from the variables and the event that GitHub gives it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.publishing.refusals import missing, unknown_number
from reconciler.publishing.runs import Run
from reconciler.publishing.urls import Target, parse
from reconciler.records import dataclass

_MAX_EVENT = 32 * 1024 * 1024
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Place:
    """A repository's pull request. ``branch`` (``owner:branch``) is set where the number must be looked up, ``source``
    (an id) is the repository that this branch is in: an owner may have several, each with a branch of that name.
    """

    api: Target
    repository: str
    number: int | None
    run: Run
    branch: str | None = None
    wanted: int | None = None
    source: int | None = None

    def choose(self, pulls: Sequence[Mapping[str, Any]]) -> int:
        """The number among the pull requests that were found for the event's branch; open ones before closed ones.

        Raises:
            DiagnosticError: PUB-NUMBER, for none, for several, and where --number names another one.
        """
        pulls = [pull for pull in pulls if self.source is None or _source(pull) == self.source]
        pulls = [pull for pull in pulls if pull.get("state") == "open"] or pulls
        known = [pull for pull in pulls if isinstance(pull.get("number"), int)]
        numbers = [pull["number"] for pull in known]
        of_commit = [pull["number"] for pull in known
                     if isinstance(pull.get("head"), Mapping) and pull["head"].get("sha") == self.run.head]  # fmt: skip
        if self.wanted is not None:
            if self.wanted in numbers:
                return self.wanted
            raise unknown_number(
                f"pull request {self.wanted} is not one of the branch that this run was started for",
                f"the event's branch has {', '.join(map(str, numbers)) or 'none'}; --number may come from the run of a "
                "stranger and is not believed",
                "leave --number out",
            )
        numbers = numbers if len(numbers) == 1 else of_commit
        if len(numbers) == 1:
            return int(numbers[0])
        raise unknown_number(
            f"the branch that this run was started for has {len(pulls) or 'no'} pull request{'s' * (len(pulls) > 1)}",
            "one is needed", "give its --number",
        )  # fmt: skip


def place_of(environ: Mapping[str, str], number: int | None = None) -> Place:
    """Where to comment, from GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_EVENT_PATH and GITHUB_REF.

    Raises:
        DiagnosticError: PUB-ENV, PUB-URL, PUB-NUMBER.
    """
    api = parse((environ.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/"), "GITHUB_API_URL")
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository) or {".", ".."} & set(repository.split("/")):
        raise missing("GITHUB_REPOSITORY", "is not set" if not repository else "is no OWNER/NAME",
                      "set it to the repository: OWNER/NAME")  # fmt: skip
    event = _event(environ.get("GITHUB_EVENT_PATH"))
    run_of = event.get("workflow_run")
    if isinstance(run_of, Mapping):
        return _of_workflow_run(api, repository, run_of, environ, number)
    found = _of_event(event)
    if number is None:
        in_ref = re.fullmatch(r"refs/pull/([1-9][0-9]{0,9})/(?:merge|head)", environ.get("GITHUB_REF", ""))
        number = found if found is not None else int(in_ref[1]) if in_ref else None
    if number is None:
        raise unknown_number(
            "which pull request is meant is not known",
            "neither the event (GITHUB_EVENT_PATH) nor GITHUB_REF names one: this run is not one of a pull request",
            "give --number N, or run it on the event pull_request",
        )
    pull = event.get("pull_request")
    head = pull.get("head") if isinstance(pull, Mapping) and found == number else None
    return Place(api, repository, number, _run(environ, head.get("sha") if isinstance(head, Mapping) else None))


def _of_workflow_run(
    api: Target, repository: str, run_of: Mapping[str, Any], environ: Mapping[str, str], number: int | None
) -> Place:
    """The event names the commit and the branch that were looked at; those are GitHub's words, not the author's.

    Which of two such runs is the older is told by the run that they follow, not by themselves.
    """
    source = run_of.get("head_repository")
    owner = source.get("owner") if isinstance(source, Mapping) else None
    login = owner.get("login") if isinstance(owner, Mapping) else None
    branch = run_of.get("head_branch")
    if not isinstance(login, str) or not isinstance(branch, str):
        raise unknown_number("the event workflow_run names no branch", "so the pull request cannot be found",
                      "its branch may be deleted: nothing is left to comment on")  # fmt: skip
    run = Run(_sha(run_of.get("head_sha")), f"github {run_of.get('workflow_id')}",
              _whole(run_of.get("run_number")), _whole(run_of.get("run_attempt")) or 1)  # fmt: skip
    id_ = source.get("id") if isinstance(source, Mapping) else None
    return Place(api, repository, None, run, f"{login}:{branch}", number, id_ if isinstance(id_, int) else None)


def _source(pull: Mapping[str, Any]) -> object:
    """The id of the repository that a pull request comes from; None where that was deleted."""
    head = pull.get("head")
    repository = head.get("repo") if isinstance(head, Mapping) else None
    return repository.get("id") if isinstance(repository, Mapping) else None


def _of_event(event: Mapping[str, Any]) -> int | None:
    """The pull request of the pull_request events; the issue of issue_comment, if it is a pull request."""
    for name in ("pull_request", "issue"):
        found = event.get(name)
        if isinstance(found, Mapping) and (name == "pull_request" or found.get("pull_request")):
            number = found.get("number")
            if isinstance(number, int) and number > 0:
                return number
    return None


def _run(environ: Mapping[str, str], head: object) -> Run:
    workflow = environ.get("GITHUB_WORKFLOW_REF") or environ.get("GITHUB_WORKFLOW")
    name = (workflow or "").partition("@")[0]  # the part behind it is the branch, which differs from run to run
    return Run(_sha(head), f"github {name}" if name else None, _whole(environ.get("GITHUB_RUN_NUMBER")),
               _whole(environ.get("GITHUB_RUN_ATTEMPT")) or 1)  # fmt: skip


def _event(path: str | None) -> Mapping[str, Any]:
    """The event; empty where there is none.

    Raises:
        DiagnosticError: PUB-ENV, for a file that is none.
    """
    if not path:
        return {}
    try:
        with open(path, "rb") as stream:
            raw = stream.read(_MAX_EVENT + 1)
        event = json.loads(raw) if len(raw) <= _MAX_EVENT else None
    except (OSError, ValueError, RecursionError):
        event = None
    if not isinstance(event, Mapping):
        raise missing("GITHUB_EVENT_PATH", "names no readable event (a JSON object)", "unset it, or give --number")
    return event


def _sha(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch("[0-9a-f]{40,64}", value) else None


def _whole(value: object) -> int:
    if isinstance(value, str):
        return int(value) if re.fullmatch("[0-9]{1,18}", value) else 0
    return value if isinstance(value, int) and value > 0 else 0

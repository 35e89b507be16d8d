"""Notes of a GitLab merge request, by the notes API (version 4).

The token is a personal, group or project access token with the scope ``api`` (a job's own CI_JOB_TOKEN may not write
notes). Notes are asked for in small pages: each may hold a million characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from reconciler.model.calls import Clock
from reconciler.publishing import refusals
from reconciler.publishing.client import Client, Failed, Listener, Reply, Twice
from reconciler.publishing.refusals import missing
from reconciler.publishing.runs import Run
from reconciler.publishing.sticky import Comment
from reconciler.publishing.urls import Target, parse, shown
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

LIMIT = 1_000_000
"""Characters of a note."""
_PAGE = 20
_MAX_PAGES = 500
_RIGHTS = (
    "GITLAB_TOKEN needs the scope `api` and at least the role Reporter in the project; a locked merge request takes "
    "notes of its members only"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A project's merge request. The project is its id or its full path."""

    api: Target
    project: str
    number: int
    run: Run


def place_of(environ: Mapping[str, str], number: int | None = None) -> Place:
    """Where to comment, from CI_API_V4_URL, CI_MERGE_REQUEST_PROJECT_ID or CI_PROJECT_ID, CI_MERGE_REQUEST_IID.

    In the pipeline of a fork CI_PROJECT_ID is the fork, and the merge request is the other project's.

    Raises:
        DiagnosticError: PUB-ENV, PUB-URL, PUB-NUMBER.
    """
    api = parse((environ.get("CI_API_V4_URL") or "https://gitlab.com/api/v4").rstrip("/"), "CI_API_V4_URL")
    project = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID") or ""
    if not re.fullmatch(r"[1-9][0-9]{0,17}|[\w.-]+(/[\w.-]+)+", project, re.ASCII):
        raise missing("CI_PROJECT_ID", "is not set" if not project else "is no project",
                      "set it to the project's id, or to its full path: GROUP/NAME")  # fmt: skip
    iid = environ.get("CI_MERGE_REQUEST_IID", "")
    if number is None:
        if not re.fullmatch("[1-9][0-9]{0,9}", iid):
            raise refusals.unknown_number(
                "which merge request is meant is not known",
                "CI_MERGE_REQUEST_IID is not set: this job is not one of a merge request pipeline",
                'give --number N, or run the job with `rules: - if: $CI_PIPELINE_SOURCE == "merge_request_event"`',
            )
        number = int(iid)
    # empty in plain merge request pipelines, whose CI_COMMIT_SHA it then is
    head = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA") or ""
    head_known = str(number) == iid and re.fullmatch("[0-9a-f]{40,64}", head)
    pipeline = environ.get("CI_PIPELINE_ID", "")
    run = Run(head if head_known else None, f"gitlab {environ.get('CI_PROJECT_ID', '')}" if pipeline else None,
              int(pipeline) if re.fullmatch("[0-9]{1,18}", pipeline) else 0)  # fmt: skip
    return Place(api, project, number, run)


class GitLab:
    """One merge request (a :class:`~reconciler.publishing.sticky.Forge`)."""

    limit = LIMIT

    def __init__(
        self, place: Place, token: str, environ: Mapping[str, str], clock: Clock,
        *, wire: httpx.AsyncBaseTransport | None = None, timeout: float = 30.0, listen: Listener | None = None,
    ) -> None:  # fmt: skip
        self._place = place
        self._client = Client(environ, clock, headers={"private-token": token}, secrets=(token,), timeout=timeout,
                              budget=300.0, wire=wire, listen=listen)  # fmt: skip
        self._author: int | None = None
        self._url: str | None = None

    @property
    def words(self) -> refusals.Words:
        """What diagnostics call this merge request."""
        place = f"merge request {self._place.number} of project {self._place.project}"
        return refusals.Words(place, "GITLAB_TOKEN", _RIGHTS)

    @property
    def note(self) -> str:
        """Nothing: the job publishes what its own pipeline has made."""
        return ""

    async def find(self) -> None:
        """Nothing: the environment has told."""

    async def head(self) -> str | None:
        """The newest commit of the merge request."""
        found = (await self._reply("GET", "", "reading the merge request")).json()
        if not isinstance(found, Mapping):
            return None
        url = found.get("web_url")
        self._url = shown(url if isinstance(url, str) else None)
        return str(found["sha"]) if found.get("sha") else None

    async def own_comments(self) -> list[Comment]:
        """The notes of the token's own user, over all pages; those that GitLab writes itself do not count."""
        author = await self._who()
        own: list[Comment] = []
        page = 1
        for _ in range(_MAX_PAGES):
            query = {"sort": "asc", "order_by": "created_at", "per_page": str(_PAGE), "page": str(page)}
            reply = await self._reply("GET", "/notes", "reading the notes", query=query)
            found = reply.json()
            for note in found if isinstance(found, list) else ():
                if isinstance(note, Mapping) and not note.get("system") and _author(note.get("author")) == author:
                    own.append(self._note(note))
            following = reply.headers.get("x-next-page", "").strip()
            if not found or not re.fullmatch("[0-9]{1,9}", following) or int(following) <= page:
                return sorted(own, key=lambda comment: comment.id)
            page = int(following)
        raise Failed(f"there are more than {_PAGE * _MAX_PAGES:,} notes")

    async def create(self, body: str) -> Comment:
        """A new note."""
        reply = await self._reply("POST", "/notes", "writing a note", {"body": body}, Twice.NEVER)
        return self._note(reply.json())

    async def update(self, comment: Comment, body: str) -> Comment:
        """Another body for a note."""
        reply = await self._reply("PUT", f"/notes/{comment.id}", "editing the note", {"body": body})
        return self._note(reply.json())

    async def delete(self, comment: Comment) -> None:
        """No note any more."""
        reply = await self._client.send("DELETE", self._target(f"/notes/{comment.id}"))
        if reply.status not in (204, 404):
            self._check(reply, "deleting the note")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # ------------------------------------------------------------------ inside
    async def _who(self) -> int:
        if self._author is None:
            api = self._place.api
            reply = await self._client.send("GET", Target(api.scheme, api.host, api.port, f"{api.path}/user"))
            self._check(reply, "asking whose token it is")
            self._author = _author(reply.json())
            if self._author is None:
                raise Failed("the API does not tell whose token it is")
        return self._author

    async def _reply(
        self, method: str, path: str, doing: str, body: Any = None, twice: Twice = Twice.HARMLESS,
        *, query: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        reply = await self._client.send(method, self._target(path, query), body, twice=twice)
        self._check(reply, doing)
        return reply

    def _check(self, reply: Reply, doing: str) -> None:
        if not 200 <= reply.status < 300:
            raise refusals.refused(self.words, reply.status, self._client.said(reply), doing)

    def _target(self, path: str, query: Mapping[str, str] | None = None) -> Target:
        api, place = self._place.api, self._place
        where = f"/projects/{quote(place.project, safe='')}/merge_requests/{place.number}"
        return Target(api.scheme, api.host, api.port, f"{api.path}{where}{path}", urlencode(query or {}))

    def _note(self, found: object) -> Comment:
        """Raises Failed for an answer that is no note."""
        if not isinstance(found, Mapping) or not isinstance(found.get("id"), int):
            raise Failed("the API's answer is no note")
        body = found.get("body")
        url = f"{self._url}#note_{found['id']}" if self._url else None
        return Comment(found["id"], body if isinstance(body, str) else "", url)


def _author(user: object) -> int | None:
    number = user.get("id") if isinstance(user, Mapping) else None
    return number if isinstance(number, int) else None

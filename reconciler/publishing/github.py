"""Comments of a GitHub pull request, by the REST API for issue comments (version 2022-11-28).

Whose token it is: ``GET /user`` for a person's; an app's installation token (that of GitHub Actions is one, prefix
``ghs_``) may not ask that and is asked for GraphQL's ``viewer``. Where neither answers, it is taken for that of GitHub
Actions. Links of the API are not followed: the next page is asked for by its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from reconciler.model.calls import Clock
from reconciler.publishing import refusals
from reconciler.publishing.client import Client, Failed, Listener, Reply, Twice
from reconciler.publishing.github_place import Place
from reconciler.publishing.sticky import Comment
from reconciler.publishing.urls import Target, shown
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

LIMIT = 65_536
"""Characters of a comment."""
_ACTIONS = "github-actions[bot]"
_PAGE = 100
_MAX_PAGES = 200
_PACE = 1.0
"""Seconds between two writes: what GitHub asks of clients, so as not to run into its secondary limits."""
_FROM_ANOTHER_RUN = (
    "made by the pull request's own run, which its author may have changed: what a trusted run plans after the merge "
    "is what counts"
)
_RIGHTS = (
    "the token needs `permissions: pull-requests: write`; in a pull request from a fork it can only read: publish "
    "from a workflow_run of the base repository"
)


@dataclass(frozen=True, slots=True)
class Author:
    """Who the token is. ``certain`` False: nobody told, so that login and the account's type must do."""

    login: str
    id: int | None = None
    certain: bool = True

    def wrote(self, user: object) -> bool:
        """Is this the ``user`` of a comment? Ids decide where both are known: logins can change hands."""
        if not isinstance(user, Mapping):
            return False
        if self.id is not None and isinstance(user.get("id"), int):
            return bool(user["id"] == self.id)
        same = str(user.get("login", "")).casefold() == self.login.casefold()
        return same and (self.certain or user.get("type") == "Bot")


class GitHub:
    """One pull request (a :class:`~reconciler.publishing.sticky.Forge`)."""

    limit = LIMIT

    def __init__(
        self, place: Place, token: str, environ: Mapping[str, str], clock: Clock,
        *, wire: httpx.AsyncBaseTransport | None = None, timeout: float = 30.0, listen: Listener | None = None,
    ) -> None:  # fmt: skip
        self._place, self._installation = place, token.startswith("ghs_")
        headers = {"authorization": f"Bearer {token}", "accept": "application/vnd.github+json",
                   "x-github-api-version": "2022-11-28"}  # fmt: skip
        self._client = Client(environ, clock, headers=headers, secrets=(token,), timeout=timeout, budget=300.0,
                              wire=wire, listen=listen)  # fmt: skip
        self.number: int | None = place.number
        self._author: Author | None = None
        self._clock, self._written = clock, float("-inf")

    @property
    def words(self) -> refusals.Words:
        """What diagnostics call this pull request."""
        number = f"pull request {self.number}" if self.number is not None else "the pull request"
        return refusals.Words(f"{number} of {self._place.repository}", "GITHUB_TOKEN", _RIGHTS)

    @property
    def note(self) -> str:
        """In a workflow_run the documents are another run's, which the pull request's author may have had a hand in."""
        return "" if self._place.branch is None else _FROM_ANOTHER_RUN

    async def find(self) -> None:
        """Which pull request it is, where the environment does not say it in so many words.

        A workflow_run is told nothing of the pull request of a fork; the branch that the event names is looked up. A
        number that the command line gives must be one of those found: it may come from the run of a stranger.

        Raises:
            DiagnosticError: PUB-NUMBER, and as :meth:`_call`.
        """
        branch = self._place.branch
        if branch is None:
            return
        found = await self._call("GET", "/pulls", query={"state": "all", "head": branch, "per_page": str(_PAGE)},
                                 doing="looking for the pull request")  # fmt: skip
        pulls = [p for p in found if isinstance(p, Mapping)] if isinstance(found, list) else []
        self.number = self._place.choose(pulls)

    async def head(self) -> str | None:
        """The newest commit of the pull request."""
        found = await self._call("GET", f"/pulls/{self.number}", doing="reading the pull request")
        head = found.get("head") if isinstance(found, Mapping) else None
        return str(head["sha"]) if isinstance(head, Mapping) and head.get("sha") else None

    async def own_comments(self) -> list[Comment]:
        """The comments of the token's own identity, over all pages."""
        author = await self._who()
        own: list[Comment] = []
        for page in range(1, _MAX_PAGES + 1):
            reply = await self._reply("GET", f"/issues/{self.number}/comments", "reading the comments",
                                      query={"per_page": str(_PAGE), "page": str(page)})  # fmt: skip
            found = reply.json()
            for comment in found if isinstance(found, list) else ():
                if isinstance(comment, Mapping) and author.wrote(comment.get("user")):
                    own.append(_comment(comment))
            if 'rel="next"' not in reply.headers.get("link", "") or not found:
                return own
        raise Failed(f"there are more than {_PAGE * _MAX_PAGES:,} comments")

    async def create(self, body: str) -> Comment:
        """A new comment."""
        path = f"/issues/{self.number}/comments"
        return _comment(await self._call("POST", path, {"body": body}, Twice.NEVER, doing="writing a comment"))

    async def update(self, comment: Comment, body: str) -> Comment:
        """Another body for a comment."""
        path = f"/issues/comments/{comment.id}"
        return _comment(await self._call("PATCH", path, {"body": body}, doing="editing the comment"))

    async def delete(self, comment: Comment) -> None:
        """No comment any more."""
        reply = await self._send("DELETE", f"/issues/comments/{comment.id}")
        if reply.status not in (204, 404):
            self._check(reply, "deleting the comment")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # ------------------------------------------------------------------ inside
    async def _who(self) -> Author:
        if self._author is None:
            self._author = await self._user() or await self._viewer() or Author(_ACTIONS, None, False)
        return self._author

    async def _user(self) -> Author | None:
        if self._installation:
            return None
        reply = await self._client.send("GET", self._target("/user", root=True))
        if reply.status == 401:
            self._check(reply, "asking whose token it is")
        return _author(reply.json(), "id") if reply.status == 200 else None

    async def _viewer(self) -> Author | None:
        """GraphQL's words for whoever holds the token; works for installations too."""
        prefix = self._place.api.path
        path = prefix.removesuffix("/v3") + "/graphql" if prefix.endswith("/api/v3") else prefix + "/graphql"
        api = self._place.api
        reply = await self._client.send("POST", Target(api.scheme, api.host, api.port, path),
                                        {"query": "query{viewer{login databaseId}}"})  # fmt: skip
        if reply.status == 401:
            self._check(reply, "asking whose token it is")
        found = reply.json() if reply.status == 200 else None
        data = found.get("data") if isinstance(found, Mapping) else None
        return _author(data.get("viewer"), "databaseId") if isinstance(data, Mapping) else None

    async def _call(
        self, method: str, path: str, body: Any = None, twice: Twice = Twice.HARMLESS, *, doing: str,
        query: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        return (await self._reply(method, path, doing, body, twice, query)).json()

    async def _reply(
        self, method: str, path: str, doing: str, body: Any = None, twice: Twice = Twice.HARMLESS,
        query: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        reply = await self._send(method, path, body, twice, query)
        self._check(reply, doing)
        return reply

    async def _send(
        self, method: str, path: str, body: Any = None, twice: Twice = Twice.HARMLESS,
        query: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        if method != "GET":
            wait = self._written + _PACE - self._clock.now()
            if wait > 0:
                await self._clock.sleep(wait)
            self._written = self._clock.now()
        return await self._client.send(method, self._target(path, query), body, twice=twice)

    def _check(self, reply: Reply, doing: str) -> None:
        if not 200 <= reply.status < 300:
            raise refusals.refused(self.words, reply.status, self._client.said(reply), doing)

    def _target(self, path: str, query: Mapping[str, str] | None = None, *, root: bool = False) -> Target:
        api = self._place.api
        middle = "" if root else f"/repos/{quote(self._place.repository)}"
        return Target(api.scheme, api.host, api.port, f"{api.path}{middle}{path}", urlencode(query or {}))


def _author(user: object, id_field: str) -> Author | None:
    if not isinstance(user, Mapping) or not isinstance(user.get("login"), str):
        return None
    number = user.get(id_field)
    return Author(user["login"], number if isinstance(number, int) else None)


def _comment(found: object) -> Comment:
    """Raises Failed for an answer that is no comment."""
    if not isinstance(found, Mapping) or not isinstance(found.get("id"), int):
        raise Failed("the API's answer is no comment")
    body, url = found.get("body"), found.get("html_url")
    return Comment(found["id"], body if isinstance(body, str) else "", shown(url if isinstance(url, str) else None))

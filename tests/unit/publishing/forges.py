"""Stand-ins for GitHub's and GitLab's comment APIs on loopback, by their public documentation.

GitHub: REST version 2022-11-28 (issue comments, pulls, user, GraphQL's viewer, Link headers, rate limit headers, error
bodies). GitLab: v4 (notes, merge requests, user, x-next-page). Both keep everything that was asked of them in ``log``.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit


class Asked(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Answer(NamedTuple):
    status: int
    body: Any = None
    headers: dict[str, str] = {}


LOST = "lost"  # carried out, and the connection is closed without an answer
IDENTITIES = {
    "ghs_actions-token-000000000000000000": {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"},
    "ghp_person-token-0000000000000000000": {"login": "alice", "id": 7, "type": "User"},
    "ghs_other-app-token-0000000000000000": {"login": "acme-reviewer[bot]", "id": 9001, "type": "Bot"},
    "ghs_read-only-token-0000000000000000": {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"},
}
ACTIONS, PERSON, OTHER_APP, READ_ONLY = IDENTITIES
GITLAB_TOKEN = "glpat-project-token-0000"
HEAD = "c" * 40
OLD_HEAD = "a" * 40


class Server:
    """A handler behind a socket. ``faults`` are consumed first: (method, path pattern, answer or LOST or "half")."""

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.faults: list[tuple[str, str, Any]] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                parts = urlsplit(self.path)
                asked = Asked(
                    self.command, unquote(parts.path) if "%2F" not in parts.path else parts.path,
                    {k: v[0] for k, v in parse_qs(parts.query).items()}, {k.lower(): v for k, v in self.headers.items()},
                    json.loads(raw) if raw else None,
                )  # fmt: skip
                with outer.lock:
                    outer.log.append(asked)
                    fault = outer.fault(asked)
                    reply = fault if isinstance(fault, Answer) else outer.handle(asked)
                if fault == LOST:
                    self.close_connection = True
                    return
                content = b"" if reply.body is None else (
                    reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode())
                self.send_response(reply.status)
                for name, value in {**outer.headers(), **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.httpd.server_port}"

    def close(self) -> None:
        self.httpd.shutdown()
        self.httpd.server_close()

    def fault(self, asked: Asked) -> Any:
        for place, (method, pattern, answer) in enumerate(self.faults):
            if method == asked.method and re.search(pattern, asked.path):
                del self.faults[place]
                return answer
        return None

    def asked(self, method: str, pattern: str = "") -> list[Asked]:
        return [a for a in self.log if a.method == method and re.search(pattern, a.path)]

    def headers(self) -> dict[str, str]:
        return {}

    def handle(self, asked: Asked) -> Answer:
        return Answer(200, "ok")


class Hook(Server):
    """A webhook that takes everything."""


class GitHub(Server):
    """One repository, acme/shop, with pull request 17 from branch ``change`` of ``stranger``."""

    def __init__(self) -> None:
        super().__init__()
        self.comments: dict[int, dict[str, Any]] = {}
        self.next_id = 1000
        self.locked = self.gone = False
        self.pulls = {17: {"number": 17, "state": "open", "head": {"sha": HEAD, "label": "stranger:change",
                                                                  "repo": {"id": 5}}}}  # fmt: skip

    def headers(self) -> dict[str, str]:
        return {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4900", "x-ratelimit-reset": "1800003600"}

    def say(self, body: str, user: dict[str, Any] | None = None, number: int = 17) -> int:
        """Somebody writes a comment."""
        self.next_id += 1
        self.comments[self.next_id] = {
            "id": self.next_id, "node_id": f"IC_{self.next_id}", "body": body, "number": number,
            "html_url": f"https://github.com/acme/shop/pull/{number}#issuecomment-{self.next_id}",
            "user": user or {"login": "mallory", "id": 666, "type": "User"}, "author_association": "NONE",
            "performed_via_github_app": None,
        }  # fmt: skip
        return self.next_id

    def of(self, login: str) -> list[dict[str, Any]]:
        return [c for c in self.comments.values() if c["user"]["login"] == login]

    def handle(self, asked: Asked) -> Answer:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        who = IDENTITIES.get(token) if scheme == "Bearer" else None
        if who is None:
            return _said(401, "Bad credentials")
        if asked.path == "/user":
            if token.startswith("ghs_"):
                return _said(403, "Resource not accessible by integration")
            return Answer(200, who)
        if asked.path == "/graphql":
            assert "viewer" in asked.body["query"]
            return Answer(200, {"data": {"viewer": {"login": who["login"], "databaseId": who["id"]}}})
        found = re.fullmatch(r"/repos/acme/shop(/.*)", asked.path)
        if not found:
            return _said(404, "Not Found")
        path = found[1]
        if path == "/pulls":
            return Answer(200, [p for p in self.pulls.values() if p["head"]["label"] == asked.query.get("head")
                                and asked.query.get("state") in ("all", p["state"])])
        if found := re.fullmatch(r"/pulls/(\d+)", path):
            pull = self.pulls.get(int(found[1]))
            return Answer(200, pull) if pull else _said(404, "Not Found")
        writes = asked.method in ("POST", "PATCH", "DELETE")
        if writes and token == READ_ONLY:
            return _said(403, "Resource not accessible by integration")
        if found := re.fullmatch(r"/issues/(\d+)/comments", path):
            return self.of_issue(asked, int(found[1]), who)
        if found := re.fullmatch(r"/issues/comments/(\d+)", path):
            return self.one(asked, int(found[1]))
        return _said(404, "Not Found")

    def of_issue(self, asked: Asked, number: int, who: dict[str, Any]) -> Answer:
        if number not in self.pulls:
            return _said(404, "Not Found")
        if self.gone:
            return _said(410, "This issue was deleted")
        if asked.method == "GET":
            size, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
            assert 1 <= size <= 100
            every = sorted((c for c in self.comments.values() if c["number"] == number), key=lambda c: c["id"])
            links = []
            last = max(1, -(-len(every) // size))
            base = f"<{self.url}{asked.path}?per_page={size}&page="
            if page < last:
                links += [f'{base}{page + 1}>; rel="next"', f'{base}{last}>; rel="last"']
            if page > 1:
                links += [f'{base}{page - 1}>; rel="prev"', f'{base}1>; rel="first"']
            return Answer(200, every[(page - 1) * size : page * size], {"link": ", ".join(links)} if links else {})
        if self.locked:
            return _said(403, "Unable to create comment because issue is locked.")
        if bad := _too_long(asked.body["body"]):
            return bad
        return Answer(201, self.comments[self.say(asked.body["body"], who, number)])

    def one(self, asked: Asked, number: int) -> Answer:
        if number not in self.comments:
            return _said(404, "Not Found")
        if asked.method == "DELETE":
            del self.comments[number]
            return Answer(204)
        if bad := _too_long(asked.body["body"]):
            return bad
        self.comments[number]["body"] = asked.body["body"]
        return Answer(200, self.comments[number])


def _said(status: int, message: str) -> Answer:
    return Answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)})


def _too_long(body: str) -> Answer | None:
    if len(body) <= 65536:
        return None
    return Answer(422, {"message": "Validation Failed", "errors": [{
        "resource": "IssueComment", "code": "unprocessable", "field": "data",
        "message": "Body is too long (maximum is 65536 characters)"}]})  # fmt: skip


class GitLab(Server):
    """One project, 42, with merge request 5. Its token's user is project_42_bot, id 77."""

    ME = {"id": 77, "username": "project_42_bot", "name": "reconciler"}

    def __init__(self) -> None:
        super().__init__()
        self.notes: dict[int, dict[str, Any]] = {}
        self.next_id = 300
        self.locked = False

    def headers(self) -> dict[str, str]:
        return {"ratelimit-limit": "2000", "ratelimit-remaining": "1990", "ratelimit-reset": "1800000060"}

    def say(self, body: str, author: dict[str, Any] | None = None, system: bool = False) -> int:
        self.next_id += 1
        self.notes[self.next_id] = {
            "id": self.next_id, "body": body, "author": author or {"id": 666, "username": "mallory"}, "system": system,
            "noteable_type": "MergeRequest", "noteable_iid": 5, "resolvable": False, "internal": False,
        }  # fmt: skip
        return self.next_id

    def handle(self, asked: Asked) -> Answer:
        if asked.headers.get("private-token") != GITLAB_TOKEN:
            return Answer(401, {"message": "401 Unauthorized"})
        if asked.path == "/api/v4/user":
            return Answer(200, self.ME)
        found = re.fullmatch(r"/api/v4/projects/(42|acme%2Fshop)/merge_requests/5(/.*)?", asked.path)
        if not found:
            return Answer(404, {"message": "404 Not found"})
        path = found[2] or ""
        if not path:
            return Answer(200, {"iid": 5, "sha": HEAD, "web_url": "https://gitlab.example.com/acme/shop/-/merge_requests/5"})
        if path == "/notes":
            return self.list(asked) if asked.method == "GET" else self.create(asked)
        if found := re.fullmatch(r"/notes/(\d+)", path):
            return self.one(asked, int(found[1]))
        return Answer(404, {"error": "404 Not Found"})

    def list(self, asked: Asked) -> Answer:
        size, page = int(asked.query.get("per_page", 20)), int(asked.query.get("page", 1))
        every = sorted(self.notes.values(), key=lambda n: n["id"], reverse=asked.query.get("sort", "desc") == "desc")
        more = page * size < len(every)
        return Answer(200, every[(page - 1) * size : page * size],
                      {"x-page": str(page), "x-per-page": str(size), "x-next-page": str(page + 1) if more else ""})

    def create(self, asked: Asked) -> Answer:
        if self.locked:
            return Answer(403, {"message": "403 Forbidden"})
        if len(asked.body["body"]) > 1_000_000:
            return Answer(400, {"message": "400 Bad request - Note {:note=>[\"is too long (maximum is 1000000 characters)\"]}"})
        return Answer(201, self.notes[self.say(asked.body["body"], self.ME)])

    def one(self, asked: Asked, number: int) -> Answer:
        if number not in self.notes:
            return Answer(404, {"message": "404 Note Not Found"})
        if self.notes[number]["author"]["id"] != self.ME["id"]:
            return Answer(403, {"message": "403 Forbidden"})
        if asked.method == "DELETE":
            del self.notes[number]
            return Answer(204)
        self.notes[number]["body"] = asked.body["body"]
        return Answer(200, self.notes[number])


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self.waits: list[float] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._now += seconds

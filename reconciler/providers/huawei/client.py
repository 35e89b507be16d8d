"""Huawei's endpoints: ELB v3, VPC v3 and the few of IAM that a client needs. Pages are followed to their end."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from reconciler.model.calls import Denied, Immutable, NotFound, ProviderError, QuotaExceeded, Refused, Unreachable
from reconciler.model.canonical import Json
from reconciler.providers.answers import Answer, Words, text_at
from reconciler.providers.http import Auth, Http, NoAuth
from reconciler.providers.huawei.auth import KeyAuth, Token, TokenAuth
from reconciler.providers.huawei.settings import Settings
from reconciler.records import dataclass

PAGE = 2000
"""Largest ``limit`` of ELB v3 and VPC v3 lists."""

URL_ROOM = 6000
"""Characters of a query's repeated filters in one URL: proxies and gateways take 8 KiB."""

TOKEN_PATH = ("v3", "auth", "tokens")

_PERMISSION = re.compile(r"\b(?:elb|vpc|iam):[A-Za-z]+:[A-Za-z]+\b")
_QUOTA_CODES = frozenset({"ELB.8905", "ELB.9807", "VPC.9905"})
_QUOTA_TEXT = re.compile(r"quota", re.IGNORECASE)
_LOCKED_TEXT = re.compile(r"\bimmutable\b|PENDING_(?:CREATE|UPDATE|DELETE)", re.IGNORECASE)
_ACTIONS = {"GET": "get", "POST": "create", "PUT": "update", "DELETE": "delete"}
_RESOURCES = (
    ("/elb/l7policies/rules", "elb:l7rules"), ("/rules", "elb:l7rules"), ("/elb/l7policies", "elb:l7policies"),
    ("/elb/listeners", "elb:listeners"), ("/elb/loadbalancers", "elb:loadbalancers"), ("/elb/pools", "elb:pools"),
    ("/elb/quotas", "elb:quotas"), ("/vpc/security-group-rules", "vpc:securityGroupRules"),
    ("/vpc/security-groups", "vpc:securityGroups"), ("/v3/projects", "iam:projects"),
)  # fmt: skip


class HuaweiDialogue:
    """How Huawei's services word errors (huawei.md 1.4)."""

    def words(self, status: int, headers: Mapping[str, str], body: Json) -> Words:
        """Code and text, whichever of the five shapes the body has; the id also from ``X-Request-Id``."""
        inner = _error_object(body)
        message = text_at(inner, "error_msg", "errorMsg", "message", "error_description", "title")
        if message is None and isinstance(body, str):
            message = body
        return Words(
            message or "", text_at(inner, "error_code", "errorCode", "code", "type"),
            text_at(body, "request_id", "requestId") or headers.get("x-request-id"),
        )  # fmt: skip

    def refusal(self, status: int, words: Words, method: str, path: str) -> tuple[type[ProviderError], str]:
        """The error class by status, code and text; for 401 and 403 the permission that is missing."""
        if words.code in _QUOTA_CODES or (status in (400, 403, 409) and _QUOTA_TEXT.search(words.message)):
            return QuotaExceeded, ""
        if status == 401:
            return Denied, "the credentials are wrong, expired, or of another project or region"
        if status == 403:
            named = _PERMISSION.search(words.message)
            return Denied, f"missing permission: {named.group() if named else permission(method, path)}"
        if status == 404:
            return NotFound, ""
        if status in (409, 423) and _LOCKED_TEXT.search(words.message):
            return Immutable, ""
        return Refused, ""


def permission(method: str, path: str) -> str:
    """The documented action of a call, such as ``elb:l7policies:update``."""
    for part, resource in _RESOURCES:
        if part in path:
            action = _ACTIONS.get(method, "get")
            is_list = method == "GET" and (path.endswith(part) or resource.endswith(("quotas", "projects")))
            if resource == "vpc:securityGroupRules" and is_list:
                return f"{resource}:get"
            return f"{resource}:{'list' if is_list else action}"
    return "unknown"


def existing_id(message: str) -> str | None:
    """The id in ``Security group rule already exists. Rule id is {id}.`` (HW-S03)."""
    found = re.search(r"Rule id is ([0-9a-fA-F-]{32,36})", message)
    return found.group(1) if found else None


@dataclass(slots=True)
class Client:
    """The endpoints, with the project's id filled in."""

    http: Http
    settings: Settings
    auth: Auth
    project_id: str | None = None

    async def get(self, service: str, *path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        """GET ``/v3/{project}/{service}/...``."""
        return await self.http.request(
            self.settings.endpoints[service], "GET", self._path(service, *path), auth=self.auth, query=query
        )

    async def pages(
        self, service: str, path: Sequence[str], key: str, query: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[dict[str, Json]], int]:
        """All objects of a list, each id once, and how many calls that took. See :meth:`each_page`."""
        found: dict[str, dict[str, Json]] = {}
        calls = await self.each_page(
            service, path, key, query, lambda page: found.update((item["id"], item) for item in page)
        )
        return list(found.values()), calls

    async def each_page(
        self,
        service: str,
        path: Sequence[str],
        key: str,
        query: Sequence[tuple[str, str]],
        take: Callable[[list[dict[str, Json]]], None],
    ) -> int:
        """Give every page of a list to ``take``; how many calls that took.

        The end is where no marker is given, or a page is empty: a page may be shorter than asked and still not be
        the last one, and some clouds give a marker on the last page too.

        Raises:
            Unreachable: a marker comes back a second time (the list would never end), or objects have no id.
        """
        seen: set[str] = set()
        marker: str | None = None
        calls = 0
        while True:
            page = [("limit", str(PAGE)), *([("marker", marker)] if marker else [])]
            answer = await self.get(service, *path, query=[*query, *page])
            calls += 1
            objects = answer.objects(key)
            if not all(isinstance(item.get("id"), str) for item in objects):
                raise answer.broken(f"an object of {key!r} has no id")
            marker = text_at(answer.body.get("page_info"), "next_marker")
            if objects:
                take(objects)
            if not objects or marker is None:
                return calls
            if marker in seen:
                raise answer.broken("a page marker came back: the list does not end")
            seen.add(marker)
            del answer, objects  # the next page must not have to wait in memory beside this one

    async def send(self, service: str, method: str, path: Sequence[str | int], body: Json) -> Answer:
        """One write; ``path`` is whole. A duplicate's id is put on the refusal.

        Raises:
            ProviderError: what the API answered.
        """
        try:
            return await self.http.request(
                self.settings.endpoints[service], method, path, auth=self.auth, body=body
            )
        except Refused as refused:
            refused.existing_id = existing_id(refused.message)
            raise

    async def fetch_token(self) -> Token:
        """Log in with a password: ``POST /v3/auth/tokens``.

        Raises:
            ProviderError: refused, or no token in the answer.
        """
        given = self.settings.credentials
        scope = {"id": self.settings.project_id} if self.settings.project_id else {"name": self.settings.project_name}
        user = {"name": given["username"], "password": given["password"], "domain": {"name": given["domain"]}}
        answer = await self.http.request(
            self.settings.endpoints["iam"], "POST", TOKEN_PATH, auth=NoAuth(), query=[("nocatalog", "true")],
            body={"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                           "scope": {"project": scope}}},
            login=True,
        )  # fmt: skip
        text = answer.headers.get("x-subject-token", "")
        if not text:
            raise answer.broken("the answer has no X-Subject-Token")
        self.http.redactor.add(text)
        token = answer.object("token")
        project = token.get("project")
        return Token(text, _expiry(text_at(token, "expires_at")), text_at(project, "id"))

    async def find_project(self) -> str:
        """The project's id by its name (the region's own project has the region's name).

        Raises:
            Denied, Unreachable: none, or several.
        """
        name = self.settings.project_name or ""
        answer = await self.http.request(
            self.settings.endpoints["iam"], "GET", ("v3", "projects"), auth=self.auth, query=[("name", name)]
        )
        named = [p for p in answer.objects("projects") if p.get("name", name) == name and isinstance(p.get("id"), str)]
        if len(named) != 1:
            count = "no project" if not named else f"{len(named)} projects"
            raise Unreachable(
                f"{answer.request}: {count} named {name!r}: set spec.project_id", status=answer.status,
                request=answer.request, request_id=answer.request_id, code="AUTH-PROJECT",
            )  # fmt: skip
        return str(named[0]["id"])

    def use_project(self, project_id: str) -> None:
        """From now on every path and signature carries this project."""
        self.project_id = project_id
        if isinstance(self.auth, KeyAuth):
            self.auth.project_id = project_id

    def needs_token(self) -> bool:
        """True when the first call has to log in."""
        return isinstance(self.auth, TokenAuth) and self.auth.fetch is not None and self.auth.token is None

    def _path(self, service: str, *rest: str) -> tuple[str, ...]:
        if self.project_id is None:
            raise RuntimeError("authenticate() was not called: the project's id is not known yet")
        return ("v3", self.project_id, service, *rest)


def chunks(values: Sequence[str], key: str, room: int = URL_ROOM) -> list[list[tuple[str, str]]]:
    """Repeated filters ``key=value`` in as many queries as URLs of bounded length need."""
    out: list[list[tuple[str, str]]] = []
    used = room + 1
    for value in values:
        size = len(key) + len(value) + 2
        if used + size > room:
            out.append([])
            used = 0
        out[-1].append((key, value))
        used += size
    return out


def _error_object(body: Json) -> Json:
    """The object that holds code and text: the body, or an object one or more levels inside it."""
    for _ in range(4):
        if not isinstance(body, Mapping):
            return {}
        if text_at(body, "error_msg", "errorMsg", "message"):
            return body
        inner = [value for value in body.values() if isinstance(value, Mapping)]
        if not inner:
            return body
        body = inner[0]
    return {}


def _expiry(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

"""Gcore's endpoints: lists with limit and offset, one API key, errors with ``exception_class``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reconciler.model.calls import Denied, Immutable, NotFound, ProviderError, QuotaExceeded, Refused
from reconciler.model.canonical import Json
from reconciler.providers.answers import Answer, Words, text_at
from reconciler.providers.gcore.settings import Settings
from reconciler.providers.http import Http, Outgoing
from reconciler.records import dataclass, field

PAGE = 1000
"""Largest ``limit`` of Gcore's lists; always sent, because some lists give 10 without it."""

_EXISTS = re.compile(r"already exists|duplicate|RuleExists", re.IGNORECASE)
_ROLES = {"GET": "project role Observer or more", "": "project role User or more"}


class GcoreDialogue:
    """How Gcore words errors (gcore.md 1.4)."""

    def words(self, status: int, headers: Mapping[str, str], body: Json) -> Words:
        """``exception_class``, ``message`` with its ``invalid_fields``, and ``request_id``, all of the body."""
        message = text_at(body, "message", "detail", "error") or (body if isinstance(body, str) else "")
        fields = body.get("invalid_fields") if isinstance(body, Mapping) else None
        if isinstance(fields, Mapping) and fields:
            listed = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
            message = f"{message} [{listed}]"
        return Words(message, text_at(body, "exception_class"), text_at(body, "request_id"))

    def refusal(self, status: int, words: Words, method: str, path: str) -> tuple[type[ProviderError], str]:
        """The error class: 409 is a lock, unless it says that the object exists; 403 may be a quota."""
        if words.code == "QuotaLimitExceed" or (status == 403 and "quota" in words.message.lower()):
            return QuotaExceeded, ""
        if status == 401:
            return Denied, "the API key is wrong, expired or deleted"
        if status == 403:
            role = _ROLES["GET" if method == "GET" else ""]
            return Denied, f"the key's user needs {role} in this project"
        if status == 404:
            return NotFound, ""
        if status == 409:
            known = _EXISTS.search(f"{words.code or ''} {words.message}")
            return (Refused, "") if known else (Immutable, "")
        return Refused, ""


@dataclass(frozen=True, slots=True)
class ApiKeyAuth:
    """``Authorization: APIKey <token>``."""

    api_key: str = field(repr=False)

    async def headers(self, request: Outgoing) -> dict[str, str]:
        """The header, the same for every request."""
        return {"authorization": f"APIKey {self.api_key}"}

    async def renew(self, used: Mapping[str, str]) -> bool:
        """Never: a key that is refused stays refused."""
        return False


@dataclass(frozen=True, slots=True)
class Client:
    """The endpoints, with project and region filled in."""

    http: Http
    settings: Settings
    auth: ApiKeyAuth

    def scoped(self, version: str, collection: str, *rest: str) -> tuple[str | int, ...]:
        """``cloud/<version>/<collection>/<project>/<region>/...``."""
        return ("cloud", version, collection, self.settings.project_id, self.settings.region_id, *rest)

    async def get(self, path: Sequence[str | int], query: Sequence[tuple[str, str]] = ()) -> Answer:
        """GET a path of :meth:`scoped`."""
        return await self.http.request(self.settings.endpoint, "GET", path, auth=self.auth, query=query)

    async def pages(
        self, path: Sequence[str | int], query: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[dict[str, Json]], int]:
        """All objects of a list, and how many calls that took. Objects that two pages show are counted once.

        Raises:
            Unreachable: no list, objects without an id, or a page without anything new (the list would never end).
        """
        found: dict[str, dict[str, Json]] = {}
        offset = calls = 0
        while True:
            answer = await self.get(path, [*query, ("limit", str(PAGE)), ("offset", str(offset))])
            calls += 1
            objects = answer.objects("results")
            known = len(found)
            for item in objects:
                if not isinstance(item.get("id"), str):
                    raise answer.broken("an object of the list has no id")
                found[item["id"]] = item
            if objects and len(found) == known:
                raise answer.broken("a page shows nothing new: the list does not end")
            offset += len(objects)
            count = answer.body.get("count")
            if not isinstance(count, int):
                raise answer.broken("the list does not tell its count")
            if not objects or offset >= count:
                return list(found.values()), calls

    async def send(self, method: str, path: Sequence[str | int], body: Json) -> Answer:
        """One write; ``path`` is whole."""
        return await self.http.request(self.settings.endpoint, method, path, auth=self.auth, body=body)

"""OpenStack's endpoints: lists by marker, the errors of three services, one token (openstack.md 2, 3, 5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.calls import Denied, Immutable, NotFound, ProviderError, QuotaExceeded, Refused
from reconciler.model.canonical import Json
from reconciler.providers.answers import Answer, Words, text_at
from reconciler.providers.http import Http
from reconciler.providers.live import Raw, objects_in, text_of
from reconciler.providers.openstack.auth import Keystone

PAGE = 1000
"""The ``limit`` that is asked for: Octavia's own default maximum. A server may give less."""

RESTARTS = 3
"""How often a walk through pages begins at most: the object that a marker names may be deleted meanwhile."""

_LOCKED = "is immutable and cannot be updated"
_EXISTING = re.compile(r"Rule id is ([0-9a-fA-F-]{36})")


class OpenStackDialogue:
    """How Octavia, Neutron and Keystone word errors."""

    def words(self, status: int, headers: Mapping[str, str], body: Json) -> Words:
        """Octavia's ``faultstring`` or ``description``, Neutron's ``NeutronError``, Keystone's ``error``."""
        request_id = headers.get("x-openstack-request-id") or None
        if isinstance(body, str):
            return Words(body, None, request_id)
        for key in ("NeutronError", "error"):
            inner = body.get(key) if isinstance(body, Mapping) else None
            if isinstance(inner, Mapping):
                detail = text_at(inner, "detail")
                message = text_at(inner, "message") or ""
                code = text_at(inner, "type", "title")
                return Words(f"{message} ({detail})" if detail else message, code, request_id)
        return Words(text_at(body, "faultstring", "description", "message", "title") or "", None, request_id)

    def refusal(self, status: int, words: Words, method: str, path: str) -> tuple[type[ProviderError], str]:
        """The error class; only the text tells a lock from the other meanings of 409 (openstack.md 1, fact 4)."""
        message = words.message
        if words.code == "OverQuota" or (status == 403 and "quota" in message.lower()):
            return QuotaExceeded, ""
        if status == 401:
            return Denied, "user, password, application credential or project is wrong, or the token has ended"
        if status == 403:
            role = "reader" if method == "GET" else "member"
            return Denied, f"the user needs role {role} in this project, or the role that the cloud's policy names"
        if status == 404:
            return NotFound, ""
        if status == 409 and _LOCKED in message:
            return Immutable, ""
        return Refused, ""


def existing_id(error: Refused) -> str | None:
    """The id of the equal rule that Neutron's refusal names."""
    found = _EXISTING.search(error.message) if error.status == 409 else None
    return found.group(1) if found else None


@dataclass(frozen=True, slots=True)
class Client:
    """Requests to a service of the catalog."""

    http: Http
    keystone: Keystone

    async def get(self, service: str, path: Sequence[str], query: Sequence[tuple[str, str]] = ()) -> Answer:
        """GET a path of a service."""
        endpoint = await self.keystone.endpoint(service)
        return await self.http.request(endpoint, "GET", path, auth=self.keystone, query=query)

    async def send(self, service: str, method: str, path: Sequence[str | int], body: Json) -> Answer:
        """One write."""
        endpoint = await self.keystone.endpoint(service)
        return await self.http.request(endpoint, method, path, auth=self.keystone, body=body)

    async def pages(
        self,
        service: str,
        path: Sequence[str],
        key: str,
        query: Sequence[tuple[str, str]] = (),
        known: Collection[str] | None = None,
    ) -> tuple[list[Raw], int]:
        """All objects of a list, and how many calls that took.

        The next page is asked for with our own query and the last id as ``marker``: the server's ``next`` links drop
        filters, so they only tell that there may be more. ``known``: the ids of a list that was told a moment ago;
        when all of them are there, an empty page behind a full one is not asked for.

        Raises:
            ProviderError: a page could not be read.
        """
        calls = 0
        for attempt in range(1, RESTARTS + 1):
            found: dict[str, Raw] = {}
            marker: str | None = None
            try:
                while True:
                    beside = [("limit", str(PAGE)), *([("marker", marker)] if marker is not None else [])]
                    calls += 1
                    answer = await self.get(service, path, [*query, *beside])
                    objects = answer.objects(key)
                    fresh = [raw for raw in objects if _id(raw, answer) not in found]
                    found.update((text_of(raw["id"]), raw) for raw in fresh)
                    whole = known is not None and found.keys() >= set(known)
                    if not fresh or whole or not _more(answer, key):
                        return list(found.values()), calls
                    marker = text_of(objects[-1]["id"])
            except Refused as error:
                if marker is None or error.status != 400 or attempt == RESTARTS:
                    raise
        raise AssertionError("unreachable")


def _more(answer: Answer, key: str) -> bool:
    """Does the list go on? A full page has a ``next`` link (its content is not used); a short one has none."""
    return any(link.get("rel") == "next" for link in objects_in(answer.body.get(f"{key}_links")))


def _id(raw: Raw, answer: Answer) -> str:
    found = text_of(raw.get("id"))
    if not found:
        raise answer.broken("an object of the list has no id")
    return found

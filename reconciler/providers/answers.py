"""What an API answered, and what an answer means: parsed bodies, refusals, and words for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from reconciler.model.calls import ProviderError, Unreachable
from reconciler.model.canonical import Json
from reconciler.records import dataclass, field

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a decoded body that are read at most: 100,000 rules in one page are 55 MB."""


class BrokenAnswer(ValueError):
    """An answer that cannot be what the API documents; the text says why, without the body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An accepted request (2xx). ``body`` is the parsed JSON, None when there is none."""

    status: int
    headers: Mapping[str, str] = field(hash=False)
    body: Json = field(hash=False)
    request: str = ""
    request_id: str | None = None

    def objects(self, key: str) -> list[dict[str, Json]]:
        """The list of objects under ``key``.

        Raises:
            Unreachable: the answer has no such list.
        """
        found = self.body.get(key) if isinstance(self.body, dict) else None
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self.broken(f"the answer has no list of objects {key!r}")
        return found

    def object(self, key: str | None = None) -> dict[str, Json]:
        """The object under ``key`` (None: the body itself).

        Raises:
            Unreachable: the answer has no such object.
        """
        found = self.body
        if key is not None:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise self.broken(f"the answer has no object {key!r}" if key else "the answer is not an object")
        return found

    def broken(self, why: str) -> Unreachable:
        """The error for an answer to a read that is not what the API documents."""
        return Unreachable(
            f"{self.request}: {why}", status=self.status, request_id=self.request_id, request=self.request,
            code="CONN-ANSWER",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What an error answer says: the API's code, its text, and the id to quote to the provider."""

    message: str
    code: str | None = None
    request_id: str | None = None


class Dialogue(Protocol):
    """How one API words its errors."""

    def words(self, status: int, headers: Mapping[str, str], body: Json) -> Words:
        """Code, text and request id of an answer; ``body`` is parsed JSON, or text, or None."""
        ...

    def refusal(self, status: int, words: Words, method: str, path: str) -> tuple[type[ProviderError], str]:
        """The error class for a 4xx, and what to add for people (the permission that is missing), or ``""``."""
        ...


def parse(raw: bytes, content_type: str) -> Json:
    """A body as JSON; None when empty.

    Raises:
        BrokenAnswer: not JSON (HTML, truncated, too deep, numbers without end).
    """
    if not raw.strip():
        return None
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise BrokenAnswer("the answer is JSON nested too deeply") from None
    except (ValueError, UnicodeDecodeError):
        what = "HTML" if "html" in content_type.lower() or raw.lstrip()[:1] == b"<" else "not valid JSON"
        raise BrokenAnswer(f"the answer is {what} ({len(raw)} bytes, content type {content_type[:60]!r})") from None


def parse_error(raw: bytes) -> Json:
    """The body of an error answer: JSON where it is, else its first text, else None."""
    try:
        return parse(raw, "")
    except BrokenAnswer:
        text = raw[:2000].decode("utf-8", "replace")
        return None if text.lstrip()[:1] == "<" else text


def text_at(body: Json, *keys: str) -> str | None:
    """The first of ``keys`` that holds a text (or number) in an object."""
    if isinstance(body, Mapping):
        for key in keys:
            value = body.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return str(value)
    return None


def _no_constant(name: str) -> Json:
    raise ValueError(name)

"""No credential leaves in words (P7): every text that came from outside passes through here before anyone sees it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "***"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(://)[^/?#\s\"'<>]*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)\b(apikey|bearer|basic)\s+[A-Za-z0-9$._~+/=-]{4,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"SDK-HMAC-SHA256\s+Access=[^\s\"']*(?:,\s*SignedHeaders=[^\s\"',]*)?"), f"SDK-HMAC-SHA256 {HIDDEN}"),
    (re.compile(r"(?i)\b(signature|access)=[A-Za-z0-9+/=%-]+"), rf"\1={HIDDEN}"),
    (re.compile(r"\b[0-9a-fA-F]{64}\b"), HIDDEN),
    (re.compile(r"\b(?:gh[opusr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-)[A-Za-z0-9_.-]{16,}"), HIDDEN),
    (re.compile(r"(hooks\.slack(?:-gov)?\.com/)[^\s\"'<>]+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"(?i)(\b(?:proxy-)?authorization|x-auth-token|x-subject-token|x-security-token|set-cookie|cookie"
            r"|password|secret(?:[_-]?key)?|security[_-]?token|api[_-]?key)(\"?\s*[:=]\s*\"?)[^\s\",;}]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHORTEST = 3


class Redactor:
    """Knows the secrets of one connection and what secrets look like.

    Secrets that are learnt on the way (a token) are added with :meth:`add`.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Never show this text again, nor its percent-encoded, base64 or JSON-escaped form."""
        if len(secret) < _SHORTEST:
            return
        forms = {secret, quote(secret, safe=""), b64encode(secret.encode()).decode(), _json_escaped(secret)}
        self._secrets = sorted({*self._secrets, *forms}, key=len, reverse=True)

    def clean(self, text: str, limit: int = 600) -> str:
        """``text`` without credentials and control characters, at most ``limit`` characters long."""
        text = text[: limit * 20]
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        text = " ".join(_CONTROL.sub("?", text).split())
        return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def _json_escaped(text: str) -> str:
    import json

    return json.dumps(text)[1:-1]

"""Identifiers that look like a cloud's own but follow from their input alone: same input, same bytes."""

from __future__ import annotations

import hashlib
import uuid


def stable_uuid(*parts: object) -> str:
    """A uuid (version 5 layout) derived from ``parts``; equal parts give the equal uuid in every process."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.sha1(b"reconciler.emulator\x00" + text.encode(), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def stable_hex(*parts: object) -> str:
    """Thirty-two lower-case hex digits derived from ``parts`` (Huawei project ids, request ids)."""
    return stable_uuid(*parts).replace("-", "")

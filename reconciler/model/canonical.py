"""Canonical JSON, digests, and the two placeholder objects that a plan may hold instead of a value."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

Json: TypeAlias = "Any"
"""Parsed JSON: None, bool, int, float, str, list/tuple, mapping with string keys."""


def canonical(value: Json) -> bytes:
    """UTF-8 JSON with sorted keys and no blanks: the only form that is ever digested."""
    import json

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Json) -> str:
    """Hex SHA-256 of the canonical form."""
    import hashlib  # here: OpenSSL takes 5 ms to load, and validate digests nothing

    return hashlib.sha256(canonical(value)).hexdigest()


def from_step(step: str, field: str = "id") -> dict[str, Json]:
    """``{"$from": {"step": "s3", "field": "id"}}``: the value is known once that step has run."""
    return {"$from": {"step": step, "field": field}}


def is_from(value: Json) -> bool:
    """True for a ``$from`` object (a user's string can never be one: it is a string)."""
    return isinstance(value, Mapping) and set(value) == {"$from"}


def position(after: str | None, before: str | None, expected: int) -> dict[str, Json]:
    """``$position``: the index directly behind the policy at address ``after`` (None: the first place).

    ``before`` is the address of the direct successor at that point of the plan (None: the end of the list);
    ``expected`` is the 1-based index on the replayed list. Listed and unlisted neighbours count alike.
    """
    return {"$position": {"after": after, "before": before, "expected": expected}}


def is_position(value: Json) -> bool:
    """True for a ``$position`` object."""
    return isinstance(value, Mapping) and set(value) == {"$position"}

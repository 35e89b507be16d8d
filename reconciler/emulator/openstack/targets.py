"""What Octavia makes of a policy's action and targets, and of positions: silent rewriting included. Pure.

Source: openstack.md 3 ('Silent rewriting', 'Positions').
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.openstack.errors import ApiError, fault
from reconciler.emulator.store import Object

ACTIONS = ("REDIRECT_PREFIX", "REJECT", "REDIRECT_TO_URL", "REDIRECT_TO_POOL")
_DEFAULT_CODE = 302
_NEEDS = {
    "REDIRECT_TO_URL": ("redirect_url", "redirect_url must not be None"),
    "REDIRECT_TO_POOL": ("redirect_pool_id", "redirect_pool_id or redirect_pool must not be None"),
    "REDIRECT_PREFIX": ("redirect_prefix", "redirect_prefix must not be None"),
}


def _refusal(text: str) -> ApiError:
    return fault(400, f"Invalid L7 Policy arguments: {text}")


def settle_target(sent: Mapping[str, Any]) -> Object:
    """What Octavia goes on with after it was sent these fields. Raises ``ApiError`` 400.

    A target decides the action, whatever the action said; a pool and another target contradict each other; of a URL
    and a prefix the URL wins; what belongs to no target that is left becomes null.
    """
    body = dict(sent)
    action = body.get("action")
    if action == "REJECT":
        body.update(redirect_url=None, redirect_pool_id=None)
    elif action in _NEEDS:
        field, refusal = _NEEDS[action]
        if not body.get(field):
            raise _refusal(refusal)
        if action == "REDIRECT_TO_URL":
            body["redirect_pool_id"] = None
        elif action == "REDIRECT_TO_POOL":
            body["redirect_url"] = None
    elif "action" in body:
        raise fault(400, f"Invalid L7 Policy action specified: {action}")
    if body.get("redirect_pool_id") and (body.get("redirect_url") or body.get("redirect_prefix")):
        raise _refusal("Cannot specify redirect_pool_id and redirect_url or redirect_prefix at the same time")
    if body.get("redirect_pool_id"):
        body.update(action="REDIRECT_TO_POOL", redirect_url=None, redirect_prefix=None, redirect_http_code=None)
    if body.get("redirect_url"):
        body.update(action="REDIRECT_TO_URL", redirect_pool_id=None, redirect_prefix=None)
        body["redirect_http_code"] = body.get("redirect_http_code") or _DEFAULT_CODE
    if body.get("redirect_prefix"):
        body.update(action="REDIRECT_PREFIX", redirect_pool_id=None, redirect_url=None)
        body["redirect_http_code"] = body.get("redirect_http_code") or _DEFAULT_CODE
    if not body:
        raise _refusal("Invalid update options")
    return body


_CLEARED = {
    "REJECT": ("redirect_url", "redirect_pool_id", "redirect_prefix", "redirect_http_code"),
    "REDIRECT_TO_URL": ("redirect_pool_id", "redirect_prefix"),
    "REDIRECT_TO_POOL": ("redirect_url", "redirect_prefix", "redirect_http_code"),
    "REDIRECT_PREFIX": ("redirect_url", "redirect_pool_id"),
}


def stored_update(settled: Mapping[str, Any]) -> Object:
    """What an update stores of what ``settle_target`` gave: a named action clears the targets of the others."""
    return {**settled, **dict.fromkeys(_CLEARED.get(settled.get("action") or "", ()))}


def moved(order: list[str], id: str, position: int | None) -> list[str]:
    """A listener's policy ids after ``id`` went to ``position`` (from 1; past the end, or None: last).

    The policy is taken out first, then inserted.
    """
    rest = [other for other in order if other != id]
    place = len(rest) if position is None else min(position - 1, len(rest))
    return [*rest[:place], id, *rest[place:]]

"""How long to wait before a request is sent again."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 300.0
"""Seconds: the longest pause that an answer may ask for; Huawei's throttling windows are 5 minutes long."""


def retry_after(value: str | None, now: float) -> float | None:
    """``Retry-After`` in seconds from ``now`` (a number, or an HTTP date); None when absent or unreadable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (TypeError, ValueError, OverflowError):
            return None
    if seconds != seconds:  # NaN
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def backoff(attempt: int, first: float, largest: float, random: Callable[[], float]) -> float:
    """Seconds before repeat number ``attempt`` (from 1): doubling, half of it by chance."""
    whole = min(largest, first * 2.0 ** (attempt - 1))
    return whole / 2 + random() * whole / 2

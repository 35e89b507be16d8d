"""Values of flags: text from the command line or the environment in, a checked value out.

Every function raises ``argparse.ArgumentTypeError`` with a message that says what would be right.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.shard import Shard

_DURATION = r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
GUARDS = ("gap", "empty", "protected")


def duration(text: str) -> float:
    """Seconds, from ``250ms``, ``30s``, ``2m`` or ``1h``."""
    found = re.fullmatch(_DURATION, text)
    if not found:
        raise ArgumentTypeError(f"{text!r} is no duration: write a number with ms, s, m or h, such as 30s")
    return float(found[1]) * _SECONDS[found[2]]


def positive_duration(text: str) -> float:
    """A duration longer than nothing."""
    seconds = duration(text)
    if seconds <= 0:
        raise ArgumentTypeError(f"{text!r} is no time to wait at all: give more than 0")
    return seconds


def count(text: str) -> int:
    """A whole number from 0."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1."""
    number = count(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number


def parallelism(text: str) -> int:
    """1 to 256 requests at once."""
    number = positive(text)
    if number > 256:
        raise ArgumentTypeError(f"{number} is more than any provider takes: at most 256")
    return number


def port(text: str) -> int:
    """A TCP port; 0 takes a free one."""
    number = count(text)
    if number > 65535:
        raise ArgumentTypeError(f"{number} is no port: 0 to 65535")
    return number


def shard(text: str) -> Shard:
    """``I/N``: part I of N, from 1."""
    from reconciler.model.shard import parse

    try:
        return parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def day(text: str) -> str:
    """An ISO date, as text."""
    from datetime import date

    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ArgumentTypeError(f"{text!r} is no date: write YYYY-MM-DD")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day of the calendar") from None
    return text


def allow(text: str) -> str:
    """``gap=ADDRESS``, ``empty=ADDRESS`` or ``protected=ADDRESS``."""
    from reconciler.diagnostics import did_you_mean

    guard, equals, address = text.partition("=")
    if guard not in GUARDS:
        near = did_you_mean(guard, GUARDS)
        raise ArgumentTypeError(f"{guard!r} is no guard: {', '.join(GUARDS)}" + (f"; {near}" if near else ""))
    if not equals or not address:
        raise ArgumentTypeError(f"{guard} needs the address that the plan names: {guard}=ADDRESS")
    return text


def sha256(text: str) -> str:
    """A digest as plans carry it: 64 hex digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ArgumentTypeError("a digest is 64 hex digits, as the plan shows it")
    return text.lower()


def switch(text: str) -> bool:
    """On or off, for environment variables of flags that take no value."""
    folded = text.strip().lower()
    if folded in ("1", "true", "yes", "on"):
        return True
    if folded in ("", "0", "false", "no", "off"):
        return False
    raise ArgumentTypeError(f"{text!r} is neither 1 nor 0")

"""Diagnostics of one scope, and the few checks of single values that every dialect makes.

All of them skip a value of the wrong type: saying so is the schema's business, and one mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache

from reconciler.diagnostics import Diagnostic, Path, Severity, did_you_mean
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Report:
    """Collects the diagnostics of one scope in the order in which they are found."""

    __slots__ = ("address", "found")

    def __init__(self, address: str) -> None:
        self.address = address
        self.found: list[Diagnostic] = []

    def error(
        self, code: str, path: Path, summary: str, detail: str = "", hint: str = "", *, on_key: bool = False
    ) -> None:
        """Add something that blocks the scope."""
        self._add(Severity.ERROR, code, path, summary, detail, hint, on_key)

    def warning(
        self, code: str, path: Path, summary: str, detail: str = "", hint: str = "", *, on_key: bool = False
    ) -> None:
        """Add something that the user should know and that blocks nothing."""
        self._add(Severity.WARNING, code, path, summary, detail, hint, on_key)

    def _add(
        self, severity: Severity, code: str, path: Path, summary: str, detail: str, hint: str, on_key: bool
    ) -> None:
        """Where a check has no words of its own, the code's page says why and how to fix it."""
        if not detail or not hint:
            from reconciler.codes import pages

            page = pages()[code]
            detail, hint = detail or page.why, hint or page.fix
        self.found.append(Diagnostic(code, summary, detail, hint, severity, self.address, path, None, on_key))


def shown(value: Any) -> str:
    """A value in one short line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}...{text[-10:]}"


def listed(words: Collection[Any]) -> str:
    """Words for a sentence: ``a, b or c``."""
    *most, last = [str(w) for w in words]
    return f"{', '.join(most)} or {last}" if most else last


def one_of(report: Report, code: str, path: Path, what: str, value: Any, allowed: Sequence[str], why: str = "") -> bool:
    """Is the string one of these? Otherwise report it, with the nearest. (No string: False, and nothing is said.)"""
    if not isinstance(value, str):
        return False
    if value in allowed:
        return True
    hint = "" if value.isdigit() else did_you_mean(value, allowed)  # a number is not a misspelt number
    report.error(
        code, path, f"{what} {shown(value)} is none of {', '.join(allowed)}", why, hint or f"use {listed(allowed)}"
    )
    return False


def in_range(report: Report, code: str, path: Path, what: str, value: Any, low: int, high: int, why: str = "") -> bool:
    """Is the integer in the closed range? (No integer: False, and nothing is said.)"""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    if low <= value <= high:
        return True
    report.error(code, path, f"{what} {value} is not within {low} to {high}", why, f"use {low} to {high}")
    return False


@cache
def full_match(pattern: str) -> Callable[[str], object]:
    """Does a text match as a whole? Compiled at the first use: a small manifest needs few of many patterns."""
    import re

    return re.compile(pattern).fullmatch


@dataclass(frozen=True, slots=True)
class TextRule:
    """What a string may be: its length in characters, and a pattern that it must match as a whole."""

    code: str
    what: str
    pattern: str  # a regular expression; "" allows everything
    says: str  # the pattern in words
    longest: int
    shortest: int = 1

    def check(self, report: Report, path: Path, value: Any, *, only_warn: str = "") -> bool:
        """Report the value if it is too long, too short, or does not match.

        ``only_warn`` names the assumption that the rule rests on: then it is a warning.
        """
        if not isinstance(value, str):
            return False
        if self.shortest <= len(value) <= self.longest and (not self.pattern or full_match(self.pattern)(value)):
            return True
        tell = report.warning if only_warn else report.error
        detail = f"{self.what}: {self._length()}; {self.says}."
        if only_warn:
            detail += f" {only_warn}"
        tell(self.code, path, self._summary(value), detail, self._hint(value))
        return False

    def _length(self) -> str:
        return f"{self.shortest} to {self.longest} characters"

    def _summary(self, value: str) -> str:
        if len(value) > self.longest:
            return f"{self.what} {shown(value)} has {len(value)} characters; at most {self.longest} are allowed"
        if not value:
            return f"{self.what} is empty"
        if len(value) < self.shortest:
            return f"{self.what} {shown(value)} has {len(value)} characters; at least {self.shortest} are needed"
        return f"{self.what} {shown(value)} is not allowed"

    def _hint(self, value: str) -> str:
        if value.endswith("\n"):
            return "it ends with a line break ('|' and '>' keep it): write the value on one line, or use '|-'"
        if len(value) > self.longest:
            return f"shorten it to {self.longest} characters"
        if 0 < len(value) < self.shortest:
            return f"use at least {self.shortest} characters"
        return f"{self.says}"

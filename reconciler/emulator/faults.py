"""Faults on request: ``'METHOD PATH_GLOB [nth=N] [times=N] lose-answer|status=S|delay=D|reset|hold=D|fail'``.

METHOD is an HTTP method or ``*``. PATH_GLOB is matched against the whole decoded path, without the query, where
``*`` stands for any characters, slashes included. Without ``nth`` and ``times`` every matching request is hit;
``nth=N`` alone hits the N-th matching request only, ``times=N`` the first N, both together N of them from the
N-th on. Matches are counted in the store: a restart does not begin again. D is a number with ``ms``, ``s``, ``m``
or ``h``.

lose-answer  the write happens, the answer is lost (the connection is closed instead)
status=S     the API's own error form for S; nothing happens
delay=D      the answer leaves after D
reset        the connection is reset, nothing happens; needs a socket
hold=D       what the request starts is not finished before D has passed: a Gcore task stays NEW, a Huawei object
             stays PENDING_CREATE or PENDING_UPDATE, an OpenStack load balancer stays locked
fail         what the request starts ends in ERROR: a Gcore task, an OpenStack load balancer's object (paths below
             /cloud and /load-balancer only: elsewhere nothing is left to fail after the answer)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from reconciler.emulator.http import Request
from reconciler.emulator.store import Store

Effect: TypeAlias = Literal["lose-answer", "status", "delay", "reset", "hold", "fail"]

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"})
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_EFFECTS = "lose-answer, status=S, delay=D, reset, hold=D or fail"
_CAN_FAIL = ("/cloud/", "/load-balancer/")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class FaultError(ValueError):
    """A fault rule that cannot be understood, or cannot be played here."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One parsed rule. ``amount`` is the status, or seconds. ``times`` None means: from ``nth`` on, always."""

    text: str
    method: str
    path: str
    effect: Effect
    amount: float
    nth: int
    times: int | None

    def matches(self, request: Request) -> bool:
        """Does the rule speak of this request (whatever the count)?"""
        return self.method in ("*", request.method) and fnmatchcase(request.path, self.path)


@dataclass(frozen=True, slots=True)
class Effects:
    """What the rules do to one request. Durations in seconds."""

    status: int | None = None
    delay: float = 0.0
    hold: float = 0.0
    lost: bool = False
    reset: bool = False
    fail: bool = False


def parse_duration(text: str) -> float:
    """Seconds of ``50ms``, ``2s``, ``1.5m``, ``1h``. Raises ``FaultError``."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise FaultError(f"{text!r} is not a duration: write a number and ms, s, m or h, such as 500ms")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


def parse_fault(text: str) -> Fault:
    """Parse one rule. Raises ``FaultError`` with the part that is wrong."""
    words = text.split()
    if len(words) < 3:
        raise FaultError(f"fault {text!r}: want 'METHOD PATH_GLOB [nth=N] [times=N] EFFECT'")
    method, path = words[0].upper(), words[1]
    if method not in _METHODS:
        raise FaultError(f"fault {text!r}: {words[0]!r} is not an HTTP method or *")
    if not path.startswith(("/", "*")):
        raise FaultError(f"fault {text!r}: the path {path!r} must start with / or *")
    counts: dict[str, int] = {}
    effect: tuple[Effect, float] | None = None
    for word in words[2:]:
        key, _, value = word.partition("=")
        if key in ("nth", "times"):
            if key in counts:
                raise FaultError(f"fault {text!r}: {key} is given twice")
            counts[key] = _count(text, key, value)
        elif effect is not None:
            raise FaultError(f"fault {text!r}: one effect a rule, but {word!r} is a second one")
        else:
            effect = _effect(text, word)
    if effect is None:
        raise FaultError(f"fault {text!r}: no effect: {_EFFECTS}")
    if effect[0] == "fail" and not path.startswith(_CAN_FAIL):
        raise FaultError(f"fault {text!r}: fail works for paths below {' and '.join(_CAN_FAIL)} only")
    times = counts.get("times", 1 if "nth" in counts else None)
    return Fault(text, method, path, effect[0], effect[1], counts.get("nth", 1), times)


def _count(text: str, key: str, value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", value):
        raise FaultError(f"fault {text!r}: {key}={value} is not a whole number from 1 on")
    return int(value)


def _effect(text: str, word: str) -> tuple[Effect, float]:
    key, equals, value = word.partition("=")
    if key == "lose-answer" and not equals:
        return "lose-answer", 0.0
    if key == "reset" and not equals:
        return "reset", 0.0
    if key == "fail" and not equals:
        return "fail", 0.0
    if key == "status" and equals:
        if not re.fullmatch(r"[45][0-9]{2}", value):
            raise FaultError(f"fault {text!r}: status={value} is not an error status (400 to 599)")
        return "status", float(value)
    if key == "delay" and equals:
        return "delay", parse_duration(value)
    if key == "hold" and equals:
        return "hold", parse_duration(value)
    raise FaultError(f"fault {text!r}: {word!r} is no effect: {_EFFECTS}")


class Faults:
    """The rules of one emulator, with their counts in its store."""

    def __init__(self, rules: Sequence[str]) -> None:
        self.rules = tuple(parse_fault(rule) for rule in rules)

    @property
    def need_socket(self) -> tuple[str, ...]:
        """The rules that only a real connection can play."""
        return tuple(rule.text for rule in self.rules if rule.effect == "reset")

    def effects(self, request: Request, store: Store) -> Effects:
        """Count this request and say what happens to it. Must run inside a transaction when a rule matches."""
        status: int | None = None
        delay = hold = 0.0
        lost = reset = fail = False
        for number, rule in enumerate(self.rules):
            if not rule.matches(request):
                continue
            key = f"fault:{number}:{rule.text}"
            seen = int(store.meta_get(key, 0)) + 1
            store.meta_set(key, seen)
            if seen < rule.nth or (rule.times is not None and seen >= rule.nth + rule.times):
                continue
            if rule.effect == "status":
                status = int(rule.amount)
            elif rule.effect == "delay":
                delay += rule.amount
            elif rule.effect == "hold":
                hold = max(hold, rule.amount)
            elif rule.effect == "reset":
                reset = True
            elif rule.effect == "fail":
                fail = True
            else:
                lost = True
        return Effects(status, delay, hold, lost, reset, fail)

    def match(self, request: Request) -> bool:
        """Does any rule speak of this request?"""
        return any(rule.matches(request) for rule in self.rules)

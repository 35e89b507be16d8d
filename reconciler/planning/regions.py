"""Which requests match what, over a finite set of classes of requests: the ground of every proof about changed rules.

Rules on a single-valued field (HOST_NAME, PATH, METHOD) that compare with whole values or prefixes are exact: one class
a value, one beside it, one for an absent field. Whatever else a rule says is an independent fact about a request, so
that any combination may occur: what is safe for all classes is safe for the real requests too (semantics.md 6.4, "safe
for the real regions"). A set of requests is the bits of an integer, one a class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.canonical import canonical
from reconciler.model.dialect import Dialect
from reconciler.model.objects import Policy, Rule
from reconciler.planning.overlap import SINGLE, words_of

CLASSES = 4_096
"""Classes of requests up to which all are looked at (semantics.md 6.4)."""

Entry = tuple[int, bytes]
"""(requests that match, target) of one policy."""

_BESIDE = "\x00"
"""Appended to a value: a longer one that nothing else begins with."""


class Regions:
    """The classes of requests that a set of rules tells apart. ``everything`` is the set of all of them."""

    def __init__(self, dialect: Dialect, rules: Iterable[Rule]) -> None:
        self.dialect = dialect
        self.allowed: dict[bytes, int] = {}
        columns = _columns(list(rules))
        self.count = 1
        for column in columns:
            self.count *= len(next(iter(column.values())))
        self.small = self.count <= CLASSES
        self.everything = (1 << self.count) - 1 if self.small else 0
        self._sets: dict[object, int] = {}
        stride = 1
        for column in columns if self.small else ():
            size = len(next(iter(column.values())))
            for key, truth in column.items():
                self._sets[key] = _spread(truth, stride, self.count)
            stride *= size

    def matching(self, policy: Policy) -> int:
        """The requests that a policy matches; none for one that never matches."""
        if not self.dialect.arms(policy):
            return 0
        found = self.everything
        for rule in policy.rules:
            if rule.admin_state_up:
                found &= self._sets.get(rule.match_set, 0)
        return found

    def entry(self, policy: Policy) -> Entry:
        """A policy as the proof sees it."""
        return self.matching(policy), target_of(policy)

    def between(self, before: Iterable[Entry], after: Iterable[Entry]) -> None:
        """From now on a state is safe when each request has its target of ``before`` or of ``after``."""
        self.allowed = {}
        for state in (before, after):
            rest = self.everything
            for requests, target in state:
                self.allowed[target] = self.allowed.get(target, 0) | (rest & requests)
                rest &= ~requests
            self.allowed[b""] = self.allowed.get(b"", 0) | rest

    def safe(self, state: Iterable[Entry]) -> bool:
        """Does every request get one of its two targets in this state (policies in order of evaluation)?"""
        rest = self.everything
        for requests, target in state:
            if rest & requests & ~self.allowed.get(target, 0):
                return False
            rest &= ~requests
            if not rest:
                return True
        return not rest & ~self.allowed.get(b"", 0)


def target_of(policy: Policy) -> bytes:
    """What a client can observe: action and targets, not names, descriptions or tags."""
    seen = {k: v for k, v in policy.fields.items() if k not in ("description", "tags")}
    return canonical([policy.action, seen])


Column = Mapping[object, Sequence[bool]]
"""Match set of a rule -> whether it holds, for each value that the column tells apart."""


def _columns(rules: Sequence[Rule]) -> list[Column]:
    found: list[Column] = []
    exact: dict[str, dict[object, Rule]] = {}
    for rule in {r.match_set: r for r in rules}.values():
        if rule.type in SINGLE and words_of(rule) is not None:
            exact.setdefault(rule.type, {})[rule.match_set] = rule
        else:
            found.append({rule.match_set: (False, True)})
    for kind, members in sorted(exact.items()):
        plain, folded = _values(members, fold=False), _values(members, fold=True)
        if kind == "HOST_NAME":
            found.append(folded)
        elif plain == folded:
            found.append(plain)
        else:  # whether case counts is not documented everywhere: nothing is concluded
            found += [{key: (False, True)} for key in members]
    return found


def _values(members: Mapping[object, Rule], *, fold: bool) -> Column:
    def text(value: str) -> str:
        return value.casefold() if fold else value

    words = {key: tuple(text(w) for w in words_of(rule) or ()) for key, rule in members.items()}
    values = sorted({w for several in words.values() for w in several})
    several: list[str | None] = [None, _BESIDE, *(v + tail for v in values for tail in ("", _BESIDE))]
    rows: dict[tuple[bool, ...], None] = {}
    for value in several:
        rows[tuple(rule.invert != _holds(rule, words[key], value) for key, rule in members.items())] = None
    return {key: tuple(row[n] for row in rows) for n, key in enumerate(members)}


def _holds(rule: Rule, words: Sequence[str], value: str | None) -> bool:
    if value is None:
        return False
    if rule.compare_type == "EQUAL_TO":
        return value in words
    return any(value.startswith(w) for w in words)


def _spread(truth: Sequence[bool], stride: int, count: int) -> int:
    """All classes whose digit in this column is one that holds."""
    block = 0
    for digit, holds in enumerate(truth):
        if holds:
            block |= ((1 << stride) - 1) << (digit * stride)
    period = len(truth) * stride
    return block * (((1 << count) - 1) // ((1 << period) - 1))

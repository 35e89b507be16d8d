"""What the documents tell, scope by scope, as far as the site shows it: one document at a time goes in.

Of the newest check of a scope everything is kept, of older ones two numbers and a status; of runs the newest few; of
plans the newest. A scope is a provider's name and an address: checks of several shards, and of several selections,
complete one another.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.records import dataclass, field
from reconciler.reports.drift_names import named

RUNS = 20
"""So many runs a scope are shown, the newest."""
TROUBLE = 10
"""So many failed or unknown steps of a run are shown."""
_MOST = 2**53
"""A number of findings beyond all reason; the schema sets no bound."""
STATUSES = ("clean", "known", "unknown", "drift")
"""Of a check, the worst last: of many checks in one place of a chart the worst is drawn."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """What one drift document says of one scope. ``digest`` is the document's."""

    at: str
    digest: str
    shown: str
    today: str
    scope: Json
    findings: Sequence[Json]
    ignored: Sequence[Json]
    cosmetic: Sequence[Json]
    unknown: Sequence[Json]
    diagnostics: Sequence[Json]
    source: Json

    @property
    def order(self) -> tuple[str, int, int, int, str]:
        """Tells the newer of two; of two of one moment the worse (as ``Scope.checks`` does), then by content."""
        scope = self.scope
        return self.at, STATUSES.index(scope["status"]), scope["alarms"], scope["findings"], self.digest


@dataclass(frozen=True, slots=True)
class Run:
    """What one outcome document says of one scope. ``steps`` counts its steps by status."""

    order: tuple[str, str]
    shown: str
    run: str
    plan_digest: str
    result: str
    why: str
    whole: str
    interrupted: str | None
    verification: Json
    steps: Mapping[str, int]
    trouble: Sequence[Json]
    gaps: Sequence[Json]

    @property
    def at(self) -> str:
        """When it ended."""
        return self.order[0]


@dataclass(frozen=True, slots=True)
class Planned:
    """What one plan says of one scope: calls by operation, and what stops it. A plan knows its day only."""

    order: tuple[str, str, str]
    shown: str
    digest: str
    commit: str | None
    calls: Mapping[str, int]
    blocked: Sequence[Json]
    gaps: int

    @property
    def day(self) -> str:
        """The date that the plan was made for."""
        return self.order[0]


@dataclass(slots=True)
class Scope:
    """One scope's history. The arrays hold one element a check: time (Unix), findings, alarms, index in STATUSES."""

    provider: str
    address: str
    check: Check | None = None
    times: array[float] = field(default_factory=lambda: array("d"))
    findings: array[int] = field(default_factory=lambda: array("Q"))
    alarms: array[int] = field(default_factory=lambda: array("Q"))
    statuses: array[int] = field(default_factory=lambda: array("b"))
    runs: list[tuple[tuple[str, str], Run]] = field(default_factory=list)
    planned: Planned | None = None

    def checks(self) -> list[int]:
        """Indexes of the checks, oldest first."""
        told = (self.times, self.statuses, self.alarms, self.findings)
        return sorted(range(len(self.times)), key=lambda n: tuple(column[n] for column in told))

    def last_runs(self) -> list[Run]:
        """Newest first."""
        return [run for _, run in sorted(self.runs, key=lambda item: item[0], reverse=True)]

    def add_check(self, check: Check, time: float) -> None:
        """One more check, in any order; ``time`` is when it was made (Unix)."""
        self.times.append(time)
        self.findings.append(min(check.scope["findings"], _MOST))
        self.alarms.append(min(check.scope["alarms"], _MOST))
        self.statuses.append(STATUSES.index(check.scope["status"]))
        if self.check is None or check.order > self.check.order:
            self.check = check

    def add_run(self, run: Run) -> None:
        """One more run; the newest are kept."""
        heapq.heappush(self.runs, (run.order, run))
        if len(self.runs) > RUNS:
            heapq.heappop(self.runs)

    def add_plan(self, planned: Planned) -> None:
        """One more plan; the newest is kept."""
        if self.planned is None or planned.order > self.planned.order:
            self.planned = planned


class History:
    """Everything that was read. ``documents`` counts by kind."""

    def __init__(self) -> None:
        self.documents: Counter[str] = Counter()
        self._scopes: dict[tuple[str, str], Scope] = {}
        self._blocked: dict[str, Planned] = {}
        self._seen: dict[bytes, str] = {}
        self._accounts: dict[str, tuple[str, str]] = {}
        self._applied: dict[str, str] = {}

    def add(self, shown: str, document: Json) -> list[Diagnostic]:
        """Take what is shown of a Plan, Drift or Outcome document that fits its schema; ``shown`` names its file.

        Returns what was noticed: SITE-DUPLICATE and SITE-TIME (then nothing was taken of it), SITE-ACCOUNTS.
        """
        content = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass"))
        first = self._seen.setdefault(digest.digest(), shown)
        if first is not shown:
            return [_duplicate(shown, first)]
        kind = str(document["kind"])
        try:
            {"Drift": self._drift, "Outcome": self._outcome, "Plan": self._plan}[kind](
                shown, document, digest.hexdigest()
            )
        except _NoTime as error:
            return [_no_time(shown, str(error))]
        self.documents[kind] += 1
        return list(self._other_account(shown, document.get("providers", ())))

    def scopes(self) -> list[Scope]:
        """Every scope that was named, by address and provider. To be called once, after the last document."""
        by_address: dict[str, list[Scope]] = {}
        for scope in self._scopes.values():
            by_address.setdefault(scope.address, []).append(scope)
        for address, planned in self._blocked.items():
            for scope in by_address.get(address) or [self._scope("", address)]:
                scope.add_plan(planned)
        return [self._scopes[key] for key in sorted(self._scopes, key=lambda key: (key[1], key[0]))]

    def applied(self, plan_digest: str) -> str:
        """When the plan was last carried out; empty: no outcome tells."""
        return self._applied.get(plan_digest, "")

    def _scope(self, provider: str, address: str) -> Scope:
        return self._scopes.setdefault((provider, address), Scope(provider, address))

    # ------------------------------------------------------------------ kinds
    def _drift(self, shown: str, drift: Json, digest: str) -> None:
        time, drift = seconds(drift["checked_at"]), named(drift)
        parts = {key: _by_scope(drift[key]) for key in ("findings", "ignored", "cosmetic", "unknown")}
        told = _diagnostics(drift["diagnostics"])
        for scope in drift["scopes"]:
            address = scope["address"]
            self._scope(scope["provider"], address).add_check(
                Check(drift["checked_at"], digest, shown, drift["today"], scope, diagnostics=told.get(address, ()),
                      source=drift["source"], **{key: found.get(address, ()) for key, found in parts.items()}), time
            )  # fmt: skip

    def _outcome(self, shown: str, outcome: Json, digest: str) -> None:
        at = outcome["finished_at"]
        seconds(at)
        self._applied[outcome["plan_digest"]] = max(at, self.applied(outcome["plan_digest"]))
        steps, gaps = _by_scope(outcome["steps"]), _by_scope(outcome["open_gaps"])
        for scope in outcome["scopes"]:
            mine = steps.get(scope["address"], [])
            trouble = [step for step in mine if step["status"] in ("failed", "unknown")][:TROUBLE]
            run = Run(
                (at, digest), shown, outcome["run"], outcome["plan_digest"], scope["result"], scope["why"],
                outcome["result"], outcome["interrupted"], outcome["verification"],
                Counter(step["status"] for step in mine), trouble, gaps.get(scope["address"], ()),
            )  # fmt: skip
            self._scope(scope["provider"], scope["address"]).add_run(run)

    def _plan(self, shown: str, plan: Json, digest: str) -> None:
        steps, gaps = _by_scope(plan["steps"]), Counter(gap["scope"] for gap in plan["gaps"])
        blocked = _by_scope(item for item in plan["blocked"] if item["scope"] is not None)
        run = [item for item in plan["blocked"] if item["scope"] is None]
        planned = {}
        for address in {*(scope["address"] for scope in plan["scopes"]), *blocked}:
            planned[address] = Planned(
                (plan["today"], shown, digest), shown, plan["digest"], plan["source"]["commit"],
                Counter(step["op"] for step in steps.get(address, ())), [*run, *blocked.get(address, ())],
                gaps[address],
            )  # fmt: skip
        for scope in plan["scopes"]:
            self._scope(scope["provider"], scope["address"]).add_plan(planned.pop(scope["address"]))
        for address, found in planned.items():  # blocked before their provider was asked: no document tells whose
            if address not in self._blocked or found.order > self._blocked[address].order:
                self._blocked[address] = found

    def _other_account(self, shown: str, providers: Iterable[Json]) -> Iterator[Diagnostic]:
        """A provider's name that stands for two projects: their scopes would be taken for one another."""
        for provider in providers:
            project = provider.get("project")
            if project is None:  # unknown before a login
                continue
            account = f"{provider['type']} project {project}"
            first, where = self._accounts.setdefault(provider["name"], (account, shown))
            if first != account:
                yield Diagnostic(
                    "SITE-ACCOUNTS",
                    f"provider {provider['name']!r} is not the same account in all documents",
                    f"{account} in {shown!r}, {first} in {where!r}; scopes of one address are shown as one",
                    "make a site for each, or give the providers different names",
                    Severity.WARNING,
                )


class _NoTime(ValueError):
    """A time that is no moment of the calendar, whatever its form."""


def seconds(time: str) -> float:
    """Unix time of a document's time.

    Raises:
        ValueError: it is no moment of the calendar.
    """
    try:
        return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _NoTime(time) from None


def _by_scope(items: Iterable[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for item in items:
        found.setdefault(item["scope"], []).append(item)
    return found


def _diagnostics(items: Iterable[Json]) -> dict[str, list[Json]]:
    """By the scope that their address begins with."""
    found: dict[str, list[Json]] = {}
    for item in items:
        if item["address"]:
            found.setdefault("/".join(item["address"].split("/")[:2]), []).append(item)
    return found


def _duplicate(shown: str, first: str) -> Diagnostic:
    return Diagnostic(
        "SITE-DUPLICATE",
        f"{shown!r} is the same document as {first!r}",
        "it is counted once",
        "nothing has to be done; leave one of them out to be rid of this warning",
        Severity.WARNING,
    )


def _no_time(shown: str, time: str) -> Diagnostic:
    return Diagnostic(
        "SITE-TIME",
        f"{shown!r} is left out: {time!r} is no moment of the calendar",
        "its place in the history cannot be told",
        "make it again with `reconcile drift` or `reconcile apply`",
    )

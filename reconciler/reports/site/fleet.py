"""The fleet page: every scope on one line, the worst first, above them the totals and their trend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from reconciler.records import dataclass
from reconciler.reports import words
from reconciler.reports.site import names, trend
from reconciler.reports.site.history import History, Planned, Scope, seconds
from reconciler.reports.site.page import badge, cell, day, escape, moment, number, page, row_head, span, table
from reconciler.reports.site.page import value as words_of

_RANK = {"drift": 1, "unknown": 2, "stale": 3, "known": 4, "": 5, "clean": 6}
_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Now:
    """Where a scope stands. ``status`` is "" for one that no drift document names; ``since`` is the Unix time of the
    first check of the row of equal ones that ends with the newest, ``always`` if there is none before it."""

    scope: Scope
    status: str
    stale: bool
    alarms: int
    opens: int
    since: float | None
    always: bool

    @property
    def rank(self) -> tuple[Any, ...]:
        """The worst first; what opens before all."""
        kind = "stale" if self.stale and self.status not in ("drift", "unknown") else self.status
        return (_RANK[kind] if not self.opens else 0, -self.opens, -self.alarms, self.scope.address,
                self.scope.provider)  # fmt: skip


def now(scope: Scope, newest: float, stale_after: float) -> Now:
    """The scope at its newest check; ``stale`` if that is ``stale_after`` seconds older than the ``newest`` of all."""
    check = scope.check
    if check is None:
        return Now(scope, "", False, 0, 0, None, True)
    order = scope.checks()
    place = len(order) - 1
    while place and scope.statuses[order[place - 1]] == scope.statuses[order[-1]]:
        place -= 1
    opens = sum(bool(f["opens"] and f["alarm"]) for f in check.findings)
    stale = newest - scope.times[order[-1]] > stale_after
    return Now(scope, check.scope["status"], stale, check.scope["alarms"], opens, scope.times[order[place]], place == 0)


def newest(scopes: Sequence[Scope]) -> str:
    """When the newest check was made; empty: there is none."""
    return max((scope.check.at for scope in scopes if scope.check is not None), default="")


def fleet(history: History, rows: Sequence[Now], problems: Sequence[str]) -> str:
    """The page. ``rows`` in any order; ``problems`` are what could not be read, in words."""
    scopes = [row.scope for row in rows]
    last = newest(scopes)
    when = f"newest check {moment(last)}" if last else "no check yet"
    body = f"""<h1>Fleet</h1>
<p class="sub">{words.plural(len(rows), "scope")}, {when}, from {escape(_documents(history))}</p>
{_problems(problems)}{_tiles(rows)}
{_chart(scopes)}
<h2>Scopes</h2>
{_table(sorted(rows, key=lambda row: row.rank), last, history)}"""
    return page("Fleet", "reconcile", body)


def _documents(history: History) -> str:
    kinds = (("Drift", "drift document"), ("Outcome", "outcome"), ("Plan", "plan"))
    parts = [words.plural(history.documents[kind], said) for kind, said in kinds if history.documents[kind]]
    return ", ".join(parts) or "no document"


def _problems(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    lines = "".join(f"<li>{words_of(problem)}</li>" for problem in problems[:_PROBLEMS])
    more = f"<li>and {len(problems) - _PROBLEMS:,} more</li>" if len(problems) > _PROBLEMS else ""
    left = words.plural(len(problems), "document")
    return f'<div class="notice"><b>Missing here: {left} that cannot be shown</b><ul>{lines}{more}</ul></div>\n'


def _tiles(rows: Sequence[Now]) -> str:
    count = Counter(row.status for row in rows)
    alarms, opens = sum(row.alarms for row in rows), sum(row.opens for row in rows)
    stale = sum(row.stale for row in rows)
    tiles = [
        ("drift", alarms, "alarming", f"in {words.plural(count['drift'], 'scope')}"
         + (f", {opens:,} {'opens' if opens == 1 else 'open'} traffic" if opens else "")),
        ("unknown", count["unknown"], "cannot tell", "neither drift nor clean"),
        ("stale", stale, "not checked lately", "shown as they were"),
        ("known", count["known"], "known drift", "in the baseline"),
        ("clean", count["clean"], "clean", f"of {words.plural(len(rows), 'scope')}"),
    ]  # fmt: skip
    items = (
        f'<li class="{kind}{"" if number_ else " none"}"><b>{number(number_)}</b><span>{said}</span>'
        f"<small>{escape(note)}</small></li>"
        for kind, number_, said, note in tiles
    )
    return f'<ul class="tiles">{"".join(items)}</ul>'


def _chart(scopes: Sequence[Scope]) -> str:
    points = trend.of_fleet(scopes)
    return trend.figure(points, "fleet", "all scopes") if points else ""


def _table(rows: Sequence[Now], last: str, history: History) -> str:
    heads = [("Scope", ""), ("Status", ""), ("Alarms", "n"), ("Findings", "n"), ("Status since", ""),
             ("Last check", ""), ("Last apply", ""), ("Last plan", "")]  # fmt: skip
    lines = [_row(row, last, history) for row in rows]
    return table("The worst first: what opens traffic, drift, what could not be told.", heads, lines)


def _row(row: Now, last: str, history: History) -> str:
    scope, check = row.scope, row.scope.check
    link = f'<a href="{names.page_of(scope.provider, scope.address)}">{escape(scope.address)}</a>'
    opens = f" {badge('opens', 'opens traffic')}" if row.opens else ""
    stale = f" {badge('stale')}" if row.stale else ""
    status = f"<span>{badge(row.status)}{opens}{stale}</span>"
    findings = number(check.scope["findings"]) if check else ""
    alarms = f'<span class="{"bad" if row.alarms else ""}">{number(row.alarms)}</span>'
    return (
        row_head(f'<span class="value">{link}</span><small>{escape(scope.provider or "provider not known")}</small>')
        + cell("Status", status)
        + cell("Alarms", alarms if check else "", "n")
        + cell("Findings", f"<span>{findings}</span>" if check else "", "n")
        + cell("Status since", since(row, last))
        + cell("Last check", f"<span>{moment(check.at)}</span>" if check else "")
        + cell("Last apply", _apply(scope))
        + cell("Last plan", _plan(scope, history))
    )


def since(row: Now, last: str) -> str:
    """Since when the scope stands as it does, seen from the newest check of all."""
    if row.since is None or not last:
        return ""
    length = seconds(last) - row.since
    before = "or earlier" if row.always else f"for {span(length)}" if length >= 60 else "new"
    return f'<span><span class="nowrap">{day(row.since)}</span><small>{before}</small></span>'


def _apply(scope: Scope) -> str:
    runs = scope.last_runs()
    if not runs:
        return ""
    said = runs[0].result.replace("_", " ")
    return f"<span>{badge(runs[0].result, said)}<small>{moment(runs[0].at)}</small></span>"


def _plan(scope: Scope, history: History) -> str:
    planned = scope.planned
    if planned is None:
        return ""
    return f"<span>{plan_state(planned, history)}<small>{escape(planned.day)}</small></span>"


def plan_state(planned: Planned, history: History) -> str:
    """What a plan wanted, as a badge; what was wanted and has been carried out since is nothing to wait for."""
    calls = sum(planned.calls.values())
    if planned.blocked:
        return badge("blocked", "blocked")
    if not calls:
        return badge("clean", "nothing to do")
    return (
        badge("plain", "carried out") if history.applied(planned.digest) else badge("wait", words.plural(calls, "call"))
    )

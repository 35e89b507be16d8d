"""Findings and alarms over time as inline SVG: steps, because a state holds until the next check says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from reconciler.records import dataclass
from reconciler.reports.site.history import STATUSES, Scope
from reconciler.reports.site.page import escape, number, stamp

POINTS = 240
"""So many checks a chart shows at most; of several in one place the worst."""
_WIDTH, _HEIGHT = 720, 120
_PRECISE = 2 * 86_400
"""A chart of fewer seconds has the time of day at its ends."""
_UNKNOWN = STATUSES.index("unknown")


@dataclass(frozen=True, slots=True)
class Point:
    """What was found at ``time`` (Unix). ``status`` is an index in STATUSES; None: of a fleet."""

    time: float
    findings: int
    alarms: int
    status: int | None = None
    untold: int = 0


def of_scope(scope: Scope) -> list[Point]:
    """The checks of a scope, oldest first; what could not be told has no numbers."""
    return thinned([
        Point(scope.times[n], scope.findings[n], scope.alarms[n], scope.statuses[n],
              int(scope.statuses[n] == _UNKNOWN))
        for n in scope.checks()
    ])  # fmt: skip


def of_fleet(scopes: Sequence[Scope]) -> list[Point]:
    """The sums over all scopes at every check of any; between its own checks a scope stays as it was."""
    events = sorted(
        (scope.times[n], place, order, n)
        for place, scope in enumerate(scopes)
        for order, n in enumerate(scope.checks())
    )
    points: list[Point] = []
    now: list[tuple[int, int, int]] = [(0, 0, 0)] * len(scopes)
    findings = alarms = untold = 0
    for time, place, _, n in events:
        scope = scopes[place]
        state = (scope.findings[n], scope.alarms[n], int(scope.statuses[n] == _UNKNOWN))
        before, now[place] = now[place], state
        sums = zip((findings, alarms, untold), state, before, strict=True)
        findings, alarms, untold = (total + new - old for total, new, old in sums)
        point = Point(time, findings, alarms, None, untold)
        if points and points[-1].time == time:
            points[-1] = point
        else:
            points.append(point)
    return thinned(points)


def thinned(points: list[Point]) -> list[Point]:
    """At most ``POINTS``, evenly over the checks: the worst of each handful, and always the last."""
    if len(points) <= POINTS:
        return points
    edges = [n * (len(points) - 1) // (POINTS - 1) for n in range(POINTS)]
    worst = [max(points[a:b], key=lambda p: (p.status or 0, p.alarms, p.findings, p.untold, p.time))
             for a, b in pairwise(edges)]  # fmt: skip
    return [*worst, points[-1]]


def figure(points: Sequence[Point], name: str, what: str) -> str:
    """The chart with its axes and legend; ``name`` makes ids unique within a page, ``what`` is whose trend it is."""
    if not points:
        return '<p class="quiet">No drift document names it yet.</p>'
    top = max(1, *(max(p.findings, p.untold) for p in points))
    worst, last = max(p.alarms for p in points), points[-1]
    start, end = (stamp(p.time, last.time - points[0].time < _PRECISE) for p in (points[0], last))
    told = f"{number(last.alarms)} alarming and {number(last.findings)} in all at the last check"
    desc = f"{number(len(points))} points from {start} to {end}: {told}; at most {number(worst)} alarming."
    strip = _strip(points) if points[0].status is not None else ""
    return f"""<figure class="trend">
<div class="plot"><span class="top">{number(top)}</span><span class="zero">0</span>
<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-labelledby="{name}-t {name}-d">
<title id="{name}-t">Findings over time: {escape(what)}</title>
<desc id="{name}-d">{desc}</desc>
{"".join(_shapes(points, top))}</svg>
{strip}</div>
<div class="dates"><span>{start}</span><span>{end}</span></div>
<figcaption>{_legend(points)}</figcaption>
</figure>"""


def _legend(points: Sequence[Point]) -> str:
    fleet = points[0].status is None
    keys = [("alarms", "alarming"), ("findings", "all findings")]
    keys.append(("untold", "scopes that could not be told" if fleet else "could not be told"))
    if not any(p.untold for p in points):
        keys.pop()
    return "".join(f'<span class="key {key}">{said}</span>' for key, said in keys)


def _places(points: Sequence[Point]) -> list[float]:
    """Where each point begins, and where the last one ends: it is as wide as the others on average."""
    first, last = points[0].time, points[-1].time
    if last <= first:
        return [n * _WIDTH / len(points) for n in range(len(points) + 1)]
    span = (last - first) * len(points) / (len(points) - 1)
    return [*((p.time - first) / span * _WIDTH for p in points), float(_WIDTH)]


def _shapes(points: Sequence[Point], top: int) -> Iterator[str]:
    places = _places(points)
    fleet = points[0].status is None
    for line in (0.5, 1):
        y = _number(_HEIGHT - line * (_HEIGHT - 6))
        yield f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}"/>\n'
    if not fleet:
        for start, end in _stretches(points, places):
            yield f'<rect class="gap" x="{_number(start)}" y="0" width="{_number(end - start)}" height="{_HEIGHT}"/>\n'

    def high(value: int) -> float:
        return _HEIGHT - value / top * (_HEIGHT - 6)

    drawn = [True if fleet else not p.untold for p in points]
    area = _steps(((p.alarms, ok) for p, ok in zip(points, drawn, strict=True)), places, high, closed=True)
    yield f'<path class="alarms" d="{area}"/>\n'
    line_ = _steps(((p.findings, ok) for p, ok in zip(points, drawn, strict=True)), places, high, closed=False)
    yield f'<path class="findings" d="{line_}"/>\n'
    if fleet and any(p.untold for p in points):
        untold = _steps(((p.untold, True) for p in points), places, high, closed=False)
        yield f'<path class="untold" d="{untold}"/>\n'


def _stretches(points: Sequence[Point], places: Sequence[float]) -> Iterator[tuple[float, float]]:
    """From where to where nothing could be told; at least two units wide, so that it is seen."""
    start: float | None = None
    for n, point in enumerate(points):
        if point.untold and start is None:
            start = places[n]
        if start is not None and (not point.untold or n == len(points) - 1):
            end = places[n] if not point.untold else places[n + 1]
            yield start, max(end, start + 2)
            start = None


def _steps(values: Iterable[tuple[int, bool]], places: Sequence[float], high: object, *, closed: bool) -> str:
    """The path of a step line; with ``closed`` down to the axis at both ends of every stretch."""
    assert callable(high)
    parts: list[str] = []
    on = False
    for n, (value, drawn) in enumerate(values):
        if drawn:
            y = _number(high(value))
            if not on:
                x = _number(places[n])
                parts.append(f"M{x} {_HEIGHT}V{y}" if closed else f"M{x} {y}")
            else:
                parts.append(f"V{y}")
            parts.append(f"H{_number(places[n + 1])}")
        elif on and closed:
            parts.append(f"V{_HEIGHT}Z")
        on = drawn
    if on and closed:
        parts.append(f"V{_HEIGHT}Z")
    return "".join(parts)


def _strip(points: Sequence[Point]) -> str:
    """Under the chart: the status, a colour and a height for each."""
    places = _places(points)
    parts: list[str] = []
    start = 0
    for n in range(1, len(points) + 1):
        if n == len(points) or points[n].status != points[start].status:
            status = STATUSES[points[start].status or 0]
            tall = {"clean": 6, "known": 9, "drift": 14, "unknown": 14}[status]
            width = _number(max(1.0, places[n] - places[start]))
            parts.append(f'<rect class="{status}" x="{_number(places[start])}" y="{14 - tall}" width="{width}" '
                         f'height="{tall}"/>')  # fmt: skip
            start = n
    return (
        f'<svg class="strip" viewBox="0 0 {_WIDTH} 14" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

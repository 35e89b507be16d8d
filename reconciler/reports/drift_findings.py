"""Findings of a drift document as lines: what differs, where it is wanted, what is live, since when and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import words
from reconciler.reports.changes import change_lines
from reconciler.reports.lines import ASIDE, DANGER, DETAIL, MAIN, Line

SYMBOLS = {"changed": "~", "missing": "-", "unlisted": "+", "error": "!"}
"""As seen from the manifests: ``+`` is live beyond them, ``-`` is not live."""
STATES = {"changed": "", "missing": ": listed, not live", "unlisted": ": live, not listed", "error": ""}
CAUSES = {
    "outside": "edited outside",
    "not_applied": "not yet applied",
    "unfinished_run": "unfinished run",
    "unknown": "cause unknown",
}
SAME_FROM = 3
"""From so many equal findings on they are told once."""

Finding = Mapping[str, Any]


def grouped(findings: Iterable[Finding], full: bool) -> list[list[Finding]]:
    """Findings that are the same on different objects, from ``SAME_FROM`` of them on; else each alone; in order."""
    from json import dumps

    if full:
        return [[finding] for finding in findings]
    same: dict[str, list[Finding]] = {}
    for finding in findings:
        whole = finding["live"] if finding["what"] == "unlisted" else finding["wanted"]
        content: list[Any] = [finding["fields"]] if finding["fields"] else [whole]
        content += [finding[key] for key in ("what", "kind", "cause", "why", "opens", "alarm", "kept", "status")]
        content += [[words.tail(address) for address in finding["covers"]]]
        same.setdefault(dumps(content, sort_keys=True), []).append(finding)
    groups: list[list[Finding]] = []
    for group in same.values():
        groups += [group] if len(group) >= SAME_FROM else [[finding] for finding in group]
    return groups


def label(finding: Finding, limit: int | None = None) -> str:
    """What the object is called; a live policy that has no address of its own by its name."""
    shown = finding["live"] if finding["what"] == "unlisted" else finding["wanted"] or finding["live"]
    text = words.label(finding["kind"], finding["address"], shown, limit)
    if finding["kind"] == "l7policy" and words.tail(finding["address"]).startswith("@") and (shown or {}).get("name"):
        action = f" {shown['action']}" if shown.get("action") else ""
        text = f"policy {words.value(shown['name'], limit)}{action}"
    return text


def finding_lines(
    group: Sequence[Finding], full: bool, limit: int | None, *, danger: str = "", after: Sequence[Line] = ()
) -> Iterator[Line]:
    """The lines of equal findings (or of one). ``danger`` is the word that they are told with first of all.

    ``after`` are the lines above: a cause that was told there is not told again.
    """
    finding = group[0]
    weight = DANGER if danger else MAIN
    depth = 0 if danger else 1
    head = f"{danger}: " if danger else ""
    symbol = "!" if danger else SYMBOLS[finding["what"]]
    cause = CAUSES[finding["cause"]]
    if len(group) == 1:
        where = f"{finding['scope']}: " if danger else ""
        tail = ", ".join(part for part in (cause, place(finding)) if part)
        yield Line(symbol, f"{head}{where}{label(finding, limit)}{STATES[finding['what']]}", depth, tail, weight)
    else:
        times = f"{len(group):,} times the same: "
        yield Line(symbol, f"{head}{times}{_alike(finding, limit)}{STATES[finding['what']]}", depth, cause, weight)
        for other in group:
            yield Line(symbol if danger else " ", other["address"], depth + 1, ", ".join(_facts(other)),
                       DANGER if danger else DETAIL)  # fmt: skip
    yield from _inside(finding, limit, depth, DANGER if danger else DETAIL)
    if finding["why"] and (full or not any(line.text == finding["why"] for line in after)):
        yield Line(" ", finding["why"], depth + 1, weight=DETAIL)
    if len(group) == 1:
        yield from _live(finding, full, depth)


def _alike(finding: Finding, limit: int | None) -> str:
    """What several objects have in common: a rule is told by what it says, a policy that changed by its kind."""
    if finding["kind"] == "l7policy":
        return "a policy"
    shown = finding["live"] if finding["what"] == "unlisted" else finding["wanted"] or finding["live"]
    if finding["kind"] == "l7rule":
        return f"rule {words.rule(shown, limit)}"
    return f"rule {words.security_rule(shown, limit)}"


def _inside(finding: Finding, limit: int | None, depth: int, weight: int) -> Iterator[Line]:
    """Fields (wanted -> live), and what an extra object covers or stands before."""
    if finding["covers"]:
        group = finding["kind"] == "security_group_rule"
        over = ", ".join(words.tail(address) for address in finding["covers"])
        yield Line("!", f"{'covers or overlaps' if group else 'evaluated before'} {over}", depth + 1, weight=weight)
    yield from (Line(line.symbol, line.text, depth + 1, line.tail, DETAIL) for line in field_lines(finding, limit))


def field_lines(finding: Finding, limit: int | None) -> Iterator[Line]:
    """One line a field, wanted -> live."""
    for change in finding["fields"]:
        wanted, live = change["wanted"], change["live"]
        if change["field"] == "order" and _is_place(wanted) and _is_place(live):
            yield Line(">", f"order: {neighbours(wanted)} -> {neighbours(live)}", 2, weight=DETAIL)
        else:
            yield from change_lines([{"field": change["field"], "before": wanted, "after": live}], limit)


def _is_place(item: Any) -> bool:
    return isinstance(item, Mapping) and set(item) == {"after", "before"}


def neighbours(place: Mapping[str, Any]) -> str:
    """A place among the listed policies, by its neighbours: ``behind 'canary', last``."""
    after, before = place["after"], place["before"]
    if not after and not before:
        return "alone"
    front = f"behind {words.value(words.tail(str(after)))}" if after else "first"
    return f"{front}, {'before ' + words.value(words.tail(str(before))) if before else 'last'}"


def place(finding: Finding) -> str:
    """``file:line`` of the manifest, or nothing."""
    return f"{finding['file']}:{finding['line']}" if finding["file"] else ""


def _facts(finding: Finding) -> list[str]:
    """Where it is wanted, what it is live, and since when."""
    updated = f"updated {finding['updated_at']}" if finding["updated_at"] else ""
    return [part for part in (place(finding), finding["object_id"] or "", updated) if part]


def _live(finding: Finding, full: bool, depth: int) -> Iterator[Line]:
    parts = [f"live id {finding['object_id']}"] if finding["object_id"] else []
    if finding["updated_at"]:
        parts.append(f"updated {finding['updated_at']}")
    if finding["status"] and (full or finding["what"] == "error"):
        parts.append(f"status {finding['status']}")
    if parts:
        yield Line(" ", ", ".join(parts), depth + 1, weight=DETAIL)
    if full:
        yield Line(" ", f"address: {finding['address']}", depth + 1, weight=ASIDE)
        for key in ("wanted", "live"):
            if finding[key] is not None:
                yield Line(" ", f"{key}: {words.value(finding[key])}", depth + 1, weight=ASIDE)
        yield Line(" ", f"fingerprint: {finding['fingerprint']}", depth + 1, weight=ASIDE)


def aside_lines(finding: Finding, limit: int | None) -> Iterator[Line]:
    """A finding that does not alarm: what it is and why, on few lines."""
    symbol = "!" if finding["opens"] else SYMBOLS[finding["what"]]
    why = CAUSES[finding["cause"]] if finding["known"] and not finding["kept"] else finding["why"]
    told = (why, "opens" if finding["opens"] else "", place(finding))
    text = f"{finding['scope']}: {label(finding, limit)}{STATES[finding['what']]}"
    yield Line(symbol, text, 1, ", ".join(part for part in told if part), MAIN if finding["opens"] else ASIDE)
    for line in field_lines(finding, limit):
        yield Line(line.symbol, line.text, line.depth, line.tail, ASIDE)

"""The Plan as a report: danger first, then what changes by scope, then what is left, then the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import plan_danger, plan_steps, problems, words
from reconciler.reports.changes import change_lines
from reconciler.reports.lines import ASIDE, MAIN, Line, Report, Section
from reconciler.reports.plan_steps import SYMBOLS as SYMBOLS

SHOWN = 20
"""So many unlisted, ignored or cosmetic objects a section are listed unless the full report is asked for."""


def report(plan: Mapping[str, Any], *, full: bool, limit: int | None, diagnostics: bool) -> Report:
    """The sections of a plan. ``full`` names every object by itself, with ids and calls, and cuts no value.

    ``diagnostics`` False leaves them out, for a screen that has shown them already.
    """
    limit = None if full else limit
    sections = [
        *section("Danger", plan_danger.full(plan_danger.dangers(plan, limit))),
        *plan_steps.sections(plan, full, limit),
        *left(plan, full, limit),
    ]
    if diagnostics:
        sections += section("Diagnostics", problems.lines(plan["diagnostics"]))
    return Report("Plan", summary(plan), (*sections, *reads(plan, full)), tuple(closing(plan)))


def summary(plan: Mapping[str, Any]) -> str:
    """The one line that says it all. Holds no values: only our words and numbers."""
    count = plan["summary"]
    if not plan["steps"]:
        what = "nothing to change" if plan["scopes"] else "nothing was planned"
    else:
        parts = [f"{count[op]:,} to {op}" for op in SYMBOLS if count[op]]
        what = f"{', '.join(parts) or 'no object to change'}: {words.plural(count['calls'], 'call')}"
    stopped = len({b["scope"] for b in plan["blocked"]})
    return f"Plan: {what}" + (f"; {words.plural(stopped, 'scope')} blocked" if stopped else "") + "."


def left(plan: Mapping[str, Any], full: bool, limit: int | None) -> list[Section]:
    """What the plan leaves as it is: unlisted, ignored and cosmetic."""
    return [
        *section("Unlisted, left alone", _notes(kept(plan), full, limit, "evaluated before")),
        *section("Ignored, as the manifests ask", _notes(plan["ignored"], full, limit, "")),
        *section("Cosmetic, not worth a call", _notes(plan["cosmetic"], full, limit, "")),
    ]


def reads(plan: Mapping[str, Any], full: bool) -> list[Section]:
    """What reading took."""
    note = words.plural(plan["reads"]["calls"], "call")
    return section("Read calls", _reads(plan["reads"], full), note=note)


def section(title: str, lines: Iterator[Line] | Sequence[Line], *, note: str = "") -> list[Section]:
    """A section, or none without lines."""
    found = tuple(lines)
    return [Section(title, found, note=note)] if found else []


def _notes(notes: Sequence[Mapping[str, Any]], full: bool, limit: int | None, related: str) -> Iterator[Line]:
    for note in notes if full else notes[:SHOWN]:
        label = words.label(note["kind"], note["address"], note["object"], limit)
        yield Line(" ", f"{note['scope']}: {label}", 1, note["reason"], ASIDE)
        if related and note["related"]:
            yield Line("!", f"{related} {', '.join(words.tail(a) for a in note['related'])}", 2, weight=ASIDE)
        for line in change_lines(note["changed"], limit):
            yield Line(line.symbol, line.text, line.depth, line.tail, ASIDE)
    if not full and len(notes) > SHOWN:
        yield Line(" ", f"and {len(notes) - SHOWN:,} more (--full lists them)", 1, weight=ASIDE)


def kept(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Unlisted objects that stay; those that go are told as deletions."""
    gone = {
        step["object_id"] for step in plan["steps"] if step["op"] == "delete" and isinstance(step["object_id"], str)
    }
    return [note for note in plan["unlisted"] if note["object_id"] not in gone]


def _reads(reads: Mapping[str, Any], full: bool) -> Iterator[Line]:
    """The formula: one line a provider, its terms and their sum; in full every term with what it is made of."""
    providers: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for term in reads["terms"]:
        provider, _, what = term["name"].partition(": ")
        providers.setdefault(provider, []).append((what or provider, term))
    for provider, terms in providers.items():
        parts = " + ".join(f"{what} {term['calls']:,}" for what, term in terms)
        yield Line(" ", f"{provider}: {parts} = {sum(term['calls'] for _, term in terms):,}", 1, weight=ASIDE)
        if full:
            for what, term in terms:
                yield Line(" ", f"{what}: {term['formula']} = {term['calls']:,}", 2, weight=ASIDE)


def closing(plan: Mapping[str, Any]) -> Iterator[Line]:
    """What was proven, of which live state where that is a snapshot's, of which part of a fleet, and the digest."""
    verified = plan["verified"]
    checks = ", ".join(f"{name} {verified[name]}" for name in ("constraints", "routing", "exposure"))
    yield Line(" ", f"Replayed {words.plural(verified['states'], 'state')}: {checks}.", weight=MAIN)
    live = plan["source"].get("live")
    if live:
        yield Line(" ", f"Live state: the snapshot of {live['taken_at']}; the clouds were not asked.", weight=MAIN)
    if plan["source"].get("shard"):
        yield Line(" ", f"Part {plan['source']['shard']} of the documents (--shard).", weight=MAIN)
    yield Line(" ", f"Digest: {plan['digest']}", weight=MAIN)

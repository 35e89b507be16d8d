"""The Plan as a report: danger first, then what changes by scope, then what is left, then the numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import problems, words
from reconciler.reports.changes import change_lines, field_lines
from reconciler.reports.lines import ASIDE, DANGER, DETAIL, MAIN, Line, Report, Section

SYMBOLS = {"create": "+", "update": "~", "delete": "-", "move": ">"}
SAME_FROM = 3
"""From so many equal changes on they are told once."""
SHOWN = 20
"""So many unlisted, ignored or cosmetic objects a section are listed unless the full report is asked for."""


def report(plan: Mapping[str, Any], *, full: bool, limit: int | None, diagnostics: bool) -> Report:
    """The sections of a plan. ``full`` names every object by itself, with ids and calls, and cuts no value.

    ``diagnostics`` False leaves them out, for a screen that has shown them already.
    """
    limit = None if full else limit
    sections = [
        *_section("Danger", _danger(plan, limit)),
        *_changes(plan, full, limit),
        *_section("Unlisted, left alone", _notes(_kept(plan), full, limit, "evaluated before")),
        *_section("Ignored, as the manifests ask", _notes(plan["ignored"], full, limit, "")),
        *_section("Cosmetic, not worth a call", _notes(plan["cosmetic"], full, limit, "")),
    ]
    if diagnostics:
        sections += _section("Diagnostics", problems.lines(plan["diagnostics"]))
    sections += _section("Read calls", _reads(plan["reads"], full), note=words.plural(plan["reads"]["calls"], "call"))
    return Report("Plan", summary(plan), tuple(sections), tuple(_closing(plan)))


def summary(plan: Mapping[str, Any]) -> str:
    """The one line that says it all."""
    count = plan["summary"]
    if not plan["steps"]:
        what = "nothing to change" if plan["scopes"] else "nothing was planned"
    else:
        parts = [f"{count[op]:,} to {op}" for op in SYMBOLS if count[op]]
        what = f"{', '.join(parts) or 'no object to change'}: {words.plural(count['calls'], 'call')}"
    stopped = len({b["scope"] for b in plan["blocked"]})
    return f"Plan: {what}" + (f"; {words.plural(stopped, 'scope')} blocked" if stopped else "") + "."


def _section(title: str, lines: Iterator[Line] | Sequence[Line], *, note: str = "") -> list[Section]:
    found = tuple(lines)
    return [Section(title, found, note=note)] if found else []


def _danger(plan: Mapping[str, Any], limit: int | None) -> Iterator[Line]:
    for item in sorted(plan["blocked"], key=lambda b: (b["scope"] is not None, b["scope"] or "")):
        yield Line("!", f"blocked: {item['scope'] or 'the whole run'}: {item['reason']}", tail=item["code"],
                   weight=DANGER)  # fmt: skip
        if item["allow"]:
            flag = "--max-deletes" if item["allow"].isdigit() else "--allow"
            yield Line(" ", f"to let it through: {flag} {item['allow']}", 1, weight=DANGER)
    for gap in plan["gaps"]:
        to = ", then ".join(words.tail(a) if "/" in a else a for a in gap["falls_to"])
        yield Line("!", f"gap: {gap['object']} is absent from {gap['opened_by']} to {gap['closed_by']}", weight=DANGER)
        yield Line(" ", f"meanwhile its traffic {'is closed' if to == 'closed' else 'goes to ' + to}: {gap['why']}", 1,
                   weight=DANGER)  # fmt: skip
    for note in plan["left_open"]:
        over = ", ".join(words.tail(a) for a in note["related"])
        text = f"left open: {note['address']}: {words.label(note['kind'], note['address'], note['object'], limit)}"
        yield Line("!", text + (f" (covers or overlaps {over})" if over else ""), weight=DANGER)
    replaced = {step["replaces"]: step["id"] for step in plan["steps"] if step["replaces"]}
    for step in plan["steps"]:
        if step["op"] == "delete":
            later = replaced.get(step["address"])
            yield Line("-", f"deletes {step['address']}" + (f", replaced by {later}" if later else ""),
                       tail=step["id"], weight=DANGER)  # fmt: skip
        for warning in step["warnings"]:
            yield Line("!", f"{step['address']}: {warning}", tail=step["id"], weight=DANGER)


def _changes(plan: Mapping[str, Any], full: bool, limit: int | None) -> list[Section]:
    """One section a scope; equal changes of several objects stand together."""
    groups = _groups(plan["steps"], full)
    scopes = {scope["address"]: scope for scope in plan["scopes"]}
    several: list[Line] = []
    by_scope: dict[str, list[Line]] = defaultdict(list)
    for steps in groups:
        lines = list(_step(steps, full, limit))
        inside = {step["scope"] for step in steps}
        (several if len(inside) > 1 else by_scope[steps[0]["scope"]]).extend(lines)
    sections = [Section("Several scopes", tuple(several))] if several else []
    for address in sorted(by_scope):
        scope = scopes.get(address, {})
        note = ", ".join(str(scope[key]) for key in ("provider", "id") if key in scope)
        unlisted = f"unlisted: {scope['unlisted']}" if "unlisted" in scope else ""
        sections.append(Section("", tuple(by_scope[address]), address, ", ".join(n for n in (note, unlisted) if n)))
    return sections


def _groups(steps: Sequence[Mapping[str, Any]], full: bool) -> list[list[Mapping[str, Any]]]:
    """Steps that do the same to different objects, from ``SAME_FROM`` of them on; else each step alone."""
    from json import dumps

    if full:
        return [[step] for step in steps]
    same: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        lonely = step["op"] != "update" or step["gap"] or step["warnings"] or step["role"] != "none"
        key = step["id"] if lonely else dumps([step["kind"], step["changed"]], sort_keys=True)
        same.setdefault(key, []).append(step)
    out: list[list[Mapping[str, Any]]] = []
    for group in same.values():
        out += [group] if len(group) >= SAME_FROM else [[step] for step in group]
    return sorted(out, key=lambda group: int(group[0]["id"][1:]))


def _step(steps: Sequence[Mapping[str, Any]], full: bool, limit: int | None) -> Iterator[Line]:
    step = steps[0]
    symbol = SYMBOLS[step["op"]]
    shown = step["after"] if step["after"] is not None else step["before"]
    role = {
        "guard": " (guard: keeps it from matching)",
        "arm": " (arms it)",
        "clone": " (clone)",
        "heal": " (heals it)",
    }
    # A deletion is listed under danger already; a created security group rule stands here only.
    weight = DANGER if step["op"] == "create" and step["kind"] == "security_group_rule" else MAIN
    if len(steps) == 1:
        text = words.label(step["kind"], step["address"], shown, limit)
        text += "" if step["op"] == "delete" else role.get(step["role"], "")  # what goes is the original, no clone
        yield Line(symbol, text, 1, step["id"], weight)
    else:
        ids = f"{steps[0]['id']}..{steps[-1]['id']}"
        noun = words.plural(len(steps), words.noun(step["kind"]), {"policy": "policies"}.get(words.noun(step["kind"])))
        yield Line(symbol, f"the same change on {noun}:", 1, ids, weight)
        for other in steps:
            yield Line(" ", other["address"], 3, weight=DETAIL)
    yield from field_lines(step, limit)
    if step["reason"]:
        yield Line(" ", f"because: {step['reason']}", 2, weight=ASIDE)
    if full:
        yield from _full(step)


def _full(step: Mapping[str, Any]) -> Iterator[Line]:
    call = step["call"]
    path = "/".join(words.value(part) if isinstance(part, Mapping) else str(part) for part in call["path"])
    yield Line(" ", f"address: {step['address']}", 2, weight=ASIDE)
    if step["object_id"] is not None:
        yield Line(" ", f"id: {words.value(step['object_id'])}", 2, weight=ASIDE)
    yield Line(" ", f"call: {call['service']} {call['method']} /{path}", 2, weight=ASIDE)
    if call["body"] is not None:
        yield Line(" ", f"body: {words.value(call['body'])}", 2, weight=ASIDE)


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


def _kept(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
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


def _closing(plan: Mapping[str, Any]) -> Iterator[Line]:
    verified = plan["verified"]
    checks = ", ".join(f"{name} {verified[name]}" for name in ("constraints", "routing", "exposure"))
    yield Line(" ", f"Replayed {words.plural(verified['states'], 'state')}: {checks}.", weight=MAIN)
    yield Line(" ", f"Digest: {plan['digest']}", weight=MAIN)

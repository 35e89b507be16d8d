"""What of a plan must be seen before anything else: blocked scopes, gaps, deletions, opened rules, what stays open.

Told in full, one object a line, or compactly, as names by scope. No form leaves one out; a budget that even the names
exceed is the renderer's business, and it must say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.records import dataclass
from reconciler.reports import words
from reconciler.reports.lines import DANGER, Line

BLOCKED, GAP, DELETES, REPLACES, OPENS, LEFT_OPEN, WARNS = (
    "blocked", "gap", "deletes", "replaces", "opens", "left open", "warning"
)  # fmt: skip
SYMBOLS = {BLOCKED: "!", GAP: "!", DELETES: "-", REPLACES: "+", OPENS: "+", LEFT_OPEN: "!", WARNS: "!"}
_COUNTED = {
    BLOCKED: ("blocked scope", None), GAP: ("gap", None), DELETES: ("deletion", None),
    REPLACES: ("replaced security group rule", None), OPENS: ("new security group rule", None),
    LEFT_OPEN: ("rule left open", "rules left open"), WARNS: ("warning", None),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Danger:
    """One dangerous thing. ``name`` is what it is called in a list of its scope's; ``lines`` tell it in full.

    ``group`` is set where many differ in their names only: the words that they share, with ``{}`` for the names.
    """

    what: str
    scope: str
    name: str
    lines: tuple[Line, ...]
    group: str = ""


def dangers(plan: Mapping[str, Any], limit: int | None) -> list[Danger]:
    """Everything dangerous, in the order in which it is told."""
    return [
        *_blocked(plan["blocked"]),
        *_gaps(plan["gaps"]),
        *_steps(plan["steps"], limit),
        *_left_open(plan["left_open"], limit),
        *(
            Danger(WARNS, step["scope"], f"{_name(step['address'])}: {warning}",
                   (_line(WARNS, f"{step['address']}: {warning}", step["id"]),))
            for step in plan["steps"] for warning in step["warnings"]
        ),
    ]  # fmt: skip


def full(found: Iterable[Danger]) -> Iterator[Line]:
    """One object a line."""
    for one in found:
        yield from one.lines


def compact(found: Sequence[Danger]) -> Iterator[Line]:
    """The names alone, by scope and by what happens."""
    for scope, group in _by(found, lambda one: one.scope):
        yield Line(" ", scope or "the whole run", weight=DANGER)
        for what, same in _by(group, lambda one: one.what):
            for shared, alike in _by(same, lambda one: one.group):
                head = f"{what} ({len(alike):,}): " if len(alike) > 1 else f"{what}: "
                before, _, after = shared.partition("{}")
                listed = [text for text, _ in words.names(one.name for one in alike)]
                listed[0] = f"{head}{before}{listed[0]}"
                listed[-1] += after
                for n, text in enumerate(listed):
                    yield Line(SYMBOLS[what], text, 2 if n else 1, weight=DANGER)


def counts(found: Sequence[Danger]) -> str:
    """``12 deletions, 1 gap``; empty for none."""
    return ", ".join(words.plural(len(same), *_COUNTED[what]) for what, same in _by(found, lambda one: one.what))


def counts_by_scope(found: Sequence[Danger]) -> Iterator[tuple[str, str]]:
    """Each scope with what is dangerous in it."""
    for scope, same in _by(found, lambda one: one.scope):
        yield scope or "the whole run", counts(same)


def rarest_first(found: Sequence[Danger]) -> list[Danger]:
    """For where not all can be named: ten thousand deletions must not hide the one rule that is opened."""
    groups = sorted(_by(found, lambda one: one.what), key=lambda group: len(group[1]))
    return [one for _, same in groups for one in same]


def _by(found: Iterable[Danger], key: Any) -> list[tuple[str, list[Danger]]]:
    groups: dict[str, list[Danger]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return list(groups.items())


def _line(what: str, text: str, tail: str = "") -> Line:
    return Line(SYMBOLS[what], text, tail=tail, weight=DANGER)


def _name(address: str) -> str:
    return words.name(words.tail(address))


def _blocked(blocked: Sequence[Mapping[str, Any]]) -> Iterator[Danger]:
    for item in sorted(blocked, key=lambda b: (b["scope"] is not None, b["scope"] or "")):
        told = [_line(BLOCKED, f"blocked: {item['scope'] or 'the whole run'}: {item['reason']}", item["code"])]
        if item["allow"]:
            flag = "--max-deletes" if item["allow"].isdigit() else "--allow"
            told.append(Line(" ", f"to let it through: {flag} {item['allow']}", 1, weight=DANGER))
        yield Danger(BLOCKED, item["scope"] or "", f"{item['reason']} ({item['code']})", tuple(told))


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> Iterator[Danger]:
    for gap in gaps:
        to = ", then ".join(words.tail(a) if "/" in a else a for a in gap["falls_to"])
        told = (
            _line(GAP, f"gap: {gap['object']} is absent from {gap['opened_by']} to {gap['closed_by']}"),
            Line(" ", f"meanwhile its traffic {'is closed' if to == 'closed' else 'goes to ' + to}: {gap['why']}", 1,
                 weight=DANGER),
        )  # fmt: skip
        yield Danger(GAP, gap["scope"], f"{_name(gap['object'])} ({gap['opened_by']} to {gap['closed_by']})", told)


def _steps(steps: Sequence[Mapping[str, Any]], limit: int | None) -> Iterator[Danger]:
    replaced = {step["replaces"]: step["id"] for step in steps if step["replaces"]}
    opened: list[Danger] = []
    for step in steps:
        if step["op"] == "delete":
            later = replaced.get(step["address"])
            text = f"deletes {step['address']}" + (f", replaced by {later}" if later else "")
            yield Danger(DELETES, step["scope"], _name(step["address"]), (_line(DELETES, text, step["id"]),))
        elif step["op"] == "create" and step["kind"] == "security_group_rule":
            opened.append(_opens(step, limit))
    yield from opened


def _opens(step: Mapping[str, Any], limit: int | None) -> Danger:
    """A new security group rule: what it admits, or (Huawei's action) denies."""
    what = REPLACES if step["replaces"] else OPENS
    rule = step["after"]
    head, remote, rest = words.security_rule_parts(rule, limit)
    verb = what if what == REPLACES else "denies" if rule.get("action") == "deny" else "opens"
    before = f"{verb} {_name(step['replaces'])} by " if what == REPLACES else f"{verb} "
    text = f"{before}{words.security_rule(rule, limit)} in {step['scope']}"
    return Danger(what, step["scope"], remote, (_line(what, text, step["id"]),), f"{head} {{}} {rest}".rstrip())


def _left_open(notes: Sequence[Mapping[str, Any]], limit: int | None) -> Iterator[Danger]:
    for note in notes:
        over = ", ".join(words.tail(a) for a in note["related"])
        label = words.label(note["kind"], note["address"], note["object"], limit)
        text = f"left open: {note['address']}: {label}" + (f" (covers or overlaps {over})" if over else "")
        yield Danger(LEFT_OPEN, note["scope"], label, (_line(LEFT_OPEN, text),))

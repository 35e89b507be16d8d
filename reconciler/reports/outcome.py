"""The Outcome as a report: what is wrong now, what was done, what was not, and the command to go on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.reports import problems, words
from reconciler.reports.changes import change_lines
from reconciler.reports.lines import ASIDE, DANGER, DETAIL, MAIN, Line, Report, Section
from reconciler.reports.plan import SYMBOLS

_TITLES = {"failed": "Failed", "unknown": "Unknown: may or may not have happened", "not_tried": "Not tried",
           "done": "Done"}  # fmt: skip


def report(outcome: Mapping[str, Any], *, full: bool, limit: int | None, diagnostics: bool) -> Report:
    """The sections of an outcome: open gaps, changed scopes, failures, then what is done."""
    limit = None if full else limit
    sections = [
        *_section("Danger", _danger(outcome)),
        *_section("Changed since the plan: nothing was written there", _changed(outcome, limit)),
    ]
    for status, title in _TITLES.items():
        sections += _section(title, _steps(outcome, status, full))
    sections += _section("Other scopes", _scopes(outcome))
    if diagnostics:
        sections += _section("Diagnostics", problems.lines(outcome["diagnostics"]))
    return Report("Outcome", summary(outcome), tuple(sections), tuple(_closing(outcome)))


def summary(outcome: Mapping[str, Any]) -> str:
    """The one line that says it all."""
    count = outcome["summary"]
    words_for = {"failed": "failed", "unknown": "unknown", "not_tried": "not tried"}
    parts = [f"{count['done']:,} of {words.plural(count['steps'], 'step')} done"]
    parts += [f"{count[key]:,} {said}" for key, said in words_for.items() if count[key]]
    if count["already"]:
        parts.append(f"{count['already']:,} had been done before")
    result = {"done": "Apply: done", "partly": "Apply: partly done", "failed": "Apply: failed"}
    head = result.get(outcome["result"], "Apply: nothing was sent")
    stopped = f" (stopped by {outcome['interrupted']})" if outcome["interrupted"] else ""
    return f"{head}{stopped}: {', '.join(parts)}; {words.plural(count['sent'], 'write')} sent."


def _section(title: str, lines: Iterator[Line]) -> list[Section]:
    found = tuple(lines)
    return [Section(title, found)] if found else []


def _danger(outcome: Mapping[str, Any]) -> Iterator[Line]:
    for gap in outcome["open_gaps"]:
        to = ", then ".join(words.tail(a) if "/" in a else a for a in gap["falls_to"])
        yield Line("!", f"open gap: {gap['object']} is absent now: its traffic goes to {to}", weight=DANGER)
        yield Line(" ", f"opened by {gap['opened_by']}, {gap['closed_by']} closes it: {gap['why']}", 1, weight=DANGER)
    if outcome["verification"]["status"] in ("not_empty", "failed"):
        what = outcome["verification"]
        state = "not empty" if what["status"] == "not_empty" else "not known"
        why = what["why"] or f"{words.plural(len(what['steps']), 'step')} left"
        yield Line("!", f"the final plan is {state}: {why}", weight=DANGER)
        for step in what["steps"]:
            yield Line(" ", step, 1, weight=DETAIL)


def _changed(outcome: Mapping[str, Any], limit: int | None) -> Iterator[Line]:
    for scope in outcome["scopes"]:
        for item in scope["changed"]:
            yield Line("!", f"{item['address']}: {item['why']}", weight=DANGER)
            for name in ("before", "after", "live"):
                said = {"before": "when planned", "after": "wanted", "live": "live now"}[name]
                text = words.value(item[name], limit) if item[name] is not None else "nothing"
                yield Line(" ", f"{said}: {text}", 1, weight=DETAIL)
            if item["before"] is not None and item["live"] is not None:
                yield from change_lines(_difference(item["before"], item["live"]), limit)


def _difference(before: Mapping[str, Any], live: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields that changed between the plan and now."""
    return [
        {"field": key, "before": before.get(key), "after": live.get(key)}
        for key in sorted({*before, *live})
        if before.get(key) != live.get(key)
    ]


def _steps(outcome: Mapping[str, Any], status: str, full: bool) -> Iterator[Line]:
    told = None
    for step in outcome["steps"]:
        if step["status"] != status:
            continue
        bad = status in ("failed", "unknown")
        said = " (had been done before)" if step["already"] else ""
        took = f" {step['seconds']:.1f} s" if (step["seconds"] or 0) >= 0.05 else ""
        danger = bad or step["op"] == "delete" or (step["op"] == "create" and step["kind"] == "security_group_rule")
        symbol = "!" if bad else SYMBOLS[step["op"]]
        yield Line(symbol, f"{step['op']} {step['address']}{said}", 1, f"{step['id']}{took}",
                   DANGER if danger else MAIN)  # fmt: skip
        if step["words"]:
            yield Line(" ", f"the provider says: {step['words']}", 2, weight=DETAIL)
        if step["why"] and (bad or full or step["why"] != told):  # one cause stops many steps: told once
            yield Line(" ", step["why"], 2, step["code"] or "", DETAIL)
        told = step["why"]
        if step["request_ids"] and (bad or full):
            yield Line(" ", f"request ids: {', '.join(step['request_ids'])}", 2, weight=DETAIL)
        if full and step["object_id"]:
            yield Line(" ", f"id: {step['object_id']}", 2, weight=ASIDE)


def _scopes(outcome: Mapping[str, Any]) -> Iterator[Line]:
    for scope in outcome["scopes"]:
        if scope["result"] in ("blocked", "interrupted", "not_tried"):
            text = f"{scope['address']}: {scope['result'].replace('_', ' ')}"
            yield Line("!", text + (f": {scope['why']}" if scope["why"] else ""), 1, weight=MAIN)


def _closing(outcome: Mapping[str, Any]) -> Iterator[Line]:
    check = outcome["verification"]
    if check["status"] == "empty":
        yield Line(" ", "Read again and planned again: nothing is left to do.")
    elif check["status"] == "skipped":
        yield Line(" ", f"Not verified by a second plan{': ' + check['why'] if check['why'] else ''}.")
    if outcome["continue"]:
        yield Line(" ", f"To go on: {shlex.join(outcome['continue'])}", weight=DANGER)
    if outcome["journal"]:
        yield Line(" ", f"Journal: {outcome['journal']}", weight=ASIDE)

"""The Drift as a report: what opens, cannot be told or is broken first, then by scope, then what does not alarm."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import problems, words
from reconciler.reports.changes import change_lines
from reconciler.reports.drift_findings import aside_lines, finding_lines, grouped
from reconciler.reports.lines import ASIDE, DANGER, DETAIL, Line, Report, Section

SAME_FROM = 3
"""From so many scopes on that cannot be told for one reason, the reason is told once."""
SHOWN = 20
"""So many objects a section that does not alarm are listed unless the full report is asked for."""
ADOPTED = ("outside", "unknown")
"""Causes after which what is live may be what is wanted."""
_TARGETS = 5
"""With more scopes than this, a command to go on names none: it is meant for all."""


def report(drift: Mapping[str, Any], *, full: bool, limit: int | None, diagnostics: bool) -> Report:
    """The sections of a drift document. ``full`` names every object by itself, with ids, and cuts no value.

    ``diagnostics`` False leaves them out, for a screen that has shown them already.
    """
    limit = None if full else limit
    sections = [
        *_section("Danger", _danger(drift, full, limit)),
        *_scopes(drift, full, limit),
        *_aside(drift, full, limit),
        *_section("Ignored, as the manifests ask", _notes(drift["ignored"], full, limit)),
        *_section("Cosmetic, not worth a call", _notes(drift["cosmetic"], full, limit)),
    ]
    if diagnostics:
        sections += _section("Diagnostics", problems.lines(drift["diagnostics"]))
    return Report("Drift", summary(drift), tuple(sections), tuple(_closing(drift)))


def summary(drift: Mapping[str, Any]) -> str:
    """The one line that says it all."""
    count = drift["summary"]
    scopes = words.plural(count["scopes"], "scope")
    if not count["scopes"]:
        return "Drift: nothing was looked at: no scope is selected."
    parts = []
    if count["unknown"]:
        parts.append(f"cannot tell {count['unknown']:,} of {scopes}")
    if count["alarms"]:
        kinds = ", ".join(f"{number:,} {what}" for what, number in _alarms(drift).items() if number)
        opens = sum(f["opens"] and f["alarm"] for f in drift["findings"])
        kinds += f"; {opens:,} {'opens' if opens == 1 else 'open'} traffic" if opens else ""
        where = words.plural(count["drifted"], "scope") if count["unknown"] else f"{count['drifted']:,} of {scopes}"
        parts.append(f"{words.plural(count['alarms'], 'finding')} ({kinds}) in {where}")
    elif count["unknown"]:
        parts.append("nothing found in the others")
    else:
        parts.append(f"none in {scopes}")
    asides = {"in the baseline already": count["known"], "kept": _only_kept(drift)}
    parts += [f"{number:,} {said}" for said, number in asides.items() if number]
    return f"Drift: {'; '.join(parts)}."


def _alarms(drift: Mapping[str, Any]) -> dict[str, int]:
    found = dict.fromkeys(("changed", "missing", "unlisted", "error"), 0)
    for finding in drift["findings"]:
        if finding["alarm"]:
            found[finding["what"]] += 1
    return {("in ERROR" if what == "error" else what): number for what, number in found.items()}


def _only_kept(drift: Mapping[str, Any]) -> int:
    return sum(f["kept"] and not f["known"] and not f["alarm"] for f in drift["findings"])


def _section(title: str, lines: Iterable[Line], *, subject: str = "", note: str = "") -> list[Section]:
    found = tuple(lines)
    return [Section(title, found, subject, note)] if found else []


def _in_danger(finding: Mapping[str, Any]) -> bool:
    """Is it told first? What a baseline has accepted is not."""
    return not finding["known"] and bool(finding["opens"] or (finding["what"] == "error" and finding["alarm"]))


def _danger(drift: Mapping[str, Any], full: bool, limit: int | None) -> Iterator[Line]:
    first = [f for f in drift["findings"] if _in_danger(f)]
    opens = [f for f in first if f["opens"]]
    for group in grouped([f for f in opens if f["alarm"]] + [f for f in opens if not f["alarm"]], full):
        yield from finding_lines(group, full, limit, danger="opens" if group[0]["alarm"] else "left open")
    yield from _unknown(drift["unknown"], full)
    for group in grouped([f for f in first if not f["opens"]], full):
        yield from finding_lines(group, full, limit, danger="in ERROR")


def _unknown(unknown: Sequence[Mapping[str, Any]], full: bool) -> Iterator[Line]:
    """Scopes that could not be told: never drift, never clean."""
    same: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for item in unknown:
        same[item["code"], item["reason"], item["unread"]].append(item["scope"])
    for (code, reason, unread), scopes in same.items():
        why = "the cloud gave no answer" if unread else "the manifests and the cloud do not fit"
        if full or len(scopes) < SAME_FROM:
            for scope in scopes:
                yield Line("!", f"cannot tell: {scope}: {why}: {reason}", 0, code, DANGER)
            continue
        yield Line("!", f"cannot tell {words.plural(len(scopes), 'scope')}: {why}: {reason}", 0, code, DANGER)
        for scope in scopes:
            yield Line("!", scope, 1, weight=DANGER)


def _scopes(drift: Mapping[str, Any], full: bool, limit: int | None) -> list[Section]:
    """One section a scope with what alarms and is not told yet; equal findings of several scopes stand together."""
    told = [f for f in drift["findings"] if f["alarm"] and not _in_danger(f)]
    several: list[Line] = []
    by_scope: dict[str, list[Line]] = defaultdict(list)
    fields: set[str] = set()
    for group in grouped(told, full):
        inside = list(dict.fromkeys(f["scope"] for f in group))
        lines = several if len(inside) > 1 else by_scope[inside[0]]
        lines += finding_lines(group, full, limit, after=lines)
        if group[0]["fields"]:
            fields.update(inside if len(inside) == 1 else ("",))
    facts = {scope["address"]: scope for scope in drift["scopes"]}
    sections = _section("Several scopes", several, note="wanted -> live" if "" in fields else "")
    for address in sorted(by_scope):
        sections += _section("", by_scope[address], subject=address,
                             note=_note(facts.get(address, {}), address in fields))  # fmt: skip
    return sections


def _note(scope: Mapping[str, Any], fields: bool) -> str:
    parts = [str(scope[key]) for key in ("provider", "id") if scope.get(key)]
    if "unlisted" in scope:
        parts.append(f"unlisted: {scope['unlisted']}")
    return ", ".join(parts) + ("; wanted -> live" if fields else "")


def _aside(drift: Mapping[str, Any], full: bool, limit: int | None) -> list[Section]:
    """Findings that do not alarm, by the reason why."""
    quiet = [f for f in drift["findings"] if not f["alarm"] and not _in_danger(f)]
    known = [f for f in quiet if f["known"]]
    kept = [f for f in quiet if not f["known"] and f["kept"]]
    rest = [f for f in quiet if not f["known"] and not f["kept"]]
    return [
        *_section("Known: in the baseline already", _shown(known, full, limit)),
        *_section("Unlisted, left alone", _shown(kept, full, limit)),
        *_section("No alarm", _shown(rest, full, limit)),
    ]


def _shown(findings: Sequence[Mapping[str, Any]], full: bool, limit: int | None) -> Iterator[Line]:
    for finding in findings if full else findings[:SHOWN]:
        yield from aside_lines(finding, limit)
    yield from _more(findings, full)


def _more(items: Sequence[Any], full: bool) -> Iterator[Line]:
    if not full and len(items) > SHOWN:
        yield Line(" ", f"and {len(items) - SHOWN:,} more (--full lists them)", 1, weight=ASIDE)


def _notes(notes: Sequence[Mapping[str, Any]], full: bool, limit: int | None) -> Iterator[Line]:
    for note in notes if full else notes[:SHOWN]:
        label = words.label(note["kind"], note["address"], note["object"], limit)
        until = note["until"]
        tail = note["reason"] if not until or until in note["reason"] else f"{note['reason']}, until {until}"
        yield Line(" ", f"{note['scope']}: {label}", 1, tail, ASIDE)
        for line in change_lines(note["changed"], limit):
            yield Line(line.symbol, line.text, line.depth, line.tail, ASIDE)
    yield from _more(notes, full)


def _closing(drift: Mapping[str, Any]) -> Iterator[Line]:
    alarming = [f for f in drift["findings"] if f["alarm"]]
    if alarming:
        for said, line in ways(drift["source"], alarming):
            yield Line(" ", f"{said}: {line}", weight=DANGER)
        accept = "an `ignore:` entry with `reason` and `until` in the manifest, or this document as the next --baseline"
        yield Line(" ", f"To accept it: {accept}", weight=DANGER)
    if drift["unknown"]:
        again = command(drift["source"], "drift", scopes=[u["scope"] for u in drift["unknown"]])
        codes = ", ".join(sorted({u["code"] for u in drift["unknown"]}))
        yield Line(" ", f"To look again where it could not be told ({codes}): {again}", weight=DANGER)
    yield from _since(drift)
    if "shard" in drift["source"]:
        yield Line(" ", f"Shard {drift['source']['shard']}: other scopes were not looked at.")
    if "live" in drift["source"]:
        taken = drift["source"]["live"]["taken_at"]
        yield Line(" ", f"Live state: the snapshot of {taken}; the clouds were not asked.")
        return
    calls = words.plural(drift["reads"]["calls"], "read call")
    yield Line(" ", f"Checked at {drift['checked_at']} with {calls}; nothing was written.")


def _since(drift: Mapping[str, Any]) -> Iterator[Line]:
    for run in drift["since"] or ():
        yield Line(" ", f"Compared with the apply {run['run']}, finished at {run['finished_at']}", weight=DETAIL)
    baseline = drift["baseline"]
    if baseline is not None:
        gone = f", {baseline['gone']:,} of them gone since" if baseline["gone"] else ""
        held = words.plural(baseline["findings"], "finding")
        yield Line(" ", f"Baseline of {baseline['checked_at']}: {held}{gone}", weight=DETAIL)


def ways(source: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """What can be done about findings: in words, and as a command line."""
    yield "To bring the manifests live", command(source, "apply", scopes=[f["scope"] for f in findings])
    edited = [f for f in findings if f["cause"] in ADOPTED]
    if edited:
        listed = ("--adopt-unlisted",) if any(f["kept"] for f in edited) else ()
        yield (
            "To adopt what is live",
            command(source, "import", "--merge", *listed, scopes=[f["scope"] for f in edited]),
        )


def command(source: Mapping[str, Any], *words_: str, scopes: Iterable[str]) -> str:
    """A command line for these scopes, with the paths of the run; without targets where there are many."""
    named = list(dict.fromkeys(scopes))
    flags = [word for scope in named for word in ("--target", scope)]
    if len(named) > _TARGETS:
        flags = [word for key in ("target", "exclude") for glob in source[key] for word in (f"--{key}", glob)]
        flags += ["--shard", source["shard"]] if "shard" in source else []
    return shlex.join(["reconcile", *words_, *source["paths"], *flags])

"""Findings of a drift document as HTML: what differs side by side, where it is wanted, what is live and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import words
from reconciler.reports.drift_findings import CAUSES, STATES, label, neighbours
from reconciler.reports.site.page import badge, cell, code, escape, row_head, value

SHOWN = 200
"""So many findings a page are shown whole; the rest is counted, and the document that has them is named."""
_LIMIT = 300


def ordered(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Danger first: what opens, then what is broken, then what alarms; within as the document has them."""
    return sorted(findings, key=lambda f: (not f["alarm"], not f["opens"], f["what"] != "error"))


def articles(findings: Sequence[Mapping[str, Any]], shown: str) -> Iterator[str]:
    """One article a finding, the worst first; ``shown`` names the document."""
    for finding in ordered(findings)[:SHOWN]:
        yield _article(finding)
    if len(findings) > SHOWN:
        yield f'<p class="quiet">{len(findings) - SHOWN:,} more findings stand in {code(shown)}.</p>'


def _article(finding: Mapping[str, Any]) -> str:
    danger = finding["alarm"] and (finding["opens"] or finding["what"] == "error")
    kind = "danger" if danger else "" if finding["alarm"] else "calm"
    head = f'<h3 class="head value">{escape(label(finding, _LIMIT), 800)}{escape(STATES[finding["what"]])}</h3>'
    return (
        f'<article class="finding {kind}">{head}<div class="tags">{"".join(_tags(finding))}</div>\n'
        f"{_fields(finding)}{_covers(finding)}{_why(finding)}{_facts(finding)}</article>"
    )


def _tags(finding: Mapping[str, Any]) -> Iterator[str]:
    if finding["opens"]:
        yield badge("opens" if finding["alarm"] else "known", "opens traffic")
    yield badge("failed" if finding["what"] == "error" else "plain",
                "in ERROR" if finding["what"] == "error" else finding["what"])  # fmt: skip
    yield badge("plain", CAUSES[finding["cause"]])
    if finding["known"]:
        yield badge("known", "known: in the baseline")
    if finding["kept"]:
        yield badge("known", "unlisted: keep")


def _fields(finding: Mapping[str, Any]) -> str:
    rows = [(change["field"], change["wanted"], change["live"]) for change in finding["fields"]]
    if not rows:
        return ""
    lines = "\n".join(
        f'<tr role="row">{row_head(code(name))}{_side("wanted", name, wanted)}{_side("live", name, live)}</tr>'
        for name, wanted, live in rows
    )
    heads = "".join(f'<th scope="col" role="columnheader">{head}</th>' for head in ("Field", "Wanted", "Live"))
    return (
        f'<table class="fields" role="table"><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">\n{lines}\n</tbody></table>\n'
    )


def _side(side: str, name: str, item: Any) -> str:
    place = name == "order" and isinstance(item, Mapping) and set(item) == {"after", "before"}
    text = neighbours(item) if place else "absent" if item is None else words.value(item)
    content = f'<span class="quiet">{text}</span>' if item is None else code(text)
    return cell("wanted" if side == "wanted" else "live", content, side)


def changes(changed: Sequence[Mapping[str, Any]]) -> str:
    """Changed fields of a note, in a line each."""
    lines = "".join(
        f"<br>{code(change['field'])}: {code(words.value(change['before'], _LIMIT))} instead of "
        f"{code(words.value(change['after'], _LIMIT))}"
        for change in changed
    )
    return lines


def _covers(finding: Mapping[str, Any]) -> str:
    if not finding["covers"]:
        return ""
    said = "Covers or overlaps" if finding["kind"] == "security_group_rule" else "Evaluated before"
    listed = ", ".join(code(words.tail(address)) for address in finding["covers"][:20])
    more = f" and {len(finding['covers']) - 20:,} more" if len(finding["covers"]) > 20 else ""
    return f'<p class="why">{said} {listed}{more}</p>\n'


def _why(finding: Mapping[str, Any]) -> str:
    return f'<p class="why quiet">{value(finding["why"])}</p>\n' if finding["why"] else ""


def _facts(finding: Mapping[str, Any]) -> str:
    facts = []
    if finding["file"]:
        facts.append(("Manifest", code(f"{finding['file']}:{finding['line']}")))
    if finding["object_id"]:
        facts.append(("Live id", code(finding["object_id"])))
    if finding["updated_at"]:
        facts.append(("Updated", value(finding["updated_at"])))
    if finding["status"]:
        facts.append(("Cloud's status", value(finding["status"])))
    facts.append(("Fingerprint", code(finding["fingerprint"][:12])))
    items = "".join(f"<div><dt>{name}</dt><dd>{content}</dd></div>" for name, content in facts)
    return f'<dl class="small">{items}</dl>'

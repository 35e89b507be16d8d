"""The page of one scope: where it stands, its findings, its trend, its last runs and what the last plan wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.reports import words
from reconciler.reports.drift import ways
from reconciler.reports.site import findings, names, trend
from reconciler.reports.site.fleet import Now, plan_state, since
from reconciler.reports.site.history import History, Run
from reconciler.reports.site.page import badge, cell, code, escape, moment, page, row_head, table, value

_NOTES = 50
_LIMIT = 300


def scope_page(row: Now, history: History, last: str) -> str:
    """The page of ``row``; ``last`` is when the newest check of all scopes was made."""
    scope = row.scope
    crumbs = f'<a href="../{names.INDEX}">Fleet</a> / <span class="value">{escape(scope.address)}</span>'
    stale = f" {badge('stale')}" if row.stale else ""
    opens = f" {badge('opens', 'opens traffic')}" if row.opens else ""
    body = "\n".join((
        f'<h1><span class="value">{escape(scope.address)}</span></h1>',
        f'<p class="sub">{badge(row.status)}{opens}{stale}</p>',
        _facts(row, last), *_warnings(row, last), *_findings(row),
        "<h2>Trend</h2>", trend.figure(trend.of_scope(scope), "trend", scope.address),
        "<h2>Last applies</h2>", _runs(scope.last_runs()),
        "<h2>Last plan</h2>", _plan(row, history),
        *_asides(row),
    ))  # fmt: skip
    return page(scope.address, crumbs, body)


def _facts(row: Now, last: str) -> str:
    scope, check = row.scope, row.scope.check
    facts = [("Provider", code(scope.provider) if scope.provider else "not known")]
    if check is not None:
        objects = ", ".join(words.plural(n, _noun(kind), _nouns(kind)) for kind, n in check.scope["objects"].items())
        commit = check.source["commit"]
        facts += [
            ("Live id", code(check.scope["id"]) if check.scope["id"] else "not known"),
            ("Unlisted objects", escape(check.scope["unlisted"])),
            ("Status since", since(row, last)),
            ("Last check", f"{moment(check.at)} in {code(check.shown)}"),
            ("Live objects read", escape(objects) or "none"),
            *(
                [("Live state", f"a snapshot of {moment(check.source['live']['taken_at'])}")]
                if "live" in check.source
                else []
            ),
            ("Commit", code(commit[:12])) if commit else ("Manifests", code(check.source["manifest_digest"][:12])),
        ]
    items = "".join(f"<div><dt>{name}</dt><dd>{content}</dd></div>" for name, content in facts)
    return f'<dl class="facts">{items}</dl>'


def _noun(kind: str) -> str:
    return {"l7policy": "policy", "l7rule": "L7 rule", "security_group_rule": "rule"}.get(kind, kind)


def _nouns(kind: str) -> str | None:
    return "policies" if kind == "l7policy" else None


def _warnings(row: Now, last: str) -> Iterator[str]:
    check = row.scope.check
    if check is None:
        return
    for item in check.unknown:
        why = "the cloud gave no answer" if item["unread"] else "the manifests and the cloud do not fit"
        yield (
            f'<div class="notice"><b>Cannot tell: {why}.</b> {value(item["reason"])} ({code(item["code"])})'
            "<p>This is neither drift nor clean: what is live is not known.</p></div>"
        )
    if row.stale:
        yield (
            f'<div class="notice"><b>Not checked since {moment(check.at)}.</b> The newest check of the fleet is of '
            f"{moment(last)}: what is told here is as it was then.</div>"
        )
    for item in check.diagnostics[:_NOTES]:
        if item["code"] not in {u["code"] for u in check.unknown}:
            where = f"{code(item['file'])}:{item['line']} " if item["file"] else ""
            kind = {"error": " red", "note": " note"}.get(item["severity"], "")
            yield f'<div class="notice{kind}">{where}{value(item["summary"])} ({code(item["code"])})</div>'


def _findings(row: Now) -> Iterator[str]:
    check = row.scope.check
    if check is None:
        yield "<h2>Drift</h2><p class=quiet>No drift document names this scope yet.</p>"
        return
    alarms = [f for f in check.findings if f["alarm"]]
    calm = [f for f in check.findings if not f["alarm"]]
    if row.status == "unknown" and not check.findings:
        return
    yield f"<h2>Drift: {words.plural(len(alarms), 'finding')}</h2>"
    if not alarms:
        yield '<p class="quiet">Nothing alarms.</p>'
    if alarms:
        yield _next(check.source, alarms)
    yield from findings.articles(alarms, check.shown)
    if calm:
        yield f"<details><summary>{words.plural(len(calm), 'finding')} without alarm: known, or kept</summary>"
        yield from findings.articles(calm, check.shown)
        yield "</details>"


def _next(source: Mapping[str, Any], alarms: Sequence[Mapping[str, Any]]) -> str:
    """What can be done about it, as commands."""
    items = "".join(f"<dt>{said}</dt><dd>{code(line)}</dd>" for said, line in ways(source, alarms))
    return f'<dl class="next">{items}</dl>'


def _runs(runs: Sequence[Run]) -> str:
    if not runs:
        return '<p class="quiet">No outcome document has a step on this scope.</p>'
    heads = [("Run", ""), ("Here", ""), ("Steps", ""), ("Verified", ""), ("What happened", "")]
    return table("The newest first.", heads, [_run(run) for run in runs])


def _run(run: Run) -> str:
    said = ("done", "failed", "unknown", "not_tried")
    steps = ", ".join(f"{run.steps[key]:,} {key.replace('_', ' ')}" for key in said if run.steps.get(key))
    stopped = f"<small>stopped by {escape(run.interrupted)}</small>" if run.interrupted else ""
    verified = {"empty": badge("done", "nothing left"), "not_empty": badge("failed", "not empty"),
                "failed": badge("unknown", "not known"), "skipped": badge("plain", "skipped")}  # fmt: skip
    return (
        row_head(f"{moment(run.at)}<small>{code(run.run)} in {code(run.shown)}</small>")
        + cell("Here", f"<span>{badge(run.result, run.result.replace('_', ' '))}{stopped}</span>")
        + cell("Steps", f"<span>{steps}</span>" if steps else "")
        + cell("Verified", verified.get(run.verification["status"], ""))
        + cell("What happened", _story(run))
    )


def _story(run: Run) -> str:
    parts = [f"<b>open gap:</b> {code(gap['object'])} is absent" for gap in run.gaps]
    parts += [value(run.why)] if run.why else []
    for step in run.trouble:
        words_ = f": {value(step['words'])}" if step["words"] else ""
        parts.append(f"{escape(step['op'])} {code(words.tail(step['address']))} {step['status']}{words_}")
    return f"<div>{''.join(f'<p>{part}</p>' for part in parts)}</div>" if parts else ""


def _plan(row: Now, history: History) -> str:
    planned = row.scope.planned
    if planned is None:
        return '<p class="quiet">No plan document names this scope.</p>'
    calls = ", ".join(f"{planned.calls[op]:,} to {op}" for op in ("create", "update", "delete", "move")
                      if planned.calls.get(op))  # fmt: skip
    applied = history.applied(planned.digest)
    facts = [
        ("Planned on", f"{escape(planned.day)} in {code(planned.shown)}"),
        ("Wanted", f"{plan_state(planned, history)} {escape(calls)}"),
        ("Carried out", moment(applied) if applied else "no outcome tells"),
        ("Digest", code(planned.digest[:12])),
        ("Commit", code(planned.commit[:12]) if planned.commit else "not known"),
    ]
    if planned.gaps:
        facts.append(("Gaps", words.plural(planned.gaps, "gap")))
    items = "".join(f"<div><dt>{name}</dt><dd>{content}</dd></div>" for name, content in facts)
    blocked = "".join(
        f'<div class="notice"><b>Blocked:</b> {value(item["reason"])} ({code(item["code"])})</div>'
        for item in planned.blocked[:_NOTES]
    )
    return f'<dl class="facts">{items}</dl>{blocked}'


def _asides(row: Now) -> Iterator[str]:
    check = row.scope.check
    if check is None:
        return
    for title, notes in (("Ignored, as the manifests ask", check.ignored), ("Cosmetic", check.cosmetic)):
        if notes:
            yield f"<h2>{title}</h2>"
            yield table("", [("Object", ""), ("Reason", ""), ("Until", "")], [_note(n) for n in notes[:_NOTES]])
        if len(notes) > _NOTES:
            yield f'<p class="quiet">{len(notes) - _NOTES:,} more stand in {code(check.shown)}.</p>'


def _note(note: Mapping[str, Any]) -> str:
    label = words.label(note["kind"], note["address"], note["object"], _LIMIT)
    return (
        row_head(f'<span class="value">{escape(label, 800)}</span><small>{code(note["object_id"])}</small>')
        + cell("Reason", f"<div>{value(note['reason'])}{findings.changes(note['changed'])}</div>")
        + cell("Until", f'<span class="nowrap">{escape(note["until"])}</span>' if note["until"] else "")
    )

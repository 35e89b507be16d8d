"""The drift document (``schemas/drift.schema.json``): findings with their place, cause, fingerprint and alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.diagnostics import Diagnostic
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, ScopeDocument
from reconciler.planning.document import UNREAD, Blocked, Note, Source, diagnostic_to_json
from reconciler.planning.findings import Finding, ScopeDrift, fingerprint
from reconciler.planning.inputs import ScopeInput
from reconciler.planning.naming import referred
from reconciler.records import dataclass
from reconciler.workflow.drift_baseline import Baseline
from reconciler.workflow.drift_cause import Evidence, Run, evidence

if TYPE_CHECKING:
    from reconciler.manifests.spans import SpanTable
    from reconciler.model.live import ReadTerm

FORMAT_VERSION = 1
WHATS = ("changed", "missing", "unlisted", "error")
CAUSES = ("outside", "not_applied", "unfinished_run", "unknown")


@dataclass(slots=True)
class Told:
    """One scope that could be told: its findings as JSON."""

    drift: ScopeDrift
    findings: list[dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns findings into JSON: where in the manifests, why, known or new."""

    spans: SpanTable
    runs: Sequence[Run]
    baseline: Baseline | None
    seen: Counter[str]

    def scope(self, drift: ScopeDrift) -> tuple[Told, Evidence]:
        """All findings of a scope."""
        known = evidence(drift.scope, self.runs)
        return Told(drift, [self._finding(f, drift.scope, known) for f in drift.findings]), known

    def _finding(self, finding: Finding, scope: ScopeInput, known: Evidence) -> dict[str, Json]:
        first = fingerprint(finding, scope, 0)
        nth = self.seen[first]
        self.seen[first] += 1
        mark = fingerprint(finding, scope, nth) if nth else first
        cause, why = known.cause(finding)
        span = self.spans.span(finding.scope, finding.path)
        old = self.baseline is not None and mark in self.baseline.known
        new = self.baseline is not None and self.baseline.alarms(mark, finding.scope, kept=finding.kept)
        return {
            "fingerprint": mark,
            "what": finding.what,
            "kind": finding.kind,
            "address": finding.address,
            "scope": finding.scope,
            "object_id": finding.object_id,
            "file": span.file if span else None,
            "line": span.line if span else None,
            "column": span.column if span else None,
            "updated_at": finding.updated_at,
            "status": finding.status,
            "fields": [d.to_json() for d in finding.fields],
            "wanted": None if finding.wanted is None else dict(finding.wanted),
            "live": None if finding.live is None else dict(finding.live),
            "cause": cause,
            "why": self._why(finding, scope, why, new),
            "opens": finding.opens,
            "covers": list(finding.covers),
            "alarm": new if self.baseline is not None else not finding.kept,
            "known": old,
            "kept": finding.kept,
        }

    def _why(self, finding: Finding, scope: ScopeInput, why: str, new: bool) -> str:
        """What the manifest says of it, the cause, and what hid it. That nothing was given to tell by is no news."""
        context = self._context(finding, scope, new)
        known = [] if context and not self.runs and not finding.temporary else [why]
        return "; ".join([*context, *known, *self._expired(finding, scope)])

    def _context(self, finding: Finding, scope: ScopeInput, new: bool) -> list[str]:
        """What the manifest says of objects that are not listed."""
        if finding.what != "unlisted" or finding.temporary:
            return []
        if finding.kind == "l7rule":
            return ["the rules of a listed policy are always exact"]
        unlisted = scope.document.unlisted
        if not finding.kept:
            return [f"not listed (unlisted: {unlisted})"]
        since = f", new since {self.baseline.checked_at}" if new and self.baseline is not None else ""
        return [f"kept (unlisted: keep){since}"]

    def _expired(self, finding: Finding, scope: ScopeInput) -> list[str]:
        found = []
        for path in finding.expired:
            entry = next(e for e in scope.document.ignore if e.path == path)
            span = self.spans.span(finding.scope, (*path, "until"))
            where = f" at {span}" if span else ""
            found.append(f"hidden until {entry.until} by the `ignore` entry{where}, which has expired")
        return found


def note(entry: Note, until: Mapping[str, str]) -> dict[str, Json]:
    """An ignored or cosmetic difference."""
    return {**entry.to_json(), "until": until.get(entry.object_id)}


def scope_to_json(document: ScopeDocument, told: Told | None) -> dict[str, Json]:
    """One selected scope, told or not."""
    findings = told.findings if told is not None else []
    alarms = sum(1 for f in findings if f["alarm"])
    status = "unknown" if told is None else "drift" if alarms else "known" if findings else "clean"
    return {
        "address": document.address,
        "provider": document.provider,
        "id": None if told is None else told.drift.scope.live.scope.id,
        "unlisted": document.unlisted,
        "status": status,
        "objects": {} if told is None else _objects(told.drift.scope),
        "findings": len(findings),
        "alarms": alarms,
    }


def _objects(scope: ScopeInput) -> dict[str, int]:
    if isinstance(scope.document, ListenerDocument):
        policies = scope.live.policies
        return {"l7policy": len(policies), "l7rule": sum(len(p.policy.rules) for p in policies)}
    return {"security_group_rule": len(scope.live.security_rules)}


def unknown_to_json(blocked: Iterable[Blocked]) -> list[dict[str, Json]]:
    """The scopes that could not be told, and why."""
    return [
        {"scope": b.scope, "code": b.code, "reason": b.reason, "unread": b.kind == UNREAD}
        for b in sorted(blocked, key=lambda b: b.scope or "")
    ]


def summary(scopes: Sequence[Mapping[str, Json]], findings: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Everything added up."""
    status = Counter(s["status"] for s in scopes)
    what, cause = Counter(f["what"] for f in findings), Counter(f["cause"] for f in findings)

    def count(name: str) -> int:
        return sum(1 for f in findings if f[name])

    return {
        "scopes": len(scopes),
        "clean": status["clean"],
        "drifted": status["drift"],
        "unknown": status["unknown"],
        "findings": len(findings),
        "alarms": count("alarm"),
        "known": count("known"),
        "kept": count("kept"),
        "what": {name: what[name] for name in WHATS},
        "cause": {name: cause[name] for name in CAUSES},
    }


@dataclass(frozen=True, slots=True)
class Parts:
    """What a drift document is made of, beside the findings."""

    today: str
    checked_at: str
    source: Source
    providers: Sequence[Mapping[str, Json]]
    documents: Sequence[ScopeDocument]
    unknown: Sequence[Blocked]
    diagnostics: Sequence[Diagnostic]
    reads: Sequence[ReadTerm]
    untold: bool
    names: Mapping[str, str]


def assemble(parts: Parts, told: Sequence[Told], runs: Sequence[Run], baseline: Baseline | None) -> dict[str, Json]:
    """The whole document."""
    by_scope = {t.drift.scope.document.address: t for t in told}
    documents = sorted(parts.documents, key=lambda d: d.address)
    scopes = [scope_to_json(d, by_scope.get(d.address)) for d in documents]
    findings = [f for t in told for f in t.findings]
    drafts = [t.drift.draft for t in told]
    alarms = any(f["alarm"] for f in findings)
    ignored = [note(n, d.until) for d in drafts for n in d.ignored]
    cosmetic = [note(n, {}) for d in drafts for n in d.cosmetic]
    names = _names(findings, [*ignored, *cosmetic], parts.names)
    return {
        "format_version": FORMAT_VERSION,
        "kind": "Drift",
        "tool_version": __version__,
        "today": parts.today,
        "checked_at": parts.checked_at,
        "result": "unknown" if parts.untold else "drift" if alarms else "clean",
        "providers": sorted((dict(p) for p in parts.providers), key=lambda p: str(p.get("name"))),
        "source": parts.source.to_json(),
        "since": [r.to_json() for r in runs] or None,
        "baseline": None
        if baseline is None
        else {
            "checked_at": baseline.checked_at,
            "findings": len(baseline.known),
            "gone": baseline.gone((f["fingerprint"] for f in findings), by_scope),
        },
        "scopes": scopes,
        "findings": findings,
        "ignored": ignored,
        "cosmetic": cosmetic,
        "unknown": unknown_to_json(parts.unknown),
        "diagnostics": [diagnostic_to_json(d) for d in parts.diagnostics],
        "reads": {
            "terms": [{"name": t.name, "formula": t.formula, "calls": t.calls} for t in parts.reads],
            "calls": sum(t.calls for t in parts.reads),
        },
        "summary": summary(scopes, findings),
        **({"names": names} if names else {}),
    }


def _names(
    findings: Iterable[Mapping[str, Json]], notes: Iterable[Mapping[str, Json]], names: Mapping[str, str]
) -> dict[str, Json]:
    """The names of what the document refers to by id."""
    objects = [o for f in findings for o in (f["wanted"], f["live"]) if o is not None]
    for one in notes:
        changed = one["changed"]
        objects += [one["object"], *({c["field"]: c[side]} for c in changed for side in ("before", "after"))]
    return dict(sorted(referred(objects, names).items()))

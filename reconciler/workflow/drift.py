"""Drift: where live state is not what the manifests say, and why. Nothing is written: the transport cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic, Severity, ordered
from reconciler.execution.outcome import timestamp
from reconciler.model.canonical import Json
from reconciler.planning.document import DIAGNOSTIC, Blocked
from reconciler.planning.drift import drift
from reconciler.planning.ending import ending
from reconciler.planning.findings import ScopeDrift
from reconciler.planning.inputs import Options
from reconciler.workflow.connect import opened
from reconciler.workflow.drift_baseline import Baseline
from reconciler.workflow.drift_cause import runs_of, silent
from reconciler.workflow.drift_document import Judge, Parts, Told, assemble
from reconciler.workflow.observe import Observed, describe, observe, used_providers
from reconciler.workflow.results import DRIFTED, FAILED, INVALID, OK, REFUSED, DriftResult, worst
from reconciler.workflow.settings import Settings
from reconciler.workflow.source import source_of
from reconciler.workflow.validate import load

if TYPE_CHECKING:
    from reconciler.manifests import Loaded


async def make_drift(
    settings: Settings, since: Sequence[Mapping[str, Json]] = (), baseline: Mapping[str, Json] | None = None
) -> DriftResult:
    """Compare the manifests of a run with what is live now (design 8).

    ``since`` are Outcome documents, ``baseline`` a Drift document, held against their schemas by whoever read them.
    """
    loaded = load(settings)
    async with opened(settings, used_providers(loaded), writable=False) as providers:
        seen = await observe(settings, loaded, providers)
        described = describe(providers, seen)
    settings.tell("compare", scopes=len(seen.scopes))
    found = drift(seen.scopes, Options(today=settings.date))
    return _result(settings, loaded, seen, described, found, since, baseline)


def _result(
    settings: Settings, loaded: Loaded, seen: Observed, described: Sequence[Mapping[str, Json]],
    found: Sequence[ScopeDrift], since: Sequence[Mapping[str, Json]], baseline: Mapping[str, Json] | None,
) -> DriftResult:  # fmt: skip
    runs, known = runs_of(since), Baseline.of(baseline) if baseline is not None else None
    judge = Judge(loaded.spans, runs, known, Counter())
    told: list[Told] = []
    notes = [*seen.diagnostics, *silent(runs)]
    unknown, codes = list(seen.blocked), set(seen.codes)
    for one in found:
        notes += [*one.draft.diagnostics, *ending(one.scope.document, settings.date), *_unweighed(one)]
        if one.blocked:
            codes.add(INVALID)
            error = next(d for d in one.draft.diagnostics if d.is_error)
            unknown.append(Blocked(one.scope.document.address, DIAGNOSTIC, error.code, error.summary))
            continue
        scope, evidence = judge.scope(one)
        told.append(scope)
        notes += [evidence.warning] if evidence.warning is not None else []
    if known is not None:
        notes += known.strange(s.address for s in loaded.desired.scopes)
    diagnostics = tuple(ordered(map(loaded.spans.locate, notes)))
    parts = Parts(
        today=settings.date,
        checked_at=timestamp(settings.clock.now() if settings.live is None else settings.live.taken_at),
        source=source_of(settings, loaded),
        providers=described,
        documents=loaded.desired.scopes,
        unknown=unknown,
        diagnostics=diagnostics,
        reads=seen.reads,
        untold=bool(unknown) or bool(codes & {FAILED, INVALID, REFUSED}),
        names=seen.names,
    )
    document = assemble(parts, told, runs, known)
    if document["summary"]["alarms"]:
        codes.add(DRIFTED)
    return DriftResult(document, diagnostics, worst([*codes, OK]))


def _unweighed(found: ScopeDrift) -> list[Diagnostic]:
    if not found.unweighed:
        return []
    return [
        Diagnostic(
            "DRIFT-UNWEIGHED",
            f"{found.unweighed} unlisted rules of {found.scope.document.address} were not held against the listed ones",
            "there are too many pairs: for these, `opens` means that they may open something, and `covers` is empty",
            "delete or list the others first, and look again",
            Severity.WARNING,
            found.scope.document.address,
            ("spec", "rules"),
        )
    ]

"""Plan: what would change, and what it takes. Nothing is written: the transport cannot."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.diagnostics import Severity, ordered
from reconciler.model.calls import ProviderError
from reconciler.model.live import Quotas
from reconciler.planning.document import Plan
from reconciler.planning.inputs import Options, PlanInputs
from reconciler.providers.credentials import provider_address
from reconciler.providers.failures import diagnostic
from reconciler.workflow.connect import opened
from reconciler.workflow.observe import Observed, describe, named, observe, used_providers
from reconciler.workflow.opening import Opened
from reconciler.workflow.results import INVALID, OK, PlanResult, worst
from reconciler.workflow.settings import Settings
from reconciler.workflow.source import source_of
from reconciler.workflow.validate import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.manifests import Loaded
    from reconciler.planning import PlanDraft


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A plan, what was seen for it, the exit codes that it calls for, and what it was made from."""

    plan: Plan
    seen: Observed
    codes: frozenset[int]
    draft: PlanDraft
    quotas: Mapping[str, Quotas]


async def make_plan(settings: Settings) -> PlanResult:
    """The plan for the manifests of a run, from what is live now (design 6)."""
    loaded = load(settings)
    async with opened(settings, used_providers(loaded), writable=False) as providers:
        drawn = await draw(settings, loaded, providers)
    return PlanResult(drawn.plan.to_json(), drawn.plan.diagnostics, worst([*drawn.codes, OK]))


async def draw(settings: Settings, loaded: Loaded, providers: Opened) -> Drawn:
    """Observe and plan, with providers that are open."""
    from reconciler import planning

    seen = await observe(settings, loaded, providers)
    settings.tell("plan", scopes=len(seen.scopes))
    draft = planning.draft(inputs_of(settings, loaded, providers, seen))
    quotas = await _quotas(providers, draft.creates, seen)
    plan = planning.finish(draft, quotas)
    located = tuple(ordered(map(loaded.spans.locate, plan.diagnostics)))
    codes = set(seen.codes)
    known = set(seen.diagnostics)  # these have told their codes already
    if any(d.is_error and d not in known for d in plan.diagnostics):
        codes.add(INVALID)
    return Drawn(dataclasses.replace(plan, diagnostics=located), seen, frozenset(codes), draft, quotas)


def inputs_of(settings: Settings, loaded: Loaded, providers: Opened, seen: Observed) -> PlanInputs:
    """What planning is given."""
    return PlanInputs(
        scopes=seen.scopes,
        source=source_of(settings, loaded),
        options=Options(
            today=settings.date,
            allow=settings.allow,
            max_deletes=settings.max_deletes,
            replace_cosmetic=settings.replace_cosmetic,
        ),
        tool_version=__version__,
        providers=describe(providers, seen),
        blocked=sorted(seen.blocked, key=lambda b: b.scope or ""),
        diagnostics=seen.diagnostics,
        reads=seen.reads,
        names=seen.names,
    )


async def _quotas(providers: Opened, creates: Mapping[str, frozenset[str]], seen: Observed) -> dict[str, Quotas]:
    """Quotas of the providers where something is created; unknown where they cannot be read."""
    names = sorted(name for name, kinds in creates.items() if kinds)

    async def one(name: str) -> Quotas:
        try:
            return await providers.providers[name].quotas(creates[name])
        except ProviderError as error:
            note = dataclasses.replace(diagnostic(error, provider_address(name)), severity=Severity.WARNING)
            seen.diagnostics.append(note)
            return Quotas()

    found = zip(names, await asyncio.gather(*map(one, names)), strict=True)
    return {name: dataclasses.replace(q, reads=tuple(named(name, q.reads))) for name, q in found}

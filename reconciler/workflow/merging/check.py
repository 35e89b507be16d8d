"""The proof before anything is written: the document as it would be is valid, and the plan for it is empty."""

from __future__ import annotations

import io

from reconciler.diagnostics import Diagnostic
from reconciler.model.calls import Provider
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.live import Inventory, Live
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.planning.resolve import ResolvedGroup, ResolvedListener, resolve
from reconciler.records import dataclass, field, replace
from reconciler.workflow.to_manifest import API_VERSION


@dataclass(slots=True)
class Verdict:
    """``problems`` are errors of the document (paths inside it); ``steps`` what would still be done, in words."""

    problems: list[Diagnostic] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Valid, and nothing to do."""
        return not (self.problems or self.steps)


def verdict(
    document: Json, spec: ProviderSpec, provider: Provider, inventory: Inventory, live: Live, today: str, directory: str
) -> Verdict:
    """Read a document as it will be read, resolve it, and plan it against what is live."""
    from reconciler import manifests
    from reconciler.manifests import writer

    shell = {"apiVersion": API_VERSION, "kind": "Provider", "metadata": {"name": spec.name}, "spec": dict(spec.spec)}
    text = writer.dump((shell, document))
    loaded = manifests.load(("-",), directory=directory, stdin=io.BytesIO(text.encode()))
    problems = [replace(d, span=None) for d in loaded.diagnostics if d.is_error]
    if problems:
        return Verdict(problems)
    resolved = resolve(loaded.desired.scopes, inventory, {spec.name: provider.dialect})
    found: list[ResolvedListener | ResolvedGroup] = [*resolved.listeners.values(), *resolved.groups.values()]
    if not found:
        return Verdict([d for d in resolved.diagnostics if d.is_error])
    [one] = found
    wishes = one.policies if isinstance(one, ResolvedListener) else one.rules
    lane = provider.lane(live.scope)
    scope = ScopeInput(
        one.document, wishes, live, spec.name, lane, provider.dialect, provider.encoder, provider.decoder
    )
    return _planned(scope, today)


def _planned(scope: ScopeInput, today: str) -> Verdict:
    from reconciler.model.desired import ListenerDocument
    from reconciler.planning.groups import plan_group
    from reconciler.planning.listener import plan_listener

    make = plan_listener if isinstance(scope.document, ListenerDocument) else plan_group
    draft = make(scope, Options(today=today))
    errors = [d for d in draft.diagnostics if d.is_error]
    return Verdict(errors, [f"{s.op} {s.address}: {s.reason}" for s in draft.steps] + draft.refused)

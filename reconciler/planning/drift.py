"""Drift, pure: the scopes of a run against what is live, scope by scope. What a plan would call is not asked."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.desired import ListenerDocument
from reconciler.planning.drift_groups import group_drift
from reconciler.planning.drift_listener import listener_drift
from reconciler.planning.findings import ScopeDrift
from reconciler.planning.inputs import Options, ScopeInput


def drift(scopes: Iterable[ScopeInput], options: Options) -> list[ScopeDrift]:
    """What differs in every scope, by address. The facts were held against the documents before (``observe``)."""
    return [
        listener_drift(scope, options) if isinstance(scope.document, ListenerDocument) else group_drift(scope, options)
        for scope in sorted(scopes, key=lambda s: s.document.address)
    ]

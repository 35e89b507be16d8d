"""Where the constraints of manifests are put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model.desired import ListenerDocument, SecurityGroupDocument
from reconciler.model.live import GroupFacts, ListenerFacts
from reconciler.model.objects import Policy, SecurityRule


def listener(document: ListenerDocument) -> Iterator[Diagnostic]:
    """Constraints that the manifest alone decides."""
    yield from ()


def security_group(document: SecurityGroupDocument) -> Iterator[Diagnostic]:
    """Constraints that the manifest alone decides."""
    yield from ()


def listener_live(document: ListenerDocument, policies: Sequence[Policy], facts: ListenerFacts) -> Iterator[Diagnostic]:
    """Constraints that depend on the listener and its load balancer."""
    yield from ()


def group_live(
    document: SecurityGroupDocument, rules: Sequence[SecurityRule], facts: GroupFacts
) -> Iterator[Diagnostic]:
    """Constraints that only show once names are ids."""
    yield from ()

"""What planning is given: resolved documents, live state, and the provider's rules of the game. No I/O anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model.calls import Decoder, Encoder
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, SecurityGroupDocument
from reconciler.model.dialect import Dialect
from reconciler.model.live import Live, Quotas, ReadTerm
from reconciler.model.objects import Policy, SecurityRule
from reconciler.planning.document import Blocked, Source
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line decides.

    ``allow`` holds ``gap=ADDRESS``, ``empty=ADDRESS`` and ``protected=ADDRESS``; ``max_deletes`` None is no limit;
    ``today`` is the ISO date that ``until`` is compared with.
    """

    today: str
    allow: frozenset[str] = frozenset()
    max_deletes: int | None = None
    replace_cosmetic: bool = False


@dataclass(frozen=True, slots=True)
class ScopeInput:
    """One scope to plan. ``wanted``: the resolved policies or rules, aligned with the document's.

    ``provider`` is the provider document's name; ``lane`` the provider's lane of this scope.
    """

    document: ListenerDocument | SecurityGroupDocument
    wanted: tuple[Policy, ...] | tuple[SecurityRule, ...]
    live: Live
    provider: str
    lane: str
    dialect: Dialect
    encoder: Encoder
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """Everything that a plan is made of.

    ``providers``: what each used provider says of itself (``Provider.describe``). ``blocked``: scopes that are not
    planned, with reasons. ``diagnostics``: those of earlier rooms that the plan shows. ``reads``: without quotas.
    ``names``: id -> name of the live objects that were looked up; the plan keeps those that it refers to.
    """

    scopes: Sequence[ScopeInput]
    source: Source
    options: Options
    tool_version: str
    providers: Sequence[Mapping[str, Json]] = ()
    blocked: Sequence[Blocked] = ()
    diagnostics: Sequence[Diagnostic] = ()
    reads: Sequence[ReadTerm] = ()
    names: Mapping[str, str] = field(default_factory=dict)


NO_QUOTAS = Quotas()

"""Look: names to ids, live state of every scope, and what the live facts forbid. Reads only, all providers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.model.address import scope_of
from reconciler.model.calls import Provider, ProviderError
from reconciler.model.desired import ListenerDocument, ProviderSpec, ScopeDocument
from reconciler.model.live import GroupFacts, Inventory, ListenerFacts, Live, ReadTerm, Wanted
from reconciler.model.objects import Policy, SecurityRule
from reconciler.planning.document import DIAGNOSTIC, UNREAD, Blocked
from reconciler.planning.inputs import ScopeInput
from reconciler.planning.resolve import ResolvedGroup, ResolvedListener, resolve, wanted
from reconciler.providers.credentials import provider_address
from reconciler.providers.failures import diagnostic
from reconciler.records import dataclass, field
from reconciler.workflow.opening import Opened
from reconciler.workflow.results import FAILED, INVALID
from reconciler.workflow.settings import Settings

if TYPE_CHECKING:
    from reconciler.manifests import Loaded


@dataclass(slots=True)
class Observed:
    """What was seen. ``codes`` are the exit codes that it calls for (design 10).

    ``names``: id -> name of the live objects that were looked up.
    """

    scopes: list[ScopeInput] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    reads: list[ReadTerm] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)

    def block(self, scope: str, kind: str, cause: Diagnostic) -> None:
        """Keep a scope out of the plan, once."""
        if all(b.scope != scope for b in self.blocked):
            self.blocked.append(Blocked(scope, kind, cause.code, cause.summary))

    def merge(self, other: Observed) -> None:
        """Add what was seen of another provider."""
        self.scopes += other.scopes
        self.blocked += other.blocked
        self.diagnostics += other.diagnostics
        self.reads += other.reads
        self.codes |= other.codes
        self.names |= other.names


def used_providers(loaded: Loaded) -> list[ProviderSpec]:
    """The Provider documents that scopes without errors name, by name."""
    names = {s.provider for s in loaded.desired.scopes if s.address not in loaded.blocked}
    return [loaded.desired.providers[name] for name in sorted(names) if name in loaded.desired.providers]


async def observe(settings: Settings, loaded: Loaded, opened: Opened) -> Observed:
    """Everything that planning needs; nothing is raised for what a provider refuses."""
    seen = Observed(diagnostics=[*loaded.diagnostics, *opened.notes])
    if any(d.is_error for d in loaded.diagnostics):
        seen.codes.add(INVALID)
    for address in sorted(loaded.blocked):
        seen.block(address, DIAGNOSTIC, _first_error(address, loaded.diagnostics, _provider_of(address, loaded)))
    groups: dict[str, list[ScopeDocument]] = {}
    for scope in loaded.desired.scopes:
        if scope.address not in loaded.blocked:
            groups.setdefault(scope.provider, []).append(scope)
    for name, problems in opened.refused.items():
        seen.diagnostics += problems
        for scope in groups.pop(name, []):
            seen.block(scope.address, UNREAD if name in opened.unknown else DIAGNOSTIC, problems[0])
    seen.codes |= opened.codes
    looks = [_look(settings, name, opened.providers[name], scopes) for name, scopes in sorted(groups.items())]
    for part in await asyncio.gather(*looks):
        seen.merge(part)
    _claimed_twice(seen)
    seen.diagnostics = [loaded.spans.locate(d) for d in seen.diagnostics]
    seen.scopes.sort(key=lambda s: s.document.address)
    return seen


async def _look(settings: Settings, name: str, provider: Provider, scopes: Sequence[ScopeDocument]) -> Observed:
    """One provider: authenticate, look up, resolve, read, check."""
    seen = Observed()
    try:
        settings.tell("lookup", provider=name, scopes=len(scopes))
        seen.reads += named(name, await provider.authenticate())
        inventory, lost = await _looked_up(provider, scopes)
    except (ProviderError, DiagnosticError) as error:
        _unreadable(seen, name, scopes, error)
        return seen
    for unread, failure in lost:
        _unreadable(seen, name, unread, failure)
        gone = {scope.address for scope in unread}
        scopes = [scope for scope in scopes if scope.address not in gone]
    seen.reads += named(name, inventory.reads)
    seen.names = {one.id: one.name for one in inventory.objects if one.name}
    resolved = resolve(scopes, inventory, {name: provider.dialect})
    seen.diagnostics += resolved.diagnostics
    found: dict[str, ResolvedListener | ResolvedGroup] = {**resolved.listeners, **resolved.groups}
    for scope in scopes:
        if scope.address not in found:
            unknown = scope.address in resolved.unknown
            seen.codes.add(FAILED if unknown else INVALID)
            kind = UNREAD if unknown else DIAGNOSTIC
            seen.block(scope.address, kind, _first_error(scope.address, resolved.diagnostics))
    settings.tell("read", provider=name, scopes=len(found))
    try:
        result = await provider.read([one.ref for one in found.values()])
    except (ProviderError, DiagnosticError) as error:
        _unreadable(seen, name, [one.document for one in found.values()], error)
        return seen
    seen.reads += named(name, result.reads)
    for gap in result.failures:
        seen.codes.add(FAILED)
        seen.diagnostics.append(gap.diagnostic)
        seen.block(gap.scope.address, UNREAD, gap.diagnostic)
    for live in result.lives:
        _check(seen, name, provider, found[live.scope.address], live)
    return seen


async def _looked_up(
    provider: Provider, scopes: Sequence[ScopeDocument]
) -> tuple[Inventory, list[tuple[list[ScopeDocument], ProviderError | DiagnosticError]]]:
    """Names and ids for all scopes, and those whose lists could not be had.

    Load balancing and networking are services of their own, with rights of their own: who may not read one of them
    still hears of the other. Raises what the first of them raised where none gives an answer.
    """
    listeners: list[ScopeDocument] = [scope for scope in scopes if isinstance(scope, ListenerDocument)]
    groups: list[ScopeDocument] = [scope for scope in scopes if not isinstance(scope, ListenerDocument)]
    parts = [part for part in (listeners, groups) if part]
    found = await asyncio.gather(*(provider.lookup(wanted(part)) for part in parts), return_exceptions=True)
    lost: list[tuple[list[ScopeDocument], ProviderError | DiagnosticError]] = []
    told: list[Inventory] = []
    for part, one in zip(parts, found, strict=True):
        if isinstance(one, Inventory):
            told.append(one)
        elif isinstance(one, (ProviderError, DiagnosticError)):
            lost.append((part, one))
        else:
            raise one
    if not told:
        raise lost[0][1]
    names: dict[str, frozenset[str]] = {}
    ids: dict[str, frozenset[str]] = {}
    for inventory in told:  # no kind is wanted by both
        if inventory.untold is not None:
            names |= inventory.untold.names
            ids |= inventory.untold.ids
    untold = Wanted(names, ids) if names or ids else None
    return Inventory(tuple(o for i in told for o in i.objects), tuple(t for i in told for t in i.reads), untold), lost


def _check(
    seen: Observed, name: str, provider: Provider, resolved: ResolvedListener | ResolvedGroup, live: Live
) -> None:
    """Hold one scope's wishes against its live facts; a scope without errors is planned."""
    document, dialect, facts = resolved.document, provider.dialect, live.facts
    wishes: tuple[Policy, ...] | tuple[SecurityRule, ...]
    if isinstance(resolved, ResolvedListener):
        assert isinstance(facts, ListenerFacts)
        wishes = resolved.policies
        found = list(dialect.check_listener_live(resolved.document, resolved.policies, facts))
    else:
        assert isinstance(facts, GroupFacts)
        wishes = resolved.rules
        found = list(dialect.check_group_live(resolved.document, resolved.rules, facts))
    found += live.diagnostics
    seen.diagnostics += found
    errors = [d for d in found if d.is_error]
    if errors:
        seen.codes.add(INVALID)
        seen.block(document.address, DIAGNOSTIC, errors[0])
        return
    seen.scopes.append(
        ScopeInput(
            document=document,
            wanted=wishes,
            live=live,
            provider=name,
            lane=provider.lane(live.scope),
            dialect=dialect,
            encoder=provider.encoder,
            decoder=provider.decoder,
        )
    )


def named(provider: str, terms: Iterable[ReadTerm]) -> list[ReadTerm]:
    """Read terms with the provider document that they belong to."""
    return [ReadTerm(f"{provider}: {t.name}", t.formula, t.calls) for t in terms]


def _unreadable(
    seen: Observed, name: str, scopes: Iterable[ScopeDocument], error: ProviderError | DiagnosticError
) -> None:
    """The provider as a whole gave no answer: every scope of it is unread, for one reason that is told once."""
    seen.codes.add(FAILED)
    causes = error.diagnostics if isinstance(error, DiagnosticError) else (diagnostic(error, provider_address(name)),)
    seen.diagnostics += causes
    for scope in scopes:
        seen.block(scope.address, UNREAD, causes[0])


def _claimed_twice(seen: Observed) -> None:
    """Two documents of different Provider documents may lead to one live object: neither may write it."""
    owners: dict[tuple[str, str], list[ScopeInput]] = {}
    for scope in seen.scopes:
        owners.setdefault((scope.lane, scope.live.scope.id), []).append(scope)
    for claims in owners.values():
        for claim in claims if len(claims) > 1 else ():
            others = ", ".join(c.document.address for c in claims if c is not claim)
            problem = Diagnostic(
                "APPLY-CLAIMED-TWICE",
                f"{claim.document.address} and {others} are one live object",
                f"both lead to {claim.live.scope.id}, through different Provider documents",
                "merge the documents",
                address=claim.document.address,
            )
            seen.codes.add(INVALID)
            seen.diagnostics.append(problem)
            seen.block(claim.document.address, DIAGNOSTIC, problem)
            seen.scopes.remove(claim)


def _provider_of(address: str, loaded: Loaded) -> str | None:
    """The address of the Provider document that a blocked scope names."""
    name = next((s.provider for s in loaded.desired.scopes if s.address == address), None)
    return None if name is None else provider_address(name)


def _first_error(address: str, diagnostics: Iterable[Diagnostic], provider: str | None = None) -> Diagnostic:
    """The first error of a scope; else of its Provider document."""
    errors = [d for d in diagnostics if d.is_error and d.address is not None]
    for one in errors:
        if one.address is not None and scope_of(one.address) == address:
            return one
    for one in errors:
        if one.address == provider:
            return one
    return Diagnostic("APPLY-BLOCKED", "the document, or its Provider document, has errors", address=address)


def describe(opened: Opened, seen: Observed) -> list[Mapping[str, object]]:
    """What the used providers say of themselves, by name."""
    names = sorted({s.provider for s in seen.scopes})
    return [opened.providers[name].describe() for name in names]

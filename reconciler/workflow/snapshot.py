"""Take a snapshot: the live state of scopes, on the side that has credentials, as a document for the side without.

Read-only, and generous: whatever resolution may ask for later (every name of every kind that can be listed) is in it,
so that a pull request may refer to another pool, group or listener than today's manifests do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity, ordered
from reconciler.execution.outcome import timestamp
from reconciler.model import address
from reconciler.model.calls import Provider, ProviderError
from reconciler.model.canonical import Json, digest
from reconciler.model.desired import ListenerDocument, ProviderSpec, ScopeDocument
from reconciler.model.live import Inventory, Live, Named, Quotas, ReadFailure, ReadTerm, ScopeRef, Wanted
from reconciler.planning.resolve import resolve, wanted
from reconciler.providers.credentials import provider_address
from reconciler.providers.failures import diagnostic
from reconciler.records import dataclass, field, replace
from reconciler.workflow.connect import opened
from reconciler.workflow.observe import named
from reconciler.workflow.opening import Opened
from reconciler.workflow.results import FAILED, INVALID, OK, worst
from reconciler.workflow.settings import Settings
from reconciler.workflow.snapshot_document import (
    FORMAT_VERSION,
    declared,
    named_to_json,
    quotas_to_json,
    scope_to_json,
)
from reconciler.workflow.source import commit_of
from reconciler.workflow.validate import load

if TYPE_CHECKING:
    from reconciler.manifests import Loaded

_FAMILIES: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "listener": (("load_balancer", "listener", "pool"), frozenset({"l7policy", "l7rule"})),
    "security_group": (("security_group",), frozenset({"security_group_rule"})),
}
"""For each kind of scope: the kinds whose names it may refer to, and the kinds whose quotas its plans may need."""


@dataclass(frozen=True, slots=True)
class SnapshotResult:
    """``document`` is the Snapshot's JSON (None: there was nothing to take).

    ``exit_code``: 0; 1 if something could not be read; 3 on an error of the manifests or of a reference; 4 for an
    endpoint that is not trusted. ``diagnostics`` are located and sorted.
    """

    document: Mapping[str, Json] | None
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int


@dataclass(slots=True)
class _Account:
    """What was read of one Provider document. ``titles``: the documents' addresses by live kind and id."""

    spec: ProviderSpec
    scopes: Sequence[ScopeDocument]
    whole: bool
    body: dict[str, Json] | None = None
    failures: list[dict[str, Json]] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    reads: list[ReadTerm] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    inventory: list[Named] = field(default_factory=list)
    complete: list[str] = field(default_factory=list)

    def fail(self, problem: Diagnostic, kind: str | None = None, id_: str | None = None, title: str | None = None,
             code: int = FAILED) -> None:  # fmt: skip
        """Something could not be read: told here in full, in the document without the provider's words (P7)."""
        self.codes.add(code)
        self.diagnostics.append(problem)
        self.failures.append(
            {"provider": self.spec.name, "kind": kind, "id": id_, "address": title, "code": problem.code}
        )


async def take(settings: Settings, all_of: Sequence[str] = ()) -> SnapshotResult:
    """Read what is live of every selected scope, and of everything of the Provider documents that ``all_of`` names.

    What cannot be read is listed in the document as a failure; the rest is in it.
    """
    began = settings.clock.now()
    loaded = load(settings)
    problems = list(loaded.diagnostics)
    codes = {INVALID} if any(d.is_error for d in problems) else set()
    accounts = _accounts(loaded)
    for name in dict.fromkeys(all_of):
        if name in accounts:
            accounts[name].whole = True
            continue
        from reconciler.workflow.importing import find_provider

        spec, wrong = find_provider(settings, name)
        problems += wrong
        if spec is None:
            codes.add(INVALID)
        else:
            accounts[name] = _Account(spec, (), True)
    if not accounts:
        if not codes:
            problems.append(Diagnostic("SNAPSHOT-NOTHING", "there is nothing to take a snapshot of",
                                       "no Listener or SecurityGroup document is selected",
                                       "name manifests, or a Provider document with --all-of"))  # fmt: skip
        return SnapshotResult(None, tuple(ordered(problems)), INVALID)
    async with opened(settings, [a.spec for _, a in sorted(accounts.items())], writable=False) as providers:
        for name, account in accounts.items():
            for problem in providers.refused.get(name, ()):
                account.fail(problem, code=worst([*providers.codes, OK]))
        await asyncio.gather(*(_read(settings, a, providers) for n, a in accounts.items() if n in providers.providers))
    for account in accounts.values():
        problems += account.diagnostics
        codes |= account.codes
    source = _source(settings, loaded, all_of)
    document = _document(timestamp(began), source, [accounts[name] for name in sorted(accounts)])
    located = tuple(ordered(map(loaded.spans.locate, problems)))
    return SnapshotResult(document, located, worst([*codes, OK]))


def _accounts(loaded: Loaded) -> dict[str, _Account]:
    """The Provider documents that can be opened, with their scopes: a scope whose policies are wrong is live too."""
    wrong = {d.address for d in loaded.diagnostics if d.is_error}
    found: dict[str, list[ScopeDocument]] = {}
    for scope in loaded.desired.scopes:
        if scope.provider in loaded.desired.providers and provider_address(scope.provider) not in wrong:
            found.setdefault(scope.provider, []).append(scope)
    return {name: _Account(loaded.desired.providers[name], scopes, False) for name, scopes in found.items()}


def _source(settings: Settings, loaded: Loaded, all_of: Sequence[str]) -> dict[str, Json]:
    return {
        "manifest_digest": loaded.manifest_digest,
        "commit": commit_of(settings.directory),
        "paths": list(settings.paths),
        "target": list(settings.target),
        "exclude": list(settings.exclude),
        "all_of": sorted(set(all_of)),
        **({"shard": str(settings.shard)} if settings.shard is not None else {}),
    }


def _document(taken_at: str, source: Json, accounts: Sequence[_Account]) -> dict[str, Json]:
    bodies = [a.body for a in accounts if a.body is not None]
    scopes = [s for body in bodies for s in body["scopes"]]
    policies = [p for s in scopes for p in s.get("policies", ())]
    reads = [t for a in accounts for t in a.reads]
    failures = [f for a in accounts for f in a.failures]
    document: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "kind": "Snapshot",
        "tool_version": __version__,
        "taken_at": taken_at,
        "source": source,
        "providers": bodies,
        "failures": failures,
        "reads": {
            "terms": [{"name": t.name, "formula": t.formula, "calls": t.calls} for t in reads],
            "calls": sum(t.calls for t in reads),
        },
        "summary": {
            "scopes": len(scopes),
            "policies": len(policies),
            "rules": sum(len(p["rules"]) for p in policies),
            "security_group_rules": sum(len(s.get("security_group_rules", ())) for s in scopes),
            "failures": len(failures),
        },
    }
    document["digest"] = digest(document)
    return document


# ---------------------------------------------------------------------- one provider
async def _read(settings: Settings, account: _Account, providers: Opened) -> None:
    """Names, scopes and quotas of one Provider document; a failure ends what rests on it, and no more."""
    name = account.spec.name
    provider = providers.providers[name]
    asked = wanted(account.scopes)
    settings.tell("lookup", provider=name, scopes=len(account.scopes))
    try:
        account.reads += named(name, await provider.authenticate())
    except (ProviderError, DiagnosticError) as error:
        for problem in _causes(error, provider_address(name)):
            account.fail(problem)
        return
    needed = set(_FAMILIES) if account.whole else {_kind(s) for s in account.scopes}
    for family in sorted(_FAMILIES, key=lambda one: one not in needed):
        if account.failures and family not in needed:
            break  # what nobody asked for is not waited for, where what was asked for gave no answer
        await _look_up(account, provider, family, asked)
    refs = _refs(account, provider)
    settings.tell("read", provider=name, scopes=len(refs))
    lives = await _live(account, provider, refs)
    quotas = {family: await _quotas(account, provider, family) for family in _FAMILIES}
    absent = {
        kind: sorted(ids - {o.id for o in account.inventory if o.kind == kind})
        for kind, ids in asked.ids.items() if kind in account.complete
    }  # fmt: skip
    account.body = {
        **provider.describe(),
        "declared": declared(account.spec.spec),
        "inventory": {
            "complete": account.complete,
            "absent": {kind: ids for kind, ids in sorted(absent.items()) if ids},
            **named_to_json(account.inventory),
        },
        "quotas": {family: quotas_to_json(found) for family, found in quotas.items()},
        "scopes": [
            scope_to_json(live, account.titles.get(_key(live.scope)), provider.lane(live.scope),
                          provider.dialect.number_field)
            for live in sorted(lives, key=lambda one: _key(one.scope))
        ],
    }  # fmt: skip


async def _look_up(account: _Account, provider: Provider, family: str, asked: Wanted) -> None:
    """All names of a family of kinds; where nothing was asked for, a refusal only leaves them unknown."""
    kinds = _FAMILIES[family][0]
    every = Wanted(
        {kind: asked.names.get(kind, frozenset()) for kind in kinds},
        {kind: asked.ids[kind] for kind in kinds if kind in asked.ids},
    )
    try:
        inventory: Inventory = await provider.lookup(every)
    except (ProviderError, DiagnosticError) as error:
        mine = [s for s in account.scopes if _kind(s) == family]
        for scope in mine:
            for problem in _causes(error, scope.address):
                account.fail(problem, family, title=scope.address)
        if account.whole and not mine:
            for problem in _causes(error, provider_address(account.spec.name)):
                account.fail(problem, family)
        return
    account.inventory += inventory.objects
    account.complete += kinds
    account.reads += named(account.spec.name, inventory.reads)


def _refs(account: _Account, provider: Provider) -> list[ScopeRef]:
    """What to read: the documents' own listeners and groups, and with ``--all-of`` all others. Each once.

    Only the document's reference to its scope is resolved: what its policies refer to is the plan's business.
    """
    bare = [_bare(s) for s in account.scopes if _kind(s) in account.complete]
    inventory = Inventory(tuple(account.inventory))
    dialects = {account.spec.name: provider.dialect}
    first = resolve(bare, inventory, dialects)
    twice = {d.address for d in first.diagnostics if d.code == "PLAN-SAME-OBJECT"}
    wrong = [d for d in first.diagnostics if d.address not in twice]
    account.diagnostics += wrong
    if wrong:
        account.codes.add(INVALID)
    refs: dict[tuple[str, str], ScopeRef] = {_key(ref): ref for ref in first.refs}
    for scope in bare:
        if scope.address in twice:
            for ref in resolve([scope], inventory, dialects).refs:
                refs.setdefault(_key(ref), ref)
    account.titles = {key: ref.address for key, ref in refs.items()}
    if account.whole:
        for one in account.inventory:
            if one.kind in _FAMILIES:
                refs.setdefault((one.kind, one.id), _ref(one))
    return [replace(refs[key], address=_address(*key)) for key in sorted(refs)]


async def _live(account: _Account, provider: Provider, refs: Sequence[ScopeRef]) -> list[Live]:
    failures: list[ReadFailure] = []
    lives: list[Live] = []
    try:
        result = await provider.read(refs)
    except (ProviderError, DiagnosticError) as error:
        failures = [ReadFailure(ref, problem) for ref in refs for problem in _causes(error, ref.address)]
    else:
        failures, lives = list(result.failures), list(result.lives)
        account.reads += named(account.spec.name, result.reads)
    for failure in failures:
        title = account.titles.get(_key(failure.scope))
        problem = replace(failure.diagnostic, address=title or provider_address(account.spec.name))
        account.fail(problem, failure.scope.kind, failure.scope.id, title)
    return lives


async def _quotas(account: _Account, provider: Provider, family: str) -> Quotas | None:
    """Quotas for whatever a plan of these scopes may create; None (and a warning) where they cannot be read."""
    if not (account.whole or any(_kind(s) == family for s in account.scopes)):
        return None
    try:
        quotas = await provider.quotas(_FAMILIES[family][1])
    except ProviderError as error:
        problem = diagnostic(error, provider_address(account.spec.name))
        account.diagnostics.append(replace(problem, severity=Severity.WARNING))
        return None
    account.reads += named(account.spec.name, quotas.reads)
    return quotas


def _causes(error: ProviderError | DiagnosticError, where: str) -> Iterable[Diagnostic]:
    return error.diagnostics if isinstance(error, DiagnosticError) else (diagnostic(error, where),)


def _kind(scope: ScopeDocument) -> str:
    return "listener" if isinstance(scope, ListenerDocument) else "security_group"


def _bare(scope: ScopeDocument) -> ScopeDocument:
    """The document without what it lists."""
    return replace(scope, policies=()) if isinstance(scope, ListenerDocument) else replace(scope, rules=())


def _key(ref: ScopeRef) -> tuple[str, str]:
    return ref.kind, ref.id


def _address(kind: str, id_: str) -> str:
    """An address that no two live objects share, whatever they are called."""
    return f"{kind}/@{address.encode(id_)}"


def _ref(one: Named) -> ScopeRef:
    balancer = one.load_balancers[0] if one.kind == "listener" and len(one.load_balancers) == 1 else None
    return ScopeRef(_address(one.kind, one.id), one.kind, one.id, balancer)

"""A snapshot instead of the clouds: it answers as a provider would have, then; it asks nobody and takes no writes.

What it does not hold is unknown, which is an error of its own (exit code 1): never "it is not there", which would
plan to create everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path, Severity
from reconciler.model.calls import Call, Clock, Decoder, Encoder, Reply, Settled, WriteRefused
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.dialect import Dialect
from reconciler.model.live import (
    Inventory,
    Live,
    Named,
    Quotas,
    ReadFailure,
    ReadResult,
    ReadTerm,
    ScopeRef,
    Wanted,
)
from reconciler.model.plugin import plugin
from reconciler.providers.credentials import provider_address
from reconciler.records import dataclass, field
from reconciler.workflow.opening import Opened
from reconciler.workflow.results import FAILED
from reconciler.workflow.snapshot_age import AGAIN, age_note
from reconciler.workflow.snapshot_document import KINDS, Snapshot, declared, live_of, named_of, quotas_of

_IDENTITY = ("name", "type", "endpoint", "region", "project")
_MISFITS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_LONGEST = 80
_FAMILIES = {"l7policy": "listener", "l7rule": "listener", "security_group_rule": "security_group"}


def opened_from(snapshot: Snapshot, specs: Iterable[ProviderSpec], clock: Clock) -> Opened:
    """Providers that answer from the snapshot, and the note that says how old their answers are."""
    accounts = {one["name"]: one for one in snapshot.document["providers"]}
    failures: dict[str, list[Mapping[str, Json]]] = {}
    for failure in snapshot.document["failures"]:
        failures.setdefault(failure["provider"], []).append(failure)
    found = Opened(notes=(age_note(snapshot, clock.now()),))
    for spec in specs:
        failed = failures.get(spec.name, [])
        provider = _provider(spec, accounts, failed)
        if isinstance(provider, Diagnostic):
            found.refused[spec.name] = (provider,)
            found.unknown.add(spec.name)
            found.codes.add(FAILED)
            continue
        found.providers[spec.name] = provider
        found.clocks[spec.name] = clock
        found.notes += tuple(provider.notes())
    return found


def _provider(
    spec: ProviderSpec, accounts: Mapping[str, Mapping[str, Json]], failures: Sequence[Mapping[str, Json]]
) -> SnapshotProvider | Diagnostic:
    """The provider, or why nothing is known of it."""
    account = accounts.get(spec.name)
    if account is None:
        whole = next((f["code"] for f in failures), None)
        if whole is not None:
            return _unknown(spec, "SNAPSHOT-UNREAD", f"provider {spec.name!r} could not be read for the snapshot",
                            f"then it failed with {whole}", AGAIN)  # fmt: skip
        known = ", ".join(repr(name) for name in sorted(accounts)) or "none"
        return _unknown(spec, "SNAPSHOT-PROVIDER", f"the snapshot does not hold provider {spec.name!r}",
                        f"it holds {known}", AGAIN)  # fmt: skip
    differing = _differing(spec, account)
    if differing:
        return _unknown(spec, "SNAPSHOT-PROVIDER", f"provider {spec.name!r} is not the one of the snapshot",
                        f"the Provider document differs in {', '.join(differing.values())}", AGAIN,
                        next(iter(differing)))  # fmt: skip
    try:
        of_type = plugin(spec.type)
        if of_type.codec is None:
            raise ValueError("plans of this provider type cannot be made from a snapshot")
        encoder, decoder = of_type.codec(account)
    except ValueError as error:
        return _unknown(spec, "SNAPSHOT-PROVIDER", f"provider {spec.name!r} cannot be planned from the snapshot",
                        str(error), "plan it with credentials")  # fmt: skip
    return SnapshotProvider(
        spec.name, spec.type, of_type.dialect(), encoder, decoder, account,
        {(s["kind"], s["id"]): s for s in account["scopes"]}, failures,
    )  # fmt: skip


def _differing(spec: ProviderSpec, account: Mapping[str, Json]) -> dict[str, str]:
    """The fields of ``spec`` in which the document is not that of the snapshot, ``type`` first, and how in words."""
    mine, theirs = {**declared(spec.spec), "type": spec.type}, {**account["declared"], "type": account["type"]}
    names = sorted({*mine, *theirs}, key=lambda name: (name != "type", name))
    return {
        name: f"{name} (here {_shown(mine, name)}, there {_shown(theirs, name)})"
        for name in names if (name in mine, mine.get(name)) != (name in theirs, theirs.get(name))
    }  # fmt: skip


def _shown(values: Mapping[str, Json], name: str) -> str:
    """A value in few words: it may be anything."""
    if name not in values:
        return "none"
    text = repr(values[name])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _unknown(
    spec: ProviderSpec, code: str, summary: str, detail: str, hint: str, field_name: str | None = None
) -> Diagnostic:
    known = field_name in spec.spec
    path: Path = ("spec", field_name) if field_name is not None and known else ("metadata", "name")
    return Diagnostic(code, summary, detail, hint, address=provider_address(spec.name), path=path)


@dataclass(slots=True)
class SnapshotProvider:
    """One provider as the snapshot has it. See :class:`reconciler.model.calls.Provider`."""

    name: str
    type: str
    dialect: Dialect
    encoder: Encoder
    decoder: Decoder
    account: Mapping[str, Json]
    kept: Mapping[tuple[str, str], Mapping[str, Json]]
    failures: Sequence[Mapping[str, Json]]
    _beside: dict[tuple[str, str], dict[str, Named]] = field(default_factory=dict)

    def describe(self) -> dict[str, Json]:
        """As the provider itself said."""
        return {name: self.account[name] for name in _IDENTITY}

    def lane(self, scope: ScopeRef) -> str:
        """As the provider itself said."""
        return str(self.kept[scope.kind, scope.id]["lane"])

    def notes(self) -> list[Diagnostic]:
        """What the snapshot says that it does not know of this provider: names that were not listed, and quotas."""
        where, path = provider_address(self.name), ("metadata", "name")
        found = [
            Diagnostic(
                "SNAPSHOT-UNREAD",
                f"{kind.replace('_', ' ')}s of provider {self.name!r} could not be listed for the snapshot",
                f"then it failed with {code}", AGAIN, Severity.WARNING, where, path,
            )
            for kind, code in sorted({(f["kind"], f["code"]) for f in self.failures if f["kind"] and f["id"] is None})
        ]  # fmt: skip
        families = {s["kind"] for s in self.account["scopes"]}
        if any(self.account["quotas"][family] is None for family in families):
            found.append(
                Diagnostic(
                    "SNAPSHOT-QUOTAS", f"quotas of provider {self.name!r} are not in the snapshot",
                    "whether a plan fits into them is not checked", AGAIN, Severity.WARNING, where, path,
                )
            )  # fmt: skip
        return found

    async def authenticate(self) -> Sequence[ReadTerm]:
        """Nobody is asked."""
        return ()

    async def lookup(self, wanted: Wanted) -> Inventory:
        """What the cloud's lists showed of the kinds that are wanted; load balancers come with listeners."""
        kinds = [kind for kind in KINDS if kind in wanted.names or kind in wanted.ids]
        if "listener" in kinds and "load_balancer" not in kinds:
            kinds.insert(0, "load_balancer")
        inventory = self.account["inventory"]
        objects = {kind: named_of(inventory, kind) for kind in kinds}
        self._beside = {}
        for kind, found in objects.items():
            for one in found:
                for owner in one.load_balancers:
                    self._beside.setdefault((kind, owner), {})[one.id] = one
        names = {kind: set(wanted.names.get(kind, ())) for kind in kinds if kind not in inventory["complete"]}
        ids = {
            kind: wanted.ids[kind] - {o.id for o in objects[kind]} - set(inventory["absent"].get(kind, ()))
            for kind in kinds if kind in wanted.ids
        }  # fmt: skip
        untold = Wanted({k: frozenset(v) for k, v in names.items() if v}, {k: v for k, v in ids.items() if v})
        return Inventory(tuple(o for kind in kinds for o in objects[kind]), (), untold)

    async def read(self, scopes: Sequence[ScopeRef]) -> ReadResult:
        """The scopes that the snapshot holds; the others are unknown."""
        lives: list[Live] = []
        failures: list[ReadFailure] = []
        for ref in scopes:
            found = self._read(ref)
            if isinstance(found, Diagnostic):
                failures.append(ReadFailure(ref, found))
            else:
                lives.append(found)
        return ReadResult(tuple(lives), tuple(failures))

    def _read(self, ref: ScopeRef) -> Live | Diagnostic:
        kept = self.kept.get((ref.kind, ref.id))
        failure = next((f for f in self.failures if (f["kind"], f["id"]) == (ref.kind, ref.id)), None)
        if kept is None and failure is not None:
            return self._problem(ref, "SNAPSHOT-UNREAD", "{} could not be read for the snapshot",
                                 f"then it failed with {failure['code']}")  # fmt: skip
        if kept is None:
            hint = f"take one with the manifest that names it, or with `--all-of {self.name}`"
            return self._problem(ref, "SNAPSHOT-SCOPE", "the snapshot does not hold {}",
                                 "it is there, but nobody read it: what is live is unknown", hint)  # fmt: skip
        owner = kept["facts"].get("load_balancer_id")
        if ref.load_balancer_id is not None and owner is not None and ref.load_balancer_id != owner:
            return self._problem(ref, "SNAPSHOT-SCOPE", "the snapshot holds {} on another load balancer",
                                 f"there it is on {owner}, here on {ref.load_balancer_id}")  # fmt: skip
        try:
            return live_of(kept, ref, self.dialect, self._beside)
        except _MISFITS as error:
            return self._problem(ref, "SNAPSHOT-OBJECT", "what the snapshot says of {} is nothing that a cloud shows",
                                 f"reading it failed: {type(error).__name__}")  # fmt: skip

    def _problem(self, ref: ScopeRef, code: str, summary: str, detail: str, hint: str = AGAIN) -> Diagnostic:
        """Why the scope is unknown; ``{}`` stands for its name and id."""
        name = next((o["name"] for o in self.account["inventory"][ref.kind] if o["id"] == ref.id), "")
        what = f"{ref.kind.replace('_', ' ')} {name!r} ({ref.id})"
        return Diagnostic(code, summary.format(what), detail, hint, address=ref.address, path=("metadata", "name"))

    async def quotas(self, kinds: frozenset[str]) -> Quotas:
        """Of the kinds that are created; unknown where they could not be read then."""
        families = sorted({_FAMILIES[kind] for kind in kinds})
        return quotas_of([self.account["quotas"][family] for family in families])

    async def order(self, listener_id: str) -> tuple[str, ...]:
        """Asked for before a write only: refused."""
        raise WriteRefused("a snapshot takes no writes")

    async def send(self, call: Call) -> Reply:
        """Refused, whatever it is (P3)."""
        raise WriteRefused("a snapshot takes no writes")

    async def settle(self, lane: str, call: Call | None, reply: Reply | None) -> Settled:
        """Nothing is in flight in a file."""
        return Settled()

    async def aclose(self) -> None:
        """Nothing is open."""

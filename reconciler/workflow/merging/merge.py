"""``import --merge``: manifests say what is live, so that the plan is empty. Reads from clouds, writes files only."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity, ordered
from reconciler.manifests.edits.change import applied
from reconciler.model import address as addresses
from reconciler.model.calls import Provider, ProviderError
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, ProviderSpec, ScopeDocument
from reconciler.model.live import Inventory, Live, Named, Wanted
from reconciler.planning.resolve import ResolvedGroup, ResolvedListener, resolve, wanted
from reconciler.providers.failures import diagnostic
from reconciler.records import dataclass, field, replace
from reconciler.workflow.connect import opened
from reconciler.workflow.merging.adopting import Adopted, Proposal, View
from reconciler.workflow.merging.check import Verdict, verdict
from reconciler.workflow.merging.group import adopt_group
from reconciler.workflow.merging.listener import adopt_listener
from reconciler.workflow.observe import used_providers
from reconciler.workflow.results import FAILED, INVALID, OK, REFUSED, worst
from reconciler.workflow.settings import Settings
from reconciler.workflow.to_manifest import Names
from reconciler.workflow.validate import load

if TYPE_CHECKING:
    from reconciler.manifests import Loaded
    from reconciler.manifests.edits.documents import ManifestFile


_POOL_NAMES = ("redirect_pool", "pool")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One file before and after."""

    name: str
    path: str
    before: bytes
    after: bytes


@dataclass(slots=True)
class MergeResult:
    """``changes`` by scope address; ``files`` are those that change; ``unchanged`` scopes needed nothing.

    ``exit_code``: 1 a scope could not be read or a file not be written, 3 a document has errors, 4 live state that a
    manifest cannot say; else 0.
    """

    files: list[Rewritten] = field(default_factory=list)
    changes: dict[str, list[Adopted]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)

    @property
    def exit_code(self) -> int:
        """The worst of all."""
        return worst([*self.codes, OK])


async def merge_live(settings: Settings, *, adopt_unlisted: bool = False) -> MergeResult:
    """What ``settings.paths`` have to become so that their plan is empty; nothing is written here.

    ``adopt_unlisted``: also list what ``unlisted: keep`` leaves alone.
    """
    from reconciler.manifests.edits.documents import manifest_files

    result = MergeResult()
    loaded = load(settings)
    result.diagnostics += loaded.diagnostics
    if any(d.is_error for d in loaded.diagnostics):
        result.codes.add(INVALID)
    files, problems = manifest_files(settings.paths, settings.directory)
    known = {d for d in loaded.diagnostics if d.code == "PATH-UNREADABLE"}
    result.diagnostics += problems if not known else []
    run = _Run(settings, loaded, files, adopt_unlisted, result)
    run.survey()
    async with opened(settings, used_providers(loaded), writable=False) as found:
        result.codes |= found.codes
        for refusals in found.refused.values():
            result.diagnostics += refusals
        for name, provider in sorted(found.providers.items()):
            await run.provider(loaded.desired.providers[name], provider)
    run.edit_files()
    result.diagnostics = ordered(map(loaded.spans.locate, result.diagnostics))
    return result


@dataclass(slots=True)
class _Run:
    settings: Settings
    loaded: Loaded
    files: Sequence[ManifestFile]
    adopt: bool
    result: MergeResult
    proposals: dict[str, Proposal] = field(default_factory=dict)
    homes: dict[str, ManifestFile] = field(default_factory=dict)
    documents: dict[str | None, Mapping[str, Json]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def survey(self) -> None:
        """Note which file holds a document, and its data as they were judged."""
        for file in self.files:
            for scope in file.places:
                self.homes.setdefault(scope, file)
        self.documents = {address_of(data): data for data in self.loaded.documents}

    # ------------------------------------------------------------------ looking
    async def provider(self, spec: ProviderSpec, provider: Provider) -> None:
        """All scopes of one provider: look, compare, propose."""
        scopes = [
            s for s in self.loaded.desired.scopes if s.provider == spec.name and s.address not in self.loaded.blocked
        ]
        try:
            self.settings.tell("lookup", provider=spec.name, scopes=len(scopes))
            await provider.authenticate()
            inventory = await provider.lookup(_everything(scopes))
            found = self._resolved(scopes, inventory, provider)
            self.settings.tell("read", provider=spec.name, scopes=len(found))
            read = await provider.read([one.ref for one in found.values()])
        except (ProviderError, DiagnosticError) as error:
            causes = error.diagnostics if isinstance(error, DiagnosticError) else ()
            scope = f"provider/{spec.name}"
            self.result.diagnostics += causes or (diagnostic(error, scope),)  # type: ignore[arg-type]
            self.result.codes.add(FAILED)
            return
        for failure in read.failures:
            self.result.diagnostics.append(failure.diagnostic)
            self.result.codes.add(FAILED)
        for live in read.lives:
            self._scope(found[live.scope.address], spec, provider, inventory, live)

    def _resolved(
        self, scopes: Sequence[ScopeDocument], inventory: Inventory, provider: Provider
    ) -> dict[str, ResolvedListener | ResolvedGroup]:
        """Scopes with ids; what a listed object refers to may be gone, since live it may refer to something else."""
        dialects = {s.provider: provider.dialect for s in scopes}
        first = resolve(scopes, inventory, dialects)
        missing = [
            d for d in first.diagnostics if d.code in ("PLAN-REF-MISSING", "PLAN-REF-ELSEWHERE") and len(d.path) > 3
        ]
        if missing:
            stand_ins = tuple(_stand_in(n, d, scopes) for n, d in enumerate(missing))
            inventory = replace(inventory, objects=(*inventory.objects, *stand_ins))
            first = resolve(scopes, inventory, dialects)
        found: dict[str, ResolvedListener | ResolvedGroup] = {**first.listeners, **first.groups}
        problems = list(first.diagnostics)
        for scope in scopes:
            unclear = [d for d in problems if d.address == scope.address and _is_unclear_pool(d)]
            if unclear:
                again = resolve([scope], _without_names(inventory, unclear, scopes), dialects)
                found |= {**again.listeners, **again.groups}
                problems = [d for d in problems if d.address != scope.address] + list(again.diagnostics)
        if any(d.is_error for d in problems):
            self.result.codes.add(INVALID)
        self.result.diagnostics += problems
        return found

    # ------------------------------------------------------------------ one scope
    def _scope(
        self, one: ResolvedListener | ResolvedGroup, spec: ProviderSpec, provider: Provider, inventory: Inventory,
        live: Live,
    ) -> None:  # fmt: skip
        address = one.document.address
        file = self.homes.get(address)
        parsed = None if file is None else file.parsed[file.places[address]]
        if file is None or parsed is None or parsed.data != self.documents.get(address):
            self._changed_on_disk(address)
            return
        self.ids[address] = live.scope.id
        errors = [d for d in live.diagnostics if d.is_error]
        if errors:
            self._refuse(errors)
            return
        lines = file.source.text.split("\n")[parsed.lines[0] - 1 : parsed.lines[1]]
        view = View(
            one.document, parsed.data, one.policies if isinstance(one, ResolvedListener) else one.rules, live,
            provider.dialect, Names(inventory), self.settings.date, self.adopt, any(" # id: " in row for row in lines),
        )  # fmt: skip
        adopt = adopt_listener if isinstance(one.document, ListenerDocument) else adopt_group

        def judged(proposal: Proposal) -> Verdict:
            return verdict(applied(view.data, proposal.edit), spec, provider, inventory, live, self.settings.date,
                           self.settings.directory)  # fmt: skip

        proposal, said = adopt(view), Verdict()
        for _ in range(6):
            said = Verdict() if proposal.refusals else judged(proposal)
            if said.good:
                break
            skip = _left_out(said.problems, proposal)
            if skip:
                view = replace(view, skip=view.skip | skip)
            elif not view.coarse:
                view = replace(view, coarse=True)
            else:
                break
            proposal = adopt(view)
        self._settle(address, proposal, said)

    def _settle(self, address: str, proposal: Proposal, said: Verdict) -> None:
        if proposal.refusals:
            self._refuse(proposal.refusals)
        elif said.problems:
            first = said.problems[0]
            self._refuse([_inexpressible(address, f"{first.code}: {first.summary}", first.detail)])
        elif said.steps:
            more = f", and {len(said.steps) - 1} more" if len(said.steps) > 1 else ""
            self._refuse([_inexpressible(address, f"the plan would not be empty: {said.steps[0]}{more}", "")])
        else:
            self.result.notes += [f"{address}: {note}" for note in proposal.notes]
            self.proposals[address] = proposal
            if not proposal.changes:
                self.result.unchanged.append(address)

    def _refuse(self, problems: Sequence[Diagnostic]) -> None:
        self.result.diagnostics += problems
        self.result.codes.add(REFUSED)

    def _changed_on_disk(self, address: str) -> None:
        self.result.codes.add(FAILED)
        self.result.diagnostics.append(
            Diagnostic("MERGE-CHANGED", "the document was changed while it was read", "",
                       "run the same command again", address=address)
        )  # fmt: skip

    # ------------------------------------------------------------------ files
    def _shown(self, address: str) -> str:
        """The command that prints a scope as it is live."""
        spec = self.documents[address]["spec"]
        flag = "listener" if address.startswith("listener/") else "security-group"
        return f"reconcile import --provider {shlex.quote(spec['provider'])} --{flag}-id {self.ids[address]}"

    def edit_files(self) -> None:
        """The new text of every file; documents that cannot be edited in place are told."""
        from reconciler.manifests.edits.documents import edited

        for file in self.files:
            changes = {
                a: p.edit for a in file.places if (p := self.proposals.get(a)) is not None and p.edit is not None
            }
            if not changes:
                continue
            done = edited(file, changes)
            for address, why in done.refused.items():
                self.result.codes.add(REFUSED)
                self.result.diagnostics.append(
                    Diagnostic("MERGE-TEXT", f"the document cannot be edited in place: {why}", "it stays as it is",
                               f"write that part in another way, or take over by hand what `{self._shown(address)}` "
                               "prints", address=address)
                )  # fmt: skip
            for address, names in done.written_out.items():
                words = ", ".join(names)
                self.result.notes += [f"{address}: {words} no longer fits: the value is written out"] if names else []
            for address in changes:
                if address not in done.refused and self.proposals[address].changes:
                    self.result.changes[address] = self.proposals[address].changes
            if done.raw != file.raw:
                self.result.files.append(Rewritten(file.name, file.path, file.raw, done.raw))


def write_files(result: MergeResult) -> list[str]:
    """Replace the files; the names of those that were. What cannot be written is told in ``result``."""
    from reconciler.manifests.rewriting import ChangedOnDisk, replace_file

    written: list[str] = []
    for file in result.files:
        try:
            replace_file(file.path, file.before, file.after)
        except ChangedOnDisk:
            problem = Diagnostic("MERGE-CHANGED", f"{file.name} was changed while it was read", "it is left as it is",
                                 "run the same command again")  # fmt: skip
        except OSError as error:
            why = error.strerror or type(error).__name__
            problem = Diagnostic("MERGE-WRITE", f"{file.name} cannot be written", f"{why}; nothing of it was changed",
                                 "make room, or make the file writable; then run the command again")  # fmt: skip
        else:
            written.append(file.name)
            continue
        result.diagnostics.append(problem)
        result.codes.add(FAILED)
    return written


def _everything(scopes: Sequence[ScopeDocument]) -> Wanted:
    """All names, since what is live may refer to what no manifest names."""
    found = wanted(scopes)
    kinds = ("load_balancer", "listener", "pool", "security_group")
    return Wanted({kind: found.names.get(kind, frozenset()) for kind in kinds}, found.ids)


def _is_unclear_pool(problem: Diagnostic) -> bool:
    """Is it a policy's pool whose name leads to several by now? What is live tells which one, by its id."""
    return problem.code == "PLAN-REF-AMBIGUOUS" and len(problem.path) > 3 and problem.path[-1] in _POOL_NAMES


def _without_names(inventory: Inventory, unclear: Sequence[Diagnostic], scopes: Sequence[ScopeDocument]) -> Inventory:
    """The objects, where a name that leads to several pools leads to one in their place."""
    names = {one.name: one for one in (_stand_in(-1 - n, d, scopes) for n, d in enumerate(unclear))}
    objects = [replace(o, name="") if o.kind == "pool" and o.name in names else o for o in inventory.objects]
    return replace(inventory, objects=(*objects, *names.values()))


def _stand_in(n: int, problem: Diagnostic, scopes: Sequence[ScopeDocument]) -> Named:
    """An object in place of one that is referred to and gone: no live object can refer to it."""
    document = next(s for s in scopes if s.address == problem.address)
    items = document.policies if isinstance(document, ListenerDocument) else document.rules
    item = next(i for i in items if i.path == problem.path[:3])
    value: Json = item.raw
    for step in problem.path[3:]:
        value = value[step]
    field_name = str(problem.path[-1])
    kinds = {"redirect_listener": "listener", "remote_group": "security_group"}
    kind = kinds.get(field_name.removesuffix("_id"), "pool")
    if field_name.endswith("_id"):
        return Named(kind, str(value), f"?{n}")
    return Named(kind, f"?{n}", str(value))


def address_of(data: Mapping[str, Json]) -> str | None:
    """The address of a scope document as it was parsed; None for any other, and for one without a name."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(name, str) or data.get("kind") not in ("Listener", "SecurityGroup"):
        return None
    return addresses.listener(name) if data["kind"] == "Listener" else addresses.security_group(name)


def _left_out(problems: Sequence[Diagnostic], proposal: Proposal) -> frozenset[str]:
    """Live ids of what came in and is refused, where it may also stay out."""
    if not proposal.optional or any(len(d.path) < 3 for d in problems):
        return frozenset()
    found = {proposal.new.get(d.path[2]) if isinstance(d.path[2], int) else None for d in problems}
    return frozenset() if None in found else frozenset(i for i in found if i is not None)


def _inexpressible(address: str, why: str, detail: str) -> Diagnostic:
    return Diagnostic(
        "MERGE-INEXPRESSIBLE",
        f"what is live cannot be adopted: {why}",
        detail or "a manifest that said so would be refused, or changed again by the next plan",
        "mend it in the cloud, or add an ignore entry; the document stays as it is",
        Severity.ERROR,
        address=address,
    )

"""Import: manifests for what is live. Read-only; what it writes gives an empty plan."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic, did_you_mean, ordered
from reconciler.manifests.files import STDIN_NAME
from reconciler.manifests.selecting import Selection, unmatched
from reconciler.model import address
from reconciler.model.calls import Provider, ProviderError
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec, Reference
from reconciler.model.live import Inventory, Live, Named, ScopeRef, Wanted
from reconciler.providers.failures import diagnostic
from reconciler.records import replace
from reconciler.workflow.connect import opened
from reconciler.workflow.results import FAILED, INVALID, OK, Imported, ImportResult, worst
from reconciler.workflow.settings import Settings
from reconciler.workflow.to_manifest import (
    API_VERSION,
    Names,
    Written,
    document_names,
    group_document,
    id_note,
    listener_document,
)

if TYPE_CHECKING:
    from reconciler.manifests import Loaded

_KINDS = ("listener", "security_group")


async def import_live(settings: Settings, provider: str, what: Sequence[Reference] = ()) -> ImportResult:
    """Manifest documents for listeners and security groups of one provider.

    ``provider`` is the name of a Provider document, looked up in ``settings.paths``, ``providers.yaml`` and
    ``providers/``. ``what`` names listeners and groups, by name or id; empty: all that the provider shows.
    """
    spec, problems = find_provider(settings, provider)
    if spec is None:
        return ImportResult((), tuple(problems), INVALID)
    async with opened(settings, [spec], writable=False) as found:
        if spec.name in found.refused:
            return ImportResult((), ordered_tuple([*problems, *found.refused[spec.name]]), worst([*found.codes, OK]))
        try:
            return await _import(settings, spec, found.providers[spec.name], what)
        except ProviderError as error:
            return ImportResult((), (diagnostic(error, address.encode(provider)),), FAILED)


def ordered_tuple(problems: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Diagnostics in the order in which they are shown."""
    return tuple(ordered(problems))


def find_provider(settings: Settings, name: str) -> tuple[ProviderSpec | None, list[Diagnostic]]:
    """A Provider document by name, although no scope names it yet; with the problems that it has."""
    from reconciler import manifests

    shell = {"apiVersion": API_VERSION, "kind": "SecurityGroup", "metadata": {"name": "import"},
             "spec": {"provider": name, "directions": ["ingress"], "unlisted": "keep", "rules": []}}  # fmt: skip
    paths = tuple(p for p in settings.paths if p != "-")
    loaded = manifests.load((*paths, "-"), directory=settings.directory, stdin=io.BytesIO(json.dumps(shell).encode()),
                            target=("security_group/import",))  # fmt: skip
    spec = loaded.desired.providers.get(name)
    # The document above was made here: a place in it is nobody's.
    wrong = [replace(d, span=None) if d.span and d.span.file == STDIN_NAME else d
             for d in loaded.diagnostics if d.is_error]  # fmt: skip
    nowhere = [d for d in wrong if d.code == "PATH-MISSING"]  # also where the Provider is found without it
    if nowhere:
        return None, nowhere
    if spec is None or "security_group/import" in loaded.blocked:
        own = [d for d in wrong if d.address in (None, f"provider/{address.encode(name)}")]
        made = [replace(d, address=None) for d in wrong if d.address == "security_group/import"]
        return None, own or made
    return spec, []


async def _import(
    settings: Settings, spec: ProviderSpec, provider: Provider, what: Sequence[Reference]
) -> ImportResult:
    settings.tell("lookup", provider=spec.name)
    await provider.authenticate()
    every: Mapping[str, frozenset[str]] = {
        kind: frozenset() for kind in ("load_balancer", "listener", "pool", "security_group")
    }
    inventory = await provider.lookup(Wanted(every, {}))
    objects, problems = _chosen(inventory, what)
    if problems:
        return ImportResult((), tuple(problems), INVALID)
    titles = {kind: document_names(inventory.of(kind)) for kind in _KINDS}
    refs = [_ref(o, titles[o.kind][o.id]) for o in objects]
    selection = Selection(settings.target, settings.exclude, settings.shard)
    problems = list(unmatched(settings.target, [r.address for r in refs]))
    if problems:
        return ImportResult((), tuple(problems), INVALID)
    refs = [r for r in refs if selection.takes(r.address)]
    settings.tell("read", provider=spec.name, scopes=len(refs))
    result = await provider.read(refs)
    names = Names(inventory)
    written: list[Written] = []
    for live in result.lives:
        make = listener_document if live.scope.kind == "listener" else group_document
        title = titles[live.scope.kind][live.scope.id]
        written.append(make(spec.name, live, provider.dialect, names, title))
        written[-1].notes += [f"{d.code}: {d.summary}" for d in live.diagnostics]
    kept = [_only_valid(settings, spec, w) for w in written]
    notes = tuple(f"{_title(w)}: {note}" for w in kept for note in w.notes)
    failures = tuple(f.diagnostic for f in result.failures)
    balancers = {o.id: o.name for o in inventory.of("load_balancer")}
    imported = tuple(_imported(w, live, balancers) for w, live in zip(kept, result.lives, strict=True) if w.document)
    return ImportResult(imported, failures, FAILED if failures else OK, notes)


def _imported(written: Written, live: Live, balancers: Mapping[str, str]) -> Imported:
    """The document with its live ids: at its name, at each policy's name, at each rule's first field."""
    place: dict[tuple[str | int, ...], str] = {("metadata", "name"): id_note(live.scope.id)}
    items, first = ("policies", "name") if live.scope.kind == "listener" else ("rules", "direction")
    place |= {("spec", items, n, first): id_note(i) for n, i in enumerate(written.ids)}
    return Imported(written.document, place, balancers.get(live.scope.load_balancer_id or ""))


def _ref(named: Named, title: str) -> ScopeRef:
    make = address.listener if named.kind == "listener" else address.security_group
    balancer = named.load_balancers[0] if named.kind == "listener" and named.load_balancers else None
    return ScopeRef(make(title), named.kind, named.id, balancer)


def _chosen(inventory: Inventory, what: Sequence[Reference]) -> tuple[list[Named], list[Diagnostic]]:
    if not what:
        return [o for kind in _KINDS for o in sorted(inventory.of(kind), key=lambda o: (o.name, o.id))], []
    objects: dict[str, Named] = {}
    problems: list[Diagnostic] = []
    for reference in what:
        known = inventory.of(reference.kind)
        hits = [o for o in known if (o.id == reference.id if reference.id is not None else o.name == reference.name)]
        if len(hits) == 1:
            objects[hits[0].id] = hits[0]
            continue
        count = "no" if not hits else str(len(hits))
        hint = did_you_mean(reference.name, [o.name for o in known]) if reference.name and not hits else ""
        problems.append(
            Diagnostic(
                "IMPORT-NOT-FOUND" if not hits else "IMPORT-AMBIGUOUS",
                f"{count} {reference.kind.replace('_', ' ')} is called {reference.name!r}"
                if reference.name is not None
                else f"there is no {reference.kind.replace('_', ' ')} with id {reference.id}",
                ", ".join(f"{o.name} ({o.id})" for o in sorted(hits, key=lambda o: o.id)),
                hint or ("name it by its id" if hits else _there_are(known)),
            )
        )
    return list(objects.values()), problems


def _there_are(known: Sequence[Named]) -> str:
    names = sorted({o.name for o in known})
    more = f" and {len(names) - 10:,} more" if len(names) > 10 else ""
    return f"live are: {', '.join(map(repr, names[:10]))}{more}" if names else "the provider shows none at all"


def _only_valid(settings: Settings, spec: ProviderSpec, written: Written) -> Written:
    """Leave out what the manifest's own rules refuse, so that the file that is written can be planned.

    A cloud may hold what no manifest may ask for (made by another tool, or before a rule existed).
    """
    for _ in range(5):
        loaded = _judge(settings, spec, written.document)
        errors = [d for d in loaded.diagnostics if d.is_error]
        if not errors:
            return written
        one, field_name = ("policy", "policies") if written.document["kind"] == "Listener" else ("rule", "rules")
        items: list[Json] = written.document["spec"][field_name]
        bad: dict[int, Diagnostic] = {}
        for d in errors:
            if d.path[:2] == ("spec", field_name) and len(d.path) > 2 and isinstance(d.path[2], int):
                bad.setdefault(d.path[2], d)
        if not bad:
            written.notes.append(f"the whole document is left out: {errors[0].code}: {errors[0].summary}")
            return Written({}, written.notes, [])
        for index, d in sorted(bad.items()):
            name = items[index].get("name", f"number {index + 1}")
            written.notes.append(f"{one} {name!r} is left out: {d.code}: {d.summary}")
        written.document["spec"][field_name] = [item for i, item in enumerate(items) if i not in bad]
        written.ids = [one for i, one in enumerate(written.ids) if i not in bad]
    return written


def _judge(settings: Settings, spec: ProviderSpec, document: Mapping[str, Json]) -> Loaded:
    """The document as it will be read, in the words in which it will be written."""
    from reconciler import manifests
    from reconciler.manifests import writer

    provider = {"apiVersion": API_VERSION, "kind": "Provider", "metadata": {"name": spec.name}, "spec": dict(spec.spec)}
    text = writer.dump((provider, document))
    return manifests.load(("-",), directory=settings.directory, stdin=io.BytesIO(text.encode()))


def _title(written: Written) -> str:
    if not written.document:
        return "import"
    return f"{written.document['kind']} {written.document['metadata']['name']!r}"

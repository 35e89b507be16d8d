"""From live objects to manifest documents, as data: no defaults, names where they are unique, ids elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.model.live import Inventory, ListenerFacts, Live, LivePolicy, LiveSecurityRule, Named
from reconciler.model.objects import SecurityRule
from reconciler.records import dataclass, field

API_VERSION = "reconciler/v1"
_NAME = re.compile(r"[^\s@](?:.*[^\s])?")
_CLONE = re.compile(r".*\.next-[0-9a-f]{6}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Names:
    """Which live names can stand in a manifest: those that lead to one object only."""

    inventory: Inventory

    def usable(self, kind: str, object_id: str, among: Iterable[Named]) -> str | None:
        """The object's name if it is unique among those, else None."""
        objects = list(among)
        mine = next((o for o in objects if o.id == object_id), None)
        if mine is None or not mine.name or sum(1 for o in objects if o.name == mine.name) > 1:
            return None
        return mine.name if _printable(mine.name) else None

    def beside(self, kind: str, load_balancer: str | None) -> list[Named]:
        """Objects of a kind on one load balancer: where pools and redirect listeners are looked up."""
        return [o for o in self.inventory.of(kind) if load_balancer in o.load_balancers]


@dataclass(slots=True)
class Written:
    """One document, and what of the live scope is not in it. ``ids`` stand beside its policies or rules."""

    document: dict[str, Json]
    notes: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


def listener_document(provider: str, live: Live, dialect: Dialect, names: Names, name: str) -> Written:
    """A Listener document for one live listener. ``name`` is the document's."""
    assert isinstance(live.facts, ListenerFacts)
    facts = live.facts
    spec: dict[str, Json] = {"provider": provider, **_listener_reference(live, names, name), "unlisted": "keep"}
    kept, notes = _listable(live.policies, dialect)
    if not dialect.ordered_by_number(facts):
        kept = sorted(kept, key=lambda p: dialect.evaluation_key(p.policy, facts))
    kept = sorted(kept, key=lambda p: dialect.evaluation_class(p.policy, facts))
    pools = names.beside("pool", facts.load_balancer_id)
    listeners = names.beside("listener", facts.load_balancer_id)
    known = {"redirect_pool_id": ("redirect_pool", "pool", pools), "pool_id": ("pool", "pool", pools),
             "redirect_listener_id": ("redirect_listener", "listener", listeners)}  # fmt: skip
    spec["policies"] = [by_name(p.policy.to_json(with_rules=True), known, names) for p in kept]
    return Written(_envelope("Listener", name, spec), notes, [p.id for p in kept])


def group_document(provider: str, live: Live, dialect: Dialect, names: Names, name: str) -> Written:
    """A SecurityGroup document for one live group: both directions; platform-made rules stay out."""
    groups = names.inventory.of("security_group")
    own = names.usable("security_group", live.scope.id, groups)
    spec: dict[str, Json] = {"provider": provider}
    if own is None:
        spec["security_group_id"] = live.scope.id
    elif own != name:
        spec["security_group"] = own
    spec["directions"] = ["ingress", "egress"]
    spec["unlisted"] = "keep"
    kept = [r for r in live.security_rules if not r.system]
    left = len(live.security_rules) - len(kept)
    notes = [f"{left} rules that the platform made (system) are left out: they are never touched"] if left else []
    known = {"remote_group_id": ("remote_group", "security_group", list(groups))}
    kept.sort(key=_rule_order)
    spec["rules"] = [by_name(r.rule.to_json(), known, names) for r in kept]
    return Written(_envelope("SecurityGroup", name, spec), notes, [r.id for r in kept])


def document_names(objects: Sequence[Named]) -> dict[str, str]:
    """A document name for every live object, by id: its own where that is usable and unique, else with its id."""
    count = Counter(o.name for o in objects)
    found: dict[str, str] = {}
    for o in objects:
        fits = _printable(o.name) and len(o.name) <= 255 and _NAME.fullmatch(o.name) is not None
        if fits and count[o.name] == 1:
            found[o.id] = o.name
            continue
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", o.name).strip("-.")[:60] or o.kind.replace("_", "-")
        found[o.id] = f"{stem}-{o.id[:8]}"
    taken = Counter(found.values())
    return {i: n if taken[n] == 1 else f"{n}-{i}" for i, n in found.items()}


def _listable(policies: Sequence[LivePolicy], dialect: Dialect) -> tuple[list[LivePolicy], list[str]]:
    """The policies that a manifest can list so that the next plan leaves them, and why the others are left out."""
    count = Counter(p.policy.name for p in policies)
    kept: list[LivePolicy] = []
    notes: list[str] = []
    for p in policies:
        why = unlistable(p, count, dialect)
        if why is None:
            kept.append(p)
        else:
            notes.append(f"policy {p.policy.name!r} (id {p.id}) is left out: {why}")
    return kept, notes


def unlistable(live: LivePolicy, count: Mapping[str, int], dialect: Dialect) -> str | None:
    """Why the next plan would not leave a policy alone if a manifest listed it; None: it can be listed.

    ``count``: how many live policies have a name.
    """
    name = live.policy.name
    if not name:
        return "it has no name"
    if count.get(name, 1) > 1:
        return "its name is used more than once on the listener"
    if _CLONE.fullmatch(name) or not (dialect.arms(live.policy) or dialect.disabled_create):
        return "it belongs to an unfinished run, or never matches"
    if live.status == "ERROR" or "ERROR" in live.rule_statuses:
        return "it is in status ERROR: apply would heal it"
    if not _printable(name) or name.startswith("@"):
        return "its name cannot stand in a manifest"
    return None


def _listener_reference(live: Live, names: Names, name: str) -> dict[str, Json]:
    assert isinstance(live.facts, ListenerFacts)
    own = names.usable("listener", live.scope.id, names.inventory.of("listener"))
    if own is not None:
        return {} if own == name else {"listener": own}
    balancer_id = live.facts.load_balancer_id
    beside = names.usable("listener", live.scope.id, names.beside("listener", balancer_id))
    balancer = names.usable("load_balancer", balancer_id or "", names.inventory.of("load_balancer"))
    if beside is not None and balancer is not None:
        return {"load_balancer": balancer, "listener": beside}
    return {"listener_id": live.scope.id}


def id_note(object_id: str) -> str:
    """The comment behind the first line of an object that is live; a server's id may hold anything."""
    return f"id: {re.sub(r'[^A-Za-z0-9._:-]', '?', object_id)}"


def by_name(value: Json, known: Mapping[str, tuple[str, str, list[Named]]], names: Names) -> Json:
    """``value`` with ids replaced by names where those are unique."""
    if isinstance(value, (list, tuple)):
        return [by_name(v, known, names) for v in value]
    if not isinstance(value, Mapping):
        return value
    out: dict[str, Json] = {}
    for key, inner in value.items():
        if key in known and isinstance(inner, str):
            field_name, kind, among = known[key]
            name = names.usable(kind, inner, among)
            out[key if name is None else field_name] = inner if name is None else name
        else:
            out[key] = by_name(inner, known, names)
    return out


def _rule_order(live: LiveSecurityRule) -> tuple[object, ...]:
    rule: SecurityRule = live.rule
    return (rule.direction != "ingress", rule.priority or 0, rule.ethertype, rule.protocol or "", rule.ports,
            rule.remote, live.id)  # fmt: skip


def _envelope(kind: str, name: str, spec: Mapping[str, Json]) -> dict[str, Json]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}


def _printable(text: str) -> bool:
    return bool(text) and all(c.isprintable() for c in text)

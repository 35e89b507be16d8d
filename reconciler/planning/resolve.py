"""Names to ids (design 4, 5): what the documents refer to, found in the inventory; none or several is a diagnostic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Path, did_you_mean
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, Reference, ScopeDocument, SecurityGroupDocument
from reconciler.model.dialect import Dialect
from reconciler.model.live import Inventory, Named, ScopeRef, Wanted
from reconciler.model.objects import Policy, SecurityRule
from reconciler.records import dataclass, field

_NOTHING = Wanted({}, {})
_WORDS = {
    "load_balancer": "load balancer",
    "listener": "listener",
    "pool": "pool",
    "security_group": "security group",
}


@dataclass(frozen=True, slots=True)
class ResolvedListener:
    """A Listener document with its live id, and its policies in normal form (aligned with the document's)."""

    document: ListenerDocument
    ref: ScopeRef
    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class ResolvedGroup:
    """A SecurityGroup document with its live id, and its rules in normal form (aligned with the document's)."""

    document: SecurityGroupDocument
    ref: ScopeRef
    rules: tuple[SecurityRule, ...]


@dataclass(slots=True)
class Resolved:
    """By scope address. A scope with a problem is in neither mapping; its diagnostics say why.

    ``unknown``: those of them that refer to something of which nobody can tell whether it exists.
    """

    listeners: dict[str, ResolvedListener] = field(default_factory=dict)
    groups: dict[str, ResolvedGroup] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    @property
    def refs(self) -> tuple[ScopeRef, ...]:
        """What to read: every resolved scope, by address."""
        found = {**{a: r.ref for a, r in self.listeners.items()}, **{a: r.ref for a, r in self.groups.items()}}
        return tuple(found[a] for a in sorted(found))


def wanted(scopes: Iterable[ScopeDocument]) -> Wanted:
    """What has to be looked up for these scopes (of one provider): names and ids by kind."""
    names: dict[str, set[str]] = {}
    ids: dict[str, set[str]] = {}

    def note(kind: str, name: Json, object_id: Json) -> None:
        if isinstance(object_id, str):
            ids.setdefault(kind, set()).add(object_id)
        elif isinstance(name, str):
            names.setdefault(kind, set()).add(name)

    for scope in scopes:
        for reference in _own(scope):
            note(reference.kind, reference.name, reference.id)
        if isinstance(scope, ListenerDocument):
            for policy in scope.policies:
                for _, kind, name, object_id in _references(policy.raw):
                    note(kind, name, object_id)
        else:
            for rule in scope.rules:
                note("security_group", rule.raw.get("remote_group"), rule.raw.get("remote_group_id"))
    return Wanted(
        {k: frozenset(v) for k, v in sorted(names.items())}, {k: frozenset(v) for k, v in sorted(ids.items())}
    )


def _own(scope: ScopeDocument) -> list[Reference]:
    if isinstance(scope, SecurityGroupDocument):
        return [scope.security_group]
    return [scope.listener, *([scope.load_balancer] if scope.load_balancer else [])]


def _references(raw: Mapping[str, Json]) -> list[tuple[Path, str, Json, Json]]:
    """(path inside the policy, kind, name, id) of every pool and listener that a policy names."""
    found: list[tuple[Path, str, Json, Json]] = []
    for key, kind in (("redirect_pool", "pool"), ("redirect_listener", "listener")):
        if raw.get(key) is not None:
            found.append(((key,), kind, raw[key], None))
        elif raw.get(f"{key}_id") is not None:
            found.append(((f"{key}_id",), kind, None, raw[f"{key}_id"]))
    pools = raw.get("redirect_pools_config")
    for n, entry in enumerate(pools if isinstance(pools, Sequence) and not isinstance(pools, str) else ()):
        if isinstance(entry, Mapping):
            key = "pool" if entry.get("pool") is not None else "pool_id"
            if entry.get(key) is not None:
                name, object_id = (entry[key], None) if key == "pool" else (None, entry[key])
                found.append((("redirect_pools_config", n, key), "pool", name, object_id))
    return found


def resolve(
    scopes: Iterable[ScopeDocument],
    inventory: Inventory | Mapping[str, Inventory],
    dialects: Mapping[str, Dialect],
) -> Resolved:
    """Look every name up. ``inventory``: one for all, or by provider document; ``dialects`` likewise.

    Two documents that resolve to one live object are both refused.
    """
    found = Resolved()
    tables: dict[int, _Table] = {}
    for scope in scopes:
        mine = inventory if isinstance(inventory, Inventory) else inventory.get(scope.provider, Inventory())
        table = tables.setdefault(id(mine), _Table.of(mine))
        one = _One(scope, table, dialects[scope.provider])
        if isinstance(scope, ListenerDocument):
            listener = one.listener(scope)
            if listener is not None:
                found.listeners[scope.address] = listener
        else:
            group = one.group(scope)
            if group is not None:
                found.groups[scope.address] = group
        found.diagnostics += one.diagnostics
        if one.unknown:
            found.unknown.add(scope.address)
    _refuse_twice(found)
    return found


@dataclass(slots=True)
class _Table:
    """The inventory by kind, id and name."""

    by_id: dict[tuple[str, str], Named]
    by_name: dict[tuple[str, str], list[Named]]
    names: dict[str, list[str]]
    untold: Wanted

    @classmethod
    def of(cls, inventory: Inventory) -> _Table:
        table = cls({}, {}, {}, inventory.untold or _NOTHING)
        for one in inventory.objects:
            if (one.kind, one.id) not in table.by_id:
                table.by_id[one.kind, one.id] = one
                table.by_name.setdefault((one.kind, one.name), []).append(one)
                table.names.setdefault(one.kind, []).append(one.name)
        return table


@dataclass(slots=True)
class _One:
    """One document while it is resolved."""

    scope: ScopeDocument
    table: _Table
    dialect: Dialect
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unknown: bool = False

    def find(
        self, kind: str, name: Json, object_id: Json, path: Path, keep: Callable[[Named], bool], where: str
    ) -> Named | None:
        """The one object of that name or id among those to ``keep``; ``where`` says in words which these are."""
        if object_id is not None:
            one = self.table.by_id.get((kind, str(object_id)))
            candidates = [one] if one is not None else []
            what = f"{_WORDS[kind]} with id {str(object_id)!r}"
        else:
            candidates = self.table.by_name.get((kind, str(name)), [])
            what = f"{_WORDS[kind]} named {str(name)!r}"
        given, told = (name, self.table.untold.names) if object_id is None else (object_id, self.table.untold.ids)
        if str(given) in told.get(kind, ()):
            self._untold(what, path)
            return None
        fitting = [c for c in candidates if keep(c)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            self._several(kind, what, fitting, path, where)
        elif candidates:
            self._elsewhere(what, candidates, path, where)
        else:
            self._none(kind, what, str(name) if object_id is None else "", path, where)
        return None

    def _report(self, code: str, summary: str, detail: str, hint: str, path: Path) -> None:
        self.diagnostics.append(Diagnostic(code, summary, detail, hint, address=self.scope.address, path=path))

    def _none(self, kind: str, what: str, name: str, path: Path, where: str) -> None:
        names = sorted(set(self.table.names.get(kind, [])) - {""})
        shown = ", ".join(repr(n) for n in names[:10]) + (" ..." if len(names) > 10 else "")
        near = did_you_mean(name, names) if name else ""
        detail = f"{where} there is none; known {_WORDS[kind]}s: {shown or 'none'}"
        hint = near or f"create the {_WORDS[kind]} first (reconcile never does), or correct the reference"
        self._report("PLAN-REF-MISSING", f"no {what}", detail, hint, path)

    def _untold(self, what: str, path: Path) -> None:
        self.unknown = True
        detail = "the live state that this plan rests on does not tell; it may exist or not"
        hint = "take a snapshot that covers it, or plan with credentials"
        self._report("PLAN-REF-UNKNOWN", f"whether there is a {what} is not known", detail, hint, path)

    def _several(self, kind: str, what: str, found: Sequence[Named], path: Path, where: str) -> None:
        shown = ", ".join(_described(c) for c in sorted(found, key=lambda c: c.id))
        more = ", or name its load_balancer" if kind == "listener" else ""
        hint = f"use the id instead of the name{more}"
        self._report("PLAN-REF-AMBIGUOUS", f"{len(found)} objects are a {what}", f"{where}: {shown}", hint, path)

    def _elsewhere(self, what: str, found: Sequence[Named], path: Path, where: str) -> None:
        shown = ", ".join(_described(c) for c in sorted(found, key=lambda c: c.id))
        hint = "use one of that load balancer"
        self._report("PLAN-REF-ELSEWHERE", f"the {what} is not {where}", f"it exists elsewhere: {shown}", hint, path)

    # -------------------------------------------------------------- scopes
    def listener(self, document: ListenerDocument) -> ResolvedListener | None:
        """The document with ids; None where something is wrong (see ``diagnostics``)."""
        balancer: Named | None = None
        wanted_balancer = document.load_balancer
        if wanted_balancer is not None:
            reference = wanted_balancer
            balancer = self.find(
                "load_balancer", reference.name, reference.id, reference.path, _any, "in this project and region"
            )
            if balancer is None:
                return None
        place = f"on load balancer {balancer.name!r}" if balancer else "in this project and region"
        own = balancer.id if balancer else None
        reference = document.listener
        listener = self.find("listener", reference.name, reference.id, reference.path, _on(own), place)
        if listener is None:
            return None
        balancer_id = own or (listener.load_balancers[0] if len(listener.load_balancers) == 1 else None)
        policies = [self._policy(document, n, balancer_id) for n in range(len(document.policies))]
        if self.diagnostics:
            return None
        ref = ScopeRef(document.address, "listener", listener.id, balancer_id)
        return ResolvedListener(document, ref, tuple(p for p in policies if p is not None))

    def _policy(self, document: ListenerDocument, index: int, balancer: str | None) -> Policy | None:
        one = document.policies[index]
        raw = dict(one.raw)
        place = "on the listener's load balancer" if balancer else "in this project and region"
        good = True
        for path, kind, name, object_id in _references(one.raw):
            found = self.find(kind, name, object_id, (*one.path, *path), _on(balancer), place)
            if found is None:
                good = False
            else:
                _put(raw, path, kind, found.id)
        if not good:
            return None
        raw["name"] = one.name
        if one.number is not None:
            raw[self.dialect.number_field] = one.number
        return self.dialect.policy(raw)

    def group(self, document: SecurityGroupDocument) -> ResolvedGroup | None:
        """The document with ids; None where something is wrong (see ``diagnostics``)."""
        reference = document.security_group
        place = "in this project and region"
        group = self.find("security_group", reference.name, reference.id, reference.path, _any, place)
        rules: list[SecurityRule] = []
        for one in document.rules:
            raw = dict(one.raw)
            name, object_id = raw.pop("remote_group", None), raw.get("remote_group_id")
            if name is not None or object_id is not None:
                key = "remote_group" if object_id is None else "remote_group_id"
                found = self.find("security_group", name, object_id, (*one.path, key), _any, place)
                if found is not None:
                    raw["remote_group_id"] = found.id
            rules.append(self.dialect.security_rule(raw))
        if self.diagnostics or group is None:
            return None
        return ResolvedGroup(document, ScopeRef(document.address, "security_group", group.id), tuple(rules))


def _any(_: Named) -> bool:
    return True


def _on(balancer: str | None) -> Callable[[Named], bool]:
    """Objects on that load balancer; one that does not tell its load balancers is taken to be there."""
    return lambda one: balancer is None or not one.load_balancers or balancer in one.load_balancers


def _put(raw: dict[str, Json], path: Path, kind: str, object_id: str) -> None:
    if len(path) == 1:
        raw.pop(str(path[0]), None)
        raw["redirect_pool_id" if kind == "pool" else "redirect_listener_id"] = object_id
        return
    entries = [dict(e) for e in raw["redirect_pools_config"]]
    entry = entries[int(path[1])]
    entry.pop("pool", None)
    entry["pool_id"] = object_id
    raw["redirect_pools_config"] = entries


def _described(one: Named) -> str:
    balancers = f" on load balancer {', '.join(one.load_balancers)}" if one.load_balancers else ""
    port = f", {one.protocol} port {one.port}" if one.port is not None else ""
    return f"{one.id}{balancers}{port}"


def _refuse_twice(found: Resolved) -> None:
    """Two documents about one live object would undo each other: both are refused, each naming the other."""
    holders: dict[tuple[str, str, str], list[str]] = {}
    for address, listener in found.listeners.items():
        holders.setdefault((listener.document.provider, "listener", listener.ref.id), []).append(address)
    for address, group in found.groups.items():
        holders.setdefault((group.document.provider, "security_group", group.ref.id), []).append(address)
    for (_, kind, object_id), addresses in sorted(holders.items()):
        if len(addresses) < 2:
            continue
        for address in addresses:
            others = ", ".join(a for a in addresses if a != address)
            found.diagnostics.append(
                Diagnostic(
                    "PLAN-SAME-OBJECT",
                    f"this document and {others} are about one live {_WORDS[kind]}",
                    f"its id is {object_id}; each would undo the other",
                    "join the documents, or correct the reference of one",
                    address=address,
                    path=("spec", kind),
                )
            )
            found.listeners.pop(address, None)
            found.groups.pop(address, None)

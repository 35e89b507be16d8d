"""Adopting a listener: its listed policies say what is live, stand in the order of evaluation, and none is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping

from reconciler.manifests.edits.change import Edit, Fields, Items, New
from reconciler.model import address
from reconciler.model.canonical import Json
from reconciler.model.desired import Ignore, ListenerDocument
from reconciler.model.live import ListenerFacts, LivePolicy
from reconciler.model.objects import Policy
from reconciler.planning import ignore
from reconciler.planning.match import Pairing, match_policies
from reconciler.records import dataclass, replace
from reconciler.workflow.merging.adopting import ADDED, CHANGED, MOVED, REMOVED, Adopted, Proposal, View
from reconciler.workflow.merging.content import Writer
from reconciler.workflow.merging.names import Referring, known_of_listener
from reconciler.workflow.merging.places import arranged
from reconciler.workflow.to_manifest import id_note, unlistable

_UNFINISHED = "finish it with `reconcile apply`, or remove its temporaries in the cloud"


def adopt_listener(view: View) -> Proposal:
    """The edits that make a Listener document say what is live."""
    assert isinstance(view.document, ListenerDocument)
    assert isinstance(view.live.facts, ListenerFacts)
    return _Listener(view, view.document, view.live.facts, Proposal()).proposal()


@dataclass(slots=True)
class _Listener:
    view: View
    document: ListenerDocument
    facts: ListenerFacts
    found: Proposal
    entries: tuple[Ignore, ...] = ()

    def proposal(self) -> Proposal:
        view, found = self.view, self.found
        self.entries = ignore.active(self.document.ignore, view.today)
        wanted = [p for p in view.wanted if isinstance(p, Policy)]
        listed = [n for n, p in enumerate(wanted) if ignore.whole(self.entries, p.name) is None]
        free = [p for p in view.live.policies if ignore.whole(self.entries, p.policy.name) is None]
        narrowed = replace(self.document, policies=tuple(self.document.policies[n] for n in listed))
        pairing = match_policies(narrowed, [wanted[n] for n in listed], free)
        found.refusals += pairing.diagnostics
        self._unfinished(pairing)
        if found.refusals:
            return found
        pairs = {listed[n]: policy for n, policy in pairing.pairs.items()}
        raw: list[Mapping[str, Json]] = view.data["spec"]["policies"]
        index = {n: self._index(n) for n in range(len(wanted))}
        edits = self._contents(raw, wanted, pairs, index)
        coming = self._coming(pairing)
        if found.refusals:
            return found
        gone = [n for n in listed if n not in pairs]
        for n in gone:
            found.changes.append(Adopted(REMOVED, self._address(wanted[n].name)))
        order, moved = self._order(wanted, pairs, coming, gone)
        for n in moved:
            found.changes.append(Adopted(MOVED, self._address(pairs[n].policy.name)))
        items: list[int | New] = []
        for key in order:
            if isinstance(key, int):
                items.append(index[key])
            else:
                found.new[len(items)] = str(key)
                items.append(self._new(coming[str(key)]))
        change = Items(items, edits)
        if edits or change.moves(len(raw)):
            found.edit = Fields({"spec": Fields({"policies": change})})
        return found

    def _index(self, n: int) -> int:
        step = self.document.policies[n].path[2]
        assert isinstance(step, int)
        return step

    def _address(self, name: str) -> str:
        return address.policy(self.document.address, name)

    def _unfinished(self, pairing: Pairing) -> None:
        """Temporaries of a run that was interrupted, and listed policies in ERROR: no manifest can say these."""
        left = [*pairing.clones.values(), *pairing.leftovers]
        if left:
            names = ", ".join(repr(p.policy.name) for p in left)
            self.found.refuse(self.document.address, "an unfinished run is live on this listener",
                              f"its temporaries: {names}", _UNFINISHED)  # fmt: skip

    # ------------------------------------------------------------------ what is listed and live
    def _contents(
        self, raw: list[Mapping[str, Json]], wanted: list[Policy], pairs: Mapping[int, LivePolicy],
        index: Mapping[int, int],
    ) -> dict[int, Edit]:  # fmt: skip
        view = self.view
        known = known_of_listener(view.names, self.facts.load_balancer_id)
        writer = Writer(view.dialect, Referring(view.names, known), view.coarse)
        number = view.dialect.number_field
        edits: dict[int, Edit] = {}
        for n, live in pairs.items():
            where = ("spec", "policies", index[n])
            if self._cannot_say(live, where):
                continue
            fields = ignore.fields_of(self.entries, live.policy.name)
            mine = ignore.copy_live(wanted[n], live.policy, list(fields), view.dialect) if fields else wanted[n]
            pinned = number if self.document.policies[n].number is not None and number not in fields else None
            edit = writer.policy(raw[index[n]], mine, live.policy, pinned)
            if view.with_ids:
                edits[index[n]] = replace(edit, live_id=live.id)
            if not edit.empty:
                edits.setdefault(index[n], edit)
                self.found.changes.append(Adopted(CHANGED, self._address(live.policy.name), _names(mine, live, edit)))
        return edits

    def _cannot_say(self, live: LivePolicy, where: tuple[str | int, ...]) -> bool:
        """Is a listed policy live in a state that the next plan would mend, whatever the manifest says?"""
        name, dialect = live.policy.name, self.view.dialect
        why = hint = ""
        if live.status == "ERROR" or (not dialect.rules_inline and "ERROR" in live.rule_statuses):
            why, hint = "it is in status ERROR", "heal it with `reconcile apply`, or in the cloud"
        elif not (dialect.arms(live.policy) or dialect.disabled_create):
            why, hint = "it has no rules, so that it never matches, or the guard of an unfinished run", _UNFINISHED
        elif (named := unlistable(live, Counter(), dialect)) is not None:
            why, hint = named, "rename it in the cloud, or delete it there"
        if why:
            said = "a manifest cannot say that, and the next plan would change it"
            self.found.refuse(
                self.document.address, f"live policy {name!r} cannot be adopted: {why}", said, hint, where
            )
        return bool(why)

    # ------------------------------------------------------------------ what is live only
    def _coming(self, pairing: Pairing) -> dict[str, LivePolicy]:
        """Unlisted policies that the manifest is to list, by id."""
        view = self.view
        keep = self.document.unlisted == "keep"
        if keep and not view.adopt:
            return {}
        self.found.optional = keep
        count = Counter(p.policy.name for p in view.live.policies)
        coming: dict[str, LivePolicy] = {}
        for live in pairing.unlisted:
            why = (
                "its words cannot stand in a manifest"
                if live.id in view.skip
                else unlistable(live, count, view.dialect)
            )
            if why is None:
                coming[live.id] = live
                self.found.changes.append(Adopted(ADDED, self._address(live.policy.name)))
            elif keep:
                self.found.notes.append(f"policy {live.policy.name!r} (id {live.id}) is left out: {why}")
            else:
                summary = f"live policy {live.policy.name!r} (id {live.id}) cannot be listed: {why}"
                detail = f"unlisted: {self.document.unlisted} leaves no other way"
                hint = "mend or delete it in the cloud, or add an ignore entry"
                self.found.refuse(self.document.address, summary, detail, hint, ("spec", "unlisted"))
        return coming

    def _new(self, live: LivePolicy) -> New:
        view = self.view
        referring = Referring(view.names, known_of_listener(view.names, self.facts.load_balancer_id))
        pinned = any(p.number is not None for p in self.document.policies)
        number = view.dialect.number_field if pinned else None
        value = referring.written(live.policy.to_json(with_rules=True, number_field=number))
        return New(value, id_note(live.id) if view.with_ids else "")

    # ------------------------------------------------------------------ order
    def _order(
        self, wanted: list[Policy], pairs: Mapping[int, LivePolicy], coming: Mapping[str, LivePolicy], gone: list[int]
    ) -> tuple[list[int | str], list[int]]:
        """Keys (index of a listed policy, or id of one that comes in) in their new order, and those that moved."""
        view, dialect = self.view, self.view.dialect
        of_live: dict[str, int | str] = {p.id: n for n, p in pairs.items()}
        of_live |= {i: i for i in coming}
        policies = [p for p in view.live.policies if p.id in of_live]
        pinned = any(p.number is not None for p in self.document.policies)
        numbered = dialect.ordered_by_number(self.facts)
        if numbered:
            policies.sort(key=lambda p: -1 if p.policy.number is None else p.policy.number)
        else:
            policies.sort(key=lambda p: dialect.evaluation_key(p.policy, self.facts))
        classes = {p.id: 0 if pinned else dialect.evaluation_class(p.policy, self.facts) for p in policies}
        if not pinned:
            policies.sort(key=lambda p: classes[p.id])
        group: dict[Hashable, int] = {}
        for p in policies:
            loose = dialect.number_field == "priority" and p.policy.action == "REDIRECT_TO_LISTENER" and not pinned
            if numbered and not loose:
                group[of_live[p.id]] = classes[p.id]
        listed: list[int | str] = [n for n in range(len(wanted)) if n not in gone]
        order, moved = arranged(listed, [of_live[p.id] for p in policies], group)
        return [k for k in order if isinstance(k, (int, str))], [k for k in moved if isinstance(k, int)]


def _names(mine: Policy, live: LivePolicy, edit: Fields) -> tuple[str, ...]:
    """The changed fields, in the API's words."""
    before, after = mine.to_json(with_rules=True), live.policy.to_json(with_rules=True)
    found = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    numbers = [n for n in ("priority", "position") if n in edit.edits or n in edit.add]
    return (*found, *numbers)

"""The policies of one listener as items: what each is live, what it should be, and what has to be called for it."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model import address
from reconciler.model.desired import Ignore, ListenerDocument
from reconciler.model.dialect import Dialect
from reconciler.model.live import ListenerFacts, LivePolicy
from reconciler.model.objects import Policy
from reconciler.planning import ignore
from reconciler.planning.changes import changed
from reconciler.planning.document import Note
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.inputs import ScopeInput
from reconciler.planning.match import Pairing, live_addresses, match_policies, match_rules
from reconciler.planning.order import DOWN, STAY, UP
from reconciler.planning.rules import Program, program
from reconciler.records import dataclass, field, replace

KEEP, CREATE, DELETE, UPDATE, REPLACE, HEAL, CLONE = "keep", "create", "delete", "update", "replace", "heal", "clone"
CHANGING = frozenset({UPDATE, CLONE, REPLACE})
"""Verbs of a live policy that serves, and serves something else afterwards."""


@dataclass(slots=True)
class Item:
    """One policy, live or wanted or both.

    ``fixed``: never written (unlisted and kept, or ignored as a whole). ``verb``: what its content needs, regardless
    of order. ``policy_call``: the policy itself is written anyway, so that a new number costs nothing. ``phase``: when
    its content belongs, by region. ``program``: calls on its rules where these are calls of their own.
    ``old``: the live policy that a finished clone (``live``) replaces; ``heir``: the key of that clone, at the old one.
    ``left``: a clone that an unfinished run left and nothing adopts.
    """

    key: int
    address: str
    live: LivePolicy | None
    want: Policy | None
    fixed: bool = False
    verb: str = KEEP
    policy_call: bool = False
    phase: str = STAY
    program: Program = field(default_factory=Program)
    left: bool = False
    old: LivePolicy | None = None
    heir: int | None = None
    class_before: int = 0
    class_after: int = 0
    moved: bool = False
    order: str = STAY
    reason: str = ""
    changed_sets: bool = False
    pin: int | None = None


def items_of(scope: ScopeInput, draft: ScopeDraft) -> list[Item]:
    """Every policy of the scope as an item: live ones in live order, then the new ones in listed order."""
    document, live = scope.document, scope.live
    assert isinstance(document, ListenerDocument)
    facts = live.facts
    assert isinstance(facts, ListenerFacts)
    entries = ignore.active(document.ignore, draft.options.today)
    ignored = {p.id: e for p in live.policies if (e := ignore.whole(entries, p.policy.name)) is not None}
    listed = [i for i, p in enumerate(scope.wanted) if ignore.whole(entries, _name(p)) is None]
    policies = [p for p in (scope.wanted[i] for i in listed) if isinstance(p, Policy)]
    narrowed = replace(document, policies=tuple(document.policies[i] for i in listed))
    pairing = match_policies(narrowed, policies, [p for p in live.policies if p.id not in ignored])
    draft.diagnostics.extend(pairing.diagnostics)
    builder = _Builder(scope, narrowed, policies, pairing, draft)
    builder.entries = entries
    return builder.build(ignored)


def _name(policy: object) -> str:
    assert isinstance(policy, Policy)
    return policy.name


@dataclass(slots=True)
class _Builder:
    scope: ScopeInput
    document: ListenerDocument
    policies: list[Policy]
    pairing: Pairing
    draft: ScopeDraft
    entries: tuple[Ignore, ...] = ()

    def build(self, ignored: dict[str, Ignore]) -> list[Item]:
        live = self.scope.live.policies
        index_of = {p.id: i for i, p in self.pairing.pairs.items()}
        clone_of = {p.id: i for i, p in self.pairing.clones.items()}
        leftovers = {p.id for p in self.pairing.leftovers}
        names = {policy_id: self.policies[i].name for policy_id, i in index_of.items()}
        addresses = live_addresses(self.document.address, live, names)
        # By id: the clone that is made anew may get the very name of the one that was left.
        addresses |= {i: address.policy_by_id(self.document.address, i) for i in leftovers}
        items: list[Item] = []
        for policy in live:
            item = Item(len(items), addresses[policy.id], policy, None)
            if policy.id in clone_of:
                i = clone_of[policy.id]
                item.want, item.old = self.policies[i], self.pairing.pairs[i]
                item.verb, item.policy_call, item.phase = UPDATE, True, DOWN
                item.reason = "a finished clone of an unfinished run takes over"
                item.pin = self.document.policies[i].number
            elif policy.id in index_of:
                i = index_of[policy.id]
                if i in self.pairing.clones:
                    item.verb, item.reason = DELETE, "a clone that an unfinished run left has taken over"
                else:
                    self._listed(item, i)
            elif policy.id in ignored:
                item.fixed = True
                self._note_ignored(item, ignored[policy.id])
            elif policy.id in leftovers:
                item.verb, item.left, item.reason = DELETE, True, "a clone that an unfinished run left"
            else:
                self._unlisted(item)
            items.append(item)
        for i, wanted in enumerate(self.policies):
            if i not in self.pairing.pairs:
                item = Item(len(items), address.policy(self.document.address, wanted.name), None, wanted)
                item.verb, item.phase, item.reason = CREATE, UP, "listed, not live"
                item.policy_call, item.pin = True, self.document.policies[i].number
                items.append(item)
        self._classes(items)
        keys = {i.live.id: i.key for i in items if i.live is not None}
        for item in items:
            if item.old is not None:
                items[keys[item.old.id]].heir = item.key
        return items

    def _classes(self, items: list[Item]) -> None:
        facts = self.scope.live.facts
        assert isinstance(facts, ListenerFacts)
        classify = self.scope.dialect.evaluation_class
        for item in items:
            before = item.live.policy if item.live else item.want
            assert before is not None
            item.class_before = classify(before, facts)
            item.class_after = classify(item.want, facts) if item.want and item.live else item.class_before

    def _unlisted(self, item: Item) -> None:
        assert item.live is not None
        policy = item.live.policy
        unlisted = self.document.unlisted
        if unlisted == "delete":
            item.verb, item.reason = DELETE, "live, not listed (unlisted: delete)"
            return  # its step tells
        item.fixed = True
        if unlisted == "refuse":
            self.draft.refused.append(item.address)
        words = {"keep": "kept", "refuse": "not listed: blocks the scope"}[unlisted]
        self.draft.unlisted.append(
            Note(
                item.address,
                self.document.address,
                "l7policy",
                item.live.id,
                policy.to_json(with_rules=True, number_field=self.scope.dialect.number_field),
                f"{words} (unlisted: {unlisted})",
            )
        )

    def _listed(self, item: Item, index: int) -> None:
        assert item.live is not None
        wanted = self.policies[index]
        live, dialect = item.live, self.scope.dialect
        item.pin = self.document.policies[index].number
        item.want = self._with_ignored(item, wanted)
        if live.status != "ERROR" and item.want == live.policy and not rules_in_error(live, dialect):
            return
        content(item, live, item.want, dialect)

    def _with_ignored(self, item: Item, wanted: Policy) -> Policy:
        assert item.live is not None
        fields = ignore.fields_of(self.entries, wanted.name)
        if not fields:
            return wanted
        copied = ignore.copy_live(wanted, item.live.policy, list(fields), self.scope.dialect)
        if self.scope.dialect.number_field in fields:
            item.pin = item.live.policy.number if item.pin is not None else None
        differences = changed(
            item.live.policy.to_json(with_rules=True),
            replace(wanted, name=item.live.policy.name).to_json(with_rules=True),
        )
        left = tuple(c for c in differences if c.field in fields)
        if left:
            entries = [e for f, e in fields.items() if any(c.field == f for c in left)]
            reasons = sorted({_why(e) for e in entries})
            self._note_until(item.live, entries)
            self.draft.ignored.append(
                Note(
                    item.address, self.document.address, "l7policy", item.live.id,
                    item.live.policy.to_json(with_rules=True, number_field=self.scope.dialect.number_field),
                    "; ".join(reasons), left,
                )
            )  # fmt: skip
        return copied

    def _note_ignored(self, item: Item, entry: Ignore) -> None:
        assert item.live is not None
        policy = item.live.policy
        number = self.scope.dialect.number_field
        self._note_until(item.live, [entry])
        wanted = next((w for w in self.scope.wanted if isinstance(w, Policy) and w.name == policy.name), None)
        differences = changed(policy.to_json(with_rules=True), wanted.to_json(with_rules=True)) if wanted else ()
        self.draft.ignored.append(
            Note(item.address, self.document.address, "l7policy", item.live.id,
                 policy.to_json(with_rules=True, number_field=number), _why(entry), differences)
        )  # fmt: skip

    def _note_until(self, live: LivePolicy, entries: Iterable[Ignore]) -> None:
        days = [e.until for e in entries if e.until is not None]
        if days:
            self.draft.until[live.id] = min(days)


def _why(entry: Ignore) -> str:
    until = f" (until {entry.until})" if entry.until else ""
    return f"{entry.reason or 'ignored'}{until}"


def rules_in_error(live: LivePolicy, dialect: Dialect) -> bool:
    """Rule statuses mean something only where rules are objects of their own (huawei.md C15)."""
    return not dialect.rules_inline and "ERROR" in live.rule_statuses


def content(item: Item, live: LivePolicy, want: Policy, dialect: Dialect) -> None:
    """Decide how the live policy becomes the wanted one, order aside (design 6, "Fewest calls")."""
    policy = live.policy
    same_fields = (policy.name, policy.action, policy.fields) == (want.name, want.action, want.fields)
    item.changed_sets = policy.match_set != want.match_set and dialect.arms(policy)
    if dialect.rules_inline and (live.status == "ERROR" or not dialect.can_update_policy(policy, want)):
        heal = live.status == "ERROR"
        item.verb, item.policy_call, item.phase = (HEAL if heal else REPLACE), True, UP
        item.reason = "the policy is in ERROR" if heal else "its action changes, which the provider cannot do in place"
        return
    if dialect.rules_inline:
        diff = match_rules(live.rules_with_ids, want.rules, dialect.can_update_rule)
        item.verb = UPDATE
        item.policy_call = True
        item.phase = DOWN if diff.added and not (diff.removed or diff.changed) else UP
        item.reason = "it differs"
        return
    item.program = program(live, want, dialect)
    heal = live.status == "ERROR"
    if item.program.clone:
        item.verb, item.policy_call, item.phase = CLONE, True, UP
        item.reason = "its rules cannot change in place without matching more than the old and new ones"
        return
    item.verb = HEAL if heal and not item.program.calls else UPDATE
    item.policy_call = not same_fields or heal
    item.phase = DOWN if item.program.phase == DOWN else UP
    item.reason = "the policy is in ERROR" if heal else "it differs"

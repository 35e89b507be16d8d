"""Turns decisions about one listener into drafts of calls, on a board that follows every call.

The board is the listener's raw list (dense positions) or its numbers (sparse ones) at this point of the plan, so that
every step's ``before``, number and neighbours are those of that moment.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import address
from reconciler.model.canonical import Json, position
from reconciler.model.dialect import Dialect
from reconciler.model.objects import Policy, Rule, policy_fingerprint
from reconciler.planning.document import Precondition
from reconciler.planning.drafts import Draft, ObjectId, ScopeDraft
from reconciler.planning.items import Item
from reconciler.planning.match import clone_name, match_rules, rule_addresses
from reconciler.planning.numbers import Numbers
from reconciler.planning.order import Settled
from reconciler.planning.rules import RuleCall, creation
from reconciler.records import dataclass, field


@dataclass(slots=True)
class Entry:
    """One policy on the board. ``id``: live, or the index of the draft that made it. ``now``: its content now."""

    key: int
    address: str
    id: ObjectId
    now: Policy
    number: int | None = None


@dataclass(slots=True)
class Board:
    """The listener while calls are made. ``listing``: keys in raw order (dense). ``numbers``: in use (sparse)."""

    draft: ScopeDraft
    parent: str
    numbered: bool  # the number decides the order
    sparse: bool
    entries: dict[int, Entry] = field(default_factory=dict)
    listing: list[int] = field(default_factory=list)
    numbers: Numbers | None = None
    holder: dict[int, Entry] = field(default_factory=dict)  # who has which number (sparse)
    settled: dict[int, Settled] = field(default_factory=dict)  # by evaluation class
    heads: dict[int, int] = field(default_factory=dict)  # item -> the entry that stands first for it
    tails: dict[int, int] = field(default_factory=dict)
    guarded: set[str] = field(default_factory=set)  # units that have their precondition
    next_key: int = 0
    reserved: dict[int, int] = field(default_factory=dict)  # numbers of policies that are made anew later

    @property
    def dialect(self) -> Dialect:
        """The provider's rules of the game."""
        return self.draft.scope.dialect

    @property
    def number_field(self) -> str | None:
        """The field that a policy's own number has in its JSON; None where it has none."""
        return self.dialect.number_field if self.numbered and self.sparse else None

    # ------------------------------------------------------------------ JSON and preconditions
    def as_json(self, policy: Policy, number: int | None) -> dict[str, Json]:
        """A policy as a step shows it: with rules where these are inline, with its number where that is its own."""
        found = policy.to_json(with_rules=self.dialect.rules_inline)
        if self.number_field is not None and number is not None:
            found[self.number_field] = number
        return found

    def first_touch(self, item: Item, *more: Precondition) -> tuple[Precondition, ...]:
        """The unit's precondition, the first time that it is written, and those of a slot."""
        if item.address in self.guarded:
            return more
        self.guarded.add(item.address)
        if item.live is None:
            return (Precondition(item.address, None, None), *more)
        fingerprint = policy_fingerprint(item.live.policy, self.number_field)
        return (Precondition(item.address, item.live.id, fingerprint), *more)

    def neighbours(self, before: Entry | None, after: Entry | None) -> tuple[Precondition, ...]:
        """The live neighbours of a slot, by id."""
        return tuple(Precondition(e.address, e.id, None) for e in (before, after) if e and isinstance(e.id, str))

    # ------------------------------------------------------------------ places
    def place(self, item: Item, key: int, klass: int) -> tuple[Json, tuple[Precondition, ...]]:
        """Put an entry where the wanted order has its item: a ``$position``, and its neighbours. Dense only."""
        if key in self.listing:
            self.listing.remove(key)
        low, high, _, _ = self.settled[klass].neighbours(item.key)
        if low is not None:
            at = self.listing.index(self.tails[low]) + 1
        elif high is not None:
            at = self.listing.index(self.heads[high])
        else:
            at = len(self.listing)
        return self._insert(key, at)

    def beside(self, key: int, other: int) -> tuple[Json, tuple[Precondition, ...]]:
        """Put a new entry directly before another one."""
        return self._insert(key, self.listing.index(other))

    def _insert(self, key: int, at: int) -> tuple[Json, tuple[Precondition, ...]]:
        previous = self.entries[self.listing[at - 1]] if at else None
        following = self.entries[self.listing[at]] if at < len(self.listing) else None
        self.listing.insert(at, key)
        value = position(previous.address if previous else None, following.address if following else None, at + 1)
        return value, self.neighbours(previous, following)

    def choose(self, item: Item) -> int | None:
        """A number for the item between its settled neighbours. Sparse only."""
        assert self.numbers is not None
        low, high, below, above = self.settled[item.class_after].neighbours(item.key)
        low_number = None if low is None else self._number_of(self.tails[low])
        high_number = None if high is None else self._number_of(self.heads[high])
        return self.numbers.choose(low_number, high_number, below, above)

    def choose_before(self, item: Item, limit: int | None) -> int | None:
        """A number as near before ``limit`` as it gets, between the item's settled neighbours; None: there is none."""
        assert self.numbers is not None
        low, high, below, above = self.settled[item.class_after].neighbours(item.key)
        low_number = None if low is None else self._number_of(self.tails[low])
        high_number = None if high is None or high == item.key else self._number_of(self.heads[high])
        return self.numbers.choose_before(low_number, limit, high_number, below, above)

    def _number_of(self, key: int) -> int | None:
        entry = self.entries.get(key)
        return self.reserved.get(key) if entry is None else entry.number

    def number_neighbours(self, number: int | None) -> tuple[Precondition, ...]:
        """The live policies directly around a number, by id."""
        if number is None or self.numbers is None:
            return ()
        from bisect import bisect_left

        used = self.numbers.used
        at = bisect_left(used, number)
        around = {used[at - 1] if at else None, used[at] if at < len(used) else None} - {None, number}
        if not around:
            return ()
        found = [self.holder[n] for n in sorted(n for n in around if n is not None) if n in self.holder]
        return self.neighbours(found[0] if found else None, found[1] if len(found) > 1 else None)

    # ------------------------------------------------------------------ policy calls
    def create(
        self, item: Item, policy: Policy, number: Json, around: tuple[Precondition, ...], **more: str | None
    ) -> Entry:
        """POST one policy; its entry joins the board."""
        after = self.as_json(policy, number if isinstance(number, int) else None)
        if number is not None and not isinstance(number, int):
            after[self.dialect.number_field] = number
        index = self.draft.add(
            Draft(
                "create", "l7policy", more.get("address") or item.address, None, self.parent, None, after,
                role=more.get("role") or "none", replaces=more.get("replaces"),
                preconditions=(*self._absent(item, more.get("address")), *around),
                reason=more.get("reason") or item.reason,
            )
        )  # fmt: skip
        entry = Entry(self._key(item), more.get("address") or item.address, index, policy,
                      number if isinstance(number, int) else None)  # fmt: skip
        self.entries[entry.key] = entry
        if self.numbers is not None and entry.number is not None:
            self.numbers.take(entry.number)
            self.holder[entry.number] = entry
        return entry

    def _absent(self, item: Item, own: str | None) -> tuple[Precondition, ...]:
        if own is not None and own != item.address:
            return (*self.first_touch(item), Precondition(own, None, None))
        return () if item.address in self.guarded else self.first_touch(item)

    def _key(self, item: Item) -> int:
        if item.key not in self.entries:
            return item.key
        self.next_key += 1
        return -self.next_key

    def update(
        self,
        item: Item,
        entry: Entry,
        policy: Policy,
        number: Json = None,
        around: tuple[Precondition, ...] = (),
        **more: str | None,
    ) -> None:
        """PUT or PATCH one policy: content, number, or both."""
        literal = number if isinstance(number, int) else entry.number
        before, after = self.as_json(entry.now, entry.number), self.as_json(policy, literal)
        only_number = entry.now == policy and number is not None
        if number is not None and not isinstance(number, int):
            before[self.dialect.number_field], after[self.dialect.number_field] = None, number
        self.draft.add(
            Draft(
                "move" if only_number else "update", "l7policy", more.get("address") or item.address, entry.id,
                self.parent, before, after, role=more.get("role") or "none",
                preconditions=self.first_touch(item, *around), replaces=more.get("replaces"),
                reason=more.get("reason") or item.reason,
            )
        )  # fmt: skip
        if self.numbers is not None and isinstance(number, int) and number != entry.number:
            if entry.number is not None:
                self.numbers.free(entry.number)
                self.holder.pop(entry.number, None)
            self.numbers.take(number)
            entry.number = number
            self.holder[number] = entry
        entry.now = policy

    def delete(self, item: Item, entry: Entry, role: str = "none", reason: str = "") -> int:
        """DELETE one policy; its entry leaves the board."""
        before = self.as_json(entry.now, entry.number)
        index = self.draft.add(
            Draft(
                "delete", "l7policy", entry.address, entry.id, self.parent, before, None, role=role,
                preconditions=self.first_touch(item), reason=reason or item.reason,
            )
        )  # fmt: skip
        del self.entries[entry.key]
        if entry.key in self.listing:
            self.listing.remove(entry.key)
        if self.numbers is not None and entry.number is not None:
            self.numbers.free(entry.number)
            self.holder.pop(entry.number, None)
        return index

    # ------------------------------------------------------------------ rule calls
    def rules(self, item: Item, entry: Entry, calls: tuple[RuleCall, ...], wanted: tuple[Rule, ...],
              live: tuple[tuple[Rule, str], ...]) -> None:  # fmt: skip
        """Calls on the rules of one policy, in order; the guard's id comes from its own step."""
        changed = {call.rule_id for call in calls if call.op == "update" and call.stands_for in wanted}
        names = rule_addresses(entry.address, wanted, live, changed)
        guard: ObjectId = None
        for call in calls:
            object_id: ObjectId = call.rule_id
            if call.op != "create" and object_id is None:
                object_id = guard
            named = call.rule_id if call.rule_id in names.live and call.op == "delete" else None
            stands_for = call.stands_for
            assert stands_for is not None
            where = names.live[named] if named else names.wanted.get(stands_for)
            if where is None:
                where = names.live.get(call.rule_id or "") or address.rule(
                    entry.address, stands_for.type, stands_for.key
                )
            index = self.draft.add(
                Draft(
                    call.op, "l7rule", where, object_id, entry.id,
                    call.before.to_json() if call.before else None, call.after.to_json() if call.after else None,
                    role=call.role, preconditions=self.first_touch(item), reason=call.reason,
                )
            )  # fmt: skip
            if call.role == "guard" and call.op == "create":
                guard = index

    def one_rule(self, item: Item, entry: Entry) -> bool:
        """Huawei: a single changed, added or removed rule as a call of its own, which keeps the ids. False: no."""
        assert item.live is not None
        assert item.want is not None
        policy, want = item.live.policy, item.want
        if (policy.name, policy.action, policy.fields) != (want.name, want.action, want.fields):
            return False
        diff = match_rules(item.live.rules_with_ids, want.rules, self.dialect.can_update_rule)
        if len(diff.changed) + len(diff.removed) + len(diff.added) != 1:
            return False
        if diff.changed:
            before, rule_id, after = diff.changed[0]
            call = RuleCall("update", before, after, rule_id, reason="the rule differs", stands_for=after)
        elif diff.removed:
            before, rule_id = diff.removed[0]
            call = RuleCall("delete", before, None, rule_id, reason="the rule is live, not listed", stands_for=before)
        else:
            call = RuleCall("create", None, diff.added[0], reason="the rule is listed, not live",
                            stands_for=diff.added[0])  # fmt: skip
        self.rules(item, entry, (call,), want.rules, item.live.rules_with_ids)
        entry.now = want
        return True

    def build(self, item: Item, want: Policy, number: Json, around: tuple[Precondition, ...],
              **more: str | None) -> Entry:  # fmt: skip
        """A whole new policy: one call where the API takes its rules, else armed last."""
        dialect = self.dialect
        if dialect.rules_inline:
            return self.create(item, want, number, around, **more)
        late = dialect.disabled_create and len(want.rules) > 1 and dialect.arms(want)
        first = disabled(want) if late else want
        entry = self.create(item, first, number, around, **more)
        self.rules(item, entry, creation(want.rules, dialect), want.rules, ())
        if late:
            reason = "its rules are complete: the policy is enabled"
            self.update(item, entry, want, role="arm", reason=reason, address=entry.address)
        return entry


def enabled(policy: Policy) -> bool:
    """Is the policy's own switch on?"""
    return policy.fields.get("admin_state_up") is not False


def disabled(policy: Policy) -> Policy:
    """The policy with its own switch off."""
    from reconciler.records import replace

    fields: Mapping[str, Json] = {**policy.fields, "admin_state_up": False}
    return replace(policy, fields=fields)


def clone_of(item: Item) -> Policy:
    """The wanted policy under its clone's name."""
    from reconciler.records import replace

    assert item.want is not None
    return replace(item.want, name=clone_name(item.want))

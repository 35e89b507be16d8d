"""Carries out decisions on the board, one call after the other."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model import address as addresses
from reconciler.model.canonical import Json
from reconciler.planning.document import Precondition
from reconciler.planning.drafts import DraftGap
from reconciler.planning.emit import Board, Entry, clone_of, disabled, enabled
from reconciler.planning.exchange import Action, exchanged
from reconciler.planning.items import CLONE, HEAL, KEEP, Item
from reconciler.planning.order import strongly_safe
from reconciler.planning.overlap import falls_to
from reconciler.planning.state import Listener, board_of

_SMALL = 100
_NEW = 1 << 32
_GIVES = frozenset({"delete", "free", "update", "replace", "rules", "cross", "swap", "offline"})
_TAKES = frozenset({"create", "update", "replace", "restore", "rules", "cross", "clone", "offline"})


def perform(listener: Listener, actions: Sequence[Action]) -> None:
    """Write the drafts of all calls, in order."""
    performer = Performer(listener, board_of(listener))
    for verb, item in actions:
        performer.perform(verb, item)
        if listener.draft.blocked:
            return
    performer.handovers()


class Performer:
    """One method an action."""

    def __init__(self, listener: Listener, board: Board) -> None:
        self.listener = listener
        self.board = board
        self.exchanged = exchanged(listener)
        self.given: dict[int, tuple[int, tuple[str, ...]]] = {}  # item -> the call that gives its match set up
        self.renewed: set[int] = set()
        self.unsafe = False
        self.taken: dict[int, int] = {}  # item -> the call that completes its match set
        self.clones: dict[int, Entry] = {}
        self.freed: dict[int, tuple[int, Entry, tuple[str, ...]]] = {}
        self.number_for: dict[int, int] = {}
        self.healed: set[int] = set()

    def perform(self, verb: str, item: Item) -> None:
        """One action; notes when a match set that another policy takes over is given up and when it is complete."""
        first = len(self.listener.draft.steps)
        gives = verb in _GIVES and item.key not in self.given and item.live is not None and self.exchanged
        falls = self._falls_to(self.board.entries[item.key]) if gives and item.key in self.board.entries else ()
        getattr(self, verb)(item)
        if gives and item.live is not None and item.live.policy.match_set in self.exchanged:
            self.given[item.key] = (first, falls)
        if item.want is not None and verb != "free":
            self.renewed.add(item.key)
        if self.listener.tight and verb != "free" and len(self.board.entries) <= _SMALL:
            self._check_order()
        if verb in _TAKES:
            self.taken[item.key] = len(self.listener.draft.steps) - 1

    def _check_order(self) -> None:
        """Where numbers were too tight for the slots of the theorem: is this state safe all the same?"""
        keys = sorted(self.board.entries, key=lambda k: self.board.entries[k].number or 0)
        fresh = {i.key for i in self.listener.items if i.live is not None and i.want is not None and i.verb != KEEP}
        clones = {entry.key: key + _NEW for key, entry in self.clones.items()}
        renewed = {k for k in fresh & self.renewed if self.listener.items[k].verb != CLONE}
        state = [clones.get(k, k + _NEW if k in renewed else k) for k in keys]
        after = [k + _NEW if k in fresh else k for k in self.listener.after]
        if not strongly_safe(state, self.listener.before, after) and not self.unsafe:
            self.unsafe = True
            self.listener.draft.diagnostics.append(
                Diagnostic(
                    "PLAN-NUMBERS-TIGHT",
                    "the free priorities are too few for an order of calls that is proven safe",
                    "between two calls, a request may get neither its old nor its new target",
                    "make room first: an apply that only moves policies apart, or fewer changes at a time",
                    severity=Severity.WARNING,
                    address=self.listener.document.address,
                    path=("spec", "policies"),
                )
            )

    def handovers(self) -> None:
        """Declare the gap of every match set that is given up before another policy has it."""
        for holders, takers in self.exchanged.values():
            if not all(key in self.given for key in holders) or not all(key in self.taken for key in takers):
                continue
            opened, last = max((self.given[key][0], key) for key in holders)
            closed = min(self.taken[key] for key in takers)
            address = self.listener.items[last].address
            known = any(g.opened_by <= opened and g.closed_by >= closed for g in self.listener.draft.gaps)
            if opened < closed and not known:
                why = "another policy takes over its rules, and cannot have them before this one has given them up"
                self._gap(address, opened, closed, self.given[last][1], why)

    # ------------------------------------------------------------------ places
    def _slot(self, item: Item, key: int) -> tuple[Json, tuple[Precondition, ...]]:
        """The number or position that the item gets now, and the neighbours; (None, ()) where it has none."""
        listener, board = self.listener, self.board
        if not listener.ordered(item):
            return None, ()
        if self.listener.queue.get(item.key):
            number: int | None = self.listener.queue[item.key].pop(0)
        elif item.key in self.number_for:
            number = self.number_for[item.key]
        elif board.sparse:
            number = board.choose(item)
            if number is None:
                self._stuck(item)
        else:
            return board.place(item, key, item.class_after)
        return number, board.number_neighbours(number)

    def _settle(self, item: Item) -> None:
        settled = self.board.settled.get(item.class_after)
        if settled is not None and item.key in settled.index and item.key not in self.listener.staying:
            settled.add(item.key)

    def _stuck(self, item: Item) -> None:
        self.listener.draft.diagnostics.append(
            Diagnostic(
                "PLAN-NUMBERS-FULL",
                f"no number is free where {item.address} belongs",
                "every number between its neighbours is in use at that point of the plan",
                "pin the numbers of this listener's policies with more distance",
                address=self.listener.document.address,
            )
        )

    # ------------------------------------------------------------------ actions
    def create(self, item: Item) -> None:
        """A new policy."""
        self._build(item, item.key)

    def begin(self, item: Item) -> None:
        """A new policy on another number than the pinned one, which is not free yet."""
        self._build(item, item.key)

    def _build(self, item: Item, key: int, **more: str | None) -> Entry:
        assert item.want is not None
        number, around = self._slot(item, key)
        entry = self.board.build(item, item.want, number, around, **more)
        self._settle(item)
        return entry

    def delete(self, item: Item) -> None:
        """A policy that is not wanted any more."""
        self.board.delete(item, self.board.entries[item.key])

    def update(self, item: Item) -> None:
        """One call for everything that differs: content, rules, number."""
        assert item.want is not None
        entry = self.board.entries[item.key]
        queued = self.listener.queue.get(item.key)
        if queued and queued[0] == entry.number:
            queued.pop()
        if not item.moved and not queued:
            if not self.board.one_rule(item, entry):
                self.board.update(item, entry, item.want)
            return
        number, around = self._slot(item, item.key)
        reason = item.reason or "stands elsewhere in the listed order"
        self.board.update(item, entry, item.want, number, around, reason=reason)
        self._settle(item)

    def temporary(self, item: Item) -> None:
        """Another number for a while, because the wanted one is not free yet."""
        entry = self.board.entries[item.key]
        number, around = self._slot(item, item.key)
        self.board.update(item, entry, entry.now, number, around, reason="makes room: the pinned numbers are in use")

    def patch(self, item: Item) -> None:
        """The policy's own call where rules are calls of their own."""
        self._whole(item, self.board.entries[item.key])

    def rules(self, item: Item) -> None:
        """The calls on its rules."""
        assert item.live is not None
        assert item.want is not None
        entry = self.board.entries[item.key]
        self._heal_before_rules(item, entry)
        self.board.rules(item, entry, item.program.calls, item.want.rules, item.live.rules_with_ids)

    def _heal_before_rules(self, item: Item, entry: Entry) -> None:
        """Octavia refuses writes below a policy in ERROR (409, immutable) until the policy itself is sent again."""
        assert item.live is not None
        if item.live.status == "ERROR" and item.key not in self.healed and item.program.calls:
            reason = "the policy is in ERROR, and its rules cannot be written before it is healed"
            self.board.update(item, entry, entry.now, role="heal", reason=reason)
            self.healed.add(item.key)

    def offline(self, item: Item) -> None:
        """A policy that does not match now, or is not to match: nothing in between may match either.

        With several calls on the rules of an enabled policy it is disabled meanwhile.
        """
        assert item.live is not None
        assert item.want is not None
        entry, want, calls = self.board.entries[item.key], item.want, item.program.calls
        up, up_then = enabled(entry.now), enabled(want)
        arms = self.listener.draft.scope.dialect.arms(want)
        if up and up_then and len(calls) > 1:
            reason = "is out of service while its rules change"
            self.board.update(item, entry, disabled(entry.now), role="guard", reason=reason)
            self.healed.add(item.key)
        first = up and (not up_then or (arms and len(calls) < 2))
        if first:
            self._whole(item, entry)
        self._heal_before_rules(item, entry)
        self.board.rules(item, entry, calls, want.rules, item.live.rules_with_ids)
        if not first:
            self._whole(item, entry, arming=arms and not enabled(entry.now))

    def _whole(self, item: Item, entry: Entry, *, arming: bool = False) -> None:
        """The policy's own call, where its content or its place differs, or it is in ERROR."""
        assert item.want is not None
        heal = item.live is not None and item.live.status == "ERROR" and item.key not in self.healed
        now, want = entry.now, item.want
        same = (now.name, now.action, now.fields) == (want.name, want.action, want.fields)
        if same and not item.moved and not heal:
            return
        number, around = self._slot(item, item.key) if item.moved else (None, ())
        reason = "its rules are complete: the policy is enabled" if arming else item.reason
        role = "arm" if arming else "heal" if heal else "none"
        reason = reason or "stands elsewhere in the listed order"
        self.board.update(item, entry, item.want, number, around, role=role, reason=reason)
        self.healed.add(item.key)
        self._settle(item)

    def replace(self, item: Item) -> None:
        """Delete and create: what the provider cannot change in place, or does not heal."""
        entry = self.board.entries[item.key]
        falls = self._falls_to(entry)
        heal = item.verb == HEAL
        role = "heal" if heal else "none"
        opened = self.board.delete(item, entry, role=role)
        closed = len(self.listener.draft.steps)
        if not item.moved and entry.number is not None:
            self.number_for.setdefault(item.key, entry.number)
        self._build(item, item.key, role=role, replaces=item.address)
        if heal:
            self.listener.draft.steps[opened].warnings = (
                "a policy in ERROR is taken to serve nothing, so that no gap is declared",
            )
        else:
            self._gap(item.address, opened, closed, falls, item.reason)

    def free(self, item: Item) -> None:
        """Delete early, so that another policy may have its rules."""
        entry = self.board.entries[item.key]
        falls = self._falls_to(entry)
        if item.want is not None and entry.number is not None and not item.moved:
            self.number_for.setdefault(item.key, entry.number)
        opened = self.board.delete(item, entry, reason="another policy takes over its rules, which no two may have")
        if item.want is not None and entry.number is not None and self.board.numbers is not None and not item.moved:
            self.board.numbers.take(entry.number)  # kept for when it is made anew
            self.board.reserved[item.key] = entry.number
        if item.want is not None:
            self.freed[item.key] = (opened, entry, falls)

    def restore(self, item: Item) -> None:
        """Make a policy anew that was deleted early."""
        opened, entry, falls = self.freed.pop(item.key)
        if item.key in self.number_for and entry.number is not None and self.board.numbers is not None:
            self.board.numbers.free(entry.number)
        closed = len(self.listener.draft.steps)
        self._build(item, item.key, replaces=item.address)
        why = "policies exchange their rules, and the provider refuses two with equal rules"
        self._gap(item.address, opened, closed, falls, why)

    def clone(self, item: Item) -> None:
        """A new policy beside the old one, armed last; it takes over when the old one goes."""
        want = clone_of(item)
        board = self.board
        name = addresses.policy(self.listener.document.address, want.name)
        board.next_key += 1
        key = -board.next_key
        number: Json
        if not board.numbered or board.sparse:
            number, around = self._clone_slot(item)
        elif item.moved:
            number, around = board.place(item, key, item.class_after)
        else:
            number, around = board.beside(key, item.key)
        entry = board.build(item, want, number, around, role="clone", replaces=item.address, address=name,
                            reason=item.reason)  # fmt: skip
        board.entries.pop(entry.key, None)
        entry.key = key
        board.entries[key] = entry
        board.heads[item.key] = key
        if item.moved:
            board.tails[item.key] = key
        if item.moved or board.sparse:
            self._settle(item)
        self.clones[item.key] = entry

    def swap(self, item: Item) -> None:
        """The old policy goes, the clone gets its name."""
        assert item.want is not None
        clone = self.clones[item.key]
        self.board.delete(item, self.board.entries[item.key], role="clone", reason="its clone has taken over")
        self.board.heads[item.key] = self.board.tails[item.key] = clone.key
        self.board.update(item, clone, item.want, role="clone", address=clone.address, replaces=item.address,
                          reason="the clone gets the listed name")  # fmt: skip

    def _clone_slot(self, item: Item) -> tuple[Json, tuple[Precondition, ...]]:
        """A number for a clone: directly before the policy that it replaces where that is its place, else like any."""
        listener, board = self.listener, self.board
        if not listener.ordered(item):
            return None, ()
        number = board.choose_before(item, board.entries[item.key].number)
        return self._slot(item, item.key) if number is None else (number, board.number_neighbours(number))

    def cross(self, item: Item) -> None:
        """Narrow to old AND new, the policy's own call, widen to new."""
        assert item.live is not None
        assert item.want is not None
        entry, calls, cut = self.board.entries[item.key], item.program.calls, item.program.cut
        self._heal_before_rules(item, entry)
        self.board.rules(item, entry, calls[:cut], item.want.rules, item.live.rules_with_ids)
        self.patch(item)
        self.board.rules(item, entry, calls[cut:], item.want.rules, item.live.rules_with_ids)

    def shift(self, item: Item) -> None:
        """A clone that an unfinished run left stands elsewhere; its name comes when the old policy has gone."""
        entry = self.board.entries[item.key]
        number, around = self._slot(item, item.key)
        self.board.update(item, entry, entry.now, number, around, reason="stands elsewhere in the listed order")
        self._settle(item)

    def rename(self, item: Item) -> None:
        """A clone that an unfinished run left gets the listed name."""
        assert item.want is not None
        self.board.update(item, self.board.entries[item.key], item.want)

    # ------------------------------------------------------------------ gaps
    def _falls_to(self, entry: Entry) -> tuple[str, ...]:
        board, facts, dialect = self.board, self.listener.facts, self.listener.draft.scope.dialect
        others = [e for e in board.entries.values() if e is not entry]
        if board.numbered:
            place = {k: n for n, k in enumerate(board.listing)}

            def rank(e: Entry) -> tuple[object, ...]:
                own = (e.number or 0) if board.sparse else place.get(e.key, 0)
                return (dialect.evaluation_class(e.now, facts), own)
        else:

            def rank(e: Entry) -> tuple[object, ...]:
                return dialect.evaluation_key(e.now, facts)

        here = rank(entry)
        behind = sorted((e for e in others if rank(e) > here), key=rank)
        return falls_to(entry.now, ((e.address, e.now) for e in behind))

    def _gap(self, address: str, opened: int, closed: int, falls: tuple[str, ...], why: str) -> None:
        draft = self.listener.draft
        draft.gaps.append(DraftGap(address, opened, closed, falls, why))
        for step in draft.steps[opened : closed + 1]:
            step.gap = step.gap or address

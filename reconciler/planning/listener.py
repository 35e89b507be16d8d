"""Plans one listener: what stays, what moves, what is called in which order (semantics.md 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler.diagnostics import Diagnostic
from reconciler.model.desired import ListenerDocument
from reconciler.model.live import ListenerFacts
from reconciler.model.objects import Policy
from reconciler.planning import numbers as sparse
from reconciler.planning.actions import carry_out
from reconciler.planning.drafts import Outcome, ScopeDraft
from reconciler.planning.emit import Board, Entry
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.planning.items import CLONE, DELETE, HEAL, KEEP, REPLACE, Item, items_of
from reconciler.planning.notices import listener_notices
from reconciler.planning.order import (
    Settled,
    final_order,
    heaviest_increasing,
    phases,
)


@dataclass(slots=True)
class Listener:
    """One listener while it is planned. ``before``/``after``: evaluation lists (keys); ``staying``: K and fixed ones.

    ``listed``: keys in listed order, by evaluation class. ``numbered``: the number decides the order.
    """

    draft: ScopeDraft
    facts: ListenerFacts
    document: ListenerDocument
    items: list[Item]
    numbered: bool
    sparse: bool
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    listed: dict[int, list[int]] = field(default_factory=dict)
    staying: frozenset[int] = frozenset()
    whole: list[int] = field(default_factory=list)  # pinned positions: the whole list afterwards
    pinned: list[tuple[Item, int | None]] = field(default_factory=list)  # pinned numbers: the calls, in order
    unproven: frozenset[int] = frozenset()  # pinned numbers: they match other requests afterwards, in no proven order
    tight: bool = False  # the free numbers forced more moves than the order needs
    proven: bool | None = None  # changed match sets: every state is safe, or not known to be; None: there are none
    split: bool = True  # a changed match set may become a clone
    queue: dict[int, list[int]] = field(default_factory=dict)  # the numbers of each policy's calls

    def ordered(self, item: Item) -> bool:
        """Does the item take part in the order by number? (A REDIRECT_TO_LISTENER is first whatever its number.)"""
        if not self.numbered:
            return False
        return not (self.sparse and item.class_after == 0 and item.pin is None and self.classes)

    @property
    def classes(self) -> bool:
        """Does the dialect tell evaluation classes apart here?"""
        return any(i.class_after != 0 or i.class_before != 0 for i in self.items) or any(
            i.want is not None and i.want.action == "REDIRECT_TO_LISTENER" for i in self.items
        )


def plan_listener(scope: ScopeInput, options: Options, *, split: bool = True) -> ScopeDraft:
    """The calls that turn the live listener into the wanted one, and everything to be said about it.

    ``split``: a changed match set may become a clone, where no order of calls in place is safe.
    """
    draft = ScopeDraft(scope, options)
    document, facts = scope.document, scope.live.facts
    assert isinstance(document, ListenerDocument)
    assert isinstance(facts, ListenerFacts)
    wanted = tuple(p for p in scope.wanted if isinstance(p, Policy))
    draft.diagnostics += [*scope.live.diagnostics, *scope.dialect.check_listener_live(document, wanted, facts)]
    items = items_of(scope, draft)
    numbered = scope.dialect.ordered_by_number(facts)
    listener = Listener(draft, facts, document, items, numbered, scope.dialect.number_field == "priority")
    listener.split = split
    _evaluation_lists(listener)
    if not draft.blocked:
        if listener.numbered and any(i.pin is not None for i in items if i.want is not None):
            from reconciler.planning.pins import plan_pinned

            plan_pinned(listener)
        else:
            choose_staying(listener)
        if not draft.blocked:
            carry_out(listener)
            _account(listener)
            draft.outcome = _outcome(listener)
    listener_notices(listener)
    if draft.blocked:
        draft.steps.clear()
        draft.gaps.clear()
    return draft


def _evaluation_lists(listener: Listener) -> None:
    """The list as it is evaluated now, and the listed ones as they will be."""
    dialect, facts = listener.draft.scope.dialect, listener.facts
    live = [i for i in listener.items if i.live is not None]
    if listener.numbered:
        live.sort(key=_number)
    else:
        live.sort(key=lambda i: dialect.evaluation_key(_live(i), facts))
    live.sort(key=lambda i: i.class_before)
    listener.before = [i.key for i in live]
    places = {p.name: n for n, p in enumerate(listener.draft.scope.wanted) if isinstance(p, Policy)}
    wanted = sorted((i for i in listener.items if i.want is not None), key=lambda i: places[_want(i).name])
    if not listener.numbered:
        wanted.sort(key=lambda i: dialect.evaluation_key(_want(i), facts))
    for item in wanted:
        listener.listed.setdefault(item.class_after, []).append(item.key)


def _number(item: Item) -> int:
    policy = _live(item)
    return -1 if policy.number is None else policy.number


def _live(item: Item) -> Policy:
    assert item.live is not None
    return item.live.policy


def _want(item: Item) -> Policy:
    assert item.want is not None
    return item.want


def choose_staying(listener: Listener) -> None:
    """K: the listed live ones that keep their places, so that the fewest calls are needed."""
    items = listener.items
    fixed = {i.key for i in items if i.fixed}
    staying = set(fixed)
    listener.tight = False
    for klass, listed in listener.listed.items():
        index = {key: n for n, key in enumerate(listed)}
        retained = [k for k in listener.before if k in index and items[k].class_before == klass]
        if not listener.numbered:
            found: list[int] | None = _unnumbered(listener, retained, index)
        elif listener.sparse:
            found = _sparse(listener, retained, index)
        else:
            found = heaviest_increasing([index[k] for k in retained], [_weight(items[k]) for k in retained])
        if found is None:
            _no_room(listener, len(listed))
            return
        staying.update(retained[i] for i in found)
    listener.staying = frozenset(staying)
    _phases(listener)


def _unnumbered(listener: Listener, retained: Sequence[int], index: dict[int, int]) -> list[int]:
    return heaviest_increasing([index[k] for k in retained], [1] * len(retained))


def _weight(item: Item) -> int:
    """What moving it costs: nothing where the policy is written anyway."""
    return 0 if item.policy_call else 1


def _sparse(listener: Listener, retained: Sequence[int], index: dict[int, int]) -> list[int] | None:
    items = listener.items
    free = [n for n, k in enumerate(retained) if not listener.ordered(items[k])]
    bound = [n for n, k in enumerate(retained) if listener.ordered(items[k]) and items[k].verb != CLONE]
    listed = [k for k in index if listener.ordered(items[k])]
    if not listed:
        return free
    place = {k: n for n, k in enumerate(listed)}
    wanted = [place[retained[n]] for n in bound]
    weights = [_weight(items[retained[n]]) for n in bound]
    numbers = [_number(items[retained[n]]) for n in bound]
    ends = listener.draft.scope.dialect.numbers
    used = sorted({_number(i) for i in items if i.live is not None} - {-1})
    chosen = heaviest_increasing(wanted, weights)
    if not sparse.fits(chosen, numbers, wanted, ends, used, len(listed)):
        found = sparse.longest_that_fits(numbers, wanted, weights, ends, used, len(listed))
        if found is None:
            return None
        chosen = found
        listener.tight = True
    return [*free, *(bound[i] for i in chosen)]


def _no_room(listener: Listener, count: int) -> None:
    low, high = listener.draft.scope.dialect.numbers
    listener.draft.diagnostics.append(
        Diagnostic(
            "PLAN-NUMBERS-FULL",
            f"no {listener.draft.scope.dialect.number_field} is left for {count} listed policies",
            f"numbers {low} to {high} are too few beside those that live policies have",
            "delete policies that nobody needs, or pin the numbers",
            address=listener.document.address,
            path=("spec", "policies"),
        )
    )


def _phases(listener: Listener) -> None:
    """When each policy that does not stay is called, and where it will stand."""
    listener.after = []
    for klass in sorted({*listener.listed, *(i.class_before for i in listener.items)}):
        before = [k for k in listener.before if listener.items[k].class_before == klass]
        listener.after += final_order(before, listener.listed.get(klass, []), listener.staying)
    found = phases(listener.before, listener.after, listener.staying)
    for item in listener.items:
        item.order = found[item.key]
        item.moved = item.live is not None and item.want is not None and item.key not in listener.staying
        if item.moved and not listener.numbered:
            item.moved = False  # the cloud moves it when its content changes


# ------------------------------------------------------------------------------------------------ calls
def board_of(listener: Listener) -> Board:
    """The listener as it is live."""
    facts, dialect = listener.facts, listener.draft.scope.dialect
    board = Board(listener.draft, facts.listener_id, listener.numbered, listener.sparse)
    live = [i for i in listener.items if i.live is not None]
    for item in live:
        policy = _live(item)
        number = policy.number if listener.sparse and listener.numbered else None
        assert item.live is not None
        board.entries[item.key] = Entry(item.key, item.address, item.live.id, policy, number)
    board.listing = [i.key for i in live]
    if listener.sparse and listener.numbered:
        board.numbers = sparse.Numbers(dialect.numbers, sorted({_number(i) for i in live} - {-1}))
        board.holder = {e.number: e for e in board.entries.values() if e.number is not None}
    if listener.whole:
        board.settled = dict.fromkeys(listener.listed, Settled.of(listener.whole, listener.staying))
    for klass, listed in listener.listed.items() if not listener.whole else ():
        keys = [k for k in listed if not listener.numbered or listener.ordered(listener.items[k])]
        board.settled[klass] = Settled.of(keys, listener.staying)
    board.heads = {i.key: i.key for i in listener.items}
    board.tails = dict(board.heads)
    return board


def _account(listener: Listener) -> None:
    """What happens to each object, for the summary and the guards."""
    draft, protect = listener.draft, listener.document.protect
    for item in listener.items:
        verb = "move" if item.verb == KEEP and item.moved else item.verb
        if item.fixed or verb == KEEP:
            continue
        if item.verb == DELETE and item.reason.startswith("a clone that an unfinished run left has"):
            draft.replaced.append(item.address)
        elif item.verb == DELETE:
            draft.deleted.append(item.address)
            draft.units[item.address] = "delete"
        else:
            draft.units[item.address] = verb if verb in ("create", "move") else "update"
            rebuilt = item.verb in (REPLACE, CLONE) or (item.verb == HEAL and draft.scope.dialect.rules_inline)
            if rebuilt:
                draft.replaced.append(item.address)
        gone = item.verb in (DELETE, REPLACE, CLONE) or (item.verb == HEAL and draft.scope.dialect.rules_inline)
        if gone and item.live is not None and any(fnmatchcase(item.live.policy.name, p) for p in protect):
            draft.protected.append(item.address)
    live = any(i.live is not None for i in listener.items)
    if live and not any(i.fixed or i.want is not None for i in listener.items):
        draft.emptied.append(f"all {len(listener.before)} policies of the listener")


def _outcome(listener: Listener) -> Outcome:
    """What the replay must end with."""
    items = listener.items
    wanted = [k for klass in sorted(listener.listed) for k in listener.listed[klass]]
    pairs: dict[str, Policy | None] = {}
    for item in items:
        if item.live is not None and not item.fixed:
            pairs[item.live.id] = item.want
    return Outcome(
        policies=tuple(_want(items[k]) for k in wanted),
        untouched=frozenset(i.live.id for i in items if i.fixed and i.live is not None),
        pairs=pairs,
        addresses={i.address: i.live.id for i in items if i.live is not None},
        pins={_want(i).name: i.pin for i in items if i.want is not None and i.pin is not None},
        unordered=frozenset(_want(items[k]).name for k in wanted if not listener.ordered(items[k])),
    )

"""One listener while it is planned: what every part of the planning reads and notes."""

from __future__ import annotations

from reconciler.model.desired import ListenerDocument
from reconciler.model.live import ListenerFacts
from reconciler.model.objects import Policy
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.emit import Board, Entry
from reconciler.planning.items import Item
from reconciler.planning.numbers import Numbers
from reconciler.planning.order import Settled
from reconciler.records import dataclass, field


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
    def pins(self) -> bool:
        """Does the manifest say which number every policy has?"""
        return self.numbered and any(i.pin is not None for i in self.items if i.want is not None)

    @property
    def classes(self) -> bool:
        """Does the dialect tell evaluation classes apart here?"""
        return any(i.class_after != 0 or i.class_before != 0 for i in self.items) or any(
            i.want is not None and i.want.action == "REDIRECT_TO_LISTENER" for i in self.items
        )


def number_of(item: Item) -> int:
    """The live policy's number; -1 where it has none."""
    policy = live_of(item)
    return -1 if policy.number is None else policy.number


def live_of(item: Item) -> Policy:
    """The policy as it is live."""
    assert item.live is not None
    return item.live.policy


def want_of(item: Item) -> Policy:
    """The policy as it is wanted."""
    assert item.want is not None
    return item.want


def board_of(listener: Listener) -> Board:
    """The listener as it is live."""
    facts, dialect = listener.facts, listener.draft.scope.dialect
    board = Board(listener.draft, facts.listener_id, listener.numbered, listener.sparse)
    live = [i for i in listener.items if i.live is not None]
    for item in live:
        policy = live_of(item)
        number = policy.number if listener.sparse and listener.numbered else None
        assert item.live is not None
        board.entries[item.key] = Entry(item.key, item.address, item.live.id, policy, number)
    board.listing = [i.key for i in live]
    if listener.sparse and listener.numbered:
        board.numbers = Numbers(dialect.numbers, sorted({number_of(i) for i in live} - {-1}))
        board.holder = {e.number: e for e in board.entries.values() if e.number is not None}
    if listener.whole:
        board.settled = dict.fromkeys(listener.listed, Settled.of(listener.whole, listener.staying))
    for klass, listed in listener.listed.items() if not listener.whole else ():
        keys = [k for k in listed if not listener.numbered or listener.ordered(listener.items[k])]
        board.settled[klass] = Settled.of(keys, listener.staying)
    board.heads = {i.key: i.key for i in listener.items}
    board.tails = dict(board.heads)
    return board

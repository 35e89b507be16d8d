"""K: which policies keep their places, and when each of the others is called (semantics.md 6.2)."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.planning import numbers as sparse
from reconciler.planning.items import CLONE, Item
from reconciler.planning.order import final_order, heaviest_increasing, phases
from reconciler.planning.state import Listener, number_of


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
    numbers = [number_of(items[retained[n]]) for n in bound]
    ends = listener.draft.scope.dialect.numbers
    used = sorted({number_of(i) for i in items if i.live is not None} - {-1})
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

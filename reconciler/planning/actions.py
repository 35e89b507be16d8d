"""What is called for each policy, ups in wanted order from the top, then downs in live order from the bottom (6.2)."""

from __future__ import annotations

from reconciler.planning.exchange import Action, apart
from reconciler.planning.items import CLONE, CREATE, DELETE, HEAL, KEEP, REPLACE, Item
from reconciler.planning.order import DOWN, STAY, UP
from reconciler.planning.state import Listener
from reconciler.planning.steps import perform


def draft_calls(listener: Listener, actions: list[Action]) -> bool:
    """Write the drafts of all calls; False where the order had to be left, to keep equal match sets apart."""
    kept = actions
    if listener.draft.scope.dialect.reject_duplicate_match_sets:
        kept = apart(actions)
    perform(listener, kept)
    return kept == actions


def natural(listener: Listener) -> list[Action]:
    """Every action in the order of the theorem."""
    found: list[Action] = []
    for key in listener.after:
        found += _actions(listener.items[key], UP, listener)
    for key in reversed(listener.before):
        found += _actions(listener.items[key], DOWN, listener)
    return found


def _actions(item: Item, phase: str, listener: Listener) -> list[tuple[str, Item]]:
    """What is called for an item in one phase, in order."""
    if item.fixed or (item.verb == KEEP and not item.moved):
        return []
    if item.verb == CREATE:
        return [("create", item)] if phase == UP else []
    if item.verb == DELETE:
        if phase == UP:
            return []
        return [("delete", item)] if item.heir is None else [("delete", item), ("rename", listener.items[item.heir])]
    if item.old is not None:  # its name comes when the old policy has gone
        return [("shift", item)] if item.moved and item.order == phase else []
    if item.verb == CLONE:
        return [("clone", item)] if phase == UP else [("swap", item)]
    if listener.draft.scope.dialect.rules_inline:
        verb = "replace" if item.verb in (REPLACE, HEAL) else "update"
        return [(verb, item)] if _one_call_phase(item) == phase else []
    return _separate_calls(item, phase)


def _one_call_phase(item: Item) -> str:
    if not item.moved:
        return item.phase
    if item.verb == KEEP or not item.changed_sets:
        return item.order
    return DOWN if item.order == DOWN and item.phase == DOWN else UP


def _separate_calls(item: Item, phase: str) -> list[tuple[str, Item]]:
    """The policy's call and the calls on its rules: a region grows last and shrinks first."""
    if item.program.offline:
        return [("offline", item)] if item.program.phase == phase else []
    patch, rules = item.policy_call or item.moved, bool(item.program.calls)
    rule_phase = item.program.phase if rules else STAY
    own = item.order if item.moved else (item.phase if item.phase != STAY else UP)
    if rule_phase != STAY and own != rule_phase:
        own = rule_phase = UP
    if item.program.cut is not None and patch:
        return [("cross", item)] if phase == UP else []
    found: list[tuple[str, Item]] = []
    if patch and own == phase:
        found.append(("patch", item))
    if rules and rule_phase == phase:
        found.append(("rules", item))
    crosses_up = item.program.unproven and item.moved and item.order == UP
    return found[::-1] if item.program.phase == DOWN or crosses_up else found

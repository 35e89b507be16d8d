"""Match sets that change hands: who gives one up, who takes it, and that no two policies ever have it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from reconciler.model.objects import Policy
from reconciler.planning.items import HEAL, REPLACE, Item
from reconciler.planning.state import Listener

Action: TypeAlias = tuple[str, Item]
"""``create``, ``delete``, ``update``, ``replace`` (delete and create), ``clone``, ``swap``, ``patch``, ``rules``;
``cross`` (both, the policy's call between those on its rules); ``shift`` and ``rename`` (an unfinished run's clone);
``free`` (delete so that another may have its rules, or before it is made anew) and ``restore`` (make it anew);
``offline`` (rules and policy, of one that matches nothing before or afterwards)."""


_ASIDE = frozenset({"temporary", "begin", "clone", "swap", "shift", "rename"})
"""Actions that give no match set to another policy and take none from it."""


def exchanged(listener: Listener) -> dict[object, tuple[list[int], list[int]]]:
    """Match sets that one policy has now and another one will have: (who has it now, who will)."""
    arms = listener.draft.scope.dialect.arms
    now: dict[object, list[int]] = {}
    for item in listener.items:
        if item.live is not None and item.live.status != "ERROR" and item.live.policy.rules and arms(item.live.policy):
            now.setdefault(item.live.policy.match_set, []).append(item.key)
    found: dict[object, tuple[list[int], list[int]]] = {}
    for item in listener.items:
        if item.want is None or not item.want.rules or item.fixed or not arms(item.want):
            continue
        holders = now.get(item.want.match_set)
        if holders is not None and not _holds(item, arms):
            found.setdefault(item.want.match_set, (holders, []))[1].append(item.key)
    kept = {i.want.match_set for i in listener.items if i.want is not None and _keeps(i) and _holds(i, arms)}
    return {key: pair for key, pair in found.items() if key not in kept}


def _holds(item: Item, arms: Callable[[Policy], bool]) -> bool:
    """Does the live policy match already what the wanted one is to match, and will go on to? One in ERROR does not."""
    if item.verb == HEAL or item.live is None or item.want is None or item.live.policy.match_set != item.want.match_set:
        return False
    return arms(item.live.policy) and arms(item.want)


def _keeps(item: Item) -> bool:
    """Does the policy have its match set before, after and in between?"""
    if item.live is None or item.want is None or item.verb in (REPLACE, HEAL):
        return False
    return item.live.policy.match_set == item.want.match_set


def apart(actions: Sequence[Action]) -> list[Action]:
    """Reorder so that no two policies ever have equal match sets (HW-R79: the second would stay in ERROR).

    Whoever gives a match set up goes before whoever takes it: a deletion becomes ``free`` directly before, which is a
    gap; in a circle one policy is deleted first and made anew in its turn.
    """
    holder: dict[object, int] = {}
    pending: dict[int, Action] = {}
    for action in actions:
        item = action[1]
        if action[0] not in _ASIDE:
            pending[item.key] = action
        if item.live is not None and item.live.policy.rules:
            holder[item.live.policy.match_set] = item.key
    done: list[Action] = []
    freed: set[int] = set()

    def run(action: Action, waiting: frozenset[int]) -> None:
        verb, item = action
        if pending.get(item.key) is not action:
            return
        wanted = item.want.match_set if item.want is not None and item.want.rules else None
        other = holder.get(wanted) if wanted is not None else None
        if other is not None and other != item.key and other in pending and other not in freed:
            blocker = pending[other]
            if blocker[0] == "delete" or other in waiting or len(waiting) > 200:
                done.append(("free", blocker[1]))
                freed.add(other)
            else:
                run(blocker, waiting | {item.key})
        pending.pop(item.key, None)
        if item.live is not None and holder.get(item.live.policy.match_set) == item.key:
            del holder[item.live.policy.match_set]
        if wanted is not None:
            holder[wanted] = item.key
        if item.key in freed:
            if verb != "delete":
                done.append(("restore", item))
        else:
            done.append(action)

    for action in actions:
        if action[0] in _ASIDE:
            done.append(action)
        else:
            run(action, frozenset())
    return done

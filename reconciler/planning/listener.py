"""Plans one listener: what stays, what moves, what is called in which order (semantics.md 6)."""

from __future__ import annotations

from fnmatch import fnmatchcase

from reconciler.model.desired import ListenerDocument
from reconciler.model.live import ListenerFacts
from reconciler.model.objects import Policy
from reconciler.planning.actions import draft_calls, natural
from reconciler.planning.drafts import Outcome, ScopeDraft
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.planning.items import CHANGING, CLONE, DELETE, HEAL, KEEP, REPLACE, items_of
from reconciler.planning.notices import listener_notices
from reconciler.planning.state import Listener, live_of, number_of, want_of
from reconciler.planning.staying import choose_staying
from reconciler.records import replace


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
    listener = compared(draft)
    listener.split = split
    if not draft.blocked:
        if listener.pins:
            from reconciler.planning.pins import plan_pinned

            plan_pinned(listener, lambda: _unpinned(scope, document, options))
        else:
            choose_staying(listener)
        if not draft.blocked:
            _carry_out(listener)
            _account(listener)
            draft.outcome = _outcome(listener)
    listener_notices(listener)
    if draft.blocked:
        draft.steps.clear()
        draft.gaps.clear()
    return draft


def compared(draft: ScopeDraft) -> Listener:
    """Every policy as an item, live or wanted or both, and the lists in which they are evaluated; no calls yet."""
    scope = draft.scope
    document, facts = scope.document, scope.live.facts
    assert isinstance(document, ListenerDocument)
    assert isinstance(facts, ListenerFacts)
    items = items_of(scope, draft)
    numbered = scope.dialect.ordered_by_number(facts)
    listener = Listener(draft, facts, document, items, numbered, scope.dialect.number_field == "priority")
    _evaluation_lists(listener)
    return listener


def _evaluation_lists(listener: Listener) -> None:
    """The list as it is evaluated now, and the listed ones as they will be."""
    dialect, facts = listener.draft.scope.dialect, listener.facts
    live = [i for i in listener.items if i.live is not None]
    if listener.numbered:
        live.sort(key=number_of)
    else:
        live.sort(key=lambda i: dialect.evaluation_key(live_of(i), facts))
    live.sort(key=lambda i: i.class_before)
    listener.before = [i.key for i in live]
    places = {p.name: n for n, p in enumerate(listener.draft.scope.wanted) if isinstance(p, Policy)}
    wanted = sorted((i for i in listener.items if i.want is not None), key=lambda i: places[want_of(i).name])
    if not listener.numbered:
        wanted.sort(key=lambda i: dialect.evaluation_key(want_of(i), facts))
    for item in wanted:
        listener.listed.setdefault(item.class_after, []).append(item.key)


def _unpinned(scope: ScopeInput, document: ListenerDocument, options: Options) -> ScopeDraft:
    """The same listener with numbers that the planner chooses."""
    free = replace(document, policies=tuple(replace(p, number=None) for p in document.policies))
    return plan_listener(replace(scope, document=free), options)


def _carry_out(listener: Listener) -> None:
    """Draft every call of the listener, in an order in which every request gets its old or its new target."""
    if all(i.verb == KEEP and not i.moved for i in listener.items):
        return
    if listener.pinned:
        from reconciler.planning.pins import actions_of

        pinned = actions_of(listener)
        listener.proven = draft_calls(listener, pinned) and not listener.unproven
    elif listener.tight or any(i.changed_sets and i.verb in CHANGING for i in listener.items):
        from reconciler.planning.splits import settle

        settle(listener)
    else:
        draft_calls(listener, natural(listener))


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
        policies=tuple(want_of(items[k]) for k in wanted),
        untouched=frozenset(i.live.id for i in items if i.fixed and i.live is not None),
        pairs=pairs,
        addresses={i.address: i.live.id for i in items if i.live is not None},
        pins={want_of(i).name: i.pin for i in items if i.want is not None and i.pin is not None},
        unordered=frozenset(want_of(items[k]).name for k in wanted if not listener.ordered(items[k])),
    )

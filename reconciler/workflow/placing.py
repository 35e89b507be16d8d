"""At the end of a run: which listed objects stand as wanted, proven by a plan and by what became of its steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.execution.placed import PlacedPolicy, PlacedScope
from reconciler.model import address
from reconciler.model.desired import DesiredPolicy, ListenerDocument, SecurityGroupDocument
from reconciler.model.objects import Policy, SecurityRule
from reconciler.planning import ignore
from reconciler.planning.document import Step
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.groups import tail_of
from reconciler.planning.match import clone_name
from reconciler.planning.standing import field_tokens, rule_token, traffic_token


def placed_scopes(
    drafts: Iterable[ScopeDraft], undone: Sequence[Step], unclear: frozenset[str] = frozenset()
) -> list[PlacedScope]:
    """What stands as wanted, for every scope that could be planned.

    ``undone`` are the steps, of any scope, whose effect is not known to be live; everything that none of them touches
    was live when the scope was read, or is by now. In ``unclear`` scopes a write may have happened or not.
    """
    steps: dict[str, list[Step]] = {}
    for step in undone:
        steps.setdefault(step.scope, []).append(step)
    found = []
    for draft in drafts:
        scope = draft.scope.document.address
        if draft.blocked or draft.outcome is None:
            continue
        left = steps.get(scope, [])
        kept = None if scope in unclear else _kept(draft, left)
        make = _listener if isinstance(draft.scope.document, ListenerDocument) else _group
        found.append(make(draft, left, kept))
    return found


def _kept(draft: ScopeDraft, undone: Sequence[Step]) -> frozenset[str]:
    """Live objects that are not listed, or not compared, or listed and not put in place, and still there."""
    ids = {n.object_id for notes in (draft.unlisted, draft.ignored) for n in notes}
    for step in undone:
        if step.kind == "l7rule":
            ids |= _known(step.parent_id)  # the policy whose rules are not yet as wanted
        elif step.op != "create":
            ids |= _known(step.object_id)
    return frozenset(ids)


def _known(reference: object) -> set[str]:
    """An id that was live when the scope was read: no reference to what a step was to make."""
    return {reference} if isinstance(reference, str) else set()


def _listener(draft: ScopeDraft, undone: Sequence[Step], kept: frozenset[str] | None) -> PlacedScope:
    document, dialect = draft.scope.document, draft.scope.dialect
    assert isinstance(document, ListenerDocument)
    touched = {"/".join(a.split("/")[:4]) for s in undone for a in (s.address, s.replaces) if a is not None}
    entries = ignore.active(document.ignore, draft.options.today)
    left_as_live = {n.address: {c.field for c in n.changed} for n in draft.ignored}
    made = {s.address for s in undone if s.kind == "l7policy" and s.op == "create"}
    planned = {p.name: clone_name(p) for p in draft.outcome.policies} if draft.outcome is not None else {}
    policies = []
    for listed, wanted in zip(document.policies, draft.scope.wanted, strict=True):
        assert isinstance(wanted, Policy)
        name = address.policy(document.address, listed.name)
        clone = address.policy(document.address, planned.get(listed.name, listed.name))
        if ignore.whole(entries, listed.name) is not None:
            continue
        if name in touched or clone in touched:
            part = _in_part(draft, listed, wanted, name in made) if kept is not None else None
            policies += [part] if part is not None else []
            continue
        ignored = set(left_as_live.get(name, ()))
        if dialect.number_field in ignore.fields_of(entries, listed.name):
            ignored.add(dialect.number_field)
        fields: dict[str, str | None] = dict(field_tokens(wanted, listed.number, dialect.number_field))
        fields |= dict.fromkeys(sorted(ignored - {"rules"}))
        rules = None if "rules" in ignored else tuple(rule_token(r) for r in wanted.rules)
        policies.append(PlacedPolicy(listed.name, fields, rules))
    live = draft.scope.live.scope
    return PlacedScope(document.address, live.id, draft.scope.lane, kept, policies=tuple(policies))


def _in_part(draft: ScopeDraft, listed: DesiredPolicy, wanted: Policy, unmade: bool) -> PlacedPolicy | None:
    """A policy that a run could not change as wanted, or not to the end: what of it was as wanted already.

    The rest counts as left as it was. None where no live policy has the name, or where it is still to be made.
    """
    number = draft.scope.dialect.number_field
    same = [p.policy for p in draft.scope.live.policies if p.policy.name == listed.name]
    if unmade or len(same) != 1:
        return None
    live = field_tokens(same[0], same[0].number if listed.number is not None else None, number)
    want = field_tokens(wanted, listed.number, number)
    fields: dict[str, str | None] = {n: want.get(n) if live.get(n) == want.get(n) else None for n in {*live, *want}}
    fields.setdefault(number, None)  # its place among the others is not known to be as wanted
    rules = tuple(rule_token(r) for r in wanted.rules) if same[0].rules == wanted.rules else None
    return PlacedPolicy(listed.name, dict(sorted(fields.items())), rules)


def _group(draft: ScopeDraft, undone: Sequence[Step], kept: frozenset[str] | None) -> PlacedScope:
    document, dialect = draft.scope.document, draft.scope.dialect
    assert isinstance(document, SecurityGroupDocument)
    entries = ignore.active(document.ignore, draft.options.today)
    wanted = [
        r for r in draft.scope.wanted if isinstance(r, SecurityRule) and ignore.whole(entries, tail_of(r)) is None
    ]
    missing = {traffic_token(dialect.security_rule(s.after), dialect) for s in undone if s.after is not None}
    rules = frozenset(traffic_token(r, dialect) for r in wanted) - missing
    live = draft.scope.live.scope
    return PlacedScope(document.address, live.id, draft.scope.lane, kept, rules=rules, directions=document.directions)

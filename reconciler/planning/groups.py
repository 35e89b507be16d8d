"""Plans one security group: creates, then deletes, so that exposure stays between before-and-after and before-or-after.

Rules are immutable: every change is a create and a delete (HW-S05, gcore.md 4). Order: semantics.md 6.5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from fnmatch import fnmatchcase

from reconciler.model import address
from reconciler.model.desired import Ignore, SecurityGroupDocument
from reconciler.model.live import GroupFacts, LiveSecurityRule
from reconciler.model.objects import SecurityRule, security_rule_fingerprint
from reconciler.planning import ignore
from reconciler.planning.changes import changed
from reconciler.planning.document import Note, Precondition
from reconciler.planning.drafts import Draft, DraftGap, Outcome, ScopeDraft
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.planning.overlap import covers, overlaps
from reconciler.records import dataclass, field

KIND = "security_group_rule"


@dataclass(slots=True)
class Group:
    """One security group, compared: what comes, what goes, what is switched, what differs in words only, what stays."""

    draft: ScopeDraft
    document: SecurityGroupDocument
    group_id: str
    creates: list[tuple[str, SecurityRule]] = field(default_factory=list)
    deletes: list[tuple[str, LiveSecurityRule]] = field(default_factory=list)
    replaces: list[tuple[str, LiveSecurityRule, SecurityRule]] = field(default_factory=list)
    switches: list[tuple[str, LiveSecurityRule, SecurityRule]] = field(default_factory=list)  # enabled <-> disabled
    kept: list[tuple[str, LiveSecurityRule]] = field(default_factory=list)
    final: list[SecurityRule] = field(default_factory=list)


def plan_group(scope: ScopeInput, options: Options) -> ScopeDraft:
    """The calls that turn the live group into the wanted one, and everything to be said about it."""
    draft = ScopeDraft(scope, options)
    document, facts = scope.document, scope.live.facts
    assert isinstance(document, SecurityGroupDocument)
    assert isinstance(facts, GroupFacts)
    wanted = tuple(r for r in scope.wanted if isinstance(r, SecurityRule))
    draft.diagnostics += [*scope.live.diagnostics, *scope.dialect.check_group_live(document, wanted, facts)]
    if draft.blocked:
        return draft
    group = compared(draft)
    _left_open(group)
    _calls(group)
    _account(group)
    draft.outcome = Outcome(
        rules=(*group.final, *(r for _, r in group.creates)),
        untouched=frozenset(
            [r.id for _, r in group.kept]
            + [r.id for r in scope.live.security_rules if r.system or r.rule.direction not in document.directions]
        ),
    )
    return draft


def compared(draft: ScopeDraft) -> Group:
    """Which rule is which, and what has to happen to it; no calls yet."""
    document, facts = draft.scope.document, draft.scope.live.facts
    assert isinstance(document, SecurityGroupDocument)
    assert isinstance(facts, GroupFacts)
    group = Group(draft, document, facts.group_id)
    _match(group)
    return group


def tail_of(rule: SecurityRule) -> str:
    """The address tail that ``ignore`` and ``protect`` patterns are held against."""
    return address.security_rule_tail(rule.direction, rule.ethertype, rule.protocol, rule.ports, rule.remote)


def _match(group: Group) -> None:
    """The provider's own duplicate table decides identity; equal traffic is cosmetic; the rest comes or goes."""
    scope, document = group.draft.scope, group.document
    dialect = scope.dialect
    entries = ignore.active(document.ignore, group.draft.options.today)
    live = [r for r in scope.live.security_rules if r.rule.direction in document.directions]
    wanted = [r for r in scope.wanted if isinstance(r, SecurityRule) and ignore.whole(entries, tail_of(r)) is None]
    hidden = [r for r in live if ignore.whole(entries, tail_of(r.rule)) is not None]
    hidden_ids = {r.id for r in hidden}
    free = [r for r in live if r.id not in hidden_ids]
    pairs, missing = _pair(free, wanted, dialect.security_identity)
    paired = {p.id for p, _ in pairs}
    rest = [r for r in free if r.id not in paired]
    alike, missing = _pair([r for r in rest if not r.system], missing, dialect.security_traffic)
    taken = {p.id for p, _ in (*pairs, *alike)}
    extra = [r for r in free if r.id not in taken and not r.system]
    names = _addresses(document.address, wanted, [*extra, *hidden], pairs, alike)
    for rule in hidden:
        entry = ignore.whole(entries, tail_of(rule.rule))
        assert entry is not None
        _note_ignored(group, names[rule.id], rule, entry)
    for found, want in (*pairs, *alike):
        _settle(group, names[found.id], found, want, entries)
    absent = {id(w) for w in missing}
    group.creates = [(names[f"wanted:{n}"], w) for n, w in enumerate(wanted) if id(w) in absent]
    for rule in extra:
        _unlisted(group, names[rule.id], rule)
    group.kept += [(names[r.id], r) for r in hidden]


def _pair(
    live: list[LiveSecurityRule], wanted: list[SecurityRule], key: Callable[[SecurityRule], Hashable]
) -> tuple[list[tuple[LiveSecurityRule, SecurityRule]], list[SecurityRule]]:
    by_key: dict[Hashable, list[LiveSecurityRule]] = {}
    for one in live:
        by_key.setdefault(key(one.rule), []).append(one)
    pairs: list[tuple[LiveSecurityRule, SecurityRule]] = []
    missing: list[SecurityRule] = []
    for rule in wanted:
        candidates = by_key.get(key(rule))
        if candidates:
            same = next((n for n, c in enumerate(candidates) if c.rule == rule), 0)
            pairs.append((candidates.pop(same), rule))
        else:
            missing.append(rule)
    return pairs, missing


def _addresses(
    scope: str,
    wanted: list[SecurityRule],
    extra: list[LiveSecurityRule],
    *pairs: list[tuple[LiveSecurityRule, SecurityRule]],
) -> dict[str, str]:
    """Addresses by live id and, for wanted ones, ``wanted:<index>``; ``#n`` over the wanted, then other live ones."""
    tails = [tail_of(w) for w in wanted]
    count = Counter([*tails, *(tail_of(r.rule) for r in extra)])
    seen: Counter[str] = Counter()

    def one(tail: str) -> str:
        seen[tail] += 1
        return address.security_rule(scope, tail, seen[tail] if count[tail] > 1 else None)

    found = {f"wanted:{n}": one(tail) for n, tail in enumerate(tails)}
    found.update({r.id: one(tail_of(r.rule)) for r in extra})
    index: dict[int, str] = {id(w): found[f"wanted:{n}"] for n, w in enumerate(wanted)}
    for group in pairs:
        for live, want in group:
            found[live.id] = index[id(want)]
    return found


def names_of(scope: str, wanted: list[SecurityRule]) -> list[str]:
    """The addresses of the listed rules, in their order."""
    found = _addresses(scope, wanted, [])
    return [found[f"wanted:{n}"] for n in range(len(wanted))]


def _settle(group: Group, where: str, live: LiveSecurityRule, want: SecurityRule, entries: tuple[Ignore, ...]) -> None:
    """A live rule with the wanted effect: equal, or different in words only."""
    group.final.append(want)
    if live.rule == want:
        return
    fields = ignore.fields_of(entries, tail_of(want))
    differences = changed(live.rule.to_json(), want.to_json())
    left = tuple(c for c in differences if c.field in fields)
    if left:
        _note_ignored(group, where, live, fields[left[0].field], left)
    differences = tuple(c for c in differences if c.field not in fields)
    if not differences or live.system:
        return
    if any(c.field == "enabled" for c in differences):
        group.switches.append((where, live, want))
        return
    if group.draft.options.replace_cosmetic:
        group.replaces.append((where, live, want))
        return
    same = group.draft.scope.dialect.security_identity(live.rule) == group.draft.scope.dialect.security_identity(want)
    why = "replacing it would close it for a moment" if same else "the traffic is the same"
    names = " and ".join(c.field for c in differences)
    group.draft.cosmetic.append(
        Note(where, group.document.address, KIND, live.id, live.rule.to_json(),
             f"only {names} differs: {why} (--replace-cosmetic)", differences)
    )  # fmt: skip


def _note_ignored(
    group: Group, where: str, rule: LiveSecurityRule, entry: Ignore, left: tuple[object, ...] = ()
) -> None:
    until = f" (until {entry.until})" if entry.until else ""
    if entry.until is not None:
        group.draft.until[rule.id] = entry.until
    group.draft.ignored.append(
        Note(where, group.document.address, KIND, rule.id, rule.rule.to_json(),
             f"{entry.reason or 'ignored'}{until}", left)  # type: ignore[arg-type]
    )  # fmt: skip


def _unlisted(group: Group, where: str, rule: LiveSecurityRule) -> None:
    unlisted = group.document.unlisted
    if unlisted == "delete":
        group.deletes.append((where, rule))
        return  # its step tells
    group.kept.append((where, rule))
    if unlisted == "refuse":
        group.draft.refused.append(where)
    words = {"keep": "kept", "refuse": "not listed: blocks the scope"}[unlisted]
    group.draft.unlisted.append(
        Note(where, group.document.address, KIND, rule.id, rule.rule.to_json(), f"{words} (unlisted: {unlisted})")
    )


def _left_open(group: Group) -> None:
    """With ``unlisted: keep``: a live allow rule that covers or overlaps a listed one leaves it open."""
    if group.document.unlisted != "keep":
        return
    wanted = [(n, r) for n, r in enumerate(group.draft.scope.wanted) if isinstance(r, SecurityRule)]
    names = names_of(group.document.address, [r for _, r in wanted])
    unlisted = {n.object_id for n in group.draft.unlisted}
    for where, rule in group.kept:
        if rule.id not in unlisted or rule.rule.action == "deny":
            continue
        covered = [names[n] for n, r in wanted if covers(rule.rule, r)]
        touched = covered or [names[n] for n, r in wanted if overlaps(rule.rule, r)]
        if touched:
            what = "covers" if covered else "overlaps"
            group.draft.left_open.append(
                Note(where, group.document.address, KIND, rule.id, rule.rule.to_json(),
                     f"unlisted and kept: it {what} what is listed", (), tuple(touched))
            )  # fmt: skip


# ------------------------------------------------------------------------------------------------ calls
def creation_order(rule: SecurityRule) -> tuple[object, ...]:
    """By priority, deny first (Huawei); all equal where rules have no priority. Deletes go in exactly the reverse."""
    return (rule.priority or 0, 0 if rule.action == "deny" else 1)


_SWITCHED = "enabled differs: there is no update, and a second rule that differs in it alone may be refused"


def _calls(group: Group) -> None:
    """Creates, then deletes. A rule that is switched on or off goes and comes back where its effect does.

    It is deleted first, since the provider may take both for one (HW-S03 does not name ``enabled``); disabled it has
    no effect, so that nothing is opened or closed but what the switch means, and no gap is to be declared.
    """
    dialect = group.draft.scope.dialect
    for where, live, want in group.replaces:
        if dialect.security_identity(live.rule) != dialect.security_identity(want):
            group.creates.append((where, want))
            group.deletes.append((where, live))
    coming: list[tuple[SecurityRule, str, LiveSecurityRule | None]]
    coming = [(want, where, None) for where, want in group.creates]
    coming += [(want, where, live) for where, live, want in group.switches if want.enabled]
    going: list[tuple[LiveSecurityRule, str, SecurityRule | None]]
    going = [(live, where, None) for where, live in group.deletes]
    going += [(live, where, want) for where, live, want in group.switches if not want.enabled]
    for want, where, replaced in sorted(coming, key=lambda entry: creation_order(entry[0])):
        if replaced is not None:
            _delete(group, where, replaced, _SWITCHED)
        _create(group, where, want, "listed, not live" if replaced is None else _SWITCHED, where if replaced else None)
    for live, where, disabled in sorted(going, key=lambda entry: creation_order(entry[0].rule), reverse=True):
        _delete(group, where, live, "live, not listed (unlisted: delete)" if disabled is None else _SWITCHED)
        if disabled is not None:
            _create(group, where, disabled, _SWITCHED, where)
    for where, live, want in group.replaces:
        if dialect.security_identity(live.rule) == dialect.security_identity(want):
            why = "the provider refuses a second rule that differs in words only"
            opened = _delete(group, where, live, "only words differ (--replace-cosmetic)")
            closed = _create(group, where, want, "only words differ (--replace-cosmetic)", replaces=where)
            group.draft.gaps.append(DraftGap(where, opened, closed, _meanwhile(group, live), why))
            for step in group.draft.steps[opened : closed + 1]:
                step.gap = where


def _meanwhile(group: Group, gone: LiveSecurityRule) -> tuple[str, ...]:
    """Who else surely lets the traffic through: nobody known is ``closed``."""
    others = [*((w, r) for w, r in group.creates), *((w, r.rule) for w, r in group.kept)]
    found = tuple(sorted(w for w, r in others if r.action != "deny" and covers(r, gone.rule)))
    return found or ("closed",)


def _create(group: Group, where: str, want: SecurityRule, reason: str, replaces: str | None = None) -> int:
    preconditions = () if replaces else (Precondition(where, None, None),)
    return group.draft.add(
        Draft("create", KIND, where, None, group.group_id, None, want.to_json(), replaces=replaces,
              preconditions=preconditions, reason=reason)
    )  # fmt: skip


def _delete(group: Group, where: str, live: LiveSecurityRule, reason: str) -> int:
    condition = Precondition(where, live.id, security_rule_fingerprint(live.rule))
    return group.draft.add(
        Draft("delete", KIND, where, live.id, group.group_id, live.rule.to_json(), None,
              preconditions=(condition,), reason=reason)
    )  # fmt: skip


def _account(group: Group) -> None:
    draft, protect = group.draft, group.document.protect
    rebuilt = (*group.replaces, *group.switches)
    replaced = {where for where, _, _ in rebuilt}
    for where, _ in group.creates:
        draft.units.setdefault(where, "create")
    for where, live in group.deletes:
        if where in replaced:
            continue
        draft.units[where] = "delete"
        draft.deleted.append(where)
        _protect(draft, where, live, protect)
    for where, live, _ in rebuilt:
        draft.units[where] = "update"
        draft.replaced.append(where)
        _protect(draft, where, live, protect)
    final = Counter(
        r.direction for r in (*group.final, *(r for _, r in group.creates), *(r.rule for _, r in group.kept))
    )
    had = Counter(r.rule.direction for r in draft.scope.live.security_rules if not r.system)
    draft.emptied += [f"all {had[d]} {d} rules" for d in group.document.directions if had[d] and not final[d]]


def _protect(draft: ScopeDraft, where: str, live: LiveSecurityRule, protect: tuple[str, ...]) -> None:
    tail = tail_of(live.rule)
    if any(fnmatchcase(tail, p) for p in protect):
        draft.protected.append(where)

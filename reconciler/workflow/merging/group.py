"""Adopting a security group: its listed rules say what is live, and none of the managed directions is missing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from reconciler.manifests.edits.change import Edit, Fields, Items, New
from reconciler.model import address
from reconciler.model.canonical import Json
from reconciler.model.desired import SecurityGroupDocument
from reconciler.model.live import LiveSecurityRule
from reconciler.model.objects import SecurityRule
from reconciler.planning import ignore
from reconciler.planning.groups import tail_of
from reconciler.records import replace
from reconciler.workflow.merging.adopting import ADDED, CHANGED, REMOVED, Adopted, Proposal, View
from reconciler.workflow.merging.content import Writer
from reconciler.workflow.merging.names import Referring, known_of_group
from reconciler.workflow.to_manifest import id_note


def adopt_group(view: View) -> Proposal:
    """The edits that make a SecurityGroup document say what is live in its directions."""
    document, dialect = view.document, view.dialect
    assert isinstance(document, SecurityGroupDocument)
    found = Proposal()
    entries = ignore.active(document.ignore, view.today)
    wanted = {n: r for n, r in enumerate(view.wanted) if isinstance(r, SecurityRule)}
    listed = {n: r for n, r in wanted.items() if ignore.whole(entries, tail_of(r)) is None}
    free = [
        r for r in view.live.security_rules
        if r.rule.direction in document.directions and ignore.whole(entries, tail_of(r.rule)) is None
    ]  # fmt: skip
    pairs: dict[int, LiveSecurityRule] = {}
    for key in (dialect.security_identity, dialect.security_traffic):
        taken = {r.id for r in pairs.values()}
        rest = [r for r in free if r.id not in taken and (key == dialect.security_identity or not r.system)]
        pairs |= _paired({n: r for n, r in listed.items() if n not in pairs}, rest, key)
    raw: list[Mapping[str, Json]] = view.data["spec"]["rules"]
    index = {n: _index(document, n) for n in wanted}
    writer = Writer(dialect, Referring(view.names, known_of_group(view.names)))
    edits: dict[int, Edit] = {}
    for n, live in pairs.items():
        ignored = frozenset(ignore.fields_of(entries, tail_of(listed[n])))
        same = live.system or live.rule == listed[n]
        edit = Fields() if same else writer.security_rule(raw[index[n]], listed[n], live.rule, ignored)
        if view.with_ids:
            edits[index[n]] = replace(edit, live_id=live.id)
        if not edit.empty:
            edits.setdefault(index[n], edit)
            fields = tuple(sorted({*edit.edits, *edit.drop, *edit.add}))
            found.changes.append(Adopted(CHANGED, _address(document, live.rule), fields))
    gone = {n for n in listed if n not in pairs}
    found.changes += [Adopted(REMOVED, _address(document, listed[n])) for n in sorted(gone)]
    order: list[int | New] = [index[n] for n in wanted if n not in gone]
    _come_in(view, document, found, writer, order, free, {r.id for r in pairs.values()})
    change = Items(order, edits)
    if edits or change.moves(len(raw)):
        found.edit = Fields({"spec": Fields({"rules": change})})
    return found


def _index(document: SecurityGroupDocument, n: int) -> int:
    step = document.rules[n].path[2]
    assert isinstance(step, int)
    return step


def _address(document: SecurityGroupDocument, rule: SecurityRule) -> str:
    return address.security_rule(document.address, tail_of(rule))


def _paired(
    listed: Mapping[int, SecurityRule], live: list[LiveSecurityRule], key: Callable[[SecurityRule], Hashable]
) -> dict[int, LiveSecurityRule]:
    """Listed rules with the live ones of an equal key; among several, an equal one first."""
    by_key: dict[Hashable, list[LiveSecurityRule]] = {}
    for one in live:
        by_key.setdefault(key(one.rule), []).append(one)
    found: dict[int, LiveSecurityRule] = {}
    for n, rule in listed.items():
        candidates = by_key.get(key(rule))
        if candidates:
            found[n] = candidates.pop(next((i for i, c in enumerate(candidates) if c.rule == rule), 0))
    return found


def _come_in(
    view: View, document: SecurityGroupDocument, found: Proposal, writer: Writer, order: list[int | New],
    free: list[LiveSecurityRule], taken: set[str],
) -> None:  # fmt: skip
    """Add the unlisted rules: behind the last listed one of their direction."""
    extra = [r for r in free if r.id not in taken and not r.system]
    keep = document.unlisted == "keep"
    if keep and not view.adopt:
        return
    found.optional = keep
    raw = view.data["spec"]["rules"]
    for live in sorted(
        extra, key=lambda r: (r.rule.direction != "ingress", r.rule.priority or 0, tail_of(r.rule), r.id)
    ):
        if live.id in view.skip:
            note = f"rule {tail_of(live.rule)} (id {live.id}) is left out: its words cannot stand in a manifest"
            found.notes.append(note)
            continue
        value = writer.referring.written(live.rule.to_json())
        same = [
            n for n, item in enumerate(order)
            if (item.value if isinstance(item, New) else raw[item]).get("direction") == live.rule.direction
        ]  # fmt: skip
        at = same[-1] + 1 if same else len(order)
        order.insert(at, New(value, id_note(live.id) if view.with_ids else ""))
        found.new = {n + 1 if n >= at else n: i for n, i in found.new.items()} | {at: live.id}
        found.changes.append(Adopted(ADDED, _address(document, live.rule)))

"""Drift of one listener: its policies, their rules and their order against the manifest. No call is thought of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from reconciler.diagnostics import Path
from reconciler.model import address
from reconciler.model.canonical import Json
from reconciler.model.live import LivePolicy
from reconciler.model.objects import Policy, Rule
from reconciler.planning.changes import changed
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.findings import (
    BARE,
    CHANGED,
    CLONE,
    ERROR,
    GUARD,
    MISSING,
    ORDER,
    UNLISTED,
    UNLISTED_PATH,
    Difference,
    Finding,
    ScopeDrift,
    with_expired,
)
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.planning.items import KEEP, Item, rules_in_error
from reconciler.planning.listener import compared
from reconciler.planning.match import match_rules, rule_addresses
from reconciler.planning.notices import evaluated_before, unsettled
from reconciler.planning.order import heaviest_increasing
from reconciler.planning.standing import rule_token
from reconciler.planning.state import Listener, want_of
from reconciler.records import dataclass


def listener_drift(scope: ScopeInput, options: Options) -> ScopeDrift:
    """Everything on a listener that is not as its document says.

    Nothing is found exactly where a plan of the same inputs has no steps (and nothing is kept or refused).
    """
    draft = ScopeDraft(scope, options)
    found = ScopeDrift(scope, draft)
    listener = compared(draft)
    places = {} if draft.blocked else out_of_place(listener)
    unsettled(listener)
    if not draft.blocked:
        found.findings = _Findings(listener, places).all()
    return found


def out_of_place(listener: Listener) -> dict[int, Difference]:
    """The policies that stand elsewhere than the manifest says, as few as a plan would move; by key."""
    number = listener.draft.scope.dialect.number_field
    if not listener.pins:
        return _out_of_order(listener)
    if not listener.sparse:
        from reconciler.planning.pins import plan_positions

        plan_positions(listener)
    found: dict[int, Difference] = {}
    for item in listener.items:
        if item.live is None or item.want is None or item.old is not None or item.fixed:
            continue
        if item.moved or (listener.sparse and item.pin != item.live.policy.number):
            found[item.key] = Difference(number, item.pin, item.live.policy.number)
    return found


def _out_of_order(listener: Listener) -> dict[int, Difference]:
    """Where the planner chooses the numbers: only the order counts, inside each class of evaluation."""
    items, moved = listener.items, set[int]()
    for klass, listed in listener.listed.items():
        index = {key: n for n, key in enumerate(k for k in listed if listener.ordered(items[k]))}
        standing = [k for k in listener.before if k in index and items[k].class_before == klass]
        weights = [0 if items[k].policy_call else 1 for k in standing]
        kept = {standing[n] for n in heaviest_increasing([index[k] for k in standing], weights)}
        moved |= {k for k in standing if k not in kept and items[k].old is None}
    if not moved:
        return {}
    wanted = [k for klass in sorted(listener.listed) for k in listener.listed[klass]]
    live = [k for k in listener.before if items[k].want is not None]
    should, does = _neighbours(listener, wanted), _neighbours(listener, live)
    return {key: Difference(ORDER, should[key], does[key]) for key in sorted(moved)}


def _neighbours(listener: Listener, order: Sequence[int]) -> dict[int, dict[str, Json]]:
    """The listed policies directly before and behind each, by address; None at the ends."""
    names = [address.policy(listener.document.address, want_of(listener.items[k]).name) for k in order]
    around = zip([None, *names[:-1]], [*names[1:], None], strict=True) if names else ()
    return {key: {"after": after, "before": before} for key, (after, before) in zip(order, around, strict=True)}


@dataclass(slots=True)
class _Findings:
    listener: Listener
    places: dict[int, Difference]

    def all(self) -> list[Finding]:
        """By the order of the manifest, then unlisted ones by id."""
        items, document = self.listener.items, self.listener.document
        listed: dict[str, Item] = {}
        for item in items:
            if item.want is not None and item.old is None:
                listed[item.want.name] = item
            elif item.heir is not None:
                listed[want_of(items[item.heir]).name] = item
        found: list[Finding] = []
        for n, policy in enumerate(document.policies):
            if policy.name in listed:
                item = listed[policy.name]
                want = item.want if item.heir is None else items[item.heir].want
                assert want is not None
                found += self._expired(policy.name, list(self._listed(n, item, want)))
        return found + self._not_listed()

    # -------------------------------------------------------------- listed ones
    def _listed(self, n: int, item: Item, want: Policy) -> Iterator[Finding]:
        number, live = self.listener.draft.scope.dialect.number_field, item.live
        if item.verb == KEEP and item.heir is None and item.key not in self.places:
            return
        wanted: dict[str, Json] = want.to_json(with_rules=True)
        if item.pin is not None:
            wanted[number] = item.pin
        path = self.listener.document.policies[n].path
        if live is None:
            yield self._policy(MISSING, item, path, wanted=wanted, policy=want.name)
            return
        make = self._of(item, live, path, wanted, want.name)
        if live.status == "ERROR":
            yield make(ERROR)
        fields = [
            Difference(c.field, c.after, c.before)
            for c in changed(live.policy.to_json(with_rules=False), want.to_json(with_rules=False))
        ]
        if item.key in self.places:
            fields.append(self.places[item.key])
        if fields:
            heir = live.policy.name != want.name and _is_clone_name(live.policy.name)
            yield make(CHANGED, fields=tuple(fields), temporary=CLONE if heir else "")
        if live.policy.rules != want.rules or rules_in_error(live, self.listener.draft.scope.dialect):
            yield from self._rules(n, item, live, want)

    def _rules(self, n: int, item: Item, live: LivePolicy, want: Policy) -> Iterator[Finding]:
        """The rules of a listed policy, one finding each: what the manifest lists first, then what it does not."""
        dialect, document = self.listener.draft.scope.dialect, self.listener.document
        diff = match_rules(live.rules_with_ids, want.rules, lambda a, b: (a.type, a.key) == (b.type, b.key))
        becoming = {rule_id: after for _, rule_id, after in diff.changed}
        names = rule_addresses(item.address, want.rules, live.rules_with_ids, becoming)
        path = document.policies[n].path
        of_rule = _rule_paths(path, [dialect.rule(r) for r in document.policies[n].raw.get("rules") or ()])
        guard = dialect.guard
        guarded = guard is not None and any(r.match_set == guard.match_set for r in live.policy.rules)
        temporary = GUARD if guarded else BARE if guard is not None and not live.policy.rules else ""

        def one(what: str, where: str, rule_id: str | None, at: Path, rule: Rule, **more: object) -> Finding:
            return Finding(
                what, "l7rule", where, document.address, rule_id, at, policy=want.name, token=rule_token(rule),
                status=statuses.get(rule_id), updated_at=stamps.get(rule_id), **more,  # type: ignore[arg-type]
            )  # fmt: skip

        stamps: dict[str | None, str | None] = dict(zip(live.rule_ids, live.rule_stamps, strict=False))
        told = () if dialect.rules_inline else live.rule_statuses  # huawei.md C15: they mean nothing there
        statuses: dict[str | None, str] = dict(zip(live.rule_ids, told, strict=False))
        broken = rules_in_error(live, dialect)
        found: list[Finding] = []
        for rule, rule_id in live.rules_with_ids if broken else ():
            if statuses.get(rule_id) == "ERROR":
                listed = becoming.get(rule_id, rule)
                where = names.wanted.get(listed) or names.live[rule_id]
                wanted = listed.to_json() if listed in names.wanted else None
                at = of_rule.get(listed, (*path, "rules"))
                found.append(one(ERROR, where, rule_id, at, listed, wanted=wanted, live=rule.to_json()))
        for before, rule_id, after in diff.changed:
            fields = tuple(Difference(c.field, c.after, c.before) for c in changed(before.to_json(), after.to_json()))
            found.append(
                one(CHANGED, names.wanted[after], rule_id, of_rule.get(after, path), after, fields=fields,
                    wanted=after.to_json(), live=before.to_json(), temporary=GUARD if guarded else "")
            )  # fmt: skip
        for rule in diff.added:
            at = of_rule.get(rule, path)
            found.append(one(MISSING, names.wanted[rule], None, at, rule, wanted=rule.to_json(), temporary=temporary))
        found.sort(key=lambda f: f.path)
        yield from found
        for rule, rule_id in sorted(diff.removed, key=lambda pair: pair[1]):
            at, is_guard = (*path, "rules"), guard is not None and rule.match_set == guard.match_set
            left = GUARD if is_guard else ""
            yield one(UNLISTED, names.live[rule_id], rule_id, at, rule, live=rule.to_json(), temporary=left)

    # -------------------------------------------------------------- unlisted ones
    def _not_listed(self) -> list[Finding]:
        """Live policies that the manifest does not list: not wanted, or left by an unfinished run."""
        listener = self.listener
        items, document = listener.items, listener.document
        reported = {n.object_id for n in listener.draft.unlisted}
        left = [i for i in items if i.old is not None or i.left]
        others = [
            i for i in items
            if i.live is not None and i.want is None and i.heir is None and not i.left
            and (not i.fixed or i.live.id in reported)
        ]  # fmt: skip
        in_front = evaluated_before(items, listener.before, frozenset(i.key for i in others))
        found: list[Finding] = []
        for item in (*left, *others):
            assert item.live is not None
            temporary = CLONE if item in left else ""
            one = self._of(item, item.live, UNLISTED_PATH, None, item.live.policy.name)(
                UNLISTED, covers=in_front.get(item.address, ()), temporary=temporary,
                kept=not temporary and document.unlisted == "keep",
            )  # fmt: skip
            found += self._expired(item.live.policy.name, [one])
        return sorted(found, key=lambda f: f.object_id or "")

    # -------------------------------------------------------------- one finding
    def _of(
        self, item: Item, live: LivePolicy, path: Path, wanted: dict[str, Json] | None, policy: str
    ) -> Callable[..., Finding]:
        number = self.listener.draft.scope.dialect.number_field

        def make(what: str, **more: object) -> Finding:
            return self._policy(
                what, item, path, wanted=wanted, object_id=live.id, updated_at=live.updated_at, status=live.status,
                live=live.policy.to_json(with_rules=True, number_field=number), policy=policy, **more,
            )  # fmt: skip

        return make

    def _policy(self, what: str, item: Item, path: Path, *, object_id: str | None = None, **more: object) -> Finding:
        scope = self.listener.document.address
        return Finding(what, "l7policy", item.address, scope, object_id, path, **more)  # type: ignore[arg-type]

    def _expired(self, name: str, findings: list[Finding]) -> list[Finding]:
        """Name the ``ignore`` entries that would still hide a finding, had they not ended."""
        document, today = self.listener.document, self.listener.draft.options.today
        over = [e for e in document.ignore if e.until is not None and e.until < today and fnmatchcase(name, e.pattern)]
        return [with_expired(f, over) for f in findings] if over else findings


def _is_clone_name(name: str) -> bool:
    stem, dot, tail = name.rpartition(".next-")
    return bool(stem and dot) and len(tail) == 6 and all(c in "0123456789abcdef" for c in tail)


def _rule_paths(policy: Path, rules: Sequence[Rule]) -> dict[Rule, Path]:
    """Where the document lists each rule (equal ones: the first)."""
    found: dict[Rule, Path] = {}
    for n, rule in enumerate(rules):
        found.setdefault(rule, (*policy, "rules", n))
    return found

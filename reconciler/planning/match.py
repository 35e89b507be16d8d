"""Identity (design 5): which live object is which listed one. Nothing is guessed; hash based and linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model import address
from reconciler.model.canonical import digest
from reconciler.model.desired import ListenerDocument
from reconciler.model.live import LivePolicy
from reconciler.model.objects import Policy, Rule
from reconciler.records import dataclass, field


@dataclass(slots=True)
class Pairing:
    """``pairs``: index of a listed policy -> its live one. ``clones``: index -> the finished clone that replaces it.

    ``leftovers`` are clones of an unfinished run that nothing adopts. ``unlisted`` are matched by nothing.
    """

    pairs: dict[int, LivePolicy] = field(default_factory=dict)
    clones: dict[int, LivePolicy] = field(default_factory=dict)
    leftovers: list[LivePolicy] = field(default_factory=list)
    unlisted: list[LivePolicy] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def clone_name(policy: Policy) -> str:
    """The name of a policy that takes another one's place: ``<first 48 chars>.next-<6 hex of the desired digest>``."""
    return f"{policy.name[:48]}.next-{digest(policy.to_json(with_rules=True))[:6]}"


def match_policies(document: ListenerDocument, wanted: Sequence[Policy], live: Sequence[LivePolicy]) -> Pairing:
    """Match listed policies with live ones: ``renamed_from``, unique equal name, a clone, equal rules and action."""
    found = Pairing()
    by_name: dict[str, list[LivePolicy]] = {}
    for one in live:
        by_name.setdefault(one.policy.name, []).append(one)
    taken: set[str] = set()

    def take(index: int, policy: LivePolicy) -> None:
        found.pairs[index] = policy
        taken.add(policy.id)

    candidates: dict[int, list[LivePolicy]] = {}
    for i, policy in enumerate(wanted):
        old = document.policies[i].renamed_from
        if old is not None and policy.name not in by_name:
            candidates[i] = by_name.get(old, [])
    open_: list[int] = []
    for i in (*candidates, *(i for i in range(len(wanted)) if i not in candidates)):
        policy = wanted[i]
        names = candidates[i] if i in candidates else by_name.get(policy.name, [])
        if len(names) == 1 and names[0].id not in taken:
            take(i, names[0])
        elif len(names) > 1:
            _settle(document, i, policy, names, taken, take, found.diagnostics)
        else:
            open_.append(i)
    _clones(wanted, live, taken, found)
    open_ = [i for i in open_ if i not in found.pairs]
    _renames(wanted, open_, live, taken, take)
    left = {p.id for p in found.leftovers}
    found.unlisted = [p for p in live if p.id not in taken and p.id not in left]
    return found


def _settle(
    document: ListenerDocument,
    index: int,
    policy: Policy,
    candidates: Sequence[LivePolicy],
    taken: set[str],
    take: Callable[[int, LivePolicy], None],
    diagnostics: list[Diagnostic],
) -> None:
    """Several live policies have the name: equal rules and action settle it, or it is ambiguous."""
    equal = [c for c in candidates if c.id not in taken and _same(c.policy, policy)]
    if len(equal) == 1:
        take(index, equal[0])
        return
    taken.update(c.id for c in candidates)
    ids = ", ".join(sorted(c.id for c in candidates))
    diagnostics.append(
        Diagnostic(
            "PLAN-AMBIGUOUS",
            f"{len(candidates)} live policies are named {candidates[0].policy.name!r}",
            f"their ids are {ids}; {len(equal) or 'none'} of them have the listed rules and action",
            "rename or delete all but one of them in the cloud, or give one exactly the listed rules",
            address=document.address,
            path=(*document.policies[index].path, "name"),
        )
    )


def _same(live: Policy, wanted: Policy) -> bool:
    return live.action == wanted.action and live.rules == wanted.rules


def _clones(wanted: Sequence[Policy], live: Sequence[LivePolicy], taken: set[str], found: Pairing) -> None:
    """Find the temporaries of an unfinished run beside the policies that they were to replace."""
    prefixes: dict[str, list[int]] = {}
    for i, policy in enumerate(wanted):
        prefixes.setdefault(policy.name[:48], []).append(i)
    alone: dict[str, list[LivePolicy]] = {}
    for candidate in live:
        stem, dot, tail = candidate.policy.name.rpartition(".next-")
        if not dot or len(tail) != 6 or candidate.id in taken or any(c not in "0123456789abcdef" for c in tail):
            continue
        indexes = [i for i in prefixes.get(stem, ()) if i in found.pairs]
        equal = [i for i in indexes if i not in found.clones and _is_clone(candidate, wanted[i])]
        if equal:
            found.clones[equal[0]] = candidate
            taken.add(candidate.id)
        elif indexes:
            found.leftovers.append(candidate)
            taken.add(candidate.id)
        else:
            alone.setdefault(stem, []).append(candidate)
    for stem, candidates in alone.items():  # the policy that it replaced is gone: the clone stands for it
        heirs = [i for i in prefixes.get(stem, ()) if i not in found.pairs]
        if len(heirs) == 1 and len(candidates) == 1:
            found.pairs[heirs[0]] = candidates[0]
            taken.add(candidates[0].id)


def _is_clone(candidate: LivePolicy, policy: Policy) -> bool:
    live = candidate.policy
    return (
        candidate.status != "ERROR"
        and live.name == clone_name(policy)
        and _same(live, policy)
        and live.fields == policy.fields
    )


def _renames(
    wanted: Sequence[Policy],
    open_: Sequence[int],
    live: Sequence[LivePolicy],
    taken: set[str],
    take: Callable[[int, LivePolicy], None],
) -> None:
    """Among what is left: equal rules and equal action, where that is unique on both sides."""
    if not open_:
        return
    free: dict[Hashable, list[LivePolicy]] = {}
    for candidate in live:
        if candidate.id not in taken:
            free.setdefault(_content(candidate.policy), []).append(candidate)
    seeking = Counter(_content(wanted[i]) for i in open_)
    for i in open_:
        key = _content(wanted[i])
        candidates = free.get(key, [])
        if len(candidates) == 1 and seeking[key] == 1:
            take(i, candidates[0])


def _content(policy: Policy) -> Hashable:
    if policy.rules:
        return (policy.action, policy.rules)
    return (policy.action, digest(dict(policy.fields)))


# ------------------------------------------------------------------------------------------------ rules
@dataclass(frozen=True, slots=True)
class RuleDiff:
    """``changed``: (live rule, its id, wanted rule), pairs of one type and key; the rest in fixed order."""

    changed: tuple[tuple[Rule, str, Rule], ...] = ()
    removed: tuple[tuple[Rule, str], ...] = ()
    added: tuple[Rule, ...] = ()

    @property
    def empty(self) -> bool:
        """True when both sets are equal."""
        return not (self.changed or self.removed or self.added)


def match_rules(
    live: Sequence[tuple[Rule, str]], wanted: Sequence[Rule], can_update: Callable[[Rule, Rule], bool]
) -> RuleDiff:
    """Match two sets of rules: equal ones first, then same type and key, then the rest (where one call can do it)."""
    need = Counter(wanted)
    rest: list[tuple[Rule, str]] = []
    for rule, rule_id in live:
        if need[rule] > 0:
            need[rule] -= 1
        else:
            rest.append((rule, rule_id))
    missing = sorted(need.elements(), key=_sort_key)
    rest.sort(key=lambda pair: (*_sort_key(pair[0]), pair[1]))
    changed: list[tuple[Rule, str, Rule]] = []
    rest, missing = _pair(rest, missing, changed, lambda a, b: (a.type, a.key) == (b.type, b.key) and can_update(a, b))
    rest, missing = _pair(rest, missing, changed, can_update)
    return RuleDiff(tuple(changed), tuple(rest), tuple(missing))


def _pair(
    rest: list[tuple[Rule, str]],
    missing: list[Rule],
    changed: list[tuple[Rule, str, Rule]],
    fit: Callable[[Rule, Rule], bool],
) -> tuple[list[tuple[Rule, str]], list[Rule]]:
    left: list[tuple[Rule, str]] = []
    for rule, rule_id in rest:
        partner = next((m for m in missing if fit(rule, m)), None)
        if partner is None:
            left.append((rule, rule_id))
        else:
            missing.remove(partner)
            changed.append((rule, rule_id, partner))
    return left, missing


def _sort_key(rule: Rule) -> tuple[object, ...]:
    return rule.sort_key


# ------------------------------------------------------------------------------------------------ addresses
def live_addresses(scope: str, live: Iterable[LivePolicy], listed: dict[str, str]) -> dict[str, str]:
    """Live id -> address: the listed name where it is matched, else its own name if that is usable, else ``@<id>``."""
    policies = list(live)
    names = Counter(p.policy.name for p in policies)
    wanted_names = set(listed.values())
    found: dict[str, str] = {}
    for policy in policies:
        name = policy.policy.name
        if policy.id in listed:
            found[policy.id] = address.policy(scope, listed[policy.id])
        elif not name or names[name] > 1 or name.startswith("@") or name in wanted_names:
            found[policy.id] = address.policy_by_id(scope, policy.id)
        else:
            found[policy.id] = address.policy(scope, name)
    return found


def rule_addresses(
    policy_address: str, wanted: Sequence[Rule], live: Sequence[tuple[Rule, str]], becoming: Container[str | None] = ()
) -> RuleAddresses:
    """Addresses of the rules of one policy: ``#n`` counted over the wanted ones, then live ones that match none.

    ``becoming`` holds the ids of live rules that are changed into a wanted one: they have its address.
    """
    need = Counter(wanted)
    alone = []
    for rule, rule_id in live:
        if need[rule] > 0:
            need[rule] -= 1
        elif rule_id not in becoming:
            alone.append((rule, rule_id))
    count = Counter((r.type, r.key) for r in (*wanted, *(r for r, _ in alone)))
    seen: Counter[tuple[str, str | None]] = Counter()

    def one(rule: Rule) -> str:
        kind = (rule.type, rule.key)
        seen[kind] += 1
        return address.rule(policy_address, rule.type, rule.key, seen[kind] if count[kind] > 1 else None)

    of_wanted: dict[Rule, str] = {}
    for rule in wanted:
        text = one(rule)
        of_wanted.setdefault(rule, text)
    return RuleAddresses(of_wanted, {rule_id: one(rule) for rule, rule_id in alone})


@dataclass(frozen=True, slots=True)
class RuleAddresses:
    """Addresses of wanted rules by content, and of live ones that match none by id."""

    wanted: dict[Rule, str]
    live: dict[str, str]

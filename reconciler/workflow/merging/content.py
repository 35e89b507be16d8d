"""What has to change in the words of a manifest so that they say what is live: field by field, in the normal form.

Fields that are equal in the normal form keep their words, also where a default or another spelling is written out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.manifests.edits.change import Edit, Fields, Items, New, Set
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.model.objects import EMPTY, Policy, Rule, SecurityRule
from reconciler.records import dataclass
from reconciler.workflow.merging.names import Parts, Referring

_POOL = ("redirect_pool_id", "redirect_pools_config")


@dataclass(frozen=True, slots=True)
class Writer:
    """Turns differences into edits. ``coarse``: lists inside of policies are written anew, in the cloud's order."""

    dialect: Dialect
    referring: Referring
    coarse: bool = False

    # ------------------------------------------------------------------ policies
    def policy(self, raw: Mapping[str, Json], wanted: Policy, live: Policy, number: str | None) -> Fields:
        """Edits of one listed policy. ``wanted`` has the ignored fields as they are live; ``number``: pinned there."""
        parts = Parts()
        before, after = wanted.to_json(with_rules=False), live.to_json(with_rules=False)
        if before["name"] != after["name"]:
            parts.edits["name"] = Set(after["name"])
            parts.drop |= {"renamed_from"} & set(raw)
        defaults = self.dialect.defaults("l7policy") if wanted.action == live.action else {}
        for key in sorted({*before, *after} - {"name", *_POOL}):
            if before.get(key) != after.get(key):
                self._field(raw, key, before.get(key), after.get(key), parts, defaults)
        if any(before.get(key) != after.get(key) for key in _POOL):
            self._pools(raw, after, parts)
        if wanted.rules != live.rules:
            self._rules(raw, live.rules, parts)
        if number is not None and raw.get(number) != live.number and live.number is not None:
            self._plain(raw, number, live.number, parts)
        return _fields(parts)

    def _field(
        self, raw: Mapping[str, Json], key: str, before: Json, after: Json, parts: Parts,
        defaults: Mapping[str, Json] = EMPTY,
    ) -> None:  # fmt: skip
        """One field that differs; absent live: it goes, or says the default where there is one to say."""
        if key in self.referring.known:
            if after is None:
                parts.drop |= set(self.referring.fields_of(key)) & set(raw)
            else:
                self.referring.set(raw, key, str(after), parts)
        elif after is None and key in raw and _sayable(defaults.get(key)) and not self.coarse:
            parts.edits[key] = Set(defaults[key])
        elif after is None:
            parts.drop |= {key} & set(raw)
        elif key not in raw:
            parts.add[key] = self.referring.written(after)
        else:
            found = self._value(raw[key], before, after)
            if found is not None:
                parts.edits[key] = found

    def _value(self, raw: Json, before: Json, after: Json) -> Edit | None:
        """The edit that gives a value the meaning ``after``."""
        if isinstance(raw, Mapping) and isinstance(after, Mapping):
            parts, old = Parts(), before if isinstance(before, Mapping) else {}
            for key in sorted({*old, *after}):
                if old.get(key) != after.get(key):
                    self._field(raw, key, old.get(key), after.get(key), parts)
            kept = len(raw) - len(parts.drop) + len(parts.add)
            return _fields(parts) if kept else Set(self.referring.written(after))
        if isinstance(raw, list) and isinstance(after, (list, tuple)) and not self.coarse:
            return self._list(raw, after)
        return Set(self.referring.written(after))

    def _list(self, raw: Sequence[Json], after: Sequence[Json]) -> Edit | None:
        """A list that is a set: what stays keeps its place, what is new comes last."""
        edits: dict[int, Edit] = {}
        left = list(range(len(raw)))
        new: list[Json] = []
        for item in after:
            equal = next((n for n in left if raw[n] == item), None)
            alike = next((n for n in left if _same_key(raw[n], item)), None) if equal is None else equal
            if alike is None:
                new.append(item)
                continue
            left.remove(alike)
            if equal is None:
                change = self._value(raw[alike], raw[alike], item)
                if change is not None:
                    edits[alike] = change
        kept = [n for n in range(len(raw)) if n not in left]
        return Items([*kept, *(New(self.referring.written(i)) for i in new)], edits)

    @staticmethod
    def _plain(raw: Mapping[str, Json], key: str, value: Json, parts: Parts) -> None:
        if key in raw:
            parts.edits[key] = Set(value)
        else:
            parts.add[key] = value

    def _pools(self, raw: Mapping[str, Json], after: Mapping[str, Json], parts: Parts) -> None:
        single = set(self.referring.fields_of("redirect_pool_id")) & set(raw)
        config = raw.get("redirect_pools_config")
        if "redirect_pools_config" in after:
            if isinstance(config, list) and not self.coarse:
                parts.edits["redirect_pools_config"] = self._weights(config, after["redirect_pools_config"])
            else:
                self._plain(raw, "redirect_pools_config", self.referring.written(after["redirect_pools_config"]), parts)
                parts.drop |= single
            return
        parts.drop |= {"redirect_pools_config"} & set(raw)
        if "redirect_pool_id" in after:
            self.referring.set(raw, "redirect_pool_id", str(after["redirect_pool_id"]), parts)
        else:
            parts.drop |= single

    def _weights(self, raw: Sequence[Mapping[str, Json]], after: Sequence[Mapping[str, Json]]) -> Items:
        wanted = {entry["pool_id"]: entry["weight"] for entry in after}
        order: list[int | New] = []
        edits: dict[int, Edit] = {}
        for n, entry in enumerate(raw):
            pool = self.referring.leads_to(entry, "pool_id")
            if pool not in wanted:
                continue
            weight = wanted.pop(pool)
            order.append(n)
            if entry.get("weight", 1) != weight:
                parts = Parts()
                self._plain(entry, "weight", weight, parts)
                edits[n] = _fields(parts)
        order += [New(self.referring.written(entry)) for entry in after if entry["pool_id"] in wanted]
        return Items(order, edits)

    # ------------------------------------------------------------------ rules
    def _rules(self, raw: Mapping[str, Json], live: Sequence[Rule], parts: Parts) -> None:
        """Rules are a set: equal ones stay, those of one type and key change in place, new ones take free places."""
        given = raw.get("rules")
        if not isinstance(given, list):
            parts.add["rules"] = [r.to_json() for r in live]
            return
        mine = [self.dialect.rule(r) for r in given]
        need = Counter(live)
        left: list[int] = []
        for n, rule in enumerate(mine):
            if need[rule] > 0:
                need[rule] -= 1
            else:
                left.append(n)
        missing = sorted(need.elements(), key=lambda r: r.sort_key)
        edits: dict[int, Edit] = {}
        gone: list[int] = []
        for n in left:
            rule = mine[n]
            partner = next((m for m in missing if (m.type, m.key) == (rule.type, rule.key)), None)
            if partner is None:
                gone.append(n)
                continue
            missing.remove(partner)
            edits[n] = self.rule(given[n], rule, partner)
        order: list[int | New] = []
        for n in range(len(mine)):
            if n not in gone:
                order.append(n)
            elif missing:
                order.append(New(missing.pop(0).to_json()))
        parts.edits["rules"] = Items([*order, *(New(m.to_json()) for m in missing)], edits)

    def rule(self, raw: Mapping[str, Json], wanted: Rule, live: Rule) -> Fields:
        """Edits of one rule."""
        parts, defaults = Parts(), self.dialect.defaults("l7rule")
        before, after = wanted.to_json(), live.to_json()
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                self._field(raw, key, before.get(key), after.get(key), parts, defaults)
        return _fields(parts)

    def security_rule(
        self, raw: Mapping[str, Json], wanted: SecurityRule, live: SecurityRule, ignored: frozenset[str]
    ) -> Fields:
        """Edits of one security group rule."""
        parts, defaults = Parts(), self.dialect.defaults("security_group_rule")
        before, after = wanted.to_json(), live.to_json()
        for key in sorted({*before, *after} - ignored):
            if before.get(key) != after.get(key):
                self._field(raw, key, before.get(key), after.get(key), parts, defaults)
        return _fields(parts)


def _fields(parts: Parts) -> Fields:
    return Fields(parts.edits, frozenset(parts.drop), parts.rename, parts.add)


def _sayable(default: Json) -> bool:
    """Is it a value that a line can say, so that the line and its comment stay?"""
    return isinstance(default, (bool, int)) or (isinstance(default, str) and default != "")


def _same_key(raw: Json, item: Json) -> bool:
    """Two entries of a list of objects that are about one key."""
    if not isinstance(raw, Mapping) or not isinstance(item, Mapping) or "key" not in item:
        return False
    return str(raw.get("key", "")).lower() == str(item["key"]).lower()

"""Raw objects of an API as live objects of the model: shared by every provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.diagnostics import Diagnostic
from reconciler.model.address import policy_by_id
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.model.live import LivePolicy, LiveSecurityRule
from reconciler.model.objects import Rule

Raw = dict[str, Json]


@dataclass(slots=True)
class Reader:
    """Turns raw objects into live ones; counts what nobody knows; reports what cannot be read.

    ``system_description``: security group rules with exactly this description are the platform's own.
    """

    dialect: Dialect
    address: str
    system_description: str | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def policies(self, raws: Iterable[Raw], rules: Mapping[str, list[Raw]]) -> tuple[LivePolicy, ...]:
        """Live policies in the order of their numbers (none: last), then ids."""
        found = [live for raw in raws if (live := self._policy(raw, rules.get(raw["id"], []))) is not None]
        last = float("inf")
        found.sort(key=lambda p: (last if p.policy.number is None else p.policy.number, p.id))
        return tuple(found)

    def security_rules(self, raws: Iterable[Raw]) -> tuple[LiveSecurityRule, ...]:
        """Live security group rules, by id."""
        out = []
        for raw in sorted(raws, key=lambda r: text_of(r.get("id"))):
            try:
                rule = self.dialect.security_rule(raw)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._unreadable(raw, "security group rule", error)
                continue
            self._count("security_group_rule", raw)
            out.append(LiveSecurityRule(text_of(raw.get("id")), rule, self._is_system(raw), _stamp(raw)))
        return tuple(out)

    def _policy(self, raw: Raw, raw_rules: list[Raw]) -> LivePolicy | None:
        try:
            bare = self.dialect.policy({**raw, "rules": []})
            rules = [(self.dialect.rule(rule), text_of(rule.get("id")), rule) for rule in raw_rules]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._unreadable(raw, "policy", error)
            return None
        self._count("l7policy", raw)
        for rule in raw_rules:
            self._count("l7rule", rule)
        if len(rules) > 1:
            rules.sort(key=_rule_order)
        return LivePolicy(
            raw["id"],
            replace(bare, rules=tuple(rule for rule, _, _ in rules)),
            tuple(rule_id for _, rule_id, _ in rules),
            text_of(raw.get("provisioning_status")) or "ACTIVE",
            tuple(text_of(rule.get("provisioning_status")) or "ACTIVE" for _, _, rule in rules),
            _stamp(raw),
        )

    def _is_system(self, raw: Raw) -> bool:
        return self.system_description is not None and raw.get("description") == self.system_description

    def _count(self, kind: str, raw: Raw) -> None:
        for name in self.dialect.unknown_fields(kind, raw):
            self.unknown[name] = self.unknown.get(name, 0) + 1

    def _unreadable(self, raw: Raw, what: str, error: Exception) -> None:
        """Never quotes the object: only its id and which kind of trouble it was."""
        object_id = text_of(raw.get("id"))
        self.diagnostics.append(
            Diagnostic(
                "CONN-OBJECT", f"live {what} {object_id!r} cannot be read: {type(error).__name__}",
                hint="the API answered something that its documentation does not show: please report it",
                address=self.address if what != "policy" else policy_by_id(self.address, object_id),
            )
        )


def _rule_order(item: tuple[Rule, str, Raw]) -> tuple[object, ...]:
    return (*item[0].sort_key, item[1])


def _stamp(raw: Raw) -> str | None:
    return text_of(raw.get("updated_at")) or None


def objects_in(value: Json) -> list[Raw]:
    """The objects of a list; anything else is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: Json) -> str:
    """A text, or ``""`` for anything else."""
    return value if isinstance(value, str) else ""

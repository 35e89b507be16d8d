"""Raw objects of an API as live objects of the model: shared by every provider.

Objects are turned page by page, so that a raw page (four times as large as what is kept) can be dropped at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.model.address import policy_by_id
from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.model.live import LivePolicy, LiveSecurityRule
from reconciler.model.objects import Rule
from reconciler.records import dataclass, field, replace

Raw = dict[str, Json]

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
_LAST = float("inf")


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A live rule of a policy, with the names of its fields that nobody knows."""

    rule: Rule
    id: str
    status: str
    unknown: tuple[str, ...] = ()
    updated_at: str | None = None


def live_rule(dialect: Dialect, raw: Raw) -> LiveRule:
    """A rule from the API's words.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: not what the API documents.
    """
    return LiveRule(
        dialect.rule(raw), text_of(raw.get("id")), text_of(raw.get("provisioning_status")) or "ACTIVE",
        tuple(dialect.unknown_fields("l7rule", raw)), _stamp(raw),
    )  # fmt: skip


@dataclass(slots=True)
class Reader:
    """Collects the live objects of one scope; counts what nobody knows; reports what cannot be read.

    ``is_system`` tells the platform's own security group rules, which are never touched.
    """

    dialect: Dialect
    address: str
    is_system: Callable[[Raw], bool] | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _policies: list[LivePolicy] = field(default_factory=list)

    def add(self, raw: Raw, raw_rules: Iterable[Raw]) -> None:
        """A policy with its raw rules."""
        try:
            rules = [live_rule(self.dialect, rule) for rule in raw_rules]
        except _UNREADABLE as error:
            self._unreadable(raw, "policy", error)
            return
        self.add_with(raw, rules)

    def add_with(self, raw: Raw, rules: Sequence[LiveRule]) -> None:
        """A policy with rules that are live objects already."""
        try:
            bare = self.dialect.policy({**raw, "rules": ()})
        except _UNREADABLE as error:
            self._unreadable(raw, "policy", error)
            return
        self._count(self.dialect.unknown_fields("l7policy", raw))
        for rule in rules:
            self._count(rule.unknown)
        if len(rules) > 1:
            rules = sorted(rules, key=_rule_order)
        self._policies.append(
            LivePolicy(
                raw["id"],
                replace(bare, rules=tuple(rule.rule for rule in rules)),
                tuple(rule.id for rule in rules),
                text_of(raw.get("provisioning_status")) or "ACTIVE",
                tuple(rule.status for rule in rules),
                _stamp(raw),
                tuple(rule.updated_at for rule in rules),
            )
        )

    def policies(self) -> tuple[LivePolicy, ...]:
        """The policies in the order of their numbers (none: last), then ids."""
        self._policies.sort(key=lambda p: (_LAST if p.policy.number is None else p.policy.number, p.id))
        return tuple(self._policies)

    def security_rules(self, raws: Iterable[Raw]) -> tuple[LiveSecurityRule, ...]:
        """Live security group rules, by id."""
        out = []
        for raw in sorted(raws, key=lambda r: text_of(r.get("id"))):
            try:
                rule = self.dialect.security_rule(raw)
            except _UNREADABLE as error:
                self._unreadable(raw, "security group rule", error)
                continue
            self._count(self.dialect.unknown_fields("security_group_rule", raw))
            system = self.is_system is not None and self.is_system(raw)
            out.append(LiveSecurityRule(text_of(raw.get("id")), rule, system, _stamp(raw)))
        return tuple(out)

    def _count(self, names: Iterable[str]) -> None:
        for name in names:
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


def _rule_order(item: LiveRule) -> tuple[object, ...]:
    return (*item.rule.sort_key, item.id)


def _stamp(raw: Raw) -> str | None:
    return text_of(raw.get("updated_at")) or None


def objects_in(value: Json) -> list[Raw]:
    """The objects of a list; anything else is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: Json) -> str:
    """A text, or ``""`` for anything else."""
    return value if isinstance(value, str) else ""

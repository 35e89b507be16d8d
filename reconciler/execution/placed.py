"""What stood as wanted when a run ended, scope by scope: what ``drift --since`` tells causes by.

Contents are tokens (:mod:`reconciler.planning.standing`), so that its size is linear in what is listed and small: about
15 bytes a security group rule, 100 a policy.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.canonical import Json
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class PlacedPolicy:
    """A listed policy that is live.

    ``fields``: the token of each field that is not its default; None where the live value was left as it was
    (ignored, or not put in place; the number's field stands for the place in the order). ``rules``: the tokens of its
    rules, or None likewise.
    """

    name: str
    fields: Mapping[str, str | None] = field(hash=False)
    rules: tuple[str, ...] | None = ()

    def to_json(self) -> dict[str, Json]:
        """As in ``policies`` of a placed scope."""
        return {
            "name": self.name,
            "fields": dict(self.fields),
            "rules": None if self.rules is None else list(self.rules),
        }


@dataclass(frozen=True, slots=True)
class PlacedScope:
    """One scope at the end of a run. ``policies`` (a listener's, in listed order) or ``rules`` (a group's tokens).

    ``kept`` are the live ids of other objects that were left: unlisted, ignored, or still to be deleted; None where
    that is not known.
    """

    scope: str
    id: str
    lane: str
    kept: frozenset[str] | None
    policies: tuple[PlacedPolicy, ...] | None = None
    rules: frozenset[str] | None = None
    directions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As in ``placed``."""
        out: dict[str, Json] = {"scope": self.scope, "id": self.id, "lane": self.lane}
        if self.policies is not None:
            out["policies"] = [p.to_json() for p in self.policies]
        if self.rules is not None:
            out |= {"directions": list(self.directions), "rules": sorted(self.rules)}
        return {**out, "kept": None if self.kept is None else sorted(self.kept)}


def read_placed(outcome: Mapping[str, Json]) -> dict[str, PlacedScope] | None:
    """The placed scopes of an outcome document that its schema accepts, by address; None: of a version without them."""
    placed = outcome.get("placed")
    return None if placed is None else {p["scope"]: _scope(p) for p in placed}


def _scope(raw: Mapping[str, Json]) -> PlacedScope:
    policies = raw.get("policies")
    rules = raw.get("rules")
    return PlacedScope(
        raw["scope"],
        raw["id"],
        raw["lane"],
        None if raw["kept"] is None else frozenset(raw["kept"]),
        None if policies is None else tuple(_policy(p) for p in policies),
        None if rules is None else frozenset(rules),
        tuple(raw.get("directions", ())),
    )


def _policy(raw: Mapping[str, Json]) -> PlacedPolicy:
    return PlacedPolicy(raw["name"], dict(raw["fields"]), None if raw["rules"] is None else tuple(raw["rules"]))

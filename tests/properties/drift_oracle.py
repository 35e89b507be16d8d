"""What drift must find, told by three plain states: what the last apply left, what is live, what the manifests want.

Shares no code with the product: objects go by their names, fields are compared one by one.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from properties.drift_cloud import GUARD, State

CLONE = re.compile(r"(.{1,48})\.next-[0-9a-f]{6}")


@dataclass(frozen=True)
class Expected:
    """One finding: ``part`` is the rule's type or the port, ``fields`` are without the place in the order."""

    what: str
    kind: str
    name: str
    part: str = ""
    fields: frozenset = frozenset()
    cause: str = ""


@dataclass
class Oracle:
    """``base``: None when no outcome is known. ``others``: names and ports that the last apply left beside it."""

    base: State | None
    live: State
    wanted: State
    unlisted: str
    note: str
    others: frozenset = frozenset()
    guard: bool = False

    def cause(self, outside):
        return "unknown" if self.base is None else "outside" if outside else "not_applied"

    # ------------------------------------------------------------------ policies
    def policies(self):
        found = set()
        listed = set(self.wanted.names)
        clones = {p.name for p in self.live.policies if self.clone_of(p.name) in listed}
        alone = {}
        for name in sorted(clones):
            heir = self.clone_of(name)
            if heir not in self.live.names and sum(self.clone_of(c) == heir for c in clones) == 1:
                alone[heir] = name
        for want in self.wanted.policies:
            live = self.live.policy(alone.get(want.name, want.name))
            if live is None:
                was = self.base is not None and self.base.policy(want.name) is not None
                found.add(Expected("missing", "l7policy", want.name, cause=self.cause(was)))
            else:
                found |= self.listed(want, live)
        for live in self.live.policies:
            if live.name not in listed and live.name not in alone.values():
                cause = (
                    "unfinished_run" if live.name in clones else self.extra(live.name, self._listed_before(live.name))
                )
                found.add(Expected("unlisted", "l7policy", live.name, cause=cause))
        return found

    def clone_of(self, name):
        match = CLONE.fullmatch(name)
        return match[1] if match else None

    def _listed_before(self, name):
        return self.base is not None and self.base.policy(name) is not None

    def extra(self, name, listed_before):
        if self.base is None:
            return "unknown"
        if listed_before:
            return "not_applied"
        if name not in self.others:
            return "outside"
        return "unknown" if self.unlisted == "keep" else "not_applied"

    def listed(self, want, live):
        base = self.base.policy(want.name) if self.base is not None else None
        found = set()
        outside, fields = False, set()
        for field, told in (("pool", "redirect_pool_id"), ("note", self.note), ("enabled", "admin_state_up")):
            if getattr(want, field) != getattr(live, field):
                fields.add(told)
                outside |= base is not None and getattr(base, field) == getattr(want, field)
        cause = self.cause(outside)
        if live.name != want.name:
            fields.add("name")
            cause = "unfinished_run"
        if fields:
            found.add(Expected("changed", "l7policy", want.name, "", frozenset(fields), cause))
        left = self.guard and (("PATH", GUARD) in live.rules or (not live.rules and base is None))
        for kind, wanted, is_ in self._rules(want, live):
            was = base.rule(kind) if base else None
            what = "missing" if is_ is None else "unlisted" if wanted is None else "changed"
            if what == "unlisted":
                why = self.cause(base is not None and is_ != was)
                why = "unfinished_run" if self.guard and is_ == GUARD else why
            else:
                why = "unfinished_run" if left else self.cause(base is not None and was == wanted)
            names = frozenset() if what != "changed" else frozenset(
                n for n, a, b in zip(("compare_type", "value"), wanted, is_, strict=True) if a != b
            )  # fmt: skip
            found.add(Expected(what, "l7rule", want.name, kind, names, why))
        return found

    @staticmethod
    def _rules(want, live):
        """(type, wanted, live) that differ. A run that was killed may leave several rules of a type."""
        for kind in sorted({k for k, _ in (*want.rules, *live.rules)}):
            wanted, lives = want.rule(kind), [c for k, c in live.rules if k == kind]
            if wanted in lives:
                lives.remove(wanted)
            elif wanted is not None:
                yield kind, wanted, lives.pop(0) if lives else None
            for extra in lives:
                yield kind, None, extra

    # ------------------------------------------------------------------ order
    def order_cause(self, name):
        if self.base is None:
            return "unknown"
        if self.base.policy(name) is None:
            return "not_applied"
        before = [n for n in self.base.names if n in self.wanted.names]
        now = self.wanted.names
        same = all(
            (before.index(name) < before.index(o)) == (now.index(name) < now.index(o)) for o in before if o != name
        )
        return "outside" if same else "not_applied"

    def check_order(self, moved, changed, perhaps):
        """Those that are named are enough and no more: the others stand in listed order, as many as can.

        A policy that is written anyway (``changed``, and some of ``perhaps``) is moved rather than another.
        """
        common = [n for n in self.live.names if n in self.wanted.names]
        place = {n: i for i, n in enumerate(self.wanted.names)}
        assert moved <= set(common)
        staying = [place[n] for n in common if n not in moved]
        assert staying == sorted(staying), (moved, common, self.wanted.names)
        orders = [c for n in range(len(common) + 1) for c in itertools.combinations(common, n)]
        orders = [c for c in orders if [place[n] for n in c] == sorted(place[n] for n in c)]
        unsure = sorted(perhaps - changed)
        choices = [changed.union(c) for n in range(len(unsure) + 1) for c in itertools.combinations(unsure, n)]
        mine = [n for n in common if n not in moved]
        assert any(_worth(mine, free) == max(_worth(c, free) for c in orders) for free in choices), (moved, common)

    # ------------------------------------------------------------------ ports
    def ports(self):
        live, wanted = dict(self.live.ports), dict(self.wanted.ports)
        base = dict(self.base.ports) if self.base is not None else {}
        found = set()
        for port in {*live, *wanted}:
            name = str(port)
            if port not in live:
                found.add(Expected("missing", "security_group_rule", "", name, cause=self.cause(port in base)))
            elif port not in wanted:
                cause = self.extra(name, port in base)
                found.add(Expected("unlisted", "security_group_rule", "", name, cause=cause))
            elif live[port] != wanted[port]:
                cause = self.cause(base.get(port) == wanted[port])
                found.add(Expected("changed", "security_group_rule", "", name, frozenset({"enabled"}), cause))
        return found


def _worth(staying, free):
    return sum(n not in free for n in staying), len(staying)


def told(document):
    """A drift document's findings in the oracle's words, and the policies out of order with their causes."""
    findings, moved = set(), {}
    for f in document["findings"]:
        segments = f["address"].split("/")
        name = segments[3] if f["kind"] != "security_group_rule" else ""
        if name.startswith("@"):
            name = f["live"]["name"]
        part = ""
        if f["kind"] == "l7rule":
            part = segments[5].partition("#")[0]
        elif f["kind"] == "security_group_rule":
            rule = f["live"] or f["wanted"]
            part = str(rule.get("multiport") or rule["port_range_min"])
        fields = frozenset(d["field"] for d in f["fields"])
        if "order" in fields:
            moved[name] = f["cause"]
        if fields != {"order"}:
            findings.add(Expected(f["what"], f["kind"], name, part, fields - {"order"}, f["cause"]))
    return findings, moved

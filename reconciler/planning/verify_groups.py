"""The independent replay of a security group's calls; see :mod:`reconciler.planning.verify`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.model.calls import Decoder
from reconciler.model.dialect import Dialect
from reconciler.model.live import Live, Quotas
from reconciler.model.objects import SecurityRule
from reconciler.planning.verify import FULL_CHECKS, Expected, Finding, Move


def verify_group(
    live: Live, moves: Sequence[Move], expected: Expected, dialect: Dialect, decoder: Decoder, quotas: Quotas
) -> tuple[list[Finding], int]:
    """Replay a group's calls: constraints and exposure between before-and-after and before-or-after at each state."""
    replay = _Replay(live, expected, dialect, decoder)
    known = {(i, c) for i, c, _ in dialect.group_state_violations(list(replay.rules.items()), quotas)}
    full = (len(replay.rules) + len(moves)) * (len(moves) + 1) <= FULL_CHECKS
    peak = _peak(moves, decoder)
    for n, move in enumerate(moves):
        touched = replay.step(move)
        state = replay.rules if full or n in (peak, len(moves) - 1) else replay.alike.get(touched, {})
        for rule_id, code, what in dialect.group_state_violations(list(state.items()), quotas):
            if (rule_id, code) not in known:
                known.add((rule_id, code))
                replay.findings.append(Finding(code, move.id, what))
        replay.gap(move)
        if replay.closed and not replay.open_gaps:
            what = f"{move.address} is closed meanwhile, and no gap says so"
            replay.findings.append(Finding("PLAN-VERIFY", move.id, what))
    left = {dialect.security_traffic(r) for i, r in replay.rules.items() if i not in expected.untouched}
    if left != replay.wanted:
        replay.findings.append(Finding("PLAN-VERIFY", None, "the group does not end as listed"))
    return replay.findings, len(moves) + 1


def _peak(moves: Sequence[Move], decoder: Decoder) -> int:
    """The index of the call after which there are most rules: limits on their number bind there."""
    now = most = 0
    at = -1
    for n, move in enumerate(moves):
        now += 1 if decoder.effect(move.call).op == "create" else -1
        if now > most:
            most, at = now, n
    return at


class _Replay:
    """The group's rules while calls are made, by id and by traffic: a call costs the same however many there are."""

    def __init__(self, live: Live, expected: Expected, dialect: Dialect, decoder: Decoder) -> None:
        self.expected, self.dialect, self.decoder = expected, dialect, decoder
        self.rules: dict[str, SecurityRule] = {}
        self.alike: dict[object, dict[str, SecurityRule]] = {}
        self.findings: list[Finding] = []
        self.wanted = {dialect.security_traffic(r) for r in expected.rules}
        for rule in live.security_rules:
            self._add(rule.id, rule.rule)
        self.keep = {key for key in self.alike if key in self.wanted}
        self.closed: set[object] = set()  # traffic of before and after that no rule admits now
        self.open_gaps = 0
        self.opens = Counter(first for first, _ in expected.gaps)
        self.closes = Counter(last for _, last in expected.gaps)

    def gap(self, move: Move) -> None:
        """Count the declared gaps that this call opens and closes."""
        self.open_gaps += self.opens[move.id] - self.closes[move.id]

    def _add(self, rule_id: str, rule: SecurityRule) -> object:
        key = self.dialect.security_traffic(rule)
        self.rules[rule_id] = rule
        self.alike.setdefault(key, {})[rule_id] = rule
        return key

    def step(self, move: Move) -> object:
        """One call; the traffic that it touched, None where the call is not the plan's to make."""
        effect = self.decoder.effect(move.call)
        if effect.kind != "security_group_rule" or effect.op not in ("create", "delete"):
            what = f"{effect.op} {effect.kind} on a security group"
            self.findings.append(Finding("PLAN-VERIFY", move.id, what))
            return None
        if effect.op == "create":
            key = self._add(move.id, self.dialect.security_rule(effect.values))
            self.closed.discard(key)
            return key
        object_id = str(effect.object_id)
        if object_id in self.expected.untouched or object_id not in self.rules:
            what = f"the rule {object_id} is not the plan's to delete"
            self.findings.append(Finding("PLAN-VERIFY", move.id, what))
            return None
        key = self.dialect.security_traffic(self.rules.pop(object_id))
        del self.alike[key][object_id]
        if not self.alike[key] and key in self.keep:
            self.closed.add(key)
        return key

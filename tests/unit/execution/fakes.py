"""A small cloud behind the Provider protocol: one listener (or group) a scope, faults by write number."""

import asyncio
import dataclasses
from collections.abc import Callable

from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI
from reconciler.execution.journal import NoJournal
from reconciler.execution.sending import Terms
from reconciler.model.calls import Call, NotFound, OutcomeUnknown, Refused, Reply, Settled
from reconciler.model.live import (
    GroupFacts,
    ListenerFacts,
    Live,
    LivePolicy,
    LiveSecurityRule,
    ReadResult,
    ReadTerm,
)
from reconciler.model.objects import policy_fingerprint, security_rule_fingerprint
from reconciler.planning.document import Plan, PlanScope, Precondition, Source, Step


class Clock:
    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self.time = start

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


class Encoder:
    """Calls that carry the step itself: the fake cloud reads them back."""

    def encode(self, op, kind, object_id, parent_id, before, after) -> Call:
        body = {"op": op, "kind": kind, "id": object_id, "parent": parent_id, "before": before, "after": after}
        return Call("fake", "POST", (kind, str(object_id)), body)


class Cloud:
    """Policies by listener, in order, with rule ids; rules by group. ``faults[n]`` acts on write n (from 1)."""

    name = "fake"

    def __init__(self, dialect) -> None:
        self.dialect = dialect
        self.type = dialect.name
        self.encoder = Encoder()
        self.decoder = None
        self.listeners: dict[str, list[LivePolicy]] = {}
        self.groups: dict[str, list[LiveSecurityRule]] = {}
        self.faults: dict[int, Callable] = {}
        self.writes: list[dict] = []
        self.sent = 0
        self.ids = 0
        self.settles = 0
        self.settled = Settled()
        self.on_read: Callable[[], None] = lambda: None
        self.unreadable: Exception | None = None

    def new_id(self, kind: str) -> str:
        self.ids += 1
        return f"{kind}-{self.ids}"

    def add(self, listener: str, raw: dict) -> LivePolicy:
        policy = self.dialect.policy({"rules": [], **raw})
        live = LivePolicy(self.new_id("pol"), policy, tuple(self.new_id("rule") for _ in policy.rules))
        self.listeners.setdefault(listener, []).append(live)
        return live

    def add_rule(self, group: str, raw: dict) -> LiveSecurityRule:
        live = LiveSecurityRule(self.new_id("sgr"), self.dialect.security_rule(raw))
        self.groups.setdefault(group, []).append(live)
        return live

    async def read(self, scopes) -> ReadResult:
        self.on_read()
        if self.unreadable is not None:
            raise self.unreadable
        lives = []
        for scope in scopes:
            if scope.kind == "listener":
                policies = tuple(self.listeners.get(scope.id, []))
                facts = ListenerFacts(scope.id, advanced_forwarding=True, load_balancer_kind="dedicated")
                lives.append(Live(scope, facts, policies=policies))
            else:
                rules = tuple(self.groups.get(scope.id, []))
                lives.append(Live(scope, GroupFacts(scope.id), security_rules=rules))
        return ReadResult(tuple(lives), reads=(ReadTerm("scopes", "1 a scope", len(lives)),))

    async def order(self, listener_id: str) -> tuple[str, ...]:
        return tuple(p.id for p in self.listeners[listener_id])

    async def send(self, call: Call) -> Reply:
        self.sent += 1
        await asyncio.sleep(0)
        fault = self.faults.get(self.sent)
        if fault is not None:
            return fault(lambda: self.carry_out(call.body))
        return Reply(200, object_id=self.carry_out(call.body), request_id=f"req-{self.sent}")

    async def settle(self, lane, call, reply) -> Settled:
        self.settles += 1
        await asyncio.sleep(0)
        object_id = reply.object_id if reply is not None else None
        return dataclasses.replace(self.settled, object_id=object_id)

    def carry_out(self, step: dict) -> str:
        self.writes.append(step)
        return getattr(self, "_" + step["kind"])(step)

    def _l7policy(self, step: dict) -> str:
        if step["op"] == "create":
            position = (step["after"] or {}).get("position")
            made = self.add(step["parent"], step["after"])
            if position is not None:
                policies = self.listeners[step["parent"]]
                policies.insert(position - 1, policies.pop())
            return made.id
        policies, index = self._find(step["id"])
        if step["op"] == "delete":
            del policies[index]
            return step["id"]
        live = policies.pop(index)
        policy = self.dialect.policy({"rules": [r.to_json() for r in live.policy.rules], **step["after"]})
        position = step["after"].get("position")
        policies.insert(index if position is None else position - 1, dataclasses.replace(live, policy=policy))
        return step["id"]

    def _l7rule(self, step: dict) -> str:
        policies, index = self._find(step["parent"])
        live = policies[index]
        pairs = [p for p in live.rules_with_ids if p[1] != step["id"]]
        rule_id = step["id"] or self.new_id("rule")
        if step["after"] is not None:
            pairs.append((self.dialect.rule(step["after"]), rule_id))
        pairs.sort(key=lambda p: p[0].sort_key)
        policy = dataclasses.replace(live.policy, rules=tuple(r for r, _ in pairs))
        policies[index] = dataclasses.replace(live, policy=policy, rule_ids=tuple(i for _, i in pairs))
        return rule_id

    def _security_group_rule(self, step: dict) -> str:
        if step["op"] == "create":
            return self.add_rule(step["parent"], step["after"]).id
        for rules in self.groups.values():
            for n, rule in enumerate(rules):
                if rule.id == step["id"]:
                    del rules[n]
                    return rule.id
        raise NotFound("no such rule", status=404)

    def _find(self, object_id: str):
        for policies in self.listeners.values():
            for n, policy in enumerate(policies):
                if policy.id == object_id:
                    return policies, n
        raise NotFound("no such policy", status=404)


# ---------------------------------------------------------------------- faults
def lost(carry_out):
    carry_out()
    raise OutcomeUnknown("the connection was closed")


def lost_before(carry_out):
    raise OutcomeUnknown("the connection was closed")


def refused(status: int = 400, kind=Refused):
    def fault(carry_out):
        raise kind("no", status=status, request_id="req-no")

    return fault


# ---------------------------------------------------------------------- plans
LANE = "fake:1:load_balancer:lb-1"


def pre(address: str, live: LivePolicy | LiveSecurityRule, dialect) -> Precondition:
    if isinstance(live, LivePolicy):
        number = "priority" if dialect.number_field == "priority" else None
        return Precondition(address, live.id, policy_fingerprint(live.policy, number))
    return Precondition(address, live.id, security_rule_fingerprint(live.rule))


def step(n, op, kind, address, *, object_id=None, parent_id=None, before=None, after=None, scope, lane=LANE, **more):
    call = Encoder().encode(op, kind, object_id, parent_id, before, after)
    return Step(
        id=f"s{n}", op=op, kind=kind, address=address, object_id=object_id, parent_id=parent_id, provider="fake",
        scope=scope, lane=lane, before=before, after=after, call=call, **more,
    )  # fmt: skip


def plan(*steps: Step, ids: dict[str, str], gaps=()) -> Plan:
    lanes = {s.scope: s.lane for s in steps}
    scopes = tuple(PlanScope(a, "fake", ids[a], lanes[a], "keep") for a in dict.fromkeys(s.scope for s in steps))
    return Plan("0.1.0", "2026-01-01", Source("0" * 64), scopes=scopes, steps=steps, gaps=tuple(gaps))


def terms(clock: Clock | None = None, journal=None, **more) -> Terms:
    return Terms(clock or Clock(), journal or NoJournal(), lambda: 0.5, **more)


__all__ = ["GCORE", "HUAWEI"]

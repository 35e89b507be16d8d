"""A provider in memory and a brute-force oracle of requests, for the planner's tests.

The provider applies the calls of a plan's JSON by itself (no decoder, no replay of ours); a request is a set of header
names, a policy matches it when all headers that its rules name are there. So policies overlap in every way.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from reconciler.dialects.gcore import GCORE
from reconciler.dialects.huawei import HUAWEI
from reconciler.dialects.openstack import OPENSTACK
from reconciler.model.desired import (
    DesiredPolicy,
    DesiredRule,
    ListenerDocument,
    Reference,
    SecurityGroupDocument,
)
from reconciler.model.live import GroupFacts, ListenerFacts, Live, LivePolicy, LiveSecurityRule, ScopeRef
from reconciler.planning import Options, PlanInputs, ScopeInput, plan
from reconciler.planning.document import Source
from reconciler.providers.gcore.codec import GcoreDecoder, GcoreEncoder
from reconciler.providers.huawei.codec import HuaweiDecoder, HuaweiEncoder
from reconciler.providers.openstack.codec import OpenStackDecoder, OpenStackEncoder

PROJECT = "0123456789abcdef0123456789abcdef"
LISTENER = "L"
TODAY = "2026-11-22"
PHASES = {"REJECT": 0, "REDIRECT_TO_URL": 1, "REDIRECT_PREFIX": 1, "REDIRECT_TO_POOL": 2}
"""Octavia's evaluation: all of one number before all of the next."""


def codecs(name):
    if name == "huawei":
        return HUAWEI, HuaweiEncoder(HUAWEI, lambda: PROJECT), HuaweiDecoder(lambda: PROJECT)
    if name == "openstack":
        return OPENSTACK, OpenStackEncoder(OPENSTACK), OpenStackDecoder()
    return GCORE, GcoreEncoder(GCORE, 1, 1), GcoreDecoder(1, 1)


def rule(provider, atom):
    """A rule that wants the header ``X-<atom>``; an atom that begins with ``/`` is a path prefix, ``!`` disables it."""
    if atom.startswith("!"):
        return {**rule(provider, atom[1:]), "admin_state_up": False}
    if atom.startswith("/"):
        return {"type": "PATH", "compare_type": "STARTS_WITH", "value": atom}
    if provider == "huawei":
        return {"type": "HEADER", "compare_type": "EQUAL_TO", "conditions": [{"key": f"X-{atom}", "value": "1"}]}
    return {"type": "HEADER", "compare_type": "EQUAL_TO", "key": f"X-{atom}", "value": "1"}


@dataclass(frozen=True)
class P:
    """One policy in shorthand: atoms that must all hold, a pool as target (``url:...``: a redirect)."""

    name: str
    atoms: tuple[str, ...]
    target: str
    number: int | None = None
    id: str = ""
    status: str = "ACTIVE"
    enabled: bool = True

    def raw(self, provider):
        body = {"name": self.name, "rules": [rule(provider, a) for a in self.atoms]}
        if self.target.startswith("url:") and provider == "huawei":
            body |= {
                "action": "REDIRECT_TO_URL",
                "redirect_url_config": {"host": self.target[4:], "status_code": "301"},
            }
        elif self.target.startswith("url:"):
            body |= {"action": "REDIRECT_TO_URL", "redirect_url": f"https://{self.target[4:]}/"}
        elif self.target == "reject":
            body |= {"action": "REJECT"}
        elif self.target == "listener":
            body |= {"action": "REDIRECT_TO_LISTENER", "redirect_listener_id": "other", "rules": []}
        else:
            body |= {"action": "REDIRECT_TO_POOL", "redirect_pool_id": self.target}
        if not self.enabled:
            body["admin_state_up"] = False
        if self.number is not None:
            body["priority" if provider == "huawei" else "position"] = self.number
        return body


def live_policy(provider, p, dialect):
    policy = dialect.policy(p.raw(provider))
    return LivePolicy(
        p.id or f"id-{p.name}", policy, tuple(f"{p.id or p.name}-r{n}" for n in range(len(policy.rules))), p.status
    )


def scope_input(
    provider, live, wanted, *, unlisted="delete", pins=None, renamed=None, facts=None, document=None, **more
):
    dialect, encoder, decoder = codecs(provider)
    pins, renamed = pins or {}, renamed or {}
    document = document or ListenerDocument(
        "shop",
        "prod",
        Reference("listener", name="shop", path=("spec", "listener")),
        None,
        unlisted,
        tuple(
            DesiredPolicy(p.name, {}, pins.get(p.name), renamed.get(p.name), ("spec", "policies", n))
            for n, p in enumerate(wanted)
        ),
        **more,
    )
    facts = facts or ListenerFacts(LISTENER, "shop", "HTTP", 80, True, "lb", "dedicated", "ACTIVE", "amphora")
    state = Live(
        ScopeRef(document.address, "listener", LISTENER, "lb"),
        facts,
        tuple(live_policy(provider, p, dialect) for p in live),
    )
    policies = tuple(dialect.policy(p.raw(provider)) for p in wanted)
    return ScopeInput(document, policies, state, "prod", f"{provider}:1:load_balancer:lb", dialect, encoder, decoder)


def make(provider, live, wanted, *, options=None, quotas=None, **more):
    """The Plan of one listener."""
    scope = scope_input(provider, live, wanted, **more)
    return plan(inputs(scope, options=options), quotas)


def inputs(*scopes, options=None):
    return PlanInputs(list(scopes), Source("0" * 64), options or Options(TODAY), "0.1.0")


# ------------------------------------------------------------------------------------------------ provider
@dataclass
class Cloud:
    """The listener's policies as the provider holds them."""

    provider: str
    policies: dict[str, dict] = field(default_factory=dict)  # id -> raw without rules
    rules: dict[str, dict[str, dict]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    calls: int = 0

    @classmethod
    def of(cls, provider, live):
        cloud = cls(provider)
        dialect = codecs(provider)[0]
        for p in live:
            one = live_policy(provider, p, dialect)
            raw = dict(p.raw(provider))
            raw.pop("rules")
            raw.pop("position", None)
            cloud.policies[one.id] = raw
            cloud.rules[one.id] = {i: r.to_json() for r, i in one.rules_with_ids}
            cloud.order.append(one.id)
        return cloud

    def shorthand(self):
        """Everything as (id, raw with rules), in order of evaluation."""
        ids = list(self.order)
        if self.provider == "huawei":
            ids.sort(
                key=lambda i: (
                    self.policies[i]["action"] != "REDIRECT_TO_LISTENER",
                    self.policies[i].get("priority") or 0,
                )
            )
        if self.provider == "openstack":
            ids.sort(key=lambda i: PHASES[self.policies[i]["action"]])
        return [(i, {**self.policies[i], "rules": list(self.rules[i].values())}) for i in ids]

    def lives(self):
        dialect = codecs(self.provider)[0]
        found = []
        for i in self.order:
            ordered = sorted(self.rules[i].items(), key=lambda kv: dialect.rule(kv[1]).sort_key)
            policy = dialect.policy({**self.policies[i], "rules": [r for _, r in ordered]})
            found.append(LivePolicy(i, policy, tuple(k for k, _ in ordered)))
        if self.provider == "huawei":
            found.sort(key=lambda p: p.policy.number or 0)
        return tuple(found)

    def apply(self, step, addresses):
        """One step's call; ``addresses``: address -> id, kept up to date here."""
        call = step["call"]
        self.calls += 1
        path = [s["$from"]["step"] if isinstance(s, dict) else s for s in call["path"]]
        if self.provider == "huawei":
            tail, body = path[4:], next(iter((call["body"] or {"": {}}).values()))
        elif self.provider == "openstack":
            tail, body = path[3:], next(iter((call["body"] or {"": {}}).values()))
        else:
            tail, body = path[5:], call["body"] or {}
        body = dict(body)
        if len(tail) >= 2:
            self._rule(step, call["method"], tail, body)
        else:
            self._policy(step, call["method"], tail, body, addresses)

    def _rule(self, step, method, tail, body):
        rules = self.rules[tail[0]]
        self.written.add(tail[0])
        if method == "POST":
            rules[step["id"]] = body
        elif method == "DELETE":
            del rules[tail[2]]
        else:
            rules[tail[2]] = {**rules[tail[2]], **body}

    def _policy(self, step, method, tail, body, addresses):
        if method == "DELETE":
            self.written.add(tail[0])
            del self.policies[tail[0]], self.rules[tail[0]]
            self.order.remove(tail[0])
            return
        number, rules = body.pop("position", None), body.pop("rules", None)
        if method == "POST":
            me = step["id"]
            body.pop("listener_id")
            self.policies[me], self.rules[me] = body, {}
            addresses[step["address"]] = me
            if number is None:
                self.order.append(me)
        else:
            me = tail[0]
            self.written.add(me)
            if "action" in body and body["action"] != self.policies[me]["action"]:
                self.policies[me] = {k: v for k, v in self.policies[me].items() if not k.startswith("redirect_")}
            self.policies[me].update(body)
        if rules is not None:
            self.rules[me] = {f"{step['id']}/{n}": r for n, r in enumerate(rules)}
        if number is not None:
            place = number["$position"]
            if me in self.order:
                self.order.remove(me)
            at = self.order.index(addresses[place["after"]]) + 1 if place["after"] else 0
            following = self.order[at] if at < len(self.order) else None
            assert following == (addresses[place["before"]] if place["before"] else None), (place, self.order)
            assert place["expected"] == at + 1
            self.order.insert(at, me)
        if self.provider == "huawei":
            numbers = [p["priority"] for p in self.policies.values() if p.get("priority")]
            assert len(numbers) == len(set(numbers)), f"priority used twice: {numbers}"
            assert all(1 <= n <= 10000 for n in numbers)
            sets = [frozenset(map(str, (HUAWEI.rule(r) for r in rs.values()))) for rs in self.rules.values() if rs]
            assert len(sets) == len(set(sets)), "equal match sets"


def run(provider, live, document):
    """Apply a plan's JSON; every state, the first included."""
    cloud = Cloud.of(provider, live)
    scope = "listener/shop"
    from reconciler.planning.match import live_addresses

    dialect = codecs(provider)[0]
    addresses = {a: i for i, a in live_addresses(scope, [live_policy(provider, p, dialect) for p in live], {}).items()}
    for step in document["steps"]:
        for c in step["preconditions"]:
            if c["object_id"]:
                addresses[c["address"]] = c["object_id"]
        if isinstance(step["object_id"], str) and step["kind"] == "l7policy":
            addresses[step["address"]] = step["object_id"]
    yield cloud
    for step in document["steps"]:
        cloud.apply(step, addresses)
        yield cloud


# ------------------------------------------------------------------------------------------------ requests
def routes(cloud, requests):
    """Who serves each request."""
    table = []
    for _, raw in cloud.shorthand():
        needs = []
        for r in raw["rules"]:
            if r.get("admin_state_up") is False:
                continue
            if r["type"] == "HEADER":
                needs.append((r.get("key") or r["conditions"][0]["key"])[2:])
            else:
                needs.append(r["value"])
        target = {k: v for k, v in raw.items() if k.startswith("redirect") or k == "action"}
        everything = raw["action"] == "REDIRECT_TO_LISTENER"
        if (needs or everything) and raw.get("admin_state_up") is not False:
            table.append((frozenset(needs), str(sorted(map(str, target.items())))))
    found = []
    for request in requests:
        found.append(next((t for needs, t in table if needs <= request), "default"))
    return found


def all_requests(atoms):
    """Every set of headers with every path: the prefixes that one path begins with."""
    headers = sorted(a for a in atoms if not a.startswith("/"))
    prefixes = sorted(a for a in atoms if a.startswith("/"))
    paths = [frozenset(), *(frozenset(q for q in prefixes if p.startswith(q)) for p in prefixes)]
    sets = [frozenset(c) for n in range(len(headers) + 1) for c in itertools.combinations(headers, n)]
    return [p | h for p in paths for h in sets]


def unsafe(provider, live, document):
    """Requests that get neither their old nor their new target at some prefix, outside declared gaps."""
    atoms = set()
    states = []
    snapshots = []
    for cloud in run(provider, live, document):
        for _, raw in cloud.shorthand():
            for r in raw["rules"]:
                word = r["value"] if r["type"] != "HEADER" else (r.get("key") or r["conditions"][0]["key"])[2:]
                if word != "reconciler-guard":
                    atoms.add(word)
        snapshots.append(cloud.shorthand())
    requests = all_requests(atoms)
    for snapshot in snapshots:
        states.append(routes(_Frozen(snapshot), requests))
    ids = [s["id"] for s in document["steps"]]
    open_ = set()
    for gap in document["gaps"]:
        open_ |= set(range(ids.index(gap["opened_by"]) + 1, ids.index(gap["closed_by"]) + 1))
    bad = []
    for n, state in enumerate(states):
        if n in open_:
            continue
        for request, target, old, new in zip(requests, state, states[0], states[-1], strict=True):
            if target not in (old, new):
                bad.append((n, sorted(request), target, old, new))
    return bad


@dataclass
class _Frozen:
    snapshot: list

    def shorthand(self):
        return self.snapshot


# ------------------------------------------------------------------------------------------------ groups
def group_input(provider, live, wanted, *, unlisted="delete", directions=("ingress",), **more):
    dialect, encoder, decoder = codecs(provider)
    document = SecurityGroupDocument(
        "web",
        "prod",
        Reference("security_group", name="web"),
        tuple(directions),
        unlisted,
        tuple(DesiredRule({}, ("spec", "rules", n)) for n in range(len(wanted))),
        **more,
    )
    rules = tuple(
        LiveSecurityRule(r.get("id", f"r{n}"), dialect.security_rule(r), r.get("description") == "system")
        for n, r in enumerate(live)
    )
    state = Live(ScopeRef(document.address, "security_group", "G"), GroupFacts("G", "web"), (), rules)
    policies = tuple(dialect.security_rule(r) for r in wanted)
    return ScopeInput(document, policies, state, "prod", f"{provider}:1:security_group:G", dialect, encoder, decoder)

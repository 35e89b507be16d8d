"""Histories of edits: apply, then edits in the cloud and in the manifests, also after runs that did not finish.

An oracle that knows both says what drift must find. More histories on demand: ``RECONCILE_HISTORIES=70 pytest ...``
gives that many a provider and a kind of history.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from contract.kit import FLAVOURS, Killed, World
from properties.drift_cloud import POOLS, Hands, Policy, State
from properties.drift_oracle import Oracle, told

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("RECONCILE_HISTORIES", "5"))
ALLOW = frozenset({f"gap=listener/web/policy/{n}" for n in ("pol0", "pol1", "pol2", "pol3")} | {
    "empty=listener/web", "empty=security_group/web"})  # fmt: skip


class History:
    """One world, and what was done to it."""

    def __init__(self, name, seed, folder):
        self.random = random.Random(f"{name} {seed}")
        self.flavour = FLAVOURS[name]
        self.unlisted = self.random.choice(["keep", "delete", "refuse"])
        self.others = frozenset()
        seeded, ports = [], []
        if self.unlisted == "keep" and self.random.random() < 0.7:
            old = Policy("old", rules=(("PATH", ("STARTS_WITH", "/old")),))
            seeded, ports = [old], [25]
            self.others = frozenset({"old", "25"})
        rules = [{"type": "PATH", "compare_type": "STARTS_WITH", "value": "/old"}]
        live = [self.flavour.policy("old", rules, pool="a")] if seeded else []
        self.world = World(self.flavour, folder, live, [self.flavour.rule(p) for p in ports])
        self.hands = Hands(self.world)
        self.base, self.outcomes = None, []
        self.made = 0
        self.wanted = State(
            tuple(self.policy(f"pol{n}") for n in range(self.random.randint(0, 4))),
            tuple((p, True) for p in sorted(self.random.sample([22, 80, 443, 8080], self.random.randint(0, 3)))),
        )
        self.write()

    def policy(self, name):
        rules = [("PATH", (self.random.choice(["STARTS_WITH", "EQUAL_TO"]), f"/{name}"))]
        if self.random.random() < 0.5:
            rules.append(("HOST_NAME", ("EQUAL_TO", f"{self.random.choice('xyz')}.example.com")))
        return Policy(name, self.random.choice(POOLS), self.random.choice(["", "n"]), tuple(rules))

    def write(self):
        self.world.listener([self.hands.document(p) for p in self.wanted.policies], unlisted=self.unlisted)
        rules = [self.flavour.rule(p, **({} if on else {"enabled": False})) for p, on in self.wanted.ports]
        self.world.group(rules, unlisted=self.unlisted)

    # ------------------------------------------------------------------ what happens
    def apply(self):
        result = self.world.apply(allow=ALLOW)
        assert result.exit_code == 0, result.diagnostics
        self.outcomes.append(result.outcome or result.record)
        self.base = self.wanted

    def interrupted(self, how):
        """An apply that is killed, or of which one write is refused."""
        writes = len(self.world.plan(allow=ALLOW).document["steps"])
        if not writes:
            return
        nth = self.random.randint(1, writes)
        wire = self.world.new_wire()
        if how == "refuse":
            wire.every = Refusing(wire, nth)
            result = self.world.apply(allow=ALLOW, wire=wire)
            assert result.exit_code in (1, 5), (result.exit_code, result.diagnostics)
            self.outcomes.append(result.outcome)
            self.world.clock._now += 60.0
            self._left_by_refused()
            return
        wire.acts = {nth: how}
        with pytest.raises(Killed):
            self.world.apply(allow=ALLOW, wire=wire)
        self.world.clock._now += 600.0

    def _left_by_refused(self):
        """What is as wanted now was placed, in the order in which it stands; anything else that is there was left."""
        live = self.hands.state()
        names = {p.name for p in self.wanted.policies}
        placed = tuple(p for p in (replace(p, id="") for p in live.policies) if self.wanted.policy(p.name) == p)
        ports = dict(self.wanted.ports)
        self.base = State(placed, tuple((p, on) for p, on in live.ports if ports.get(p) == on))
        self.others = frozenset({*(n for n in live.names if n not in names),
                                 *(str(p) for p, _ in live.ports if p not in ports)})  # fmt: skip

    def edit_cloud(self):
        """One edit through the cloud's own API."""
        live = self.hands.state()
        mine = [p for p in live.policies if ".next-" not in p.name]
        some = self.random.choice(mine) if mine else None
        acts = ["add", "port", "unport"]
        if some is not None:
            acts += ["pool", "note", "path", "host", "delete", "move", "no path"]
            acts += ["toggle"] if self.flavour.name == "openstack" else []
        act = self.random.choice(acts)
        self.made += 1
        if act == "add":
            self.hands.add(self.policy(f"out{self.made}"), self.random.randint(0, len(live.policies)))
        elif act == "port":
            free = [p for p in (21, 23, 3389, 22, 80) if p not in dict(live.ports)]
            if free:
                off = self.flavour.name == "huawei" and self.random.random() < 0.3
                self.hands.open_port(self.random.choice(free), enabled=not off)
        elif act == "unport":
            if live.ports:
                self.hands.close_port(self.random.choice(live.ports)[0])
        elif act == "pool":
            self.hands.retarget(some, self.random.choice([p for p in POOLS if p != some.pool]))
        elif act == "note":
            self.hands.annotate(some, f"by hand {self.made}")
        elif act == "path":
            self.hands.set_rule(some, "PATH", ("EQUAL_TO", f"/{some.name}/by-hand/{self.made}"))
        elif act == "host":
            content = None if some.rule("HOST_NAME") else ("EQUAL_TO", "by-hand.example.com")
            self.hands.set_rule(some, "HOST_NAME", content)
        elif act == "no path":
            if some.rule("PATH") and some.rule("HOST_NAME"):  # Huawei: no policy without rules
                self.hands.set_rule(some, "PATH", None)
        elif act == "delete":
            self.hands.delete(some)
        elif act == "move":
            self.hands.move(some, self.random.randint(0, len(live.policies) - 1))
        else:
            self.hands.toggle(some)

    def edit_manifest(self):
        """One edit of the documents."""
        policies, ports = list(self.wanted.policies), dict(self.wanted.ports)
        at = self.random.randrange(len(policies)) if policies else None
        act = self.random.choice(["add", "drop", "pool", "note", "path", "host", "swap", "port", "unport", "mode"])
        self.made += 1
        if act == "add":
            policies.insert(self.random.randint(0, len(policies)), self.policy(f"man{self.made}"))
        elif act == "port":
            ports[self.random.choice([5000, 5001, 5002])] = True
        elif act == "unport" and ports:
            ports.pop(self.random.choice(sorted(ports)))
        elif act == "mode" and self.unlisted == "keep":
            self.unlisted = self.random.choice(["delete", "refuse"])
        elif at is None:
            return
        elif act == "drop":
            del policies[at]
        elif act == "pool":
            policies[at] = replace(policies[at], pool=self.random.choice(POOLS))
        elif act == "note":
            policies[at] = replace(policies[at], note=self.random.choice(["", "wanted"]))
        elif act == "path":
            policies[at] = policies[at].with_rule("PATH", ("EQUAL_TO", f"/{policies[at].name}/wanted"))
        elif act == "host":
            content = None if policies[at].rule("HOST_NAME") else ("EQUAL_TO", "wanted.example.com")
            policies[at] = policies[at].with_rule("HOST_NAME", content)
        elif act == "swap":
            policies.insert(self.random.randrange(len(policies)), policies.pop(at))
        self.wanted = State(tuple(policies), tuple(sorted(ports.items())))
        self.write()

    # ------------------------------------------------------------------ what is found
    def check(self, *, since=True):
        """Every finding is right, and nothing else is found."""
        live = self.hands.state()
        result = self.world.drift(self.outcomes if since else (), allow=ALLOW)
        document = result.document
        SCHEMA.validate(json.loads(json.dumps(document)))
        assert self.world.wire.sent == []
        base = self.base if since else None
        oracle = Oracle(base, live, self.wanted, self.unlisted, self.hands.note_field(), self.others,
                        guard=self.flavour.name == "gcore")  # fmt: skip
        expected = oracle.policies() | oracle.ports()
        findings, moved = told(document)
        changed = {e.name for e in expected if e.kind == "l7policy" and e.what == "changed"}
        perhaps = {e.name for e in expected if e.kind == "l7rule"}
        also = {n for n in moved if any(e.name == n and e.what == "changed" and e.kind == "l7policy" for e in expected)}
        for name, cause in moved.items():
            if name not in also:
                assert cause == oracle.order_cause(name), (name, cause)
        expected = {self._with_order(e, also, moved, oracle) for e in expected}
        assert findings == expected, (sorted(map(str, findings - expected)), sorted(map(str, expected - findings)))
        oracle.check_order(set(moved), changed, perhaps)
        self._check_frame(document, result)
        return document

    def _with_order(self, one, also, moved, oracle):
        """A policy that differs and stands elsewhere is one finding: edited outside if one of both is."""
        if one.kind != "l7policy" or one.what != "changed" or one.name not in also or one.cause == "unfinished_run":
            return one
        return replace(one, cause="outside") if oracle.order_cause(one.name) == "outside" else one

    def _check_frame(self, document, result):
        findings = document["findings"]
        assert document["result"] == ("drift" if any(f["alarm"] for f in findings) else "clean")
        assert result.exit_code == (2 if any(f["alarm"] for f in findings) else 0)
        for f in findings:
            temporary = f["cause"] == "unfinished_run"
            kept = f["what"] == "unlisted" and f["kind"] != "l7rule" and self.unlisted == "keep" and not temporary
            assert f["kept"] == kept
            assert f["alarm"] == (not kept)
            assert f["file"] in ("manifests/listener.yaml", "manifests/group.yaml")
        steps = self.world.plan(allow=ALLOW).document["steps"]
        refused = self.unlisted == "refuse"
        real = [f for f in findings if not f["kept"] and not (refused and f["what"] == "unlisted"
                and f["kind"] != "l7rule" and f["cause"] != "unfinished_run")]  # fmt: skip
        assert bool(real) == bool(steps), (real, steps)

    def check_baseline(self, before):
        """What the earlier document knows does not alarm; what is new, does."""
        document = self.world.drift(self.outcomes, before, allow=ALLOW).document
        known = [content(f) for f in before["findings"]]
        for f in document["findings"]:
            assert f["known"] == (content(f) in known), f
            assert f["alarm"] == (not f["known"])
        now = [content(f) for f in document["findings"]]
        assert document["baseline"]["gone"] == sum(c not in now for c in known)


def content(finding):
    """What makes a finding the same in two runs."""
    keys = ("what", "kind", "scope", "object_id", "fields")
    whole = {k: finding[k] for k in keys}
    if finding["what"] in ("missing", "unlisted"):
        side = finding["wanted"] or finding["live"]
        whole["side"] = {k: v for k, v in side.items() if k not in ("position",)}
        if finding["kind"] == "l7policy":
            whole["side"].pop("priority", None)
    if finding["kind"] == "l7rule":
        whole["policy"] = finding["address"].split("/")[3]
    return json.dumps(whole, sort_keys=True)


class Refusing:
    """The ``nth`` write is answered with 400."""

    def __init__(self, wire, nth):
        self.wire, self.nth = wire, nth

    def __call__(self, request, _):
        if len(self.wire.sent) != self.nth or request.method == "GET" or "/auth/tokens" in str(request.url):
            return None
        body = {"error_msg": "no", "error_code": "X.1", "message": "no", "faultstring": "no"}
        return httpx.Response(400, json=body, request=request)


def _schema():
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/drift.schema.json").read_text("utf-8")))


SCHEMA = _schema()
HISTORIES = [(name, seed) for name in sorted(FLAVOURS) for seed in range(COUNT)]


@pytest.mark.parametrize(("name", "seed"), HISTORIES)
def test_after_an_apply_every_edit_is_found_with_its_cause(name, seed):
    with tempfile.TemporaryDirectory() as folder:
        history = History(name, seed, Path(folder))
        history.apply()
        clean = history.check()
        assert all(f["kept"] for f in clean["findings"])
        for _ in range(history.random.randint(0, 3)):
            history.edit_cloud()
        for _ in range(history.random.randint(0, 3)):
            history.edit_manifest()
        before = history.check()
        history.check(since=False)
        history.edit_cloud()
        history.check_baseline(before)


@pytest.mark.parametrize(("name", "seed"), HISTORIES)
@pytest.mark.parametrize("how", ["kill-after", "kill-before"])
def test_what_a_killed_run_left_is_told_from_what_was_edited(name, seed, how):
    with tempfile.TemporaryDirectory() as folder:
        history = History(name, f"{how} {seed}", Path(folder))
        history.apply()
        for _ in range(history.random.randint(1, 4)):
            history.edit_manifest()
        if history.unlisted == "refuse":
            return
        history.interrupted(how)
        history.check()
        history.check(since=False)


@pytest.mark.parametrize(("name", "seed"), HISTORIES)
def test_what_a_refused_run_did_not_do_is_not_applied(name, seed):
    with tempfile.TemporaryDirectory() as folder:
        history = History(name, f"refused {seed}", Path(folder))
        history.apply()
        for _ in range(history.random.randint(1, 4)):
            history.edit_manifest()
        if history.unlisted == "refuse":
            return
        history.interrupted("refuse")
        history.check()

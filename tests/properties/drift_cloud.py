"""Somebody else's hands on an emulated cloud, and a plain view of what is in it: shares no code with the product."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contract.kit import PROJECT, ask

POOLS = ("a", "b", "c")
GUARD = ("EQUAL_TO", "reconciler-guard")


@dataclass(frozen=True)
class Policy:
    """One policy in shorthand: at most one rule a type. ``note`` is the description (Gcore: one tag)."""

    name: str
    pool: str = "a"
    note: str = ""
    rules: tuple[tuple[str, tuple[str, str]], ...] = ()
    enabled: bool = True
    id: str = ""

    def __post_init__(self):
        object.__setattr__(self, "rules", tuple(sorted(self.rules)))

    def rule(self, kind):
        return dict(self.rules).get(kind)

    def with_rule(self, kind, content):
        left = [(k, c) for k, c in self.rules if k != kind]
        return replace(self, rules=tuple([*left, (kind, content)] if content else left))


@dataclass(frozen=True)
class State:
    """A listener's policies in order of evaluation, and the ports that a group admits (True: enabled)."""

    policies: tuple[Policy, ...] = ()
    ports: tuple[tuple[int, bool], ...] = ()

    def policy(self, name):
        return next((p for p in self.policies if p.name == name), None)

    @property
    def names(self):
        return [p.name for p in self.policies]


@dataclass
class Hands:
    """Reads and edits the cloud of a :class:`contract.kit.World` through its public API."""

    world: object
    pools: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.flavour, self.emulator = self.world.flavour, self.world.emulator
        self.pools = {n: self.flavour.id_of(self.emulator, "pool", n) for n in POOLS}
        self.listener = self.flavour.id_of(self.emulator, "listener", "web")
        self.group = self.flavour.id_of(self.emulator, "security_group", "web")

    # ------------------------------------------------------------------ manifests
    def document(self, policy):
        """The policy as a manifest has it."""
        rules = [{"type": t, "compare_type": c, "value": v} for t, (c, v) in policy.rules]
        made = self.flavour.policy(policy.name, rules, pool=policy.pool)
        if policy.note:
            made |= {"tags": [policy.note]} if self.flavour.name == "gcore" else {"description": policy.note}
        return made if policy.enabled else {**made, "admin_state_up": False}

    def note_field(self):
        return "tags" if self.flavour.name == "gcore" else "description"

    # ------------------------------------------------------------------ reading
    def state(self):
        names = {i: n for n, i in self.pools.items()}
        found = []
        for raw in self.flavour.live(self.emulator):
            rules = tuple((r["type"], (r["compare_type"], r["value"])) for r in raw["rules"])
            note = raw.get("description") or ""
            if self.flavour.name == "gcore":
                note = "".join(raw.get("tags") or ())
            enabled = raw.get("admin_state_up") is not False
            found.append(Policy(raw["name"], names[raw["redirect_pool_id"]], note, rules, enabled, raw["id"]))
        return State(tuple(found), tuple(sorted((p, on) for p, (_, on) in self.ports().items())))

    def ports(self):
        """Port -> (rule id, enabled) of the group's ingress rules."""
        if self.flavour.name == "huawei":
            raw = ask(self.emulator, "GET", f"/v3/{PROJECT}/vpc/security-groups/{self.group}")["security_group"]
            rules = raw["security_group_rules"]
        elif self.flavour.name == "gcore":
            rules = ask(self.emulator, "GET", f"/cloud/v1/securitygroups/1/1/{self.group}")["security_group_rules"]
        else:
            path = f"/network/v2.0/security-group-rules?security_group_id={self.group}"
            rules = ask(self.emulator, "GET", path)["security_group_rules"]
        mine = [r for r in rules if r["direction"] == "ingress" and r["remote_ip_prefix"]]
        port = "multiport" if self.flavour.name == "huawei" else "port_range_min"
        return {int(r[port]): (r["id"], r.get("enabled") is not False) for r in mine}

    # ------------------------------------------------------------------ edits
    def _send(self, method, path, body=None, wrap="l7policy"):
        root = {"huawei": f"/v3/{PROJECT}/elb/l7policies", "gcore": "/cloud/v1/l7policies/1/1",
                "openstack": "/load-balancer/v2/lbaas/l7policies"}[self.flavour.name]  # fmt: skip
        if body is not None and self.flavour.name != "gcore":
            body = {wrap: body}
        answer = ask(self.emulator, method, root + path, body)
        self.world.clock._now += 60.0
        return answer

    def _patch(self, policy, **fields):
        if self.flavour.name == "gcore":
            fields = {"action": "REDIRECT_TO_POOL", "redirect_pool_id": self.pools[policy.pool], **fields}
        self._send("PATCH" if self.flavour.name == "gcore" else "PUT", f"/{policy.id}", fields)

    def retarget(self, policy, pool):
        self._patch(replace(policy, pool=pool), redirect_pool_id=self.pools[pool])

    def annotate(self, policy, note):
        self._patch(policy, **({"tags": [note]} if self.flavour.name == "gcore" else {"description": note}))

    def toggle(self, policy):
        self._patch(policy, admin_state_up=not policy.enabled)

    def delete(self, policy):
        self._send("DELETE", f"/{policy.id}")

    def add(self, policy, place):
        """A new policy at an index of the list."""
        body = {"listener_id": self.listener, "name": policy.name, "action": "REDIRECT_TO_POOL",
                "redirect_pool_id": self.pools[policy.pool], self.flavour.number: self._number(None, place)}  # fmt: skip
        if self.flavour.name == "huawei":
            body["rules"] = [{"type": t, "compare_type": c, "value": v} for t, (c, v) in policy.rules]
        self._send("POST", "", body)
        if self.flavour.name != "huawei":
            made = self.state().policy(policy.name)
            for kind, content in policy.rules:
                self.set_rule(made, kind, content)

    def move(self, policy, place):
        """To an index of the list without it."""
        self._patch(policy, **{self.flavour.number: self._number(policy, place)})

    def _number(self, policy, place):
        if self.flavour.name != "huawei":
            return place + 1
        others = [p for p in self.flavour.live(self.emulator) if policy is None or p["id"] != policy.id]
        low = others[place - 1]["priority"] if place else 0
        high = others[place]["priority"] if place < len(others) else low + 200
        return (low + high) // 2

    def set_rule(self, policy, kind, content):
        """Change, add or (None) delete the rule of a type."""
        mine = {r["type"]: r["id"] for r in self.flavour.rules_of(self.emulator, policy.id)}
        path = f"/{policy.id}/rules"
        if content is None:
            self._send("DELETE", f"{path}/{mine[kind]}")
        elif kind in mine:
            body = {"value": content[1], "compare_type": content[0]}
            body |= {"type": kind} if self.flavour.name == "gcore" else {}
            self._send("PUT", f"{path}/{mine[kind]}", body, "rule")
        else:
            self._send("POST", path, {"type": kind, "compare_type": content[0], "value": content[1]}, "rule")

    def open_port(self, port, *, enabled=True):
        body = {"security_group_id": self.group, **self.flavour.rule(port)}
        body |= {} if enabled else {"enabled": False}
        if self.flavour.name == "huawei":
            ask(self.emulator, "POST", f"/v3/{PROJECT}/vpc/security-group-rules", {"security_group_rule": body})
        elif self.flavour.name == "gcore":
            body.pop("security_group_id")
            ask(self.emulator, "POST", f"/cloud/v1/securitygroups/1/1/{self.group}/rules", body)
        else:
            ask(self.emulator, "POST", "/network/v2.0/security-group-rules", {"security_group_rule": body})
        self.world.clock._now += 60.0

    def close_port(self, port):
        rule_id, _ = self.ports()[port]
        root = {"huawei": f"/v3/{PROJECT}/vpc/security-group-rules", "gcore": "/cloud/v1/securitygrouprules/1/1",
                "openstack": "/network/v2.0/security-group-rules"}[self.flavour.name]  # fmt: skip
        ask(self.emulator, "DELETE", f"{root}/{rule_id}")
        self.world.clock._now += 60.0

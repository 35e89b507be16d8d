"""Random calls: what exists is known by name, what is gone is asked for again."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.real_servers.differential import values
from tests.real_servers.differential.calls import Call
from tests.real_servers.differential.values import pick

SUBNET = "22222222-2222-2222-2222-222222222222"
MOST = {"policy": 7, "rule": 12, "secrule": 25, "group": 5}
LISTENERS = ("web", "other")
LIMITS = {"security_group": 30, "security_group_rule": 300}
"""Neutron's quotas at first: what a cloud begins with is its own affair."""


def setup() -> list[Call]:
    """What every sequence starts from."""

    def balancer(name: str) -> Call:
        body = {"loadbalancer": {"name": f"differential-{name}", "vip_subnet_id": SUBNET}}
        return Call("octavia", "POST", "/loadbalancers", body, makes=name, locks=name)

    def listener(name: str, protocol: str, port: int) -> Call:
        inner = {"name": name, "protocol": protocol, "protocol_port": port, "loadbalancer_id": "$lb$"}
        return Call("octavia", "POST", "/listeners", {"listener": inner}, makes=name, locks="lb")

    def pool(name: str, protocol: str, owner: str = "lb") -> Call:
        inner = {"name": name, "protocol": protocol, "lb_algorithm": "ROUND_ROBIN", "loadbalancer_id": f"${owner}$"}
        return Call("octavia", "POST", "/pools", {"pool": inner}, makes=name, locks=owner)

    return [
        balancer("lb"), balancer("far"), listener("web", "HTTP", 80), listener("other", "HTTP", 81),
        listener("plain", "TCP", 82), pool("poola", "HTTP"), pool("poolb", "HTTP"), pool("poolt", "TCP"),
        pool("poolz", "HTTP", "far"),
        *(Call("neutron", "PUT", "/quotas/$project$", {"quota": {name: limit}}, caller="admin") for name, limit in LIMITS.items()),
        Call("neutron", "POST", "/security-groups", {"security_group": {"name": "peer"}}, makes="peer"),
        Call("neutron", "POST", "/security-groups", {"security_group": {"name": "group"}}, makes="group0"),
        Call("neutron", "GET", "/security-groups?name=default", finds="default"),
    ]  # fmt: skip


def _kind(name: str) -> str:
    found = re.match("[a-z]+", name)
    return found[0] if found else ""


class Generator:
    """An endless source of calls. Tell it with ``note`` what became of each."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._made = 0
        self.begin()

    def begin(self) -> None:
        """Forget what there is: the next call meets what ``setup`` makes."""
        self._later: list[Any] = []
        self.alive: dict[str, list[str]] = {"policy": [], "rule": [], "secrule": [], "group": ["group0"]}
        self.gone: dict[str, list[str]] = {kind: [] for kind in self.alive}
        self.owner: dict[str, str] = {}
        """The policy of each rule."""

    def note(self, call: Call, accepted: bool) -> None:
        """What became of a call."""
        if not accepted:
            return
        if call.makes is not None and (kind := _kind(call.makes)) in self.alive:
            names = [call.makes]
            if isinstance(call.body, dict) and "security_group_rules" in call.body:
                names = [f"{call.makes}{place}" for place in range(len(call.body["security_group_rules"]))]
            self.alive[kind] += names
        if call.method == "DELETE":
            if call.path == "/pools/$poolb$":
                self._later.append([0, self._again])
            named = call.names()
            for kind, names in self.alive.items():
                for name in [name for name in names if call.path.endswith(f"${name}$") and name in named]:
                    names.remove(name)
                    self.gone[kind].append(name)

    def next(self) -> Call:
        """The next call."""
        rng = self.rng
        for entry in self._later:
            entry[0] -= 1
        for entry in [entry for entry in self._later if entry[0] <= 0]:
            self._later.remove(entry)
            return entry[1]
        makers: list[tuple[float, Callable[[], Call]]] = [
            (9, self._new_policy), (10, self._change_policy), (3, self._drop_policy), (8, self._new_rule),
            (5, self._change_rule), (2, self._drop_rule), (10, self._read_octavia), (2, self._odd_octavia),
            (2, self._around), (20, self._new_security_rule), (4, self._drop_security_rule), (4, self._change_group),
            (2, self._new_group), (3, self._tags), (10, self._read_neutron), (2, self._odd_neutron), (1, self._quota),
            (2, self._as_another), (1, self._default_group), (1, self._drop_pool),
        ]  # fmt: skip
        return rng.choices([make for _, make in makers], [weight for weight, _ in makers])[0]()

    # -- names ---------------------------------------------------------------------------------------------------------

    def _name(self, kind: str) -> str:
        self._made += 1
        return f"{kind}{self._made}"

    def _some(self, kind: str, chance: float = 0.06) -> str:
        """An object of a kind; sometimes one that is gone, or that never was."""
        rng = self.rng
        if rng.random() < chance or not self.alive[kind]:
            return f"${rng.choice(self.gone[kind])}$" if self.gone[kind] and rng.random() < 0.6 else values.NOWHERE
        return f"${rng.choice(self.alive[kind])}$"

    def _full(self, kind: str) -> bool:
        return len(self.alive[kind]) >= MOST[kind]

    # -- Octavia -------------------------------------------------------------------------------------------------------

    def _target(self, body: dict[str, Any], chance: float) -> None:
        """Mostly what the action needs; sometimes more, less, or something else."""
        rng = self.rng
        wanted = {"REDIRECT_TO_POOL": "redirect_pool_id", "REDIRECT_TO_URL": "redirect_url",
                  "REDIRECT_PREFIX": "redirect_prefix"}  # fmt: skip
        fields = [wanted[body["action"]]] if isinstance(body.get("action"), str) and body["action"] in wanted else []
        if rng.random() < chance:
            fields = rng.sample([*wanted.values(), "redirect_http_code"], rng.randint(0, 3))
        elif fields and rng.random() < 0.3:
            fields.append("redirect_http_code")
        for field in fields:
            if field == "redirect_pool_id":
                body[field] = pick(rng, ("$poola$", "$poolb$"), ("$poolt$", "$poolz$", values.NOWHERE, "nope", None, 5), chance)
            elif field == "redirect_http_code":
                body[field] = pick(rng, values.CODES, (*values.BAD_CODES, None), chance)
            else:
                body[field] = pick(rng, values.URLS, (*values.BAD_URLS, None), chance)

    def _policy_extras(self, body: dict[str, Any], chance: float) -> None:
        rng = self.rng
        for field, good, bad in (
            ("name", values.NAMES, (*values.BAD_NAMES, None)), ("description", values.NAMES, (*values.BAD_NAMES, None)),
            ("position", values.POSITIONS, (*values.BAD_POSITIONS, None)), ("tags", values.TAGS, (*values.BAD_TAGS, None)),
            ("admin_state_up", values.FLAGS, (*values.BAD_FLAGS, None)),
        ):  # fmt: skip
            if rng.random() < (0.5 if field == "position" else 0.2):
                body[field] = pick(rng, good, bad, chance)
        if rng.random() < chance / 3:
            body |= rng.choice(({"bogus": 1}, {"listener_id": None}, {"rules": []}, {"project_id": "x" * 37}, {"tenant_id": "zz"},
                                {"rules": [{"type": "PATH", "compare_type": "EQUAL_TO", "value": "/x"}]},
                                {"rules": [{"type": "PATH", "compare_type": "EQUAL_TO"}]}, {"rules": "x"}))  # fmt: skip

    def _new_policy(self) -> Call:
        if self._full("policy"):
            return self._drop_policy()
        rng, chance = self.rng, 0.12
        listener = pick(rng, [f"${name}$" for name in LISTENERS], ("$plain$", values.NOWHERE, "nope", "$poola$"), 0.06)
        body: dict[str, Any] = {"listener_id": listener, "action": pick(rng, values.ACTIONS, values.BAD_ACTIONS, 0.04)}
        self._target(body, chance)
        self._policy_extras(body, chance)
        if rng.random() < 0.02:
            del body[rng.choice(("listener_id", "action"))]
        return self._octavia("POST", "/l7policies", {"l7policy": body}, makes=self._name("policy"))

    def _change_policy(self) -> Call:
        if not self.alive["policy"]:
            return self._new_policy()
        rng, chance = self.rng, 0.15
        body: dict[str, Any] = {}
        if rng.random() < 0.45:
            body["action"] = pick(rng, values.ACTIONS, (*values.BAD_ACTIONS, None), 0.05)
        if body or rng.random() < 0.15:
            self._target(body, chance if body else 0.9)
        self._policy_extras(body, chance)
        return self._octavia("PUT", f"/l7policies/{self._some('policy')}", {"l7policy": body})

    def _drop_policy(self) -> Call:
        return self._octavia("DELETE", f"/l7policies/{self._some('policy', 0.2)}")

    def _new_rule(self) -> Call:
        if not self.alive["policy"]:
            return self._new_policy()
        if self._full("rule"):
            return self._drop_rule()
        policy, name = self._some("policy"), self._name("rule")
        self.owner[name] = policy
        return self._octavia("POST", f"/l7policies/{policy}/rules", {"rule": values.rule(self.rng, 0.12)}, makes=name)

    def _rule_path(self) -> str:
        rule = self._some("rule")
        return f"/l7policies/{self.owner.get(rule.strip('$'), self._some('policy'))}/rules/{rule}"

    def _change_rule(self) -> Call:
        if not self.alive["rule"]:
            return self._new_rule()
        rng = self.rng
        whole = values.rule(rng, 0.15)
        body = {name: value for name, value in whole.items() if rng.random() < 0.6}
        if rng.random() < 0.1:
            body["key"] = None
        return self._octavia("PUT", self._rule_path(), {"rule": body})

    def _drop_rule(self) -> Call:
        if not self.alive["rule"]:
            return self._new_rule()
        return self._octavia("DELETE", self._rule_path())

    def _around(self) -> Call:
        """Listeners, pools and load balancers."""
        rng = self.rng
        taken = {"name": "twice", "protocol": "HTTP", "protocol_port": 80, "loadbalancer_id": "$lb$"}
        pool = rng.choice(("$poola$", "$poolt$", "$poolz$", None, values.NOWHERE))
        return rng.choice([
            self._octavia("PUT", "/listeners/$web$", {"listener": {"default_pool_id": pool}}),
            self._octavia("PUT", "/listeners/$web$", {"listener": {"protocol_port": 90}}),
            self._octavia("PUT", "/listeners/$web$", {"listener": {"name": pick(rng, values.NAMES, values.BAD_NAMES, 0.2)}}),
            self._octavia("PUT", "/pools/$poolb$", {"pool": {"description": pick(rng, values.NAMES, values.BAD_NAMES, 0.2)}}),
            self._octavia("POST", "/listeners", {"listener": taken}),
            self._octavia("POST", "/listeners", {"listener": {**taken, "protocol": "TERMINATED_HTTPS", "protocol_port": 443}}),
            self._octavia("PUT", "/pools/$poolb$", {"pool": {"admin_state_up": rng.random() < 0.5}}),
            self._octavia("PUT", "/listeners/$other$", {"listener": {"admin_state_up": rng.random() < 0.5}}),
            self._octavia("DELETE", "/loadbalancers/$lb$"),
            self._octavia("PUT", "/loadbalancers/$lb$", {"loadbalancer": {"tags": pick(rng, values.TAGS, values.BAD_TAGS, 0.3)}}),
        ])  # fmt: skip

    def _read_octavia(self) -> Call:
        rng = self.rng
        listener = rng.choice(("$web$", "$other$", values.NOWHERE, "nope"))
        queries = [
            f"listener_id={listener}", f"listener_id={listener}&sort=position", f"listener_id={listener}&sort=position:desc",
            "name=cafe", "name=CAFÉ", "name=shop", "action=REJECT", "action=reject", "position=1", "position=x",
            "admin_state_up=true", "admin_state_up=maybe", "admin_state_up=False", "tags=blue", "tags=BLUE,green",
            "tags-any=green,x", "not-tags=blue", "not-tags-any=blue,green", "fields=id&fields=name", "fields=bogus",
            "provisioning_status=ACTIVE", "redirect_pool_id=$poola$", "bogus=1", "limit=x", "sort=bogus", "sort=a:b:c",
            "sort=position:up", "marker=nope", "id=nope", "description=", "redirect_http_code=302", "limit=1000",
            f"listener_id=$web$&sort=position&limit={rng.randint(1, 4)}",
            f"listener_id=$web$&sort=position&limit=2&marker={self._some('policy')}",
            f"listener_id=$web$&sort=position:desc&limit=2&marker={self._some('policy')}&page_reverse=True",
            f"sort_key=position&sort_dir=desc&listener_id=$other$&limit={rng.randint(0, 3)}",
            "project_id=nope", "rules=x", "listener=x", "created_at=x", "operating_status=ONLINE",
        ]  # fmt: skip
        loose = [f"limit={rng.randint(1, 3)}", "limit=0", "limit=-1", "sort=name&limit=2", "sort=action:desc,position"]
        rules = ["", "?type=PATH", "?fields=value", "?limit=0", "?bogus=1", "?invert=true", "?sort=value&fields=value"]
        if rng.random() < 0.6:
            return Call("octavia", "GET", f"/l7policies?{rng.choice(queries)}")
        if rng.random() < 0.15:
            return Call("octavia", "GET", f"/l7policies?{rng.choice(loose)}", loose=True)
        return Call("octavia", "GET", rng.choice((
            f"/l7policies/{self._some('policy')}", f"/l7policies/{self._some('policy')}?fields=id",
            f"/l7policies/{self._some('policy')}/rules{rng.choice(rules)}", self._rule_path(),
            "/listeners/$web$", "/listeners?loadbalancer_id=$lb$", "/loadbalancers/$lb$", "/pools/$poola$", "/pools?protocol=TCP",
            "/loadbalancers/$lb$/status", "/quotas/defaults", "/quotas/$project$", "/quotas/nope", "/loadbalancers?name=DIFFERENTIAL-LB", "/listeners/nope",
        )))  # fmt: skip

    def _odd_octavia(self) -> Call:
        rng = self.rng
        listener = '"listener_id": "$web$", "action": "REJECT"'
        raw = rng.choice(("", "{}", "[]", "null", "x", '{"l7policy": null}', '{"l7policy": 5}', '{"l7policy": {}}', '{"bogus": 1}',
                          '"x"', "{" + f'"l7policy": {{{listener}, "a": 1, "b": 2}}' + "}", '{"l7policy": []}'))  # fmt: skip
        odd = [
            Call("octavia", "POST", "/l7policies", raw=raw),
            Call("octavia", "PUT", f"/l7policies/{self._some('policy')}", raw=raw),
            Call("octavia", "POST", f"/l7policies/{self._some('policy')}/rules", raw=raw.replace("l7policy", "rule")),
            Call("octavia", "POST", "/l7policies", raw="{}", headers=(("Content-Type", "text/plain"),)),
            Call("octavia", rng.choice(("PATCH", "PUT", "DELETE")), "/l7policies"),
            Call("octavia", rng.choice(("PATCH", "POST")), f"/l7policies/{self._some('policy')}"),
            Call("octavia", "GET", f"/l7policies/{self._some('policy')}/nothing"),
            Call("octavia", "GET", "/bogus"), Call("octavia", "GET", "/rules"), Call("octavia", "GET", ""),
            Call("octavia", "DELETE", f"/l7policies/{self._some('policy')}/rules"),
            Call("octavia", "PATCH", f"/l7policies/{self._some('policy')}/rules"),
        ]  # fmt: skip
        return rng.choice(odd)

    def _quota(self) -> Call:
        """An administrator sets a limit, which is taken away again some calls later."""
        rng = self.rng
        if rng.random() < 0.4:
            return self._limit("neutron", rng.choice(("security_group", "security_group_rule")), rng.randint(4, 12))
        kind = rng.choice(("policy", "rule"))
        return self._limit("octavia", f"l7{kind}", len(self.alive[kind]) + rng.choice((0, 0, 1)))

    def _as_another(self) -> Call:
        """Who may only read, and who cannot say who he is."""
        rng = self.rng
        policy = {"l7policy": {"listener_id": "$web$", "action": "REJECT"}}
        rule = {"security_group_rule": {"security_group_id": "$group0$", "direction": "ingress", "protocol": "tcp"}}
        calls = [
            Call("octavia", "POST", "/l7policies", policy), Call("octavia", "DELETE", f"/l7policies/{self._some('policy')}"),
            Call("octavia", "PUT", f"/l7policies/{self._some('policy')}", {"l7policy": {"name": "r"}}),
            Call("octavia", "POST", f"/l7policies/{self._some('policy')}/rules", {"rule": values.rule(rng, 0.1)}),
            Call("octavia", "PUT", "/quotas/$project$", {"quota": {"l7policy": 1}}), Call("octavia", "DELETE", "/quotas/$project$"),
            Call("octavia", "GET", "/l7policies?listener_id=$web$"), Call("octavia", "GET", f"/l7policies/{self._some('policy')}/rules"),
            Call("octavia", "GET", "/quotas/$project$"), Call("octavia", "GET", "/loadbalancers/$lb$"),
            Call("neutron", "POST", "/security-group-rules", rule), Call("neutron", "GET", "/security-groups"),
            Call("neutron", "DELETE", f"/security-group-rules/{self._some('secrule')}"),
            Call("neutron", "PUT", f"/security-groups/{self._some('group')}", {"security_group": {"name": "r"}}),
            Call("neutron", "PUT", f"/security-groups/{self._some('group')}/tags", {"tags": ["a"]}),
            Call("neutron", "POST", "/security-groups", {"security_group": {"name": "r"}}),
            Call("neutron", "PUT", "/quotas/$project$", {"quota": {"security_group": 1}}),
            Call("neutron", "GET", "/quotas/$project$"), Call("neutron", "GET", f"/security-group-rules/{self._some('secrule')}"),
        ]  # fmt: skip
        call = rng.choice(calls)
        if rng.random() < 0.25:
            return replace(call, headers=(("X-Auth-Token", "nobody"),))
        return replace(call, caller="reader")

    def _default_group(self) -> Call:
        """The group that every project has."""
        rng = self.rng
        return rng.choice([
            Call("neutron", "DELETE", "/security-groups/$default$"), Call("neutron", "GET", "/security-groups/$default$"),
            Call("neutron", "PUT", "/security-groups/$default$", {"security_group": {"name": rng.choice(("other", "default"))}}),
            Call("neutron", "PUT", "/security-groups/$default$", {"security_group": {"description": rng.choice(values.DESCRIPTIONS)}}),
            Call("neutron", "POST", "/security-group-rules", {"security_group_rule": values.security_rule(rng, "$default$", 0.1)},
                 makes=self._name("secrule")),
        ])  # fmt: skip

    def _drop_pool(self) -> Call:
        """A pool that policies or a listener may point to; it is made again where nothing did."""
        body = {"pool": {"name": "poolb", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", "loadbalancer_id": "$lb$"}}
        self._again = Call("octavia", "POST", "/pools", body, makes="poolb", locks="lb")
        return replace(self._octavia("DELETE", "/pools/$poolb$"), wait=True)

    def _limit(self, service: str, name: str, limit: int) -> Call:
        def put(value: int) -> Call:
            return Call(service, "PUT", "/quotas/$project$", {"quota": {name: value}}, caller="admin")

        self._later.append([8, put(LIMITS.get(name, -1))])
        return put(limit)

    def _octavia(self, method: str, path: str, body: Any = None, makes: str | None = None) -> Call:
        """A write; sometimes the next call comes before the load balancer is settled."""
        if method == "PUT":
            body = {root: values.lasting(inner) for root, inner in body.items()}
        return Call("octavia", method, path, body, makes=makes, locks="lb", wait=self.rng.random() > 0.3)

    # -- Neutron -------------------------------------------------------------------------------------------------------

    def _new_security_rule(self) -> Call:
        if self._full("secrule"):
            return self._drop_security_rule()
        rng = self.rng
        group = self._some("group", 0.03)
        if rng.random() < 0.15:
            several: list[Any] = [values.security_rule(rng, group, 0.05) for _ in range(rng.randint(1, 4))]
            if rng.random() < 0.1:
                several[0] = rng.choice((5, "x", None, {"security_group_rule": several[0]}, []))
            return Call("neutron", "POST", "/security-group-rules", {"security_group_rules": several}, makes=self._name("secrule") + "x")
        body = {"security_group_rule": values.security_rule(rng, group, 0.12)}
        match = (("If-Match", "revision_number=1"),) if rng.random() < 0.02 else ()
        return Call("neutron", "POST", "/security-group-rules", body, makes=self._name("secrule"), headers=match)

    def _drop_security_rule(self) -> Call:
        if not self.alive["secrule"]:
            return self._new_security_rule()
        rng = self.rng
        match = (("If-Match", f"revision_number={rng.choice((0, 0, 1, 'x'))}"),) if rng.random() < 0.3 else ()
        path = f"/security-group-rules/{self._some('secrule', 0.15)}"
        return Call("neutron", "DELETE", path, {"a": 1} if rng.random() < 0.03 else None, headers=match)

    def _new_group(self) -> Call:
        rng = self.rng
        if self._full("group"):
            name = rng.choice([name for name in self.alive["group"] if name != "group0"])
            return Call("neutron", "DELETE", f"/security-groups/${name}$")
        body = {"name": pick(rng, values.NAMES, (*values.BAD_NAMES, None, "default", "DeFault"), 0.2)}
        if rng.random() < 0.3:
            body |= rng.choice(({"description": "d"}, {"description": None}, {"stateful": False}, {"stateful": "maybe"},
                                {"tags": ["a"]}, {"bogus": 1}, {"project_id": "x"}, {"security_group_rules": []}))  # fmt: skip
        return Call("neutron", "POST", "/security-groups", {"security_group": body}, makes=self._name("group"))

    def _change_group(self) -> Call:
        rng = self.rng
        body: dict[str, Any] = {}
        if rng.random() < 0.5:
            body["name"] = pick(rng, values.NAMES, (*values.BAD_NAMES, None, "default"), 0.15)
        if rng.random() < 0.5:
            body["description"] = pick(rng, values.DESCRIPTIONS, values.BAD_DESCRIPTIONS, 0.15)
        if rng.random() < 0.1:
            body |= rng.choice(({"stateful": False}, {"stateful": True}, {"stateful": None}, {"bogus": 1}, {"id": "x"}, {"tags": []}))
        match = (("If-Match", f"revision_number={rng.choice((1, 2, 3, 'x'))}"),) if rng.random() < 0.15 else ()
        return Call("neutron", "PUT", f"/security-groups/{self._some('group')}", {"security_group": body}, headers=match)

    def _tags(self) -> Call:
        rng = self.rng
        path = f"/security-groups/{self._some('group', 0.0)}/tags"
        tag = rng.choice(("a", "b", "é"))
        body = rng.choice(({"tags": ["a"]}, {"tags": ["a", "b"]}, {"tags": []}, {"tags": ["a", "a"]}, {"tags": [5]}, {"tag": 1},
                           {"tags": "a"}, {"tags": [values.TOO_LONG]}))  # fmt: skip
        return rng.choice([
            Call("neutron", "PUT", path, body), Call("neutron", "PUT", path, body), Call("neutron", "POST", path, body),
            Call("neutron", "GET", path), Call("neutron", "DELETE", path), Call("neutron", "PUT", f"{path}/{tag}"),
            Call("neutron", "GET", f"{path}/{tag}"), Call("neutron", "DELETE", f"{path}/{tag}"),
        ])  # fmt: skip

    def _read_neutron(self) -> Call:
        rng = self.rng
        group = self._some("group")
        queries = [
            "", "direction=ingress", "protocol=tcp", "protocol=TCP", "protocol=6", "protocol=any", "ethertype=ipv6",
            "port_range_min=80", "port_range_min=x", "remote_ip_prefix=10.0.0.0/8", "remote_ip_prefix=10.1.2.3/8",
            "remote_ip_prefix=", "normalized_cidr=10.0.0.0/8", "bogus=1", "description=RULE", "fields=id&fields=protocol",
            "fields=bogus", "limit=-1", "limit=x", "limit=0", "sort_key=protocol", "sort_key=bogus&sort_dir=asc",
            "sort_key=protocol&sort_dir=up", "remote_group_id=$peer$", "direction=ingress&direction=egress", "revision_number=0",
            "tags=a", "id=nope", "protocol=bogus", "ethertype=x", "project_id=nope",
        ]  # fmt: skip
        loose = [f"limit={rng.randint(1, 4)}", "limit=2&marker=nope", "limit=3&marker=nope&direction=ingress",
                 "limit=2&page_reverse=True", "sort_key=protocol&sort_dir=desc&limit=5"]  # fmt: skip
        groups = ["name=a", "name=cafe", "name=shop", "tags=a", "tags-any=a,b", "not-tags=a", "not-tags-any=a", "description=",
                  "bogus=1", "fields=name", "limit=x", "id=$peer$", "name=peer&fields=id", "stateful=true", "shared=false"]  # fmt: skip
        choice = rng.random()
        if choice < 0.4:
            return Call("neutron", "GET", f"/security-group-rules?security_group_id={group}&{rng.choice(queries)}")
        if choice < 0.5:
            path = f"/security-group-rules?security_group_id=$group0$&{rng.choice(loose)}"
            return Call("neutron", "GET", path, loose=True)
        if choice < 0.7:
            return Call("neutron", "GET", f"/security-groups?{rng.choice(groups)}")
        return Call("neutron", "GET", rng.choice((
            f"/security-groups/{group}", f"/security-groups/{group}?fields=name", f"/security-group-rules/{self._some('secrule')}",
            "/quotas/$project$", "/quotas/$project$/details.json", "/quotas/nope", "/security-groups/nope", "/bogus",
        )))  # fmt: skip

    def _odd_neutron(self) -> Call:
        rng = self.rng
        raw = rng.choice(("", "{}", "[]", "x", "null", '"x"', '{"security_group_rule": null}', '{"security_group_rule": 5}',
                          '{"security_group_rule": {}}', '{"security_group_rules": []}', '{"security_group_rules": "x"}', '{"bogus": 1}',
                          '{"security_group_rules": [5]}', '{"security_group_rules": {}}', "5"))  # fmt: skip
        rule = self._some("secrule")
        return rng.choice([
            Call("neutron", "POST", "/security-group-rules", raw=raw),
            Call("neutron", "POST", "/security-groups", raw=raw.replace("_rule", "")),
            Call("neutron", "PUT", f"/security-groups/{self._some('group')}", raw=raw.replace("_rule", "")),
            Call("neutron", "PUT", f"/security-group-rules/{rule}", {"security_group_rule": {"description": "new"}}),
            Call("neutron", "PUT", f"/security-group-rules/{rule}", {"security_group_rule": {"protocol": "udp"}}),
            Call("neutron", "PUT", f"/security-group-rules/{rule}", {"security_group_rule": {}}),
            Call("neutron", rng.choice(("PATCH", "PUT", "DELETE")), "/security-groups"),
            Call("neutron", "PATCH", "/security-groups/$group0$"), Call("neutron", "DELETE", "/security-group-rules"),
        ])  # fmt: skip

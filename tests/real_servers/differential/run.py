"""Runs random calls against both clouds and notes where they differ."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.real_servers.differential.calls import SETTLED, Answer, Call, Emulated, Real
from tests.real_servers.differential.compare import difference
from tests.real_servers.differential.generate import Generator, setup
from tests.real_servers.differential.known import Known
from tests.real_servers.differential.servers import Project, Servers

BALANCERS = ("lb", "far")
FAILING = 0.03
"""How many of the writes to policies and rules are made to fail after their answer, where the servers can do that."""


@dataclass(frozen=True)
class Difference:
    """One difference: the call, what differs, the name of the known difference (or None), and all calls up to it."""

    call: Call
    text: str
    known: str | None
    before: tuple[Call, ...]
    diverged: bool
    """One side took the call and the other did not: what follows cannot be compared."""


@dataclass
class Result:
    """What a run found."""

    seed: int
    calls: int = 0
    seconds: float = 0.0
    worlds: int = 0
    checks: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    raced: int = 0
    failed_changes: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def unknown(self) -> list[Difference]:
        """The differences that nobody has given a reason for."""
        return [found for found in self.differences if found.known is None]


class World:
    """Both clouds with the same objects under the same names."""

    def __init__(self, servers: Servers, known: Sequence[Known]) -> None:
        self._servers, self._known = servers, known
        self._project = Project(servers)
        self.real = Real(servers.urls, self._project.login)
        self.emulated = Emulated(self._project.id)
        for side in (self.real, self.emulated):
            side.ids["project"] = self._project.id
        self._pending = False
        self.log: list[Call] = []
        self.found: list[Difference] = []
        self.raced = self.checks = 0
        for call in setup():
            for side in (self.real, self.emulated):
                answer = side.send(call)
                assert answer.status in (200, 201), f"{call.path}: {answer.status} {answer.body}"
                if call.locks is not None:
                    side.settle(call.locks)

    def close(self) -> None:
        """Take everything away again."""
        for name in BALANCERS:
            self.real.settle(name)
            self.real.send(Call("octavia", "DELETE", f"/loadbalancers/${name}$?cascade=true"))
        for name, id in list(self.real.ids.items()):
            if name.startswith(("group", "peer")):
                self.real.send(Call("neutron", "DELETE", f"/security-groups/{id}"))
        self.real.close()
        self.emulated.close()
        self._project.close()

    def play(self, call: Call, *, failing: bool = False) -> Answer:
        """Send a call to both, compare, let it settle, compare what there is then. The real answer."""
        fail = self._servers.fail
        if failing and fail is not None:
            self._settle()
            fail(self.real.ids["lb"], True)
            self.emulated.fail(True)
        self.log.append(call)
        real = self._play(call)
        accepted = call.method != "GET" and real.status < 300
        if call.locks is not None and accepted:
            self._pending = True
        if call.wait or failing:
            self._settle()
        if failing and fail is not None:
            fail(self.real.ids["lb"], False)
            self.emulated.fail(False)
        if accepted and not self._pending:
            self._check(call)
        return real

    def _play(self, call: Call) -> Answer:
        real = self.real.send(call)
        if not self._pending or call.service != "octavia":
            self._compare(call, real, self.emulated.send(call))
            return real
        still = self.real.status("lb") not in SETTLED
        locked = real.status == 409 and "immutable" in json.dumps(real.body)
        # Only a write that needs the lock tells by its success that the lock was free.
        raced = not locked and (not still or (call.locks is not None and real.status < 300))
        if raced:
            # The real load balancer settled before the call; where that is not certain, nothing is compared.
            self.emulated.settle("lb")
            self._pending = False
        emulated = self.emulated.send(call)
        if raced and call.method == "GET":
            self.raced += 1
        else:
            self._compare(call, real, emulated, pending=True)
        return real

    def _settle(self) -> None:
        if not self._pending:
            return
        self._pending = False
        one, other = self.real.settle("lb"), self.emulated.settle("lb")
        if one != other:
            self._note(self.log[-1], f"the load balancer ends in {one}, emulated {other}", diverged=True)

    def _check(self, call: Call) -> None:
        """What there is after an accepted call."""
        reads = [Call("neutron", "GET", "/security-groups")]
        if call.service == "octavia":
            reads = [Call("octavia", "GET", "/l7policies"), Call("octavia", "GET", "/listeners/$web$")]
            rules = re.match(r"/l7policies/[^/]+/rules", call.path)
            if rules:
                reads.append(Call("octavia", "GET", rules[0]))
        for read in reads:
            self.checks += 1
            text = difference(read, self.real.send(read), self.emulated.send(read))
            if text is not None:
                self._note(call, f"after it, GET {read.path} differs: {text}", diverged=True)

    def _compare(self, call: Call, real: Answer, emulated: Answer, *, pending: bool = False) -> None:
        if pending and call.method == "GET":
            real, emulated = _without_statuses(real), _without_statuses(emulated)
        text = difference(call, real, emulated)
        if text is not None:
            self._note(call, text, diverged=(real.status < 300) != (emulated.status < 300) and call.method != "GET")

    def _note(self, call: Call, text: str, *, diverged: bool) -> None:
        known = next((entry.name for entry in self._known if entry.covers(call, text)), None)
        self.found.append(Difference(call, text, known, tuple(self.log), diverged))


def _without_statuses(answer: Answer) -> Answer:
    """While a change is under way, the worker sets one status after the other."""
    text = re.sub(r'"(provisioning_status|operating_status|updated_at)": ("[^"]*"|null)', r'"\1": "?"', json.dumps(answer.body))
    return Answer(answer.status, json.loads(text))


def run(
    servers: Servers,
    seed: int,
    calls: int,
    known: Sequence[Known] = (),
    per_world: int = 400,
    tell: Callable[[Difference], None] = lambda _: None,
    seconds: float = math.inf,
) -> Result:
    """So many calls from a seed, or as many as the seconds allow; a new world after ``per_world`` calls, or when the two
    clouds went apart.

    ``tell`` is called with each difference when it is found.
    """
    result, generator, began = Result(seed), Generator(seed), time.monotonic()
    world: World | None = None
    over = calls <= 0
    while not over:
        if world is None:
            world, played = World(servers, known), 0
            result.worlds += 1
            generator.begin()
        call = generator.next()
        changes = call.service == "octavia" and call.method != "GET" and call.path.startswith("/l7policies")
        failing = changes and servers.fail is not None and generator.rng.random() < FAILING
        if failing:
            call = replace(call, wait=True)
        before = len(world.found)
        answer = world.play(call, failing=failing)
        accepted = answer.status < 300
        generator.note(call, accepted)
        result.calls += 1
        played += 1
        result.failed_changes += failing and accepted
        result.statuses[f"{call.service} {answer.status}"] += 1
        if accepted and call.method != "GET":
            result.accepted[call.service] += 1
        for found in world.found[before:]:
            tell(found)
        apart = any(found.diverged for found in world.found[before:])
        over = result.calls >= calls or time.monotonic() - began > seconds
        if apart or played >= per_world or over:
            result.differences += world.found
            result.raced, result.checks = result.raced + world.raced, result.checks + world.checks
            world.close()
            world = None
    result.seconds = time.monotonic() - began
    return result

"""What a run found, in words, with the shortest sequence of calls that shows each difference."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.real_servers.differential.calls import Call
from tests.real_servers.differential.run import Difference, Result, World
from tests.real_servers.differential.servers import Servers

BUDGET = 12
"""How many worlds may be built to make one reproduction smaller."""


def needed(found: Difference) -> list[Call]:
    """The calls that make what the differing call names, and then that call: mostly that is all."""
    wanted = found.call.names()
    chosen: list[Call] = []
    for call in reversed(found.before[:-1]):
        made = {name for name in wanted if call.makes is not None and re.fullmatch(rf"{call.makes}[0-9]*", name)}
        if made:
            chosen.insert(0, call)
            wanted = (wanted - made) | call.names()
    return [*chosen, found.call]


def smaller(servers: Servers, found: Difference) -> list[Call]:
    """A short sequence that still differs; the whole one where nothing shorter does within the budget."""
    calls = needed(found)
    if _differs(servers, calls):
        return calls
    calls, spent, place = list(found.before), 1, 0
    size = max(1, len(calls) // 2)
    while spent < BUDGET and size >= 1:
        trial = [*calls[:place], *calls[place + size :]]
        if place + size < len(calls) and len(trial) < len(calls):
            spent += 1
            if _differs(servers, trial):
                calls = trial
                continue
        place += size
        if place + size >= len(calls):
            place, size = 0, size // 2
    return calls


def _differs(servers: Servers, calls: Sequence[Call]) -> bool:
    world = World(servers, ())
    try:
        for call in calls:
            world.play(call)
        return bool(world.found)
    finally:
        world.close()


def lines(result: Result) -> Iterable[str]:
    """The counts of a run."""
    yield f"seed {result.seed}: {result.calls} calls in {result.seconds:.0f} s, {result.worlds} worlds"
    yield f"accepted writes: Octavia {result.accepted['octavia']}, Neutron {result.accepted['neutron']}"
    yield f"changes made to fail: {result.failed_changes}; states compared after writes: {result.checks}; raced: {result.raced}"
    yield "answers: " + ", ".join(f"{name} x{count}" for name, count in sorted(result.statuses.items()))
    known = Counter(found.known for found in result.differences if found.known is not None)
    yield f"differences: {len(result.unknown)} unknown, {sum(known.values())} known {dict(known)}"


def reproduction(calls: Sequence[Call]) -> str:
    """Calls as lines of JSON; what ``setup`` makes is there before."""
    return "\n".join("    " + json.dumps(call.told(), ensure_ascii=False) for call in calls)

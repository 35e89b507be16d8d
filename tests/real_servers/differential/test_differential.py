"""200 random calls on the real servers and on the emulator; more with RECONCILE_DIFFERENTIAL_CALLS.

The calls are those of one seed, so that a change is judged by itself; RECONCILE_DIFFERENTIAL_SEED takes another one
(searching for new differences is done by hand, with thousands of calls). ``python -m tests.real_servers.differential`` does the same by hand.
"""

from __future__ import annotations

import os

import pytest

from tests.real_servers.differential import known, report
from tests.real_servers.differential.__main__ import servers_of
from tests.real_servers.differential.run import run

CALLS = 200
SEED = 11


@pytest.mark.real
def test_the_emulator_answers_as_the_real_servers_do(lab, capsys):
    seed = int(os.environ.get("RECONCILE_DIFFERENTIAL_SEED") or SEED)
    calls = int(os.environ.get("RECONCILE_DIFFERENTIAL_CALLS") or CALLS)
    servers = servers_of(lab)
    result = run(servers, seed, calls, known.load())
    with capsys.disabled():
        print("\n" + "\n".join(report.lines(result)))
    told = [
        f"{found.call.method} {found.call.path}: {found.text}\n{report.reproduction(report.smaller(servers, found))}"
        for found in result.unknown[:5]
    ]
    assert not told, f"seed {seed}:\n\n" + "\n\n".join(told)
    assert result.accepted["octavia"] >= calls // 12, "too few calls were accepted to prove anything"
    assert result.accepted["neutron"] >= calls // 12, "too few calls were accepted to prove anything"

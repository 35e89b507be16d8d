"""The goals of speed and size as tests: ``pytest -n 0 -m benchmark``; not part of the ordinary run."""

import pytest

from tests.benchmarks.goals import GOALS, table


@pytest.mark.benchmark
@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.__name__)
def test_a_goal_of_speed_or_size_is_met(goal):
    results = goal()
    print("\n" + table(results))
    assert all(result.met for result in results), table(results)

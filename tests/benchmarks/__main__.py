"""``python -m tests.benchmarks [NAME ...]``: measure the goals (all, or those whose name contains one), print a table."""

import sys

from tests.benchmarks.goals import GOALS, table


def main(names: list[str]) -> int:
    """0 when every goal is met."""
    results = []
    for goal in GOALS:
        if not names or any(name in goal.__name__ for name in names):
            results += goal()
    print(table(results), end="")
    return 0 if all(result.met for result in results) else 1


sys.exit(main(sys.argv[1:]))

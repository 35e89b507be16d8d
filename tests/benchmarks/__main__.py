"""``python -m tests.benchmarks [NAME ...]``: measure the goals (all, or those whose name contains one), print a table."""

import sys

from tests.benchmarks.goals import GOALS, table


def main(names: list[str]) -> int:
    """0 when every goal is met."""
    chosen = [goal for goal in GOALS if not names or any(name in goal.__name__ for name in names)]
    if not chosen:
        print(f"no goal has such a name; there are {', '.join(goal.__name__ for goal in GOALS)}", file=sys.stderr)
        return 3
    results = []
    for goal in chosen:
        results += goal()
    print(table(results), end="")
    return 0 if all(result.met for result in results) else 1


sys.exit(main(sys.argv[1:]))

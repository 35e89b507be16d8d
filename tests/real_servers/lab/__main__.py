"""``python -m tests.real_servers.lab up|down|wipe|status|env [USER]``: a lab for work by hand.

RECONCILE_LAB_HOME chooses where it lives. ``env`` prints the OS_* variables of a user as shell exports.
"""

from __future__ import annotations

import shlex
import sys
import time

from tests.real_servers.lab.install import LabError
from tests.real_servers.lab.lab import Lab


def main(words: list[str]) -> int:
    lab, command = Lab(), (words or ["status"])[0]
    if command == "up":
        began = time.monotonic()
        lab.up()
        print(f"lab: up in {time.monotonic() - began:.0f} s:", *(f"{n} {lab.places.url(n)}" for n in lab.running()))
    elif command == "down":
        lab.down(everything=True)
    elif command == "wipe":
        lab.wipe()
    elif command == "status":
        for name, pid in lab.running().items():
            print(f"{name}: {'pid ' + str(pid) if pid else 'not running'}")
    elif command == "env":
        for name, value in lab.environ(*words[1:2]).items():
            print(f"export {name}={shlex.quote(value)}")
    else:
        print(__doc__, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LabError as error:
        sys.exit(f"lab: {error}")

"""``python -m tests.real_servers.differential [--calls N] [--seconds N] [--seed N] [--urls KEYSTONE OCTAVIA NEUTRON PASSWORD]``.

Without ``--urls`` the lab is brought up. Exit code 1 when a difference is unknown.
"""

from __future__ import annotations

import argparse
import math
import random
import sys

from tests.real_servers.differential import known, report
from tests.real_servers.differential.run import Difference, run
from tests.real_servers.differential.servers import Servers
from tests.real_servers.lab import Lab


def servers_of(lab: Lab) -> Servers:
    """The servers of a lab, whose driver can be told to fail."""
    environ = lab.environ("admin")
    urls = {name: lab.places.url(name) for name in ("keystone", "octavia", "neutron")}
    return Servers(urls, environ["OS_USERNAME"], environ["OS_PASSWORD"], lambda id, fail: lab.control(id, fail=fail))


def _tell(found: Difference) -> None:
    print(f"{found.known or 'UNKNOWN'}: {found.call.method} {found.call.path}: {found.text}"[:500], file=sys.stderr, flush=True)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=math.inf, help="end earlier, after so many")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--urls", nargs=4, metavar=("KEYSTONE", "OCTAVIA", "NEUTRON", "PASSWORD"))
    parser.add_argument("--no-shrink", action="store_true", help="print differences as they were found")
    asked = parser.parse_args(words)
    if asked.urls:
        servers = Servers(dict(zip(("keystone", "octavia", "neutron"), asked.urls, strict=False)), "admin", asked.urls[3])
        lab = None
    else:
        lab = Lab().up()
        servers = servers_of(lab)
    try:
        print(f"seed {asked.seed}", flush=True)
        result = run(servers, asked.seed, asked.calls, known.load(), tell=_tell, seconds=asked.seconds)
        print("\n".join(report.lines(result)))
        for found in result.unknown:
            calls = report.needed(found) if asked.no_shrink else report.smaller(servers, found)
            print(f"\n{found.call.method} {found.call.path}: {found.text}\n{report.reproduction(calls)}")
        return 1 if result.unknown else 0
    finally:
        if lab is not None:
            lab.down()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

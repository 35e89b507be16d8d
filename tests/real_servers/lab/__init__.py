"""Unmodified Octavia, Neutron, Keystone and MariaDB on loopback, in about two minutes on an empty Debian 12.

``python -m tests.real_servers.lab up|down|wipe|status|env`` (see ``__main__``); the tests use ``Lab``.

What is a stand-in is only what the servers drive: no virtual machines, no network agents; the amphora driver is ours
(``driver/``), so that a change takes the time, and ends as, a test wants.
"""

from tests.real_servers.lab.lab import Lab, Request

__all__ = ["Lab", "Request"]

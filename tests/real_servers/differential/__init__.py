"""The emulator held against the real Octavia and Neutron: random calls, sent to both, answered alike.

``python -m tests.real_servers.differential --calls 2000 --seed 7`` for more than the suite's 200 calls.
"""

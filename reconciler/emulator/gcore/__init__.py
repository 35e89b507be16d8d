"""The Gcore front of the emulator: Cloud API v1 and v2 of load balancers, L7 policies, security groups and tasks.

One module a resource. ``front`` routes, ``tasks`` makes writes take their time, ``octavia`` and ``neutron`` hold the
checks of the services underneath, ``options`` the switches for what Gcore does not document.
"""

"""An OpenStack cloud: Keystone v3, Octavia v2 (L7) and Neutron v2.0 (security groups) under one host.

Mounted under ``/identity``, ``/load-balancer`` and ``/network``, as DevStack does. Source of every rule: openstack.md
(observed on Octavia 19, Neutron 29 and Keystone 30); a differential test holds it against running servers.
"""

"""Declarative reconciler for cloud load-balancer L7 policies, L7 rules and security-group rules."""

__version__ = "0.1.0"

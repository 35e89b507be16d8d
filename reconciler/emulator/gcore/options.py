"""Switches of the Gcore front: one for each behaviour that Gcore does not document and that may go either way.

A client has to be right under every setting. The defaults are what Gcore's pages say, or else what the services
underneath (Octavia, Neutron) were observed to do. Durations are in seconds. All of it is [inferred] except where a
text names Gcore's own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class GcoreOptions:
    """How the Gcore front behaves where the sources differ or are silent."""

    # Tasks
    task_new_seconds: float = 0.5
    """How long a task stays NEW."""
    task_running_seconds: float = 1.0
    """How long it is RUNNING before it is FINISHED or ERROR."""
    settle_seconds: float = 0.0
    """How long the load balancer stays PENDING_UPDATE after its task is FINISHED: a finished task proves nothing."""
    lock_shows: Literal["new", "running"] = "new"
    """``task_id`` is set from the accepted request on, or from RUNNING on. The lock itself (409) always holds."""
    failing_tasks: frozenset[str] = frozenset()
    """Task types that end in ERROR; the object stays in ERROR with its new values, as Octavia does."""

    # L7 policies and rules
    redirect_code_default: Literal["302", "null"] = "302"
    """``redirect_http_code`` of a redirect created without one is read back as 302 or null."""
    omitted_redirect_code: Literal["kept", "reset"] = "kept"
    """A PATCH of a redirect without a code keeps the stored code, or resets it to the default (as Octavia)."""
    invalid_rule: Literal["refused", "task_error"] = "refused"
    """An L7 rule that Octavia refuses (comparison, key, characters): 400 at once, or a task that ends in ERROR."""
    unkeyed_put: Literal["clears_key", "refused"] = "clears_key"
    """A PUT that makes a rule with a key one of a type without: the key goes, or the old key makes it a 400."""
    ssl_dn_field_key: Literal["required", "optional"] = "required"
    """Octavia requires a key for SSL_DN_FIELD; Gcore's page names COOKIE and HEADER only."""
    foreign_fields: Literal["ignored", "refused"] = "ignored"
    """Body fields that belong to another action, or to nothing known, are ignored or a 400."""
    legacy_fields: bool = False
    """Policies and rules carry ``created_at`` and ``updated_at``, as in 2020."""
    rules_per_policy: int = 50
    """Octavia's bound; one more is a 409."""

    # Load balancers, listeners, pools
    pool_in_use: Literal["refused", "unlinked"] = "refused"
    """A pool that a policy points to cannot be deleted (409), or the policy loses its pool."""
    listener_load_balancer_id: Literal["shown", "null"] = "shown"
    """Listeners name their load balancer, or answer null (both are within Gcore's schema)."""

    # Security groups
    security_group_page: int = 10
    """Page size of the security group list when no ``limit`` is sent: 10 (old client's note) or 1000 (docs)."""
    duplicate_security_rule: Literal["conflict", "task_error"] = "conflict"
    """A security group rule that exists already: 409 at once, or a task that ends in ERROR."""
    invalid_security_rule: Literal["refused", "task_error"] = "refused"
    """A security group rule that Neutron refuses: 400 at once, or a task that ends in ERROR."""
    any_protocol_read_back: Literal["null", "any"] = "null"
    """A rule for every protocol reads back with null or ``any``."""
    any_prefix_read_back: Literal["as_sent", "null"] = "as_sent"
    """``0.0.0.0/0`` and ``::/0`` read back as sent or as null."""
    full_port_range_read_back: Literal["as_sent", "null"] = "null"
    """Ports 1..65535 read back as sent or as null."""
    ipv6_icmp_read_back: Literal["as_sent", "ipv6-icmp"] = "ipv6-icmp"
    """``icmp`` of an IPv6 rule reads back as sent or as ``ipv6-icmp``."""
    host_bits: Literal["kept", "cleared"] = "kept"
    """``10.1.2.3/8`` reads back as sent or as ``10.0.0.0/8``."""
    unset_description_reads: Literal["null", "empty"] = "null"
    """The description of a rule that was made without one."""
    port_zero: Literal["refused", "accepted"] = "refused"
    """Ports of tcp, udp and the like start at 1 (Neutron) or at 0 (Gcore's schema)."""
    replaced_rule_id: Literal["new", "kept"] = "new"
    """The deprecated v1 PUT of a rule gives it a new id, or keeps it."""
    rules_per_patch: int = 250
    """Most rules in one PATCH of a group (Gcore's docs)."""

    # Paging, quotas, account
    page_limit: int = 1000
    """Page size of the other lists when no ``limit`` is sent (Gcore's docs; tasks: 10)."""
    page_maximum: int = 1000
    """A larger ``limit`` is cut down to this."""
    firewall_count_limit: int = 1000
    """Most security groups of the client in a region, where the seed says nothing."""
    loadbalancer_count_limit: int = 1000
    """Most load balancers of the client in a region, where the seed says nothing."""
    client_id: int = 1
    """The id of the one client whose key all callers hold."""
    user_id: int = 1
    """The id of that client's one user."""

"""Switches of the Gcore front: one for each behaviour that Gcore does not document and that may go either way.

A client has to be right under every setting. The defaults are what the services underneath (Octavia, Neutron) were
observed to do, or what Gcore's own pages say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class GcoreOptions:
    """How this Gcore behaves where its documentation is silent. Durations in seconds.

    Tasks
        ``task_new`` how long a task is NEW, ``task_run`` how long it is RUNNING after that. ``settle`` how long the
        load balancer stays PENDING_UPDATE after its task has FINISHED (a finished task does not prove ACTIVE).
        ``lock_shows``: from when on ``task_id`` and PENDING_* are visible; the lock itself (409 for other writes of
        the load balancer) always holds from the accepted request on. ``failing_tasks``: task types that end in
        ERROR and leave their object in ``provisioning_status`` ERROR with the new values, as Octavia does.
    Load balancers
        ``redirect_code_reads``: what a redirect that was created without a code shows. ``omitted_redirect_code``:
        what a PATCH without a code does to a stored code. ``invalid_rule``: an L7 rule that Octavia would refuse
        (compare type, key, characters) is a 400 at once, or a task that ends in ERROR. ``unkeyed_put``: a PUT that
        turns a rule with a key into a type without one clears the key, or is refused because the old key stays.
        ``ssl_dn_field_key``: Octavia requires a key, Gcore's page names COOKIE and HEADER only. ``pool_in_use``: a
        pool that a policy points to cannot be deleted, or the policy loses its pool. ``listener_load_balancer_id``:
        listeners show their load balancer, or null. ``foreign_fields``: body fields that do not belong to the
        chosen action, or to no known field, are ignored or refused. ``legacy_fields``: policies and rules carry
        ``created_at`` and ``updated_at`` as they did in 2020.
    Security groups
        ``security_group_page``: page size without ``limit``. ``duplicate_security_group_rule`` and
        ``invalid_security_group_rule``: answered at once (409, 400), or by a task that ends in ERROR.
        ``any_protocol_reads``, ``any_prefix_reads``, ``full_port_range_reads``, ``ipv6_icmp_reads``,
        ``host_bits_read``, ``unset_description_reads``: how a rule comes back. ``port_zero``: ports from 0 or from
        1 on. ``replaced_rule_id``: the v1 PUT of a rule gives a new id, or keeps it.
    Limits
        ``page_limit`` page size without ``limit``, ``page_maximum`` the largest one. Quotas are the region's
        defaults where the seed sets none. ``rules_per_policy`` is Octavia's 50.
    """

    task_new: float = 0.5
    task_run: float = 1.0
    settle: float = 0.0
    lock_shows: Literal["new", "running"] = "new"
    failing_tasks: frozenset[str] = frozenset()

    redirect_code_reads: Literal["302", "null"] = "302"
    omitted_redirect_code: Literal["kept", "reset"] = "kept"
    invalid_rule: Literal["refused", "task_error"] = "refused"
    unkeyed_put: Literal["clears_key", "refused"] = "clears_key"
    ssl_dn_field_key: Literal["required", "optional"] = "required"
    pool_in_use: Literal["refused", "unlinked"] = "refused"
    listener_load_balancer_id: Literal["shown", "null"] = "shown"
    foreign_fields: Literal["ignored", "refused"] = "ignored"
    legacy_fields: bool = False

    security_group_page: int = 10
    duplicate_security_group_rule: Literal["conflict", "task_error"] = "conflict"
    invalid_security_group_rule: Literal["refused", "task_error"] = "refused"
    any_protocol_reads: Literal["null", "any"] = "null"
    any_prefix_reads: Literal["kept", "null"] = "kept"
    full_port_range_reads: Literal["null", "kept"] = "null"
    ipv6_icmp_reads: Literal["ipv6-icmp", "icmp"] = "ipv6-icmp"
    host_bits_read: Literal["kept", "cleared"] = "kept"
    unset_description_reads: Literal["null", "empty"] = "null"
    port_zero: Literal["refused", "accepted"] = "refused"
    replaced_rule_id: Literal["new", "kept"] = "new"

    page_limit: int = 1000
    page_maximum: int = 1000
    rules_per_policy: int = 50
    rules_per_patch: int = 250
    firewall_count_limit: int = 1000
    loadbalancer_count_limit: int = 1000
    client_id: int = 1
    user_id: int = 1

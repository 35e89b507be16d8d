"""Switches of the OpenStack front: what differs from cloud to cloud. Durations are in seconds.

The defaults are what an unconfigured Octavia 19, Neutron 29 and Keystone 30 do (openstack.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class OpenStackOptions:
    """How the OpenStack front behaves where clouds are set up differently."""

    # Keystone
    token_seconds: float = 3600.0
    """How long a token is valid."""
    region: str = "RegionOne"
    """The one region of the catalog."""
    catalog_versions: Literal["absent", "present"] = "absent"
    """Catalog addresses without a version, or with ``/v2`` and ``/v2.0`` as some clouds have them."""
    application_credentials: Mapping[str, str] = field(default_factory=dict)
    """Ids of application credentials and their secrets; empty: any pair, unless ``verify_signatures``."""
    user_roles: Mapping[str, str] = field(default_factory=dict)
    """Roles of a user, with ``+`` between them, such as ``reader`` or ``admin``; others have ``default_roles``."""
    default_roles: str = "load-balancer_member+member+reader"
    """Roles of everybody else, with ``+`` between them."""

    # Octavia
    create_seconds: float = 1.5
    """How long the load balancer is locked after something was created."""
    update_seconds: float = 2.5
    """The same for an update."""
    delete_seconds: float = 1.5
    """The same for a deletion."""
    failing_changes: frozenset[str] = frozenset()
    """Changes whose object ends in ERROR, such as ``create l7policies`` or ``update l7rules``."""
    stuck_changes: frozenset[str] = frozenset()
    """Changes that never end: the load balancer stays PENDING_UPDATE, as after the death of a worker."""
    provider: str = "amphora"
    """The ``provider`` of load balancers that do not say."""
    octavia_page_maximum: int = 1000
    """``pagination_max_limit``: the page size without ``limit``; a larger ``limit`` is cut down to it."""
    link_base: str = ""
    """Where Octavia's ``next`` links point (``http://192.0.2.9:9876``); empty: where the request came to."""
    octavia_quotas: Mapping[str, int] = field(default_factory=dict)
    """Default quotas (``l7policy``, ``l7rule``, ``loadbalancer``, ``listener``, ``pool``); -1, or absent: unlimited."""
    rules_of_deleted_policies: Literal["kept", "given_back"] = "kept"
    """The rules that went with their policy go on counting against the quota (Octavia 19 looks for them too late)."""
    collation: Literal["general", "binary"] = "general"
    """The database compares names and tags without regard to case and accents, or exactly."""
    four_byte_characters: Literal["error", "stored"] = "error"
    """A character beyond U+FFFF: 500 as with utf8mb3, or stored."""

    # Neutron
    neutron_page_maximum: int = -1
    """``pagination_max_limit`` of Neutron; -1: none."""
    security_group_quota: int = 10
    """Security groups a project may have; -1: unlimited."""
    security_group_rule_quota: int = 100
    """Security group rules a project may have, those of the default group included; -1: unlimited."""

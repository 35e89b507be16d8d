"""What is fixed about Gcore's L7 policies and security groups: enums, defaults, limits, known fields. Data only."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects._values import words
from reconciler.model.objects import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GUARD = Rule("PATH", "EQUAL_TO", "reconciler-guard")
"""Matches no request (a path starts with ``/``): makes a new policy inert until its last rule replaces it."""

NAME_PATTERN = r"[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]"
NAME_MAX = 63

TARGET_FIELD: Mapping[str, str | None] = {
    "REDIRECT_TO_POOL": "redirect_pool_id",
    "REDIRECT_TO_URL": "redirect_url",
    "REDIRECT_PREFIX": "redirect_prefix",
    "REJECT": None,
}
"""The one target field of each action (gcore.md 3.1)."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "l7policy": {"redirect_http_code": 302, "tags": []},
    "l7rule": {"invert": False, "tags": []},
    "security_group_rule": {"ethertype": "IPv4", "description": ""},
}
"""What stands for an absent field."""

KNOWN: Mapping[str, frozenset[str]] = {
    "l7policy": words(
        """id listener_id name action position redirect_http_code redirect_pool_id redirect_prefix redirect_url rules
        tags operating_status provisioning_status project_id region_id region task_id created_at updated_at"""
    ),
    "l7rule": words(
        """id type compare_type value key invert tags operating_status provisioning_status project_id region_id region
        task_id created_at updated_at"""
    ),
    "security_group_rule": words(
        """id security_group_id direction ethertype protocol port_range_min port_range_max remote_ip_prefix
        remote_group_id description created_at updated_at revision_number"""
    ),
}
"""Fields that the API's replies are known to have."""

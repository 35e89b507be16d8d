"""What is fixed about Octavia's L7 policies and Neutron's rules: enums, defaults, limits, known fields. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.dialects._values import words

NAME_MAX = 255
LONGEST = 255
"""Longest name, description, tag, key and value, in characters."""

HAPROXY_PROVIDERS = frozenset({"amphora", "octavia"})
"""Octavia's own data plane, whose evaluation is known (``octavia`` is the older name of ``amphora``)."""

L7_PROTOCOLS = ("HTTP", "TERMINATED_HTTPS")

TARGET_FIELD: Mapping[str, str | None] = {
    "REDIRECT_TO_POOL": "redirect_pool_id",
    "REDIRECT_TO_URL": "redirect_url",
    "REDIRECT_PREFIX": "redirect_prefix",
    "REJECT": None,
}
"""The one target field of each action."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "l7policy": {"redirect_http_code": 302, "tags": [], "description": "", "admin_state_up": True},
    "l7rule": {"invert": False, "tags": [], "admin_state_up": True},
    "security_group_rule": {"ethertype": "IPv4", "description": ""},
}
"""What stands for an absent field."""

KNOWN: Mapping[str, frozenset[str]] = {
    "l7policy": words(
        """id listener_id name description action position redirect_http_code redirect_pool_id redirect_prefix
        redirect_url rules tags admin_state_up operating_status provisioning_status project_id tenant_id created_at
        updated_at"""
    ),
    "l7rule": words(
        """id type compare_type value key invert tags admin_state_up operating_status provisioning_status project_id
        tenant_id created_at updated_at"""
    ),
    "security_group_rule": words(
        """id security_group_id direction ethertype protocol port_range_min port_range_max remote_ip_prefix
        remote_group_id remote_address_group_id normalized_cidr description project_id tenant_id tags standard_attr_id
        belongs_to_default_sg created_at updated_at revision_number"""
    ),
}
"""Fields that the API's replies are known to have."""

"""What is fixed about Huawei Cloud ELB v3 and VPC v3: enums, defaults, limits, known fields. Data only.

Ids such as HW-R61 are the rows of the project's reference sheet of the API; each has a page in ``reconcile explain``.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects._values import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NUMBERS = (1, 10000)
"""Priorities (HW-R23); REDIRECT_TO_LISTENER may have 0 as well."""

MAX_CONDITIONS = 10
"""Rules a policy, every condition counted (HW-R61)."""

NAME_MAX = 255
POLICIES_PER_LISTENER = 100
MAX_POOLS = 5

SINGLE_TYPES = frozenset({"HOST_NAME", "PATH", "METHOD", "SOURCE_IP"})
"""Types that a policy may have once (HW-R62)."""

KEYLESS_TYPES = SINGLE_TYPES | {"HEADER", "QUERY_STRING"}
"""Types whose rules have no key of their own (HW-R78): HEADER and QUERY_STRING have theirs in the conditions."""

BASIC_TYPES = frozenset({"HOST_NAME", "PATH"})
"""Types that listeners without advanced forwarding know (HW-R64)."""

TARGET_FIELDS: Mapping[str, frozenset[str]] = {
    "REDIRECT_TO_POOL": frozenset(
        {
            "redirect_pool_id",
            "redirect_pools_config",
            "redirect_pools_sticky_session_config",
            "redirect_pools_extend_config",
        }
    ),
    "REDIRECT_TO_LISTENER": frozenset({"redirect_listener_id"}),
    "REDIRECT_TO_URL": frozenset({"redirect_url_config"}),
    "FIXED_RESPONSE": frozenset({"fixed_response_config"}),
}
"""Fields that have an effect with each action (HW-R07, HW-R10, HW-R15, HW-R30, HW-R40)."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "l7policy": {
        "name": "",
        "description": "",
        "admin_state_up": True,
        "redirect_pools_sticky_session_config": {"enable": False, "timeout": 1440},
        "redirect_pools_extend_config": {"rewrite_url_enable": False},
    },
    "l7rule": {"value": "", "conditions": [], "invert": False, "admin_state_up": True},
    "security_group_rule": {"ethertype": "IPv4", "action": "allow", "enabled": True, "description": ""},
    "redirect_pools_config": {"weight": 1},
    "redirect_pools_sticky_session_config": {"enable": False, "timeout": 1440},
    "redirect_pools_extend_config": {"rewrite_url_enable": False},
    "rewrite_url_config": {"host": "${host}", "path": "${path}", "query": "${query}"},
    "redirect_url_config": {
        "protocol": "${protocol}",
        "host": "${host}",
        "port": "${port}",
        "path": "${path}",
        "query": "${query}",
    },
    "fixed_response_config": {"content_type": "text/plain", "message_body": ""},
    "traffic_limit_config": {"qps": 0, "per_source_ip_qps": 0, "burst": 0},
    "cors_config": {"allow_credentials": False},
    "traffic_mirror_config": {"mirror_request_body_enable": True},
}
"""What stands for an absent field, by kind or by the name of a nested object."""

KNOWN: Mapping[str, frozenset[str]] = {
    "l7policy": words(
        """id listener_id action name description admin_state_up position priority project_id redirect_pool_id
        redirect_pools_config redirect_pools_sticky_session_config redirect_pools_extend_config redirect_listener_id
        redirect_url redirect_url_config fixed_response_config rules provisioning_status created_at updated_at
        enterprise_project_id"""
    ),
    "l7rule": words(
        """id type compare_type value key invert admin_state_up project_id conditions provisioning_status created_at
        updated_at"""
    ),
    "security_group_rule": words(
        """id security_group_id direction ethertype protocol multiport remote_ip_prefix remote_group_id
        remote_address_group_id action priority description enabled project_id created_at updated_at"""
    ),
}
"""Fields that the API's replies are known to have."""

PROTOCOL_NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6"}
"""Numbers to the names that the API prefers; other numbers stay numbers."""

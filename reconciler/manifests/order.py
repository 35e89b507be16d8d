"""The one order in which fields are written, by import and by fmt."""

from __future__ import annotations

from collections.abc import Iterable

_ORDER = """
    apiVersion kind metadata spec name type cloud region interface project_id project_name region_id credentials
    access_key secret_key
    security_token token username user_id password domain domain_id application_credential_id
    application_credential_secret api_key endpoints limits ca_file emulator seed state env file
    provider load_balancer load_balancer_id listener listener_id security_group security_group_id directions
    unlisted protect ignore policies policy rule fields reason until renamed_from direction ethertype protocol
    multiport port_range_min port_range_max remote_ip_prefix remote_group remote_group_id
    remote_address_group_id action priority enabled position description redirect_pool redirect_pool_id
    redirect_pools_config pool pool_id weight redirect_pools_sticky_session_config enable timeout
    redirect_pools_extend_config redirect_listener redirect_listener_id redirect_url redirect_prefix
    redirect_http_code redirect_url_config host port path query status_code content_type message_body
    rewrite_url_enable rewrite_url_config fixed_response_config insert_headers_config remove_headers_config
    traffic_limit_config cors_config traffic_mirror_config configs compare_type key value_type qps
    per_source_ip_qps burst value conditions invert admin_state_up tags rules
"""
_RANK = {name: rank for rank, name in enumerate(_ORDER.split())}


def rank(name: str) -> int:
    """Place of a field; fields that are not listed stand last, in the order in which they are given."""
    return _RANK.get(name, len(_RANK))


def arranged(names: Iterable[str]) -> list[str]:
    """Names in their order (stable for those without a place)."""
    return sorted(names, key=rank)

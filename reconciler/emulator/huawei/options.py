"""Switches of the Huawei front: one for each behaviour on which the sources differ or are silent.

A text that says [inferred] chooses between readings of an API that its documentation leaves open; the default is the
reading that the reference sheet takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class HuaweiOptions:
    """How the Huawei front behaves where the sources differ or are silent."""

    duplicate_match_set: Literal["error_status", "conflict"] = "error_status"
    """HW-R79: a second policy with the same match set is stored with status ERROR, or refused with 409."""
    rules_listing: bool = True
    """``GET /elb/l7policies/rules`` exists (Huawei), or answers 404 APIGW.0101 (OTC)."""
    batch_security_rules: bool = True
    """``POST .../security-group-rules/batch-create`` exists (Huawei), or answers 404 APIGW.0101 (OTC)."""
    display_all_rules: bool = True
    """``display_all_rules=true`` on the policy list gives whole rule objects, or ids only."""
    next_marker_on_last_page: bool = False
    """ELB lists: ``page_info.next_marker`` also on the last page, as one example of the documentation shows."""
    page_info_when_unpaged: bool = True
    """VPC lists: ``page_info`` even without ``limit`` and ``marker``; the documentation's examples leave it out."""
    mirror_pools: bool = True
    """[inferred] A plain ``redirect_pool_id`` is read back as a one-element ``redirect_pools_config`` as well."""
    priority_conflict_status: Literal[400, 409] = 409
    """[inferred] Status of a priority that is taken: 409 ELB.8907 or 400 ELB.8902."""
    duplicate_rule_type_status: Literal[400, 409] = 400
    """[inferred] Status of a second HOST_NAME, PATH, METHOD or SOURCE_IP rule: 400 ELB.8902 or 409 ELB.8907."""
    quota_status: Literal[409, 400] = 409
    """409 ELB.8905 or 400 ELB.9807 when a quota is used up; the text is the same."""
    priority_without_advanced: Literal["one", "null"] = "one"
    """``priority`` of a policy on a listener without advanced forwarding is read back as 1 or as null."""
    redirect_listener_priority_zero_only: bool = False
    """HW-R23 or contradiction C8: REDIRECT_TO_LISTENER takes 0..10000, or 0 only."""
    pool_shared_between_listeners: bool = True
    """A pool may serve policies of several listeners, or (HW-R12) of one listener only."""
    default_pool_as_target: Literal["refused_on_update", "accepted"] = "refused_on_update"
    """HW-R12: an update may not point a policy at a listener's default pool, or may."""
    wrong_method_status: Literal[404, 405] = 404
    """[inferred] A known path with another method: 404 APIGW.0101 (the gateway knows no such API) or 405."""
    conditions_need_advanced: bool = True
    """HW-R65 [inferred]: conditions without advanced forwarding are refused, or stored without effect."""
    cookie_rules: bool = True
    """The rule type COOKIE exists (2025 pages), or not (2024 page, OTC)."""
    security_rule_priority: Literal[100, 1] = 100
    """Priority of a security group rule created without one; batch-create always takes 1."""
    security_rule_enabled: bool = True
    """Security group rules carry ``enabled`` (Huawei), or not (OTC)."""
    multiport_number: bool = False
    """A ``multiport`` of one port is read back as a JSON number, as the documentation's examples show."""
    duplicate_security_rule_ignores: frozenset[str] = frozenset()
    """[inferred] Of ``action`` and ``priority``: fields that do not tell two security rules apart (HW-S03, S04)."""
    multiport_items: int = 20
    """[inferred] At most so many items in ``multiport``."""
    default_security_rules: bool = True
    """A new group comes with the four rules of HW-S07."""
    pending_seconds: float = 0.0
    """How long a new or changed policy or rule reads PENDING_CREATE or PENDING_UPDATE."""
    denied_permissions: frozenset[str] = frozenset()
    """Permissions that every caller lacks, such as ``elb:l7policies:create``: 403."""
    token_lifetime: float = 86400.0
    """Seconds until a token expires."""
    check_date_skew: bool = True
    """With signature checking: refuse ``X-Sdk-Date`` more than 15 minutes off."""
    elb_quotas: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the default ELB quotas, such as ``{"l7policies_per_listener": 3}``; -1 is unlimited."""
    vpc_quotas: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the default VPC quotas, such as ``{"secgroup_contain_rules": 50}``; -1 is unlimited."""

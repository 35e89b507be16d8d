"""Every switch of the emulator, one dataclass a cloud.

A switch whose text says [inferred] chooses between readings of an API that its documentation leaves open; the
default is the reading that the reference sheet takes.
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
    conditions_need_advanced: bool = True
    """HW-R65 [inferred]: conditions without advanced forwarding are refused, or stored without effect."""
    cookie_rules: bool = True
    """The rule type COOKIE exists (2025 pages), or not (2024 page, OTC)."""
    security_rule_priority: Literal[100, 1] = 100
    """Priority of a security group rule created without one; batch-create always takes 1."""
    security_rule_enabled: bool = True
    """Security group rules carry ``enabled`` (Huawei), or not (OTC)."""
    multiport_items: int = 20
    """[inferred] At most so many items in ``multiport``."""
    default_security_rules: bool = True
    """A new group comes with the four rules of HW-S07."""
    pending_seconds: float = 0.0
    """How long a new or changed policy or rule reads PENDING_CREATE or PENDING_UPDATE."""
    token_lifetime: float = 86400.0
    """Seconds until a token expires."""
    check_date_skew: bool = True
    """With signature checking: refuse ``X-Sdk-Date`` more than 15 minutes off."""
    elb_quotas: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the default ELB quotas, such as ``{"l7policies_per_listener": 3}``; -1 is unlimited."""
    vpc_quotas: Mapping[str, int] = field(default_factory=dict)
    """Overrides of the default VPC quotas ``security_group``, ``security_group_rule`` (per group)."""


@dataclass(frozen=True, slots=True)
class GcoreOptions:
    """How the Gcore front behaves where the sources differ or are silent. Durations in seconds."""

    task_new_seconds: float = 1.0
    """How long a task stays NEW."""
    task_running_seconds: float = 1.0
    """How long it is RUNNING before it is FINISHED or ERROR."""
    security_group_page: int = 10
    """Page size of the security group list when no ``limit`` is sent: 10 or 1000."""
    invalid_rule: Literal["refused", "task_error"] = "refused"
    """[inferred] An L7 rule that Octavia refuses: 400 at once, or a task that ends in ERROR."""
    duplicate_security_rule: Literal["conflict", "task_error"] = "conflict"
    """[inferred] A security group rule that exists already: 409 at once, or a task that ends in ERROR."""
    redirect_code_default: Literal["302", "null"] = "302"
    """[inferred] ``redirect_http_code`` of a redirect created without one is read back as 302 or null."""
    ipv6_icmp_read_back: Literal["as_sent", "ipv6-icmp"] = "as_sent"
    """[inferred] ``icmp``/``icmpv6`` of an IPv6 rule reads back as sent or as ``ipv6-icmp``."""
    host_bits: Literal["kept", "cleared"] = "kept"
    """[inferred] ``10.1.2.3/8`` reads back as sent or as ``10.0.0.0/8``."""
    any_protocol_read_back: Literal["null", "any"] = "null"
    """[inferred] A rule for every protocol reads back with null or ``any``."""
    full_port_range_read_back: Literal["as_sent", "null"] = "as_sent"
    """[inferred] Ports 1..65535 read back as sent or as null."""


@dataclass(frozen=True, slots=True)
class Options:
    """Switches of the whole emulator."""

    verify_signatures: bool = False
    """Demand credentials: a known token, a known api key, or a signature that is right."""
    credentials: Mapping[str, str] = field(default_factory=dict)
    """Huawei access keys and their secret keys."""
    security_tokens: Mapping[str, str] = field(default_factory=dict)
    """Temporary access keys: the ``X-Security-Token`` that each must come with."""
    users: Mapping[str, str] = field(default_factory=dict)
    """User names and passwords that get tokens; empty: any user, unless ``verify_signatures``."""
    tokens: tuple[str, ...] = ()
    """Huawei tokens that are valid for every project and never expire."""
    api_keys: tuple[str, ...] = ()
    """Gcore permanent API tokens."""
    latency: float = 0.0
    """Seconds that every answer takes."""
    page_cap: int | None = None
    """No list gives more than so many objects a page, whatever ``limit`` says (None: the API's own bound)."""
    huawei: HuaweiOptions = field(default_factory=HuaweiOptions)
    gcore: GcoreOptions = field(default_factory=GcoreOptions)

"""Huawei Cloud: ELB v3 (policies and rules) and VPC v3 (security group rules), and the clouds of the same API."""

from __future__ import annotations

from reconciler.model.plugin import Connection, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.calls import Provider
    from reconciler.model.desired import ProviderSpec
    from reconciler.model.dialect import Dialect

HOSTS = ("*.myhuaweicloud.com", "*.myhuaweicloud.eu", "*.otc.t-systems.com")
"""Where credentials of this type may go (design 4)."""


def _dialect() -> Dialect:
    from reconciler.dialects.huawei import HUAWEI

    return HUAWEI


def _open(spec: ProviderSpec, connection: Connection) -> Provider:
    from reconciler.providers.huawei.provider import open_provider

    return open_provider(spec, connection)


plugin = Plugin(
    type="huawei",
    dialect=_dialect,
    open=_open,
    hosts=HOSTS,
    permissions={
        "read": (
            "elb:loadbalancers:list", "elb:loadbalancers:get", "elb:listeners:list", "elb:pools:list",
            "elb:l7policies:list", "elb:l7policies:get", "elb:l7rules:list", "elb:quotas:list",
            "vpc:securityGroups:list", "vpc:securityGroups:get", "vpc:securityGroupRules:get",
            "iam:projects:list (only when project_id is not given)",
        ),
        "write": (
            "elb:l7policies:create", "elb:l7policies:update", "elb:l7policies:delete", "elb:l7rules:create",
            "elb:l7rules:update", "elb:l7rules:delete", "vpc:securityGroupRules:create",
            "vpc:securityGroupRules:delete",
        ),
    },
    schema="huawei",
)

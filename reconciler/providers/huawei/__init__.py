"""Huawei Cloud: ELB v3 (policies and rules) and VPC v3 (security group rules), and the clouds of the same API."""

from __future__ import annotations

from reconciler.model.plugin import Connection, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.calls import Decoder, Encoder, Provider
    from reconciler.model.canonical import Json
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


def _codec(description: Mapping[str, Json]) -> tuple[Encoder, Decoder]:
    from reconciler.providers.huawei.codec import HuaweiDecoder, HuaweiEncoder

    project = description.get("project")
    if not isinstance(project, str) or not project:
        raise ValueError("its project is no id")
    return HuaweiEncoder(_dialect(), lambda: project), HuaweiDecoder(lambda: project)


def _variables() -> Mapping[str, tuple[str, ...]]:
    from reconciler.providers.huawei import settings

    return {**settings.VARIABLES, **settings.PLACES}


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
    codec=_codec,
    variables=_variables,
)
